"""Signing in by a link in an e-mail, signing out, and seeing where one is signed in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from domain.log import Conflict, NotFound
from domain.person import Person, register_person
from ledger.session import Link, Sessions
from projections.person import person_by_email
from web.addresses import back_to, is_local, url
from web.browsers import in_words
from web.forms import Form, posted
from web.language import language_of, say
from web.limits import limited
from web.mail import Mail
from web.pages import page, redirect, site_of, to_address
from web.settled import settled
from web.visitor import signed_in, visitor_of

log = structlog.get_logger("session")

# Pages that hold a token: kept nowhere, and nobody else is told the address.
SECRET = {"Cache-Control": "no-store"}


def ask(request: Request, form: Form | None = None) -> Response:
    """The form that asks for an e-mail address."""
    next = back_to(request, "")
    form = form or Form.blank(request, next=next)
    return page(
        request,
        "session/ask.html",
        block="form" if form.is_wrong else "",
        status=form.status,
        form=form,
        demo_roles=sorted(_demo_people(request)),
    )


@posted(again=ask)
def send(request: Request, form: Form) -> Response:
    """Send a link; the answer is the same whether or not the address is known."""
    email = form.email("email", "Write your e-mail address.")
    form.check()
    limit = site_of(request).sign_in_links_per_hour
    limited(request, "sign-in link", key=email, limit=limit, per=timedelta(hours=1))
    next = form["next"] if is_local(form["next"]) else ""
    token = _sessions(request).make_link(email, next)
    link = site_of(request).address + url(
        request, "session.link", token=token, as_of=None
    )
    shown = ""
    if site_of(request).demo:
        log.info("sign-in link", link=link)
        shown = link
    mail: Mail | None = getattr(request.state, "mail", None)
    if mail is not None:
        _mail_link(request, mail, email, link)
    return page(
        request, "session/sent.html", headers=SECRET, email=email, demo_link=shown
    )


def _mail_link(request: Request, mail: Mail, email: str, link: str) -> None:
    minutes = int(_sessions(request).link_lasts.total_seconds() // 60)
    paragraphs = (
        say(request, "Hello,"),
        say(request, "Follow this link to sign in to Samråd:"),
        link,
        say(
            request,
            "The link works once, within %(minutes)s minutes.",
            minutes=minutes,
        ),
        say(
            request,
            "If you did not ask for it, do nothing. Nobody can sign in without it.",
        ),
    )
    subject = say(request, "Sign in to Samråd")
    text = "\n\n".join(paragraphs) + "\n"
    mail.post(mail.written(email, subject, text, language=language_of(request)))


def link(request: Request) -> Response:
    """What a link leads to: a button. Programs that check mail follow links too."""
    token = request.path_params["token"]
    found = _sessions(request).look_at_link(token)
    if found is None:
        return _spent(request)
    return page(
        request, "session/link.html", headers=SECRET, token=token, email=found.email
    )


def enter(request: Request) -> Response:
    """Use a link: sign in, or be asked for a name the first time."""
    sessions = _sessions(request)
    used = sessions.use_link(request.path_params["token"])
    if used is None:
        return _spent(request)
    person = _person_of(request, used)
    if person is None:
        token = sessions.make_link(used.email, used.next, "give name")
        return redirect(request, "session.name", token=token, as_of=None)
    return _sign_in(request, person, used.next)


def _person_of(request: Request, used: Link) -> UUID | None:
    with request.state.reads(None) as reads:
        known = person_by_email(reads, used.email)
    if known is not None:
        return known.id
    # Registered a moment ago, and not in the read tables yet?
    reserved = _sessions(request).reserve(used.email, uuid4())
    try:
        request.state.log.look(Person, reserved)
    except NotFound:
        return None
    return reserved


def name(request: Request, form: Form | None = None) -> Response:
    """The form that a new person fills in once."""
    token = request.path_params["token"]
    found = _sessions(request).look_at_link(token, "give name")
    if found is None:
        return _spent(request)
    form = form or Form.blank(request)
    return page(
        request,
        "session/name.html",
        block="form" if form.is_wrong else "",
        status=form.status,
        headers=SECRET,
        form=form,
        token=token,
        email=found.email,
    )


@posted(again=name)
def register(request: Request, form: Form) -> Response:
    """Enter the new person in the log, and sign in."""
    given = form.text("name", "Write your name.", longest=200)
    public = form.choice("public_name", {"yes", "no"}) == "yes"
    form.check()
    sessions = _sessions(request)
    used = sessions.use_link(request.path_params["token"], "give name")
    if used is None:
        return _spent(request)
    id = sessions.reserve(used.email, uuid4())
    try:
        receipt = register_person(
            request.state.log,
            id=id,
            name=given,
            email=used.email,
            public_name=public,
            by=id,
            now=datetime.now(UTC),
        )
    except Conflict:
        # The same address was registered in another tab: one person is enough.
        log.info("registered already", person=str(id))
    else:
        settled(request, receipt)
    return _sign_in(request, id, used.next)


def _spent(request: Request) -> Response:
    return page(
        request,
        "session/spent.html",
        status=410,
        headers=SECRET,
        form=Form.blank(request),
    )


def mine(request: Request) -> Response:
    """Where one is signed in."""
    person = signed_in(request)
    return page(
        request,
        "session/mine.html",
        sessions=_sessions(request).of(person),
        here_now=visitor_of(request).session,
    )


def end(request: Request) -> Response:
    """Sign out one of one's own sessions from another."""
    _sessions(request).end(signed_in(request), request.path_params["session"])
    return redirect(request, "session.mine", notice="The session is ended.")


def leave(request: Request) -> Response:
    """Sign out here."""
    visitor = visitor_of(request)
    if visitor.person and visitor.session:
        _sessions(request).end(visitor.person, visitor.session)
    return _signed_out(request)


def leave_everywhere(request: Request) -> Response:
    """Sign out of every session."""
    _sessions(request).end(signed_in(request))
    return _signed_out(request)


def demo_sign_in(request: Request) -> Response:
    """Sign in as one of the demo's people, with one click and only in the demo."""
    person = _demo_people(request).get(request.path_params["role"])
    if person is None:
        raise HTTPException(404)
    return _sign_in(request, person, back_to(request, ""))


def _demo_people(request: Request) -> dict[str, UUID]:
    if not site_of(request).demo:
        return {}
    found: dict[str, UUID] = request.state.demo_people()
    return found


def _sessions(request: Request) -> Sessions:
    found: Sessions = request.state.sessions
    return found


def _sign_in(request: Request, person: UUID, next: str) -> Response:
    """Begin a session under a new token; the one in use before, if any, ends."""
    sessions = _sessions(request)
    visitor = visitor_of(request)
    if visitor.person and visitor.session:
        sessions.end(visitor.person, visitor.session)
    token = sessions.begin(person, in_words(request.headers.get("user-agent", "")))
    response = to_address(
        request,
        next if is_local(next) else "/",
        notice=say(request, "You are signed in."),
    )
    site = site_of(request)
    response.set_cookie(
        site.cookie("session"),
        token,
        max_age=int(sessions.longest.total_seconds()),
        secure=site.https,
        httponly=True,
        samesite="lax",
    )
    return response


def _signed_out(request: Request) -> Response:
    response = to_address(request, "/", notice=say(request, "You are signed out."))
    site = site_of(request)
    response.delete_cookie(
        site.cookie("session"), secure=site.https, httponly=True, samesite="lax"
    )
    return response
