"""Looking into the log while others write: nobody sees an old state, or half of one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Event
from uuid import uuid4

import pytest
from eventsourcing.persistence import StoredEvent

from domain.comment import Comment
from domain.consultation import Consultation
from domain.inbox import code_comments
from domain.issue import Issue
from domain.log import (
    MOST_KNOWN,
    SYSTEM,
    Conflict,
    Log,
    NotFound,
    NotText,
    Receipt,
    Refused,
    Unavailable,
    Unreadable,
)
from domain.organisation import Organisation
from domain.proposal import Proposal
from domain.submission import amend_comment
from tests.scenario import NOW
from tests.story import (
    a_comment,
    a_consultation,
    a_person,
    a_proposal,
    an_adopted_revision,
    an_issue,
    an_organisation,
)
from tests.vault import log_settings


def test_what_was_recorded_is_seen_at_once_by_16_who_look_and_write(log: Log) -> None:
    consultation = a_consultation(log)
    issues = [an_issue(log, consultation, title="Fråga") for _ in range(4)]

    def write_and_look(n: int) -> int:
        conflicts = 0
        for step in range(12):
            id = issues[(n + step) % len(issues)]
            issue = log.get(Issue, id)
            issue.gather([uuid4()], by=SYSTEM, now=NOW)
            try:
                log.record(issue)
            except Conflict:
                conflicts += 1
                continue
            seen = log.look(Issue, id)
            assert seen.version >= issue.version
            assert seen.comments[: len(issue.comments)] == issue.comments
        return conflicts

    with ThreadPoolExecutor(16) as pool:
        conflicts = sum(pool.map(write_and_look, range(16)))
    # Each that was recorded built on all that were before it: none is lost.
    assert (
        sum(len(log.look(Issue, id).comments) for id in issues) == 16 * 12 - conflicts
    )


def test_nobody_sees_half_of_a_change(log: Log) -> None:
    proposal = a_proposal(log, a_consultation(log))
    done = Event()

    def look() -> int:
        looks = 0
        while not done.is_set() or looks == 0:
            seen = log.look(Proposal, proposal)
            first = (seen.version, seen.edition, len(seen.texts), seen.passages)
            own = log.get(Proposal, proposal)
            assert len(own.texts) == own.edition
            assert first == (
                seen.version,
                seen.edition,
                len(seen.texts),
                seen.passages,
            )
            assert first[1] == first[2]
            looks += 1
        return looks

    with ThreadPoolExecutor(16) as pool:
        looking = [pool.submit(look) for _ in range(15)]
        try:
            for _ in range(15):
                an_adopted_revision(log, proposal)
        finally:
            done.set()
        assert all(one.result() for one in looking)
    assert log.look(Proposal, proposal).edition == 16


def test_what_one_got_to_act_on_is_ones_own(log: Log) -> None:
    issue = an_issue(log, a_consultation(log))
    mine = log.get(Issue, issue)
    mine.gather([uuid4()], by=SYSTEM, now=NOW)
    assert log.look(Issue, issue).comments == []
    assert log.get(Issue, issue).comments == []
    assert log.look(Issue, issue) is log.look(Issue, issue)


def test_what_another_process_recorded_is_seen(log: Log, database: str) -> None:
    issue = an_issue(log, a_consultation(log))
    before = log.look(Issue, issue)
    with Log(log_settings(database)) as other:
        theirs = other.get(Issue, issue)
        theirs.gather([uuid4()], by=SYSTEM, now=NOW)
        other.record(theirs)
    assert len(log.look(Issue, issue).comments) == 1
    assert before.comments == []


def test_only_so_many_things_are_kept_in_memory(log: Log) -> None:
    organisations = [an_organisation(log) for _ in range(MOST_KNOWN + 20)]
    for organisation in organisations:
        log.look(Organisation, organisation)
    assert len(log._known.cache) == MOST_KNOWN


def test_there_is_nothing_under_another_id_or_of_another_kind(log: Log) -> None:
    consultation = a_consultation(log)
    for kind, id in ((Consultation, uuid4()), (Proposal, consultation)):
        with pytest.raises(NotFound):
            log.look(kind, id)
        with pytest.raises(NotFound):
            log.get(kind, id)


def test_of_two_who_act_on_the_same_state_one_is_told_to_look_again(log: Log) -> None:
    issue = an_issue(log, a_consultation(log))
    one, other = log.get(Issue, issue), log.get(Issue, issue)
    one.rename("En", by=SYSTEM, now=NOW)
    other.rename("Två", by=SYSTEM, now=NOW)
    log.record(one)
    with pytest.raises(Conflict):
        log.record(other)
    again = log.get(Issue, issue)
    again.rename("Två", by=SYSTEM, now=NOW)
    log.record(again)


def test_a_receipt_names_the_last_position_and_the_time(log: Log) -> None:
    at = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
    id = uuid4()
    consultation = Consultation.plan(
        id=id, title="Plan", closes_at=at.replace(year=2030), by=SYSTEM, now=at
    )
    consultation.open(by=SYSTEM, now=at)
    assert log.record(consultation) == Receipt(2, at)
    assert log.record(log.get(Consultation, id)).position == 0


def test_many_things_are_recorded_together_or_not_at_all(log: Log) -> None:
    consultation = a_consultation(log)
    mine, contested = an_issue(log, consultation), an_issue(log, consultation)
    one, other = log.get(Issue, mine), log.get(Issue, contested)
    rival = log.get(Issue, contested)
    rival.rename("Först", by=SYSTEM, now=NOW)
    log.record(rival)
    for each in (one, other):
        each.rename("Sedan", by=SYSTEM, now=NOW)
    with pytest.raises(Conflict):
        log.record(one, other)
    assert log.look(Issue, mine).version == 1


def test_entries_come_in_order_with_their_events(log: Log) -> None:
    consultation = a_consultation(log)
    entries = list(log.entries(0, 10))
    assert [entry.position for entry in entries] == [1, 2, 3]
    assert [entry.event.TOPIC for entry in entries] == [
        "consultation.planned",
        "consultation.codebook_revised",
        "consultation.opened",
    ]
    assert {entry.event.originator_id for entry in entries} == {consultation}
    assert [entry.position for entry in log.entries(1, 1)] == [2]


def test_an_entry_that_no_event_can_be_made_of_is_named(log: Log) -> None:
    a_consultation(log)
    log.recorder.insert_events([StoredEvent(uuid4(), 1, "comment.sung", b"{}")])
    with pytest.raises(Unreadable) as unreadable:
        list(log.entries(0, 10))
    assert unreadable.value.position == 4


def test_the_history_of_a_thing_can_be_read_up_to_a_version(log: Log) -> None:
    id = a_consultation(log)
    assert len(log.history(id)) == 3
    assert [event.TOPIC for event in log.history(id, until=1)] == [
        "consultation.planned"
    ]
    assert log.stored(2).thing == id
    with pytest.raises(NotFound):
        log.stored(4)


def test_a_log_that_is_away_is_unavailable(log: Log) -> None:
    id = a_consultation(log)
    consultation = log.get(Consultation, id)
    consultation.close(by=SYSTEM, now=NOW)
    log.recorder.close()  # type: ignore[attr-defined]
    for ask in (
        lambda: log.look(Consultation, id),
        lambda: log.record(consultation),
        lambda: list(log.entries(0, 1)),
        lambda: log.stored(1),
        lambda: log.history(id),
    ):
        with pytest.raises(Unavailable):
            ask()


def test_a_refusal_tells_times_as_swedes_read_them() -> None:
    class TooLate(Refused):
        en = "It was {at}."
        sv = "Det var {at}."

    refusal = TooLate(at=datetime(2026, 7, 1, 10, 0, tzinfo=UTC))
    assert refusal.sv == "Det var 2026-07-01 kl. 12.00."
    assert str(refusal) == refusal.en


def test_a_bulk_of_comments_is_coded_beside_their_authors_amendments(log: Log) -> None:
    proposal = a_proposal(log, a_consultation(log))
    author = a_person(log)
    ids = [a_comment(log, proposal, by=author) for _ in range(8)]

    def code(_: int) -> bool:
        try:
            code_comments(log, ids=ids, add=["work"], by=SYSTEM, now=NOW)
        except Conflict:
            return False
        return True

    def amend(n: int) -> bool:
        try:
            amend_comment(
                log,
                id=ids[n],
                kind="general",
                text=f"Ny {n}",
                wording="",
                by=author,
                now=NOW,
            )
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(9) as pool:
        coded = pool.submit(code, 0)
        amended = list(pool.map(amend, range(8)))
    for id, was_amended in zip(ids, amended, strict=True):
        comment = log.look(Comment, id)
        assert comment.text.startswith("Ny") == was_amended
        assert bool(comment.themes) == coded.result()


@pytest.mark.parametrize("text", ["a\x00b", "\x00", "half a sign: \ud83d"])
def test_what_no_page_can_show_is_refused(log: Log, text: str) -> None:
    proposal = a_proposal(log, a_consultation(log))
    author = a_person(log)
    before = log.recorder.max_notification_id()
    with pytest.raises(NotText):
        a_comment(log, proposal, text=text, by=author)
    assert log.recorder.max_notification_id() == before


def test_a_spelt_out_escape_is_text_like_any(log: Log) -> None:
    proposal = a_proposal(log, a_consultation(log))
    for text in ("\\u0000", "C:\\\\u0000", "\\\\\\u0000 ☺"):
        id = a_comment(log, proposal, text=text)
        assert log.look(Comment, id).text == text


def test_things_looked_up_together_are_as_they_stand(log: Log) -> None:
    round = a_consultation(log)
    proposal = a_proposal(log, round)
    before = log.look_all([round, proposal])
    closed = log.get(Consultation, round)
    closed.close(by=SYSTEM, now=NOW)
    log.record(closed)
    after = log.look_all([proposal, round])
    assert before.look(Consultation, round).status == "open"
    assert after.look(Consultation, round).status == "closed"
    assert after.look(Proposal, proposal) is log.look(Proposal, proposal)


def test_what_is_not_there_is_not_found_among_others(log: Log) -> None:
    round, unknown = a_consultation(log), uuid4()
    looked = log.look_all([unknown, round])
    for kind, id in ((Consultation, unknown), (Proposal, round), (Proposal, uuid4())):
        with pytest.raises(NotFound):
            looked.look(kind, id)
