"""Follows the log and keeps every read table in step with it, a batch at a time."""

from __future__ import annotations

import threading
from uuid import UUID

import structlog

from domain.log import Log
from ledger.tail import Tail
from projections.rebuild import (
    BLUEPRINT,
    FOLLOWING,
    WRITING,
    build,
    connected,
    prepare,
    rebuild,
)
from projections.replay import (
    UNREACHABLE,
    CannotApply,
    NotWritten,
    apply_batch,
    entries_after,
    replay,
)
from projections.rows import Rows

__all__ = [
    "BATCH",
    "BLUEPRINT",
    "CannotApply",
    "Follower",
    "PlanHasChanged",
    "build",
    "rebuild",
    "replay",
]

logger = structlog.get_logger()

BATCH = 500
"""Entries in one transaction while catching up."""


class PlanHasChanged(Exception):
    """The read tables were made by another release, which alone may write to them."""


class Follower:
    """Applies every entry once, in order. One that it cannot apply stops it."""

    def __init__(self, log: Log, url: str) -> None:
        self._log = log
        self._url = url
        self._connection = connected(self._url, "samrad follower")
        self._generation: UUID | None = None
        self._rows: Rows | None = None
        self._position = -1

    def close(self) -> None:
        self._connection.close()

    def prepare(self) -> None:
        """Make the read tables, and make them anew if their plan has changed."""
        prepare(self._log, self._url)

    def catch_up(self, batch: int = BATCH) -> int:
        """Apply what the tables have not seen; returns the position reached."""
        while self.step(batch):
            pass
        return self._position

    def step(self, batch: int = BATCH) -> int:
        """Apply the next entries, at most `batch`; returns how many there were."""
        try:
            with self._connection.transaction():
                rows = self._claim()
                entries = entries_after(self._log, self._position, batch)
                if entries:
                    apply_batch(rows, entries)
                    self._note(entries[-1].position)
        except BaseException:
            self._rows = None  # It remembers what may not have come to be.
            raise
        if entries:
            self._position = entries[-1].position
        return len(entries)

    def _claim(self) -> Rows:
        """Take the lock, and forget what was remembered if someone else has written."""
        with self._connection.pipeline():
            self._connection.execute("SELECT pg_advisory_xact_lock(%s)", (WRITING,))
            found = self._connection.execute(
                "SELECT generation, position, blueprint FROM read.follower"
            )
        row = found.fetchone()
        generation, position, blueprint = row or (None, 0, None)
        if blueprint != BLUEPRINT:
            raise PlanHasChanged
        known = self._generation, self._position
        if self._rows is None or known != (generation, position):
            self._rows = Rows(self._connection)
        self._generation, self._position = generation, position
        return self._rows

    def _note(self, position: int) -> None:
        """Say how far the tables have come: in them, and to all who listen."""
        self._connection.execute(
            "WITH moved AS (UPDATE read.follower SET position = %s, seen_at = now(),"
            " stopped_at = NULL, error = NULL RETURNING position)"
            " SELECT pg_notify('read', position::text) FROM moved",
            (position,),
        )

    def advance(self) -> int:
        """Apply a batch; if one entry in it cannot be, apply those before and stop.

        Returns how many entries were applied; raises CannotApply for a poison entry.
        """
        try:
            return self.step()
        except (CannotApply, NotWritten):
            for applied in range(BATCH):
                if not self.step(1):
                    return applied
            return BATCH

    def follow(self, stop: threading.Event) -> None:
        """Apply entries as they come, until told to stop or an entry cannot be applied.

        A database that goes away is waited for. A second follower waits for the first
        to end. Raises CannotApply and PlanHasChanged.
        """
        while not stop.is_set():
            try:
                if self._connection.closed:
                    self._connection = connected(self._url, "samrad follower")
                with Tail(self._url) as tail:
                    self._follow(tail, stop)
            except UNREACHABLE:
                logger.warning("database away", retry_in=1)
                self._connection.close()
                stop.wait(1)

    def _follow(self, tail: Tail, stop: threading.Event) -> None:
        while not tail.claim(FOLLOWING):
            logger.info("waiting", reason="another follower is at work")
            if stop.wait(2):
                return
        self.prepare()
        logger.info("following")
        while not stop.is_set():
            try:
                # Fewer are all there were; the tail is told of what comes after them.
                while (applied := self.advance()) == BATCH and not stop.is_set():
                    logger.info("catching up", position=self._position)
            except CannotApply as error:
                self._report(error)
                raise
            if not applied:
                self._beat()
            tail.wait(self._position)

    def _beat(self) -> None:
        self._connection.execute(
            "UPDATE read.follower SET seen_at = now(), stopped_at = NULL, error = NULL"
            " WHERE seen_at < now() - interval '1 second' OR stopped_at IS NOT NULL"
        )

    def _report(self, error: CannotApply) -> None:
        logger.error("stopped", position=error.position, reason=error.reason)
        self._connection.execute(
            "UPDATE read.follower SET stopped_at = %s, error = %s, seen_at = now()",
            (error.position, error.reason),
        )
