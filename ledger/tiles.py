"""The log's tree in tiles of 256 hashes, as C2SP tlog-tiles describes them.

A hash is the 32 bytes of a SHA-256. The tile with an index at a level has the hashes of
the complete subtrees over 256^level entries each that begin with number 256 · index.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

from ledger.tree import (
    CompactRange,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    subtrees_of,
)

SCHEMA = Path(__file__).with_name("tlog.sql")

HEIGHT = 8
WIDTH = 1 << HEIGHT
"""Hashes in a full tile, and entries in a full bundle."""
HASH = 32
BATCH = 64 * WIDTH
"""Entries that are added to the tree in one transaction."""

_INTEGRATING = 7_265_005  # Advisory lock: one at a time adds to the tree.
_KEPT = 64


class Damaged(Exception):
    """The log or its tree lacks what must be there, or has something else.

    `position` is the entry where that shows, counted from 1, or None.
    """

    def __init__(self, reason: str, position: int | None = None) -> None:
        super().__init__(reason)
        self.position = position


@dataclass(frozen=True, slots=True)
class Published:
    """A checkpoint as it is given out: how many entries, the signed note, and when."""

    size: int
    note: bytes
    published_at: datetime


def migrate(connection: Connection[Any]) -> None:
    """Create or update the tables and grants; the connection is the owner's.

    The log's own tables are there already.
    """
    connection.execute(SCHEMA.read_text().encode())


def published(connection: Connection[Any]) -> Published | None:
    """The newest checkpoint; None before the first."""
    with connection.cursor(row_factory=class_row(Published)) as cursor:
        return cursor.execute(
            "SELECT size, note, published_at FROM tlog.checkpoint"
            " ORDER BY number DESC LIMIT 1"
        ).fetchone()


class Tiles:
    """Reads hashes, proofs and entries of the part of the log that is integrated.

    A few tiles are remembered, so it is for one piece of work at a time. Every method
    raises Damaged for what the database does not have.
    """

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection
        self._kept: dict[tuple[int, int], bytes] = {}

    def tile(self, level: int, index: int, width: int = WIDTH) -> bytes:
        """The first `width` hashes of a tile, one after the other."""
        data = self._kept.get((level, index), b"")
        if len(data) < width * HASH:
            data = self._fetch(level, index)
        if len(data) < width * HASH:
            raise Damaged(f"tile {level}/{index} has no {width} hashes")
        return data[: width * HASH]

    def _fetch(self, level: int, index: int) -> bytes:
        row = self._connection.execute(
            "SELECT data FROM tlog.tile WHERE level = %s AND index = %s",
            (level, index),
            binary=True,
        ).fetchone()
        data = bytes(row[0]) if row else b""
        if len(self._kept) >= _KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[level, index] = data
        return data

    def entries(self, index: int, width: int = WIDTH) -> bytes:
        """The first `width` entries of a bundle, each after its length in two bytes."""
        first = index * WIDTH + 1
        rows = self._connection.execute(
            "SELECT position, leaf FROM log.entry"
            " WHERE position BETWEEN %s AND %s ORDER BY position",
            (first, first + width - 1),
            binary=True,
        ).fetchall()
        _require_dense(rows, first, width)
        return b"".join(len(leaf).to_bytes(2, "big") + leaf for _, leaf in rows)

    def node(self, level: int, index: int) -> bytes:
        """The hash over the 2^level entries that begin with number index · 2^level."""
        above, climb = divmod(level, HEIGHT)
        number, start = divmod(index << climb, WIDTH)
        end = start + (1 << climb)
        data = self.tile(above, number, end)
        row = [data[at : at + HASH] for at in range(start * HASH, end * HASH, HASH)]
        while len(row) > 1:
            row = [node_hash(*pair) for pair in zip(row[::2], row[1::2], strict=True)]
        return row[0]

    def root(self, size: int) -> bytes:
        """The root of the tree when it had `size` entries."""
        return self.tree(size).root()

    def tree(self, size: int) -> CompactRange:
        """The tree when it had `size` entries, ready to grow."""
        return CompactRange(size, subtrees_of(size, self.node))

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """The proof that the entry with an index, from 0, is in the tree of a size."""
        return inclusion_proof(index, size, self.node)

    def consistency(self, first: int, second: int) -> list[bytes]:
        """The proof that the tree of one size is the beginning of that of another."""
        return consistency_proof(first, second, self.node)


def integrate(
    connection: Connection[Any], *, most: int | None = None
) -> tuple[int, bytes]:
    """Add what is new in the log to the tree; returns the tree's size and root.

    At most so many entries, in transactions of a few thousand each: whoever is stopped
    in between goes on from the last. Only one at a time adds; another that tries is
    given the tree as it stands. The connection may write the tiles, as samrad_notary.

    Raises Damaged, with the position, when the log has a hole or is not the one that
    the tree was made from.
    """
    while True:
        wanted = BATCH if most is None else min(BATCH, most)
        with connection.transaction():
            added = _integrate_batch(connection, wanted)
            size, root = _integrated(connection)
        if most is not None:
            most -= added
        if added < BATCH:
            return size, root


def _integrated(connection: Connection[Any]) -> tuple[int, bytes]:
    row = connection.execute("SELECT size, root FROM tlog.integrated").fetchone()
    if row is None:
        raise Damaged("the size of the tree is gone")
    return row[0], row[1]


def _integrate_batch(connection: Connection[Any], most: int) -> int:
    """Add one batch within a transaction; returns how many entries were added."""
    claimed = connection.execute(
        "SELECT pg_try_advisory_xact_lock(%s)", (_INTEGRATING,)
    ).fetchone()
    if claimed != (True,):
        return 0
    size, root = _integrated(connection)
    tiles = Tiles(connection)
    tree = tiles.tree(size)
    if tree.root() != root:
        raise Damaged("the tiles do not give the root that they gave", size)
    leaves = _leaves_after(connection, tiles, size, most)
    if not leaves:
        return 0
    hashes = _append(tree, leaves)
    # First this row, which only one can change from this size: whoever was overtaken
    # all the same has written nothing yet.
    moved = connection.execute(
        "UPDATE tlog.integrated SET size = %s, root = %s WHERE size = %s",
        (tree.size, tree.root(), size),
    ).rowcount
    if not moved:
        return 0
    _write(connection, _extended(tiles, size, hashes))
    return len(leaves)


def _leaves_after(
    connection: Connection[Any], tiles: Tiles, size: int, most: int
) -> list[bytes]:
    """The next entries of the log.

    The last one that the tree has is read once more: a log that was cut off there, or
    is another one up to there, is not to be gone on with.
    """
    rows = connection.execute(
        "SELECT position, leaf FROM log.entry WHERE position BETWEEN %s AND %s"
        " ORDER BY position",
        (size, size + most),
        binary=True,
    ).fetchall()
    if size:
        if not rows:
            raise Damaged(f"entry {size} is missing", size)
        _require_dense(rows, size, len(rows))
        if leaf_hash(rows[0][1]) != tiles.node(0, size - 1):
            raise Damaged(f"entry {size} is not the one in the tree", size)
        return [leaf for _, leaf in rows[1:]]
    _require_dense(rows, 1, len(rows))
    return [leaf for _, leaf in rows]


def _require_dense(rows: Sequence[tuple[int, bytes]], first: int, count: int) -> None:
    """Raises Damaged unless there is an entry for every position from the first on."""
    for position, row in zip(range(first, first + count), rows, strict=False):
        if row[0] != position:
            raise Damaged(f"entry {position} is missing", position)
    if len(rows) < count:
        missing = first + len(rows)
        raise Damaged(f"entry {missing} is missing", missing)


def _append(tree: CompactRange, leaves: Iterable[bytes]) -> dict[int, list[bytes]]:
    """Let a tree grow; returns the hashes that tiles get, by the tiles' level."""
    hashes: dict[int, list[bytes]] = {0: []}
    for leaf in leaves:
        hash = leaf_hash(leaf)
        hashes[0].append(hash)
        for level, _, node in tree.append(hash):
            if level % HEIGHT == 0:
                hashes.setdefault(level // HEIGHT, []).append(node)
    return hashes


def _extended(
    tiles: Tiles, size: int, hashes: dict[int, list[bytes]]
) -> Iterator[tuple[int, int, bytes]]:
    """The tiles that a tree of some size gets or has more of: level, index and data."""
    for level, more in hashes.items():
        index, width = divmod(size >> HEIGHT * level, WIDTH)
        data = (tiles.tile(level, index, width) if width else b"") + b"".join(more)
        for at in range(0, len(data), WIDTH * HASH):
            yield level, index + at // (WIDTH * HASH), data[at : at + WIDTH * HASH]


def _write(
    connection: Connection[Any], tiles: Iterable[tuple[int, int, bytes]]
) -> None:
    levels, indexes, written = zip(*tiles, strict=True)
    connection.execute(
        "INSERT INTO tlog.tile (level, index, data)"
        " SELECT * FROM unnest(%b::int[], %b::bigint[], %b::bytea[])"
        " ON CONFLICT (level, index) DO UPDATE SET data = excluded.data",
        (list(levels), list(indexes), list(written)),
    )
