"""Tables out: every comment, what became of it, and the log."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from cli.importing.comment import import_comments
from cli.opening import Opened
from domain.gathering import merge_issues
from domain.inbox import code_comments
from domain.log import SYSTEM
from projections import export
from tests import story
from tests.cli.silence import silently
from web.formats.tables import write_csv, write_json

LINK = "https://samrad.example.se/{id}"


def by_column(columns: tuple[str, ...], rows: Any) -> list[dict[str, Any]]:
    return [dict(zip(columns, row, strict=True)) for row in rows]


@pytest.fixture
def consultation(opened: Opened) -> UUID:
    """An open consultation."""
    return story.a_consultation(opened.log, "Mentorer i vården")


@pytest.fixture
def traced(opened: Opened, consultation: UUID) -> list[dict[str, Any]]:
    """The trace of a comment that changed the text, through a merged issue, and of
    one that nobody has worked on."""
    log = opened.log
    proposal = story.a_proposal(log, consultation)
    region = story.an_organisation(log)
    author = story.a_person(log, public_name=False)
    speaker = story.a_person(log, speaks_for=region)
    heard = story.a_comment(
        log, proposal, 1, "en egen mentor", organisation=region, by=speaker
    )
    story.a_comment(log, proposal, None, by=author)
    early = story.an_issue(log, consultation, [heard], "Mentorer?", proposal=proposal)
    issue = story.an_issue(
        log,
        consultation,
        title="Mentorer",
        proposal=proposal,
        disposition="accepted",
        answer="Vi ändrar.",
        published=True,
    )
    change = story.replacing(
        log, proposal, 1, "Regionerna ska ge alla en egen mentor.", issues=[early]
    )
    opened.catch_up()
    with opened.reads() as reads:
        story.an_adopted_revision(log, proposal, [change], reads=reads)
    merge_issues(log, id=early, into=issue, by=SYSTEM, now=story.NOW)
    opened.catch_up()
    with opened.reads() as reads:
        return by_column(export.TRACE, export.trace(reads, consultation, LINK))


def test_a_trace_follows_a_comment_to_the_words_it_changed(
    traced: list[dict[str, Any]],
) -> None:
    heard = traced[0]
    assert re.fullmatch(r"https://samrad\.example\.se/[0-9a-f-]{36}", heard.pop("link"))
    assert isinstance(heard.pop("number"), int)
    assert heard == {
        "sender": "Region Norrskog",
        "proposal": "Förslag om arbetsmiljö",
        "version": 1,
        "passage": "1:1",
        "quote": "en egen mentor",
        "text": "Detta behöver bli tydligare.",
        "wording": "",
        "kind": "general",
        "themes": [],
        "withdrawn": False,
        "issue": "Mentorer",
        "disposition": "accepted",
        "reason": heard["reason"],
        "answer": "Vi ändrar.",
        "answer state": "published",
        "revision": "Efter vårens synpunkter",
        "made version": 2,
        "change": "replace",
        "changed passage": "1:1",
        "change reason": "Tydligare så.",
        "anchor": "exact",
        "passage now": "1:1",
        "mark": "",
    }


def test_a_comment_that_led_to_nothing_yet_is_in_the_trace_too(
    traced: list[dict[str, Any]],
) -> None:
    waiting = traced[1]
    assert len(traced) == 2
    assert waiting["sender"] is None, "the name of a private person is not told"
    assert [waiting[column] for column in ("issue", "revision", "passage now")] == [
        None,
        None,
        None,
    ]


def test_exported_comments_can_be_imported_again(
    opened: Opened, consultation: UUID, tmp_path: Path
) -> None:
    proposal = story.a_proposal(opened.log, consultation)
    region = story.an_organisation(opened.log)
    speaker = story.a_person(opened.log, speaks_for=region)
    comment = story.a_comment(
        opened.log, proposal, 3, "hundra", organisation=region, by=speaker
    )
    code_comments(opened.log, ids=[comment], add=["cost"], by=SYSTEM, now=story.NOW)
    opened.catch_up()
    with opened.reads() as reads:
        rows = by_column(export.COMMENTS, export.comments(reads, consultation))
    for n, each in enumerate(rows):
        each["reference"] = f"again {n}"
    file = tmp_path / "comments.csv"
    file.write_bytes(
        b"".join(write_csv(export.COMMENTS, (tuple(row.values()) for row in rows)))
    )

    outcome = import_comments(
        opened, file, consultation="Mentorer i vården", showing=silently
    )

    assert outcome.recorded == 1
    with opened.reads() as reads:
        first, second = by_column(export.COMMENTS, export.comments(reads, consultation))
    own = {"number", "uuid", "reference"}
    assert {k: v for k, v in first.items() if k not in own} == {
        k: v for k, v in second.items() if k not in own
    }


def test_the_log_is_exported_whole_and_of_one_consultation(
    opened: Opened, consultation: UUID
) -> None:
    story.a_proposal(opened.log, consultation)
    other = story.a_consultation(opened.log, "Något annat")
    opened.catch_up()

    with opened.reads() as reads:
        everything = by_column(export.LOG, export.log(reads, None))
        of_other = by_column(export.LOG, export.log(reads, other))

    assert [entry["position"] for entry in everything] == list(
        range(1, opened.log.head() + 1)
    )
    drafted = next(e for e in everything if e["topic"] == "proposal.drafted")
    assert len(drafted["event"]["passages"]) == len(story.TEXT)
    assert {entry["consultation"] for entry in of_other} == {other}
    assert json.loads(
        b"".join(write_json(export.LOG, (tuple(e.values()) for e in of_other)))
    )


def test_a_long_table_is_written_before_it_is_read_to_its_end(
    opened: Opened, consultation: UUID
) -> None:
    proposal = story.a_proposal(opened.log, consultation)
    author = story.a_person(opened.log)
    for _ in range(5):
        story.a_comment(opened.log, proposal, by=author)
    opened.catch_up()
    with opened.reads() as reads:
        rows = reads.stream("SELECT text FROM comment", batch=2)
        assert next(rows) == ("Detta behöver bli tydligare.",)
        assert reads.value("SELECT count(*) FROM comment") == 5
        assert len(list(rows)) == 4
