"""The web application: every route on one screen, every part wired in one place."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from threading import Event, Thread
from uuid import UUID

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from domain.log import Log
from ledger.public import PublicLog
from ledger.session import Sessions
from projections.reads import ReadPool
from projections.shown import Shown
from projections.standing import standing_of
from web import (
    amendment,
    anchors,
    change,
    check,
    codebook,
    comment,
    comment_list,
    completeness,
    consultation,
    consultation_list,
    consultee,
    continuing,
    disclosure,
    drafting,
    erasure,
    erasure_request,
    fate,
    health,
    held,
    hold,
    inbox,
    issue,
    language,
    organisation,
    pages,
    passage,
    planning,
    proposal,
    receipt,
    revision,
    session,
    tile,
    unchanged,
    work,
)
from web import log as log_pages
from web import person as people
from web.access import auditors, deciders, editors, office, person, route, secretariat
from web.again import Again, Stands
from web.assets import Static
from web.erasing import keep_finishing
from web.language import Spoken
from web.mail import Mail
from web.moment import Moments
from web.packing import Packed
from web.security import Secured
from web.shelf import LONGEST, Shelf
from web.site import Site
from web.status import HANDLERS
from web.visitor import ANYONE, Recognised, Visitor

C = "/consultations/{consultation:uuid}"
P = C + "/proposals/{proposal:uuid}"
R = C + "/revisions/{revision:uuid}"
M = C + "/comments/{comment:uuid}"
ISSUE = C + "/issues/{issue:uuid}"
ORG = "/organisations/{organisation:uuid}"
PERSON = "/people/{person:uuid}"
E = "/erasures/{erasure:uuid}"

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
    # Consultations and their texts
    route("/",                                     consultation_list.home,   "consultation.home"),
    route("/consultations",                        consultation_list.index,  "consultation.index"),
    route(C,                                       consultation.show,        "consultation.show"),
    route(P,                                       proposal.show,            "proposal.show"),
    route(P + "/compare",                          proposal.compare,         "proposal.compare"),
    route(P + "/passages/{passage:uuid}",          passage.show,             "passage.show"),
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
    route(M + "/receipt.zip",                      receipt.receipt_zip,      "comment.receipt_zip",      person),
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
    # Revisions: the work on a proposal's next version
    route(C + "/revisions",                              revision.index,          "revision.index",     auditors),
    route(C + "/revisions/new",                          revision.new,            "revision.new",       editors),
    route(C + "/revisions/new",                          revision.start,          "revision.start",     editors, post=True),
    route(R,                                             revision.show,           "revision.show",      auditors),
    route(R + "/preview",                                revision.preview,        "revision.preview",   auditors),
    route(R + "/preview/comments",                       revision.comments,       "revision.comments",  auditors),
    route(R + "/review",                                 revision.review,         "revision.review",    editors, post=True),
    route(R + "/adopt",                                  revision.confirm,        "revision.confirm",   editors),
    route(R + "/adopt",                                  revision.adopt,          "revision.adopt",     editors, post=True),
    route(R + "/abandon",                                revision.leave,          "revision.leave",     editors),
    route(R + "/abandon",                                revision.abandon,        "revision.abandon",   editors, post=True),
    route(R + "/move-on",                                revision.move_on,        "revision.move_on",   editors, post=True),
    route(R + "/insert",                                 change.blank,            "change.blank",       editors),
    route(R + "/insert",                                 change.insert,           "change.insert",      editors, post=True),
    route(R + "/passages/{passage:uuid}/edit",           change.edit,             "change.edit",        editors),
    route(R + "/passages/{passage:uuid}/edit",           change.reword,           "change.reword",      editors, post=True),
    route(R + "/passages/{passage:uuid}/remove",         change.going,            "change.going",       editors),
    route(R + "/passages/{passage:uuid}/remove",         change.delete,           "change.delete",      editors, post=True),
    route(R + "/passages/{passage:uuid}/move",           change.place,            "change.place",       editors),
    route(R + "/passages/{passage:uuid}/move",           change.move,             "change.move",        editors, post=True),
    route(R + "/changes/{change:uuid}/drop",             change.drop,             "change.drop",        editors, post=True),
    # Before publishing: where comments stand, and what is left
    route(P + "/anchors",                                anchors.index,           "anchors.index",      auditors),
    route(P + "/anchors/place",                          anchors.place,           "anchors.place",      editors, post=True),
    route(P + "/anchors/{comment:uuid}",                 anchors.choose,          "anchors.choose",     secretariat),
    route(P + "/anchors/{comment:uuid}",                 anchors.confirm,         "anchors.confirm",    secretariat, post=True),
    route(C + "/completeness",                           completeness.show,       "completeness.show",  auditors),
    route(P + "/publish",                                completeness.publishing, "completeness.publishing",editors),
    route(P + "/publish",                                completeness.publish,    "completeness.publish",editors, post=True),
    route(C + "/answers/publish",                        completeness.publish_approved, "completeness.publish_approved",deciders, post=True),
    # What waits, and planning
    route("/work",                                 work.index,               "work.index",               secretariat),
    route("/consultations/new",                    planning.new,             "planning.new",             office),
    route("/consultations/new",                    planning.plan,            "planning.plan",            office, post=True),
    route(C + "/edit",                             planning.edit,            "planning.edit",            secretariat),
    route(C + "/edit",                             planning.change,          "planning.change",          secretariat, post=True),
    route(C + "/course",                           planning.course,          "planning.course",          secretariat),
    route(C + "/course/open",                      planning.open_round,      "planning.open",            secretariat, post=True),
    route(C + "/course/reschedule",                planning.reschedule,      "planning.reschedule",      secretariat, post=True),
    route(C + "/course/extend",                    planning.extend,          "planning.extend",          secretariat, post=True),
    route(C + "/course/close",                     planning.close,           "planning.close",           secretariat, post=True),
    route(C + "/course/reopen",                    planning.reopen,          "planning.reopen",          secretariat, post=True),
    route(C + "/course/conclude",                  planning.conclude,        "planning.conclude",        secretariat, post=True),
    route(C + "/themes",                           codebook.edit,            "codebook.edit",            secretariat),
    route(C + "/themes",                           codebook.revise,          "codebook.revise",          secretariat, post=True),
    route(C + "/consultees",                       consultee.index,          "consultee.index",          secretariat),
    route(C + "/consultees",                       consultee.invite,         "consultee.invite",         secretariat, post=True),
    route(C + "/consultees/remove",                consultee.remove,         "consultee.remove",         secretariat, post=True),
    # People and organisations
    route(C + "/people",                           people.index,             "person.index",             deciders),
    route(C + "/people",                           people.grant,             "person.grant",             deciders, post=True),
    route(C + "/people/revoke",                    people.revoke,            "person.revoke",            deciders, post=True),
    route("/my/profile",                           people.mine,              "person.mine",              person),
    route("/my/profile",                           people.change,            "person.change",            person, post=True),
    route("/organisations",                        organisation.index,       "organisation.index",       secretariat),
    route("/organisations/new",                    organisation.new,         "organisation.new",         office),
    route("/organisations/new",                    organisation.register,    "organisation.register",    office, post=True),
    route(ORG,                                     organisation.show,        "organisation.show",        secretariat),
    route(ORG + "/edit",                           organisation.edit,        "organisation.edit",        office),
    route(ORG + "/edit",                           organisation.change,      "organisation.change",      office, post=True),
    route(ORG + "/mandates",                       organisation.mandate,     "organisation.give_mandate", office, post=True),
    route(ORG + "/mandates/end",                   organisation.end,         "organisation.end_mandate", office, post=True),
    # Taking down, secrecy, holds and erasures
    route(M + "/unpublish",        disclosure.unpublishing,          "comment.unpublishing",     deciders),
    route(M + "/unpublish",        disclosure.unpublish,             "comment.unpublish",        deciders, post=True),
    route(M + "/republish",        disclosure.republishing,          "comment.republishing",     deciders),
    route(M + "/republish",        disclosure.republish,             "comment.republish",        deciders, post=True),
    route(ISSUE + "/unpublish",        disclosure.unpublishing_answer,   "issue.unpublishing",       deciders),
    route(ISSUE + "/unpublish",        disclosure.unpublish_issue,       "issue.unpublish",          deciders, post=True),
    route(ISSUE + "/republish",        disclosure.republishing_answer,   "issue.republishing",       deciders),
    route(ISSUE + "/republish",        disclosure.republish_issue,       "issue.republish",          deciders, post=True),
    route(M + "/secrecy",          disclosure.secrecy,               "comment.secrecy",          secretariat),
    route(M + "/secrecy",          disclosure.mark,                  "comment.mark",             secretariat, post=True),
    route(M + "/secrecy/reassess", disclosure.reassess,              "comment.reassess",         secretariat, post=True),
    route(C + "/hold",             hold.show,                        "hold.consultation",        deciders),
    route(C + "/hold",             hold.place,                       "hold.place_consultation",  deciders, post=True),
    route(C + "/hold/lift",        hold.lift,                        "hold.lift_consultation",   deciders, post=True),
    route(M + "/hold",             hold.show,                        "hold.comment",             deciders),
    route(M + "/hold",             hold.place,                       "hold.place_comment",       deciders, post=True),
    route(M + "/hold/lift",        hold.lift,                        "hold.lift_comment",        deciders, post=True),
    route(PERSON + "/hold",        hold.show,                        "hold.person",              deciders),
    route(PERSON + "/hold",        hold.place,                       "hold.place_person",        deciders, post=True),
    route(PERSON + "/hold/lift",   hold.lift,                        "hold.lift_person",         deciders, post=True),
    route(M + "/erase",            erasure_request.of_comment,       "erasure.of_comment",       person),
    route(M + "/erase",            erasure_request.request_comment,  "erasure.request_comment",  person, post=True),
    route("/my/erasure",           erasure_request.of_me,            "erasure.of_me",            person),
    route("/my/erasure",           erasure_request.request_mine,     "erasure.request_mine",     person, post=True),
    route(PERSON + "/erase",       erasure_request.of_person,        "erasure.of_person",        office),
    route(PERSON + "/erase",       erasure_request.request_person,   "erasure.request_person",   office, post=True),
    route("/erasures",             erasure.index,                    "erasure.index",            auditors),
    route(E,                       erasure.show,                     "erasure.show"),
    route(E + "/approve",          erasure.approval,                 "erasure.approval",         deciders),
    route(E + "/approve",          erasure.approve,                  "erasure.approve",          deciders, post=True),
    route(E + "/refuse",           erasure.refusal,                  "erasure.refusal",          deciders),
    route(E + "/refuse",           erasure.refuse,                   "erasure.refuse",           deciders, post=True),
    route("/my/data",              held.save,                        "held.save",                person),
    route(PERSON,                  people.show,                      "person.show",              auditors),
    # Proposals before and beside revisions
    route(C + "/proposals",                        drafting.index,           "drafting.index",           secretariat),
    route(C + "/proposals/new",                    drafting.new,             "drafting.new",             secretariat),
    route(C + "/proposals/new",                    drafting.read_new,        "drafting.read_new",        secretariat, post=True),
    route(C + "/proposals/new/{token}",            drafting.look_over,       "drafting.look_over",       secretariat),
    route(C + "/proposals/new/{token}",            drafting.draft,           "drafting.draft",           secretariat, post=True),
    route(P + "/redraft",                          drafting.replace_draft,   "drafting.replace",         secretariat),
    route(P + "/redraft",                          drafting.read_replacement, "drafting.read_replacement", secretariat, post=True),
    route(P + "/redraft/{token}",                  drafting.look_over_replacement, "drafting.look_over_replacement", secretariat),
    route(P + "/redraft/{token}",                  drafting.redraft,         "drafting.redraft",         secretariat, post=True),
    route(P + "/withdraw",                         drafting.confirm_withdrawal, "drafting.confirm_withdrawal", editors),
    route(P + "/withdraw",                         drafting.withdraw,        "drafting.withdraw",        editors, post=True),
    route(P + "/revise-from-file",                 continuing.new,           "continuing.new",           editors),
    route(P + "/revise-from-file",                 continuing.read,          "continuing.read",          editors, post=True),
    route(P + "/revise-from-file/{token}",         continuing.look_over,     "continuing.look_over",     editors),
    route(P + "/revise-from-file/{token}",         continuing.start,         "continuing.start",         editors, post=True),
    # The log
    route("/log",                                  log_pages.index,          "log.index",                auditors),
    route("/log/check",                            check.show,               "check.show",               auditors),
    route("/log/check",                            check.ask,                "check.ask",                auditors, post=True),
    route("/log/{position:int}",                   log_pages.show,           "log.show",                 auditors),
    route("/history/{thing:uuid}",                 log_pages.history,        "log.history",              auditors),
    route(P + "/passages/{passage:uuid}/entries",  log_pages.passage,        "log.passage",              auditors),
    # The log for other people's tools
    route("/log/checkpoint",                       tile.checkpoint,          "tile.checkpoint"),
    route("/log/policy",                           tile.policy,              "tile.policy"),
    route("/log/tile/{path:path}",                 tile.show,                "tile.show"),
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
    log: Log,
    database_url: str,
    site: Site,
    mail: Mail | None = None,
    demo_people: Callable[[], dict[str, UUID]] = dict,
    policy: str = "",
) -> Starlette:
    """The pages of one installation; `database_url` is the web's own.

    Nothing is asked of the database before the first request, so that a web process can
    start before it. `demo_people` says who each role is in a demonstration; `policy` is
    the text that says whose signatures the log's checkpoints carry.
    """
    reads = ReadPool(database_url)
    shown = Shown(database_url)
    shelf, stands = Shelf(), Stands(reads)
    sessions = Sessions.at(database_url)
    public_log = PublicLog.at(database_url)
    things = {
        "log": log,
        "shown": shown,
        "mail": mail,
        "demo_people": demo_people,
        "public_log": public_log,
        "policy": policy,
    }

    def recognise(token: str) -> Visitor:
        found = standing_of(sessions, token, datetime.now(UTC))
        if found is None:
            return ANYONE
        return Visitor(
            found.person, found.name, found.roles, found.mandates, found.session
        )

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        # Beside the first visitors, not before them: it takes a second or two of which
        # their page needs a thirtieth, and while a process starts others may be down.
        Thread(target=_warm, name="warm", daemon=True).start()
        shown.start()
        stop = Event()
        finishing = Thread(
            target=keep_finishing, args=(log, reads, sessions, stop), name="erasing"
        )
        finishing.start()
        clearing = asyncio.create_task(_clear_out(shelf))
        yield
        clearing.cancel()
        stop.set()
        finishing.join()
        stands.close()
        shown.close()
        public_log.close()
        sessions.close()
        reads.close()
        log.close()

    return Starlette(
        routes=ROUTES,
        lifespan=lifespan,
        middleware=[
            Middleware(Secured, site=site),
            Middleware(Packed, site=site),
            Middleware(Furnished, things=things),
            Middleware(Spoken),
            Middleware(Again, shelf=shelf, stands=stands),
            Middleware(Recognised, site=site, sessions=sessions, recognise=recognise),
            Middleware(Moments, reads=reads),
        ],
        exception_handlers=HANDLERS,
    )


async def _clear_out(shelf: Shelf) -> None:
    """Have nothing on the shelf for long, also when nobody asks for anything."""
    while True:
        await asyncio.sleep(LONGEST / 4)
        shelf.clear_out()


def _warm() -> None:
    pages.warm()
    unchanged.release()


class Furnished:
    """Lays what handlers use on every request."""

    def __init__(self, app: ASGIApp, *, things: Mapping[str, object]) -> None:
        self.app = app
        self.things = things

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("state", {}).update(self.things)
        await self.app(scope, receive, send)
