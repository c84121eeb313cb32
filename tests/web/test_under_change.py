"""Pages that are read, again and again, while what they show is being changed."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import UUID

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from domain.log import Log
from domain.submission import amend_comment, withdraw_comment
from projections.reads import ReadPool
from tests.ledger.writing import wait_until
from tests.office import Office
from tests.story import NOW, a_comment, a_person, text_of
from tests.vault import log_settings
from tests.web.conftest import SITE, Browsers
from web.app import create_app

ROUNDS = 3
"""Comments that each writer makes, changes, and takes back or has erased."""
LATER = NOW + timedelta(hours=1)
WRITERS = ("Alfa", "Beta")


class Browser:
    """Keeps every page with its name, and asks whether it still stands, as one does.

    A `forgetful` one keeps nothing.
    """

    def __init__(
        self,
        browsers: Browsers,
        name: str,
        person: UUID | None = None,
        *,
        forgetful: bool = False,
    ) -> None:
        self.browsers = browsers
        self.forgetful = forgetful
        self.name = name
        self.language = "en" if name in ("", "Chair") else "sv"
        self.session = browsers.sessions.begin(person) if person else ""
        self.client = self.new_client()
        self.kept: dict[str, tuple[str, str]] = {}
        self.unchanged = 0

    def new_client(self) -> TestClient:
        """Another browser of the same person's, with nothing kept."""
        client = TestClient(
            self.browsers.app, headers={"Accept-Language": self.language}
        )
        if self.session:
            client.cookies.set(SITE.cookie("session"), self.session)
        return client

    def read(self, address: str) -> str:
        """The page as this browser shows it, which must be its own reader's."""
        name, page = self.kept.get(address, ("", ""))
        got = self.client.get(address, headers={"If-None-Match": name})
        if got.status_code == 304:
            self.unchanged += 1
        else:
            assert got.status_code == 200, (address, got.status_code)
            page = got.text
            self.kept.pop(address, None)
            if "etag" in got.headers and not self.forgetful:
                self.kept[address] = got.headers["etag"], page
        assert f'<html lang="{self.language}"' in page
        who = re.search(r'class="ds-button who".*?</span>(.*?)</a>', page)
        assert (who[1] if who else "") == self.name
        return page


@dataclass
class Hall:
    """Where some write and some read, all at once."""

    log: Log
    reads: ReadPool
    office: Office
    browsers: Browsers
    writers: dict[str, UUID]
    elsewhere: Browsers
    """The pages of another process."""
    gone: list[str] = field(default_factory=list)
    """Words that have been erased, and that pages know to be."""
    done: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        around = f"/consultations/{self.office.round}"
        proposal = f"{around}/proposals/{self.office.proposal}"
        passage = text_of(self.log, self.office.proposal)[1].id
        self.comments = f"{around}/comments"
        beside = f"{proposal}/passages/{passage}/comments"
        self.pages = [proposal, beside, self.comments, around, "/"]

    def settle(self) -> None:
        """Wait until the pages show what has been recorded so far."""
        head = self.log.head()

        def shown() -> bool:
            with self.reads() as now:
                return now.position >= head

        wait_until(shown)

    def write(self, name: str) -> None:
        """Comment, amend, and withdraw or have erased: each time read what comes of it.

        Whoever has waited for the pages to show what was recorded finds just that, in
        whichever process, and whether or not others have just read them.
        """
        author = self.writers[name]
        browser = Browser(self.browsers, name, author)
        strangers = [
            Browser(process, "", forgetful=True)
            for process in (self.browsers, self.elsewhere)
        ]
        for turn in range(ROUNDS):
            first, second = (f"{name}-{turn}-{word}" for word in ("först", "sedan"))
            id = a_comment(self.log, self.office.proposal, text=first, by=author)
            address = f"{self.comments}/{id}"
            self.settle()
            for stranger in strangers:
                assert first in stranger.read(self.comments)
                assert first in stranger.read(address)
            assert first in browser.read(address)
            assert first in browser.read("/my/comments")
            amend_comment(
                self.log, id=id, kind="general", text=second, wording="", by=author,
                now=LATER,
            )  # fmt: skip
            self.settle()
            for stranger in strangers:
                for page in (self.comments, address):
                    shown = stranger.read(page)
                    assert second in shown
                    assert first not in shown
            assert second in browser.read(address)
            assert first not in browser.read("/my/comments")
            if turn % 2:
                withdraw_comment(self.log, id=id, by=author, now=NOW)
                self.settle()
                assert "tillbakadragen" in browser.read(address).lower()
            else:
                self.office.erase("comment", target=id)
                self.settle()
                self.gone += [first, second]
                assert second not in browser.read(address)
                assert second not in browser.read("/my/comments")
            for stranger in strangers:
                assert second not in stranger.read(self.comments)
                assert second not in stranger.read(address)

    def read(self, browser: Browser) -> None:
        """Read every page over and over, until all is written."""
        mine = ["/my/comments"] if browser.name in WRITERS else []
        while not self.done.is_set():
            for address in [*self.pages, *mine]:
                gone = list(self.gone)
                page = browser.read(address)
                assert not [words for words in gone if words in page]
                if address in mine:
                    (other,) = set(WRITERS) - {browser.name}
                    assert f"{other}-" not in page


@pytest.fixture
def another_process(database: str) -> Iterator[Starlette]:
    """The application once more, as if in a process of its own."""
    made = create_app(log=Log(log_settings(database)), database_url=database, site=SITE)
    with TestClient(made):
        yield made


def test_nobody_is_shown_what_is_stale_erased_or_somebody_elses(
    browsers: Browsers, another_process: Starlette, log: Log, reads: ReadPool
) -> None:
    office = Office(log)
    writers = {name: a_person(log, name) for name in WRITERS}
    chair = a_person(log, "Chair", role="chair")
    browsers.catch_up()
    elsewhere = replace(browsers, app=another_process)
    hall = Hall(log, reads, office, browsers, writers, elsewhere)
    readers = [
        Browser(browsers, name, person)
        for name, person in [("", None), *writers.items(), ("Chair", chair)]
    ]
    passing = [Browser(one, "", forgetful=True) for one in (browsers, elsewhere)]
    reading_all = [*readers, *passing]
    with ThreadPoolExecutor(len(writers) + len(reading_all)) as pool:
        reading = [pool.submit(hall.read, browser) for browser in reading_all]
        writing = [pool.submit(hall.write, name) for name in writers]
        try:
            for each in writing:
                each.result(timeout=60)
        finally:
            hall.done.set()
        for each in reading:
            each.result(timeout=60)

    for browser in readers:
        for address in hall.pages:
            browser.read(address)
            before = browser.unchanged
            shown = browser.read(address)
            assert browser.unchanged == before + 1
            assert shown == browser.new_client().get(address).text
