"""A revision, when somebody else acts on the same text meanwhile."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier
from uuid import UUID

import pytest

from domain.change import ChangeDoesNotFit
from domain.log import SYSTEM, Conflict, Log
from domain.proposal import Proposal, redraft_proposal
from domain.revision import (
    ChangesAfterReview,
    ProposalMovedOn,
    Revision,
    adopt_revision,
    drop_change,
    move_revision,
    review_revision,
)
from projections.follower import Follower
from projections.reads import ReadPool
from projections.revision import revision_by_id
from tests.story import (
    NOW,
    a_consultation,
    a_proposal,
    a_revision,
    replacing,
    text_of,
)


def test_a_draft_that_is_replaced_under_a_revision_is_reviewed_with_it_anew(
    log: Log, follower: Follower, reads: ReadPool
) -> None:
    text = a_proposal(log, a_consultation(log), published=False)
    id = a_revision(log, text, [replacing(log, text, 1, "A")])

    def review(minutes: int) -> None:
        at = NOW + timedelta(minutes=minutes)
        review_revision(log, id=id, note="", by=SYSTEM, now=at)

    def state() -> str:
        follower.catch_up()
        with reads() as now:
            found = revision_by_id(now, id)
        assert found
        return found.state

    review(1)
    assert state() == "reviewed"
    first, *rest = text_of(log, text)
    redraft_proposal(
        log,
        id=text,
        title="Ett annat utkast",
        passages=[replace(first, text="En annan rubrik"), *rest],
        by=SYSTEM,
        now=NOW + timedelta(minutes=2),
    )
    with pytest.raises(ChangesAfterReview):
        adopt_revision(log, id=id, anchors={}, by=SYSTEM, now=NOW)
    assert state() == "started"
    review(3)
    adopt_revision(log, id=id, anchors={}, by=SYSTEM, now=NOW)
    assert [p.text for p in text_of(log, text)][:2] == ["En annan rubrik", "A"]


def test_a_change_to_a_passage_that_a_replaced_draft_lost_can_be_dropped(
    log: Log,
) -> None:
    text = a_proposal(log, a_consultation(log), published=False)
    kept, lost = replacing(log, text, 1, "A"), replacing(log, text, 3, "B")
    id = a_revision(log, text, [kept, lost])
    redraft_proposal(
        log,
        id=text,
        title="Ett kortare utkast",
        passages=text_of(log, text)[:2],
        by=SYSTEM,
        now=NOW,
    )
    review_revision(log, id=id, note="", by=SYSTEM, now=NOW)
    with pytest.raises(ChangeDoesNotFit):
        adopt_revision(log, id=id, anchors={}, by=SYSTEM, now=NOW)
    drop_change(log, id=id, change=lost["id"], by=SYSTEM, now=NOW)
    review_revision(log, id=id, note="", by=SYSTEM, now=NOW)
    adopt_revision(log, id=id, anchors={}, by=SYSTEM, now=NOW)
    assert [p.text for p in text_of(log, text)][1:] == ["A"]


def test_of_those_who_adopt_on_one_edition_at_once_one_wins_and_all_can_follow(
    log: Log,
) -> None:
    text = a_proposal(log, a_consultation(log))
    many = 4
    ids = [a_revision(log, text, [replacing(log, text, n, "A")]) for n in range(many)]
    together = Barrier(many)

    def review(id: UUID) -> None:
        review_revision(log, id=id, note="", by=SYSTEM, now=NOW)

    def adopt(id: UUID) -> type[Exception] | None:
        together.wait(30)
        try:
            adopt_revision(log, id=id, anchors={}, by=SYSTEM, now=NOW)
        except (Conflict, ProposalMovedOn) as refusal:
            return type(refusal)
        return None

    for id in ids:
        review(id)
    with ThreadPoolExecutor(many) as pool:
        ends = dict(zip(ids, pool.map(adopt, ids), strict=True))
    losers = [id for id, end in ends.items() if end is not None]
    assert len(losers) == many - 1
    assert log.look(Proposal, text).edition == 2
    for id in losers:
        assert not log.look(Revision, id).is_settled
        move_revision(log, id=id, by=SYSTEM, now=NOW)
        review(id)
        adopt_revision(log, id=id, anchors={}, by=SYSTEM, now=NOW)
    assert [p.text for p in text_of(log, text)][:many] == ["A"] * many
