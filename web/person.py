"""People: who has which role in a consultation, and a person's own page."""

from __future__ import annotations

from itertools import groupby
from uuid import UUID, uuid4

from starlette.requests import Request
from starlette.responses import Response

from domain.log import Conflict, NotFound
from domain.person import DECIDERS, ROLES, Person, register_person, rename_person
from domain.role import grant_role, revoke_role
from ledger.sealing import ERASED
from projections.erasure import erasures_of, holds_on, private_comments_of
from projections.person import (
    mandates_of,
    person_by_email,
    person_by_id,
    roles_in,
    roles_of,
)
from web.access import audited, clock, consultation_for, deciders, office
from web.forms import Form, posted
from web.pages import page, redirect
from web.settled import settled
from web.visitor import signed_in, visitor_of


def index(request: Request, form: Form | None = None) -> Response:
    """Who works on a consultation, and in which roles."""
    with request.state.reads(request.state.moment) as reads:
        consultation = consultation_for(request, reads)
        rows = roles_in(reads, consultation.id)
    people = [list(roles) for _, roles in groupby(rows, key=lambda row: row.person)]
    visitor = visitor_of(request)
    return page(
        request,
        "person/index.html",
        block="form" if form else "",
        status=form.status if form else 200,
        consultation=consultation,
        people=people,
        roles=ROLES,
        may_decide=deciders(visitor, consultation.id),
        may_register=office(visitor, None),
        form=form or Form.blank(request, role="officer"),
    )


@posted(again=index)
def grant(request: Request, form: Form) -> Response:
    """Give somebody a role in the consultation, by e-mail address."""
    role = form.choice("role", set(ROLES))
    person = person_named(request, form)
    consultation: UUID = request.path_params["consultation"]
    receipt = grant_role(
        request.state.log,
        person=person,
        role=role,
        consultation=consultation,
        by=signed_in(request),
        now=clock(),
    )
    settled(request, receipt)
    return redirect(
        request, "person.index", consultation=consultation, notice="The role is given."
    )


@posted(again=index)
def revoke(request: Request, form: Form) -> Response:
    """Take a role in the consultation back."""
    person, role = form.sent_id("person"), form["role"]
    consultation: UUID = request.path_params["consultation"]
    with request.state.reads(None) as reads:
        standing = roles_in(reads, consultation)
    receipt = revoke_role(
        request.state.log,
        person=person,
        role=role,
        consultation=consultation,
        others={row.person for row in standing if row.role in DECIDERS},
        by=signed_in(request),
        now=clock(),
    )
    settled(request, receipt)
    if person == signed_in(request) and role == "chair":
        return redirect(request, "consultation.show", consultation=consultation)
    return redirect(
        request,
        "person.index",
        consultation=consultation,
        notice="The role is taken back.",
    )


def person_named(request: Request, form: Form) -> UUID:
    """Whom the fields `email` and `name` of a form mean.

    Somebody who has never signed in is registered, if the visitor may do that. Raises
    Unfilled when something in the form is wrong, and then registers nobody.
    """
    email = form.email("email", "Write an e-mail address.")
    name = form.text("name", longest=200)
    form.check()
    known = _person_with(request, email)
    if known is not None:
        return known
    if not office(visitor_of(request), None):
        form.wrong(
            "email",
            "Nobody has signed in with that address. Ask the person to sign in once.",
        )
    elif not name:
        form.wrong("name", "This is a new person. Write the name too.")
    form.check()
    id: UUID = request.state.sessions.reserve(email, uuid4())
    try:
        register_person(
            request.state.log,
            id=id,
            name=name,
            email=email,
            public_name=False,  # Nobody else can consent for the person.
            by=signed_in(request),
            now=clock(),
        )
    except Conflict:  # The person signed in for the first time just now.
        request.state.log.look(Person, id)
    return id


def _person_with(request: Request, email: str) -> UUID | None:
    with request.state.reads(None) as reads:
        found = person_by_email(reads, email)
    return found.id if found else None


def show(request: Request) -> Response:
    """A person, for those who keep the register or audit it: data, hold, erasures."""
    visitor = visitor_of(request)
    if audited(visitor) is not None:
        raise NotFound
    person: UUID = request.path_params["person"]
    with request.state.reads(request.state.moment) as reads:
        found = person_by_id(reads, person)
        if found is None:
            raise NotFound
        return page(
            request,
            "person/show.html",
            person=found,
            mandates=mandates_of(reads, person),
            roles=roles_of(reads, person),
            comments=private_comments_of(reads, person),
            erasures=erasures_of(reads, person),
            hold=holds_on(reads, [person]).get(person),
            is_erased=found.name == ERASED,
            now=request.state.moment_at or clock(),
            may_decide=visitor.has("chair"),
            may_request=office(visitor, None),
        )


def mine(request: Request, form: Form | None = None) -> Response:
    """One's own page: name and consent, organisations and roles."""
    person = signed_in(request)
    with request.state.reads(request.state.moment) as reads:
        found = person_by_id(reads, person)
        if found is None:
            raise NotFound
        return page(
            request,
            "person/mine.html",
            block="form" if form else "",
            status=form.status if form else 200,
            person=found,
            mandates=mandates_of(reads, person),
            roles=roles_of(reads, person),
            erasures=[
                row for row in erasures_of(reads, person) if row.target == person
            ],
            now=request.state.moment_at or clock(),
            form=form
            or Form.blank(
                request,
                name=found.name,
                public_name="yes" if found.public_name else "no",
            ),
        )


@posted(again=mine)
def change(request: Request, form: Form) -> Response:
    """Change one's name, or whether it is shown beside one's comments."""
    name = form.text("name", "Write your name.", longest=200)
    public = form.choice("public_name", {"yes", "no"}) == "yes"
    form.check()
    person = signed_in(request)
    receipt = rename_person(
        request.state.log,
        id=person,
        name=name,
        public_name=public,
        by=person,
        now=clock(),
    )
    settled(request, receipt)
    return redirect(request, "person.mine", notice="The changes are saved.")
