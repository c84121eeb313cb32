"""Pages that a browser has already: told so before anything on them is asked for.

A page that says `@kept_by_browsers` is made of nothing but the read tables, who reads
it, and the hour; its ETag names all three. Whatever else a page is made of (a form's
fresh id, a notice shown once, words opened from the log) makes it `unkept`. What is
made for nobody in particular stands on the process's shelf too, under the same name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache, wraps
from pathlib import Path
from typing import Any
from uuid import UUID

from starlette.datastructures import State
from starlette.requests import Request
from starlette.responses import Response

from projections.reads import Reads
from projections.stand import Stand, stand_of
from web.assets import assets
from web.dates import STOCKHOLM
from web.language import language_of
from web.pages import KEPT, has_notice, site_of, wants_block
from web.shelf import Made, Place
from web.visitor import visitor_of

ROOT = Path(__file__).parents[1]
MADE_BY = ("web/**/*.py", "web/**/*.html", "web/**/*.po", "projections/*", "domain/*")
"""Where every word of a page that is not in the tables comes from."""

Page = Callable[..., Response]


class Unchanged(Exception):
    """The browser has this page as it stands."""


def kept_by_browsers(page: Page) -> Page:
    """A page that is sent again only when it has changed.

    Its first question to the tables also asks whether it has (`compare`, called when
    `request.state.reads` is opened): then nothing more is asked, and nothing rendered.
    """

    @wraps(page)
    def asked(request: Request, *args: Any, **kwargs: Any) -> Response:
        state = request.state
        state.compares = request.method in {"GET", "HEAD"} and not has_notice(request)
        try:
            response = page(request, *args, **kwargs)
        except Unchanged:
            return unchanged(state.etag)
        etag = getattr(state, "etag", "")
        if etag and response.status_code == 200:
            response.headers["ETag"] = etag
            _shelve(request, response)
        return response

    return asked


def _shelve(request: Request, response: Response) -> None:
    """Put a page on the shelf, if it belongs there.

    As of a position that is still to come it does not: that will be a moment like any
    other once it has come.
    """
    place, state = place_of(request), request.state
    is_to_come = state.moment is None and "as_of" in request.query_params
    if place and not is_to_come and "set-cookie" not in response.headers:
        state.shelf.keep(place, Made(state.etag, response, request))


def unchanged(etag: str) -> Response:
    """Tells a browser that it has the page."""
    return Response(status_code=304, headers={"ETag": etag, **KEPT})


def place_of(request: Request) -> Place | None:
    """Where a page belongs on the shelf: what nobody in particular asks for.

    None where somebody does, or where what is asked for depends on the hour by more
    than its name says: what an instant's position is, while it may get another one.
    """
    site = site_of(request)
    if request.method != "GET" or {site.cookie("session"), site.cookie("notice")} & (
        request.cookies.keys()
    ):
        return None
    scope = request.scope
    if scope["query_string"]:
        asked = request.query_params.get("as_of")
        if asked and not (asked.isdecimal() and asked.isascii()):
            return None
    return (
        scope["path"],
        scope["query_string"],
        scope.get("root_path"),
        wants_block(request),
        language_of(request),
    )


def unkept(request: Request) -> None:
    """Say that this page shows what is not in the tables, so it is always made anew."""
    request.state.etag = ""


def compares(state: State) -> bool:
    """Whether the page that is being made still has to be compared."""
    return getattr(state, "compares", False) and not hasattr(state, "etag")


def compare(request: Request, reads: Reads) -> Stand:
    """Name the page as it stands now; raise Unchanged if the browser has just that.

    The hour is looked at before the page looks at it: a page made just after a deadline
    may have the name of just before, and is then made once more, never the reverse.
    """
    now = datetime.now(UTC)
    consultation: UUID | None = request.path_params.get("consultation")
    stand = stand_of(reads, consultation, now)
    reads.generation = stand.generation
    state = request.state
    state.etag = name_of(request, stand, now)
    if state.etag in known_by(request):
        raise Unchanged
    return stand


def known_by(request: Request) -> list[str]:
    """The names of the pages that the browser says it has."""
    named = request.headers.get("if-none-match", "").split(",")
    return [f"W/{name.strip().removeprefix('W/')}" for name in named]


def name_of(request: Request, stand: Stand, now: datetime) -> str:
    """An ETag; a weak one, since the same page is sent packed and not."""
    visitor = visitor_of(request)
    parts = (
        release(),
        site_of(request),
        request.url.path,
        request.url.query,
        wants_block(request),
        language_of(request),
        visitor.person,
        visitor.name,
        sorted(visitor.roles, key=repr),
        visitor.mandates,
        request.state.moment,
        request.state.moment_at,
        stand.generation,
        stand.newest,
        # What the hour changes: "closes tomorrow", and what has closed.
        now.astimezone(STOCKHOLM).date(),
        stand.deadline,
    )
    return f'W/"{hashlib.blake2b(repr(parts).encode(), digest_size=16).hexdigest()}"'


@cache
def release() -> str:
    """A fingerprint of the code, the templates, the sentences and the static files."""
    found = hashlib.blake2b(digest_size=16)
    for file in sorted({file for kind in MADE_BY for file in ROOT.glob(kind)}):
        if file.is_file():
            found.update(file.read_bytes())
    for path, asset in sorted(assets().items()):
        found.update(f"{path} {asset.fingerprint}".encode())
    return found.hexdigest()
