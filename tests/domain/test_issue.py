"""The rules of an issue: what is gathered in it, decided and answered."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.answer import (
    approve_answer,
    decide_disposition,
    draft_answer,
    publish_answers,
)
from domain.consultation import TitleIsMissing
from domain.gathering import (
    gather_comments,
    merge_issues,
    raise_issue,
    release_comments,
    rename_issue,
    split_issue,
)
from domain.issue import (
    DISPOSITIONS,
    AlreadyGathered,
    AnswerIsMissing,
    DispositionIsMissing,
    Issue,
    IssueHasChanged,
    IssueIsMerged,
    NotApproved,
    NotGathered,
    NothingToSplit,
    OtherConsultation,
    ReasonIsMissing,
    SameIssue,
    UnknownDisposition,
)
from domain.log import SYSTEM, Conflict, Log, NotAllowed, NotFound, Receipt
from tests.scenario import NOW, THING, Fact, given
from tests.story import a_comment, a_consultation, a_person, a_proposal, an_issue

ROUND, OTHER, NEW = UUID(int=0x20), UUID(int=0x21), UUID(int=0x40)
ONE, TWO, THREE = UUID(int=1), UUID(int=2), UUID(int=3)


def raised(*comments: UUID, consultation: UUID = ROUND) -> Fact:
    return Fact(
        Issue.Raised,
        by=SYSTEM,
        consultation=consultation,
        proposal=None,
        title="Mentorer",
        comments=list(comments),
        split_from=None,
        reference="",
    )


merged = Fact(Issue.Merged, by=SYSTEM, into=NEW)
decided = Fact(
    Issue.DispositionDecided, by=SYSTEM, disposition="accepted", reason="Rimligt"
)
answered = Fact(Issue.AnswerDrafted, by=SYSTEM, text="Vi ändrar.")
approved = Fact(Issue.AnswerApproved, by=SYSTEM)


def raise_it(title: str) -> Issue:
    return Issue.raise_issue(
        id=THING,
        consultation=ROUND,
        proposal=None,
        title=title,
        comments=[ONE],
        by=SYSTEM,
        now=NOW,
    )


def rename(issue: Issue, title: str = " Handledning ") -> None:
    issue.rename(title, by=SYSTEM, now=NOW)


def gather(*comments: UUID) -> Callable[[Issue], None]:
    return lambda issue: issue.gather(comments, by=SYSTEM, now=NOW)


def release(*comments: UUID) -> Callable[[Issue], None]:
    return lambda issue: issue.release(comments, by=SYSTEM, now=NOW)


def decide(disposition: str, reason: str = " Rimligt ") -> Callable[[Issue], None]:
    return lambda issue: issue.decide(disposition, reason=reason, by=SYSTEM, now=NOW)


def answer(text: str = " Vi ändrar. ") -> Callable[[Issue], None]:
    return lambda issue: issue.draft_answer(text, by=SYSTEM, now=NOW)


def approve(issue: Issue) -> None:
    issue.approve_answer(by=SYSTEM, now=NOW)


def publish(issue: Issue) -> None:
    issue.publish_answer(by=SYSTEM, now=NOW)


def split(*comments: UUID, title: str = "Ny") -> Callable[[Issue], Issue]:
    return lambda issue: issue.split(
        id=NEW, title=title, comments=list(comments), proposal=None, by=SYSTEM, now=NOW
    )


def test_an_issue_is_raised_with_a_title() -> None:
    given().when(lambda _: raise_it(" Mentorer ")).then(raised(ONE))
    given().when(lambda _: raise_it(" ")).then_refused(TitleIsMissing)


def test_an_issue_gets_a_better_title() -> None:
    given(Issue, raised()).when(rename).then(
        Fact(Issue.Renamed, by=SYSTEM, title="Handledning")
    )
    given(Issue, raised()).when(lambda issue: rename(issue, " ")).then_refused(
        TitleIsMissing
    )


def test_comments_are_gathered_once_each() -> None:
    given(Issue, raised(ONE)).when(gather(TWO, ONE, TWO)).then(
        Fact(Issue.CommentsGathered, by=SYSTEM, comments=[TWO])
    )
    given(Issue, raised(ONE)).when(gather(ONE)).then_refused(AlreadyGathered)


def test_comments_are_released_once_each() -> None:
    given(Issue, raised(ONE, TWO)).when(release(ONE, ONE)).then(
        Fact(Issue.CommentsReleased, by=SYSTEM, comments=[ONE])
    )
    for comments in ((), (THREE,), (ONE, THREE)):
        given(Issue, raised(ONE, TWO)).when(release(*comments)).then_refused(
            NotGathered
        )
    gone = Fact(Issue.CommentsReleased, by=SYSTEM, comments=[ONE])
    given(Issue, raised(ONE, TWO), gone).when(release(ONE)).then_refused(NotGathered)


def test_a_merged_issue_lives_on_in_the_other() -> None:
    other = given(Issue, raised(TWO), id=NEW).thing
    given(Issue, raised(ONE, TWO)).when(
        lambda issue: issue.merge(other, by=SYSTEM, now=NOW)
    ).then(merged)
    (absorbed,) = other.collect_events()
    assert Fact.of(absorbed) == Fact(
        Issue.Absorbed, by=SYSTEM, issue=THING, comments=[ONE, TWO]
    )
    assert other.comments == [TWO, ONE]


def test_an_issue_is_merged_into_another_of_its_round_that_stands() -> None:
    def merge(into: Any) -> Callable[[Issue], None]:
        return lambda issue: issue.merge(into, by=SYSTEM, now=NOW)

    issue = given(Issue, raised(ONE))
    issue.when(merge(issue.thing)).then_refused(SameIssue)
    elsewhere = given(Issue, raised(consultation=OTHER), id=NEW).thing
    issue.when(merge(elsewhere)).then_refused(OtherConsultation)
    ended = Fact(Issue.Merged, by=SYSTEM, into=UUID(int=0x41))
    issue.when(merge(given(Issue, raised(), ended, id=NEW).thing)).then_refused(
        IssueIsMerged
    )


def test_a_split_moves_some_comments_to_a_new_issue() -> None:
    issue = given(Issue, raised(ONE, TWO, THREE)).thing
    other = split(TWO, THREE, TWO)(issue)
    assert [Fact.of(event) for event in issue.collect_events()] == [
        Fact(Issue.CommentsReleased, by=SYSTEM, comments=[TWO, THREE])
    ]
    (event,) = other.collect_events()
    assert Fact.of(event).details == {
        **raised(TWO, THREE).details,
        "title": "Ny",
        "split_from": THING,
    }


def test_a_split_leaves_comments_on_both_sides() -> None:
    issue = given(Issue, raised(ONE, TWO))
    for comments in ((), (ONE, TWO)):
        issue.when(split(*comments)).then_refused(NothingToSplit)
    issue.when(split(THREE)).then_refused(NotGathered)
    issue.when(split(ONE, title=" ")).then_refused(TitleIsMissing)


@pytest.mark.parametrize("disposition", DISPOSITIONS)
def test_each_disposition_can_be_decided_with_a_reason(disposition: str) -> None:
    given(Issue, raised()).when(decide(disposition)).then(
        Fact(
            Issue.DispositionDecided,
            by=SYSTEM,
            disposition=disposition,
            reason="Rimligt",
        )
    )


def test_all_dispositions_but_noted_say_why() -> None:
    for disposition in DISPOSITIONS:
        issue = given(Issue, raised()).when(decide(disposition, " "))
        if disposition == "noted":
            issue.then(
                Fact(
                    Issue.DispositionDecided,
                    by=SYSTEM,
                    disposition="noted",
                    reason="",
                )
            )
        else:
            issue.then_refused(ReasonIsMissing)
    given(Issue, raised()).when(decide("perhaps")).then_refused(UnknownDisposition)


def test_an_answer_is_written_approved_and_published() -> None:
    given(Issue, raised()).when(answer()).then(answered)
    given(Issue, raised(), decided, answered).when(approve).then(approved)
    given(Issue, raised(), decided, answered, approved).when(publish).then(
        Fact(Issue.AnswerPublished, by=SYSTEM)
    )
    given(Issue, raised()).when(answer(" ")).then_refused(AnswerIsMissing)


def test_what_is_approved_has_both_disposition_and_answer() -> None:
    given(Issue, raised(), answered).when(approve).then_refused(DispositionIsMissing)
    given(Issue, raised(), decided).when(approve).then_refused(AnswerIsMissing)


@pytest.mark.parametrize("changed", [decided, answered])
def test_what_is_changed_after_the_approval_is_approved_again(changed: Fact) -> None:
    given(Issue, raised(), decided, answered).when(publish).then_refused(NotApproved)
    given(Issue, raised(), decided, answered, approved, changed).when(
        publish
    ).then_refused(NotApproved)


@pytest.mark.parametrize(
    "act",
    [
        rename,
        gather(THREE),
        release(ONE),
        split(ONE),
        decide("accepted"),
        answer(),
        approve,
        publish,
        lambda issue: issue.merge(None, by=SYSTEM, now=NOW),
        lambda issue: issue.require_standing(),
    ],
)
def test_nothing_more_happens_to_what_is_merged(act: Any) -> None:
    given(Issue, raised(ONE, TWO), decided, answered, merged).when(act).then_refused(
        IssueIsMerged
    )


def test_the_work_takes_the_secretariat_and_the_answer_a_chair(log: Log) -> None:
    consultation = a_consultation(log)
    proposal = a_proposal(log, consultation)
    one, two = a_comment(log, proposal), a_comment(log, proposal)
    officer = a_person(log, role="officer", consultation=consultation)
    editor = a_person(log, role="editor", consultation=consultation)
    chair = a_person(log, role="chair", consultation=consultation)
    visitor = a_person(log)
    id, new = uuid4(), uuid4()
    work: list[Callable[[UUID], object]] = [
        lambda by: raise_issue(
            log,
            id=id,
            consultation=consultation,
            proposal=proposal,
            title="Mentorer",
            comments=[one, one],
            by=by,
            now=NOW,
        ),
        lambda by: rename_issue(log, id=id, title="Stöd", by=by, now=NOW),
        lambda by: gather_comments(log, id=id, comments=[two], by=by, now=NOW),
        lambda by: split_issue(
            log,
            id=id,
            new=new,
            title="Lön",
            comments=[two],
            proposal=None,
            by=by,
            now=NOW,
        ),
        lambda by: merge_issues(log, id=new, into=id, by=by, now=NOW),
        lambda by: release_comments(log, id=id, comments=[two], by=by, now=NOW),
        lambda by: decide_disposition(
            log, id=id, disposition="noted", reason="", by=by, now=NOW
        ),
        lambda by: draft_answer(log, id=id, text="Tack.", by=by, now=NOW),
    ]
    for act in work:
        with pytest.raises(NotAllowed):
            act(visitor)
        act(officer)
    assert log.look(Issue, id).comments == [one]
    for by in (officer, editor):
        with pytest.raises(NotAllowed):
            approve_answer(log, id=id, by=by, now=NOW)
    approve_answer(log, id=id, by=chair, now=NOW)
    for by in (officer, editor):
        with pytest.raises(NotAllowed):
            publish_answers(log, ids=[id], by=by, now=NOW)
    publish_answers(log, ids=[id], by=chair, now=NOW)


def test_only_comments_of_the_same_round_are_gathered(log: Log) -> None:
    here, there = a_consultation(log), a_consultation(log)
    elsewhere = a_comment(log, a_proposal(log, there))
    with pytest.raises(OtherConsultation):
        an_issue(log, here, [elsewhere])
    issue = an_issue(log, here)
    with pytest.raises(OtherConsultation):
        gather_comments(log, id=issue, comments=[elsewhere], by=SYSTEM, now=NOW)
    with pytest.raises(NotFound):
        gather_comments(log, id=issue, comments=[uuid4()], by=SYSTEM, now=NOW)
    with pytest.raises(NotFound):
        an_issue(log, uuid4())


def test_an_issue_is_not_merged_into_itself(log: Log) -> None:
    issue = an_issue(log, a_consultation(log))
    with pytest.raises(SameIssue):
        merge_issues(log, id=issue, into=issue, by=SYSTEM, now=NOW)


def test_answers_are_published_all_at_once_or_none(log: Log) -> None:
    consultation = a_consultation(log)
    ready = an_issue(log, consultation, disposition="noted", answer="Tack.")
    unready = an_issue(log, consultation)
    before = log.recorder.max_notification_id()
    with pytest.raises(NotApproved):
        publish_answers(log, ids=[ready, unready], by=SYSTEM, now=NOW)
    assert log.recorder.max_notification_id() == before


def test_nobody_decides_answers_or_approves_what_has_changed_since_it_was_read(
    log: Log,
) -> None:
    id = an_issue(log, a_consultation(log), disposition="noted", answer="Tack.")
    read = log.look(Issue, id).version
    rename_issue(log, id=id, title="Stöd", by=SYSTEM, now=NOW)
    acts: list[Callable[[int], Receipt]] = [
        lambda read: decide_disposition(
            log, id=id, disposition="noted", reason="", read=read, by=SYSTEM, now=NOW
        ),
        lambda read: draft_answer(
            log, id=id, text="Nej.", read=read, by=SYSTEM, now=NOW
        ),
        lambda read: approve_answer(log, id=id, read=read, by=SYSTEM, now=NOW),
    ]
    for act in acts:
        before = log.look(Issue, id).version
        with pytest.raises(IssueHasChanged):
            act(read)
        assert log.look(Issue, id).version == before
        act(before)


def test_of_those_who_answer_what_they_all_read_at_once_one_is_heard(log: Log) -> None:
    id = an_issue(log, a_consultation(log), disposition="noted")
    many = 4
    together = Barrier(many)

    def answer(text: str) -> bool:
        read = log.look(Issue, id).version
        together.wait(30)
        try:
            draft_answer(log, id=id, text=text, read=read, by=SYSTEM, now=NOW)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(many) as pool:
        for attempt in range(5):
            before = log.look(Issue, id).version
            texts = [f"Svar {attempt}-{one}" for one in range(many)]
            assert sum(pool.map(answer, texts)) == 1
            assert log.look(Issue, id).version == before + 1
