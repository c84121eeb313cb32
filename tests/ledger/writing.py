"""What tests of the log share: events to append, threads, and a line that can break."""

from __future__ import annotations

import select
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any
from uuid import UUID, uuid4

import psycopg
from eventsourcing.persistence import StoredEvent
from psycopg.conninfo import conninfo_to_dict, make_conninfo

DEADLINE = 60.0
"""Seconds that a test waits for what must come, on a machine with a lot to do."""


def event(
    thing: UUID | None = None,
    version: int = 1,
    state: bytes = b"{}",
    topic: str = "test.happened",
) -> StoredEvent:
    """An event, of a thing that nobody else has unless told which."""
    return StoredEvent(thing or uuid4(), version, topic, state)


def wait_until(condition: Callable[..., object], *of: Any) -> None:
    """Return when a condition holds of some things; fail when it does not in time."""
    end = time.monotonic() + DEADLINE
    pause = threading.Event()
    while not condition(*of):
        assert time.monotonic() < end, "what a test waited for did not come"
        pause.wait(0.005)


class Doing:
    """Threads that do something; their errors are raised where they are joined."""

    def __init__(self, act: Callable[..., Any], *arguments: Sequence[Any]) -> None:
        self.results: list[Any] = []
        self.errors: list[BaseException] = []

        def run(*given: Any) -> None:
            try:
                self.results.append(act(*given))
            except BaseException as error:
                self.errors.append(error)

        self._threads = [
            threading.Thread(target=run, args=given, daemon=True) for given in arguments
        ]
        for thread in self._threads:
            thread.start()

    def join(self) -> list[Any]:
        """What they returned, in the order they did; raises the first error."""
        for thread in self._threads:
            thread.join(DEADLINE)
            assert not thread.is_alive(), "a thread hangs"
        if self.errors:
            raise self.errors[0]
        return self.results


@contextmanager
def turn_held(url: str) -> Iterator[None]:
    """Nobody can append meanwhile: somebody else has the turn."""
    with psycopg.connect(url) as connection:
        connection.execute("SELECT FROM log.turn FOR UPDATE")
        yield
        connection.rollback()


def waits_for_turn(url: str) -> bool:
    """Whether somebody's append waits for the turn."""
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT FROM pg_stat_activity WHERE datname = current_database()"
            " AND application_name = 'samrad log' AND wait_event_type = 'Lock'"
        ).fetchone()
    return found is not None


class Line:
    """A line to a server that can break on the way there or on the way back.

    `lose` says what is lost: "answer" lets the server finish an append and swallows
    what it says, "question" never hands it over. The line breaks once, then works.
    """

    def __init__(self, url: str) -> None:
        server = conninfo_to_dict(url)
        self._server = f"{server['host']}/.s.PGSQL.{server['port']}"
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = make_conninfo(
            host="127.0.0.1",
            port=self._listener.getsockname()[1],
            user=server["user"],
            dbname=server["dbname"],
            sslmode="disable",
            gssencmode="disable",
        )
        self.lose = ""
        self.broken = 0
        self._clients: list[socket.socket] = []
        self._listens = threading.Thread(target=self._listen, daemon=True)
        self._listens.start()

    def close(self) -> None:
        """Take nobody on any more, and cut off those who are on the line."""
        # Shutting down wakes the thread that waits, which closing alone does not.
        _shut(self._listener)
        self._listens.join(DEADLINE)
        self._listener.close()
        for client in self._clients:
            _shut(client)

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self._clients.append(client)
                threading.Thread(
                    target=self._serve, args=(client,), daemon=True
                ).start()

    def _serve(self, client: socket.socket) -> None:
        server = socket.socket(socket.AF_UNIX)
        with client, server, suppress(OSError):
            server.connect(self._server)
            asked = False
            while True:
                for ready in select.select([client, server], [], [])[0]:
                    if not (said := ready.recv(65536)):
                        return
                    if ready is client:
                        asked = asked or b"test.happened" in said
                        if asked and self._loses("question"):
                            return
                        server.sendall(said)
                    else:
                        if asked and b"SELECT 1\x00" in said and self._loses("answer"):
                            return
                        client.sendall(said)

    def _loses(self, what: str) -> bool:
        if self.lose != what:
            return False
        self.lose = ""
        self.broken += 1
        return True


def _shut(line: socket.socket) -> None:
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)
