"""The front page, and all consultations that a visitor may read about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from domain.redline import Change, redline
from projections.comment import CommentRow, comment_seen
from projections.consultation import ConsultationRow
from projections.consultation_list import coming, past, tallies
from projections.paged import Stretch
from projections.proposal import passages_of
from projections.reads import Reads
from projections.trace import (
    FollowedRow,
    TracedIssue,
    comment_to_follow,
    issues_behind,
    wordings_of,
)
from web.access import reach_of, sight_of
from web.consultation import round_of
from web.pages import page
from web.paging import Paging
from web.unchanged import kept_by_browsers
from web.visitor import visitor_of

COMING_FIRST = 10
"""Consultations that the front page shows of those whose deadline is ahead."""
PAST_FIRST = 5
"""And of the others."""
SIZE = 20
"""Consultations on a page, besides those whose deadline is ahead."""


@kept_by_browsers
def home(request: Request) -> Response:
    """The front page: what this is, what is open, and one comment to follow."""
    with request.state.reads(request.state.moment) as reads:
        at, reach = sight_of(request).at, reach_of(visitor_of(request))
        ahead = coming(reads, reach, at, limit=COMING_FIRST + 1)
        others = past(reads, reach, at, Stretch(PAST_FIRST))
        found = comment_to_follow(reads, at)
        return page(
            request,
            "consultation/home.html",
            **_shown(request, reads, [*ahead[:COMING_FIRST], *others.rows], at),
            ahead=len(ahead[:COMING_FIRST]),
            has_more=len(ahead) > COMING_FIRST or others.after is not None,
            path=found and _path(request, reads, found),
        )


@kept_by_browsers
def index(request: Request) -> Response:
    """Every consultation that the visitor may read about: on the first page those whose
    deadline is ahead, and then the others."""
    paging = Paging(request, datetime, UUID, size=SIZE, newest_first=True)
    with request.state.reads(request.state.moment) as reads:
        at, reach = sight_of(request).at, reach_of(visitor_of(request))
        found = past(reads, reach, at, paging.stretch)
        ahead = coming(reads, reach, at) if found.before is None else []
        return page(
            request,
            "consultation/index.html",
            **_shown(request, reads, [*ahead, *found.rows], at),
            paging=paging.of(found),
        )


def _shown(
    request: Request, reads: Reads, rows: Sequence[ConsultationRow], at: datetime
) -> dict[str, Any]:
    """Consultations with how much each has in it, for a template."""
    return {
        "rounds": [round_of(request, row, at) for row in rows],
        "tallies": tallies(reads, [row.id for row in rows]),
    }


@dataclass(frozen=True, slots=True)
class Path:
    """The four steps from a comment to the words that it changed."""

    row: FollowedRow
    comment: CommentRow
    issue: TracedIssue
    label: str
    """The printed reference of the passage in the version that came of it."""
    change: list[Change]
    """What the revision did to the passage."""
    now: str
    """What the passage reads in the valid version; empty if it is gone."""


def _path(request: Request, reads: Reads, found: FollowedRow) -> Path | None:
    sight = sight_of(request, found.consultation)
    comment = comment_seen(reads, found.comment, sight)
    issue = issues_behind(reads, [found.issue], sight).get(found.issue)
    wordings = wordings_of(reads, found.proposal, found.passage)
    text = passages_of(reads, found.proposal, found.edition)
    if comment is None or issue is None or found.passage not in text.places:
        return None
    before = next(w for w in wordings if w.stands_in(comment.edition))
    after = next(w for w in wordings if w.stands_in(found.edition))
    return Path(
        found,
        comment,
        issue,
        text.label(found.passage),
        redline(before.passage.text, after.passage.text),
        next((w.passage.text for w in wordings if w.stands_in(found.published)), ""),
    )
