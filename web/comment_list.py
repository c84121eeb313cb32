"""Lists of comments: of a consultation, on a passage, and one's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from domain.log import NotFound
from projections.comment import CommentRow, PlacementRow
from projections.comment_list import (
    PRIVATE,
    OutcomeRow,
    Wanted,
    comments_by,
    comments_of,
    comments_on_passage,
    outcomes_of,
    placements_in,
)
from projections.consultation import (
    ConsultationRow,
    consultation_by_id,
    themes_of,
)
from projections.proposal import ProposalRow, passages_of, proposals_of
from projections.reads import Reads
from projections.sight import Sight
from web.access import (
    clock,
    consultation_for,
    proposal_for,
    sight_of,
    works_on,
)
from web.consultation import round_of
from web.forms import Form
from web.language import language_of, say
from web.pages import page
from web.paging import Paging
from web.unchanged import kept_by_browsers
from web.visitor import signed_in, visitor_of
from web.words import WORDS, choices

K = TypeVar("K")

UNMOVED = frozenset({"made", "exact"})
IN_MARGIN = 20
"""Comments of a passage shown at a time beside the text."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A comment in a list, with what a reader wants to know beside it."""

    comment: CommentRow
    consultation: ConsultationRow
    proposal: ProposalRow
    label: str
    """The printed reference of the passage in the version commented on; "" is whole."""
    placement: PlacementRow | None
    """Where it stands in the version being read; None while that is not settled."""
    outcomes: list[OutcomeRow]
    held_back: str
    """Why the public does not see it, in a word's code; "" when it does."""

    @property
    def is_moved(self) -> bool:
        """Whether the text has changed under it since it was made."""
        return self.placement is not None and self.placement.state not in UNMOVED


@kept_by_browsers
def index(request: Request) -> Response:
    """Every comment of a consultation, narrowed as the reader asks."""
    form = Form(language_of(request), **request.query_params)
    paging = Paging(request, int, newest_first=True)
    senders = [
        *choices("organisation kind", form.language),
        (PRIVATE, say(request, "Private person")),
    ]
    with request.state.reads(request.state.moment) as reads:
        consultation = consultation_for(request, reads)
        sight = sight_of(request, consultation.id)
        proposals = {
            row.id: row
            for row in proposals_of(reads, consultation.id)
            if row.published or sight.sees_all
        }
        themes = theme_choices(request, reads, consultation.id)
        wanted = Wanted(
            proposal=_known(form["proposal"], proposals),
            on_whole=form.ticked("whole"),
            theme=_known(form["theme"], dict(themes)) or "",
            organisation_kind=_known(form["organisation_kind"], dict(senders)) or "",
            kind=_known(form["kind"], WORDS["comment kind"]) or "",
            words=form["words"].replace("\0", "").strip()[:200],
        )
        found = comments_of(reads, consultation.id, sight, wanted, paging.stretch)
        return page(
            request,
            "comment/index.html",
            block="comments",
            consultation=consultation,
            round=round_of(request, consultation, sight.at),
            proposals=[(str(row.id), row.title) for row in proposals.values()],
            themes=themes,
            kinds=choices("comment kind", form.language),
            senders=senders,
            entries=entries_for(
                reads, found.rows, sight, {consultation.id: consultation}, proposals
            ),
            form=form,
            is_narrowed=wanted != Wanted(),
            is_open=consultation.takes_comments(clock()),
            paging=paging.of(found),
        )


def theme_choices(
    request: Request, reads: Reads, consultation: UUID
) -> list[tuple[str, str]]:
    """The codebook's keys, with their titles in the reader's language."""
    in_english = language_of(request) == "en"
    return [
        (theme.key, theme.title_en if in_english and theme.title_en else theme.title)
        for theme in themes_of(reads, consultation)
    ]


def entries_for(
    reads: Reads,
    rows: Sequence[CommentRow],
    sight: Sight,
    rounds: Mapping[UUID, ConsultationRow],
    proposals: Mapping[UUID, ProposalRow],
    *,
    version: int | None = None,
) -> list[Entry]:
    """Comments with their proposals, places and outcomes, in the same order.

    Their places are those in a version, or else in the newest the reader may see.
    """
    texts = {
        made_on: passages_of(reads, *made_on)
        for made_on in {(row.proposal, row.edition) for row in rows if row.passage}
    }
    places: dict[UUID, PlacementRow] = {}
    for proposal in {row.proposal: proposals[row.proposal] for row in rows}.values():
        newest = proposal.edition if sight.sees_all else proposal.published
        ids = [row.id for row in rows if row.proposal == proposal.id]
        places |= placements_in(reads, ids, version or newest)
    outcomes = outcomes_of(reads, [row.id for row in rows], sight)
    return [
        Entry(
            row,
            rounds[row.consultation],
            proposals[row.proposal],
            texts[row.proposal, row.edition].label(row.passage) if row.passage else "",
            places.get(row.id),
            outcomes[row.id],
            held_back(row, rounds[row.consultation], sight.at),
        )
        for row in rows
    ]


def held_back(comment: CommentRow, round: ConsultationRow, at: datetime) -> str:
    """Why the public does not see a comment, in a word's code; "" when it does."""
    if comment.review == "withheld":
        return "withheld"
    match round.display:
        case "after_review" if comment.review != "cleared":
            return "waiting"
        case "after_close" if round.status == "open" and at < round.closes_at:
            return "until_close"
    return ""


def _known(typed: str, among: Mapping[K, object]) -> K | None:
    """The choice that was made, if it is one of those offered."""
    return next((choice for choice in among if str(choice) == typed), None)


@kept_by_browsers
def mine(request: Request) -> Response:
    """What the reader and their organisations have said, and what became of it."""
    signed_in(request)
    paging = Paging(request, int, newest_first=True)
    sight = sight_of(request)
    with request.state.reads(request.state.moment) as reads:
        found = comments_by(reads, sight, paging.stretch)
        named = (
            consultation_by_id(reads, id)
            for id in {row.consultation for row in found.rows}
        )
        rounds = {round.id: round for round in named if round}
        proposals = {
            proposal.id: proposal
            for id in rounds
            for proposal in proposals_of(reads, id)
        }
        return page(
            request,
            "comment/mine.html",
            block="comments",
            entries=entries_for(reads, found.rows, sight, rounds, proposals),
            organisations=[name for _, name in visitor_of(request).mandates],
            now=clock(),
            paging=paging.of(found),
        )


@kept_by_browsers
def on_passage(request: Request) -> Response:
    """The comments on one passage of a version: beside the text, or as a page."""
    passage_id: UUID = request.path_params["passage"]
    paging = Paging(request, int, size=IN_MARGIN)
    with request.state.reads(request.state.moment) as reads:
        consultation = consultation_for(request, reads)
        proposal = proposal_for(request, reads)
        version = version_asked(request, proposal)
        text = passages_of(reads, proposal.id, version)
        passage = text.passage(passage_id)
        if passage is None:
            raise NotFound
        sight = sight_of(request, consultation.id)
        found = comments_on_passage(
            reads, proposal.id, version, passage_id, sight, paging.stretch
        )
        return page(
            request,
            "comment/on_passage.html",
            block="comments",
            consultation=consultation,
            round=round_of(request, consultation, sight.at),
            proposal=proposal,
            version=version,
            passage=passage,
            label=text.label(passage_id),
            entries=entries_for(
                reads,
                found.rows,
                sight,
                {consultation.id: consultation},
                {proposal.id: proposal},
                version=version,
            ),
            is_open=consultation.takes_comments(clock()) and bool(proposal.published),
            paging=paging.of(found),
        )


def version_asked(request: Request, proposal: ProposalRow) -> int:
    """The version that `?version=` names, else the newest that the reader may see.

    Raises NotFound for one that is not there, or not published to this reader.
    """
    inside = works_on(request, proposal.consultation)
    newest = proposal.edition if inside else proposal.published
    asked = request.query_params.get("version", "")
    if not asked:
        return proposal.published or newest
    if not (asked.isdecimal() and len(asked) < 9 and 0 < int(asked) <= newest):
        raise NotFound
    return int(asked)
