"""Erasing: what is asked for, by whom, what two decide, and that it gets done."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing, suppress
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.comment import Comment, CommentIsErased
from domain.consultation import UnknownChoice
from domain.disclosure import (
    lift_hold,
    mark_secret,
    place_hold,
    reassess_secrecy,
    unpublish_comments,
)
from domain.erasing import (
    approve_erasure,
    carry_out,
    refuse_erasure,
    request_erasure,
)
from domain.erasure import (
    DISPOSAL_GROUNDS,
    AlreadyApproved,
    DecisionRefIsMissing,
    Erasure,
    ErasureIsSettled,
    GroundDoesNotFit,
    NotDecided,
    NotTheirComment,
    OwnErasure,
    RefusalNeedsReason,
    UnknownBasis,
    UnknownGround,
)
from domain.hold import OnHold
from domain.inbox import (
    assign_comments,
    clear_comments,
    code_comments,
    withhold_comments,
)
from domain.log import SYSTEM, Conflict, Log, NotAllowed, NotFound
from domain.organisation import give_mandate
from domain.person import Person, PersonIsErased, register_person, rename_person
from domain.proposal import Proposal
from domain.role import grant_role
from domain.submission import amend_comment, submit_comment, withdraw_comment
from ledger.keys import KeyFile, Keys
from ledger.sealing import ERASED
from tests.office import Office
from tests.scenario import NOW, THING, Fact, given
from tests.story import (
    a_comment,
    a_consultation,
    a_person,
    an_organisation,
    on,
)
from tests.vault import KEYS_FILE

ANNA, FIRST, SECOND = UUID(int=0x51), UUID(int=0x61), UUID(int=0x62)
COMMENT, ROUND = UUID(int=0x71), UUID(int=0x20)

requested = Fact(
    Erasure.Requested,
    by=ANNA,
    kind="comment",
    target=COMMENT,
    comments=[],
    consultation=ROUND,
    ground="gdpr_17_1_b",
    decision_ref="",
    note="",
)
approved = Fact(Erasure.Approved, by=FIRST, decision_ref="12/2026")
decided = Fact(Erasure.Approved, by=SECOND, decision_ref="12/2026")
refused = Fact(Erasure.Refused, by=FIRST, basis="archives_act_3", reason="Ska bevaras.")
carried_out = Fact(Erasure.CarriedOut, by=SECOND, decision=9, scopes=[COMMENT])


def ask(**changed: Any) -> Erasure:
    details = {
        "kind": "comment",
        "target": COMMENT,
        "consultation": ROUND,
        "ground": "gdpr_17_1_b",
        **changed,
    }
    return Erasure.request(id=THING, by=ANNA, now=NOW, **details)


def approve(by: UUID, decision_ref: str = "") -> Callable[[Erasure], None]:
    return lambda erasure: erasure.approve(decision_ref=decision_ref, by=by, now=NOW)


def refuse(**changed: str) -> Callable[[Erasure], None]:
    words = {"basis": "archives_act_3", "reason": " Ska bevaras. ", **changed}
    return lambda erasure: erasure.refuse(by=FIRST, now=NOW, **words)


def do(erasure: Erasure) -> None:
    erasure.carry_out(decision=9, by=SECOND, now=NOW)


# Asking


def test_an_erasure_is_asked_for_on_a_ground() -> None:
    given().when(lambda _: ask()).then(requested)


def test_an_erasure_rests_on_a_ground_that_the_law_knows() -> None:
    given().when(lambda _: ask(ground="because")).then_refused(UnknownGround)


@pytest.mark.parametrize("ground", DISPOSAL_GROUNDS)
def test_a_person_is_not_disposed_of(ground: str) -> None:
    given().when(lambda _: ask(kind="person", ground=ground)).then_refused(
        GroundDoesNotFit
    )


def test_only_people_and_comments_are_erased() -> None:
    given().when(lambda _: ask(kind="proposal")).then_refused(UnknownChoice)


# Deciding


def test_two_different_people_decide() -> None:
    given(Erasure, requested).when(approve(FIRST, " 12/2026 ")).then(approved)
    given(Erasure, requested, approved).when(approve(SECOND)).then(decided)


def test_one_person_does_not_decide_twice() -> None:
    given(Erasure, requested, approved).when(approve(FIRST)).then_refused(
        AlreadyApproved
    )


def test_a_decision_has_a_reference() -> None:
    given(Erasure, requested).when(approve(FIRST)).then_refused(DecisionRefIsMissing)


def test_a_second_reference_is_what_stands() -> None:
    given(Erasure, requested, approved).when(approve(SECOND, "13/2026")).then(
        Fact(Erasure.Approved, by=SECOND, decision_ref="13/2026")
    )


def test_a_request_is_refused_on_a_legal_ground_for_a_reason() -> None:
    given(Erasure, requested).when(refuse()).then(refused)
    given(Erasure, requested, approved).when(refuse()).then(refused)
    given(Erasure, requested).when(refuse(basis="no")).then_refused(UnknownBasis)
    given(Erasure, requested).when(refuse(reason=" ")).then_refused(RefusalNeedsReason)


@pytest.mark.parametrize("settled", [[refused], [approved, decided]])
def test_what_is_decided_stands(settled: list[Fact]) -> None:
    given(Erasure, requested, *settled).when(refuse()).then_refused(ErasureIsSettled)
    given(Erasure, requested, *settled).when(
        approve(UUID(int=0x63), "14")
    ).then_refused(ErasureIsSettled)


def test_it_is_carried_out_once_after_two_have_approved() -> None:
    given(Erasure, requested, approved).when(do).then_refused(NotDecided)
    given(Erasure, requested, refused).when(do).then_refused(NotDecided)
    given(Erasure, requested, approved, decided).when(do).then(carried_out)
    given(Erasure, requested, approved, decided, carried_out).when(do).then_refused(
        ErasureIsSettled
    )


# Who may


@pytest.fixture
def office(log: Log) -> Office:
    return Office(log)


def test_people_ask_for_themselves_and_the_secretariat_for_anybody(
    office: Office, log: Log
) -> None:
    office.request("person", by=office.author)
    office.request("person", by=office.officer)
    office.request("comment", by=office.author)
    office.request("comment", by=office.here)
    office.request("comment", by=SYSTEM)
    for kind, somebody in (
        ("person", a_person(log)),
        ("person", office.here),
        ("comment", a_person(log)),
        ("comment", a_person(log, role="chair", consultation=a_consultation(log))),
        ("comment", a_person(log, role="auditor")),
    ):
        with pytest.raises(NotAllowed):
            office.request(kind, by=somebody)


def test_nobody_asks_for_the_disposal_of_their_own_words(office: Office) -> None:
    with pytest.raises(GroundDoesNotFit):
        office.request("comment", by=office.author, ground="ra_fs")
    office.request("comment", by=office.officer, ground="ra_fs")


def test_what_an_organisation_said_is_not_its_writers_to_ask_for(
    office: Office, log: Log
) -> None:
    region = an_organisation(log)
    give_mandate(
        log,
        person=office.author,
        organisation=region,
        begins=NOW,
        ends=None,
        by=SYSTEM,
        now=NOW,
    )
    said = office.said(organisation=region)
    with pytest.raises(NotAllowed):
        office.request("comment", by=office.author, target=said)
    with pytest.raises(NotTheirComment):
        office.request("person", comments=[said])


def test_with_a_person_go_only_their_own_private_comments(
    office: Office, log: Log
) -> None:
    office.request("person", comments=[office.comment])
    with pytest.raises(NotTheirComment):
        office.request("person", comments=[a_comment(log, office.proposal)])
    with pytest.raises(NotTheirComment):
        office.request("comment", comments=[office.comment])


def test_there_are_no_requests_about_other_things(office: Office) -> None:
    with pytest.raises(UnknownChoice):
        office.request("proposal", target=office.proposal)
    with pytest.raises(NotFound):
        office.request("comment", target=office.author)


def test_the_same_request_twice_is_one_and_an_id_is_not_taken_over(
    office: Office, log: Log
) -> None:
    asked: dict[str, Any] = {
        "id": uuid4(),
        "kind": "comment",
        "target": office.comment,
        "ground": "gdpr_17_1_b",
        "now": NOW,
    }
    assert request_erasure(log, by=office.author, **asked).position
    assert request_erasure(log, by=office.author, **asked).position == 0
    with pytest.raises(Conflict):
        request_erasure(log, by=office.officer, **asked)


def test_chairs_decide_of_the_round_for_a_comment_of_all_for_a_person(
    office: Office, log: Log
) -> None:
    comment, person = office.request("comment"), office.request("person")
    auditor = a_person(log, role="auditor")
    for id, by in (
        (comment, office.officer),
        (comment, auditor),
        (comment, SYSTEM),
        (person, office.here),
        (person, SYSTEM),
    ):
        with pytest.raises(NotAllowed):
            approve_erasure(log, id=id, by=by, now=NOW)
        with pytest.raises(NotAllowed):
            refuse_erasure(log, id=id, basis="no_ground", reason="Nej", by=by, now=NOW)
    approve_erasure(log, id=comment, by=office.here, now=NOW)
    approve_erasure(log, id=comment, by=office.there, now=NOW)
    refuse_erasure(
        log, id=person, basis="no_ground", reason="Nej", by=office.first, now=NOW
    )
    assert log.look(Erasure, comment).is_decided
    assert log.look(Erasure, person).is_refused


@pytest.mark.parametrize("kind", ["person", "comment"])
def test_nobody_decides_about_themselves(office: Office, log: Log, kind: str) -> None:
    grant_role(
        log, person=office.author, role="chair", consultation=None, by=SYSTEM, now=NOW
    )
    id = office.request(kind)
    with pytest.raises(OwnErasure):
        approve_erasure(log, id=id, by=office.author, now=NOW)
    with pytest.raises(OwnErasure):
        refuse_erasure(
            log, id=id, basis="no_ground", reason="Nej", by=office.author, now=NOW
        )


# Holds


def held_by(office: Office, what: str) -> tuple[str, UUID]:
    things = {
        "person": office.author,
        "comment": office.comment,
        "consultation": office.round,
    }
    return what, things[what]


@pytest.mark.parametrize(
    ("kind", "held"),
    [
        ("person", "person"),
        ("person", "comment"),
        ("person", "consultation"),
        ("comment", "comment"),
        ("comment", "consultation"),
    ],
)
def test_what_is_held_is_neither_approved_nor_carried_out(
    office: Office, log: Log, kind: str, held: str
) -> None:
    comments = [office.comment] if kind == "person" else []
    id = office.request(kind, comments=comments)
    what, thing = held_by(office, held)
    hold: dict[str, Any] = {"kind": what, "id": thing, "by": office.first, "now": NOW}
    place_hold(log, reason="Tvist", **hold)
    with pytest.raises(OnHold):
        approve_erasure(log, id=id, by=office.first, now=NOW)
    lift_hold(log, **hold)
    decision = office.decide(id)
    place_hold(log, reason="Tvist", **hold)
    with pytest.raises(OnHold):
        office.carry_out(id, decision)
    done = office.finish([(id, decision)])
    assert done == office.destroyed == []
    lift_hold(log, **hold)
    office.carry_out(id, decision)
    assert log.look(Erasure, id).is_carried_out


def test_a_comment_that_stays_is_no_hindrance_for_its_author_to_be_erased(
    office: Office, log: Log
) -> None:
    place_hold(
        log,
        kind="comment",
        id=office.comment,
        reason="Tvist",
        by=office.first,
        now=NOW,
    )
    office.erase("person")
    assert log.look(Person, office.author).is_erased
    assert not log.look(Comment, office.comment).is_erased


# Carrying out


def test_nothing_is_destroyed_before_two_have_approved(
    office: Office, log: Log
) -> None:
    id = office.request("comment")
    first = approve_erasure(log, id=id, by=office.first, now=NOW).position
    with pytest.raises(NotDecided):
        office.carry_out(id, first)
    approve_erasure(log, id=id, by=office.second, now=NOW)
    with pytest.raises(NotDecided):
        office.carry_out(id, first)
    assert office.destroyed == []


def test_a_comment_is_erased_and_the_log_says_so_in_one_record(
    office: Office, log: Log
) -> None:
    id = office.request("comment")
    decision = office.decide(id)
    last = office.carry_out(id, decision)
    assert office.destroyed == [office.comment]
    *_, done, erased = log.entries(last - 2, 2)
    assert Fact.of(done.event) == Fact(
        Erasure.CarriedOut, by=SYSTEM, decision=decision, scopes=[office.comment]
    )
    assert Fact.of(erased.event) == Fact(Comment.Erased, by=SYSTEM, erasure=id)
    assert erased.event.originator_id == office.comment


def test_a_person_goes_with_roles_mandates_and_the_named_comments(
    office: Office, log: Log
) -> None:
    kept = office.said()
    grant_role(
        log, person=office.author, role="reader", consultation=None, by=SYSTEM, now=NOW
    )
    region = an_organisation(log)
    mandate: dict[str, Any] = {
        "person": office.author,
        "organisation": region,
        "begins": NOW,
        "ends": None,
        "by": SYSTEM,
        "now": NOW,
    }
    give_mandate(log, **mandate)
    office.erase("person", comments=[office.comment])
    person = log.look(Person, office.author)
    assert person.is_erased
    assert not person.roles
    assert not person.mandates
    assert log.look(Comment, office.comment).is_erased
    assert not log.look(Comment, kept).is_erased
    assert office.destroyed == [office.author, office.comment]
    history = log.history(office.author)
    assert [type(event) for event in history][-1] is Person.Erased
    assert {event.name for event in history if hasattr(event, "name")} == {ERASED}
    (again, *_) = log.history(office.comment)
    assert (again.text, again.wording) == (ERASED, ERASED)
    assert log.history(kept)[0].text == "Hemligt."
    with pytest.raises(PersonIsErased):
        give_mandate(log, **mandate)


def test_an_erased_person_comes_back_in_no_way(office: Office, log: Log) -> None:
    kept = office.said()
    office.erase("person")
    gone = office.author
    with pytest.raises(PersonIsErased):
        rename_person(log, id=gone, name="Berit", public_name=True, by=SYSTEM, now=NOW)
    with pytest.raises(PersonIsErased):
        grant_role(
            log, person=gone, role="chair", consultation=None, by=SYSTEM, now=NOW
        )
    with pytest.raises(Conflict):
        register_person(
            log,
            id=gone,
            name="Berit",
            email="b@x.se",
            public_name=True,
            by=gone,
            now=NOW,
        )
    with pytest.raises(PersonIsErased):
        submit_comment(
            log,
            id=uuid4(),
            proposal=office.proposal,
            edition=log.look(Proposal, office.proposal).edition,
            anchor=on(log, office.proposal, 1),
            kind="general",
            text="Igen",
            by=gone,
            now=NOW,
        )
    with pytest.raises(PersonIsErased):
        withdraw_comment(log, id=kept, by=gone, now=NOW)
    with pytest.raises(PersonIsErased):
        office.request("person")
    with pytest.raises(PersonIsErased):
        place_hold(log, kind="person", id=gone, reason="Sent", by=office.first, now=NOW)


def test_nothing_more_is_done_with_an_erased_comment(office: Office, log: Log) -> None:
    mark_secret(log, ids=[office.comment], provision="21 kap.", by=SYSTEM, now=NOW)
    office.erase("comment")
    one: dict[str, Any] = {"ids": [office.comment], "by": SYSTEM, "now": NOW}
    acts: list[Callable[[], object]] = [
        lambda: amend_comment(
            log,
            id=office.comment,
            kind="general",
            text="Nytt",
            wording="",
            by=office.author,
            now=NOW,
        ),
        lambda: withdraw_comment(log, id=office.comment, by=office.author, now=NOW),
        lambda: clear_comments(log, **one),
        lambda: withhold_comments(log, reason="Skäl", **one),
        lambda: code_comments(log, add=["work"], **one),
        lambda: assign_comments(log, officer=office.first, **one),
        lambda: unpublish_comments(log, reason="Skäl", **one),
        lambda: mark_secret(log, provision="21 kap.", **one),
        lambda: reassess_secrecy(
            log, id=office.comment, outcome="lifted", by=SYSTEM, now=NOW
        ),
        lambda: office.request("comment"),
        lambda: office.request("person", comments=[office.comment]),
        lambda: place_hold(
            log, kind="comment", id=office.comment, reason="Sent", by=SYSTEM, now=NOW
        ),
    ]
    for act in acts:
        with pytest.raises(CommentIsErased):
            act()


def test_a_withdrawn_comment_is_erased_too(office: Office, log: Log) -> None:
    withdraw_comment(log, id=office.comment, by=office.author, now=NOW)
    office.erase("comment")
    assert log.look(Comment, office.comment).is_erased


def test_nothing_that_is_remembered_has_the_words_either(
    office: Office, log: Log
) -> None:
    assert log.look(Comment, office.comment).text == "Hemligt."
    office.erase("comment")
    assert log.look(Comment, office.comment).text == ""


def test_two_requests_about_one_thing_are_both_carried_out(
    office: Office, log: Log
) -> None:
    first, second = office.request("comment"), office.request("person")
    third = office.request("person", comments=[office.comment])
    decisions = [office.decide(id) for id in (first, second, third)]
    done = office.finish(zip([first, second, third], decisions, strict=True))
    assert done == [first, second, third]
    erased = [
        entry.event
        for entry in log.entries(0, 1000)
        if entry.event.TOPIC.endswith(".erased")
    ]
    assert [(event.originator_id, event.erasure) for event in erased] == [
        (office.comment, first),
        (office.author, second),
    ]


def test_what_is_erased_already_is_not_approved(office: Office, log: Log) -> None:
    waiting = [office.request("comment"), office.request("person")]
    office.erase("person", comments=[office.comment])
    for id, gone in zip(waiting, (CommentIsErased, PersonIsErased), strict=True):
        with pytest.raises(gone):
            approve_erasure(log, id=id, by=office.first, now=NOW)


class Stopped(Exception):
    """The process is gone."""


@pytest.mark.parametrize("keys_destroyed", [0, 1, 2])
def test_interrupted_anywhere_it_is_finished_by_doing_it_again(
    office: Office, log: Log, database: str, keys_destroyed: int
) -> None:
    id = office.request("person", comments=[office.comment])
    decision = office.decide(id)

    def stop_after(scope: UUID, *, decision: UUID, position: int) -> None:
        if len(office.destroyed) == keys_destroyed:
            raise Stopped
        office.destroy(scope, decision=decision, position=position)
        if len(office.destroyed) == keys_destroyed == 2:
            raise Stopped

    with pytest.raises(Stopped):
        carry_out(log, id=id, decision=decision, destroy=stop_after, now=NOW)
    assert not log.look(Erasure, id).is_carried_out
    assert office.carry_out(id, decision)
    assert office.carry_out(id, decision) == 0
    assert log.look(Person, office.author).is_erased
    assert log.look(Comment, office.comment).is_erased
    with closing(Keys(database, KeyFile.read(KEYS_FILE))) as keys:
        buried = {scope: (by, at) for scope, by, at in keys.destroyed()}
    assert buried == {
        office.author: (id, decision),
        office.comment: (id, decision),
    }


def test_somebody_who_changes_the_thing_meanwhile_is_no_hindrance(
    office: Office, log: Log
) -> None:
    id = office.request("comment")
    decision = office.decide(id)
    looks = 0
    get = log.get

    def meanwhile(kind: Any, thing: UUID) -> Any:
        nonlocal looks
        found = get(kind, thing)
        if kind is Comment and office.destroyed and looks < 3:
            looks += 1
            other = get(Comment, office.comment)
            other.code({"work"} if looks % 2 else {"cost"}, by=SYSTEM, now=NOW)
            log.record(other)
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(log, "get", meanwhile)
        office.carry_out(id, decision)
    assert looks == 3
    assert log.look(Comment, office.comment).is_erased


def test_an_erasure_that_cannot_be_carried_out_holds_up_no_other(
    office: Office, log: Log
) -> None:
    held, free = office.request("comment"), office.request("person")
    decided = [(id, office.decide(id)) for id in (held, free)]
    place_hold(
        log, kind="comment", id=office.comment, reason="T", by=office.first, now=NOW
    )
    done = office.finish(decided)
    assert done == [free]
    with suppress(OnHold):
        office.carry_out(*decided[0])
    assert office.comment not in office.destroyed
