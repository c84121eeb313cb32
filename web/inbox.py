"""The inbox: find comments, code and assign them many at a time, let them be seen."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from domain.comment import Comment
from domain.inbox import (
    assign_comments,
    clear_comments,
    code_comments,
    withhold_comments,
)
from domain.log import Conflict, Receipt, Refused
from projections.consultation import themes_of
from projections.inbox import Asked, inbox, officers_of
from projections.issue import titles_of
from projections.proposal import proposals_of
from web.access import clock, consultation_for
from web.addresses import here, is_local, parts_of
from web.amendment import print_of
from web.forms import Form, posted
from web.language import language_of, say_many
from web.pages import page, redirect, to_address
from web.paging import Paging
from web.settled import settled
from web.visitor import signed_in
from web.words import choices


class NothingChosen(Refused):
    """What is done to comments is done to those that are ticked."""

    en = "Tick at least one comment first."
    sv = "Kryssa för minst en synpunkt först."


class NotAsRead(Conflict):
    """The public sees only words that an officer has read."""

    en = "A ticked comment was amended after you opened the page. Read it again below."
    sv = (
        "En förkryssad synpunkt har ändrats sedan du öppnade sidan. Läs den igen"
        " här nedanför."
    )


def index(request: Request, form: Form | None = None) -> Response:
    """A consultation's comments, narrowed by the filters, with what can be done."""
    asked_form = Form.sent(request, _query(request, form))
    asked = _asked(asked_form)
    paging = Paging(request, int, query=_query(request, form))
    with request.state.reads(request.state.moment) as reads:
        consultation = consultation_for(request, reads)
        found = inbox(reads, consultation.id, asked, paging.stretch)
        themes = themes_of(reads, consultation.id)
        officers = officers_of(reads, consultation.id)
        issues = [(str(id), title) for id, title in titles_of(reads, consultation.id)]
        proposals = [(str(p.id), p.title) for p in proposals_of(reads, consultation.id)]
    language = language_of(request)
    titles = {
        theme.key: theme.title_en or theme.title if language == "en" else theme.title
        for theme in themes
    }
    return page(
        request,
        "inbox/index.html",
        block="" if form else "comments",
        status=form.status if form else asked_form.status,
        consultation=consultation,
        rows=found.rows,
        paging=paging.of(found),
        asked=asked_form,
        form=form or Form.blank(request),
        this_page=form["next"] if form else here(request, undo=None),
        new_id=(form["id"] if form else "") or uuid4(),
        prints={row.id: print_of(row) for row in found.rows},
        ticked=set(form.all("comment")) if form else set(),
        waiting_choices=choices("waiting", language),
        titles=titles,
        officers=[(str(id), name) for id, name in officers],
        issues=issues,
        proposals=proposals,
        organisation_kinds=choices("organisation kind", language),
        comment_kinds=choices("comment kind", language),
        undo=_undo(request),
    )


def _query(request: Request, form: Form | None) -> QueryParams:
    """The filters in force: of a refused form, those of the page it stood on."""
    if form is None:
        return request.query_params
    return QueryParams(parts_of(form["next"]).query)


def _asked(form: Form) -> Asked:
    return Asked(
        waiting=form["waiting"],
        theme=form["theme"],
        kind=form["kind"],
        organisation_kind=form["organisation_kind"],
        proposal=form.id("proposal"),
        passage=form.id("passage"),
        officer=form.id("officer"),
        words=form["words"].strip()[:200],
    )


def _undo(request: Request) -> tuple[int, int] | None:
    """The last position and the number of entries that can be undone, if any."""
    last, _, many = request.query_params.get("undo", "").partition("-")
    if last.isdecimal() and many.isdecimal() and len(last) < 19 and len(many) < 4:
        return int(last), int(many)
    return None


def chosen(form: Form, field: str = "comment") -> list[UUID]:
    """The ticked comments. Raises NothingChosen."""
    ticked = []
    for value in form.all(field):
        try:
            ticked.append(UUID(value))
        except ValueError:
            continue
    if not ticked:
        raise NothingChosen
    return ticked[:500]


@posted(again=index)
def code(request: Request, form: Form) -> Response:
    """Add a theme to the ticked comments, or take it away from them."""
    comments = chosen(form)
    theme = form.text("code", "Choose a theme.")
    form.check()
    taking = bool(form["taking"])
    receipt = code_comments(
        request.state.log,
        ids=comments,
        add=[] if taking else [theme],
        remove=[theme] if taking else [],
        by=signed_in(request),
        now=clock(),
    )
    return _done(request, form, receipt, len(comments), undoable=True)


@posted(again=index)
def assign(request: Request, form: Form) -> Response:
    """Give the ticked comments to an officer, or to nobody."""
    comments = chosen(form)
    officer = form.id("assignee")
    form.check()
    receipt = assign_comments(
        request.state.log,
        ids=comments,
        officer=officer,
        by=signed_in(request),
        now=clock(),
    )
    return _done(request, form, receipt, len(comments))


@posted(again=index)
def clear(request: Request, form: Form) -> Response:
    """Let the public see the ticked comments."""
    comments = chosen(form)
    read = dict(value.split(":", 1) for value in form.all("read") if ":" in value)
    found = [request.state.log.look(Comment, id) for id in comments]
    if any(read.get(str(one.id)) != print_of(one) for one in found):
        raise NotAsRead
    receipt = clear_comments(
        request.state.log,
        ids=comments,
        read={one.id: one.version for one in found},
        by=signed_in(request),
        now=clock(),
    )
    return _done(request, form, receipt, len(comments))


@posted(again=index)
def withhold(request: Request, form: Form) -> Response:
    """Keep the ticked comments from the public, for a reason."""
    comments = chosen(form)
    reason = form.text("reason", "Write why the comments are withheld.")
    form.check()
    receipt = withhold_comments(
        request.state.log,
        ids=comments,
        reason=reason,
        by=signed_in(request),
        now=clock(),
    )
    return _done(request, form, receipt, len(comments))


@posted(again=index)
def undo(request: Request, form: Form) -> Response:
    """Give comments back the themes that they had before a coding."""
    by = signed_in(request)
    consultation = request.path_params["consultation"]
    last, many = form.number("last") or 0, form.number("many") or 0
    many = min(max(many, 0), 500)
    log = request.state.log
    receipt = Receipt(0, clock())
    undone = 0
    for entry in log.entries(max(last - many, 0), many):
        event = entry.event
        if event.TOPIC != "comment.coded" or event.by != by:
            continue
        comment = log.look(Comment, event.originator_id)
        if comment.consultation != consultation:
            continue
        now, before = set(comment.themes), _themes_before(request, event)
        receipt = code_comments(
            log,
            ids=[comment.id],
            add=sorted(before - now),
            remove=sorted(now - before),
            by=by,
            now=clock(),
        )
        undone += 1
    return _done(request, form, receipt, undone)


def _themes_before(request: Request, coding: Any) -> set[str]:
    earlier = request.state.log.history(
        coding.originator_id, until=coding.originator_version - 1
    )
    coded = [event.themes for event in earlier if event.TOPIC == coding.TOPIC]
    return set(coded[-1]) if coded else set()


def _done(
    request: Request, form: Form, receipt: Receipt, many: int, *, undoable: bool = False
) -> Response:
    settled(request, receipt)
    notice = say_many(request, "%(num)s comment done.", "%(num)s comments done.", many)
    back = form["next"]
    if not is_local(back):
        return redirect(
            request, "inbox.index", consultation=request.path_params["consultation"]
        )
    if undoable and receipt.position:
        join = "&" if "?" in back else "?"
        back = f"{back}{join}undo={receipt.position}-{many}"
    return to_address(request, back, notice=notice)
