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
from web import (
    amendment,
    comment,
    comment_list,
    fate,
    health,
    inbox,
    issue,
    language,
    pages,
    receipt,
    session,
)
from web import log as log_pages
from web.access import auditors, deciders, person, route, secretariat
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
M = C + "/comments/{comment:uuid}"

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
    # Comments: their senders' forms are kept through signing in, so those who send are asked there
    route(C + "/comments",                         comment_list.index,       "comment.index"),
    route(P + "/passages/{passage:uuid}/comments", comment_list.on_passage,  "comment.on_passage"),
    route("/my/comments",                          comment_list.mine,        "comment.mine",             person),
    route(P + "/comments/new",                     comment.new,              "comment.new"),
    route(P + "/comments/preview",                 comment.preview,          "comment.preview",          post=True),
    route(P + "/comments",                         comment.submit,           "comment.submit",           post=True),
    route(M,                                       fate.show,                "comment.show"),
    route(M + "/receipt",                          receipt.receipt,          "comment.receipt",          person),
    route(M + "/receipt.txt",                      receipt.receipt_file,     "comment.receipt_file",     person),
    route(M + "/amend",                            amendment.amend,          "comment.amend",            person),
    route(M + "/amend",                            amendment.save,           "comment.save",             post=True),
    route(M + "/withdraw",                         amendment.withdraw,       "comment.withdraw",         person),
    route(M + "/withdraw",                         amendment.take_back,      "comment.take_back",        person, post=True),
    # The inbox
    route(C + "/inbox",                            inbox.index,              "inbox.index",              secretariat),
    route(C + "/inbox/code",                       inbox.code,               "inbox.code",               secretariat, post=True),
    route(C + "/inbox/assign",                     inbox.assign,             "inbox.assign",             secretariat, post=True),
    route(C + "/inbox/clear",                      inbox.clear,              "inbox.clear",              secretariat, post=True),
    route(C + "/inbox/withhold",                   inbox.withhold,           "inbox.withhold",           secretariat, post=True),
    route(C + "/inbox/undo",                       inbox.undo,               "inbox.undo",               secretariat, post=True),
    # Issues
    route(C + "/issues",                           issue.index,              "issue.index",              secretariat),
    route(C + "/issues/gather-ticked",             issue.gather_ticked,      "issue.gather_ticked",      secretariat, post=True),
    route(C + "/issues/new",                       issue.new,                "issue.new",                secretariat),
    route(C + "/issues/new",                       issue.raise_one,          "issue.raise",              secretariat, post=True),
    route(C + "/issues/{issue:uuid}",              issue.show,               "issue.show"),
    route(C + "/issues/{issue:uuid}/gather",       issue.gather,             "issue.gather",             secretariat, post=True),
    route(C + "/issues/{issue:uuid}/release",      issue.release,            "issue.release",            secretariat, post=True),
    route(C + "/issues/{issue:uuid}/rename",       issue.rename,             "issue.rename",             secretariat, post=True),
    route(C + "/issues/{issue:uuid}/merge",        issue.merge,              "issue.merge",              secretariat, post=True),
    route(C + "/issues/{issue:uuid}/split",        issue.split,              "issue.split",              secretariat, post=True),
    route(C + "/issues/{issue:uuid}/decide",       issue.decide,             "issue.decide",             secretariat, post=True),
    route(C + "/issues/{issue:uuid}/answer",       issue.answer,             "issue.answer",             secretariat, post=True),
    route(C + "/issues/{issue:uuid}/approve",      issue.approve,            "issue.approve",            deciders, post=True),
    route(C + "/issues/{issue:uuid}/publish",      issue.publish,            "issue.publish",            deciders, post=True),
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
