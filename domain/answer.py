"""Answers: what becomes of an issue, and what its commenters are told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from domain.issue import Issue, issue_to_change
from domain.log import Log, Receipt
from domain.person import (
    DECIDERS,
    require_role,
)


def decide_disposition(
    log: Log,
    *,
    id: UUID,
    disposition: str,
    reason: str,
    read: int | None = None,
    by: UUID,
    now: datetime,
) -> Receipt:
    """Decide what becomes of the point, and why.

    `read` is the version of the issue that somebody read before, here as well as for
    its answer. Raises IssueHasChanged when it has another by now.
    """
    issue = issue_to_change(log, id, by)
    issue.require_version(read)
    issue.decide(disposition, reason=reason, by=by, now=now)
    return log.record(issue)


def draft_answer(
    log: Log,
    *,
    id: UUID,
    text: str,
    read: int | None = None,
    by: UUID,
    now: datetime,
) -> Receipt:
    """Write the answer; a published one stays public until the next is published."""
    issue = issue_to_change(log, id, by)
    issue.require_version(read)
    issue.draft_answer(text, by=by, now=now)
    return log.record(issue)


def approve_answer(
    log: Log, *, id: UUID, read: int | None = None, by: UUID, now: datetime
) -> Receipt:
    """Approve the disposition and the answer as they stand, and as they were read."""
    issue = log.get(Issue, id)
    require_role(log, by, issue.consultation, *DECIDERS)
    issue.require_version(read)
    issue.approve_answer(by=by, now=now)
    return log.record(issue)


def publish_answers(
    log: Log, *, ids: Sequence[UUID], by: UUID, now: datetime
) -> Receipt:
    """Make approved answers public, all at once or none."""
    issues = [log.get(Issue, id) for id in dict.fromkeys(ids)]
    for issue in issues:
        require_role(log, by, issue.consultation, *DECIDERS)
        issue.publish_answer(by=by, now=now)
    return log.record(*issues)
