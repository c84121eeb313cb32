"""Proposals before and beside revisions: entered, redrafted, withdrawn."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from starlette.requests import Request
from starlette.responses import Response

from domain.log import NotFound
from domain.proposal import (
    Proposal,
    draft_proposal,
    redraft_proposal,
    withdraw_proposal,
)
from projections.consultation import ConsultationRow
from projections.figures import comments_per_proposal
from projections.proposal import ProposalRow, passages_of, proposals_of
from projections.revision import revisions_of
from web.access import clock, consultation_for, editors, proposal_for
from web.formats.revision import continue_document
from web.forms import Form, posted
from web.once import once
from web.pages import page, redirect
from web.portions import asked_portion, named, portions
from web.settled import settled
from web.upload import (
    Upload,
    keep,
    kept,
    lines_of,
    read_upload,
    warnings,
    with_ids,
)
from web.visitor import signed_in, visitor_of


def index(request: Request) -> Response:
    """A consultation's proposals with what can be done to each."""
    with request.state.reads(request.state.moment) as reads:
        consultation = consultation_for(request, reads)
        open_revisions = {
            one.proposal
            for one in revisions_of(reads, consultation.id)
            if one.state in ("started", "reviewed")
        }
        return page(
            request,
            "drafting/index.html",
            consultation=consultation,
            proposals=proposals_of(reads, consultation.id),
            comments=comments_per_proposal(reads, consultation.id),
            revised=open_revisions,
            may_publish=editors(visitor_of(request), consultation.id),
        )


def _asked(
    request: Request, template: str, form: Form | None, **context: Any
) -> Response:
    """A page with a form about the proposal that the address names, if it does."""
    proposal: ProposalRow | None = None
    with request.state.reads(request.state.moment) as reads:
        consultation = consultation_for(request, reads)
        if "proposal" in request.path_params:
            proposal = proposal_for(request, reads)
    form = form or Form.blank(request)
    return page(
        request,
        template,
        status=form.status,
        consultation=consultation,
        proposal=proposal,
        form=form,
        **context,
    )


def new(request: Request, form: Form | None = None) -> Response:
    """The form that takes a new proposal's text: a file, or pasted."""
    return _asked(request, "drafting/new.html", form)


@posted(again=new)
def read_new(request: Request, form: Form) -> Response:
    """Read a new proposal's text, and show how it was understood."""
    token = keep(request, read_upload(form))
    return redirect(
        request,
        "drafting.look_over",
        consultation=request.path_params["consultation"],
        token=token,
    )


def look_over(request: Request, form: Form | None = None) -> Response:
    """The passages of a new proposal as they were understood."""
    upload = kept(request)
    with request.state.reads(None) as reads:
        consultation = consultation_for(request, reads)
        orders = [one.ord for one in proposals_of(reads, consultation.id)]
    order = max(orders, default=0) + 1 if upload.order is None else upload.order
    form = form or Form.blank(request, id=uuid4(), title=upload.title, order=order)
    return _looked_over(request, consultation, None, upload, form)


def _looked_over(
    request: Request,
    consultation: ConsultationRow,
    proposal: ProposalRow | None,
    upload: Upload,
    form: Form,
) -> Response:
    text = with_ids(upload.drafts)
    parts = portions(text)
    part = asked_portion(request, text, parts)
    return page(
        request,
        "drafting/look_over.html",
        block="portion",
        status=form.status,
        consultation=consultation,
        proposal=proposal,
        upload=upload,
        token=request.path_params["token"],
        passages=len(text),
        words=sum(len(passage.text.split()) for passage in text),
        lines=lines_of(text, parts[part]),
        part_before=named(parts, part - 1, text, text.labels),
        part_after=named(parts, part + 1, text, text.labels),
        warnings=dict(warnings(upload.drafts)),
        form=form,
    )


@posted(again=look_over)
def draft(request: Request, form: Form) -> Response:
    """Enter the text that was looked over as a proposal's first draft."""
    upload = kept(request)
    title = form.text("title", "Write a title.", longest=300)
    order = form.number("order", "Write the proposal's number in order.")
    id = form.new_id()
    form.check()
    consultation: UUID = request.path_params["consultation"]
    receipt = once(
        request,
        Proposal,
        id,
        lambda: draft_proposal(
            request.state.log,
            id=id,
            consultation=consultation,
            title=title,
            order=min(max(order or 0, 0), 9999),
            passages=with_ids(upload.drafts),
            source=upload.source,
            by=signed_in(request),
            now=clock(),
        ),
    )
    settled(request, receipt)
    return redirect(
        request,
        "drafting.index",
        consultation=consultation,
        notice="The draft is saved. Only the secretariat sees it until you publish it.",
    )


def replace_draft(request: Request, form: Form | None = None) -> Response:
    """The form that takes another text for a draft that is not published."""
    return _asked(request, "drafting/redraft.html", form)


@posted(again=replace_draft)
def read_replacement(request: Request, form: Form) -> Response:
    """Read another text for a draft, and show how it was understood."""
    token = keep(request, read_upload(form))
    return _to(request, "drafting.look_over_replacement", token=token)


def look_over_replacement(request: Request, form: Form | None = None) -> Response:
    """The passages of a draft's new text as they were understood."""
    upload = kept(request)
    with request.state.reads(None) as reads:
        consultation = consultation_for(request, reads)
        proposal = proposal_for(request, reads)
    form = form or Form.blank(request, title=upload.title or proposal.title)
    return _looked_over(request, consultation, proposal, upload, form)


@posted(again=look_over_replacement)
def redraft(request: Request, form: Form) -> Response:
    """Put the text that was looked over in the draft's place."""
    upload = kept(request)
    title = form.text("title", "Write a title.", longest=300)
    form.check()
    id: UUID = request.path_params["proposal"]
    with request.state.reads(None) as reads:
        old = passages_of(reads, proposal_for(request, reads).id, 1)
    receipt = redraft_proposal(
        request.state.log,
        id=id,
        title=title,
        # What lives on keeps its id, so that its history is one.
        passages=continue_document(old, upload.drafts, uuid4),
        source=upload.source,
        by=signed_in(request),
        now=clock(),
    )
    settled(request, receipt)
    return _to(request, "drafting.index", notice="The draft is replaced.")


def proposal_standing(request: Request) -> Proposal:
    """The proposal that the address names, as it stands in the log."""
    found: Proposal = request.state.log.look(Proposal, request.path_params["proposal"])
    if found.consultation != request.path_params["consultation"]:
        raise NotFound
    return found


def confirm_withdrawal(request: Request, form: Form | None = None) -> Response:
    """The form that takes a proposal back."""
    return _asked(request, "drafting/withdraw.html", form)


@posted(again=confirm_withdrawal)
def withdraw(request: Request, form: Form) -> Response:
    """Take a proposal back, for a reason; it stays readable."""
    reason = form.text("reason", "Write why, for everybody to read.", longest=2000)
    form.check()
    proposal_standing(request)
    receipt = withdraw_proposal(
        request.state.log,
        id=request.path_params["proposal"],
        reason=reason,
        by=signed_in(request),
        now=clock(),
    )
    settled(request, receipt)
    return _to(request, "drafting.index", notice="The proposal is withdrawn.")


def _to(request: Request, name: str, *, notice: str = "", **params: str) -> Response:
    """On to a page about the proposal, or the list of proposals."""
    places: dict[str, object] = {"consultation": request.path_params["consultation"]}
    if name != "drafting.index":
        places["proposal"] = request.path_params["proposal"]
    return redirect(request, name, notice=notice, **places, **params)
