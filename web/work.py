"""What waits for the secretariat, consultation by consultation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from projections.consultation import ConsultationRow
from projections.consultation_list import coming, past
from projections.erasure import erasures
from projections.inbox import Figures, figures
from projections.paged import Stretch
from projections.reads import Reads
from web.access import audited, clock, desks_of, office
from web.addresses import has_page, url
from web.consultation import Round, round_of
from web.language import say_many
from web.pages import page
from web.paging import Paging
from web.visitor import signed_in, visitor_of

DESKS = 10
"""Consultations on a page of those whose deadline is behind, besides those ahead."""
CONCLUDED = 10
"""Concluded consultations that are named; a link leads to the rest."""


@dataclass(frozen=True, slots=True)
class Task:
    """So many things of one kind that wait, and where they are."""

    many: int
    words: str
    address: str
    """Empty when there is no page to go to."""


@dataclass(frozen=True, slots=True)
class Desk:
    """One consultation with what waits in it."""

    round: Round
    comments: int
    issues: int
    waiting: list[Task]
    done: list[Task]


def index(request: Request) -> Response:
    """What waits in every consultation where the visitor is of the secretariat."""
    visitor = visitor_of(request)
    reach, at = desks_of(visitor), request.state.moment_at or clock()
    paging = Paging(request, datetime, UUID, size=DESKS, newest_first=True)
    with request.state.reads(request.state.moment) as reads:
        found = past(reads, reach, at, paging.stretch, concluded=False)
        ahead = coming(reads, reach, at) if found.before is None else []
        concluded = past(reads, reach, at, Stretch(CONCLUDED), concluded=True)
        asked_for = erasures(reads, audited(visitor), Stretch(1), waiting=True).total
        desks = [_desk(request, reads, row) for row in [*ahead, *found.rows]]
    return page(
        request,
        "work/index.html",
        desks=desks,
        paging=paging.of(found),
        concluded=[round_of(request, row, at) for row in concluded.rows],
        has_more=concluded.after is not None,
        may_plan=office(visitor, None),
        erasures=asked_for,
    )


def _desk(request: Request, reads: Reads, row: ConsultationRow) -> Desk:
    person = signed_in(request)
    found = figures(reads, row.id, person)
    tasks = _tasks(request, row, found, person)
    return Desk(
        round_of(request, row, request.state.moment_at or clock()),
        found.comments,
        found.issues,
        [task for task in tasks if task.many],
        [task for task in tasks if not task.many],
    )


def _tasks(
    request: Request, row: ConsultationRow, found: Figures, person: UUID
) -> list[Task]:
    """Everything that can wait in a consultation, in the order it is worked through."""

    def to(name: str, **asked: object) -> str:
        if not has_page(request, name):
            return ""
        return url(request, name, consultation=row.id, **asked)

    def task(many: int, one: str, several: str, address: str) -> Task:
        return Task(many, say_many(request, one, several, many), address)

    unreviewed = task(
        found.unreviewed,
        "comment to review before it is shown",
        "comments to review before they are shown",
        to("inbox.index", waiting="unreviewed"),
    )
    return [
        task(
            found.mine,
            "comment given to you is not decided",
            "comments given to you are not decided",
            to("inbox.index", waiting="undecided", officer=person),
        ),
        *([unreviewed] if row.display == "after_review" else []),
        task(
            found.unassigned,
            "comment without an officer",
            "comments without an officer",
            to("inbox.index", waiting="unassigned"),
        ),
        task(
            found.uncoded,
            "comment without a theme",
            "comments without a theme",
            to("inbox.index", waiting="uncoded"),
        ),
        task(
            found.undecided,
            "comment not decided",
            "comments not decided",
            to("inbox.index", waiting="undecided"),
        ),
        task(
            found.issues_undecided,
            "issue to decide",
            "issues to decide",
            to("issue.index", state="undecided"),
        ),
        task(
            found.issues_unanswered,
            "decided issue without an answer",
            "decided issues without an answer",
            to("issue.index", state="unanswered"),
        ),
        task(
            found.to_approve,
            "answer to approve",
            "answers to approve",
            to("issue.index", state="drafted"),
        ),
        task(
            found.to_publish,
            "approved answer to publish",
            "approved answers to publish",
            to("issue.index", state="approved"),
        ),
        task(
            found.revisions,
            "revision in progress",
            "revisions in progress",
            to("revision.index"),
        ),
        task(
            found.uncertain,
            "comment whose place in the text is uncertain",
            "comments whose places in the text are uncertain",
            to("completeness.show"),
        ),
    ]
