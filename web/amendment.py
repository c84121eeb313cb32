"""Changing one's mind: amending a comment, or taking it back, until the close."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Protocol
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from domain.comment import COMMENT_KINDS, LONGEST_TEXT, Comment, NotTheAuthor
from domain.log import Conflict, Log, NotFound
from domain.submission import amend_comment, withdraw_comment
from projections.comment import CommentRow, comment_by_id
from projections.proposal import passages_of, proposal_by_id
from projections.reads import Reads
from web.access import clock, consultation_for
from web.consultation import round_of
from web.forms import Form, posted
from web.kept import arrived, brought_back, sign_in_and_return
from web.limits import limited
from web.pages import page, redirect, site_of
from web.settled import settled
from web.subject import Subject, subject_at
from web.visitor import signed_in, visitor_of


@dataclass(frozen=True, slots=True)
class Said:
    """What a comment said from one time on."""

    at: datetime
    kind: str
    text: str
    wording: str


def said_in(log: Log, comment: UUID, *, until: int | None = None) -> list[Said]:
    """Everything that a comment has said, the first first, up to one of its events."""
    events: list[Any] = log.history(comment, until=until)
    return [
        Said(event.timestamp, event.kind, event.text, event.wording)
        for event in events
        if isinstance(event, Comment.Submitted | Comment.Amended)
    ]


def amend(request: Request, form: Form | None = None) -> Response:
    """The form that changes what a comment says, with what it says now."""
    form = form or brought_back(request)
    with request.state.reads(None) as reads:
        consultation = consultation_for(request, reads)
        comment = _own(request, reads)
        said = said_in(request.state.log, comment.id)
        if form is None:
            form = Form.blank(
                request,
                kind=said[-1].kind,
                text=said[-1].text,
                wording=said[-1].wording,
                before=print_of(said[-1]),
            )
        elif isinstance(form.refusal, Conflict):
            # The page now shows what the other one wrote: to send again is to know.
            form.fill(before=print_of(said[-1]))
        proposal = proposal_by_id(reads, comment.proposal)
        return page(
            request,
            "comment/amend.html",
            status=form.status,
            consultation=consultation,
            round=round_of(request, consultation, clock()),
            proposal=proposal,
            comment=comment,
            subject=_subject(reads, comment),
            said=said,
            form=form,
            longest=LONGEST_TEXT,
            is_open=consultation.takes_comments(clock()),
        )


def _own(request: Request, reads: Reads) -> CommentRow:
    """The comment that the address names, if the visitor may change it."""
    comment = comment_by_id(reads, request.path_params["comment"])
    if comment is None or comment.consultation != request.path_params["consultation"]:
        raise NotFound
    visitor = visitor_of(request)
    speaks_for = {id for id, _ in visitor.mandates}
    # Who wrote for an organisation and has left it still reads that, and no more.
    if not (
        comment.organisation in speaks_for
        if comment.organisation
        else comment.author == visitor.person
    ):
        raise NotTheAuthor
    return comment


def _subject(reads: Reads, comment: CommentRow) -> Subject:
    passages = passages_of(reads, comment.proposal, comment.edition)
    span = comment.start_at, comment.end_at
    found = subject_at(passages, comment.edition, comment.passage, span)
    return found or Subject(comment.edition)


class Worded(Protocol):
    """Whatever says what a comment says."""

    @property
    def kind(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def wording(self) -> str: ...


def print_of(said: Worded) -> str:
    """Tells two texts apart, to notice that somebody amended one meanwhile."""
    whole = "\0".join((said.kind, said.text, said.wording))
    return sha256(whole.encode()).hexdigest()[:16]


@posted(again=amend)
def save(request: Request, form: Form) -> Response:
    """Amend the comment; who has been signed out comes back with the form."""
    text = form.text("text", "Write what you think.")
    wording = form.text("wording")
    kind = form.choice("kind", set(COMMENT_KINDS))
    if visitor_of(request).person is None:
        return sign_in_and_return(request, form, "comment.amend", **request.path_params)
    form.check()
    limit = site_of(request).submissions_per_hour
    limited(request, "comment", limit=limit, per=timedelta(hours=1))
    id = _recorded(request)
    if form["before"] != print_of(said_in(request.state.log, id)[-1]):
        raise Conflict
    receipt = amend_comment(
        request.state.log,
        id=id,
        kind=kind,
        text=text,
        wording=wording,
        by=signed_in(request),
        now=clock(),
    )
    arrived(request, form)
    settled(request, receipt)
    return redirect(
        request,
        "comment.show",
        notice="The comment is amended. What it said before stays in the log.",
        **request.path_params,
    )


def _recorded(request: Request) -> UUID:
    """The id that the address names, if it is a comment of that consultation."""
    id: UUID = request.path_params["comment"]
    comment = request.state.log.look(Comment, id)
    if comment.consultation != request.path_params["consultation"]:
        raise NotFound
    return id


def withdraw(request: Request, form: Form | None = None) -> Response:
    """Ask before a comment is taken back."""
    form = form or Form.blank(request)
    with request.state.reads(None) as reads:
        consultation = consultation_for(request, reads)
        comment = _own(request, reads)
        return page(
            request,
            "comment/withdraw.html",
            status=form.status,
            consultation=consultation,
            round=round_of(request, consultation, clock()),
            proposal=proposal_by_id(reads, comment.proposal),
            comment=comment,
            form=form,
            is_open=consultation.takes_comments(clock()),
        )


@posted(again=withdraw)
def take_back(request: Request, form: Form) -> Response:
    """Withdraw the comment; it stays in the log as withdrawn."""
    receipt = withdraw_comment(
        request.state.log, id=_recorded(request), by=signed_in(request), now=clock()
    )
    settled(request, receipt)
    return redirect(
        request,
        "comment.show",
        notice="The comment is withdrawn.",
        **request.path_params,
    )
