"""How far the read tables have come: the follower says it, and nobody keeps asking."""

from __future__ import annotations

import os
import select
from threading import Condition, Thread
from typing import Any

import psycopg
from psycopg import Connection

POLL = 2.0
"""Seconds after which the tables are asked all the same, for what was not heard."""
AGAIN = 1.0
"""Seconds after which a database that is away is tried again."""


class Shown:
    """One thread of a web process that hears it for all who wait.

    It has a connection of its own, found again when the database has been away. Who
    waits meanwhile hears nothing, and has to ask.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._position = 0
        self._waiting = 0
        self._is_closed = False
        self._news = Condition()
        self._bell, self._bell_rope = os.pipe()
        self._thread = Thread(target=self._listen, name="shown", daemon=True)

    def start(self) -> None:
        """Begin to listen; the database may be away."""
        self._thread.start()

    def close(self) -> None:
        """Stop listening; whoever still waits hears nothing more."""
        with self._news:
            self._is_closed = True
            self._news.notify_all()
        os.write(self._bell_rope, b"!")
        if self._thread.ident is not None:
            self._thread.join()
        os.close(self._bell)
        os.close(self._bell_rope)

    def wait(self, position: int, timeout: float) -> bool:
        """Whether it was heard, within `timeout` seconds, that a position is shown."""
        with self._news:
            if self._position >= position:
                return True
            self._waiting += 1
            self._news.notify_all()
            try:
                return self._news.wait_for(lambda: self._position >= position, timeout)
            finally:
                self._waiting -= 1

    def _listen(self) -> None:
        while not self._is_closed:
            try:
                with psycopg.connect(
                    self._url,
                    autocommit=True,
                    connect_timeout=3,
                    options="-c role=samrad_web",
                    application_name="samrad shown",
                ) as connection:
                    connection.execute("LISTEN read")
                    while not self._is_closed:
                        self._hear(connection)
            except psycopg.Error:  # Away, or the tables have not been made yet.
                self._pause(AGAIN)

    def _hear(self, connection: Connection[Any]) -> None:
        """Ask once, and then listen for as long as something is said."""
        self._take_in(connection)
        row = connection.execute("SELECT position FROM read.follower").fetchone()
        self._reached(row[0] if row else 0)
        while self._is_waited_for() and self._pause(POLL, connection):
            self._take_in(connection)

    def _take_in(self, connection: Connection[Any]) -> None:
        for said in connection.notifies(timeout=0):
            self._reached(int(said.payload))

    def _is_waited_for(self) -> bool:
        """Whether somebody waits, within some seconds.

        A process in which nobody does need not wake for every comment in the others.
        """
        with self._news:
            self._news.wait_for(lambda: self._waiting or self._is_closed, POLL)
            return bool(self._waiting) and not self._is_closed

    def _reached(self, position: int) -> None:
        with self._news:
            if position > self._position:
                self._position = position
                self._news.notify_all()

    def _pause(self, seconds: float, connection: Connection[Any] | None = None) -> bool:
        """Whether something was said there, or the bell was rung, in these seconds."""
        poll = select.poll()
        poll.register(self._bell, select.POLLIN)
        if connection is not None:
            poll.register(connection.fileno(), select.POLLIN)
        return bool(poll.poll(seconds * 1000))
