"""The reading order of passages while changes are made to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from uuid import UUID


class ReadingOrder:
    """Ids in a row; each goes in or out at the same small cost, however long the row.

    Every id knows the next and the one before. None is the seam: it comes before the
    first id and after the last.
    """

    def __init__(self, ids: Iterable[UUID]) -> None:
        self._next = dict(pairwise([None, *ids, None]))
        self._before = {after: id for id, after in self._next.items()}

    def __iter__(self) -> Iterator[UUID]:
        id = self._next[None]
        while id is not None:
            yield id
            id = self._next[id]

    def put(self, id: UUID, after: UUID | None) -> None:
        """Lets a new id follow `after`, or come first when that is None."""
        follower = self._next[after]
        self._next[after], self._next[id] = id, follower
        self._before[follower], self._before[id] = id, after

    def take(self, id: UUID) -> None:
        """Takes an id out; those beside it then stand next to each other."""
        before, after = self._before.pop(id), self._next.pop(id)
        self._next[before], self._before[after] = after, before
