"""Revisions: the list, the workspace, the preview, and how each of them ends."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID, uuid4

from starlette.requests import Request
from starlette.responses import Response

from domain.log import NotFound, Receipt, Refused, Unavailable
from domain.proposal import Proposal
from domain.revision import (
    Revision,
    abandon_revision,
    adopt_revision,
    move_revision,
    place_stragglers,
    review_revision,
    start_revision,
)
from projections.beside import beside
from projections.comment import standings_on
from projections.proposal import proposals_of
from projections.revision import change_counts, open_issues_on, revisions_of
from web.access import clock, consultation_for, editors, sight_of
from web.addresses import url
from web.choosing import headings
from web.comparing import SHOWN_AT_MOST, Comparison
from web.forms import Form, posted
from web.language import say
from web.numbered import Numbered
from web.pages import page, redirect, to_address
from web.placing import places_of, shown, tally
from web.settled import settled
from web.visitor import signed_in, visitor_of
from web.workspace import workspace_for

LINES = 80
"""Passages on a page of the workspace."""


def index(request: Request) -> Response:
    """A consultation's revisions, the newest first."""
    with request.state.reads(request.state.moment) as reads:
        consultation = consultation_for(request, reads)
        return page(
            request,
            "revision/index.html",
            consultation=consultation,
            revisions=revisions_of(reads, consultation.id),
            counts=change_counts(reads, consultation.id),
            proposals={row.id: row for row in proposals_of(reads, consultation.id)},
            may_write=editors(visitor_of(request), consultation.id),
        )


def new(request: Request, form: Form | None = None) -> Response:
    """The form that starts a revision of a proposal."""
    form = form or Form.blank(
        request, id=uuid4(), proposal=request.query_params.get("proposal")
    )
    with request.state.reads(None) as reads:
        consultation = consultation_for(request, reads)
        return page(
            request,
            "revision/new.html",
            block="form" if form.is_wrong else "",
            status=form.status,
            consultation=consultation,
            form=form,
            proposals=[
                (str(row.id), row.title)
                for row in proposals_of(reads, consultation.id)
                if not row.is_withdrawn
            ],
        )


@posted(again=new)
def start(request: Request, form: Form) -> Response:
    """Begin work on a proposal's next version."""
    title = form.text("title", "Write what the revision is about.", longest=300)
    proposal = form.id("proposal", "Choose a proposal.")
    with request.state.reads(None) as reads:
        consultation = consultation_for(request, reads).id
        known = {row.id for row in proposals_of(reads, consultation)}
    if proposal is not None and proposal not in known:
        form.wrong("proposal", "This choice no longer exists.")
    form.check()
    id = form.new_id()
    if proposal is not None and not _is_begun(request, id):
        receipt = start_revision(
            request.state.log,
            id=id,
            proposal=proposal,
            title=title,
            by=signed_in(request),
            now=clock(),
        )
        settled(request, receipt)
    return redirect(request, "revision.show", consultation=consultation, revision=id)


def _is_begun(request: Request, id: UUID) -> bool:
    """Whether the form was sent before: a double click starts one revision."""
    try:
        request.state.log.look(Revision, id)
    except NotFound:
        return False
    return True


def show(request: Request, form: Form | None = None) -> Response:
    """The text as it would become, its changed passages marked, a page at a time."""
    only = request.query_params.get("only") == "changed"
    paging = Numbered(request, size=LINES)
    with request.state.reads(request.state.moment) as reads:
        space = workspace_for(request, reads)
        changed = {change.passage for change in space.changes}
        steps = [
            step
            for step in space.steps
            if not only or step.kind != "same" or step.passage.id in changed
        ]
        if sought := request.query_params.get("passage"):
            places = [
                at
                for at, step in enumerate(steps)
                if str(step.passage.id) == sought and step.kind != "moved_away"
            ]
            paging.number = places[0] // LINES + 1 if places else paging.number
        sight = sight_of(request, space.consultation.id)
        return page(
            request,
            "revision/show.html",
            block="lines",
            status=form.status if form else 200,
            form=form or Form.blank(request),
            space=space,
            consultation=space.consultation,
            revision=space.revision,
            proposal=space.proposal,
            only=only,
            lines=space.lines(steps[paging.offset : paging.offset + LINES]),
            comments=beside(
                reads, space.proposal.id, space.revision.base, sight
            ).counts,
            issues=open_issues_on(reads, space.proposal.id, space.revision.base),
            headings=headings(space.text),
            paging=paging.of(len(steps)),
        )


def preview(request: Request, form: Form | None = None) -> Response:
    """What the revision would do to the text, and for which reasons."""
    with request.state.reads(request.state.moment) as reads:
        space = workspace_for(request, reads)
        comparison = Comparison(space.base, space.text, space.steps)
        return page(
            request,
            "revision/preview.html",
            status=form.status if form else 200,
            form=form or Form.blank(request),
            space=space,
            consultation=space.consultation,
            revision=space.revision,
            proposal=space.proposal,
            blocks=comparison.blocks(0, SHOWN_AT_MOST),
            changes=space.changes[:SHOWN_AT_MOST],
            unshown=max(0, comparison.total - SHOWN_AT_MOST),
        )


def comments(request: Request) -> Response:
    """What the revision would do to every comment; a part of the preview."""
    paging = Numbered(request, size=20)
    with request.state.reads(request.state.moment) as reads:
        space = workspace_for(request, reads)
        places = [] if space.has_moved_on else places_of(reads, space)
        asking = [place for place in places if place.asks_for_a_look]
        return page(
            request,
            "revision/comments.html",
            block="comments",
            space=space,
            consultation=space.consultation,
            revision=space.revision,
            tally=tally(places),
            placed=shown(reads, space, asking[paging.offset :][: paging.limit]),
            paging=paging.of(len(asking)),
        )


@posted(again=preview)
def review(request: Request, form: Form) -> Response:
    """Declare the whole revision read and ready, perhaps with a note."""
    note = form.text("note", longest=5000)
    form.check()
    receipt = review_revision(
        request.state.log,
        id=_own(request),
        note=note,
        by=signed_in(request),
        now=clock(),
    )
    return _on(request, receipt, "revision.preview", "The revision is reviewed.")


def confirm(request: Request, form: Form | None = None) -> Response:
    """What adopting the revision will record, before it is done."""
    with request.state.reads(None) as reads:
        space = workspace_for(request, reads)
        places = [] if space.has_moved_on else places_of(reads, space)
        form = form or Form.blank(request)
        return page(
            request,
            "revision/adopt.html",
            status=form.status,
            form=form,
            space=space,
            consultation=space.consultation,
            revision=space.revision,
            proposal=space.proposal,
            tally=tally(places),
            without_source=[
                change
                for change in space.changes
                if not change.reason and not change.issues
            ],
            most=SHOWN_AT_MOST,
        )


@posted(again=confirm)
def adopt(request: Request, form: Form) -> Response:
    """Make the changes the proposal's next version, and place every comment in it."""
    log = request.state.log
    revision = log.look(Revision, _own(request))
    # Comments that came a moment ago are to be placed too.
    settled(request, Receipt(log.head(), clock()))
    with request.state.reads(None) as reads:
        anchors = standings_on(reads, revision.proposal, not_in=revision.base + 1)
    receipt = adopt_revision(
        log, id=revision.id, anchors=anchors, by=signed_in(request), now=clock()
    )
    _place_late_ones(request, revision.proposal)
    return _on(
        request,
        receipt,
        "revision.show",
        "The revision is adopted. A new version exists.",
    )


def _place_late_ones(request: Request, proposal: UUID) -> None:
    """Give a place to the comments that came in while the revision was adopted.

    The adoption stands whatever becomes of this: it can be done later, by hand.
    """
    log = request.state.log
    with suppress(Refused, Unavailable):
        settled(request, Receipt(log.head(), clock()))
        with request.state.reads(None) as reads:
            edition = log.look(Proposal, proposal).edition
            anchors = standings_on(reads, proposal, not_in=edition)
        if anchors:
            place_stragglers(
                log,
                proposal=proposal,
                anchors=anchors,
                by=signed_in(request),
                now=clock(),
            )


def leave(request: Request, form: Form | None = None) -> Response:
    """The form that gives a revision up."""
    with request.state.reads(None) as reads:
        space = workspace_for(request, reads)
        form = form or Form.blank(request)
        return page(
            request,
            "revision/abandon.html",
            status=form.status,
            form=form,
            space=space,
            consultation=space.consultation,
            revision=space.revision,
        )


@posted(again=leave)
def abandon(request: Request, form: Form) -> Response:
    """Give a revision up; the proposal stays as it is."""
    reason = form.text("reason", "Write why the work is given up.", longest=5000)
    form.check()
    receipt = abandon_revision(
        request.state.log,
        id=_own(request),
        reason=reason,
        by=signed_in(request),
        now=clock(),
    )
    return _on(request, receipt, "revision.show", "The revision is abandoned.")


@posted(again=show)
def move_on(request: Request, form: Form) -> Response:
    """Move the work to the proposal's current version, if every change still fits."""
    receipt = move_revision(
        request.state.log, id=_own(request), by=signed_in(request), now=clock()
    )
    return _on(
        request, receipt, "revision.show", "The revision now starts from this version."
    )


def to_show(request: Request, passage: UUID | None, only: str, notice: str) -> Response:
    """Back to the workspace, at a passage, with a sentence at its top."""
    address = url(
        request,
        "revision.show",
        consultation=request.path_params["consultation"],
        revision=request.path_params["revision"],
        passage=passage,
        only="changed" if only == "changed" else None,
    )
    at = f"#p-{passage}" if passage else ""
    return to_address(request, address + at, notice=say(request, notice))


def _own(request: Request) -> UUID:
    """The revision that the address names, if it is of the consultation it names."""
    id: UUID = request.path_params["revision"]
    revision = request.state.log.look(Revision, id)
    if revision.consultation != request.path_params["consultation"]:
        raise NotFound
    return id


def _on(request: Request, receipt: Receipt, name: str, notice: str) -> Response:
    settled(request, receipt)
    return redirect(
        request,
        name,
        notice=notice,
        consultation=request.path_params["consultation"],
        revision=request.path_params["revision"],
    )
