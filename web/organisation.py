"""Organisations: the register, who speaks for each, and what it has said."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any, TypedDict
from uuid import UUID, uuid4

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from domain.log import NotFound
from domain.organisation import (
    ORGANISATION_KINDS,
    Organisation,
    change_organisation,
    end_mandate,
    give_mandate,
    register_organisation,
)
from projections.comment import CommentRow
from projections.comment_list import comments_from
from projections.consultation import consultation_by_id
from projections.organisation import (
    OrganisationRow,
    mandates_for,
    organisation_by_id,
    organisations_like,
    parts_of,
)
from projections.proposal import proposals_of
from projections.reads import Reads
from web.access import clock, office, reach_of, sight_of
from web.comment_list import Entry, entries_for
from web.consultee import sought_in
from web.dates import STOCKHOLM
from web.forms import Form, posted
from web.once import once
from web.pages import page, redirect
from web.paging import Paging
from web.person import person_named
from web.places import CARE_REGIONS, COUNTIES
from web.settled import settled
from web.visitor import signed_in, visitor_of
from web.words import choices

PARTS = 50
"""Consultations shown that an organisation has a part in."""
KINDS: set[str] = set(ORGANISATION_KINDS)
PLACES: dict[str, Any] = {
    "counties": [(county, county) for county in COUNTIES],
    "care_regions": [(region, region) for region in CARE_REGIONS],
}


def index(request: Request) -> Response:
    """The register in Swedish order, narrowed by the filter."""
    filters = Form.sent(request, request.query_params)
    paging = Paging(request, str, UUID)
    with request.state.reads(request.state.moment) as reads:
        found = organisations_like(reads, sought_in(filters), paging.stretch)
    return page(
        request,
        "organisation/index.html",
        block="organisations",
        rows=found.rows,
        paging=paging.of(found),
        filters=filters,
        kinds=choices("organisation kind", filters.language),
        may_register=office(visitor_of(request), None),
        **PLACES,
    )


def new(request: Request, form: Form | None = None) -> Response:
    """The form that registers an organisation."""
    form = form or Form.blank(request, id=uuid4())
    return page(
        request,
        "organisation/new.html",
        block="form" if form.is_wrong else "",
        status=form.status,
        form=form,
        kinds=choices("organisation kind", form.language),
        **PLACES,
    )


class Details(TypedDict):
    """What the register says about an organisation, as its commands want it."""

    name: str
    kind: str
    number: str
    county: str
    care_regions: list[str]


def _details(form: Form) -> Details:
    county = form.choice("county", {"", *COUNTIES})
    regions = [one for one in CARE_REGIONS if one in form.all("care_regions")]
    return {
        "name": form.text("name", "Write the organisation's name.", longest=200),
        "kind": form.choice("kind", KINDS),
        "number": form.text("number", longest=20),
        "county": county,
        "care_regions": regions,
    }


@posted(again=new)
def register(request: Request, form: Form) -> Response:
    """Enter an organisation in the register."""
    details = _details(form)
    id = form.new_id()
    form.check()
    receipt = once(
        request,
        Organisation,
        id,
        lambda: register_organisation(
            request.state.log, id=id, by=signed_in(request), now=clock(), **details
        ),
    )
    settled(request, receipt)
    return redirect(
        request,
        "organisation.show",
        organisation=id,
        notice="The organisation is registered.",
    )


def _organisation(request: Request, reads: Reads) -> OrganisationRow:
    found = organisation_by_id(reads, request.path_params["organisation"])
    if found is None:
        raise NotFound
    return found


def show(request: Request, form: Form | None = None) -> Response:
    """One organisation: who speaks for it, where it is asked, and what it has said."""
    paging = Paging(request, int, newest_first=True)
    with request.state.reads(request.state.moment) as reads:
        organisation = _organisation(request, reads)
        visitor = visitor_of(request)
        reach = reach_of(visitor)
        parts = parts_of(reads, organisation.id, reach, limit=PARTS + 1)
        found = comments_from(
            reads, organisation.id, reach, sight_of(request), paging.stretch
        )
        return page(
            request,
            "organisation/show.html",
            block="form" if form else "comments",
            status=form.status if form else 200,
            organisation=organisation,
            mandates=mandates_for(reads, organisation.id),
            parts=parts[:PARTS],
            most_parts=PARTS if len(parts) > PARTS else 0,
            entries=_said(request, reads, found.rows),
            paging=paging.of(found),
            now=request.state.moment_at or clock(),
            may_register=office(visitor, None),
            form=form
            or Form.blank(request, begins=clock().astimezone(STOCKHOLM).date()),
        )


def _said(request: Request, reads: Reads, rows: Sequence[CommentRow]) -> list[Entry]:
    """Comments of an organisation with what a reader wants to know beside each."""
    ids = {row.consultation for row in rows}
    rounds = {id: row for id in ids if (row := consultation_by_id(reads, id))}
    proposals = {
        proposal.id: proposal for id in ids for proposal in proposals_of(reads, id)
    }
    return entries_for(reads, rows, sight_of(request), rounds, proposals)


def edit(request: Request, form: Form | None = None) -> Response:
    """The form that corrects what the register says."""
    with request.state.reads(request.state.moment) as reads:
        organisation = _organisation(request, reads)
    form = form or Form.sent(
        request,
        FormData(
            [
                ("name", organisation.name),
                ("kind", organisation.kind),
                ("number", organisation.number),
                ("county", organisation.county),
                *(("care_regions", region) for region in organisation.care_regions),
            ]
        ),
    )
    return page(
        request,
        "organisation/edit.html",
        block="form" if form.is_wrong else "",
        status=form.status,
        organisation=organisation,
        form=form,
        kinds=choices("organisation kind", form.language),
        **PLACES,
    )


@posted(again=edit)
def change(request: Request, form: Form) -> Response:
    """Correct what the register says about an organisation."""
    details = _details(form)
    form.check()
    id: UUID = request.path_params["organisation"]
    receipt = change_organisation(
        request.state.log, id=id, by=signed_in(request), now=clock(), **details
    )
    settled(request, receipt)
    return redirect(
        request,
        "organisation.show",
        organisation=id,
        notice="The changes are saved.",
    )


@posted(again=show)
def mandate(request: Request, form: Form) -> Response:
    """Let somebody speak for the organisation, by e-mail address."""
    begins = form.day("begins", "Choose the first day.")
    last = form.day("last", "")
    if begins and last and last < begins:
        form.wrong("last", "The last day must not come before the first.")
    organisation: UUID = request.path_params["organisation"]
    with request.state.reads(None) as reads:
        _organisation(request, reads)
    form.check()
    assert begins is not None  # noqa: S101 - required above
    person = person_named(request, form)
    receipt = give_mandate(
        request.state.log,
        person=person,
        organisation=organisation,
        begins=_midnight(datetime.combine(begins, time())),
        ends=_midnight(datetime.combine(last, time()) + timedelta(days=1))
        if last
        else None,
        by=signed_in(request),
        now=clock(),
    )
    settled(request, receipt)
    return redirect(
        request,
        "organisation.show",
        organisation=organisation,
        notice="The mandate is given.",
    )


def _midnight(day: datetime) -> datetime:
    """When a day begins in Sweden."""
    return day.replace(tzinfo=STOCKHOLM).astimezone(UTC)


@posted(again=show)
def end(request: Request, form: Form) -> Response:
    """End somebody's mandate at once."""
    person = form.sent_id("person")
    organisation: UUID = request.path_params["organisation"]
    receipt = end_mandate(
        request.state.log,
        person=person,
        organisation=organisation,
        by=signed_in(request),
        now=clock(),
    )
    settled(request, receipt)
    return redirect(
        request,
        "organisation.show",
        organisation=organisation,
        notice="The mandate is ended.",
    )
