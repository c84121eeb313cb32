"""Erasures: the requests that wait, and one request from asking to carried out."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from domain.erasing import approve_erasure, refuse_erasure
from domain.erasure import APPROVALS, BASES, Erasure
from domain.log import SYSTEM, NotFound, Refused, Unavailable
from domain.person import DECIDERS
from projections.comment import CommentRow, comment_by_id
from projections.consultation import ConsultationRow, consultation_by_id
from projections.erasure import (
    ErasureRow,
    HoldRow,
    erasure_by_id,
    erasures,
    holds_against,
)
from projections.history import names_of
from projections.paged import Stretch
from projections.reads import Reads
from web.access import audited, auditors, clock, may_see
from web.erasing import finish
from web.forms import Form, posted
from web.language import language_of, say
from web.pages import page, redirect
from web.paging import Paging
from web.settled import settled
from web.visitor import Visitor, signed_in, visitor_of
from web.words import choices

TYPED = {"sv": "RADERA", "en": "ERASE"}
"""What is typed to confirm the second approval: it can not be taken back."""
MOST_WAITING = 200
"""Requests that are listed as waiting; each that is settled lets in another."""


@dataclass(frozen=True, slots=True)
class Case:
    """A request as one visitor may see it."""

    row: ErasureRow
    consultation: ConsultationRow | None
    comments: list[CommentRow]
    """What goes, or went, but for a person's name; empty for the public."""
    names: dict[UUID, str]
    holds: list[HoldRow]
    is_subject: bool
    """Whether it is about the visitor's own data or words."""
    audits: bool
    may_decide: bool

    @property
    def would_decide(self) -> bool:
        """Whether one more approval is the decision."""
        return len(self.row.approvers) == APPROVALS - 1

    @property
    def is_insider(self) -> bool:
        """Whether the visitor reads more than what the public does."""
        return self.audits or self.is_subject


def index(request: Request) -> Response:
    """The requests that wait, and those that are settled; perhaps of one consultation.

    Those about people are listed for who works in all of them, or audits them.
    """
    scope = audited(visitor_of(request))
    asked = Form.sent(request, request.query_params).id("consultation")
    if asked is not None and (scope is None or asked in scope):
        scope = [asked]
    paging = Paging(request, int, newest_first=True)
    with request.state.reads(request.state.moment) as reads:
        waiting = erasures(reads, scope, Stretch(MOST_WAITING), waiting=True).rows
        found = erasures(reads, scope, paging.stretch, waiting=False)
        shown = [*waiting, *found.rows]
        named = names_of(reads, {row.target for row in shown})
    return page(
        request,
        "erasure/index.html",
        waiting=waiting,
        settled=found.rows,
        named={id: name for id, (_, name) in named.items()},
        paging=paging.of(found),
    )


def show(request: Request) -> Response:
    """One request: what it covers, who has approved, and what became of it.

    Whoever may decide and opens one that was interrupted has it carried out.
    """
    with request.state.reads(request.state.moment) as reads:
        case = _case(request, reads)
    if case.row.state == "decided" and case.may_decide and request.state.moment is None:
        _finished(request, case.row.id, case.row.decision)
        with request.state.reads(None) as reads:
            case = _case(request, reads)
    return page(
        request,
        "erasure/show.html",
        case=case,
        row=case.row,
        audits_all=audited(visitor_of(request)) is None,
    )


def approval(request: Request, form: Form | None = None) -> Response:
    """Ask before a request is approved; the second time a word has to be typed."""
    with request.state.reads(None) as reads:
        case = _deciding(request, reads)
    found = request.state.log.look(Erasure, case.row.id)
    return page(
        request,
        "erasure/approve.html",
        status=form.status if form else 200,
        form=form or Form.blank(request, decision_ref=case.row.decision_ref),
        case=case,
        row=case.row,
        would_decide=len(found.approvers) == APPROVALS - 1,
        typed=TYPED[language_of(request)],
    )


@posted(again=approval)
def approve(request: Request, form: Form) -> Response:
    """Approve a request; the second approval decides it, and it is carried out."""
    id: UUID = request.path_params["erasure"]
    _require_place(request)
    found = request.state.log.look(Erasure, id)
    by = signed_in(request)
    decision_ref = form.text("decision_ref", longest=200)
    decides = len(found.approvers) == APPROVALS - 1 and by not in found.approvers
    if decides and form["word"].strip().upper() not in TYPED.values():
        word = TYPED[language_of(request)]
        form.wrong("word", "Type %(word)s to confirm.", word=word)
    form.check()
    receipt = approve_erasure(
        request.state.log, id=id, decision_ref=decision_ref, by=by, now=clock()
    )
    settled(request, receipt)
    notice = "Your approval is recorded. It takes one more person."
    if request.state.log.look(Erasure, id).is_decided:
        is_done = _finished(request, id, receipt.position)
        notice = (
            "The erasure is carried out."
            if is_done
            else "The erasure is decided, and is carried out in a moment."
        )
    return redirect(request, "erasure.show", erasure=id, notice=notice)


def refusal(request: Request, form: Form | None = None) -> Response:
    """The form that refuses a request, with its legal ground and the reason."""
    with request.state.reads(None) as reads:
        case = _deciding(request, reads)
    return page(
        request,
        "erasure/refuse.html",
        status=form.status if form else 200,
        form=form or Form.blank(request),
        case=case,
        row=case.row,
        bases=choices("basis", language_of(request)),
    )


@posted(again=refusal)
def refuse(request: Request, form: Form) -> Response:
    """Refuse a request."""
    id: UUID = request.path_params["erasure"]
    _require_place(request)
    basis = form.choice("basis", set(BASES))
    reason = form.text("reason", "Write why the request is refused.", longest=5_000)
    form.check()
    receipt = refuse_erasure(
        request.state.log,
        id=id,
        basis=basis,
        reason=reason,
        by=signed_in(request),
        now=clock(),
    )
    settled(request, receipt)
    return redirect(
        request, "erasure.show", erasure=id, notice="The request is refused."
    )


def may_decide(visitor: Visitor, kind: str, consultation: UUID | None) -> bool:
    """Whether a visitor decides on requests of a kind: a person's in all rounds."""
    place = consultation if kind == "comment" else None
    return visitor.has(*DECIDERS, consultation=place)


def _finished(request: Request, id: UUID, decision: int | None) -> bool:
    """Carry out what is decided; what can not be now is done by the notary's loop."""
    with suppress(Refused, Unavailable):
        receipt = finish(
            request.state.log,
            request.state.reads,
            request.state.sessions,
            id=id,
            decision=decision or 0,
            by=signed_in(request),
            now=clock(),
        )
        settled(request, receipt)
        return True
    return False


def _require_place(request: Request) -> None:
    """Refuse who may not see the request at all: to them there is no such page."""
    with request.state.reads(None) as reads:
        _deciding(request, reads)


def _deciding(request: Request, reads: Reads) -> Case:
    """The request, for those who decide in the place that it is about."""
    case = _case(request, reads)
    row = case.row
    if not may_decide(visitor_of(request), row.kind, row.consultation):
        raise NotFound
    return case


def _case(request: Request, reads: Reads) -> Case:
    """The request that the address names, as the visitor may see it.

    Everybody may read that an erasure has been carried out, when, by whose decision and
    on what ground. The rest is for those who audit it and for whom it is about.
    """
    row = erasure_by_id(reads, request.path_params["erasure"])
    if row is None:
        raise NotFound
    visitor = visitor_of(request)
    round = consultation_by_id(reads, row.consultation) if row.consultation else None
    comments = _comments(reads, row)
    subject = row.target if row.kind == "person" else comments[0].author
    is_subject = visitor.person is not None and visitor.person == subject
    audits = (
        auditors(visitor, row.consultation)
        if row.consultation
        else audited(visitor) is None
    )
    if not (is_subject or audits):
        if row.state != "carried_out" or (
            round is not None and not may_see(reads, visitor, round)
        ):
            raise NotFound
        comments = []
    people = {row.target, row.requested_by, *row.approvers}
    if row.refused_by:
        people.add(row.refused_by)
    named = names_of(reads, people)
    return Case(
        row,
        round,
        comments,
        {id: name for id, (_, name) in named.items()}
        | {SYSTEM: say(request, "the operator")},
        holds_against(reads, row),
        is_subject,
        audits,
        row.state in ("requested", "decided")
        and may_decide(visitor, row.kind, row.consultation)
        and visitor.person != subject,
    )


def _comments(reads: Reads, row: ErasureRow) -> list[CommentRow]:
    ids: Collection[UUID] = row.comments if row.kind == "person" else [row.target]
    found = (comment_by_id(reads, id) for id in ids)
    return [comment for comment in found if comment is not None]
