"""How PostgreSQL finds what pages show: only by way of an index, however long the log.

A small story is copied many times over in the read tables, to other rounds' proposals,
so that the planner has something to choose about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar, LiteralString, Self
from uuid import UUID

import psycopg
import pytest
from psycopg.sql import SQL, Composable, Identifier

from domain.log import Log
from projections.beside import beside
from projections.comment_list import (
    Wanted,
    comments_by,
    comments_of,
    comments_on_passage,
)
from projections.follower import Follower
from projections.history import Wanted as WantedEntries
from projections.history import entries
from projections.inbox import Asked, figures, inbox
from projections.paged import Stretch
from projections.reads import SESSION, Reads
from projections.sight import Sight
from projections.stand import stand_of
from tests.story import NOW, a_comment, a_consultation, a_person, a_proposal, text_of

COPIES = 20_000
ROUNDS = 40
"""One copy in so many belongs to the story's own round."""
PASSAGES = 10
"""One comment in so many of a round is on the story's passage."""
LARGE = {"comment", "placement", "entry"}


class Place:
    """Where the story is."""

    def __init__(self, log: Log, url: str) -> None:
        self.url = url
        self.round = a_consultation(log)
        self.proposal = a_proposal(log, self.round)
        self.author = a_person(log)
        self.passage = text_of(log, self.proposal)[1].id
        a_comment(log, self.proposal, 1, "egen mentor", by=self.author)
        self.sight = Sight(at=NOW)
        self.chair = Sight(
            at=NOW, person=self.author, sees_all=True, reads_secrets=True
        )


@pytest.fixture
def place(log: Log, follower: Follower, database: str) -> Place:
    found = Place(log, database)
    follower.catch_up()
    fill(found)
    return found


def fill(place: Place) -> None:
    """Copy the story's comment, its place and its entry COPIES times."""
    own: LiteralString = (
        "CASE WHEN n % {rounds} = 0 THEN {own}"
        " ELSE md5({name} || n % {rounds})::uuid END"
    )
    spread = {
        name: SQL(own).format(own=id, name=name, rounds=ROUNDS)
        for name, id in (("consultation", place.round), ("proposal", place.proposal))
    }
    comment, at = SQL("md5('comment' || n)::uuid"), SQL("1000 + n")
    somebody = SQL("md5('person' || n % 500)::uuid")
    passage = SQL(
        "CASE WHEN n % {all} = 0 THEN {own} ELSE md5('passage' || n % 700)::uuid END"
    ).format(all=ROUNDS * PASSAGES, own=place.passage)
    with psycopg.connect(place.url, autocommit=True) as owner:
        copy(owner, "comment", spread, id=comment, position=at, author=somebody)
        copy(owner, "placement", spread, comment=comment, position=at, passage=passage)
        copy(owner, "entry", spread, thing=comment)
        owner.execute("ANALYZE")


def copy(
    owner: psycopg.Connection[Any],
    table: str,
    spread: Mapping[str, Composable],
    copies: int = COPIES,
    **other: Composable,
) -> None:
    other |= {**spread, "valid_from": SQL("1000 + n")}
    columns = [
        name
        for (name,) in owner.execute(
            "SELECT column_name::text FROM information_schema.columns"
            " WHERE table_schema = 'read' AND table_name = %s"
            " AND is_generated = 'NEVER'",
            (table,),
        )
    ]
    owner.execute(
        SQL(
            "INSERT INTO read.{table} ({names}) SELECT {values}"
            " FROM (SELECT * FROM read.{table} ORDER BY valid_from DESC LIMIT 1) story,"
            " generate_series(1, {copies}) n"
        ).format(
            table=Identifier(table),
            names=SQL(", ").join(map(Identifier, columns)),
            values=SQL(", ").join(
                other.get(name, Identifier("story", name)) for name in columns
            ),
            copies=copies,
        )
    )


class Explained(psycopg.Cursor[Any]):
    """Asks how each question is going to be answered, and then asks it."""

    scans: ClassVar[list[str]]
    """The large tables that have been read from one end to the other."""

    def execute(self, query: Any, params: Any = None, **how: Any) -> Self:
        with psycopg.Cursor(self.connection) as plain:
            found = plain.execute("EXPLAIN (FORMAT JSON) " + query, params).fetchone()
            assert found is not None
            self.scans.extend(scans(found[0][0]["Plan"]))
        return super().execute(query, params, **how)


def scans(plan: dict[str, Any]) -> Iterator[str]:
    """The large tables that a plan reads from one end to the other."""
    if plan["Node Type"] == "Seq Scan" and plan["Relation Name"] in LARGE:
        yield plan["Relation Name"]
    for inner in plan.get("Plans", ()):
        yield from scans(inner)


PAGES: dict[str, Callable[[Reads, Place], object]] = {
    "what is said beside a proposal": lambda reads, place: beside(
        reads, place.proposal, 1, place.sight
    ),
    "the comments on a passage": lambda reads, place: comments_on_passage(
        reads, place.proposal, 1, place.passage, place.sight, Stretch(20)
    ),
    "a round's comments": lambda reads, place: comments_of(
        reads, place.round, place.sight, Wanted(), Stretch(20)
    ),
    "the comments that a search finds": lambda reads, place: comments_of(
        reads, place.round, place.sight, Wanted(words="mentor"), Stretch(20)
    ),
    "one's own comments": lambda reads, place: comments_by(
        reads, Sight(at=NOW, person=UUID(int=7)), Stretch(20)
    ),
    "the inbox": lambda reads, place: inbox(reads, place.round, Asked(), Stretch(50)),
    "the inbox's uncoded": lambda reads, place: inbox(
        reads, place.round, Asked(waiting="uncoded"), Stretch(50)
    ),
    "what waits": lambda reads, place: figures(reads, place.round, place.author),
    "the log's first page": lambda reads, place: entries(
        reads, WantedEntries(), Stretch(50)
    ),
    "the log's last page": lambda reads, place: entries(
        reads, WantedEntries(), Stretch(50, backwards=True)
    ),
    "the log of a round": lambda reads, place: entries(
        reads, WantedEntries(consultation=place.round), Stretch(50)
    ),
    "whether a page still stands": lambda reads, place: stand_of(
        reads, place.round, NOW
    ),
}


def prepared_scans(connection: psycopg.Connection[Any]) -> Iterator[str]:
    """The large tables that statements read whole by plans for whatever values."""
    statements = connection.execute(
        "SELECT name, parameter_types FROM pg_prepared_statements"
    ).fetchall()
    assert statements
    for name, types in statements:
        values = SQL(", ").join([SQL("NULL")] * len(types))
        given = SQL("({})").format(values) if types else SQL("")
        explain = SQL("EXPLAIN (FORMAT JSON) EXECUTE {}{}")
        with psycopg.ClientCursor(connection) as plain:
            plain.execute(explain.format(Identifier(name), given))
            found = plain.fetchone()
        assert found is not None
        yield from scans(found[0][0]["Plan"])


def test_no_page_reads_the_whole_log(place: Place) -> None:
    """All in one test: filling the tables takes longer than all the questions."""
    role = f"{SESSION} -c search_path=now"
    read, prepared = {}, {}
    with psycopg.connect(place.url, options=role) as connection:
        connection.cursor_factory = Explained
        for page, ask in PAGES.items():
            Explained.scans = []
            ask(Reads(connection, None), place)
            read[page] = Explained.scans
    any_values = role + " -c plan_cache_mode=force_generic_plan"
    for page, ask in PAGES.items():
        with psycopg.connect(place.url, options=any_values) as connection:
            connection.prepare_threshold = 0
            ask(Reads(connection, None), place)
            connection.prepare_threshold = None
            prepared[page] = list(prepared_scans(connection))
    assert read == {page: [] for page in PAGES}
    assert prepared == read
