"""The rules of a consultation: its period, codebook, and who is asked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.codebook import ThemeKeyIsTooLong, ThemeTwice, UnknownTheme
from domain.consultation import (
    ACCESSES,
    DISPLAYS,
    AlreadyConcluded,
    AlreadyOpen,
    Consultation,
    DeadlineHasPassed,
    DeadlineMustBeLater,
    HasCommented,
    NotClosed,
    NotInvited,
    NotOpen,
    RemovalNeedsReason,
    TitleIsMissing,
    UnknownChoice,
)
from domain.consultee import invite_consultees, remove_consultees
from domain.log import SYSTEM, Log, NotAllowed, NotFound
from domain.period import (
    close_consultation,
    conclude_consultation,
    extend_period,
    open_consultation,
    reopen_consultation,
)
from domain.person import Person
from domain.planning import change_details, plan_consultation, revise_codebook
from tests.scenario import NOW, THING, Fact, given
from tests.story import a_consultation, a_person, an_organisation

DAY = timedelta(days=1)
CLOSES_AT = NOW + 30 * DAY
TEXTS = {
    "title": "Plan",
    "title_en": "Plan",
    "summary": "Kort.",
    "summary_en": "Short.",
    "diary_number": "2026/1",
    "assignment": "Uppdrag",
}
CHOICES = {"access": "open", "display": "at_once"}
WORK = {"key": "work", "title": "Arbetsmiljö"}
COST = {"key": "cost", "title": "Kostnader"}

planned = Fact(Consultation.Planned, by=SYSTEM, closes_at=CLOSES_AT, **TEXTS, **CHOICES)
opened = Fact(Consultation.Opened, by=SYSTEM)
closed = Fact(Consultation.Closed, by=SYSTEM)
concluded = Fact(Consultation.Concluded, by=SYSTEM)

Act = Callable[[Any], object]


def plan(**changed: Any) -> Consultation:
    details = {"closes_at": CLOSES_AT, **TEXTS, **CHOICES, **changed}
    return Consultation.plan(id=THING, by=SYSTEM, now=NOW, **details)


def describe(consultation: Consultation, **changed: Any) -> None:
    consultation.change_details(**{**TEXTS, **CHOICES, **changed}, by=SYSTEM, now=NOW)


def test_a_round_is_planned() -> None:
    given().when(lambda _: plan(title=" Plan ")).then(planned)


def test_a_round_needs_a_title_and_a_deadline_to_come() -> None:
    given().when(lambda _: plan(title=" ")).then_refused(TitleIsMissing)
    given().when(lambda _: plan(closes_at=NOW)).then_refused(
        DeadlineMustBeLater, "2026-03-02 kl. 10.00"
    )


@pytest.mark.parametrize("choice", ["access", "display"])
def test_choices_are_those_that_are_offered(choice: str) -> None:
    given().when(lambda _: plan(**{choice: "perhaps"})).then_refused(
        UnknownChoice, "perhaps"
    )
    given(Consultation, planned).when(
        lambda c: describe(c, **{choice: "perhaps"})
    ).then_refused(UnknownChoice, "perhaps")


@pytest.mark.parametrize("access", ACCESSES)
@pytest.mark.parametrize("display", DISPLAYS)
def test_every_choice_can_be_made_and_changed(access: str, display: str) -> None:
    plan(access=access, display=display)
    given(Consultation, planned, opened).when(
        lambda c: describe(c, access=access, display=display, title="Ny")
    ).then(
        Fact(
            Consultation.DetailsChanged,
            by=SYSTEM,
            **{**TEXTS, "title": "Ny"},
            access=access,
            display=display,
        )
    )


def test_a_description_keeps_a_title() -> None:
    given(Consultation, planned).when(lambda c: describe(c, title="")).then_refused(
        TitleIsMissing
    )


def test_a_codebook_is_numbered_by_edition() -> None:
    first = Fact(Consultation.CodebookRevised, by=SYSTEM, edition=1, themes=[WORK])
    given(Consultation, planned).when(
        lambda c: c.revise_codebook([WORK], by=SYSTEM, now=NOW)
    ).then(first)
    given(Consultation, planned, first).when(
        lambda c: c.revise_codebook([WORK, COST], by=SYSTEM, now=NOW)
    ).then(
        Fact(Consultation.CodebookRevised, by=SYSTEM, edition=2, themes=[WORK, COST])
    )


@pytest.mark.parametrize(
    ("themes", "reason"),
    [
        ([WORK, COST, WORK], ThemeTwice),
        ([{"key": "x", "title": " "}], TitleIsMissing),
        ([{"key": "x" * 101, "title": "X"}], ThemeKeyIsTooLong),
    ],
)
def test_a_theme_has_a_title_and_a_key_of_its_own(
    themes: list[dict[str, str]], reason: type[ThemeTwice]
) -> None:
    given(Consultation, planned).when(
        lambda c: c.revise_codebook(themes, by=SYSTEM, now=NOW)
    ).then_refused(reason)


def test_comments_are_coded_with_themes_of_the_newest_codebook() -> None:
    codebook = given(
        Consultation,
        planned,
        Fact(Consultation.CodebookRevised, by=SYSTEM, edition=1, themes=[WORK]),
        Fact(Consultation.CodebookRevised, by=SYSTEM, edition=2, themes=[COST]),
    )
    codebook.when(lambda c: c.require_themes(["cost"])).then_nothing()
    codebook.when(lambda c: c.require_themes(["cost", "work"])).then_refused(
        UnknownTheme, "work"
    )


def test_organisations_are_asked_once_each() -> None:
    a, b, c = UUID(int=1), UUID(int=2), UUID(int=3)
    invited = Fact(Consultation.ConsulteesInvited, by=SYSTEM, organisations=[a])
    asked = given(Consultation, planned, invited)
    asked.when(lambda one: one.invite([b, a, c, b], by=SYSTEM, now=NOW)).then(
        Fact(Consultation.ConsulteesInvited, by=SYSTEM, organisations=[b, c])
    )
    asked.when(lambda one: one.invite([a], by=SYSTEM, now=NOW)).then_nothing()


def test_who_was_asked_by_mistake_is_taken_off_for_a_reason() -> None:
    a, b, c = UUID(int=1), UUID(int=2), UUID(int=3)
    invited = Fact(Consultation.ConsulteesInvited, by=SYSTEM, organisations=[a, b])
    asked = given(Consultation, planned, invited)

    def removing(organisations: list[UUID], reason: str) -> Callable[[Any], object]:
        return lambda one: one.remove(organisations, reason=reason, by=SYSTEM, now=NOW)

    removed = Fact(
        Consultation.ConsulteesRemoved,
        by=SYSTEM,
        organisations=[b],
        reason="Fel region",
    )
    asked.when(removing([b, c, b], " Fel region ")).then(removed)
    asked.when(removing([c], "Fel region")).then_nothing()
    asked.when(removing([b], " ")).then_refused(RemovalNeedsReason)
    gone = given(Consultation, planned, invited, removed)
    gone.when(lambda one: one.invite([a, b], by=SYSTEM, now=NOW)).then(
        Fact(Consultation.ConsulteesInvited, by=SYSTEM, organisations=[b])
    )
    over = given(Consultation, planned, invited, opened, closed, concluded)
    over.when(removing([b], "Fel region")).then_refused(AlreadyConcluded)


def test_a_planned_round_opens_before_its_deadline() -> None:
    given(Consultation, planned).when(lambda c: c.open(by=SYSTEM, now=NOW)).then(opened)
    given(Consultation, planned).when(
        lambda c: c.open(by=SYSTEM, now=CLOSES_AT)
    ).then_refused(DeadlineMustBeLater)
    given(Consultation, planned, opened).when(
        lambda c: c.open(by=SYSTEM, now=NOW)
    ).then_refused(AlreadyOpen)


def test_an_open_round_is_extended_to_a_later_deadline() -> None:
    def extend(days: int) -> Act:
        return lambda c: c.extend(
            CLOSES_AT + days * DAY, reason="Sommar", by=SYSTEM, now=NOW
        )

    given(Consultation, planned, opened).when(extend(7)).then(
        Fact(
            Consultation.PeriodExtended,
            by=SYSTEM,
            closes_at=CLOSES_AT + 7 * DAY,
            reason="Sommar",
        )
    )
    for days in (0, -1):
        given(Consultation, planned, opened).when(extend(days)).then_refused(
            DeadlineMustBeLater
        )
    given(Consultation, planned, opened, closed).when(extend(7)).then_refused(NotOpen)


def test_the_deadline_of_a_plan_can_come_nearer() -> None:
    given(Consultation, planned).when(
        lambda c: c.extend(NOW + DAY, reason="", by=SYSTEM, now=NOW)
    ).then(Fact(Consultation.PeriodExtended, by=SYSTEM, closes_at=NOW + DAY, reason=""))


def test_an_open_round_can_be_closed_early() -> None:
    given(Consultation, planned, opened).when(
        lambda c: c.close(by=SYSTEM, now=NOW)
    ).then(closed)
    given(Consultation, planned).when(
        lambda c: c.close(by=SYSTEM, now=NOW)
    ).then_refused(NotOpen)


def test_a_closed_round_opens_again_until_a_new_deadline() -> None:
    def reopen(c: Consultation) -> None:
        c.reopen(CLOSES_AT, reason="Fel adress", by=SYSTEM, now=NOW)

    reopened = Fact(
        Consultation.Reopened, by=SYSTEM, closes_at=CLOSES_AT, reason="Fel adress"
    )
    given(Consultation, planned, opened, closed).when(reopen).then(reopened)
    given(Consultation, planned, opened).when(reopen).then_refused(NotClosed)
    given(Consultation, planned, opened, closed).when(
        lambda c: c.reopen(NOW, reason="", by=SYSTEM, now=NOW)
    ).then_refused(DeadlineMustBeLater)
    again = given(Consultation, planned, opened, closed, reopened)
    again.when(lambda c: c.require_open(CLOSES_AT - DAY)).then_nothing()


def test_only_a_closed_round_is_concluded() -> None:
    given(Consultation, planned, opened, closed).when(
        lambda c: c.conclude(by=SYSTEM, now=NOW)
    ).then(concluded)
    given(Consultation, planned, opened).when(
        lambda c: c.conclude(by=SYSTEM, now=NOW)
    ).then_refused(NotClosed)


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (describe, AlreadyConcluded),
        (lambda c: c.revise_codebook([], by=SYSTEM, now=NOW), AlreadyConcluded),
        (lambda c: c.invite([THING], by=SYSTEM, now=NOW), AlreadyConcluded),
        (lambda c: c.open(by=SYSTEM, now=NOW), AlreadyOpen),
        (lambda c: c.close(by=SYSTEM, now=NOW), NotOpen),
        (lambda c: c.reopen(CLOSES_AT, reason="", by=SYSTEM, now=NOW), NotClosed),
        (lambda c: c.conclude(by=SYSTEM, now=NOW), NotClosed),
    ],
)
def test_what_is_concluded_stands(act: Act, reason: type[AlreadyConcluded]) -> None:
    given(Consultation, planned, opened, closed, concluded).when(act).then_refused(
        reason
    )


def test_comments_are_taken_from_the_opening_until_just_before_the_deadline() -> None:
    open_round = given(Consultation, planned, opened)
    open_round.when(
        lambda c: c.require_open(CLOSES_AT - timedelta(microseconds=1))
    ).then_nothing()
    open_round.when(lambda c: c.require_open(CLOSES_AT)).then_refused(
        DeadlineHasPassed, "2026-04-01 kl. 11.00"
    )
    given(Consultation, planned).when(lambda c: c.require_open(NOW)).then_refused(
        NotOpen
    )
    given(Consultation, planned, opened, closed).when(
        lambda c: c.require_open(NOW)
    ).then_refused(NotOpen)


@pytest.mark.parametrize("access", ["invited", "internal"])
def test_where_only_some_are_asked_the_others_are_refused(
    log: Log, access: str
) -> None:
    asked, other = an_organisation(log), an_organisation(log)
    id = a_consultation(log, access=access)
    invite_consultees(log, id=id, organisations=[asked], by=SYSTEM, now=NOW)
    person, officer = a_person(log), a_person(log, role="officer", consultation=id)

    found = log.look(Consultation, id)
    found.require_may_comment(log.look(Person, person), asked, NOW)
    found.require_may_comment(log.look(Person, officer), None, NOW)
    for organisation in (other, None):
        with pytest.raises(NotInvited):
            found.require_may_comment(log.look(Person, person), organisation, NOW)


def test_planning_takes_a_role_in_all_rounds(log: Log) -> None:
    here = a_consultation(log)
    for role in ("officer", "editor", "chair"):
        plan_consultation(
            log,
            id=uuid4(),
            title="Plan",
            closes_at=CLOSES_AT,
            by=a_person(log, role=role),
            now=NOW,
        )
    for by in (a_person(log, role="chair", consultation=here), a_person(log)):
        with pytest.raises(NotAllowed):
            plan_consultation(
                log, id=uuid4(), title="Plan", closes_at=CLOSES_AT, by=by, now=NOW
            )


def test_a_round_is_run_by_its_own_secretariat(log: Log) -> None:
    id, other = a_consultation(log, open=False), a_consultation(log)
    stranger = a_person(log, role="chair", consultation=other)
    officer = a_person(log, role="officer", consultation=id)
    body = an_organisation(log)
    later: dict[str, Any] = {"closes_at": CLOSES_AT + 999 * 100 * DAY, "reason": ""}
    steps: list[Callable[[UUID], object]] = [
        lambda by: change_details(log, id=id, **TEXTS, **CHOICES, by=by, now=NOW),
        lambda by: revise_codebook(log, id=id, themes=[WORK], by=by, now=NOW),
        lambda by: invite_consultees(log, id=id, organisations=[body], by=by, now=NOW),
        lambda by: remove_consultees(
            log,
            id=id,
            organisations=[body],
            commented=[],
            reason="Fel",
            by=by,
            now=NOW,
        ),
        lambda by: open_consultation(log, id=id, by=by, now=NOW),
        lambda by: extend_period(log, id=id, **later, by=by, now=NOW),
        lambda by: close_consultation(log, id=id, by=by, now=NOW),
        lambda by: reopen_consultation(log, id=id, **later, by=by, now=NOW),
        lambda by: close_consultation(log, id=id, by=by, now=NOW),
        lambda by: conclude_consultation(log, id=id, by=by, now=NOW),
    ]
    for step in steps:
        with pytest.raises(NotAllowed):
            step(stranger)
        step(officer)
    assert log.look(Consultation, id).status == "concluded"


def test_only_organisations_in_the_register_are_asked(log: Log) -> None:
    id = a_consultation(log)
    with pytest.raises(NotFound):
        invite_consultees(log, id=id, organisations=[uuid4()], by=SYSTEM, now=NOW)


def test_who_has_commented_stays_on_the_list(log: Log) -> None:
    id, answered, silent = (
        a_consultation(log),
        an_organisation(log),
        an_organisation(log),
    )
    asked = [answered, silent]
    invite_consultees(log, id=id, organisations=asked, by=SYSTEM, now=NOW)

    def remove(*organisations: UUID) -> None:
        remove_consultees(
            log,
            id=id,
            organisations=list(organisations),
            commented=[answered],
            reason="Fel",
            by=SYSTEM,
            now=NOW,
        )

    with pytest.raises(HasCommented):
        remove(answered, silent)
    remove(silent)
    assert log.look(Consultation, id).consultees == {answered}
