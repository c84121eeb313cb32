"""Who may see what is here: taking down and putting back, and secrecy markings."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from domain.comment import Comment
from domain.disclosure import (
    mark_secret,
    reassess_secrecy,
    republish_answer,
    republish_comments,
    unpublish_answer,
    unpublish_comments,
)
from domain.issue import Issue
from domain.log import NotFound, Receipt
from domain.secrecy import REASSESSMENTS, NotSecret
from projections.comment import comment_by_id
from projections.issue import issue_by_id
from web.access import clock, consultation_for
from web.addresses import url
from web.forms import Form, posted
from web.language import language_of, say
from web.pages import page, redirect
from web.settled import settled
from web.visitor import signed_in
from web.words import choices

OTHER = "other"
"""Stands among the provisions for one that is written out."""

PROVISIONS: tuple[tuple[str, str], ...] = (
    ("21 kap. 1 § OSL", "health and sex life"),
    ("21 kap. 3 § OSL", "protected addresses"),
    ("25 kap. 1 § OSL", "health care"),
)
"""What secrecy most often rests on, of the Public Access to Information and Secrecy
Act, each with what it is about in English."""

LONGEST = 2_000


def unpublishing(request: Request, form: Form | None = None) -> Response:
    """Ask why a comment is to be taken down, and by which decision."""
    return _comment_page(request, form, "disclosure/unpublish.html")


@posted(again=unpublishing)
def unpublish(request: Request, form: Form) -> Response:
    """Take a comment down from what the public sees."""
    receipt = unpublish_comments(
        request.state.log,
        ids=[_comment(request)],
        reason=_reason(form, "Write why this is no longer to be public."),
        decision_ref=_decision_ref(form),
        by=signed_in(request),
        now=clock(),
    )
    return _back(request, receipt, "The comment is unpublished.")


def republishing(request: Request, form: Form | None = None) -> Response:
    """Ask before a comment is shown again."""
    return _comment_page(request, form, "disclosure/republish.html")


@posted(again=republishing)
def republish(request: Request, _: Form) -> Response:
    """Put a comment back where the public sees it."""
    receipt = republish_comments(
        request.state.log, ids=[_comment(request)], by=signed_in(request), now=clock()
    )
    return _back(request, receipt, "The comment is published again.")


def unpublishing_answer(request: Request, form: Form | None = None) -> Response:
    """Ask why a published answer is to be taken down."""
    return _answer_page(request, form, "disclosure/unpublish.html")


@posted(again=unpublishing_answer)
def unpublish_issue(request: Request, form: Form) -> Response:
    """Take an issue's disposition and answer down."""
    receipt = unpublish_answer(
        request.state.log,
        id=_issue(request),
        reason=_reason(form, "Write why this is no longer to be public."),
        decision_ref=_decision_ref(form),
        by=signed_in(request),
        now=clock(),
    )
    return _back(request, receipt, "The answer is unpublished.")


def republishing_answer(request: Request, form: Form | None = None) -> Response:
    """Ask before an answer is shown again."""
    return _answer_page(request, form, "disclosure/republish.html")


@posted(again=republishing_answer)
def republish_issue(request: Request, _: Form) -> Response:
    """Put an issue's disposition and answer back."""
    receipt = republish_answer(
        request.state.log, id=_issue(request), by=signed_in(request), now=clock()
    )
    return _back(request, receipt, "The answer is published again.")


def secrecy(request: Request, form: Form | None = None) -> Response:
    """The form that marks a comment as secret, or reassesses the marking."""
    return _comment_page(
        request,
        form,
        "disclosure/secrecy.html",
        provisions=[
            *((code, f"{code} ({say(request, about)})") for code, about in PROVISIONS),
            (OTHER, say(request, "Another provision")),
        ],
        outcomes=choices("reassessment", language_of(request)),
    )


@posted(again=secrecy)
def mark(request: Request, form: Form) -> Response:
    """Mark a comment as secret."""
    provision = _provision(form)
    note = form.text("note", longest=LONGEST)
    form.check()
    receipt = mark_secret(
        request.state.log,
        ids=[_comment(request)],
        provision=provision,
        note=note,
        by=signed_in(request),
        now=clock(),
    )
    return _back(request, receipt, "The comment is marked as secret.")


@posted(again=secrecy)
def reassess(request: Request, form: Form) -> Response:
    """Keep a secrecy marking, perhaps under another provision, or lift it."""
    id = _comment(request)
    if not request.state.log.look(Comment, id).is_secret:
        raise NotSecret
    outcome = form.choice("outcome", set(REASSESSMENTS))
    provision = _provision(form) if outcome == "kept" else ""
    form.check()
    receipt = reassess_secrecy(
        request.state.log,
        id=id,
        outcome=outcome,
        provision=provision,
        by=signed_in(request),
        now=clock(),
    )
    said = "The marking is kept." if outcome == "kept" else "The marking is lifted."
    return _back(request, receipt, said)


def _provision(form: Form) -> str:
    chosen = form.choice("provision", {OTHER, *(code for code, _ in PROVISIONS)})
    if chosen != OTHER:
        return chosen
    return form.text("written", "Write which provision it is.", longest=200)


def _reason(form: Form, required: str) -> str:
    reason = form.text("reason", required, longest=LONGEST)
    form.check()
    return reason


def _decision_ref(form: Form) -> str:
    found = form.text("decision_ref", longest=200)
    form.check()
    return found


def _comment(request: Request) -> UUID:
    """The comment that the address names, in the consultation whose roles it took."""
    id: UUID = request.path_params["comment"]
    found = request.state.log.look(Comment, id)
    if found.consultation != request.path_params["consultation"]:
        raise NotFound
    return id


def _issue(request: Request) -> UUID:
    id: UUID = request.path_params["issue"]
    found = request.state.log.look(Issue, id)
    if found.consultation != request.path_params["consultation"]:
        raise NotFound
    return id


def _comment_page(
    request: Request, form: Form | None, template: str, **more: Any
) -> Response:
    with request.state.reads(None) as reads:
        consultation = consultation_for(request, reads)
        comment = comment_by_id(reads, request.path_params["comment"])
    if comment is None or comment.consultation != consultation.id:
        raise NotFound
    places = {"consultation": consultation.id, "comment": comment.id}
    return page(
        request,
        template,
        status=form.status if form else 200,
        form=form or _blank(request, comment.secrecy),
        consultation=consultation,
        thing=comment,
        number=comment.position,
        places=places,
        home=url(request, "comment.show", **places),
        **more,
    )


def _blank(request: Request, secrecy: str) -> Form:
    known = {code for code, _ in PROVISIONS}
    provision = secrecy if secrecy in known or not secrecy else OTHER
    written = secrecy if provision == OTHER else ""
    return Form.blank(request, provision=provision, written=written)


def _answer_page(request: Request, form: Form | None, template: str) -> Response:
    with request.state.reads(None) as reads:
        consultation = consultation_for(request, reads)
        issue = issue_by_id(reads, request.path_params["issue"])
    if issue is None or issue.consultation != consultation.id:
        raise NotFound
    places = {"consultation": consultation.id, "issue": issue.id}
    return page(
        request,
        template,
        status=form.status if form else 200,
        form=form or Form.blank(request),
        consultation=consultation,
        thing=issue,
        number=issue.position,
        places=places,
        home=url(request, "issue.show", **places),
    )


def _back(request: Request, receipt: Receipt, notice: str) -> Response:
    settled(request, receipt)
    name = "comment.show" if "comment" in request.path_params else "issue.show"
    return redirect(request, name, notice=notice, **request.path_params)
