"""A revision from a file: a later text of the same document becomes passage changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from domain.change import PassageChange
from domain.redline import Step, compare
from domain.revision import NothingChanged, Revision, make_change, start_revision
from domain.text import Passage, Text
from web.access import clock, consultation_for, proposal_for
from web.addresses import has_page
from web.drafting import proposal_standing
from web.formats.redline import step_html
from web.formats.revision import changes_between, continue_document
from web.forms import Form, posted
from web.once import once
from web.pages import page, redirect
from web.settled import settled
from web.upload import Upload, keep, kept, read_upload
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
    old = proposal_standing(request).passages
    if not changes_between(old, _continued(old, upload)):
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
    old = proposal_standing(request).passages
    new = _continued(old, upload)
    steps = compare(old, new)
    form = form or Form.blank(request, id=uuid4(), title=upload.source or upload.title)
    return page(
        request,
        "drafting/continue_look_over.html",
        status=form.status,
        consultation=consultation,
        proposal=proposal,
        upload=upload,
        token=request.path_params["token"],
        lines=_lines(old, new, steps),
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
            proposal.passages, _continued(proposal.passages, upload)
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


def _continued(old: Sequence[Passage], upload: Upload) -> list[Passage]:
    return continue_document(old, upload.drafts, uuid4)


def _lines(
    old: Sequence[Passage], new: Sequence[Passage], steps: Sequence[Step]
) -> list[Line]:
    """The passages that change, in reading order."""
    was, now = Text(old), Text(new)
    return [
        Line(
            step,
            (was if step.new is None else now).label(step.passage.id),
            step_html(step),
        )
        for step in steps
        if step.kind not in ("same", "moved_away")
    ]
