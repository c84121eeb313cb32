"""Lets writers who wait at the same time share one commit."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from eventsourcing.persistence import StoredEvent

MOST_EVENTS = 500
MOST_BYTES = 8 * 1024**2
"""What one commit takes on, unless a single batch is larger than that."""


def _held() -> threading.Lock:
    lock = threading.Lock()
    lock.acquire()
    return lock


@dataclass(slots=True, eq=False)
class Batch:
    """The events that one writer wants recorded as one, and what became of them."""

    events: Sequence[StoredEvent]
    positions: Sequence[int] = ()
    error: Exception | None = None
    is_settled: bool = False
    since: float = field(default_factory=time.monotonic)
    turn: threading.Lock = field(default_factory=_held)
    """Let go of when the batch is settled, or when its writer is to commit next."""

    @property
    def size(self) -> int:
        return sum(len(event.state) for event in self.events)


class Group:
    """Whoever comes first commits, and meanwhile the others queue up for the next.

    A lone writer pays no thread hop. Of those who queue the first commits for all, so
    that nobody waits for more than the commit that is under way and their own.
    """

    def __init__(self, commit: Callable[[Sequence[Batch]], None]) -> None:
        self._commit = commit
        self._mutex = threading.Lock()
        self._waiting: deque[Batch] = deque()
        self._committing: Batch | None = None

    @property
    def waiting(self) -> int:
        """How many batches wait for the next commit."""
        return len(self._waiting)

    def submit(self, batch: Batch) -> None:
        """Return when the batch is settled, by this thread or by another."""
        try:
            if not self._is_first(batch):
                batch.turn.acquire()
            if not batch.is_settled:
                self._commit_with_others(batch)
        except BaseException:
            self._leave(batch)
            raise

    def _is_first(self, batch: Batch) -> bool:
        with self._mutex:
            self._waiting.append(batch)
            if self._committing is None:
                self._committing = batch
            return self._committing is batch

    def _commit_with_others(self, mine: Batch) -> None:
        group = self._next()
        try:
            self._commit(group)
            for batch in group:
                batch.is_settled = True
        finally:
            # What is not settled now is so because this thread is being stopped, which
            # is no fault of the others. They ask again, and asking again is harmless.
            self._hand_over([b for b in group if not b.is_settled and b is not mine])
            for batch in group:
                if batch.is_settled:
                    batch.turn.release()

    def _next(self) -> list[Batch]:
        group: list[Batch] = []
        events = size = 0
        with self._mutex:
            while self._waiting:
                events += len(self._waiting[0].events)
                size += self._waiting[0].size
                if group and (events > MOST_EVENTS or size > MOST_BYTES):
                    break
                group.append(self._waiting.popleft())
        return group

    def _hand_over(self, again: Sequence[Batch] = ()) -> None:
        with self._mutex:
            self._waiting.extendleft(reversed(again))
            self._committing = self._waiting[0] if self._waiting else None
            if self._committing:
                self._committing.turn.release()

    def _leave(self, batch: Batch) -> None:
        """Forget a batch whose writer is being stopped."""
        with self._mutex:
            if batch in self._waiting:
                self._waiting.remove(batch)
            is_committing = self._committing is batch
        if is_committing:
            self._hand_over()
