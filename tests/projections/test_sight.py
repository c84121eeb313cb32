"""Who may know of a comment, and read it: every way it is asked gives the same answer.

There is a comment for each combination of what it was and what it is, in a round of
each rule, by the reader and by others; each stands on a passage of its own, so that the
counts of passages tell which comments are counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import product
from typing import Any, LiteralString
from uuid import UUID, uuid5

import psycopg
import pytest
from psycopg.rows import dict_row
from psycopg.sql import SQL

from projections.beside import beside
from projections.reads import ReadPool, Reads
from projections.sight import READABLE, SEEN, Sight, seen_in

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
ROOT = UUID(int=7)
ME, MINE, OTHERS = (uuid5(ROOT, name) for name in ("me", "mine", "others"))
THEN, TURN = 5, 10
"""A position at which everything stood as it was, and that at which it changed."""

SIGHTS = {
    "anybody": Sight(NOW),
    "who wrote some": Sight(NOW, person=ME),
    "who speaks for an organisation": Sight(NOW, person=ME, organisations=(MINE,)),
    "a reader": Sight(NOW, person=ME, sees_all=True),
    "an auditor": Sight(NOW, sees_all=True, reads_secrets=True),
}


@dataclass(frozen=True)
class Round:
    """A consultation with one proposal: its rule, and how it stood and stands."""

    display: str
    then: str
    now: str
    closes_at: datetime = NOW + timedelta(days=1)

    @cached_property
    def id(self) -> UUID:
        return uuid5(ROOT, repr(self))

    def shows(self, review: str, *, past: bool) -> bool:
        """Whether its rule lets everybody know of a comment."""
        if self.display == "after_close":
            status = self.then if past else self.now
            return status in ("closed", "concluded") or self.closes_at <= NOW
        return self.display == "at_once" or review == "cleared"


ROUNDS = (
    Round("at_once", "open", "open"),
    Round("after_review", "open", "closed"),
    Round("after_close", "open", "open"),
    Round("after_close", "open", "closed"),
    Round("after_close", "closed", "concluded"),
    Round("after_close", "open", "open", closes_at=NOW),
)


@dataclass(frozen=True)
class State:
    review: str
    unpublished: bool
    is_withdrawn: bool
    secrecy: bool


STATES = [
    State(review, *marks)
    for review in ("waiting", "cleared", "withheld")
    for marks in product((False, True), repeat=3)
]


@dataclass(frozen=True)
class Said:
    """A comment, what it was and what it is."""

    round: Round
    then: State
    now: State
    author: UUID
    organisation: UUID | None

    @cached_property
    def id(self) -> UUID:
        return uuid5(ROOT, repr(self))

    def is_own(self, sight: Sight) -> bool:
        return self.author == sight.person or self.organisation in sight.organisations

    def is_seen(self, sight: Sight, *, past: bool) -> bool:
        """Whether somebody may know of it, in Python and one step after the other."""
        if sight.sees_all or self.is_own(sight):
            return True
        shown = self.then if past else self.now
        if not self.round.shows(shown.review, past=past):
            return False
        return not any(
            state.review == "withheld" or state.unpublished
            for state in (shown, self.now)
        )

    def is_readable(self, sight: Sight, *, past: bool) -> bool:
        """Whether somebody who knows of it may read it."""
        if self.is_own(sight):
            return True
        states = (self.then if past else self.now), self.now
        if any(state.secrecy for state in states) and not sight.reads_secrets:
            return False
        return sight.sees_all or not any(state.is_withdrawn for state in states)


SAID = [
    Said(round, then, now, author, organisation)
    for round in ROUNDS
    for then, now in product(STATES, STATES)
    for author, organisation in (
        (OTHERS, None),
        (ME, OTHERS),
        (OTHERS, MINE),
    )
]


@pytest.fixture
def tables(database: str, reads: ReadPool) -> ReadPool:
    """The read tables with all of them in."""
    with psycopg.connect(database, autocommit=True) as owner:
        fill(owner)
        owner.execute("ANALYZE")
    return reads


def fill(owner: psycopg.Connection[Any]) -> None:
    copy_rows(
        owner,
        "consultation",
        [
            {
                "id": round.id,
                "display": round.display,
                "closes_at": round.closes_at,
                "status": status,
                "access": "open",
                "valid_from": since,
                "valid_to": until,
            }
            for round in ROUNDS
            for status, since, until in (
                (round.then, 1, TURN),
                (round.now, TURN, None),
            )
        ],
    )
    copy_rows(
        owner,
        "proposal",
        [
            {"id": round.id, "consultation": round.id, "valid_from": 1}
            for round in ROUNDS
        ],
    )
    copy_rows(
        owner,
        "comment",
        [
            {
                "id": said.id,
                "consultation": said.round.id,
                "proposal": said.round.id,
                "position": number,
                "author": said.author,
                "organisation": said.organisation,
                "review": state.review,
                "unpublished": "mistake" if state.unpublished else "",
                "is_withdrawn": state.is_withdrawn,
                "secrecy": "18:1" if state.secrecy else "",
                "valid_from": since,
                "valid_to": until,
            }
            for number, said in enumerate(SAID)
            for state, since, until in ((said.then, 1, TURN), (said.now, TURN, None))
        ],
    )
    copy_rows(
        owner,
        "placement",
        [
            {
                "comment": said.id,
                "proposal": said.round.id,
                "edition": 1,
                "position": number,
                "passage": said.id,
                "start_at": 1,
                "end_at": 2,
                "valid_from": 1,
            }
            for number, said in enumerate(SAID)
        ],
    )


BLANK = {
    "text": "",
    "text[]": "{}",
    "uuid": ROOT,
    "integer": 0,
    "bigint": 0,
    "boolean": False,
    "timestamp with time zone": NOW,
}
"""What stands in the columns that no rule asks for."""


def copy_rows(
    owner: psycopg.Connection[Any], table: str, rows: list[dict[str, Any]]
) -> None:
    with owner.cursor(row_factory=dict_row) as cursor:
        columns = cursor.execute(
            "SELECT attname AS name, format_type(atttypid, NULL) AS kind, attnotnull"
            " FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"
            " AND NOT attisdropped AND attgenerated = ''",
            (f"read.{table}",),
        ).fetchall()
        blank = {
            column["name"]: BLANK[column["kind"]] if column["attnotnull"] else None
            for column in columns
        }
        names = ", ".join(blank)
        with cursor.copy(f"COPY read.{table} ({names}) FROM STDIN".encode()) as copy:
            for row in rows:
                copy.write_row(list((blank | row).values()))


def ids(reads: Reads, condition: LiteralString, sight: Sight, **more: Any) -> set[UUID]:
    """The comments that meet a condition, asked of each by itself."""
    question = SQL("SELECT c.id FROM comment c WHERE {}").format(SQL(condition))
    found = reads.connection.execute(question, sight.params | more)
    return {id for (id,) in found}


@pytest.mark.parametrize("moment", [None, THEN], ids=["now", "then"])
def test_every_question_shows_a_reader_the_same_comments(
    tables: ReadPool, moment: int | None
) -> None:
    past = moment is not None
    for who, sight in SIGHTS.items():
        seen = {one.id for one in SAID if one.is_seen(sight, past=past)}
        readable = {one.id for one in SAID if one.is_readable(sight, past=past)} & seen
        stands = {
            one.id for one in SAID if not (one.then if past else one.now).is_withdrawn
        }
        with tables(moment) as asked:
            assert ids(asked, SEEN, sight) == seen, who
            assert ids(asked, SEEN + " AND " + READABLE, sight) == readable, who
            for round in ROUNDS:
                here = {one.id for one in SAID if one.round == round}
                said = beside(asked, round.id, 1, sight)
                assert said.counts == dict.fromkeys(here & seen & stands, 1), who
                quoted = here & readable & stands
                assert said.quoted == dict.fromkeys(quoted, ((1, 2),)), who
                listed = "c.consultation = %(round)s AND " + seen_in(
                    "%(round)s", moment
                )
                assert ids(asked, listed, sight, round=round.id) == here & seen, who
