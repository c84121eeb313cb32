"""The application as it runs in service, on a port of this machine."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import uvicorn

from domain.log import Log
from ledger.session import Sessions
from projections.follower import Follower
from tests.following import following
from tests.mailbox import Mailbox
from tests.vault import KEYS_FILE, log_settings
from web.app import create_app
from web.mail import Mail
from web.site import Site

ROOT = Path(__file__).parents[2]


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
            log=Log(log_settings(database)),
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
            with beside(database, site) as served:
                yield served
        finally:
            server.should_exit = True
            pages.join(timeout=10)


@contextmanager
def beside(database: str, site: Site) -> Iterator[Served]:
    """What works beside the pages of a site, whichever process serves them."""
    with (
        closing(Log(log_settings(database))) as log,
        closing(Follower(log, database)) as by_hand,
        following(log, database),
        closing(Sessions.at(database, size=2)) as sessions,
    ):
        yield Served(site, database, log, sessions, by_hand)


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


class Process:
    """`samrad serve` as a process of its own, which can be killed and started again."""

    def __init__(self, database: str) -> None:
        self._settings = {
            "SAMRAD_DATABASE_URL": database,
            "SAMRAD_KEYS_DATABASE_URL": database,
            "SAMRAD_KEYS_FILE": str(KEYS_FILE),
            "SAMRAD_SECRET_KEY": "x" * 32,
            "SAMRAD_SMTP_URL": "smtp://127.0.0.1:9",
            "SAMRAD_MAIL_FROM": "samrad@example.se",
            "SAMRAD_LOG_LEVEL": "error",
        }
        with listening() as door:
            self.address = address_of(door)
            self._port = door.getsockname()[1]
        self._running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        command = [sys.executable, "-m", "cli.main", "serve", "--port", str(self._port)]
        self._running = subprocess.Popen(  # noqa: S603
            command, env={**os.environ, **self._settings}, cwd=ROOT
        )
        while True:
            with suppress(subprocess.TimeoutExpired):
                self._running.wait(timeout=0.05)
            assert self._running.poll() is None, "samrad serve ended by itself"
            with suppress(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", self._port)).close()
                return

    def kill(self) -> None:
        """End it as a crash would, in the middle of whatever it does."""
        if self._running:
            self._running.kill()
            self._running.wait()
