"""The web room on its own: the foundation with a page or two of a test's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg_pool import ConnectionPool
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from ledger.session import Sessions
from web import language
from web.assets import Static
from web.language import Spoken
from web.security import Secured
from web.site import Site
from web.status import HANDLERS
from web.visitor import ANYONE, Recognised, Visitor

FOUNDATION: list[BaseRoute] = [
    Route("/static/{path:path}", Static(), name="static"),
    Route("/language", language.switch, name="language.switch", methods=["POST"]),
]

Introduce = Callable[[UUID, UUID], Visitor]


class Furnished:
    """Lays what handlers use on every request, as the application's lifespan does."""

    def __init__(self, app: ASGIApp, *, things: Mapping[str, Any]) -> None:
        self.app = app
        self.things = things

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("state", {}).update(self.things)
        await self.app(scope, receive, send)


def known_by_id(person: UUID, session: UUID) -> Visitor:
    """A visitor of whom nothing is known but the id."""
    return Visitor(person, "Somebody", session=session)


def room(
    routes: Sequence[BaseRoute],
    sessions: Sessions,
    *,
    site: Site | None = None,
    introduce: Introduce = known_by_id,
    **things: Any,
) -> Starlette:
    """An application with the whole foundation under a few routes."""
    site = site or Site(address="http://testserver")

    def recognise(token: str) -> Visitor:
        found = sessions.find(token)
        return introduce(found[1], found[0]) if found else ANYONE

    return Starlette(
        routes=[*routes, *FOUNDATION],
        middleware=[
            Middleware(Secured, site=site),
            Middleware(Furnished, things=things),
            Middleware(Spoken),
            Middleware(Recognised, site=site, sessions=sessions, recognise=recognise),
        ],
        exception_handlers=HANDLERS,
    )


def session_pool(
    url: str, size: int = 4, timeout: float = 5
) -> ConnectionPool[Connection[Any]]:
    """Connections as the web processes have them."""
    return ConnectionPool(
        url,
        min_size=1,
        max_size=size,
        timeout=timeout,
        open=True,
        kwargs={"autocommit": True, "options": "-c role=samrad_web"},
    )
