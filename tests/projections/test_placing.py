"""Every comment has a place in the newest edition, or waits visibly for one."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from domain.anchor import Anchor
from domain.comment import Comment, anchored
from domain.inbox import confirm_anchor
from domain.log import SYSTEM, Log
from domain.proposal import Proposal
from domain.revision import place_stragglers
from projections.comment import PlacementRow, placements_of, standings_on
from projections.completeness import gaps
from projections.follower import Follower
from projections.reads import ReadPool
from tests.story import (
    NOW,
    a_comment,
    a_consultation,
    a_proposal,
    an_adopted_revision,
    on,
)


@pytest.fixture
def round(log: Log) -> UUID:
    return a_consultation(log)


@pytest.fixture
def proposal(log: Log, round: UUID) -> UUID:
    return a_proposal(log, round)


def adopted(log: Log, proposal: UUID, follower: Follower, reads: ReadPool) -> None:
    """The next edition, in which those comments have a place that are known by now."""
    follower.catch_up()
    with reads() as now:
        an_adopted_revision(log, proposal, reads=now)


def too_late(log: Log, round: UUID, proposal: UUID, words: str) -> Comment:
    """A comment whose command read the text before an edition that it comes after."""
    found = log.get(Proposal, proposal)
    return Comment.submit(
        id=uuid4(),
        consultation=round,
        proposal=proposal,
        edition=found.edition,
        anchor=anchored(on(log, proposal, 3, words), found.passages),
        kind="general",
        text="Fler.",
        by=SYSTEM,
        now=NOW,
    )


def places(
    reads: ReadPool, follower: Follower, comment: UUID
) -> dict[int, PlacementRow]:
    follower.catch_up()
    with reads() as now:
        return {place.edition: place for place in placements_of(now, comment)}


def waiting(
    reads: ReadPool, follower: Follower, round: UUID, proposal: UUID, edition: int
) -> list[UUID]:
    """Those without a place in the edition: what is placed is what is listed."""
    follower.catch_up()
    with reads() as now:
        (unplaced,) = (gap for gap in gaps(now, round) if gap.kind == "unplaced")
        to_place = list(standings_on(now, proposal, not_in=edition))
        assert [row.thing for row in unplaced.rows] == to_place
        return to_place


def test_a_comment_recorded_just_after_an_adoption_is_among_those_to_place(
    log: Log, round: UUID, proposal: UUID, follower: Follower, reads: ReadPool
) -> None:
    comment = too_late(log, round, proposal, "hundra")
    adopted(log, proposal, follower, reads)
    log.record(comment)
    assert waiting(reads, follower, round, proposal, 2) == [comment.id]
    with reads() as now:
        anchors = standings_on(now, proposal, not_in=2)
    place_stragglers(log, proposal=proposal, anchors=anchors, by=SYSTEM, now=NOW)
    assert waiting(reads, follower, round, proposal, 2) == []
    assert places(reads, follower, comment.id)[2].state == "exact"


def test_a_comment_that_missed_one_edition_has_a_place_in_the_next(
    log: Log, round: UUID, proposal: UUID, follower: Follower, reads: ReadPool
) -> None:
    comment = too_late(log, round, proposal, "hundra")
    adopted(log, proposal, follower, reads)
    log.record(comment)
    adopted(log, proposal, follower, reads)
    assert waiting(reads, follower, round, proposal, 3) == []
    assert places(reads, follower, comment.id).keys() == {1, 3}


def test_words_said_to_be_gone_before_a_revision_still_have_a_place_after_it(
    log: Log, round: UUID, proposal: UUID, follower: Follower, reads: ReadPool
) -> None:
    comment = a_comment(log, proposal, 3, "hundra")
    whole = a_comment(log, proposal, None)
    for id in (comment, whole):
        confirm_anchor(log, id=id, anchor=None, by=SYSTEM, now=NOW)
    adopted(log, proposal, follower, reads)
    assert waiting(reads, follower, round, proposal, 2) == []
    found = places(reads, follower, comment)
    assert (found[1].state, found[2].state) == ("removed", "exact")
    assert places(reads, follower, whole)[2].passage is None


def test_a_place_that_an_officer_gave_meanwhile_is_kept(
    log: Log, round: UUID, proposal: UUID, follower: Follower, reads: ReadPool
) -> None:
    comment = too_late(log, round, proposal, "hundra")
    adopted(log, proposal, follower, reads)
    log.record(comment)
    assert waiting(reads, follower, round, proposal, 2) == [comment.id]
    with reads() as now:
        anchors = standings_on(now, proposal, not_in=2)
    confirm_anchor(log, id=comment.id, anchor=Anchor(None), by=SYSTEM, now=NOW)
    place_stragglers(log, proposal=proposal, anchors=anchors, by=SYSTEM, now=NOW)
    assert places(reads, follower, comment.id)[2].state == "confirmed"
