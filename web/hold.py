"""Legal holds: what has to stay readable, whatever anybody asks to have erased."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from domain.comment import Comment
from domain.disclosure import HeldKind, lift_hold, place_hold
from domain.log import NotFound, Receipt
from projections.comment import comment_by_id
from projections.erasure import holds_on
from projections.person import person_by_id
from projections.reads import Reads
from web.access import clock, consultation_for
from web.addresses import url
from web.consultation import round_of
from web.forms import Form, posted
from web.language import say
from web.pages import page, redirect
from web.settled import settled
from web.visitor import signed_in, visitor_of


class Thing(NamedTuple):
    """What a hold is about, and the page that tells of it."""

    kind: HeldKind
    id: UUID
    title: str
    home: str


def show(request: Request, form: Form | None = None) -> Response:
    """The hold on a consultation, a person or a comment: to place, or to lift."""
    with request.state.reads(None) as reads:
        thing = _thing(request, reads)
        hold = holds_on(reads, [thing.id]).get(thing.id)
        placed_by = person_by_id(reads, hold.placed_by) if hold else None
    return page(
        request,
        "hold/show.html",
        status=form.status if form else 200,
        form=form or Form.blank(request),
        thing=thing,
        hold=hold,
        placed_by=placed_by,
    )


@posted(again=show)
def place(request: Request, form: Form) -> Response:
    """Place a hold."""
    kind, id = _named(request)
    reason = form.text("reason", "Write why this must be kept.", longest=2_000)
    decision_ref = form.text("decision_ref", longest=200)
    form.check()
    receipt = place_hold(
        request.state.log,
        kind=kind,
        id=id,
        reason=reason,
        decision_ref=decision_ref,
        by=signed_in(request),
        now=clock(),
    )
    return _back(request, receipt, "The hold is placed.")


@posted(again=show)
def lift(request: Request, _: Form) -> Response:
    """Lift a hold."""
    kind, id = _named(request)
    receipt = lift_hold(
        request.state.log, kind=kind, id=id, by=signed_in(request), now=clock()
    )
    return _back(request, receipt, "The hold is lifted.")


def _named(request: Request) -> tuple[HeldKind, UUID]:
    """What the address names, where the visitor's role to decide was checked."""
    places = request.path_params
    if "person" in places:
        if not visitor_of(request).has("chair"):
            raise NotFound
        return "person", places["person"]
    if "comment" in places:
        found = request.state.log.look(Comment, places["comment"])
        if found.consultation != places["consultation"]:
            raise NotFound
        return "comment", places["comment"]
    return "consultation", places["consultation"]


def _thing(request: Request, reads: Reads) -> Thing:
    kind, id = _named(request)
    match kind:
        case "person":
            person = person_by_id(reads, id)
            if person is None:
                raise NotFound
            home = url(request, "person.show", person=id)
            return Thing(kind, id, person.name, home)
        case "comment":
            consultation_for(request, reads)
            comment = comment_by_id(reads, id)
            if comment is None:
                raise NotFound
            title = say(request, "Comment %(number)s", number=comment.position)
            return Thing(
                kind, id, title, url(request, "comment.show", **request.path_params)
            )
    consultation = consultation_for(request, reads)
    title = round_of(request, consultation, clock()).title
    return Thing(kind, id, title, url(request, "consultation.show", consultation=id))


def _back(request: Request, receipt: Receipt, notice: str) -> Response:
    settled(request, receipt)
    kind, _ = _named(request)
    name = {
        "person": "person.show",
        "comment": "comment.show",
        "consultation": "hold.consultation",
    }[kind]
    return redirect(request, name, notice=notice, **request.path_params)
