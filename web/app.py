"""The web application: every route on one screen, every part wired in one place."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from domain.log import Log
from ledger.session import Sessions
from projections.person import EVERYWHERE, standing_of
from projections.reads import ReadPool
from web import comment_list, health, language, pages, session
from web import log as log_pages
from web.access import auditors, person, route
from web.assets import Static
from web.language import Spoken
from web.mail import Mail
from web.moment import Moments
from web.security import Secured
from web.site import Site
from web.status import HANDLERS
from web.visitor import Recognised, Visitor

C = "/consultations/{consultation:uuid}"
P = C + "/proposals/{proposal:uuid}"

# fmt: off
ROUTES: list[BaseRoute] = [
    # Signing in
    route("/sign-in",                              session.ask,              "session.ask"),
    route("/sign-in",                              session.send,             "session.send",             post=True),
    route("/sign-in/{token}",                      session.link,             "session.link"),
    route("/sign-in/{token}",                      session.enter,            "session.enter",            post=True),
    route("/sign-in/{token}/name",                 session.name,             "session.name"),
    route("/sign-in/{token}/name",                 session.register,         "session.register",         post=True),
    route("/my/sessions",                          session.mine,             "session.mine",             person),
    route("/my/sessions/{session:uuid}/end",       session.end,              "session.end",              person, post=True),
    route("/my/sessions/end-all",                  session.leave_everywhere, "session.leave_everywhere", person, post=True),
    route("/sign-out",                             session.leave,            "session.leave",            post=True),
    route("/demo/sign-in/{role}",                  session.demo_sign_in,     "session.demo_sign_in",     post=True),
    # Comments
    route(C + "/comments",                         comment_list.index,       "comment.index"),
    route(P + "/passages/{passage:uuid}/comments", comment_list.on_passage,  "comment.on_passage"),
    route("/my/comments",                          comment_list.mine,        "comment.mine",             person),
    # The log
    route("/log",                                  log_pages.index,          "log.index",                auditors),
    route("/log/{position:int}",                   log_pages.show,           "log.show",                 auditors),
    route("/history/{thing:uuid}",                 log_pages.history,        "log.history",              auditors),
    route(P + "/passages/{passage:uuid}/entries",  log_pages.passage,        "log.passage",              auditors),
    # Everywhere
    route("/health/live",                          health.live,              "health.live"),
    route("/health/ready",                         health.ready,             "health.ready"),
    route("/metrics",                              health.metrics,           "health.metrics"),
    route("/language",                             language.switch,          "language.switch",          post=True),
    Route("/static/{path:path}",                   Static(),                 name="static"),
]
# fmt: on


def create_app(
    *,
    database_url: str,
    site: Site,
    mail: Mail | None = None,
    demo_people: Callable[[], dict[str, UUID]] = dict,
) -> Starlette:
    """The pages of one installation; `database_url` is the web's own.

    Nothing is asked of the database before the first request, so that a web process can
    start before it. `demo_people` says who each role is in a demonstration.
    """
    log = Log({"LOG_DATABASE_URL": database_url})
    reads = ReadPool(database_url)
    sessions = Sessions.at(database_url)
    things = {"log": log, "mail": mail, "demo_people": demo_people}

    def introduce(person: UUID, session: UUID) -> Visitor:
        with reads() as now:
            known = standing_of(now, person, datetime.now(UTC))
        if known is None:
            return Visitor(person, session=session)
        roles = frozenset(
            (None if place == EVERYWHERE else place, role)
            for place, role in known.roles
        )
        return Visitor(person, known.name, roles, known.mandates, session)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        pages.warm()
        yield
        sessions.close()
        reads.close()
        log.close()

    return Starlette(
        routes=ROUTES,
        lifespan=lifespan,
        middleware=[
            Middleware(Secured, site=site),
            Middleware(Furnished, things=things),
            Middleware(Spoken),
            Middleware(Recognised, site=site, sessions=sessions, introduce=introduce),
            Middleware(Moments, reads=reads),
        ],
        exception_handlers=HANDLERS,
    )


class Furnished:
    """Lays what handlers use on every request."""

    def __init__(self, app: ASGIApp, *, things: Mapping[str, object]) -> None:
        self.app = app
        self.things = things

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("state", {}).update(self.things)
        await self.app(scope, receive, send)
