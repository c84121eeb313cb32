"""The real application on a database of its own, with the real follower beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from uuid import UUID

import pytest
from starlette.applications import Starlette

from domain.log import Log
from ledger.session import Sessions
from projections.follower import Follower
from projections.shown import Shown
from tests.client import PageClient
from tests.following import following
from tests.vault import log_settings
from web.app import create_app
from web.site import Site

SITE = Site(address="http://testserver")


@dataclass
class Browsers:
    """Browsers on one application; the pages have caught up before each is handed out.

    `anyone()` is signed in nowhere; `of(person)` has that person's session.
    """

    app: Starlette
    sessions: Sessions
    follower: Follower

    def anyone(self) -> PageClient:
        self.catch_up()
        return PageClient(self.app, headers={"Accept-Language": "sv"})

    def of(self, person: UUID) -> PageClient:
        client = self.anyone()
        client.cookies.set(SITE.cookie("session"), self.sessions.begin(person))
        return client

    def catch_up(self) -> None:
        """Have the pages show everything recorded so far."""
        self.follower.catch_up()


@pytest.fixture
def app(database: str) -> Iterator[Starlette]:
    """The application as it is served, started and stopped."""
    made = create_app(log=Log(log_settings(database)), database_url=database, site=SITE)
    with PageClient(made):
        yield made


@pytest.fixture
def browsers(app: Starlette, log: Log, database: str) -> Iterator[Browsers]:
    """Browsers, with a follower at work in the background as in service."""
    with (
        following(log, database),
        closing(Follower(log, database)) as by_hand,
        closing(Sessions.at(database, size=2)) as sessions,
    ):
        yield Browsers(app, sessions, by_hand)


@pytest.fixture
def shown(database: str) -> Iterator[Shown]:
    """What hears of everything that the pages come to show."""
    with closing(Shown(database)) as found:
        found.start()
        yield found


@pytest.fixture
def anyone(browsers: Browsers) -> PageClient:
    """A browser that nobody has signed in with."""
    return browsers.anyone()


@pytest.fixture
def signed_in(browsers: Browsers) -> Callable[[UUID], PageClient]:
    """A browser with a person's session."""
    return browsers.of
