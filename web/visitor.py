"""Who is asking: a person, with roles and mandates, or nobody in particular."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from web.addresses import FOR_ALL
from web.site import Site

SECRETARIAT = frozenset({"officer", "editor", "chair"})


class SignInFirst(Exception):
    """This page is for somebody who has signed in."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whoever sent the request.

    A role is held in one consultation, or in all of them where that is None; a mandate
    is an organisation's id and name.
    """

    person: UUID | None = None
    name: str = ""
    roles: frozenset[tuple[UUID | None, str]] = frozenset()
    mandates: tuple[tuple[UUID, str], ...] = ()
    session: UUID | None = None

    def has(self, *roles: str, consultation: UUID | None = None) -> bool:
        """Whether one of the roles is held in this consultation, or in all of them."""
        return any(
            held in roles and place in {None, consultation}
            for place, held in self.roles
        )

    @property
    def is_secretariat(self) -> bool:
        """Whether the person works up comments in some consultation."""
        return any(role in SECRETARIAT for _, role in self.roles)

    @property
    def is_auditor(self) -> bool:
        """Whether the person audits the log."""
        return any(role == "auditor" for _, role in self.roles)


ANYONE = Visitor()


def visitor_of(request: HTTPConnection) -> Visitor:
    """Who is asking; nobody in particular unless a session says otherwise.

    It is found out when it is first asked for. Blocks then: call it in a thread.
    """
    state = request.state
    if not hasattr(state, "visitor"):
        state.visitor = ANYONE  # Also where it can not be found out.
        if hasattr(state, "recognise"):
            state.visitor = state.recognise()
    found: Visitor = state.visitor
    return found


def signed_in(request: HTTPConnection) -> UUID:
    """The person asking.

    Raises SignInFirst when nobody is signed in: the visitor is then asked to.
    """
    person = visitor_of(request).person
    if person is None:
        raise SignInFirst
    return person


class Recognised:
    """Has it found out who is asking, from the session cookie, at most once a request.

    `recognise` is called with the cookie's token and gives the Visitor: by the thread
    that makes the page, so that no request has to pass through one thread more.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        site: Site,
        sessions: object,
        recognise: Callable[[str], Visitor],
    ) -> None:
        self.app = app
        self.cookie = site.cookie("session")
        self.sessions = sessions
        self.recognise = recognise

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            state = scope.setdefault("state", {})
            state["sessions"] = self.sessions
            token = HTTPConnection(scope).cookies.get(self.cookie)
            if token and not scope["path"].startswith(FOR_ALL):
                state["recognise"] = partial(self.recognise, token)
        await self.app(scope, receive, send)
