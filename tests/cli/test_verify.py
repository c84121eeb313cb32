"""`samrad verify` tells a sound log from one that somebody has been at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from psycopg import Connection

from cli.opening import NotLaidOut, Opened
from cli.verify import SOUND, TAMPERED, UNDECIDED, Verdict, verify
from tests import story
from tests.cli.silence import unseen
from tests.vault import everywhere


@contextmanager
def tampering(opened: Opened) -> Iterator[Connection[Any]]:
    """Someone with all the rights there are, and the guard of the log switched off."""
    with psycopg.connect(opened.database.owner) as connection:
        connection.execute(
            "ALTER TABLE log.entry DISABLE TRIGGER entry_is_never_changed"
        )
        yield connection
        connection.execute(
            "ALTER TABLE log.entry ENABLE TRIGGER entry_is_never_changed"
        )


@pytest.fixture
def told(opened: Opened) -> Opened:
    """A log with a history, and read tables that show it."""
    consultation = story.a_consultation(opened.log)
    proposal = story.a_proposal(opened.log, consultation)
    story.a_comment(opened.log, proposal)
    story.an_adopted_revision(opened.log, proposal)
    opened.catch_up()
    return opened


def checked(opened: Opened) -> Verdict:
    return verify(opened.database, unseen)


def test_a_log_that_nobody_has_been_at_is_sound(told: Opened) -> None:
    verdict = checked(told)
    assert verdict.code == SOUND
    assert f"{told.log.head()} entries" in verdict.said[0]


def test_an_empty_log_is_sound(opened: Opened) -> None:
    assert checked(opened).code == SOUND


def test_entries_that_are_not_shown_yet_are_no_fault(told: Opened) -> None:
    story.an_organisation(told.log)
    verdict = checked(told)
    assert verdict.code == SOUND
    assert "entries that are not in them yet: 1" in verdict.said[-1]


def test_nothing_is_left_behind_and_the_live_tables_are_as_they_were(
    told: Opened,
) -> None:
    checked(told)
    with psycopg.connect(told.database.owner) as connection:
        found = connection.execute(
            "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'verifying%'"
        ).fetchone()
    assert found == (0,)
    assert checked(told).code == SOUND


def test_a_removed_entry_is_named(told: Opened) -> None:
    with tampering(told) as connection:
        connection.execute("DELETE FROM log.entry WHERE position = 3")
    verdict = checked(told)
    assert verdict.code == TAMPERED
    assert verdict.said[0] == "Entry 3: there is no entry 3: the next is 4."


def test_entries_that_were_cut_off_at_the_end_are_noticed(told: Opened) -> None:
    head = told.log.head()
    with tampering(told) as connection:
        connection.execute("DELETE FROM log.entry WHERE position > %s", (head - 2,))
    verdict = checked(told)
    assert verdict.code == TAMPERED
    assert verdict.said == [
        f"Entry {head - 1}: the read tables show entry {head}, and the log ends at"
        f" {head - 2}."
    ]


def test_a_thing_with_a_hole_in_its_history_is_named(told: Opened) -> None:
    with tampering(told) as connection:
        connection.execute(
            "UPDATE log.entry SET originator_version = 9"
            " WHERE topic = 'consultation.opened'"
        )
        row = connection.execute(
            "SELECT position FROM log.entry WHERE topic = 'consultation.opened'"
        ).fetchone()
    verdict = checked(told)
    assert verdict.code == TAMPERED
    assert row is not None
    assert verdict.said[0].startswith(f"Entry {row[0]}: ")
    assert "version 9 where 3 should be" in verdict.said[0]


def test_changed_words_in_an_old_entry_are_noticed_and_the_entry_named(
    told: Opened,
) -> None:
    with tampering(told) as connection:
        row = connection.execute(
            "UPDATE log.entry SET state = convert_to("
            "replace(convert_from(state, 'utf8'), 'tydligare', 'otydligare'), 'utf8')"
            " WHERE topic = 'comment.submitted' RETURNING position"
        ).fetchone()
    assert row is not None
    verdict = checked(told)
    assert verdict.code == TAMPERED
    assert verdict.said[0].startswith(f"Entry {row[0]}: 2 rows of ")
    assert any(" of comment are not what the log says" in said for said in verdict.said)


def test_an_entry_that_can_not_be_read_is_named(told: Opened) -> None:
    with tampering(told) as connection:
        connection.execute("UPDATE log.entry SET state = 'x' WHERE position = 2")
    verdict = checked(told)
    assert verdict.code == TAMPERED
    assert verdict.said[0].startswith("Entry 2: it can not be read")


def test_a_changed_read_table_is_noticed(told: Opened) -> None:
    with psycopg.connect(told.database.owner) as connection:
        connection.execute("UPDATE read.comment SET is_withdrawn = true")
    verdict = checked(told)
    assert verdict.code == TAMPERED
    assert "2 rows of comment are not what the log says" in verdict.said[0]


def test_tables_of_another_release_decide_nothing(told: Opened) -> None:
    with psycopg.connect(told.database.owner) as connection:
        connection.execute("UPDATE read.follower SET blueprint = 'other'")
    verdict = checked(told)
    assert verdict.code == UNDECIDED
    assert "samrad rebuild" in verdict.said[0]


def test_a_database_without_a_log_is_not_verified(told: Opened) -> None:
    with psycopg.connect(told.database.owner) as connection:
        connection.execute("DROP SCHEMA session CASCADE")
    with pytest.raises(NotLaidOut, match="samrad migrate"):
        verify(everywhere(told.database.owner), unseen)
