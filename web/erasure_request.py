"""Asking for an erasure: of one's own data, of a comment, or for somebody else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid4

from starlette.requests import Request
from starlette.responses import Response

from domain.comment import Comment
from domain.erasing import request_erasure
from domain.erasure import DATA_GROUNDS, GROUNDS
from domain.log import NotFound
from projections.comment import CommentRow, comment_by_id
from projections.erasure import erasures_of, private_comments_of
from projections.person import PersonRow, person_by_id
from projections.reads import Reads
from web.access import clock, consultation_for, secretariat
from web.forms import Form, posted
from web.language import language_of
from web.limits import limited
from web.pages import page, redirect
from web.settled import settled
from web.visitor import signed_in, visitor_of
from web.words import word

WAITING = ("requested", "decided")
LONGEST_NOTE = 2_000


def of_me(request: Request, form: Form | None = None) -> Response:
    """What it means to have one's data erased, and the form that asks for it."""
    return _person_page(request, form, signed_in(request))


@posted(again=of_me)
def request_mine(request: Request, form: Form) -> Response:
    """Ask for one's own data to be erased."""
    limited(request, "erasure", limit=10, per=timedelta(hours=1))
    return _requested(request, form, "person", signed_in(request), official=False)


def of_person(request: Request, form: Form | None = None) -> Response:
    """The form by which the secretariat asks for somebody, who has written to it."""
    return _person_page(request, form, request.path_params["person"])


@posted(again=of_person)
def request_person(request: Request, form: Form) -> Response:
    """Ask for somebody's data to be erased."""
    person = request.path_params["person"]
    return _requested(request, form, "person", person, official=True)


def of_comment(request: Request, form: Form | None = None) -> Response:
    """The form that asks for a comment to be erased, for its author or an official."""
    with request.state.reads(None) as reads:
        consultation = consultation_for(request, reads)
        comment = _comment(request, reads)
        official = secretariat(visitor_of(request), consultation.id)
        earlier = erasures_of(reads, comment.id)
    return page(
        request,
        "erasure/of_comment.html",
        status=form.status if form else 200,
        form=form or Form.blank(request, id=uuid4()),
        consultation=consultation,
        comment=comment,
        official=official,
        waiting=next((row for row in earlier if row.state in WAITING), None),
        grounds=_grounds(request, GROUNDS if official else DATA_GROUNDS),
    )


@posted(again=of_comment)
def request_comment(request: Request, form: Form) -> Response:
    """Ask for a comment to be erased."""
    consultation: UUID = request.path_params["consultation"]
    id: UUID = request.path_params["comment"]
    found = request.state.log.look(Comment, id)
    if found.consultation != consultation:
        raise NotFound
    official = secretariat(visitor_of(request), consultation)
    if not official:
        limited(request, "erasure", limit=10, per=timedelta(hours=1))
    return _requested(request, form, "comment", id, official=official)


def _person_page(request: Request, form: Form | None, person: UUID) -> Response:
    with request.state.reads(None) as reads:
        found = _person(reads, person)
        comments = private_comments_of(reads, person)
        earlier = erasures_of(reads, person)
    return page(
        request,
        "erasure/of_person.html",
        status=form.status if form else 200,
        form=form or _all_ticked(request, [comment.id for comment in comments]),
        person=found,
        is_mine=person == signed_in(request),
        comments=comments,
        waiting=next(
            (row for row in earlier if row.target == person and row.state in WAITING),
            None,
        ),
        grounds=_grounds(request, DATA_GROUNDS),
    )


def _all_ticked(request: Request, comments: Sequence[UUID]) -> Form:
    form = Form.blank(request, id=uuid4())
    form.tick("comments", comments)
    return form


def _person(reads: Reads, id: UUID) -> PersonRow:
    found = person_by_id(reads, id)
    if found is None:
        raise NotFound
    return found


def _comment(request: Request, reads: Reads) -> CommentRow:
    """The comment, if the visitor may ask for its erasure."""
    found = comment_by_id(reads, request.path_params["comment"])
    if found is None or found.consultation != request.path_params["consultation"]:
        raise NotFound
    visitor = visitor_of(request)
    is_own = found.author == visitor.person and found.organisation is None
    if not is_own and not secretariat(visitor, found.consultation):
        raise NotFound
    return found


def _grounds(request: Request, codes: Sequence[str]) -> list[tuple[str, str]]:
    language = language_of(request)
    return [(code, word(code, "ground", language=language)) for code in codes]


def _requested(
    request: Request, form: Form, kind: str, target: UUID, *, official: bool
) -> Response:
    ground = form.choice("ground", set(GROUNDS if official else DATA_GROUNDS))
    decision_ref = form.text("decision_ref", longest=200) if official else ""
    note = form.text("note", longest=LONGEST_NOTE) if official else ""
    comments = _ticked(form) if kind == "person" else []
    id = form.new_id()
    form.check()
    receipt = request_erasure(
        request.state.log,
        id=id,
        kind=kind,
        target=target,
        ground=ground,
        comments=comments,
        decision_ref=decision_ref,
        note=note,
        by=signed_in(request),
        now=clock(),
    )
    settled(request, receipt)
    return redirect(
        request, "erasure.show", erasure=id, notice="The request is recorded."
    )


def _ticked(form: Form) -> list[UUID]:
    found = []
    for typed in form.all("comments"):
        try:
            found.append(UUID(typed))
        except ValueError:
            form.wrong("comments", "This choice no longer exists.")
    return found
