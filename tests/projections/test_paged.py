"""Lists a page at a time: nothing missed, nothing twice, whatever happens meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest

from projections.paged import MOST_COUNTED, Found, Order, Source, Stretch, paged
from projections.reads import Reads


@dataclass(frozen=True, slots=True)
class Row:
    weight: int
    name: str


ORDERS = {
    "ascending": Order(("weight", "name"), lambda row: (row.weight, row.name)),
    "descending": Order(
        ("weight", "name"), lambda row: (row.weight, row.name), descending=True
    ),
}


class Shelf:
    """A list that rows are put on and taken from, read five at a time."""

    def __init__(self, connection: psycopg.Connection[object], order: Order) -> None:
        self._connection = connection
        self._order = order
        connection.execute("CREATE TEMPORARY TABLE shelf (weight int, name text)")

    def put(self, *rows: tuple[int, str]) -> None:
        with self._connection.cursor() as cursor:
            cursor.executemany("INSERT INTO shelf VALUES (%s, %s)", rows)

    def take(self, name: str) -> None:
        self._connection.execute("DELETE FROM shelf WHERE name = %s", (name,))

    def found(self, stretch: Stretch) -> Found[Row]:
        return paged(
            Reads(self._connection, None),
            Row,
            Source(
                "SELECT weight, name",
                " FROM shelf WHERE weight > %(above)s",
                self._order,
            ),
            {"above": 0},
            stretch,
        )

    def names(self) -> list[str]:
        """All of them, in the list's order."""
        rows = self.found(Stretch(10_000)).rows
        return [row.name for row in rows]


@pytest.fixture(params=ORDERS)
def shelf(request: pytest.FixtureRequest, database: str) -> Iterator[Shelf]:
    with psycopg.connect(database, autocommit=True) as connection:
        yield Shelf(connection, ORDERS[request.param])


def weighed(many: int) -> list[tuple[int, str]]:
    """Rows of which several weigh the same."""
    return [(1 + n % 4, f"{n:03}") for n in range(many)]


def walk(shelf: Shelf, stretch: Stretch) -> Iterator[Found[Row]]:
    """The pages from one on, to the end that the stretch goes towards."""
    while True:
        found = shelf.found(stretch)
        yield found
        key = found.before if stretch.backwards else found.after
        if key is None:
            return
        stretch = Stretch(stretch.size, key, stretch.backwards)


@pytest.mark.parametrize("many", [0, 1, 4, 5, 6, 10, 23])
def test_every_row_is_on_one_page_whichever_way_one_goes(
    shelf: Shelf, many: int
) -> None:
    shelf.put((0, "not asked for"), *weighed(many))
    onward = list(walk(shelf, Stretch(5)))
    back = list(walk(shelf, Stretch(5, backwards=True)))[::-1]
    for pages in (onward, back):
        assert [row.name for page in pages for row in page.rows] == shelf.names()
        assert [page.total for page in pages] == [many] * len(pages)
        assert len(pages) == max(1, -(-many // 5))
        assert pages[0].before is None
        assert pages[-1].after is None
        assert all(page.before for page in pages[1:])
        assert all(page.after for page in pages[:-1])


def test_the_page_before_ends_where_this_one_begins(shelf: Shelf) -> None:
    shelf.put(*weighed(15))
    first, second, third = walk(shelf, Stretch(5))
    assert shelf.found(Stretch(5, third.before or (), backwards=True)) == second
    assert shelf.found(Stretch(5, second.before or (), backwards=True)) == first


def test_rows_that_come_and_go_meanwhile_move_no_other(shelf: Shelf) -> None:
    shelf.put(*weighed(12))
    stay = shelf.names()
    first = shelf.found(Stretch(5))
    read = [row.name for row in first.rows]
    # All of the page, the row that the next one is found by among them, and more.
    for name in [*read, stay[6]]:
        shelf.take(name)
    shelf.put((1, "a"), (4, "z"))
    for page in walk(shelf, Stretch(5, first.after or ())):
        read += [row.name for row in page.rows]
    assert sorted({*read} - {"a", "z"}) == sorted({*stay} - {stay[6]})
    assert len(read) == len(set(read))


def test_where_nothing_is_left_the_nearest_page_is_shown(shelf: Shelf) -> None:
    shelf.put(*weighed(12))
    *_, fourth = walk(shelf, Stretch(4))
    beyond = fourth.rows[-1]
    for name in [row.name for row in fourth.rows]:
        shelf.take(name)
    found = shelf.found(Stretch(4, fourth.before or ()))
    assert [row.name for row in found.rows] == shelf.names()[-4:]
    assert found.after is None
    assert found.before is not None
    front = shelf.found(Stretch(4))
    found = shelf.found(Stretch(4, (front.rows[0].weight, front.rows[0].name), True))
    assert found == front
    shelf.put((beyond.weight, beyond.name))
    assert shelf.names()[-1] == beyond.name


def test_a_long_list_is_counted_no_further_than_to_a_thousand(shelf: Shelf) -> None:
    shelf.put(*weighed(MOST_COUNTED))
    assert shelf.found(Stretch(5)).total == MOST_COUNTED
    shelf.put((1, "one more"), (2, "and another"))
    assert shelf.found(Stretch(5)).total == MOST_COUNTED + 1


def test_a_key_of_another_list_is_refused(shelf: Shelf) -> None:
    with pytest.raises(ValueError, match="no place"):
        shelf.found(Stretch(5, (7,)))
