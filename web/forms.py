"""What was typed in a form, what is wrong with it, and the form shown again."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Coroutine, Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any, TypeVar
from uuid import UUID

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, QueryParams, UploadFile
from starlette.requests import Request
from starlette.responses import Response

from domain.log import Conflict, NotAllowed, NotFound, Refused
from web.dates import STOCKHOLM
from web.language import Language, catalogue, language_of
from web.visitor import SignInFirst

T = TypeVar("T")

EMAIL = re.compile(
    r"[^\s@<>,;:\"()\[\]\\]+@[^\s@<>,;:\"()\[\]\\.]+(\.[^\s@<>,;:\"()\[\]\\.]+)+"
)

LONGEST = 50_000
"""Code points that a text field takes when nothing else is said."""

YEARS = range(1900, 3000)
"""What a form takes as a year: days before and after have no midnight in Sweden."""


class Unfilled(Exception):
    """Something in the form is missing or can not be read; the form says what."""


class SignedOut(Refused):
    """The session ended while the form was being filled in."""

    en = (
        "You are signed out. Sign in in another tab and send the form again;"
        " what you typed is still here."
    )
    sv = (
        "Du är utloggad. Logga in i en annan flik och skicka formuläret igen;"
        " det du skrev finns kvar här."
    )


class Form:
    """What was typed, for a template to show again.

    `errors` maps a field to a sentence in the visitor's language. The methods that read
    a field note what is wrong with it instead of raising; `check` raises when something
    is.
    """

    def __init__(self, language: Language = "sv", /, **values: object) -> None:
        self.language = language
        self.values: FormData | QueryParams = FormData(
            {name: str(value) for name, value in values.items() if value is not None}
        )
        self.errors: dict[str, str] = {}
        self.refusal: Refused | None = None

    @classmethod
    def blank(cls, request: Request, /, **values: object) -> Form:
        """A form nobody has typed in yet, with what it is known to begin with."""
        return cls(language_of(request), **values)

    @classmethod
    def sent(cls, request: Request, typed: FormData | QueryParams) -> Form:
        """A form as it came."""
        form = cls(language_of(request))
        form.values = typed
        return form

    def __getitem__(self, field: str) -> str:
        """What stands in a field, "" when nothing does.

        Without NUL, which no page shows and no database takes.
        """
        return self._as_sent(field).replace("\0", "")

    def _as_sent(self, field: str) -> str:
        value = self.values.get(field)
        return "" if value is None or isinstance(value, UploadFile) else str(value)

    def all(self, field: str) -> list[str]:
        """Every value of a field that can have several."""
        return [str(v) for v in self.values.getlist(field) if not _is_file(v)]

    @property
    def is_wrong(self) -> bool:
        """Whether the form came back: block="form" if it did."""
        return bool(self.errors) or self.refusal is not None

    @property
    def status(self) -> int:
        """The HTTP status of the page that shows the form."""
        match self.refusal:
            case None:
                return 422 if self.errors else 200
            case Conflict():
                return 409
            case NotAllowed() | SignedOut():
                return 403
            case _:
                return int(getattr(self.refusal, "status", 422))

    def fill(self, **values: object) -> None:
        """Put other values in fields than those that were sent."""
        fields = {field: self[field] for field in self.values}
        self.values = FormData(fields | {f: str(v) for f, v in values.items()})

    def tick(self, field: str, values: Iterable[object]) -> None:
        """Put several values in a field that can have them."""
        kept = [pair for pair in self.values.multi_items() if pair[0] != field]
        self.values = FormData([*kept, *((field, str(value)) for value in values)])

    def wrong(self, field: str, sentence: str, **values: object) -> None:
        """Note what is wrong with a field: an English sentence from the catalogue."""
        said = catalogue(self.language).gettext(sentence) % values
        self.errors.setdefault(field, said)

    def check(self) -> None:
        """Go on only when nothing is wrong. Raises Unfilled."""
        if self.errors:
            raise Unfilled

    def text(self, field: str, required: str = "", *, longest: int = LONGEST) -> str:
        """A text without white space around it; `required` says what to write."""
        text = self[field].replace("\r\n", "\n").strip()
        if "\0" in self._as_sent(field):
            self.wrong(field, "The text holds a character that cannot be stored.")
        if required and not text:
            self.wrong(field, required)
        if len(text) > longest:
            self.wrong(field, "Use at most %(longest)s characters.", longest=longest)
        return text

    def email(self, field: str, required: str = "") -> str:
        """An e-mail address in small letters; "" when the field is empty."""
        typed = self.text(field, required, longest=254).lower()
        if typed and not EMAIL.fullmatch(typed):
            self.wrong(field, "Write an address like name@example.com.")
        return typed

    def id(self, field: str, required: str = "") -> UUID | None:
        """An id; None when the field is empty."""
        return self._read(field, required, UUID, "This choice no longer exists.")

    def sent_id(self, field: str) -> UUID:
        """An id that our own page put into the form. Raises NotFound without it."""
        try:
            return UUID(self[field])
        except ValueError:
            raise NotFound from None

    def new_id(self) -> UUID:
        """The hidden id that makes sending a form twice harmless."""
        found = self.id("id", "Load the page again and retry: the form has no id.")
        return found or UUID(int=0)

    def choice(self, field: str, among: Mapping[str, Any] | set[str]) -> str:
        """One of the values offered; "" is taken only where it is offered."""
        if self[field] not in among:
            self.wrong(field, "Choose one of the alternatives.")
        return self[field]

    def number(self, field: str, required: str = "") -> int | None:
        """A whole number; None when the field is empty."""
        return self._read(field, required, int, "Write a whole number, for example 25.")

    def day(self, field: str, required: str = "") -> date | None:
        """A day, as <input type="date"> sends it."""
        wrong = "Write the day as year-month-day, for example 2026-11-21."
        return self._read(field, required, _day, wrong)

    def moment(self, field: str, required: str = "") -> datetime | None:
        """A moment typed in Swedish time, as <input type="datetime-local"> sends it."""
        wrong = "Write day and time, for example 2026-11-21 19:25."
        return self._read(field, required, _moment, wrong)

    def ticked(self, field: str) -> bool:
        """Whether a check box is ticked."""
        return bool(self[field])

    def file(self, field: str, required: str = "") -> UploadFile | None:
        """A file sent with the form; None when none was chosen."""
        found = self.values.get(field)
        if isinstance(found, UploadFile) and found.filename:
            return found
        if required:
            self.wrong(field, required)
        return None

    def _read(
        self, field: str, required: str, read: Callable[[str], T], wrong: str
    ) -> T | None:
        typed = self[field].strip()
        if not typed:
            if required:
                self.wrong(field, required)
            return None
        try:
            return read(typed)
        except ValueError:
            self.wrong(field, wrong)
            return None


def _is_file(value: object) -> bool:
    return isinstance(value, UploadFile)


def _day(typed: str) -> date:
    day = date.fromisoformat(typed)
    if day.year not in YEARS:
        raise ValueError
    return day


def _moment(typed: str) -> datetime:
    moment = datetime.fromisoformat(typed)
    if moment.year not in YEARS:
        raise ValueError
    local = moment if moment.tzinfo else moment.replace(tzinfo=STOCKHOLM)
    return local.astimezone(UTC)


Answer = Callable[[Request], Coroutine[Any, Any, Response]]


def posted(
    again: Callable[[Request, Form], Response],
) -> Callable[[Callable[[Request, Form], Response]], Answer]:
    """Make a function of request and form a route; `again` shows a refused form.

    The function runs in a thread. A form that is unfilled or refused is shown again by
    `again`, with everything typed still in it; only NotFound passes on, to its page.
    """

    def decorate(function: Callable[[Request, Form], Response]) -> Answer:
        def answer(request: Request, form: Form) -> Response:
            try:
                return function(request, form)
            except Unfilled:
                return again(request, form)
            except NotFound:
                raise
            except Refused as refusal:
                form.refusal = refusal
                return again(request, form)
            except SignInFirst:
                form.refusal = SignedOut()
                return again(request, form)

        @functools.wraps(function)
        async def route(request: Request) -> Response:
            async with request.form() as typed:
                form = Form.sent(request, typed)
                return await run_in_threadpool(answer, request, form)

        return route

    return decorate
