"""Gathering comments in issues: raised, merged, split, and nobody lost."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from domain.comment import Comment
from domain.consultation import Consultation
from domain.issue import Issue, OtherConsultation, SameIssue, issue_to_change
from domain.log import Log, Receipt
from domain.person import (
    SECRETARIAT,
    require_role,
)


def raise_issue(
    log: Log,
    *,
    id: UUID,
    consultation: UUID,
    proposal: UUID | None,
    title: str,
    comments: list[UUID],
    reference: str = "",
    by: UUID,
    now: datetime,
) -> Receipt:
    """Raise an issue, with the comments that say the same thing."""
    require_role(log, by, consultation, *SECRETARIAT)
    log.look(Consultation, consultation)
    _require_own(log, consultation, comments)
    return log.record(
        Issue.raise_issue(
            id=id,
            consultation=consultation,
            proposal=proposal,
            title=title,
            comments=list(dict.fromkeys(comments)),
            reference=reference,
            by=by,
            now=now,
        )
    )


def rename_issue(log: Log, *, id: UUID, title: str, by: UUID, now: datetime) -> Receipt:
    """Give an issue a better title."""
    issue = issue_to_change(log, id, by)
    issue.rename(title, by=by, now=now)
    return log.record(issue)


def gather_comments(
    log: Log, *, id: UUID, comments: list[UUID], by: UUID, now: datetime
) -> Receipt:
    """Gather comments in an issue; those already there stay."""
    issue = issue_to_change(log, id, by)
    _require_own(log, issue.consultation, comments)
    issue.gather(comments, by=by, now=now)
    return log.record(issue)


def release_comments(
    log: Log, *, id: UUID, comments: list[UUID], by: UUID, now: datetime
) -> Receipt:
    """Take comments out of an issue."""
    issue = issue_to_change(log, id, by)
    issue.release(comments, by=by, now=now)
    return log.record(issue)


def merge_issues(log: Log, *, id: UUID, into: UUID, by: UUID, now: datetime) -> Receipt:
    """Merge an issue into another one; both keep the lineage."""
    issue = issue_to_change(log, id, by)
    if into == id:
        raise SameIssue
    other = log.get(Issue, into)
    issue.merge(other, by=by, now=now)
    return log.record(issue, other)


def split_issue(
    log: Log,
    *,
    id: UUID,
    new: UUID,
    title: str,
    comments: list[UUID],
    proposal: UUID | None,
    by: UUID,
    now: datetime,
) -> Receipt:
    """Move some of an issue's comments to a new issue; both keep the lineage."""
    issue = issue_to_change(log, id, by)
    other = issue.split(
        id=new, title=title, comments=comments, proposal=proposal, by=by, now=now
    )
    return log.record(issue, other)


def _require_own(log: Log, consultation: UUID, comments: Sequence[UUID]) -> None:
    for comment in comments:
        if log.look(Comment, comment).consultation != consultation:
            raise OtherConsultation
