"""Lists of any length, a page at a time, found by the key that they are sorted by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Generic, LiteralString, TypeVar

from projections.reads import Reads

T = TypeVar("T")
Key = tuple[Any, ...]

MOST_COUNTED = 1_000
"""A longer list is only said to be longer: to count all of it would read all of it."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a list is sorted by: columns, all in one direction, that no two rows share.

    `key` tells their values in a row.
    """

    columns: tuple[LiteralString, ...]
    key: Callable[[Any], Key]
    descending: bool = False

    def condition(self, stretch: Stretch) -> LiteralString:
        """What keeps the rows on the right side of the stretch's key."""
        if not stretch.key:
            return "true"
        if len(stretch.key) != len(self.columns):
            raise ValueError(f"{stretch.key} is no place among {self.columns}")
        marks: LiteralString = ", ".join(
            "%(key_" + place + ")s" for place in "0123456789"[: len(stretch.key)]
        )
        side: LiteralString = ">" if self.descending == stretch.backwards else "<"
        return "(" + ", ".join(self.columns) + ") " + side + " (" + marks + ")"

    def sorting(self, stretch: Stretch) -> LiteralString:
        """The columns, in the direction that the stretch is read."""
        way: LiteralString = " ASC" if self.descending == stretch.backwards else " DESC"
        return ", ".join(column + way for column in self.columns)


def by_position(column: LiteralString, *, descending: bool = False) -> Order:
    """That of the log, by the column that has where each row's thing began."""
    return Order((column,), lambda row: (row.position,), descending)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Which rows of a list are asked for: those next after a key, or next before it.

    With no key they are the first of all, or (backwards) the last. A key is a place in
    the list even when no row has it: rows may come and go between two pages, and none
    that stays is missed or shown twice.
    """

    size: int
    key: Key = ()
    backwards: bool = False


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """A page of a list."""

    rows: list[T]
    before: Key | None
    """Where the page before this one ends; None if this is the first."""
    after: Key | None
    """Where the page after this one begins; None if this is the last."""
    total: int
    """How many rows the whole list has, if they are counted; one more than MOST_COUNTED
    stands for any number above that."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where the rows of a list come from, and in which order.

    `tables` is FROM its tables to the end of its WHERE. What `beside` joins for what is
    shown of the row called `name` is looked up only for the rows of a page.
    """

    select: LiteralString
    tables: LiteralString
    order: Order
    name: LiteralString = ""
    beside: LiteralString = ""

    def query(self, stretch: Stretch) -> LiteralString:
        """The rows of a stretch in the direction that it is read; takes how many."""
        found: LiteralString = (
            self.tables
            + " AND "
            + self.order.condition(stretch)
            + " ORDER BY "
            + self.order.sorting(stretch)
            + " LIMIT %(rows)s"
        )
        if not self.beside:
            return self.select + found
        rows: LiteralString = "(SELECT " + self.name + ".*" + found + ")"
        return self.select + " FROM " + rows + " AS " + self.name + " " + self.beside


def paged(
    reads: Reads,
    kind: type[T],
    source: Source,
    params: Mapping[str, Any],
    stretch: Stretch,
    *,
    counted: bool = True,
) -> Found[T]:
    """A page of a list.

    Where nothing is left beyond the key, it is the page nearest to it.
    """
    rows = _rows(reads, kind, source, params, stretch)
    if stretch.key and not rows:
        stretch = replace(stretch, key=(), backwards=not stretch.backwards)
        rows = _rows(reads, kind, source, params, stretch)
    goes_on, begins_inside = len(rows) > stretch.size, bool(stretch.key)
    rows = rows[: stretch.size]
    total = len(rows)
    if counted and (goes_on or begins_inside):
        total = _count(reads, source, params)
    if stretch.backwards:
        rows.reverse()
        goes_on, begins_inside = begins_inside, goes_on
    return Found(
        rows,
        before=source.order.key(rows[0]) if begins_inside else None,
        after=source.order.key(rows[-1]) if goes_on else None,
        total=total,
    )


def _rows(
    reads: Reads,
    kind: type[T],
    source: Source,
    params: Mapping[str, Any],
    stretch: Stretch,
) -> list[T]:
    """The rows of a stretch as they are read, and one more if there is one."""
    key = {f"key_{place}": value for place, value in enumerate(stretch.key)}
    found = reads.all(
        kind, source.query(stretch), {**params, **key, "rows": stretch.size + 1}
    )
    # What is joined beside rows may put them in another order.
    upward = source.order.descending == stretch.backwards
    return sorted(found, key=source.order.key, reverse=not upward)


def _count(reads: Reads, source: Source, params: Mapping[str, Any]) -> int:
    """How many rows a list has; no more than one above MOST_COUNTED are counted."""
    return int(
        reads.value(
            "SELECT count(*) FROM (SELECT"
            + source.tables
            + " LIMIT %(most)s) AS counted",
            {**params, "most": MOST_COUNTED + 1},
        )
    )
