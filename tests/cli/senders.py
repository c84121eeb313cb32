"""People who comment over HTTP, and try again until they are answered."""

from __future__ import annotations

import re
import threading
from collections import Counter
from dataclasses import dataclass
from time import monotonic
from typing import Self
from uuid import UUID

import httpx2

from tests.cli.installation import PATIENCE
from tests.web.reading import fields_of

AWAY = {502, 503}
"""What a page says while something that it needs is away."""


class Faulty(AssertionError):
    """An answer that a visitor must never get, whatever is being killed."""


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A comment whose sender was led to its receipt."""

    id: UUID
    text: str
    receipt: str


class Sender:
    """One person's browser: it keeps a form until the form is answered."""

    def __init__(self, address: str, form: str, token: str, name: str) -> None:
        self.name = name
        self.acknowledged: list[Acknowledged] = []
        self.answers: Counter[str] = Counter()
        self._form = form
        self._client = httpx2.Client(
            base_url=address,
            cookies={"session": token},
            headers={"Origin": address, "Accept-Language": "sv"},
            timeout=PATIENCE,
        )
        self._pause = threading.Event()

    def close(self) -> None:
        self._client.close()

    def send(self, *, twice: bool = False) -> Acknowledged:
        """Fill in the form, and send it until one is led to its receipt."""
        page = self.answered("GET", self._form)
        fields = fields_of(page.text, "comment-form")
        text = f"Synpunkt {len(self.acknowledged) + 1} från {self.name}."
        fields |= {"text": text, "kind": "general"}
        address = self._form.partition("?")[0].removesuffix("/new")
        for _ in range(2 if twice else 1):
            page = self.answered("POST", address, fields)
            receipt = page.headers.get("location", "")
            own = f"/comments/{fields['id']}/receipt"
            if page.status_code != 303 or not receipt.endswith(own):
                raise Faulty(f"a comment was answered {page.status_code} {receipt}")
        self.acknowledged.append(Acknowledged(UUID(fields["id"]), text, receipt))
        return self.acknowledged[-1]

    def number(self, comment: Acknowledged) -> int | None:
        """The number in the log that the receipt shows, when it is known."""
        page = self.answered("GET", comment.receipt)
        found = re.search(r"löpnummer <strong>(.+?)</strong>", page.text)
        return int(re.sub(r"\D", "", found[1])) if found else None

    def numbers(self) -> dict[UUID, int | None]:
        """What every receipt says, by comment."""
        return {one.id: self.number(one) for one in self.acknowledged}

    def answered(
        self, method: str, address: str, fields: dict[str, str] | None = None
    ) -> httpx2.Response:
        """Ask until there is an answer; raises Faulty for one that must not be."""
        until = monotonic() + 2 * PATIENCE
        while monotonic() < until:
            try:
                page = self._client.request(method, address, data=fields)
            except httpx2.TransportError as error:
                self.answers[type(error).__name__] += 1
            else:
                self.answers[str(page.status_code)] += 1
                if page.status_code in {200, 303}:
                    return page
                if page.status_code not in AWAY:
                    raise Faulty(f"{method} was answered {page.status_code}")
            self._pause.wait(0.1)
        raise Faulty(f"{method} got no answer: {dict(self.answers)}")


class Crowd:
    """Several senders at once, for as long as the crowd is entered.

    What goes wrong with one of them is raised at the end.
    """

    PAUSE = 0.25
    """Seconds that each takes to think between two comments."""

    def __init__(self, senders: list[Sender]) -> None:
        self.senders = senders
        self.faults: list[BaseException] = []
        self._enough = threading.Event()
        self._threads = [
            threading.Thread(target=self._send, args=(one,), name=one.name)
            for one in senders
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._enough.set()
        for thread in self._threads:
            thread.join()
        if self.faults:
            raise self.faults[0]

    def _send(self, sender: Sender) -> None:
        while not self._enough.wait(self.PAUSE) and not self.faults:
            try:
                # Every fourth form is sent twice, as by a double click.
                sender.send(twice=len(sender.acknowledged) % 4 == 3)
            except BaseException as fault:
                self.faults.append(fault)

    @property
    def acknowledged(self) -> list[Acknowledged]:
        """Every comment that any of them was told is recorded."""
        return [one for sender in self.senders for one in tuple(sender.acknowledged)]


class Onlooker:
    """Looks at pages again and again, and notes each page's answers as they change."""

    def __init__(self, address: str, *pages: str) -> None:
        self.seen: dict[str, list[str]] = {page: [] for page in pages}
        self._client = httpx2.Client(base_url=address, timeout=PATIENCE)
        self._enough = threading.Event()
        self._thread = threading.Thread(target=self._look, name="onlooker")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._enough.set()
        self._thread.join()
        self._client.close()

    def _look(self) -> None:
        while not self._enough.wait(0.05):
            for page, seen in self.seen.items():
                answer = self.answer(page)
                if seen[-1:] != [answer]:
                    seen.append(answer)

    def answer(self, page: str) -> str:
        """The status of a page, or that there was no answer."""
        try:
            return str(self._client.get(page).status_code)
        except httpx2.TransportError:
            return "no answer"
