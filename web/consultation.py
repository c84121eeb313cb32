"""The consultations, for everybody: what is asked, until when, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from projections.consultation import (
    ConsultationRow,
    consultees_of,
    period_of,
    themes_of,
)
from projections.figures import (
    ConsulteeRow,
    comments_per_proposal,
    invited_to,
    senders_of,
)
from projections.proposal import (
    EditionRow,
    ProposalRow,
    editions_of,
    proposals_of,
)
from projections.reads import Reads
from web.access import anyone, consultation_for, sight_of, works_on
from web.addresses import url
from web.dates import STOCKHOLM, clock_text
from web.language import language_of, say, say_many
from web.pages import page
from web.reading import Version, versions_for
from web.unchanged import kept_by_browsers
from web.visitor import visitor_of


@dataclass(frozen=True, slots=True)
class Round:
    """A consultation as its reader meets it in a list or on its own page."""

    row: ConsultationRow
    title: str
    summary: str
    status: str
    """As the row says, but closed once the deadline has passed."""
    time_left: str
    """In words; empty unless comments are taken."""


def round_of(request: Request, row: ConsultationRow, at: datetime) -> Round:
    """A consultation in the reader's language, as it stands at a moment."""
    in_english = language_of(request) == "en"
    is_open = row.takes_comments(at)
    return Round(
        row,
        row.title_en if in_english and row.title_en else row.title,
        row.summary_en if in_english and row.summary_en else row.summary,
        "closed" if row.status == "open" and not is_open else row.status,
        time_left(request, row.closes_at, at) if is_open else "",
    )


def time_left(request: Request, closes_at: datetime, at: datetime) -> str:
    """How long it is until a deadline, in days by the Swedish calendar."""
    ends, today = closes_at.astimezone(STOCKHOLM), at.astimezone(STOCKHOLM)
    clock = clock_text(closes_at, language_of(request))
    match days := (ends.date() - today.date()).days:
        case 0:
            return say(request, "Closes today, %(clock)s", clock=clock)
        case 1:
            return say(request, "Closes tomorrow, %(clock)s", clock=clock)
        case _:
            return say_many(request, "One day left", "%(num)s days left", days)


@dataclass(frozen=True, slots=True)
class Offered:
    """A proposal in its consultation: its versions and how much is said about it."""

    row: ProposalRow
    versions: list[Version]
    comments: int

    @property
    def shown(self) -> EditionRow:
        """The version that a link to the proposal leads to."""
        valid = [one.row for one in self.versions if one.state == "current"]
        return (valid or [self.versions[-1].row])[0]


@kept_by_browsers
def show(request: Request) -> Response:
    """One consultation: what is asked, of whom, until when, and how it is run."""
    with request.state.reads(request.state.moment) as reads:
        row = consultation_for(request, reads)
        sight = sight_of(request, row.id)
        counts = comments_per_proposal(reads, row.id)
        offered = [
            Offered(
                one,
                versions_for(request, one, editions_of(reads, one.id)),
                counts.get(one.id, 0),
            )
            for one in proposals_of(reads, row.id)
        ]
        return page(
            request,
            "consultation/show.html",
            round=round_of(request, row, sight.at),
            consultation=row,
            offered=[one for one in offered if one.versions],
            themes=themes_of(reads, row.id),
            period=period_of(reads, row.id),
            asked=_by_kind(invited_to(reads, row.id, sight)),
            senders=senders_of(reads, row.id),
            comments=sum(counts.values()),
            may_comment=may_comment(request, reads, row, sight.at),
            ways=_ways(request, row.id),
        )


def _by_kind(asked: Sequence[ConsulteeRow]) -> list[tuple[str, list[ConsulteeRow]]]:
    """The consultees under their kinds, the kinds with the most first."""
    kinds = groupby(sorted(asked, key=lambda one: one.kind), lambda one: one.kind)
    gathered = [(kind, list(members)) for kind, members in kinds]
    return sorted(gathered, key=lambda each: -len(each[1]))


WORK = (
    ("inbox.index", "Inbox"),
    ("issue.index", "Issues"),
    ("revision.index", "Revisions"),
    ("completeness.show", "Completeness"),
    ("drafting.index", "Texts of the proposals"),
    ("planning.edit", "Details"),
    ("planning.course", "Open, extend and close"),
    ("codebook.edit", "Themes"),
    ("consultee.index", "Organisations asked"),
)
"""The pages on which a consultation is worked up: route name and words."""


def _ways(request: Request, consultation: UUID) -> list[tuple[str, str]]:
    """The working pages that this visitor may open: address and words."""
    needs = {
        route.name: getattr(route, "need", anyone)
        for route in request.app.routes
        if isinstance(route, Route)
    }
    visitor = visitor_of(request)
    return [
        (url(request, name, consultation=consultation), say(request, words))
        for name, words in WORK
        if name in needs and needs[name](visitor, consultation)
    ]


def may_comment(
    request: Request, reads: Reads, row: ConsultationRow, at: datetime
) -> bool:
    """Whether a page offers the visitor to comment: it is open, now, and to them.

    Somebody who has not signed in may turn out to be invited.
    """
    if request.state.moment is not None or not row.takes_comments(at):
        return False
    visitor = visitor_of(request)
    if row.access == "open" or visitor.person is None or works_on(request, row.id):
        return True
    return bool(consultees_of(reads, row.id) & {id for id, _ in visitor.mandates})
