"""The completeness check before publishing, and publishing itself."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from domain.answer import publish_answers
from domain.log import Conflict, NotFound
from domain.proposal import Proposal, publish_proposal
from projections.completeness import approved_issues, gaps
from projections.proposal import proposals_of
from web.access import (
    clock,
    consultation_for,
    deciders,
    editors,
    proposal_for,
    secretariat,
)
from web.forms import Form, posted
from web.pages import page, redirect
from web.settled import settled
from web.visitor import signed_in, visitor_of


class NewerVersionExists(Conflict):
    """What is published is the version that the check was read for."""

    en = "A newer version has been made. Read the check again, then publish."
    sv = "Det finns en nyare version. Läs kontrollen igen och publicera sedan."


def show(request: Request, form: Form | None = None) -> Response:
    """What is left to do before publishing: in the consultation, or in one proposal."""
    with request.state.reads(request.state.moment) as reads:
        consultation = consultation_for(request, reads)
        proposals = proposals_of(reads, consultation.id)
        asked = request.query_params.get("proposal", "")
        proposal = next((row for row in proposals if str(row.id) == asked), None)
        if asked and proposal is None:
            raise NotFound
        visitor = visitor_of(request)
        return page(
            request,
            "completeness/show.html",
            status=form.status if form else 200,
            form=form or Form.blank(request),
            consultation=consultation,
            proposals=proposals,
            proposal=proposal,
            named={row.id: row for row in proposals},
            gaps=gaps(reads, consultation.id, proposal.id if proposal else None),
            approved=len(approved_issues(reads, consultation.id)),
            works_here=secretariat(visitor, consultation.id),
            may_publish=editors(visitor, consultation.id),
            may_answer=deciders(visitor, consultation.id),
        )


def publishing(request: Request, form: Form | None = None) -> Response:
    """The check's result, and the button that publishes a proposal's newest version."""
    with request.state.reads(None) as reads:
        consultation = consultation_for(request, reads)
        proposal = proposal_for(request, reads)
        left = gaps(reads, consultation.id, proposal.id)
        return page(
            request,
            "completeness/publish.html",
            status=form.status if form else 200,
            form=form or Form.blank(request),
            consultation=consultation,
            proposal=proposal,
            named={proposal.id: proposal},
            gaps=left,
            works_here=True,
            left=sum(gap.total for gap in left),
        )


@posted(again=publishing)
def publish(request: Request, form: Form) -> Response:
    """Make a proposal's newest text the version that the public reads."""
    with request.state.reads(None) as reads:
        proposal = proposal_for(request, reads)
        left = sum(gap.total for gap in gaps(reads, proposal.consultation, proposal.id))
    newest = request.state.log.look(Proposal, proposal.id).edition
    if form["edition"] != str(newest):
        raise NewerVersionExists
    if left and not form.ticked("anyway"):
        form.wrong("anyway", "Tick the box to publish although something is left.")
    form.check()
    receipt = publish_proposal(
        request.state.log, id=proposal.id, by=signed_in(request), now=clock()
    )
    settled(request, receipt)
    return redirect(
        request,
        "completeness.show",
        notice="The version is published.",
        consultation=proposal.consultation,
    )


@posted(again=show)
def publish_approved(request: Request, form: Form) -> Response:
    """Make every approved answer of the consultation public, all at once."""
    with request.state.reads(None) as reads:
        consultation = consultation_for(request, reads)
        ids = approved_issues(reads, consultation.id)
    if not ids:
        return redirect(
            request,
            "completeness.show",
            notice="There is no approved answer to publish.",
            consultation=consultation.id,
        )
    receipt = publish_answers(
        request.state.log, ids=ids, by=signed_in(request), now=clock()
    )
    settled(request, receipt)
    return redirect(
        request,
        "completeness.show",
        notice="The approved answers are published.",
        consultation=consultation.id,
    )
