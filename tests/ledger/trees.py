"""Trees of numbered entries, hashed level by level, for the tests of proofs."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from psycopg import Connection

from ledger.tree import leaf_hash, node_hash, root_of


def entry(index: int) -> bytes:
    """The bytes of a numbered entry."""
    return b"entry %d" % index


class Leaves:
    """A tree of numbered entries with every complete subtree's hash at hand."""

    def __init__(self, size: int) -> None:
        self._levels = [[leaf_hash(entry(index)) for index in range(size)]]
        while len(below := self._levels[-1]) > 1:
            pairs = zip(below[::2], below[1::2], strict=False)
            self._levels.append([node_hash(left, right) for left, right in pairs])
        self._roots: dict[int, bytes] = {}

    def node(self, level: int, index: int) -> bytes:
        """The hash of a complete subtree; no other exists."""
        return self._levels[level][index]

    def root(self, size: int) -> bytes:
        """The root of the tree when it had that many entries."""
        if size not in self._roots:
            self._roots[size] = root_of(self._levels[0][:size])
        return self._roots[size]


@lru_cache
def leaves(size: int) -> Leaves:
    """A tree that several tests look at; none can change it."""
    return Leaves(size)


def record(connection: Connection[Any], count: int) -> None:
    """Put the next numbered entries into a log, past the append, as its owner can."""
    connection.execute(
        "INSERT INTO log.entry (position, originator_id, originator_version, topic,"
        " state, recorded_at, leaf)"
        " SELECT n, gen_random_uuid(), 1, 'test.happened', '{}', now(),"
        " convert_to('entry ' || n - 1, 'UTF8')"
        " FROM log.head, generate_series(head.position + 1, head.position + %s) AS n",
        (count,),
    )
