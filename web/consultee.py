"""Consultees: who is formally asked, who has answered, and who is silent."""

from __future__ import annotations

from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from domain.consultee import invite_consultees, remove_consultees
from domain.log import Receipt, Refused
from projections.consultee import (
    STANDINGS,
    asked,
    commented,
    coverage,
    coverage_by_care_region,
    coverage_by_kind,
    not_asked,
    unasked,
)
from projections.organisation import Sought
from web.access import clock, consultation_for
from web.addresses import is_local
from web.forms import Form, posted
from web.language import say, say_many
from web.pages import page, redirect, to_address
from web.paging import Paging
from web.places import CARE_REGIONS, COUNTIES
from web.settled import settled
from web.visitor import signed_in
from web.words import choices

FILTERS = ("words", "kind", "county", "care_region", "standing")


class NobodyChosen(Refused):
    """Those who are invited are those that are ticked."""

    en = "Tick at least one organisation that is not invited yet."
    sv = "Kryssa för minst en organisation som inte redan är inbjuden."


def sought_in(form: Form) -> Sought:
    """Which organisations the filter asks for."""
    return Sought(
        words=form["words"].replace("\0", "").strip()[:200],
        kind=form["kind"].replace("\0", ""),
        county=form["county"].replace("\0", ""),
        care_region=form["care_region"].replace("\0", ""),
    )


def _standing(form: Form) -> str:
    return form["standing"] if form["standing"] in STANDINGS else ""


def index(request: Request, form: Form | None = None) -> Response:
    """Organisations with how they stand, narrowed by the filter, and the coverage."""
    filters = Form.sent(request, form.values if form else request.query_params)
    paging = Paging(request, str, UUID)
    with request.state.reads(request.state.moment) as reads:
        consultation = consultation_for(request, reads)
        found = asked(
            reads,
            consultation.id,
            sought_in(filters),
            _standing(filters),
            paging.stretch,
        )
        regions = coverage_by_care_region(reads, consultation.id)
        return page(
            request,
            "planning/consultees.html",
            block="" if form else "organisations",
            status=form.status if form else 200,
            consultation=consultation,
            rows=found.rows,
            paging=paging.of(found),
            filters=filters,
            form=form or Form.blank(request),
            to_invite=unasked(
                reads, consultation.id, sought_in(filters), _standing(filters)
            ),
            ticked=set(form.all("organisation")) if form else set(),
            kinds=choices("organisation kind", filters.language),
            counties=[(county, county) for county in COUNTIES],
            care_regions=[(region, region) for region in CARE_REGIONS],
            by_kind=coverage_by_kind(reads, consultation.id),
            by_region=[
                regions[name] for name in (*CARE_REGIONS, "") if name in regions
            ],
            missing_regions=[
                name
                for name in CARE_REGIONS
                if name not in regions or not regions[name].asked
            ],
            whole=coverage(reads, consultation.id),
        )


@posted(again=index)
def invite(request: Request, form: Form) -> Response:
    """Formally ask the ticked organisations, or all that the filter finds."""
    consultation: UUID = request.path_params["consultation"]
    chosen = _everyone(request, form) if form.ticked("everyone") else _ticked(form)
    if not chosen:
        raise NobodyChosen
    receipt = invite_consultees(
        request.state.log,
        id=consultation,
        organisations=chosen,
        by=signed_in(request),
        now=clock(),
    )
    settled(request, receipt)
    notice = say_many(
        request,
        "%(num)s organisation is invited.",
        "%(num)s organisations are invited.",
        len(chosen),
    )
    if is_local(form["next"]):
        return to_address(request, form["next"], notice=notice)
    return redirect(request, "consultee.index", consultation=consultation)


@posted(again=index)
def remove(request: Request, form: Form) -> Response:
    """Take an organisation that was invited by mistake off the list."""
    consultation: UUID = request.path_params["consultation"]
    removed = form.id("removed", "Choose an organisation.")
    reason = form.text("reason", "Write why it is taken off.", longest=1000)
    form.check()
    gone = [removed] if removed else []
    log = request.state.log
    # A comment that came a moment ago keeps its organisation on the list.
    settled(request, Receipt(log.head(), clock()))
    with request.state.reads(None) as reads:
        answered = commented(reads, consultation, gone)
    receipt = remove_consultees(
        log,
        id=consultation,
        organisations=gone,
        commented=answered,
        reason=reason,
        by=signed_in(request),
        now=clock(),
    )
    settled(request, receipt)
    notice = "The organisation is taken off the list."
    if is_local(form["next"]):
        return to_address(request, form["next"], notice=say(request, notice))
    return redirect(
        request, "consultee.index", notice=notice, consultation=consultation
    )


def _everyone(request: Request, form: Form) -> list[UUID]:
    with request.state.reads(None) as reads:
        consultation = request.path_params["consultation"]
        return not_asked(reads, consultation, sought_in(form), _standing(form))


def _ticked(form: Form) -> list[UUID]:
    chosen = []
    for value in form.all("organisation"):
        try:
            chosen.append(UUID(value))
        except ValueError:
            continue
    return chosen
