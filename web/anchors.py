"""Where comments stand in the newest version, for an officer to settle."""

from __future__ import annotations

from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from domain.anchor import Anchor
from domain.comment import Comment
from domain.inbox import confirm_anchor
from domain.log import NotFound, Receipt
from domain.revision import place_stragglers
from domain.text import Text, quote
from projections.comment import standings_on
from projections.comment_list import placements_in
from projections.completeness import uncertain_in
from projections.proposal import ProposalRow, passages_of
from projections.reads import Reads
from projections.revision import PlacedRow, comments_named
from web.access import clock, consultation_for, editors, proposal_for
from web.choosing import choosable, headings, is_long
from web.forms import Form, posted
from web.joining import as_id
from web.pages import page, redirect
from web.paging import Paging
from web.placing import beside
from web.settled import settled
from web.visitor import signed_in, visitor_of

SIZE = 20
WHOLE = "whole"
"""Stands for the proposal as a whole among its passages."""
GONE = "gone"
"""Stands for no place at all: the words are no longer in the text."""


def index(request: Request, form: Form | None = None) -> Response:
    """Comments whose place is uncertain, each as commented beside the suggestion, and
    how many have no place yet."""
    paging = Paging(request, int, size=SIZE)
    with request.state.reads(request.state.moment) as reads:
        consultation = consultation_for(request, reads)
        proposal = proposal_for(request, reads)
        found = uncertain_in(reads, proposal.id, proposal.edition, paging.stretch)
        text = passages_of(reads, proposal.id, proposal.edition)
        uncertain = [
            PlacedRow(
                row.comment, row.passage, row.start_at, row.end_at, row.state, False
            )
            for row in found.rows
        ]
        return page(
            request,
            "anchors/index.html",
            status=form.status if form else 200,
            form=form or Form.blank(request),
            consultation=consultation,
            proposal=proposal,
            placed=beside(reads, proposal.id, uncertain, text),
            words={
                row.comment: quote(passage.text, row.start_at, row.end_at)
                for row in uncertain
                if (passage := text.passage(row.passage)) is not None
            },
            stragglers=len(standings_on(reads, proposal.id, not_in=proposal.edition)),
            may_place=editors(visitor_of(request), consultation.id),
            paging=paging.of(found),
        )


@posted(again=index)
def place(request: Request, form: Form) -> Response:
    """Give a place to comments that came while the version was being replaced."""
    log = request.state.log
    settled(request, Receipt(log.head(), clock()))
    with request.state.reads(None) as reads:
        proposal = proposal_for(request, reads)
        anchors = standings_on(reads, proposal.id, not_in=proposal.edition)
    receipt = place_stragglers(
        log, proposal=proposal.id, anchors=anchors, by=signed_in(request), now=clock()
    )
    return _back(request, receipt, "The comments have got their places.")


def choose(request: Request, form: Form | None = None) -> Response:
    """The form that says where one comment stands."""
    id: UUID = request.path_params["comment"]
    with request.state.reads(None) as reads:
        consultation = consultation_for(request, reads)
        proposal = proposal_for(request, reads)
        row = _standing(reads, proposal, id)
        text = passages_of(reads, proposal.id, proposal.edition)
        form = form or _begun(request, row, text)
        chosen = as_id(form["passage"])
        (placed,) = beside(reads, proposal.id, [row], text)
        return page(
            request,
            "anchors/choose.html",
            status=form.status,
            form=form,
            consultation=consultation,
            proposal=proposal,
            placed=placed,
            chosen=text.passage(chosen),
            passages=choosable(text, chosen or row.passage),
            sections=headings(text) if is_long(text) else [],
        )


def _begun(request: Request, row: PlacedRow, text: Text) -> Form:
    """The form with the section that was gone to, or with where the comment stands."""
    if section := text.passage(as_id(request.query_params.get("section", ""))):
        return Form.blank(request, passage=section.id)
    standing = text.passage(row.passage)
    here = standing.text if standing else ""
    return Form.blank(
        request,
        passage=GONE if row.state == "removed" else row.passage or WHOLE,
        quote=here[row.start_at : row.end_at],
    )


def _standing(reads: Reads, proposal: ProposalRow, comment: UUID) -> PlacedRow:
    """Where a comment stands in the proposal's newest version, as far as is known."""
    found = comments_named(reads, [comment]).get(comment)
    if found is None or found.proposal != proposal.id:
        raise NotFound
    row = placements_in(reads, [comment], proposal.edition).get(comment)
    if row is None:
        return PlacedRow(comment, None, 0, 0, "removed", certain=False)
    return PlacedRow(
        comment, row.passage, row.start_at, row.end_at, row.state, row.certain
    )


@posted(again=choose)
def confirm(request: Request, form: Form) -> Response:
    """Settle where a comment stands in the newest version."""
    comment = request.state.log.look(Comment, request.path_params["comment"])
    if (
        comment.proposal != request.path_params["proposal"]
        or comment.consultation != request.path_params["consultation"]
    ):
        raise NotFound
    anchor = _chosen(form)
    form.check()
    receipt = confirm_anchor(
        request.state.log,
        id=comment.id,
        anchor=anchor,
        by=signed_in(request),
        now=clock(),
    )
    return _back(
        request,
        receipt,
        "The place is confirmed."
        if anchor
        else "It is settled that the commented words are gone.",
    )


def _chosen(form: Form) -> Anchor | None:
    """The place that the form says; None when the commented words are gone."""
    if form["passage"] == GONE:
        return None
    if form["passage"] == WHOLE:
        return Anchor(None)
    passage = form.id("passage", "Choose a passage.")
    words = form["quote"].strip() if passage else ""
    return Anchor(passage, 0, 0, words, form["prefix"], form["suffix"])


def _back(request: Request, receipt: Receipt, notice: str) -> Response:
    settled(request, receipt)
    return redirect(
        request,
        "anchors.index",
        notice=notice,
        consultation=request.path_params["consultation"],
        proposal=request.path_params["proposal"],
    )
