"""Everything that is held on a person, for that person to save and read."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from starlette.requests import Request
from starlette.responses import Response

from domain.log import NotFound
from projections.history import EntryRow
from projections.personal import Held, held_on
from projections.reads import Reads
from web.access import clock
from web.dates import STOCKHOLM
from web.language import say
from web.pages import rendered
from web.sentences import Telling
from web.visitor import signed_in, visitor_of


def save(request: Request) -> Response:
    """A zip file with everything, once to read and once for programs."""
    person = signed_in(request)
    now = clock()
    with request.state.reads(None) as reads:
        held = held_on(reads, request.state.log, person)
        if not held["person"]:
            raise NotFound
        told = _told(request, reads, held)
    held["sessions"] = _sessions(request, person)
    page = rendered(
        request,
        "held/file.html",
        held=held,
        told=told,
        moment_of=datetime.fromisoformat,
        person=held["person"][0],
        made_at=now,
    )
    return Response(
        _zip(request, held, page, now),
        media_type="application/zip",
        headers={
            "Content-Disposition": 'attachment; filename="samrad-mina-uppgifter.zip"',
            "Cache-Control": "private, no-store",
        },
    )


def _sessions(request: Request, person: UUID) -> list[dict[str, Any]]:
    current = visitor_of(request).session
    return [
        {
            "browser": session.browser,
            "begun_at": session.begun_at.isoformat(),
            "seen_at": session.seen_at.isoformat(),
            "is_this": session.id == current,
        }
        for session in request.state.sessions.of(person)
    ]


def _told(request: Request, reads: Reads, held: Held) -> list[tuple[EntryRow, str]]:
    """The log's entries in sentences, without links: a file leads nowhere."""
    found = [_entry(entry) for entry in held["entries"]]
    telling = Telling(request, reads, found)
    return [(entry, telling.sentence(entry).striptags()) for entry in found]


def _entry(entry: Mapping[str, Any]) -> EntryRow:
    def id_of(name: str) -> UUID | None:
        return UUID(entry[name]) if entry.get(name) else None

    return EntryRow(
        entry["position"],
        datetime.fromisoformat(entry["at"]),
        entry["topic"],
        entry["topic"].partition(".")[0],
        UUID(entry["thing"]),
        entry["version"],
        UUID(entry["actor"]),
        id_of("consultation"),
        id_of("proposal"),
        entry["detail"],
    )


def _zip(request: Request, held: Held, page: str, now: datetime) -> bytes:
    written = json.dumps(held, ensure_ascii=False, indent=2)
    files = {
        say(request, "my-data.html"): page,
        say(request, "my-data.json"): written,
    }
    local = now.astimezone(STOCKHOLM)
    stamp = (local.year, local.month, local.day, local.hour, local.minute, 0)
    out = io.BytesIO()
    with ZipFile(out, "w") as archive:
        for name, text in files.items():
            archive.writestr(ZipInfo(name, stamp), text.encode(), ZIP_DEFLATED)
    return out.getvalue()
