"""The rules of a revision: from its start to the proposal's next edition."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.anchor import Anchor
from domain.change import ChangeDoesNotFit, PassageChange
from domain.consultation import TitleIsMissing
from domain.gathering import merge_issues
from domain.issue import IssueIsMerged
from domain.log import SYSTEM, Conflict, Log, NotAllowed, NotFound
from domain.proposal import (
    NoText,
    Proposal,
    ProposalWithdrawn,
    Standing,
    withdraw_proposal,
)
from domain.revision import (
    ChangesAfterReview,
    NoSuchChange,
    NothingChanged,
    ProposalMovedOn,
    Revision,
    RevisionIsSettled,
    abandon_revision,
    adopt_revision,
    drop_change,
    make_change,
    move_revision,
    place_stragglers,
    review_revision,
    start_revision,
)
from domain.text import Passage
from tests.scenario import NOW, THING, Fact, given
from tests.story import (
    a_comment,
    a_consultation,
    a_person,
    a_proposal,
    a_revision,
    an_adopted_revision,
    an_issue,
    replacing,
    text_of,
)

ROUND, PROPOSAL = UUID(int=0x20), UUID(int=0x30)
A, B, NEW = UUID(int=0xA), UUID(int=0xB), UUID(int=0xC)
TEXT = (Passage(A, "heading", 1, "Rubrik"), Passage(B, "paragraph", 0, "Ett stycke."))


def change(number: int, op: str, passage: UUID, **more: Any) -> PassageChange:
    made: PassageChange = {
        "id": UUID(int=number).hex,
        "op": op,
        "passage": passage.hex,
        "reason": "Tydligare",
        "issues": [],
        **more,  # type: ignore[typeddict-item]
    }
    return made


WORDS = {"kind": "paragraph", "level": 0, "text": "Ett bättre stycke.", "marks": []}
rewording = change(1, "replace", B, **WORDS)
addition = change(2, "insert", NEW, after=B.hex, **WORDS)
shift = change(3, "move", NEW, after=A.hex)

proposal_drafted = Fact(
    Proposal.Drafted,
    by=SYSTEM,
    consultation=ROUND,
    title="Förslag",
    order=1,
    passages=[passage.stored() for passage in TEXT],
    source="",
    reference="",
)
started = Fact(
    Revision.Started,
    by=SYSTEM,
    consultation=ROUND,
    proposal=PROPOSAL,
    base=1,
    title="Efter våren",
    reference="",
)
reviewed = Fact(Revision.Reviewed, by=SYSTEM, note="Läst")
adopted = Fact(Revision.Adopted, by=SYSTEM, edition=2)
abandoned = Fact(Revision.Abandoned, by=SYSTEM, reason="Togs över")


def made(change: PassageChange) -> Fact:
    return Fact(Revision.ChangeMade, by=SYSTEM, change=change)


def proposal(*facts: Fact) -> Proposal:
    thing: Proposal = given(Proposal, proposal_drafted, *facts, id=PROPOSAL).thing
    return thing


def start(title: str = " Efter våren ", *, on: Proposal | None = None) -> Revision:
    return Revision.start(on or proposal(), id=THING, title=title, by=SYSTEM, now=NOW)


def make(change: PassageChange) -> Callable[[Revision], None]:
    return lambda revision: revision.make_changes([change], TEXT, by=SYSTEM, now=NOW)


def drop(change: PassageChange) -> Callable[[Revision], None]:
    return lambda revision: revision.drop_change(change["id"], TEXT, by=SYSTEM, now=NOW)


def review(revision: Revision) -> None:
    revision.review(note="Läst", by=SYSTEM, now=NOW)


def abandon(revision: Revision) -> None:
    revision.abandon(reason="Togs över", by=SYSTEM, now=NOW)


def test_a_revision_starts_on_the_newest_edition() -> None:
    given().when(lambda _: start()).then(started)
    given().when(lambda _: start(" ")).then_refused(TitleIsMissing)


def test_no_revision_starts_on_a_withdrawn_proposal() -> None:
    withdrawn = proposal(Fact(Proposal.Withdrawn, by=SYSTEM, reason=""))
    given().when(lambda _: start(on=withdrawn)).then_refused(ProposalWithdrawn)


def test_changes_are_made_and_replaced_by_their_ids() -> None:
    given(Revision, started).when(make(rewording)).then(made(rewording))
    again: PassageChange = {**rewording, "text": "Ett ännu bättre stycke."}
    revision = given(
        Revision, started, made(rewording), made(addition), made(again)
    ).thing
    assert list(revision.changes.values()) == [again, addition]


def test_a_change_fits_the_text_with_the_changes_before_it() -> None:
    given(Revision, started, made(addition)).when(make(shift)).then(made(shift))
    given(Revision, started).when(make(shift)).then_refused(ChangeDoesNotFit)
    replaced = change(2, "delete", A)
    given(Revision, started, made(addition), made(shift)).when(
        make(replaced)
    ).then_refused(ChangeDoesNotFit)


def test_a_change_is_dropped_unless_another_builds_on_it() -> None:
    history = given(Revision, started, made(addition), made(shift))
    history.when(drop(addition)).then_refused(ChangeDoesNotFit)
    history.when(drop(shift)).then(
        Fact(Revision.ChangeDropped, by=SYSTEM, change=shift["id"])
    )
    given(Revision, started).when(drop(shift)).then_refused(NoSuchChange)


def test_of_changes_that_no_longer_fit_any_is_dropped() -> None:
    history = given(Revision, started, made(rewording), made(addition))
    elsewhere = (Passage(A, "heading", 1, "Rubrik"),)
    history.when(
        lambda revision: revision.drop_change(
            rewording["id"], elsewhere, by=SYSTEM, now=NOW
        )
    ).then(Fact(Revision.ChangeDropped, by=SYSTEM, change=rewording["id"]))


def test_a_revision_with_changes_is_reviewed() -> None:
    given(Revision, started, made(rewording)).when(review).then(reviewed)
    given(Revision, started).when(review).then_refused(NothingChanged)


def test_an_adopted_revision_makes_the_next_edition() -> None:
    text = proposal()
    given(Revision, started, made(rewording), reviewed).when(
        lambda revision: revision.adopt(text, by=SYSTEM, now=NOW)
    ).then(adopted)
    (revised,) = text.collect_events()
    assert Fact.of(revised) == Fact(
        Proposal.Revised, by=SYSTEM, edition=2, revision=THING, changes=[rewording]
    )


@pytest.mark.parametrize(
    ("history", "reason"),
    [
        ([], NothingChanged),
        ([made(rewording)], ChangesAfterReview),
        ([made(rewording), reviewed, made(addition)], ChangesAfterReview),
        (
            [
                made(rewording),
                made(addition),
                reviewed,
                Fact(Revision.ChangeDropped, by=SYSTEM, change=addition["id"]),
            ],
            ChangesAfterReview,
        ),
        (
            [made(rewording), reviewed, Fact(Revision.Moved, by=SYSTEM, base=1)],
            ChangesAfterReview,
        ),
        (
            [made(rewording), Fact(Revision.Moved, by=SYSTEM, base=2), reviewed],
            ProposalMovedOn,
        ),
        (
            [
                made(change(1, "delete", A)),
                made(change(2, "delete", B)),
                reviewed,
            ],
            NoText,
        ),
    ],
)
def test_what_is_adopted_is_what_was_reviewed_on_that_edition(
    history: list[Fact], reason: type[NothingChanged]
) -> None:
    text = proposal()
    given(Revision, started, *history).when(
        lambda revision: revision.adopt(text, by=SYSTEM, now=NOW)
    ).then_refused(reason)
    assert not text.collect_events()


def test_a_revision_moves_to_a_newer_edition_where_its_changes_fit() -> None:
    def next_edition(change: PassageChange) -> Proposal:
        return proposal(
            Fact(
                Proposal.Revised,
                by=SYSTEM,
                edition=2,
                revision=uuid4(),
                changes=[change],
            )
        )

    fits = next_edition(change(9, "insert", uuid4(), after=None, **WORDS))
    given(Revision, started, made(rewording), reviewed).when(
        lambda revision: revision.move(fits, by=SYSTEM, now=NOW)
    ).then(Fact(Revision.Moved, by=SYSTEM, base=2))
    without_it = next_edition(change(9, "delete", B))
    given(Revision, started, made(rewording)).when(
        lambda revision: revision.move(without_it, by=SYSTEM, now=NOW)
    ).then_refused(ChangeDoesNotFit)


def test_work_is_abandoned_for_a_reason() -> None:
    given(Revision, started).when(abandon).then(abandoned)


@pytest.mark.parametrize("end", [adopted, abandoned])
@pytest.mark.parametrize(
    "act",
    [
        make(addition),
        drop(rewording),
        review,
        abandon,
        lambda revision: revision.move(proposal(), by=SYSTEM, now=NOW),
        lambda revision: revision.adopt(proposal(), by=SYSTEM, now=NOW),
    ],
)
def test_what_is_settled_is_not_changed(end: Fact, act: Any) -> None:
    given(Revision, started, made(rewording), reviewed, end).when(act).then_refused(
        RevisionIsSettled
    )


def test_the_whole_way_takes_an_editor(log: Log) -> None:
    consultation = a_consultation(log)
    text = a_proposal(log, consultation)
    editor = a_person(log, role="editor", consultation=consultation)
    officer = a_person(log, role="officer", consultation=consultation)
    id = uuid4()
    one = replacing(log, text, 1, "Ny lydelse.")
    other = replacing(log, text, 3, "Annan lydelse.")
    steps: list[Callable[[UUID], object]] = [
        lambda by: start_revision(
            log, id=id, proposal=text, title="Våren", by=by, now=NOW
        ),
        lambda by: make_change(log, id=id, changes=[one, other], by=by, now=NOW),
        lambda by: drop_change(log, id=id, change=other["id"], by=by, now=NOW),
        lambda by: move_revision(log, id=id, by=by, now=NOW),
        lambda by: review_revision(log, id=id, note="", by=by, now=NOW),
        lambda by: adopt_revision(log, id=id, anchors={}, by=by, now=NOW),
        lambda by: place_stragglers(log, proposal=text, anchors={}, by=by, now=NOW),
    ]
    for step in steps:
        with pytest.raises(NotAllowed):
            step(officer)
        step(editor)
    assert log.look(Proposal, text).edition == 2
    assert text_of(log, text)[1].text == "Ny lydelse."
    given_up = a_revision(log, text)
    with pytest.raises(NotAllowed):
        abandon_revision(log, id=given_up, reason="", by=officer, now=NOW)
    abandon_revision(log, id=given_up, reason="", by=editor, now=NOW)


def test_of_two_revisions_the_second_must_move_first(log: Log) -> None:
    text = a_proposal(log, a_consultation(log))
    unfit = replacing(log, text, 3, "Skrivs om.")
    second = a_revision(log, text, [replacing(log, text, 1, "A"), unfit])
    an_adopted_revision(
        log,
        text,
        [{"id": uuid4().hex, "op": "delete", "passage": text_of(log, text)[3].id.hex}],
    )
    with pytest.raises(ProposalMovedOn):
        make_change(
            log, id=second, changes=[replacing(log, text, 2, "B")], by=SYSTEM, now=NOW
        )
    with pytest.raises(ProposalMovedOn):
        adopt_revision(log, id=second, anchors={}, by=SYSTEM, now=NOW)
    with pytest.raises(ChangeDoesNotFit):
        move_revision(log, id=second, by=SYSTEM, now=NOW)
    drop_change(log, id=second, change=unfit["id"], by=SYSTEM, now=NOW)
    move_revision(log, id=second, by=SYSTEM, now=NOW)
    review_revision(log, id=second, note="", by=SYSTEM, now=NOW)
    adopt_revision(log, id=second, anchors={}, by=SYSTEM, now=NOW)
    assert [p.text for p in text_of(log, text)][1] == "A"


def test_two_who_adopt_at_once_do_not_make_two_editions(log: Log) -> None:
    text = a_proposal(log, a_consultation(log))
    one = a_revision(log, text, [replacing(log, text, 1, "A")])
    two = a_revision(log, text, [replacing(log, text, 3, "B")])
    held = []
    for id in (one, two):
        review_revision(log, id=id, note="", by=SYSTEM, now=NOW)
        revision, proposal = log.get(Revision, id), log.get(Proposal, text)
        revision.adopt(proposal, by=SYSTEM, now=NOW)
        held.append((revision, proposal))
    log.record(*held[0])
    with pytest.raises(Conflict):
        log.record(*held[1])
    assert log.look(Proposal, text).edition == 2
    assert not log.look(Revision, two).is_settled


def test_a_change_is_made_for_issues_that_stand(log: Log) -> None:
    consultation = a_consultation(log)
    text = a_proposal(log, consultation)
    issue, merged = an_issue(log, consultation), an_issue(log, consultation)
    merge_issues(log, id=merged, into=issue, by=SYSTEM, now=NOW)
    revision = a_revision(log, text)

    def make_for(issue: UUID) -> None:
        for_it = replacing(log, text, 1, "A", issues=[issue])
        make_change(log, id=revision, changes=[for_it], by=SYSTEM, now=NOW)

    make_for(issue)
    with pytest.raises(IssueIsMerged):
        make_for(merged)
    with pytest.raises(NotFound):
        make_for(uuid4())


def test_an_adoption_is_refused_once_the_proposal_is_withdrawn(log: Log) -> None:
    text = a_proposal(log, a_consultation(log))
    revision = a_revision(log, text, [replacing(log, text, 1, "A")])
    review_revision(log, id=revision, note="", by=SYSTEM, now=NOW)
    withdraw_proposal(log, id=text, reason="", by=SYSTEM, now=NOW)
    with pytest.raises(ProposalWithdrawn):
        adopt_revision(log, id=revision, anchors={}, by=SYSTEM, now=NOW)


def test_the_same_issue_stands_behind_a_change_once(log: Log) -> None:
    consultation = a_consultation(log)
    text = a_proposal(log, consultation)
    issue, other = an_issue(log, consultation), an_issue(log, consultation)
    twice = replacing(log, text, 1, "A", issues=[issue, other, issue])
    twice["issues"].append(str(other))
    id = a_revision(log, text, [twice])
    (change,) = log.look(Revision, id).changes.values()
    assert change["issues"] == [issue.hex, other.hex]


def test_a_change_is_the_same_however_its_id_is_spelt(log: Log) -> None:
    text = a_proposal(log, a_consultation(log))
    change = replacing(log, text, 1, "A")
    spelt: PassageChange = {
        **change,
        "id": str(UUID(change["id"])).upper(),
        "passage": str(UUID(change["passage"])),
        "text": "B",
    }
    id = a_revision(log, text, [change, spelt])
    assert log.look(Revision, id).changes == {change["id"]: {**change, "text": "B"}}
    drop_change(log, id=id, change=spelt["id"], by=SYSTEM, now=NOW)
    assert not log.look(Revision, id).changes


def test_a_change_is_dropped_only_while_the_revision_is_open(log: Log) -> None:
    text = a_proposal(log, a_consultation(log))
    one, other = replacing(log, text, 1, "A"), replacing(log, text, 3, "B")
    adopted = a_revision(log, text, [one])
    moved_past = a_revision(log, text, [one, other])
    review_revision(log, id=adopted, note="", by=SYSTEM, now=NOW)
    adopt_revision(log, id=adopted, anchors={}, by=SYSTEM, now=NOW)
    drop_change(log, id=moved_past, change=one["id"], by=SYSTEM, now=NOW)
    with pytest.raises(NoSuchChange):
        drop_change(log, id=moved_past, change=one["id"], by=SYSTEM, now=NOW)
    abandon_revision(log, id=moved_past, reason="", by=SYSTEM, now=NOW)
    for settled, change in [(adopted, one), (moved_past, other)]:
        with pytest.raises(RevisionIsSettled):
            drop_change(log, id=settled, change=change["id"], by=SYSTEM, now=NOW)


def test_only_comments_on_the_proposal_are_placed_in_it(log: Log) -> None:
    consultation = a_consultation(log)
    text, other = a_proposal(log, consultation), a_proposal(log, consultation)
    own, foreign = a_comment(log, text), a_comment(log, other)
    revision = a_revision(log, text, [replacing(log, text, 1, "A")])
    review_revision(log, id=revision, note="", by=SYSTEM, now=NOW)
    whole = Standing(1, Anchor(None))
    before = log.head()
    for stranger in (foreign, uuid4(), text):
        anchors = {own: whole, stranger: whole}
        with pytest.raises(NotFound):
            adopt_revision(log, id=revision, anchors=anchors, by=SYSTEM, now=NOW)
        with pytest.raises(NotFound):
            place_stragglers(log, proposal=text, anchors=anchors, by=SYSTEM, now=NOW)
    assert log.head() == before
    adopt_revision(log, id=revision, anchors={own: whole}, by=SYSTEM, now=NOW)
