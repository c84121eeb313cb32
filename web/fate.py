"""A comment's own page: as it was made, as its place reads now, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from domain.log import NotFound
from domain.redline import Change, Step, redline
from projections.comment import (
    CommentRow,
    PlacementRow,
    comment_seen,
    placements_of,
)
from projections.consultation import ConsultationRow
from projections.erasure import holds_on
from projections.fate import (
    ChangedRow,
    FateRow,
    changes_for,
    fates_of,
    neighbours_of,
    turns_of,
)
from projections.person import person_by_id
from projections.proposal import ProposalRow, passages_of, proposal_by_id
from projections.reads import Reads
from projections.sight import Sight
from projections.takedown import comment_taken_down
from web.access import (
    audited,
    auditors,
    clock,
    consultation_for,
    deciders,
    secretariat,
    sight_of,
)
from web.amendment import Said, said_in
from web.comment_list import held_back, theme_choices
from web.consultation import round_of
from web.formats.redline import step_html
from web.pages import page
from web.subject import Subject, subject_at
from web.unchanged import kept_by_browsers, unkept
from web.visitor import visitor_of


@dataclass(frozen=True, slots=True)
class Words:
    """What a change did to a passage, word by word."""

    change: ChangedRow
    html: Markup
    kind: str
    """Of the passage, for the page's style."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An issue that the comment is gathered in, and the words it changed."""

    fate: FateRow
    words: list[Words]


@dataclass(frozen=True, slots=True)
class Place:
    """Where the comment stands in the version that is read now."""

    state: Literal[
        "made", "exact", "moved", "changed", "removed", "confirmed", "unsettled"
    ]
    is_certain: bool
    subject: Subject


@kept_by_browsers
def show(request: Request) -> Response:
    """One comment, from what was said to what became of it."""
    with request.state.reads(request.state.moment) as reads:
        consultation = consultation_for(request, reads)
        sight = sight_of(request, consultation.id)
        comment = comment_seen(reads, request.path_params["comment"], sight)
        if comment is None:
            return _taken_down(request, reads, consultation, sight)
        if comment.consultation != consultation.id:
            raise NotFound
        proposal = proposal_by_id(reads, comment.proposal)
        if proposal is None:
            raise NotFound
        fates = fates_of(reads, comment.id, sight)
        issues = [fate.issue for fate in fates]
        subject = _as_made(reads, comment)
        is_own = sight.owns(comment.author, comment.organisation)
        before, after = neighbours_of(reads, comment, sight)
        officer = (
            person_by_id(reads, comment.officer)
            if comment.officer and sight.sees_all
            else None
        )
        themes = dict(theme_choices(request, reads, consultation.id))
        return page(
            request,
            "comment/show.html",
            consultation=consultation,
            round=round_of(request, consultation, sight.at),
            proposal=proposal,
            comment=comment,
            subject=subject,
            place=_as_now(reads, comment, proposal, sight),
            asked_for=_asked_for(subject, comment),
            earlier=_earlier(request, comment, sight, is_own=is_own),
            answers=_answers(fates, changes_for(reads, proposal.id, issues, sight)),
            turns=turns_of(reads, comment, issues, sight),
            themes=[themes[key] for key in comment.themes if key in themes],
            officer=officer.name if officer else "",
            held_back=held_back(comment, consultation, sight.at),
            is_own=is_own,
            sees_all=sight.sees_all,
            works_here=secretariat(visitor_of(request), consultation.id),
            decides=deciders(visitor_of(request), consultation.id),
            hold=holds_on(reads, [comment.id]).get(comment.id),
            may_ask_to_erase=comment.organisation is None
            and comment.author == sight.person,
            sees_people=audited(visitor_of(request)) is None,
            sees_log=auditors(visitor_of(request), consultation.id),
            is_open=consultation.takes_comments(clock()),
            before=before,
            after=after,
        )


def _taken_down(
    request: Request, reads: Reads, consultation: ConsultationRow, sight: Sight
) -> Response:
    """In place of a comment that the public no longer sees: that it was taken down."""
    id = request.path_params["comment"]
    found = comment_taken_down(reads, id, consultation.id, sight)
    if found is None:
        raise NotFound
    return page(
        request,
        "comment/taken_down.html",
        consultation=consultation,
        round=round_of(request, consultation, sight.at),
        found=found,
    )


def _as_made(reads: Reads, comment: CommentRow) -> Subject:
    """The place that was commented on, in the version it was read in."""
    passages = passages_of(reads, comment.proposal, comment.edition)
    span = (comment.start_at, comment.end_at) if comment.quote else None
    found = subject_at(passages, comment.edition, comment.passage, span)
    return found or Subject(comment.edition)


def _as_now(
    reads: Reads, comment: CommentRow, proposal: ProposalRow, sight: Sight
) -> Place | None:
    """The place in the newest version the reader may see; None when it is the same."""
    newest = proposal.edition if sight.sees_all else proposal.published
    if comment.passage is None or newest <= comment.edition:
        return None
    placement = next(
        (row for row in placements_of(reads, comment.id) if row.edition == newest), None
    )
    if placement is None:
        return Place("unsettled", False, Subject(newest))
    passages = passages_of(reads, proposal.id, newest)
    span = _span(placement, comment)
    subject = subject_at(passages, newest, placement.passage, span) or Subject(newest)
    return Place(placement.state, placement.certain, subject)  # type: ignore[arg-type]


def _span(placement: PlacementRow, comment: CommentRow) -> tuple[int, int] | None:
    if placement.state == "removed" or not comment.text:
        return None
    return placement.start_at, placement.end_at


def _asked_for(subject: Subject, comment: CommentRow) -> list[Change]:
    """The proposed wording against the words that it would replace."""
    if comment.is_erased or not comment.wording or not subject.words:
        return []
    return redline(subject.words, comment.wording)


def _earlier(
    request: Request, comment: CommentRow, sight: Sight, *, is_own: bool
) -> list[Said]:
    """What the comment said before it was amended, for those who may see it."""
    may_see = is_own or (sight.sees_all and comment.is_readable)
    if comment.amended_at is None or not may_see:
        return []
    unkept(request)
    said = said_in(request.state.log, comment.id)
    return [one for one in said if one.at < comment.amended_at]


def _answers(fates: Sequence[FateRow], changes: Sequence[ChangedRow]) -> list[Answer]:
    return [
        Answer(
            fate, [_words(change) for change in changes if change.issue == fate.issue]
        )
        for fate in fates
    ]


STEPS: dict[str, Literal["inserted", "deleted", "moved"]] = {
    "insert": "inserted",
    "delete": "deleted",
    "move": "moved",
}


def _words(change: ChangedRow) -> Words:
    old, new = change.before, change.after
    step = Step(STEPS.get(change.op, "changed"), old, new)
    return Words(change, step_html(step), step.passage.kind)
