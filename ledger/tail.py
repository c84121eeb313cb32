"""Waits for the log to grow: LISTEN, with a poll behind it for a lost notification."""

from __future__ import annotations

from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Self

import psycopg

POLL_SECONDS = 1.0


class Tail(AbstractContextManager["Tail"]):
    """One connection that is told when something is appended."""

    def __init__(self, url: str, *, role: str = "samrad_follower") -> None:
        self._url = url
        self._role = role

    def __enter__(self) -> Self:
        self._connection: psycopg.Connection[Any] = psycopg.connect(
            self._url,
            autocommit=True,
            connect_timeout=3,
            options=f"-c role={self._role}",
            application_name="samrad tail",
        )
        self._connection.execute("LISTEN log")
        self._is_new = True
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()

    def head(self) -> int:
        """The position of the newest entry, 0 for an empty log."""
        row = self._connection.execute("SELECT position FROM log.head").fetchone()
        return int(row[0]) if row else 0

    def claim(self, lock: int) -> bool:
        """Whether this is now the one process that holds a lock; it goes with us."""
        row = self._connection.execute(
            "SELECT pg_try_advisory_lock(%s)", (lock,)
        ).fetchone()
        return bool(row and row[0])

    def wait(self, after: int, timeout: float = POLL_SECONDS) -> int:
        """Wait at most `timeout` seconds for an entry after a position.

        Returns how far it has come, which may still be `after`: the wait also ends
        when somebody says nothing in particular.
        """
        if self._is_new:
            self._is_new = False
            if (head := self.head()) > after:
                return head
        for told in self._connection.notifies(timeout=timeout):
            # Of what was read before its turn came, it is told all the same.
            if not told.payload.isdecimal():
                break
            if (position := int(told.payload)) > after:
                return position
        return self.head()
