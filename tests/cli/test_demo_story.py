"""The demo's history: written through the commands, and as if it had been lived."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cli.demo import CONSULTATION, people, thing
from cli.demo.content import Content
from cli.demo.load import load
from cli.opening import Opened
from cli.postgres import Server
from cli.verify import verify_database
from domain.consultation import Consultation
from domain.log import SYSTEM, Log
from domain.person import Person
from domain.proposal import Proposal
from projections.consultation import consultations
from projections.export import TRACE, trace
from projections.issue import issue_by_id
from projections.reads import ReadPool
from tests.cli.silence import unseen
from tests.conftest import new_database
from tests.vault import everywhere, log_settings


@pytest.fixture(scope="module")
def demo(postgres: Server, template: str) -> Iterator[Opened]:
    """The demo as it is when it has just been loaded."""
    with new_database(postgres, template) as url:
        database = everywhere(url)
        load(database, unseen)
        reads = ReadPool(url, size=2)
        with Log(log_settings(url)) as log:
            yield Opened(database, log, reads)
        reads.close()


@pytest.fixture(scope="module")
def events(demo: Opened) -> list[Any]:
    """Everything that happened."""
    return [entry.event for entry in demo.log.entries(0, 10_000)]


def days_ago(event: Any) -> float:
    return float((datetime.now(UTC) - event.timestamp) / timedelta(days=1))


def first(events: list[Any], topic: str) -> Any:
    return next(event for event in events if topic == event.TOPIC)


def test_it_happened_in_order_over_ten_weeks_until_now(events: list[Any]) -> None:
    moments = [event.timestamp for event in events]
    assert moments == sorted(moments)
    assert 68 < days_ago(first(events, "consultation.opened")) < 72
    assert 0 < days_ago(events[-1]) < 5
    weeks = {int(days_ago(event)) // 7 for event in events}
    assert set(range(10)) <= weeks, "something happened in every week"


def test_people_did_it_and_only_the_register_was_filled_by_the_operator(
    events: list[Any],
) -> None:
    by_operator = {event.TOPIC for event in events if event.by == SYSTEM}
    assert by_operator == {
        "organisation.registered",
        "person.registered",
        "person.mandate_given",
        "person.role_granted",
    }


def test_all_of_the_files_is_in_the_log(demo: Opened, events: list[Any]) -> None:
    content = Content()
    topics = Counter(event.TOPIC for event in events)
    assert topics["comment.submitted"] == len(content.comments)
    assert topics["organisation.registered"] == len(content.organisations)
    assert topics["proposal.drafted"] == len(content.proposals)
    assert topics["revision.started"] == len(content.revisions)
    assert topics["comment.amended"] == sum(bool(c.amended) for c in content.comments)
    assert topics["comment.withdrawn"] == sum(c.withdrawn for c in content.comments)
    with demo.reads() as reads:
        issues = [
            (issue, issue_by_id(reads, thing(issue.key))) for issue in content.issues
        ]
    assert topics["issue.raised"] == len(issues)
    states = {"draft": "drafted", None: "none"}
    for issue, shown in issues:
        assert shown is not None
        assert shown.disposition == (issue.disposition or "")
        assert shown.answer_state == states.get(issue.answer_state, issue.answer_state)


def test_a_second_version_came_ten_days_ago_and_comments_came_after_it(
    demo: Opened, events: list[Any]
) -> None:
    published = [event for event in events if event.TOPIC == "proposal.published"]
    second = [event for event in published if event.edition == 2]
    assert len(published) == 5
    assert 7 < days_ago(second[0]) < 12
    after = [
        event
        for event in events
        if event.TOPIC == "comment.submitted" and event.timestamp > second[0].timestamp
    ]
    assert len(after) >= 8
    on_it = [event for event in after if event.proposal == second[0].originator_id]
    assert {event.edition for event in on_it} == {2}
    assert demo.log.get(Proposal, thing("proposal-1")).published == 2


def test_comments_are_taken_for_three_weeks_more(
    demo: Opened, events: list[Any]
) -> None:
    consultation = demo.log.get(Consultation, CONSULTATION)
    consultation.require_open(datetime.now(UTC) + timedelta(days=20))
    extended = first(events, "consultation.period_extended")
    planned = first(events, "consultation.planned")
    assert extended.timestamp < planned.closes_at < extended.closes_at
    assert extended.reason


def test_one_can_be_each_of_the_roles(demo: Opened) -> None:
    for role, person in people().items():
        found = demo.log.get(Person, person)
        if role == "stakeholder":
            assert found.mandates
            assert not found.roles
        else:
            # Two of them can decide, as an erasure takes.
            expected = "chair" if role == "deputy" else role
            assert {held for _, held in found.roles} == {expected}


def test_a_comment_can_be_followed_to_the_words_it_changed(demo: Opened) -> None:
    with demo.reads() as reads:
        rows = [
            dict(zip(TRACE, row, strict=True))
            for row in trace(reads, CONSULTATION, "{id}")
        ]
    changed = [row for row in rows if row["made version"] == 2]
    assert len({row["number"] for row in changed}) > 30
    assert {row["change"] for row in changed} == {"insert", "replace", "delete", "move"}
    assert {row["anchor"] for row in rows} >= {"made", "exact", "changed", "removed"}


def test_the_pages_show_it_and_a_replay_shows_the_same(demo: Opened) -> None:
    with demo.reads() as reads:
        (shown,) = consultations(reads)
        assert reads.position == demo.log.head()
    assert shown.title == Content().consultation["title"]
    report = verify_database(demo.database, None, unseen, deep=True)
    assert not [each for each in report.findings if each.position]
    assert "A replay gives the same" in report.notes[-1]
