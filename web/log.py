"""The log for auditors: in sentences, entry by entry, and the history of any thing."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from domain.log import NotFound
from projections.consultation import consultation_by_id
from projections.consultation_list import Reach, latest
from projections.history import (
    Wanted,
    entries,
    entries_behind,
    entry_at,
    names_of,
    persons_named,
)
from projections.proposal import passages_of
from projections.reads import Reads
from web.access import audited, audits_of, consultation_for, proposal_for
from web.dates import STOCKHOLM
from web.forms import Form
from web.pages import page
from web.paging import Paging
from web.sentences import SENTENCES, Telling
from web.trail import pretty, steps
from web.visitor import visitor_of

ROUNDS = 100
"""Consultations that can be chosen; the address of any other can be written."""
KINDS = sorted({topic.split(".")[0] for topic in SENTENCES})


def index(request: Request) -> Response:
    """Every entry, the newest first, narrowed by actor, thing, kind and time."""
    form = Form.sent(request, request.query_params)
    paging = Paging(request, int, newest_first=True)
    with request.state.reads(request.state.moment) as reads:
        within = audited(visitor_of(request))
        found = entries(reads, _wanted(form, reads, within), paging.stretch)
        telling = Telling(request, reads, found.rows)
        rounds = _rounds(reads, audits_of(visitor_of(request)), form.id("consultation"))
        return page(
            request,
            "log/index.html",
            block="entries",
            status=form.status,
            form=form,
            told=[(entry, telling.sentence(entry)) for entry in found.rows],
            kinds=KINDS,
            rounds=rounds,
            paging=paging.of(found),
        )


def _rounds(reads: Reads, reach: Reach, asked: UUID | None) -> list[tuple[str, str]]:
    """Those to choose among: the latest, and the one that was asked for."""
    rows = latest(reads, reach, ROUNDS)
    named = [(str(row.id), row.title) for row in rows]
    if asked and str(asked) not in dict(named):
        older = consultation_by_id(reads, asked)
        if older and (reach.everywhere or asked in reach.places):
            named.append((str(asked), older.title))
    return named


def _wanted(form: Form, reads: Reads, within: list[UUID] | None) -> Wanted:
    actor = form["actor"].strip()
    since, until = form.day("since"), form.day("until")
    kind = form["kind"] if form["kind"] in KINDS else ""
    return Wanted(
        actors=persons_named(reads, actor) if actor else None,
        thing=form.id("thing"),
        kind=kind,
        consultation=form.id("consultation"),
        within=within,
        since=_midnight(since) if since else None,
        until=_midnight(until + timedelta(days=1)) if until else None,
    )


def _midnight(day: object) -> datetime:
    return datetime.fromisoformat(f"{day}").replace(tzinfo=STOCKHOLM)


def show(request: Request) -> Response:
    """One entry, as a sentence and as it lies in the log."""
    position = request.path_params["position"]
    with request.state.reads(request.state.moment) as reads:
        entry = entry_at(reads, position)
        within = audited(visitor_of(request))
        if entry is None or (within is not None and entry.consultation not in within):
            raise NotFound
        telling = Telling(request, reads, [entry])
        sentence = telling.sentence(entry)
    stored = request.state.log.stored(position)
    return page(
        request,
        "log/show.html",
        entry=entry,
        sentence=sentence,
        state=pretty(stored.state),
        size=len(stored.state),
        digest=hashlib.sha256(stored.state).hexdigest(),
    )


def history(request: Request) -> Response:
    """Everything that happened to one thing, with what each entry changed."""
    thing: UUID = request.path_params["thing"]
    paging = Paging(request, int, newest_first=True)
    with request.state.reads(request.state.moment) as reads:
        wanted = Wanted(thing=thing, within=audited(visitor_of(request)))
        found = entries(reads, wanted, paging.stretch)
        if not found.rows:
            raise NotFound
        telling = Telling(request, reads, found.rows)
        named = names_of(reads, [thing])
        told = [(entry, telling.sentence(entry)) for entry in found.rows]
    events = request.state.log.history(thing, until=found.rows[0].version)
    return page(
        request,
        "log/history.html",
        kind=found.rows[0].kind,
        thing=thing,
        called=named.get(thing, ("", str(thing)))[1],
        told=told,
        changed=dict(steps(events)),
        paging=paging.of(found),
    )


def passage(request: Request) -> Response:
    """Every entry that made a passage what it is."""
    with request.state.reads(request.state.moment) as reads:
        consultation = consultation_for(request, reads)
        proposal = proposal_for(request, reads)
        id: UUID = request.path_params["passage"]
        found = entries_behind(reads, proposal.id, id)
        standing = passages_of(reads, proposal.id, proposal.edition).passage(id)
        telling = Telling(request, reads, found)
        return page(
            request,
            "log/passage.html",
            consultation=consultation,
            proposal=proposal,
            passage=id,
            text=standing.text if standing else "",
            told=[(entry, telling.sentence(entry)) for entry in found],
        )
