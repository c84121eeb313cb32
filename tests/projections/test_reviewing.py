"""In a round with review the public sees only words that somebody has let through."""

from __future__ import annotations

from uuid import UUID

import pytest

from domain.comment import Comment, CommentIsWithdrawn
from domain.inbox import clear_comments, withhold_comments
from domain.log import SYSTEM, Conflict, Log
from domain.submission import amend_comment, withdraw_comment
from projections.comment import comment_by_id, comment_seen
from projections.follower import Follower
from projections.reads import ReadPool
from projections.sight import Sight
from tests.story import CLOSES_AT, NOW, a_comment, a_consultation, a_proposal

AMENDED = "Något helt annat."


@pytest.fixture
def comment(log: Log) -> UUID:
    return a_comment(log, a_proposal(log, a_consultation(log, display="after_review")))


def amend(log: Log, comment: UUID, text: str = AMENDED) -> int:
    return amend_comment(
        log, id=comment, kind="general", text=text, wording="", by=SYSTEM, now=NOW
    ).position


def clear(log: Log, comment: UUID) -> int:
    return clear_comments(log, ids=[comment], by=SYSTEM, now=NOW).position


def public(reads: ReadPool, comment: UUID, as_of: int | None = None) -> str | None:
    """What the public reads of it; None when nobody is told that there is one."""
    with reads(as_of) as now:
        found = comment_seen(now, comment, Sight(CLOSES_AT))
    return found.text if found else None


def test_an_amendment_of_what_was_let_through_waits_for_review_again(
    log: Log, comment: UUID, follower: Follower, reads: ReadPool
) -> None:
    before = log.head()
    cleared = clear(log, comment)
    said = log.look(Comment, comment).text
    amended = amend(log, comment)
    follower.catch_up()
    assert public(reads, comment) is None
    again = clear(log, comment)
    follower.catch_up()
    assert public(reads, comment) == AMENDED
    positions = (before, cleared, amended, again)
    seen = [public(reads, comment, as_of=position) for position in positions]
    assert seen == [None, said, None, AMENDED]


def test_what_is_withheld_stays_so_when_it_is_amended_also_as_of_the_past(
    log: Log, comment: UUID, follower: Follower, reads: ReadPool
) -> None:
    cleared = clear(log, comment)
    withhold_comments(log, ids=[comment], reason="Namn", by=SYSTEM, now=NOW)
    amended = amend(log, comment)
    follower.catch_up()
    for position in (None, cleared, amended):
        assert public(reads, comment, as_of=position) is None


def test_what_was_amended_after_it_was_read_is_not_let_through(
    log: Log, comment: UUID, follower: Follower, reads: ReadPool
) -> None:
    read = {comment: log.look(Comment, comment).version}
    amend(log, comment)
    with pytest.raises(Conflict):
        clear_comments(log, ids=[comment], read=read, by=SYSTEM, now=NOW)
    follower.catch_up()
    assert public(reads, comment) is None
    read = {comment: log.look(Comment, comment).version}
    clear_comments(log, ids=[comment], read=read, by=SYSTEM, now=NOW)
    follower.catch_up()
    assert public(reads, comment) == AMENDED


def test_an_amendment_at_the_same_moment_as_the_clearing_is_not_let_through(
    log: Log, comment: UUID
) -> None:
    clearing = log.get(Comment, comment)
    clearing.clear(by=SYSTEM, now=NOW)
    amend(log, comment)
    with pytest.raises(Conflict):
        log.record(clearing)


@pytest.mark.parametrize("first", ["amended", "withdrawn"])
def test_of_an_amendment_and_a_withdrawal_at_once_one_is_told_to_look_again(
    log: Log, comment: UUID, follower: Follower, reads: ReadPool, first: str
) -> None:
    clear(log, comment)
    amending, withdrawing = log.get(Comment, comment), log.get(Comment, comment)
    amending.amend(kind="general", text=AMENDED, wording="", by=SYSTEM, now=NOW)
    withdrawing.withdraw(by=SYSTEM, now=NOW)
    winner, loser = amending, withdrawing
    if first == "withdrawn":
        winner, loser = loser, winner
    log.record(winner)
    with pytest.raises(Conflict):
        log.record(loser)
    follower.catch_up()
    with reads() as now:
        row = comment_by_id(now, comment)
    assert row
    if first == "withdrawn":
        assert row.is_withdrawn
        with pytest.raises(CommentIsWithdrawn):
            amend(log, comment, "Ångrat")
        assert public(reads, comment) == ""
    else:
        withdraw_comment(log, id=comment, by=SYSTEM, now=NOW)
        follower.catch_up()
        assert public(reads, comment) is None
