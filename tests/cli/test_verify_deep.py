"""`samrad verify --deep` finds what somebody has changed in the tables that pages show.

The log itself is sound all the while, and a check of it alone says so.
"""

from __future__ import annotations

from pathlib import Path
from typing import LiteralString

import psycopg
import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from cli.opening import Opened
from domain.submission import amend_comment
from tests import story
from tests.publishing import POLICY_TEXT, publish
from tests.vault import KEYS_FILE

# What a database administrator does, and the table in which it shows.
CHANGES: dict[str, tuple[LiteralString, str]] = {
    "a comment's words": ("UPDATE read.comment SET text = 'Bra förslag.'", "comment"),
    "words of days before": (
        "UPDATE read.comment SET text = 'Bra.' WHERE valid_to IS NOT NULL",
        "comment",
    ),
    "a comment is gone": ("DELETE FROM read.comment", "comment"),
    "a role that nobody gave": (
        "INSERT INTO read.role SELECT (jsonb_populate_record(given,"
        " jsonb_build_object('person', gen_random_uuid()))).* FROM read.role AS given",
        "role",
    ),
    "the words that a search looks in": (
        "UPDATE read.comment SET words = ''",
        "comment",
    ),
    "a passage of the text": (
        "UPDATE read.passage SET text = 'Inga nya platser.' WHERE text <> ''",
        "passage",
    ),
    "who it was": ("UPDATE read.person SET name = 'Någon Annan'", "person"),
    "when it was": ("UPDATE read.comment SET valid_from = valid_from - 1", "comment"),
    "what the log page says": ("DELETE FROM read.entry", "entry"),
}


@pytest.fixture
def deep(opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A published log with a history, and the arguments of a deep check of it."""
    proposal = story.a_proposal(opened.log, story.a_consultation(opened.log))
    person = story.a_person(opened.log, role="officer")
    comment = story.a_comment(opened.log, proposal, by=person)
    story.an_adopted_revision(opened.log, proposal)
    amend_comment(
        opened.log,
        id=comment,
        kind="general",
        text="Andra ord.",
        wording="",
        by=person,
        now=story.NOW,
    )
    opened.catch_up()
    publish(opened.database.owner)
    policy = tmp_path / "policy"
    policy.write_text(POLICY_TEXT)
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "SAMRAD_DATABASE_URL": opened.database.owner,
        "SAMRAD_KEYS_DATABASE_URL": opened.database.owner,
        "SAMRAD_KEYS_FILE": str(KEYS_FILE),
        "SAMRAD_POLICY": str(policy),
    }.items():
        monkeypatch.setenv(name, value)
    return ["verify", "--deep"]


def said(arguments: list[str]) -> Result:
    return CliRunner().invoke(app, arguments)


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_row_is_found_and_its_table_named(
    opened: Opened, deep: list[str], change: str
) -> None:
    assert said(deep).exit_code == 0, said(deep).output
    statement, table = CHANGES[change]
    with psycopg.connect(opened.database.owner) as connection:
        # What is searched is made of what is shown, until somebody sees to that too.
        connection.execute("ALTER TABLE read.comment ALTER words DROP EXPRESSION")
        assert connection.execute(statement).rowcount > 0
    assert said(deep[:1]).exit_code == 0
    done = said(deep)
    assert done.exit_code == 1, done.output
    assert "Tampered: the first bad entry is " in done.stderr
    assert f" rows of {table} are not what the log says" in done.stderr
