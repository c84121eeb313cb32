"""The rules of a proposal: its text, its editions, and what is published."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.anchor import Anchor
from domain.change import ChangeDoesNotFit, apply_changes
from domain.consultation import AlreadyConcluded, TitleIsMissing
from domain.log import SYSTEM, Log, NotAllowed, NotFound
from domain.period import close_consultation, conclude_consultation
from domain.proposal import (
    AlreadyPublished,
    AlreadyRevised,
    NoText,
    PassageTwice,
    Proposal,
    ProposalWithdrawn,
    Standing,
    draft_proposal,
    publish_proposal,
    redraft_proposal,
    withdraw_proposal,
)
from domain.text import Mark, Passage
from tests.scenario import NOW, THING, Fact, given
from tests.story import (
    a_consultation,
    a_person,
    a_proposal,
    an_adopted_revision,
    passages,
)

ROUND, REVISION = UUID(int=0x20), UUID(int=0x30)
A, B, C, NEW = (UUID(int=n) for n in (0xA, 0xB, 0xC, 0xD))
TEXT = (
    Passage(A, "heading", 1, "Rubrik"),
    Passage(B, "paragraph", 0, "Regionen ordnar mentorer.", (Mark(0, 8, "strong"),)),
    Passage(C, "paragraph", 0, "Staten betalar."),
)
STORED = [passage.stored() for passage in TEXT]

drafted = Fact(
    Proposal.Drafted,
    by=SYSTEM,
    consultation=ROUND,
    title="Förslag",
    order=1,
    passages=STORED,
    source="",
    reference="",
)
published = Fact(Proposal.Published, by=SYSTEM, edition=1)
withdrawn = Fact(Proposal.Withdrawn, by=SYSTEM, reason="Fel fil")


def replace(passage: UUID, text: str) -> dict[str, Any]:
    return {
        "op": "replace",
        "passage": passage.hex,
        "kind": "paragraph",
        "level": 0,
        "text": text,
        "marks": [],
    }


def insert(passage: UUID, after: UUID | None, text: str = "Nytt.") -> dict[str, Any]:
    where = {"op": "insert", "after": after.hex if after else None}
    return {**replace(passage, text), **where}


def move(passage: UUID, after: UUID | None) -> dict[str, Any]:
    return {
        "op": "move",
        "passage": passage.hex,
        "after": after.hex if after else None,
    }


def delete(passage: UUID) -> dict[str, Any]:
    return {"op": "delete", "passage": passage.hex}


def revised(*changes: dict[str, Any], edition: int = 2) -> Fact:
    return Fact(
        Proposal.Revised,
        by=SYSTEM,
        edition=edition,
        revision=REVISION,
        changes=list(changes),
    )


def draft(**changed: Any) -> Proposal:
    details = {"title": "Förslag", "order": 1, "passages": TEXT, **changed}
    return Proposal.draft(id=THING, consultation=ROUND, by=SYSTEM, now=NOW, **details)


def redraft(proposal: Proposal, **changed: Any) -> None:
    details = {"title": "Nytt", "passages": TEXT[:2], **changed}
    proposal.redraft(by=SYSTEM, now=NOW, **details)


def test_a_draft_is_entered_whole() -> None:
    given().when(lambda _: draft(title=" Förslag ")).then(drafted)


WRONG = [
    ({"title": " "}, TitleIsMissing),
    ({"passages": []}, NoText),
    ({"passages": [Passage(A, "paragraph", 0, " ")]}, NoText),
    ({"passages": [TEXT[0], TEXT[1], TEXT[0]]}, PassageTwice),
]


@pytest.mark.parametrize(("wrong", "reason"), WRONG)
def test_a_draft_has_a_title_and_words_and_each_passage_once(
    wrong: dict[str, Any], reason: type[NoText]
) -> None:
    given().when(lambda _: draft(**wrong)).then_refused(reason)
    given(Proposal, drafted).when(lambda p: redraft(p, **wrong)).then_refused(reason)


def test_a_draft_is_replaced_before_anybody_has_read_it() -> None:
    given(Proposal, drafted).when(lambda p: redraft(p, source="ny.docx")).then(
        Fact(
            Proposal.Redrafted,
            by=SYSTEM,
            title="Nytt",
            passages=STORED[:2],
            source="ny.docx",
        )
    )


def test_what_was_published_or_revised_is_not_replaced() -> None:
    given(Proposal, drafted, published).when(redraft).then_refused(AlreadyPublished)
    given(Proposal, drafted, revised(replace(B, "X"))).when(redraft).then_refused(
        AlreadyRevised
    )


def test_a_revision_makes_the_next_edition_and_the_old_one_stays() -> None:
    change = replace(B, "Varje region ordnar mentorer.")
    proposal = given(Proposal, drafted)
    proposal.when(
        lambda p: p.revise(revision=REVISION, changes=[change], by=SYSTEM, now=NOW)
    ).then(revised(change))
    after = given(Proposal, drafted, revised(change)).thing
    assert after.edition == 2
    assert after.texts[1] == TEXT
    assert [p.text for p in after.passages] == [
        "Rubrik",
        "Varje region ordnar mentorer.",
        "Staten betalar.",
    ]


def test_a_revision_leaves_some_text() -> None:
    gone = [delete(A), delete(B), delete(C)]
    given(Proposal, drafted).when(
        lambda p: p.revise(revision=REVISION, changes=gone, by=SYSTEM, now=NOW)
    ).then_refused(NoText)


def test_an_edition_is_published_once() -> None:
    given(Proposal, drafted).when(lambda p: p.publish(by=SYSTEM, now=NOW)).then(
        published
    )
    given(Proposal, drafted, published).when(
        lambda p: p.publish(by=SYSTEM, now=NOW)
    ).then_refused(AlreadyPublished)
    given(Proposal, drafted, published, revised(replace(B, "X"))).when(
        lambda p: p.publish(by=SYSTEM, now=NOW)
    ).then(Fact(Proposal.Published, by=SYSTEM, edition=2))


def test_a_proposal_is_taken_back_for_a_reason() -> None:
    given(Proposal, drafted).when(
        lambda p: p.withdraw(reason="Fel fil", by=SYSTEM, now=NOW)
    ).then(withdrawn)


@pytest.mark.parametrize(
    "act",
    [
        redraft,
        lambda p: p.revise(revision=REVISION, changes=[], by=SYSTEM, now=NOW),
        lambda p: p.publish(by=SYSTEM, now=NOW),
        lambda p: p.withdraw(reason="", by=SYSTEM, now=NOW),
        lambda p: p.require_standing(),
    ],
)
def test_nothing_more_happens_to_a_withdrawn_proposal(act: Any) -> None:
    given(Proposal, drafted, withdrawn).when(act).then_refused(ProposalWithdrawn)


def test_comments_are_placed_in_the_text_as_it_stands() -> None:
    words = Anchor.at(B, TEXT[1].text, 9, 15)
    assert words.quote == "ordnar"
    moved_on = given(
        Proposal, drafted, revised(replace(B, "Varje år: Regionen ordnar mentorer."))
    )
    moved_on.when(
        lambda p: p.place_anchors({THING: Standing(1, words)}, by=SYSTEM, now=NOW)
    ).then(
        Fact(
            Proposal.AnchorsPlaced,
            by=SYSTEM,
            edition=2,
            placements=[
                {
                    "comment": THING.hex,
                    "edition": 2,
                    "passage": B.hex,
                    "start": 19,
                    "end": 25,
                    "state": "exact",
                    "certain": True,
                }
            ],
        )
    )
    moved_on.when(lambda p: p.place_anchors({}, by=SYSTEM, now=NOW)).then_nothing()


@pytest.mark.parametrize(
    ("changes", "order"),
    [
        ([insert(NEW, None)], [NEW, A, B, C]),
        ([insert(NEW, C)], [A, B, C, NEW]),
        ([insert(NEW, A)], [A, NEW, B, C]),
        ([delete(A)], [B, C]),
        ([move(C, None)], [C, A, B]),
        ([move(A, C)], [B, C, A]),
        ([move(A, B), replace(A, "X")], [B, A, C]),
        ([insert(NEW, A), move(NEW, C), delete(A)], [B, C, NEW]),
        ([delete(B), insert(B, C)], [A, C, B]),
    ],
)
def test_changes_are_made_in_their_order(
    changes: list[dict[str, Any]], order: list[UUID]
) -> None:
    assert [p.id for p in apply_changes(TEXT, changes)] == order


@pytest.mark.parametrize(
    "changes",
    [
        [insert(A, None)],
        [insert(NEW, uuid4())],
        [insert(NEW, NEW)],
        [replace(NEW, "X")],
        [delete(NEW)],
        [delete(A), delete(A)],
        [delete(A), insert(NEW, A)],
        [move(NEW, A)],
        [move(A, A)],
        [move(A, NEW)],
        [{**delete(A), "op": "burn"}],
    ],
)
def test_a_change_names_passages_that_are_there(changes: list[dict[str, Any]]) -> None:
    with pytest.raises(ChangeDoesNotFit):
        apply_changes(TEXT, changes)


def test_passages_keep_their_marks_through_the_log() -> None:
    assert given(Proposal, drafted).thing.passages == TEXT


def test_a_draft_takes_the_secretariat_and_publishing_an_editor(log: Log) -> None:
    consultation = a_consultation(log)
    officer = a_person(log, role="officer", consultation=consultation)
    editor = a_person(log, role="editor", consultation=consultation)
    id = uuid4()

    def draft_it(id: UUID, by: UUID) -> None:
        draft_proposal(
            log,
            id=id,
            consultation=consultation,
            title="Förslag",
            order=1,
            passages=passages(),
            by=by,
            now=NOW,
        )

    draft_it(id, officer)
    redraft_proposal(log, id=id, title="Ny", passages=passages(), by=officer, now=NOW)
    with pytest.raises(NotAllowed):
        publish_proposal(log, id=id, by=officer, now=NOW)
    publish_proposal(log, id=id, by=editor, now=NOW)
    with pytest.raises(NotAllowed):
        withdraw_proposal(log, id=id, reason="", by=officer, now=NOW)
    withdraw_proposal(log, id=id, reason="", by=editor, now=NOW)
    visitor = a_person(log)
    with pytest.raises(NotAllowed):
        draft_it(uuid4(), visitor)
    with pytest.raises(NotAllowed):
        redraft_proposal(
            log, id=id, title="X", passages=passages(), by=visitor, now=NOW
        )


def test_no_proposal_is_entered_in_a_concluded_round_or_none(log: Log) -> None:
    consultation = a_consultation(log)
    close_consultation(log, id=consultation, by=SYSTEM, now=NOW)
    conclude_consultation(log, id=consultation, by=SYSTEM, now=NOW)
    with pytest.raises(AlreadyConcluded):
        a_proposal(log, consultation)
    with pytest.raises(NotFound):
        a_proposal(log, uuid4())


def test_a_draft_that_a_revision_was_adopted_on_is_not_replaced(log: Log) -> None:
    proposal = a_proposal(log, a_consultation(log), published=False)
    an_adopted_revision(log, proposal, published=False)
    with pytest.raises(AlreadyRevised):
        redraft_proposal(
            log, id=proposal, title="X", passages=passages(), by=SYSTEM, now=NOW
        )
