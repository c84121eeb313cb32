"""A revision from a file: a later text of the same document becomes passage changes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from uuid import UUID, uuid4

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from domain.change import PassageChange
from domain.redline import Step, compare
from domain.revision import NothingChanged, Revision, make_change, start_revision
from domain.text import Text
from web.access import clock, consultation_for, proposal_for
from web.addresses import has_page
from web.drafting import proposal_standing
from web.formats.redline import step_html
from web.formats.revision import changes_between, continue_document, is_document
from web.forms import Form, posted
from web.once import once
from web.pages import page, redirect
from web.portions import asked_portion, named, portions
from web.settled import settled
from web.upload import keep, kept, read_upload
from web.visitor import signed_in


@dataclass(frozen=True, slots=True)
class Line:
    """A passage that the file changes, before and after."""

    step: Step
    label: str
    """Its printed reference in the new text; in the old where it goes."""
    html: Markup


def new(request: Request, form: Form | None = None) -> Response:
    """The form that takes a later text of the proposal."""
    with request.state.reads(request.state.moment) as reads:
        consultation = consultation_for(request, reads)
        proposal = proposal_for(request, reads)
    form = form or Form.blank(request)
    return page(
        request,
        "drafting/continue.html",
        status=form.status,
        consultation=consultation,
        proposal=proposal,
        form=form,
    )


@posted(again=new)
def read(request: Request, form: Form) -> Response:
    """Read the later text, and show what it changes."""
    upload = read_upload(form)
    if is_document(proposal_standing(request).passages, upload.drafts):
        raise NothingChanged
    token = keep(request, upload)
    return redirect(
        request,
        "continuing.look_over",
        consultation=request.path_params["consultation"],
        proposal=request.path_params["proposal"],
        token=token,
    )


def look_over(request: Request, form: Form | None = None) -> Response:
    """What the later text changes, word by word, before a revision is made of it."""
    upload = kept(request)
    with request.state.reads(None) as reads:
        consultation = consultation_for(request, reads)
        proposal = proposal_for(request, reads)
    old = Text(proposal_standing(request).passages)
    new = Text(continue_document(old, upload.drafts, uuid4))
    steps = compare(old, new)
    changed = [one for one in steps if one.kind not in ("same", "moved_away")]
    passages = [step.passage for step in changed]
    printed = [(old if one.new is None else new).label(one.id) for one in changed]
    parts = portions(passages)
    part = asked_portion(request, passages, parts)
    form = form or Form.blank(request, id=uuid4(), title=upload.source or upload.title)
    return page(
        request,
        "drafting/continue_look_over.html",
        block="portion",
        status=form.status,
        consultation=consultation,
        proposal=proposal,
        upload=upload,
        token=request.path_params["token"],
        lines=[
            Line(changed[at], printed[at], step_html(changed[at])) for at in parts[part]
        ],
        part_before=named(parts, part - 1, passages, printed),
        part_after=named(parts, part + 1, passages, printed),
        counts=Counter(step.kind for step in steps),
        form=form,
    )


@posted(again=look_over)
def start(request: Request, form: Form) -> Response:
    """Start a revision with the changes that the later text makes."""
    upload = kept(request)
    title = form.text("title", "Write a title.", longest=300)
    reason = form.text("reason", longest=2000)
    id = form.new_id()
    form.check()
    proposal = proposal_standing(request)
    changes: list[PassageChange] = [
        {**change, "id": uuid4().hex, "reason": reason, "issues": []}
        for change in changes_between(
            proposal.passages,
            continue_document(proposal.passages, upload.drafts, uuid4),
        )
    ]
    if not changes:
        raise NothingChanged
    by = signed_in(request)
    receipt = once(
        request,
        Revision,
        id,
        lambda: start_revision(
            request.state.log,
            id=id,
            proposal=proposal.id,
            title=title,
            by=by,
            now=clock(),
        ),
    )
    if receipt.position:  # Else the same form was sent twice: the changes are there.
        receipt = make_change(
            request.state.log, id=id, changes=changes, by=by, now=clock()
        )
    settled(request, receipt)
    consultation: UUID = request.path_params["consultation"]
    notice = "The revision is started. Nothing is changed until it is adopted."
    if has_page(request, "revision.show"):
        return redirect(
            request,
            "revision.show",
            consultation=consultation,
            revision=id,
            notice=notice,
        )
    return redirect(request, "drafting.index", consultation=consultation, notice=notice)
