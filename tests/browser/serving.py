"""The application as it runs in service, on a port of this machine."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from uuid import UUID

import uvicorn

from domain.log import Log
from ledger.session import Sessions
from projections.follower import Follower
from tests.mailbox import Mailbox
from web.app import create_app
from web.mail import Mail
from web.site import Site


@dataclass(frozen=True, slots=True)
class Served:
    """Samråd at an address, and the log behind it for what happened before a test."""

    site: Site
    database: str
    log: Log
    sessions: Sessions
    by_hand: Follower

    @property
    def address(self) -> str:
        return self.site.address

    def catch_up(self) -> None:
        """Have the pages show everything recorded so far."""
        self.by_hand.catch_up()


@contextmanager
def serving(
    database: str,
    *,
    demo_people: Callable[[], dict[str, UUID]] | None = None,
    mailbox: Mailbox | None = None,
) -> Iterator[Served]:
    """Serve a database's pages, with the follower at work beside them."""
    with listening() as door:
        site = Site(address=address_of(door), demo=demo_people is not None)
        app = create_app(
            database_url=database,
            site=site,
            mail=Mail(mailbox.url, "samrad@example.se") if mailbox else None,
            demo_people=demo_people or dict,
        )
        config = uvicorn.Config(
            app,
            http="httptools",
            ws="none",
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=2,
        )
        server = uvicorn.Server(config)
        pages = threading.Thread(target=server.run, args=([door],), name="pages")
        pages.start()
        while not server.started:
            pages.join(timeout=0.02)
            assert pages.is_alive(), "the application did not start: see the log"
        try:
            with (
                closing(Log({"LOG_DATABASE_URL": database})) as log,
                following(log, database) as by_hand,
                closing(Sessions.at(database, size=2)) as sessions,
            ):
                yield Served(site, database, log, sessions, by_hand)
        finally:
            server.should_exit = True
            pages.join(timeout=10)


@contextmanager
def following(log: Log, database: str) -> Iterator[Follower]:
    """A follower at work in the background; yields another to hurry it on with."""
    stop = threading.Event()
    background, by_hand = Follower(log, database), Follower(log, database)
    thread = threading.Thread(target=background.follow, args=(stop,), name="follower")
    thread.start()
    try:
        yield by_hand
    finally:
        stop.set()
        thread.join(timeout=10)
        background.close()
        by_hand.close()


@contextmanager
def listening(port: int = 0) -> Iterator[socket.socket]:
    """A socket that listens on this machine, by default on any free port."""
    with socket.socket() as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind(("127.0.0.1", port))
        door.listen(128)
        yield door


def address_of(door: socket.socket) -> str:
    """The address that a browser finds it at."""
    return f"http://127.0.0.1:{door.getsockname()[1]}"
