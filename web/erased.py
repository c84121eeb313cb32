"""What stands on a page in the place of a name or a text that has been erased.

The tables hold ERASED there. A template that knows whose name or which comment it is
says `{{ text|known(id) }}`, and the page then says when it was erased, by which
decision and on which ground, with a link to the erasure. No page shows ERASED itself.
"""

from __future__ import annotations

import re
from functools import partial
from uuid import UUID

from markupsafe import Markup, escape
from starlette.requests import Request

from ledger.sealing import ERASED
from projections.erasure import ErasedRow, erased_among
from web.addresses import url
from web.dates import STOCKHOLM
from web.language import language_of, say
from web.words import word

_PLACE = re.compile(ERASED + r"(?:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(!?))?")
_MOST = 10_000

_known: dict[UUID, ErasedRow] = {}
"""What is erased stays so, and nothing here says who or what it was."""


def known(text: str | None, thing: UUID | None, *, linked: bool = True) -> str:
    """A name or a text, or the mark that `filled_in` puts a note about `thing` for.

    Not `linked` inside of a link.
    """
    if text != ERASED or thing is None:
        return text or ""
    return f"{ERASED}{thing}{'' if linked else '!'}"


def filled_in(request: Request, html: str) -> str:
    """A page with a note wherever something has been erased."""
    if ERASED not in html:
        return html
    places = _PLACE.finditer(html)
    erased = _erased(request, {UUID(place[1]) for place in places if place[1]})
    return _PLACE.sub(partial(_note, request, erased), html)


def note(request: Request, erased: ErasedRow | None) -> str:
    """That something is erased, when, by which decision and on what ground."""
    if erased is None:
        return say(request, "Data erased")
    return say(
        request,
        "Data erased %(day)s by decision %(decision)s (ground: %(ground)s)",
        day=f"{erased.at.astimezone(STOCKHOLM):%Y-%m-%d}",
        decision=erased.decision_ref,
        ground=word(erased.ground, "ground", language=language_of(request)),
    )


def _note(request: Request, erased: dict[UUID, ErasedRow], place: re.Match[str]) -> str:
    found = erased.get(UUID(place[1])) if place[1] else None
    said = escape(note(request, found))
    if found is None or place[2]:
        return said
    address = url(request, "erasure.show", erasure=found.erasure)
    return Markup('<a class="ds-link erased" href="{}">{}</a>').format(address, said)


def _erased(request: Request, things: set[UUID]) -> dict[UUID, ErasedRow]:
    found = {thing: row for thing in things if (row := _known.get(thing))}
    if new := things - found.keys():
        with request.state.reads(None) as reads:
            read = erased_among(reads, new)
        if len(_known) > _MOST:
            _known.clear()
        _known.update(read)
        found |= read
    return found
