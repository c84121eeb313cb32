"""Planning a consultation and running its period, from first plan to conclusion."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypedDict
from uuid import UUID, uuid4

from starlette.requests import Request
from starlette.responses import Response

from domain.consultation import Consultation
from domain.log import Log, Receipt
from domain.period import (
    close_consultation,
    conclude_consultation,
    extend_period,
    open_consultation,
    reopen_consultation,
)
from domain.planning import change_details, plan_consultation
from projections.consultation import consultees_of, period_of, themes_of
from projections.inbox import figures
from projections.proposal import proposals_of
from web.access import clock, consultation_for
from web.dates import typed_moment
from web.forms import Form, posted
from web.once import once
from web.pages import page, redirect
from web.settled import settled
from web.visitor import signed_in
from web.words import WORDS

WRITE_WHY = "Write why, for everybody to read."


def new(request: Request, form: Form | None = None) -> Response:
    """The form that plans a consultation."""
    form = form or Form.blank(request, id=uuid4(), access="open", display="at_once")
    return page(
        request,
        "planning/new.html",
        block="form" if form.is_wrong else "",
        status=form.status,
        form=form,
    )


class Details(TypedDict):
    """How a consultation is described and run, as its commands want it."""

    title: str
    title_en: str
    summary: str
    summary_en: str
    diary_number: str
    assignment: str
    access: str
    display: str


def _details(form: Form) -> Details:
    return {
        "title": form.text("title", "Write a title.", longest=300),
        "title_en": form.text("title_en", longest=300),
        "summary": form.text("summary", longest=5000),
        "summary_en": form.text("summary_en", longest=5000),
        "diary_number": form.text("diary_number", longest=100),
        "assignment": form.text("assignment", longest=5000),
        "access": form.choice("access", WORDS["access"]),
        "display": form.choice("display", WORDS["display"]),
    }


@posted(again=new)
def plan(request: Request, form: Form) -> Response:
    """Plan a consultation, which nobody outside sees until it opens."""
    details = _details(form)
    closes_at = form.moment("closes_at", "Choose when the consultation closes.")
    id = form.new_id()
    form.check()
    assert closes_at is not None  # noqa: S101 - required above
    receipt = once(
        request,
        Consultation,
        id,
        lambda: plan_consultation(
            request.state.log,
            id=id,
            closes_at=closes_at,
            by=signed_in(request),
            now=clock(),
            **details,
        ),
    )
    settled(request, receipt)
    return redirect(
        request, "planning.course", consultation=id, notice="The plan is saved."
    )


def edit(request: Request, form: Form | None = None) -> Response:
    """The form that changes how a consultation is described and run."""
    with request.state.reads(request.state.moment) as reads:
        consultation = consultation_for(request, reads)
    form = form or Form.blank(
        request,
        title=consultation.title,
        title_en=consultation.title_en,
        summary=consultation.summary,
        summary_en=consultation.summary_en,
        diary_number=consultation.diary_number,
        assignment=consultation.assignment,
        access=consultation.access,
        display=consultation.display,
    )
    return page(
        request,
        "planning/edit.html",
        block="form" if form.is_wrong else "",
        status=form.status,
        consultation=consultation,
        form=form,
    )


@posted(again=edit)
def change(request: Request, form: Form) -> Response:
    """Change how a consultation is described and run."""
    details = _details(form)
    form.check()
    id: UUID = request.path_params["consultation"]
    receipt = change_details(
        request.state.log, id=id, by=signed_in(request), now=clock(), **details
    )
    settled(request, receipt)
    return redirect(
        request, "planning.course", consultation=id, notice="The changes are saved."
    )


def course(request: Request, form: Form | None = None) -> Response:
    """Where a consultation stands in its period, and the step that comes next."""
    with request.state.reads(request.state.moment) as reads:
        consultation = consultation_for(request, reads)
        proposals = [
            one for one in proposals_of(reads, consultation.id) if not one.is_withdrawn
        ]
        form = form or Form.blank(
            request,
            closes_at=typed_moment(consultation.closes_at)
            if consultation.status in ("planned", "open")
            else None,
        )
        return page(
            request,
            "planning/course.html",
            block="step" if form.is_wrong else "",
            status=form.status,
            consultation=consultation,
            is_past=consultation.closes_at <= clock(),
            proposals=len(proposals),
            published=sum(one.published > 0 for one in proposals),
            themes=len(themes_of(reads, consultation.id)),
            consultees=len(consultees_of(reads, consultation.id)),
            waiting=figures(reads, consultation.id, None),
            period=period_of(reads, consultation.id),
            form=form,
        )


@posted(again=course)
def open_round(request: Request, form: Form) -> Response:
    """Send the drafts out for comment."""
    return _turned(request, open_consultation, "The consultation is open.")


@posted(again=course)
def close(request: Request, form: Form) -> Response:
    """Take no more comments."""
    return _turned(request, close_consultation, "The consultation is closed.")


@posted(again=course)
def conclude(request: Request, form: Form) -> Response:
    """Declare the work done."""
    return _turned(request, conclude_consultation, "The consultation is concluded.")


@posted(again=course)
def reschedule(request: Request, form: Form) -> Response:
    """Move the deadline of a plan, earlier or later."""
    return _moved(request, form, extend_period, "The deadline is moved.", reason="")


@posted(again=course)
def extend(request: Request, form: Form) -> Response:
    """Move the deadline of an open consultation to a later moment."""
    reason = form.text("reason", WRITE_WHY, longest=2000)
    return _moved(request, form, extend_period, "The deadline is moved.", reason=reason)


@posted(again=course)
def reopen(request: Request, form: Form) -> Response:
    """Take comments again until a new deadline."""
    reason = form.text("reason", WRITE_WHY, longest=2000)
    notice = "The consultation is open again."
    return _moved(request, form, reopen_consultation, notice, reason=reason)


def _turned(request: Request, command: Callable[..., Receipt], notice: str) -> Response:
    log: Log = request.state.log
    id: UUID = request.path_params["consultation"]
    settled(request, command(log, id=id, by=signed_in(request), now=clock()))
    return redirect(request, "planning.course", consultation=id, notice=notice)


def _moved(
    request: Request,
    form: Form,
    command: Callable[..., Receipt],
    notice: str,
    *,
    reason: str,
) -> Response:
    closes_at = form.moment("closes_at", "Choose a new deadline.")
    form.check()
    log: Log = request.state.log
    id: UUID = request.path_params["consultation"]
    receipt = command(
        log,
        id=id,
        closes_at=closes_at,
        reason=reason,
        by=signed_in(request),
        now=clock(),
    )
    settled(request, receipt)
    return redirect(request, "planning.course", consultation=id, notice=notice)
