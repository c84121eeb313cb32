"""Where the log that is checked is read from, and the database as one such place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol, Self

import psycopg
from psycopg import Connection, IsolationLevel
from psycopg.sql import SQL, Literal

from ledger.leaves import moments
from ledger.tiles import HASH, HEIGHT, WIDTH
from ledger.tree import EMPTY_ROOT

MOST_ENTRIES = 8 * WIDTH
MOST_BYTES = 8 * 1024**2
"""What is read at a time, about: so many entries, but not more than so many bytes."""


class Away(Exception):
    """What is to be checked can not be had; the sentence says why."""


class Unreadable(Exception):
    """What is kept can not be read, because it is damaged.

    `position` is the entry where that shows, or None.
    """

    def __init__(self, reason: str, position: int | None = None) -> None:
        super().__init__(reason)
        self.position = position


@dataclass(frozen=True, slots=True)
class Batch:
    """Entries one after the other, column by column.

    `times` are as leaves have them. `states` is None where only the leaves are known;
    then the other columns are what these say.
    """

    positions: Sequence[int]
    things: Sequence[str]
    versions: Sequence[int]
    topics: Sequence[str]
    times: Sequence[str]
    leaves: Sequence[bytes]
    states: Sequence[bytes] | None


@dataclass(frozen=True, slots=True)
class Kept:
    """A checkpoint that was published; `said` names it in a sentence.

    `size` is how many entries it is kept as one of, None where only the note says so.
    """

    said: str
    note: bytes
    size: int | None = None


class Source(Protocol):
    """A log to check. Every method may raise Away or Unreadable."""

    @property
    def size(self) -> int:
        """How many entries are expected: the work there is."""

    @property
    def tree(self) -> tuple[int, bytes | None]:
        """How many entries the tiles are over, and the root where it is kept too."""

    def checkpoints(self) -> Iterator[Kept]:
        """Every published checkpoint, the oldest first."""

    def batches(self) -> Iterator[Batch]:
        """All entries, in their order."""

    def tile(self, level: int, index: int, width: int) -> bytes:
        """The first `width` hashes of a tile, fewer where it has not so many."""

    def odd(self) -> Iterator[tuple[str, int | None]]:
        """What else is wrong with the tiles or the file, with an entry or None."""


_ENTRIES = (
    "SELECT position, originator_id::text, originator_version, topic,"
    " timestamptz_send(recorded_at), leaf, state FROM log.entry"
)
_TOO_MANY = (
    "SELECT level, index, octet_length(data) / 32 FROM tlog.tile WHERE"
    " octet_length(data) / 32"
    " > least(256, greatest(0, (%s::bigint >> 8 * level) - 256 * index))"
    " ORDER BY level, index LIMIT 10"
)


class DatabaseSource:
    """The log in a database, as it is at one moment."""

    def __init__(self, url: str, *, role: str = "samrad_follower") -> None:
        self._url = url
        self._options = f"-c role={role}"
        self._connection = self._connected()
        self._rows: dict[int, bytes] = {}
        self._tiles: Iterator[tuple[int, bytes]] = iter(())
        self._ahead: tuple[int, bytes] | None = None

    def _connected(self) -> Connection[Any]:
        connection = psycopg.connect(
            self._url,
            options=self._options,
            connect_timeout=5,
            application_name="samrad verify",
        )
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        return connection

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()

    @property
    def size(self) -> int:
        """How many entries there are."""
        row = self._connection.execute("SELECT position FROM log.head").fetchone()
        return int(row[0]) if row else 0

    @property
    def tree(self) -> tuple[int, bytes | None]:
        """What the tiles are over, as they were made."""
        row = self._connection.execute(
            "SELECT size, root FROM tlog.integrated"
        ).fetchone()
        return (row[0], row[1]) if row else (0, EMPTY_ROOT)

    def checkpoints(self) -> Iterator[Kept]:
        """Every published checkpoint, the oldest first."""
        with self._connection.cursor("checkpoints") as cursor:
            cursor.execute(
                "SELECT number, note, size FROM tlog.checkpoint ORDER BY number"
            )
            for number, note, size in cursor:
                yield Kept(f"checkpoint {number}", note, size)

    def batches(self) -> Iterator[Batch]:
        """All entries, in their order; one in a page that is damaged is named."""
        with (
            # Tiles are read meanwhile, also after this one has stumbled on something.
            self._at_same_moment() as connection,
            connection.cursor("entries", binary=True) as cursor,
            # The next ones are read while these are checked.
            ThreadPoolExecutor(1) as ahead,
        ):
            cursor.execute(f"{_ENTRIES} ORDER BY position")
            last, coming = 0, ahead.submit(cursor.fetchmany, WIDTH)
            while True:
                try:
                    rows = coming.result()
                except psycopg.InternalError as error:
                    raise self._unreadable(last, error) from error
                if not rows:
                    return
                positions, things, versions, topics, times, leaves, states = zip(
                    *rows, strict=True
                )
                each = 1 + sum(map(len, states)) // len(states)
                count = max(1, min(MOST_ENTRIES, MOST_BYTES // each))
                last, coming = positions[-1], ahead.submit(cursor.fetchmany, count)
                yield Batch(
                    positions, things, versions, topics, moments(times), leaves, states
                )

    def _at_same_moment(self) -> Connection[Any]:
        """Another connection, which sees the database as the first one does."""
        row = self._connection.execute("SELECT pg_export_snapshot()").fetchone()
        connection = self._connected()
        snapshot = Literal(row[0] if row else "")
        connection.execute(SQL("SET TRANSACTION SNAPSHOT {}").format(snapshot))
        return connection

    def _unreadable(self, last: int, error: psycopg.Error) -> Unreadable:
        """The first entry after `last` that can not be read by itself either."""
        said = str(error).partition("\n")[0]
        for position in range(last + 1, last + MOST_ENTRIES + 1):
            with self._connected() as connection:
                try:
                    connection.execute(f"{_ENTRIES} WHERE position = %s", (position,))
                except psycopg.InternalError as again:
                    said = str(again).partition("\n")[0]
                    return Unreadable(said, position)
        return Unreadable(said, last + 1)

    def tile(self, level: int, index: int, width: int) -> bytes:
        """The first `width` hashes of a tile, fewer where it has not so many."""
        if level == 0:
            return self._leaf_tile(index)[: width * HASH]
        row = self._connection.execute(
            "SELECT data FROM tlog.tile WHERE level = %s AND index = %s",
            (level, index),
            binary=True,
        ).fetchone()
        return row[0][: width * HASH] if row else b""

    def _leaf_tile(self, index: int) -> bytes:
        """A tile of leaves; asked for in their order, they are read many at a time."""
        if index == 0:
            self._tiles = self._leaf_tiles()
            self._ahead = next(self._tiles, None)
        while self._ahead and self._ahead[0] < index:
            self._ahead = next(self._tiles, None)
        if self._ahead and self._ahead[0] == index:
            return self._ahead[1]
        return b""

    def _leaf_tiles(self) -> Iterator[tuple[int, bytes]]:
        with self._connection.cursor("tiles", binary=True) as cursor:
            cursor.execute(
                "SELECT index, data FROM tlog.tile WHERE level = 0 ORDER BY index"
            )
            cursor.itersize = 64
            yield from cursor

    def odd(self) -> Iterator[tuple[str, int | None]]:
        """Tiles that have more hashes than there are entries under them."""
        size, _ = self.tree
        for level, index, width in self._connection.execute(_TOO_MANY, (size,)):
            first = max(0, (size >> HEIGHT * level) - WIDTH * index)
            position = (WIDTH * index + first << HEIGHT * level) + 1
            yield (
                f"tile {level}/{index} has {width} hashes, where there are {first}.",
                position,
            )
