"""The rules of a comment: who may say what, when, and what is done with it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.anchor import Anchor
from domain.codebook import UnknownTheme
from domain.comment import (
    COMMENT_KINDS,
    LONGEST_TEXT,
    Comment,
    CommentIsWithdrawn,
    NothingAmended,
    NotTheAuthor,
    QuoteNotFound,
    TextIsMissing,
    TextIsTooLong,
    UnknownCommentKind,
    WithholdingNeedsReason,
)
from domain.consultation import DeadlineHasPassed, NotInvited, NotOpen
from domain.inbox import (
    assign_comments,
    clear_comments,
    code_comments,
    confirm_anchor,
    withhold_comments,
)
from domain.log import SYSTEM, Log, NotAllowed, NotFound, Receipt
from domain.organisation import end_mandate
from domain.period import close_consultation
from domain.person import NoMandate
from domain.proposal import NotPublished, ProposalWithdrawn, withdraw_proposal
from domain.submission import amend_comment, submit_comment, withdraw_comment
from tests.scenario import NOW, THING, Fact, given
from tests.story import (
    CLOSES_AT,
    a_comment,
    a_consultation,
    a_person,
    a_proposal,
    an_adopted_revision,
    an_organisation,
    on,
    text_of,
)

ROUND, PROPOSAL, PASSAGE = UUID(int=0x20), UUID(int=0x30), UUID(int=0xA)
ANNA, OFFICER = UUID(int=0x51), UUID(int=0x52)
ANCHOR = Anchor(PASSAGE, 4, 8, "ordet", "före", "efter")

submitted = Fact(
    Comment.Submitted,
    by=ANNA,
    consultation=ROUND,
    proposal=PROPOSAL,
    edition=1,
    anchor=ANCHOR.stored(),
    placement=None,
    kind="general",
    text="För kort.",
    wording="",
    organisation=None,
    author=None,
    made_at=None,
    reference="",
)
withdrawn = Fact(Comment.Withdrawn, by=ANNA)


def submit(**changed: Any) -> Comment:
    details = {"kind": "general", "text": " För kort. ", "wording": " ", **changed}
    return Comment.submit(
        id=THING,
        consultation=ROUND,
        proposal=PROPOSAL,
        edition=1,
        anchor=ANCHOR,
        by=ANNA,
        now=NOW,
        **details,
    )


def amend(comment: Comment, **changed: Any) -> None:
    details = {"kind": "technical", "text": " Längre. ", "wording": " x ", **changed}
    comment.amend(by=ANNA, now=NOW, **details)


def code(*themes: str) -> Callable[[Comment], None]:
    return lambda comment: comment.code(themes, by=OFFICER, now=NOW)


def assign(officer: UUID | None) -> Callable[[Comment], None]:
    return lambda comment: comment.assign(officer, by=OFFICER, now=NOW)


def clear(comment: Comment) -> None:
    comment.clear(by=OFFICER, now=NOW)


def withhold(comment: Comment, reason: str = " Personuppgift ") -> None:
    comment.withhold(reason=reason, by=OFFICER, now=NOW)


def test_a_comment_is_submitted_with_its_place() -> None:
    given().when(lambda _: submit()).then(submitted)


@pytest.mark.parametrize("kind", COMMENT_KINDS)
def test_a_comment_is_of_one_of_three_kinds(kind: str) -> None:
    assert submit(kind=kind).kind == kind


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"text": " \n"}, TextIsMissing),
        ({"text": "x" * (LONGEST_TEXT + 1)}, TextIsTooLong),
        ({"wording": "x" * (LONGEST_TEXT + 1)}, TextIsTooLong),
        ({"kind": "angry"}, UnknownCommentKind),
    ],
)
def test_what_a_comment_says_is_checked_when_submitted_and_amended(
    wrong: dict[str, str], reason: type[TextIsMissing]
) -> None:
    given().when(lambda _: submit(**wrong)).then_refused(reason)
    given(Comment, submitted).when(lambda c: amend(c, **wrong)).then_refused(reason)


def test_a_text_that_is_too_long_is_told_by_how_much() -> None:
    given().when(lambda _: submit(text="x" * 20_001)).then_refused(
        TextIsTooLong, "20000", "20001"
    )
    submit(text="x" * LONGEST_TEXT, wording="x" * LONGEST_TEXT)


def test_the_author_amends_what_a_comment_says() -> None:
    given(Comment, submitted).when(amend).then(
        Fact(Comment.Amended, by=ANNA, kind="technical", text="Längre.", wording="x")
    )


def test_an_amendment_changes_something() -> None:
    given(Comment, submitted).when(
        lambda c: amend(c, kind="general", text="För kort. ", wording="")
    ).then_refused(NothingAmended)


def test_a_comment_is_taken_back() -> None:
    given(Comment, submitted).when(lambda c: c.withdraw(by=ANNA, now=NOW)).then(
        withdrawn
    )


def test_a_comment_is_cleared_or_withheld_for_a_reason() -> None:
    given(Comment, submitted).when(clear).then(Fact(Comment.Cleared, by=OFFICER))
    given(Comment, submitted).when(withhold).then(
        Fact(Comment.Withheld, by=OFFICER, reason="Personuppgift")
    )
    given(Comment, submitted).when(lambda c: withhold(c, " ")).then_refused(
        WithholdingNeedsReason
    )


@pytest.mark.parametrize(
    "act",
    [
        amend,
        lambda c: c.withdraw(by=ANNA, now=NOW),
        clear,
        withhold,
        lambda c: c.require_standing(),
    ],
)
def test_nobody_changes_what_is_withdrawn(act: Any) -> None:
    given(Comment, submitted, withdrawn).when(act).then_refused(CommentIsWithdrawn)


def test_coding_replaces_the_themes_and_the_same_themes_are_nothing_new() -> None:
    given(Comment, submitted).when(code("work", "cost", "work")).then(
        Fact(Comment.Coded, by=OFFICER, themes=["cost", "work"])
    )
    coded = Fact(Comment.Coded, by=OFFICER, themes=["cost", "work"])
    given(Comment, submitted, coded).when(code("work", "cost")).then_nothing()
    given(Comment, submitted, coded).when(code()).then(
        Fact(Comment.Coded, by=OFFICER, themes=[])
    )
    given(Comment, submitted).when(code()).then_nothing()


def test_a_comment_is_assigned_to_one_officer_or_none() -> None:
    assigned = Fact(Comment.Assigned, by=OFFICER, officer=OFFICER)
    given(Comment, submitted).when(assign(OFFICER)).then(assigned)
    given(Comment, submitted, assigned).when(assign(OFFICER)).then_nothing()
    given(Comment, submitted, assigned).when(assign(None)).then(
        Fact(Comment.Assigned, by=OFFICER, officer=None)
    )
    given(Comment, submitted).when(assign(None)).then_nothing()


def test_an_officer_settles_where_a_comment_stands() -> None:
    given(Comment, submitted).when(
        lambda c: c.confirm_anchor(2, ANCHOR, by=OFFICER, now=NOW)
    ).then(Fact(Comment.AnchorConfirmed, by=OFFICER, edition=2, anchor=ANCHOR.stored()))


@pytest.fixture
def proposal(log: Log) -> UUID:
    return a_proposal(log, a_consultation(log))


def send(log: Log, proposal: UUID, **changed: Any) -> tuple[UUID, Receipt]:
    details = {
        "id": uuid4(),
        "edition": 1,
        "anchor": Anchor(None),
        "kind": "general",
        "text": "Bra.",
        "now": NOW,
        **changed,
    }
    if "by" not in details:
        details["by"] = a_person(log)
    return details["id"], submit_comment(log, proposal=proposal, **details)


def test_the_receipt_has_the_comments_number(log: Log, proposal: UUID) -> None:
    _, receipt = send(log, proposal)
    assert receipt == Receipt(log.recorder.max_notification_id() or 0, NOW)


def test_a_comment_keeps_the_words_as_the_text_has_them(
    log: Log, proposal: UUID
) -> None:
    passage = text_of(log, proposal)[1]
    # As a browser may hand it in: other white space, offsets of its own.
    id, _ = send(
        log, proposal, anchor=Anchor(passage.id, 0, 3, "egen  \nmentor", "en ")
    )
    start = passage.text.index("egen mentor")
    (event,) = log.history(id)
    assert Anchor.of(event.anchor) == Anchor.at(
        passage.id, passage.text, start, start + len("egen mentor")
    )


def test_a_comment_on_a_passage_or_on_the_whole_quotes_nothing(
    log: Log, proposal: UUID
) -> None:
    passage = text_of(log, proposal)[1].id
    for given_, kept in [
        (Anchor(passage, 3, 9), Anchor(passage)),
        (Anchor(None, 3, 9, "egen"), Anchor(None)),
    ]:
        id, _ = send(log, proposal, anchor=given_)
        assert Anchor.of(log.history(id)[0].anchor) == kept


def test_words_that_are_not_there_are_refused(log: Log, proposal: UUID) -> None:
    passage = text_of(log, proposal)[1].id
    for anchor in (Anchor(passage, 0, 4, "sommarlov"), Anchor(uuid4())):
        with pytest.raises(QuoteNotFound):
            send(log, proposal, anchor=anchor)


def test_comments_are_made_on_published_versions(log: Log) -> None:
    proposal = a_proposal(log, a_consultation(log), published=False)
    with pytest.raises(NotPublished):
        send(log, proposal)
    public = a_proposal(log, a_consultation(log))
    an_adopted_revision(log, public, published=False)
    for edition in (2, 0, -1):
        with pytest.raises(NotPublished):
            send(log, public, edition=edition)


def test_comments_are_taken_while_the_round_is_open(log: Log) -> None:
    planned = a_proposal(log, a_consultation(log, open=False))
    with pytest.raises(NotOpen):
        send(log, planned)
    short = a_proposal(log, a_consultation(log, closes_at=NOW + timedelta(days=1)))
    send(log, short, now=NOW + timedelta(hours=23))
    with pytest.raises(DeadlineHasPassed):
        send(log, short, now=NOW + timedelta(days=1))


def test_the_operator_enters_comments_after_the_close_too(log: Log) -> None:
    consultation = a_consultation(log)
    proposal = a_proposal(log, consultation)
    close_consultation(log, id=consultation, by=SYSTEM, now=NOW)
    send(log, proposal, by=SYSTEM)


def test_a_withdrawn_proposal_takes_no_comments(log: Log, proposal: UUID) -> None:
    withdraw_proposal(log, id=proposal, reason="", by=SYSTEM, now=NOW)
    with pytest.raises(ProposalWithdrawn):
        send(log, proposal)


def test_nobody_speaks_for_an_organisation_without_a_mandate(
    log: Log, proposal: UUID
) -> None:
    body = an_organisation(log)
    with pytest.raises(NoMandate):
        send(log, proposal, organisation=body)
    speaker = a_person(log, speaks_for=body)
    send(log, proposal, organisation=body, by=speaker)
    end_mandate(log, person=speaker, organisation=body, by=SYSTEM, now=NOW)
    with pytest.raises(NoMandate):
        send(log, proposal, organisation=body, by=speaker)


def test_who_has_left_an_organisation_changes_nothing_that_it_has_said(
    log: Log, proposal: UUID
) -> None:
    body = an_organisation(log)
    speaker = a_person(log, speaks_for=body)
    id, _ = send(log, proposal, organisation=body, by=speaker)
    end_mandate(log, person=speaker, organisation=body, by=SYSTEM, now=NOW)
    other = {"kind": "general", "text": "Något annat.", "wording": ""}
    with pytest.raises(NotTheAuthor):
        amend_comment(log, id=id, by=speaker, now=NOW, **other)
    with pytest.raises(NotTheAuthor):
        withdraw_comment(log, id=id, by=speaker, now=NOW)


def test_who_is_not_asked_is_refused_where_only_some_are(log: Log) -> None:
    proposal = a_proposal(log, a_consultation(log, access="invited"))
    with pytest.raises(NotInvited):
        send(log, proposal)


def test_a_stranger_submits_nothing(log: Log, proposal: UUID) -> None:
    with pytest.raises(NotFound):
        send(log, proposal, by=uuid4())


def test_a_second_click_records_nothing_more(log: Log, proposal: UUID) -> None:
    id, by = uuid4(), a_person(log)
    send(log, proposal, id=id, by=by)
    _, again = send(log, proposal, id=id, by=by, now=NOW + timedelta(seconds=1))
    assert again == Receipt(0, NOW)
    assert len(log.history(id)) == 1
    with pytest.raises(NotTheAuthor):
        send(log, proposal, id=id)


def test_clicks_at_the_same_moment_are_one_comment(log: Log, proposal: UUID) -> None:
    by, clicks = a_person(log), 8
    together = Barrier(clicks)

    def click(id: UUID, n: int) -> Receipt:
        together.wait(30)
        return send(log, proposal, id=id, by=by, now=NOW + timedelta(seconds=n))[1]

    with ThreadPoolExecutor(clicks) as pool:
        for _ in range(5):
            id = uuid4()
            receipts = pool.map(click, [id] * clicks, range(clicks))
            assert sum(receipt.position > 0 for receipt in receipts) == 1
            assert len(log.history(id)) == 1


def test_a_comment_on_an_older_version_is_placed_in_the_newest(
    log: Log, proposal: UUID
) -> None:
    anchor = on(log, proposal, 3, "sjuksköterskeprogrammet")
    an_adopted_revision(log, proposal)
    id, _ = send(log, proposal, anchor=anchor)
    (event,) = log.history(id)
    assert event.placement == {
        "comment": id.hex,
        "edition": 2,
        "passage": anchor.passage.hex if anchor.passage else None,
        "start": anchor.start,
        "end": anchor.end,
        "state": "exact",
        "certain": True,
    }


def test_the_author_and_who_speaks_for_the_organisation_change_it(
    log: Log, proposal: UUID
) -> None:
    body = an_organisation(log)
    author, colleague = (a_person(log, speaks_for=body) for _ in range(2))
    stranger = a_person(log)
    id, _ = send(log, proposal, organisation=body, by=author)

    def change(by: UUID, text: str) -> None:
        amend_comment(log, id=id, kind="general", text=text, wording="", by=by, now=NOW)

    change(author, "Ett")
    change(colleague, "Två")
    change(SYSTEM, "Tre")
    with pytest.raises(NotTheAuthor):
        change(stranger, "Fyra")
    with pytest.raises(NotTheAuthor):
        withdraw_comment(log, id=id, by=stranger, now=NOW)
    withdraw_comment(log, id=id, by=colleague, now=NOW)
    with pytest.raises(CommentIsWithdrawn):
        change(author, "Fem")


def test_nothing_is_amended_or_taken_back_after_the_close(
    log: Log, proposal: UUID
) -> None:
    by = a_person(log)
    id, _ = send(log, proposal, by=by)
    with pytest.raises(DeadlineHasPassed):
        amend_comment(
            log, id=id, kind="general", text="X", wording="", by=by, now=CLOSES_AT
        )
    with pytest.raises(DeadlineHasPassed):
        withdraw_comment(log, id=id, by=by, now=CLOSES_AT)


def test_the_inbox_is_the_secretariats(log: Log) -> None:
    consultation = a_consultation(log)
    proposal = a_proposal(log, consultation)
    ids = [a_comment(log, proposal), a_comment(log, proposal)]
    officer = a_person(log, role="officer", consultation=consultation)
    elsewhere = a_person(log, role="chair", consultation=a_consultation(log))
    work: list[Callable[[UUID], object]] = [
        lambda by: clear_comments(log, ids=ids, by=by, now=NOW),
        lambda by: withhold_comments(log, ids=ids, reason="X", by=by, now=NOW),
        lambda by: code_comments(log, ids=ids, add=["work"], by=by, now=NOW),
        lambda by: assign_comments(log, ids=ids, officer=officer, by=by, now=NOW),
        lambda by: confirm_anchor(log, id=ids[0], anchor=Anchor(None), by=by, now=NOW),
    ]
    for act in work:
        with pytest.raises(NotAllowed):
            act(elsewhere)
        act(officer)


def test_comments_are_handled_together_or_not_at_all(log: Log) -> None:
    consultation = a_consultation(log)
    proposal = a_proposal(log, consultation)
    good, gone = a_comment(log, proposal), a_comment(log, proposal)
    withdraw_comment(log, id=gone, by=SYSTEM, now=NOW)
    before = log.recorder.max_notification_id()
    with pytest.raises(CommentIsWithdrawn):
        clear_comments(log, ids=[good, gone], by=SYSTEM, now=NOW)
    assert log.recorder.max_notification_id() == before


def test_themes_are_added_and_taken_away_again(log: Log) -> None:
    proposal = a_proposal(log, a_consultation(log))
    ids = [a_comment(log, proposal), a_comment(log, proposal)]
    code_comments(log, ids=ids[:1], add=["cost"], by=SYSTEM, now=NOW)
    code_comments(log, ids=[*ids, *ids], add=["work"], by=SYSTEM, now=NOW)
    assert [log.look(Comment, id).themes for id in ids] == [("cost", "work"), ("work",)]
    code_comments(log, ids=ids, remove=["work"], by=SYSTEM, now=NOW)
    assert [log.look(Comment, id).themes for id in ids] == [("cost",), ()]
    with pytest.raises(UnknownTheme):
        code_comments(log, ids=ids, add=["weather"], by=SYSTEM, now=NOW)


def test_comments_are_assigned_within_the_secretariat(log: Log) -> None:
    proposal = a_proposal(log, a_consultation(log))
    id = a_comment(log, proposal)
    with pytest.raises(NotAllowed):
        assign_comments(log, ids=[id], officer=a_person(log), by=SYSTEM, now=NOW)
    assign_comments(log, ids=[id], officer=None, by=SYSTEM, now=NOW)


def test_a_place_is_confirmed_in_the_current_text(log: Log, proposal: UUID) -> None:
    id = a_comment(log, proposal, 3, "hundra")
    an_adopted_revision(log, proposal)
    nowhere = Anchor(text_of(log, proposal)[3].id, 0, 0, "tusen")
    with pytest.raises(QuoteNotFound):
        confirm_anchor(log, id=id, anchor=nowhere, by=SYSTEM, now=NOW)
    place = on(log, proposal, 3, "hundra")
    confirm_anchor(log, id=id, anchor=place, by=SYSTEM, now=NOW)
    confirmed = log.history(id)[-1]
    assert (confirmed.edition, Anchor.of(confirmed.anchor)) == (2, place)
