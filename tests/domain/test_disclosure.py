"""Taking down, secrecy markings and holds: who may, and what is then refused."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.answer import publish_answers
from domain.comment import Comment
from domain.consultation import Consultation, UnknownChoice
from domain.disclosure import (
    HELD_KINDS,
    lift_hold,
    mark_secret,
    place_hold,
    reassess_secrecy,
    republish_answer,
    republish_comments,
    unpublish_answer,
    unpublish_comments,
)
from domain.hold import AlreadyHeld, Holdable, HoldNeedsReason, NotHeld
from domain.issue import AnswerNotPublished, Issue
from domain.log import SYSTEM, Log, NotAllowed
from domain.person import Person
from domain.publicity import (
    AlreadyUnpublished,
    NotUnpublished,
    UnpublishingNeedsReason,
)
from domain.secrecy import AlreadySecret, NotSecret, ProvisionIsMissing
from tests.domain.test_comment import submitted
from tests.domain.test_comment import withdrawn as comment_withdrawn
from tests.domain.test_consultation import planned
from tests.domain.test_issue import raised
from tests.domain.test_person import registered
from tests.scenario import NOW, Fact, given
from tests.story import (
    a_comment,
    a_consultation,
    a_person,
    a_proposal,
    an_issue,
)

CHAIR, OFFICER = UUID(int=0x61), UUID(int=0x62)

unpublished = Fact(Comment.Unpublished, by=CHAIR, reason="Kränkande", decision_ref="7")
republished = Fact(Comment.Republished, by=CHAIR)
secret = Fact(
    Comment.MarkedSecret, by=OFFICER, provision="21 kap. 1 § OSL", note="Hälsa"
)
published = Fact(Issue.AnswerPublished, by=CHAIR)
taken_down = Fact(Issue.Unpublished, by=CHAIR, reason="Fel svar", decision_ref="")


def unpublish(thing: Any, reason: str = " Kränkande ") -> None:
    thing.unpublish(reason=reason, decision_ref=" 7 ", by=CHAIR, now=NOW)


def republish(thing: Any) -> None:
    thing.republish(by=CHAIR, now=NOW)


def mark(comment: Comment, provision: str = " 21 kap. 1 § OSL ") -> None:
    comment.mark_secret(provision=provision, note=" Hälsa ", by=OFFICER, now=NOW)


def reassess(
    comment: Comment, outcome: str = "kept", provision: str = " 25 kap. 1 § OSL "
) -> None:
    comment.reassess_secrecy(outcome, provision=provision, by=OFFICER, now=NOW)


def hold(thing: Any, reason: str = " Tvist ") -> None:
    thing.place_hold(reason=reason, decision_ref=" 8 ", by=CHAIR, now=NOW)


def lift(thing: Any) -> None:
    thing.lift_hold(by=CHAIR, now=NOW)


# Taking down


def test_a_comment_is_taken_down_for_a_reason_by_a_decision() -> None:
    given(Comment, submitted).when(unpublish).then(unpublished)


def test_a_withdrawn_comment_can_be_taken_down_too() -> None:
    given(Comment, submitted, comment_withdrawn).when(unpublish).then(unpublished)


def test_nothing_is_taken_down_without_a_reason() -> None:
    given(Comment, submitted).when(
        lambda comment: unpublish(comment, " ")
    ).then_refused(UnpublishingNeedsReason)


def test_what_is_taken_down_is_so_once() -> None:
    given(Comment, submitted, unpublished).when(unpublish).then_refused(
        AlreadyUnpublished
    )


def test_a_comment_is_put_back_and_can_be_taken_down_again() -> None:
    given(Comment, submitted, unpublished).when(republish).then(republished)
    given(Comment, submitted, unpublished, republished).when(unpublish).then(
        unpublished
    )


def test_only_what_was_taken_down_is_put_back() -> None:
    given(Comment, submitted).when(republish).then_refused(NotUnpublished)


def test_a_published_answer_is_taken_down_and_put_back() -> None:
    given(Issue, raised(), published).when(
        lambda issue: issue.unpublish(
            reason="Fel svar", decision_ref="", by=CHAIR, now=NOW
        )
    ).then(taken_down)
    given(Issue, raised(), published, taken_down).when(republish).then(
        Fact(Issue.Republished, by=CHAIR)
    )


def test_an_answer_that_was_never_published_is_not_taken_down() -> None:
    given(Issue, raised()).when(unpublish).then_refused(AnswerNotPublished)


def test_the_rounds_chair_takes_comments_down_and_puts_them_back(log: Log) -> None:
    round = a_consultation(log)
    proposal = a_proposal(log, round)
    comments = [a_comment(log, proposal) for _ in range(2)]
    officer = a_person(log, role="officer", consultation=round)
    chair = a_person(log, role="chair", consultation=round)
    elsewhere = a_person(log, role="chair", consultation=a_consultation(log))
    for somebody in (officer, elsewhere, a_person(log)):
        with pytest.raises(NotAllowed):
            unpublish_comments(log, ids=comments, reason="Hot", by=somebody, now=NOW)
    unpublish_comments(log, ids=comments, reason="Hot", by=chair, now=NOW)
    assert all(log.look(Comment, id).is_unpublished for id in comments)
    with pytest.raises(NotAllowed):
        republish_comments(log, ids=comments, by=officer, now=NOW)
    republish_comments(log, ids=comments, by=chair, now=NOW)
    assert not any(log.look(Comment, id).is_unpublished for id in comments)


def test_the_rounds_chair_takes_an_answer_down_also_when_another_is_published(
    log: Log,
) -> None:
    round = a_consultation(log)
    chair = a_person(log, role="chair", consultation=round)
    issue = an_issue(log, round, disposition="accepted", answer="Ja.", published=True)
    with pytest.raises(NotAllowed):
        unpublish_answer(log, id=issue, reason="Fel", by=a_person(log), now=NOW)
    unpublish_answer(log, id=issue, reason="Fel", by=chair, now=NOW)
    publish_answers(log, ids=[issue], by=chair, now=NOW)
    assert log.look(Issue, issue).is_unpublished
    with pytest.raises(NotAllowed):
        republish_answer(log, id=issue, by=a_person(log), now=NOW)
    republish_answer(log, id=issue, by=chair, now=NOW)
    assert not log.look(Issue, issue).is_unpublished


# Secrecy


def test_a_comment_is_marked_secret_under_a_provision() -> None:
    given(Comment, submitted).when(mark).then(secret)


def test_a_secrecy_marking_names_its_provision() -> None:
    given(Comment, submitted).when(lambda comment: mark(comment, " ")).then_refused(
        ProvisionIsMissing, "21 kap. 1 § OSL"
    )


def test_a_marked_comment_is_reassessed_and_not_marked_again() -> None:
    given(Comment, submitted, secret).when(mark).then_refused(AlreadySecret)


@pytest.mark.parametrize(
    ("outcome", "provision"), [("kept", "25 kap. 1 § OSL"), ("lifted", "")]
)
def test_a_marking_is_kept_or_lifted(outcome: str, provision: str) -> None:
    given(Comment, submitted, secret).when(
        lambda comment: reassess(comment, outcome)
    ).then(
        Fact(
            Comment.SecrecyReassessed, by=OFFICER, outcome=outcome, provision=provision
        )
    )


def test_a_lifted_marking_can_be_made_again_and_not_be_lifted_again() -> None:
    lifted = Fact(Comment.SecrecyReassessed, by=OFFICER, outcome="lifted", provision="")
    given(Comment, submitted, secret, lifted).when(mark).then(secret)
    given(Comment, submitted, secret, lifted).when(reassess).then_refused(NotSecret)


def test_a_reassessment_has_one_of_two_outcomes_and_kept_has_a_provision() -> None:
    given(Comment, submitted, secret).when(
        lambda comment: reassess(comment, "perhaps")
    ).then_refused(UnknownChoice, "perhaps")
    given(Comment, submitted, secret).when(
        lambda comment: reassess(comment, "kept", " ")
    ).then_refused(ProvisionIsMissing)


def test_the_rounds_secretariat_marks_and_reassesses(log: Log) -> None:
    round = a_consultation(log)
    comment = a_comment(log, a_proposal(log, round))
    officer = a_person(log, role="officer", consultation=round)
    auditor = a_person(log, role="auditor", consultation=round)
    under = "21 kap. 1 § OSL"
    with pytest.raises(NotAllowed):
        mark_secret(log, ids=[comment], provision=under, by=auditor, now=NOW)
    mark_secret(log, ids=[comment], provision=under, by=officer, now=NOW)
    assert log.look(Comment, comment).is_secret
    with pytest.raises(NotAllowed):
        reassess_secrecy(log, id=comment, outcome="lifted", by=auditor, now=NOW)
    reassess_secrecy(log, id=comment, outcome="lifted", by=officer, now=NOW)
    assert not log.look(Comment, comment).is_secret


# Holds

KINDS: dict[str, tuple[type[Holdable], Fact]] = {
    "consultation": (Consultation, planned),
    "person": (Person, registered),
    "comment": (Comment, submitted),
}


def test_there_is_a_hold_for_each_kind_of_thing() -> None:
    assert set(KINDS) == set(HELD_KINDS)
    placed = Person.HoldPlaced, Comment.HoldPlaced, Consultation.HoldPlaced
    lifted = Person.HoldLifted, Comment.HoldLifted, Consultation.HoldLifted
    assert {kind.HoldPlaced for kind, _ in KINDS.values()} == {*placed}
    assert {kind.HoldLifted for kind, _ in KINDS.values()} == {*lifted}


@pytest.mark.parametrize("of", HELD_KINDS)
def test_a_hold_is_placed_for_a_reason_and_lifted(of: str) -> None:
    kind, made = KINDS[of]
    placed = Fact(kind.HoldPlaced, by=CHAIR, reason="Tvist", decision_ref="8")
    lifted = Fact(kind.HoldLifted, by=CHAIR)
    given(kind, made).when(hold).then(placed)
    given(kind, made, placed).when(lift).then(lifted)
    given(kind, made, placed, lifted).when(hold).then(placed)
    given(kind, made).when(lambda thing: hold(thing, " ")).then_refused(HoldNeedsReason)
    given(kind, made, placed).when(hold).then_refused(AlreadyHeld)
    given(kind, made).when(lift).then_refused(NotHeld)


def test_chairs_place_holds_in_their_round_and_on_people_in_all(log: Log) -> None:
    round = a_consultation(log)
    comment = a_comment(log, a_proposal(log, round))
    author = log.look(Comment, comment).author
    here = a_person(log, role="chair", consultation=round)
    everywhere = a_person(log, role="chair")
    officer = a_person(log, role="officer")
    targets = {"consultation": round, "comment": comment, "person": author}
    for kind, id in targets.items():
        by = everywhere if kind == "person" else here
        for somebody in (officer, here if kind == "person" else author):
            with pytest.raises(NotAllowed):
                place_hold(log, kind=kind, id=id, reason="Tvist", by=somebody, now=NOW)
        place_hold(log, kind=kind, id=id, reason="Tvist", by=by, now=NOW)
        with pytest.raises(NotAllowed):
            lift_hold(log, kind=kind, id=id, by=officer, now=NOW)
        lift_hold(log, kind=kind, id=id, by=by, now=NOW)


def test_there_are_no_holds_on_other_things(log: Log) -> None:
    with pytest.raises(UnknownChoice):
        place_hold(log, kind="proposal", id=uuid4(), reason="Tvist", by=SYSTEM, now=NOW)
