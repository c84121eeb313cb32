"""What a page of a list costs: as many rows as it shows, wherever in the list it is.

The story of `test_plans` is copied until its round has as many comments as a page has
room for twenty times over. PostgreSQL tells how many rows it read for each page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, Self
from uuid import UUID

import psycopg
import pytest
from psycopg.sql import SQL

from domain.log import Log
from projections.beside import beside
from projections.comment_list import (
    Wanted,
    comments_by,
    comments_of,
    comments_on_passage,
)
from projections.consultation_list import Reach, past
from projections.follower import Follower
from projections.history import Wanted as WantedEntries
from projections.history import entries
from projections.inbox import Asked, inbox
from projections.paged import MOST_COUNTED, Found, Stretch
from projections.reads import SESSION, Reads
from projections.sight import Sight
from tests.projections.test_plans import COPIES, Place, copy, fill
from tests.story import NOW

SIZE = 10
ROUNDS = 1_000
FOR_EACH = 12
"""Rows that may be read for one that is shown: itself, and what stands beside it."""


class Counted(psycopg.Cursor[Any]):
    """Counts the rows that are read to answer each question but those that count."""

    rows: ClassVar[float] = 0

    def execute(self, query: Any, params: Any = None, **how: Any) -> Self:
        if not query.lstrip().startswith("SELECT count(*)"):
            with psycopg.Cursor(self.connection) as plain:
                plain.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + query, params)
                found = plain.fetchone()
            assert found is not None
            Counted.rows += sum(rows_read(found[0][0]["Plan"]))
        return super().execute(query, params, **how)


def rows_read(plan: dict[str, Any]) -> Iterator[float]:
    """The rows that each scan of a plan looked at, those that it threw away too."""
    if "Relation Name" in plan:
        thrown = plan.get("Rows Removed by Filter", 0)
        yield (plan["Actual Rows"] + thrown) * plan["Actual Loops"]
    for inner in plan.get("Plans", ()):
        yield from rows_read(inner)


@pytest.fixture
def place(log: Log, follower: Follower, database: str) -> Place:
    found = Place(log, database)
    follower.catch_up()
    fill(found)
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute(
            SQL(
                "INSERT INTO read.consultation"
                " SELECT md5('round' || n)::uuid, title, title_en, summary, summary_en,"
                " diary_number, assignment, access, display, 'closed',"
                " {now}::timestamptz - n * interval '1 day', opened_at, edition,"
                " 500 FROM read.consultation, generate_series(1, {n}) n"
                " WHERE valid_to IS NULL"
            ).format(now=str(NOW), n=ROUNDS)
        )
        owner.execute("ANALYZE")
    return found


LISTS: dict[str, Callable[[Reads, Place, Stretch], Found[Any]]] = {
    "a round's comments": lambda reads, place, stretch: comments_of(
        reads, place.round, place.sight, Wanted(), stretch
    ),
    "those with a common word": lambda reads, place, stretch: comments_of(
        reads, place.round, place.sight, Wanted(words="mentor"), stretch
    ),
    "the comments on a passage": lambda reads, place, stretch: comments_on_passage(
        reads, place.proposal, 1, place.passage, place.sight, stretch
    ),
    "the inbox": lambda reads, place, stretch: inbox(
        reads, place.round, Asked(), stretch
    ),
    "the inbox of what waits": lambda reads, place, stretch: inbox(
        reads, place.round, Asked(waiting="uncoded", kind="general"), stretch
    ),
    "the log": lambda reads, place, stretch: entries(reads, WantedEntries(), stretch),
    "the log of a round": lambda reads, place, stretch: entries(
        reads, WantedEntries(within=[place.round]), stretch
    ),
    "the log of one kind": lambda reads, place, stretch: entries(
        reads, WantedEntries(kind="comment"), stretch
    ),
    "the consultations": lambda reads, place, stretch: past(
        reads, Reach(), NOW, stretch
    ),
}


@contextmanager
def connected(place: Place, moment: int | None) -> Iterator[Reads]:
    """The tables of now, or as of a moment, with a count of what is read in them."""
    schema = "now" if moment is None else "past"
    as_of = f" -c samrad.as_of={moment}" if moment is not None else ""
    options = f"{SESSION} -c search_path={schema}{as_of}"
    with psycopg.connect(place.url, options=options) as connection:
        connection.cursor_factory = Counted
        yield Reads(connection, moment)


def cost(
    reads: Reads,
    place: Place,
    ask: Callable[[Reads, Place, Stretch], Found[Any]],
    stretch: Stretch,
) -> tuple[float, Found[Any]]:
    """How many rows were read for a page, and the page."""
    Counted.rows = 0
    found = ask(reads, place, stretch)
    return Counted.rows, found


@pytest.mark.parametrize("moment", [None, 1_000 + COPIES // 2])
def test_a_page_reads_as_many_rows_as_it_shows_wherever_it_is(
    place: Place, moment: int | None
) -> None:
    """All in one test: filling the tables takes longer than all the questions."""
    dear = {}
    with connected(place, moment) as reads:
        for name, ask in LISTS.items():
            # Far into the list, by its own links.
            middle = Stretch(SIZE)
            for _ in range(3):
                middle = Stretch(SIZE, ask(reads, place, middle).after or ())
            for stretch in (
                Stretch(SIZE),
                middle,
                Stretch(SIZE, backwards=True),
                Stretch(SIZE, middle.key, backwards=True),
            ):
                rows, found = cost(reads, place, ask, stretch)
                assert len(found.rows) == SIZE, name
                if rows > FOR_EACH * (SIZE + 1):
                    dear[name, stretch] = rows
    assert dear == {}


@pytest.mark.parametrize("moment", [None, 1_000 + COPIES])
def test_one_reads_ones_own_comments_among_all(
    place: Place, moment: int | None
) -> None:
    with connected(place, moment) as reads:
        author = reads.value("SELECT author FROM comment WHERE position = 1000 + 7")
        Counted.rows = 0
        found = comments_by(reads, Sight(at=NOW, person=author), Stretch(SIZE))
    assert SIZE < found.total < MOST_COUNTED
    assert Counted.rows <= found.total + FOR_EACH * (SIZE + 1)


def test_what_is_said_on_a_new_text_is_read_once_before_anything_is_known_of_it(
    place: Place,
) -> None:
    """PostgreSQL has looked at the tables, but not since the text's comments came."""
    new, id = UUID(int=77), SQL("md5('new' || n)::uuid")
    with psycopg.connect(place.url, autocommit=True) as owner:
        on = {"proposal": SQL("{}::uuid").format(str(new))}
        copy(owner, "comment", on, copies=500, id=id)
        copy(owner, "placement", on, copies=500, comment=id)
    with psycopg.connect(place.url, options="-c search_path=now") as connection:
        connection.cursor_factory = Counted
        Counted.rows = 0
        said = beside(Reads(connection, None), new, 1, place.chair)
    comments = sum(said.counts.values())
    assert comments == 500
    assert Counted.rows < 5 * comments
