"""A generated log is a real one, and looks like what people write."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

import psycopg
import pytest

from bench.generate import OtherScene, Plan, Scene, generated
from bench.installation import environment
from bench.rounds import PASSAGES
from bench.words import MEDIAN_WORDS, Prose
from cli.opening import following_log
from cli.postgres import Database, embedded
from cli.rebuild import rebuild

ENTRIES = 10_000
TODAY = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture(scope="module")
def scene(ground: Path) -> Scene:
    return generated(ground / "written", entries=ENTRIES, comments=500)


@pytest.fixture
def written(scene: Scene, ground: Path) -> Iterator[Database]:
    with embedded(ground / "written") as server:
        yield Database.on(server)


@pytest.fixture
def events(written: Database) -> Iterator[list[Any]]:
    with closing(following_log(written)) as log:
        yield [entry.event for entry in log.entries(0, ENTRIES)]


def test_it_has_as_many_entries_as_were_asked_for(events: list[Any]) -> None:
    assert len(events) == ENTRIES


def test_it_can_be_rebuilt_and_nothing_in_it_is_found_wrong(
    written: Database, ground: Path
) -> None:
    assert rebuild(written, lambda done, of: None) == ENTRIES
    checked = subprocess.run(
        [sys.executable, "-m", "cli.main", "verify", "--deep", "--json"],
        cwd=ground,
        env=environment(ground / "written", 1),
        capture_output=True,
        text=True,
        timeout=300,
    )
    found = json.loads(checked.stdout)
    # Nobody has signed it, which is all that there is to say.
    assert found["size"] == ENTRIES, found
    assert {one["check"] for one in found["findings"]} == {
        "no_checkpoint",
        "no_policy",
    }


def test_what_people_write_is_sealed_under_a_key_of_its_own(
    written: Database, events: list[Any]
) -> None:
    kinds = Counter(event.TOPIC for event in events)
    with psycopg.connect(written.owner) as connection:
        (sealed,) = connection.execute(
            "SELECT count(*) FROM log.entry WHERE topic = 'comment.submitted'"
            """ AND leaf LIKE '%"commit"%'::bytea"""
            """ AND NOT state LIKE '%"text":%'::bytea"""
        ).fetchone() or (0,)
    with psycopg.connect(written.vault.owner) as connection:
        (keys,) = connection.execute("SELECT count(*) FROM vault.key").fetchone() or (
            0,
        )
    assert sealed == kinds["comment.submitted"]
    assert keys == kinds["comment.submitted"] + kinds["person.registered"]


def test_it_has_all_that_happens_in_rounds(events: list[Any]) -> None:
    kinds = Counter(event.TOPIC for event in events)
    assert kinds["comment.submitted"] > ENTRIES / 5
    for topic in (
        "comment.amended",
        "comment.withdrawn",
        "comment.coded",
        "comment.assigned",
        "issue.comments_gathered",
        "issue.disposition_decided",
        "issue.answer_published",
        "revision.adopted",
        "proposal.anchors_placed",
        "consultation.concluded",
    ):
        assert kinds[topic], topic


def test_comments_are_as_long_as_peoples(events: list[Any]) -> None:
    lengths = [
        len(event.text.split())
        for event in events
        if event.TOPIC == "comment.submitted"
    ]
    assert MEDIAN_WORDS * 0.8 < median(lengths) < MEDIAN_WORDS * 1.3
    assert max(lengths) > 5 * MEDIAN_WORDS


def test_the_open_round_is_as_its_scene_says(scene: Scene, written: Database) -> None:
    with psycopg.connect(written.owner) as connection:
        found = connection.execute(
            "SELECT c.status, p.published, (SELECT count(*) FROM now.comment"
            "   WHERE proposal = p.id), (SELECT cardinality(passages)"
            "   FROM now.version WHERE proposal = p.id AND edition = p.published)"
            "  FROM now.proposal p JOIN now.consultation c ON c.id = p.consultation"
            " WHERE p.id = %s AND c.id = %s AND c.closes_at > now()",
            (scene.proposal, scene.round),
        ).fetchone()
    assert found == ("open", 2, 500, PASSAGES)


def test_the_same_seed_makes_the_same_events() -> None:
    plan = Plan(1_000, "one", 50, TODAY)
    assert _told(plan) == _told(plan)
    assert _told(plan) != _told(Plan(1_000, "other", 50, TODAY))


def _told(plan: Plan) -> list[dict[str, Any]]:
    prose = Prose(plan.seed)
    round = next(plan.rounds(prose, 0, 2))
    return [vars(event) for event in islice(round.events(), 300)]


def test_a_directory_is_never_written_over(scene: Scene, ground: Path) -> None:
    with pytest.raises(OtherScene):
        generated(ground / "written", entries=ENTRIES + 1, comments=500)
