"""The log for other people's tools: its checkpoint, tiles and entries, and the policy.

The addresses are those of C2SP tlog-tiles. Everybody gets the same bytes: these know of
no visitor, no language and no moment.
"""

from __future__ import annotations

import gzip
import re

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from ledger.public import PublicLog
from ledger.tiles import WIDTH
from web.assets import FOREVER

_PLACE = re.compile(
    r"(?P<level>[0-9]|[1-5][0-9]|6[0-3]|entries)"
    # Three digits in each part, as few parts as the number needs.
    r"/(?P<index>(?:x(?!000)[0-9]{3}/(?:x[0-9]{3}/){0,4})?[0-9]{3})"
    r"(?:\.p/(?P<width>[1-9][0-9]{0,2}))?"
)
_DIGITS = re.compile("[0-9]{3}")


def checkpoint(request: Request) -> Response:
    """The newest signed checkpoint."""
    newest = _log(request).checkpoint()
    if newest is None:
        return _nothing()
    return _text(newest.note, seconds=5)


def show(request: Request) -> Response:
    """A tile, or a bundle of entries, as far as it is published."""
    path: str = request.path_params["path"]
    place = _PLACE.fullmatch(path)
    # A route lets a newline at the end of the address through, and leaves it out.
    if place is None or not request.scope["path"].endswith(path):
        return _nothing()
    index = int("".join(_DIGITS.findall(place["index"])))
    width = int(place["width"] or WIDTH)
    if place["width"] and width >= WIDTH:
        return _nothing()
    if place["level"] == "entries":
        found = _log(request).entries(index, width)
    else:
        found = _log(request).tile(int(place["level"]), index, width)
    if found is None:
        return _nothing()
    headers = {"Cache-Control": FOREVER}
    if place["level"] == "entries":
        headers["Vary"] = "Accept-Encoding"
        if "gzip" in request.headers.get("accept-encoding", ""):
            headers["Content-Encoding"] = "gzip"
            found = gzip.compress(found, 6, mtime=0)
    return Response(found, 200, headers, "application/octet-stream")


def policy(request: Request) -> Response:
    """Whose signatures make a checkpoint one to be trusted, as this log itself says.

    Whoever checks the log has to have it from somewhere else too.
    """
    text: str = request.state.policy
    return _text(text.encode(), seconds=60) if text else _nothing()


def _log(request: Request) -> PublicLog:
    found: PublicLog = request.state.public_log
    return found


def _text(content: bytes, *, seconds: int) -> Response:
    headers = {"Cache-Control": f"max-age={seconds}"}
    return Response(content, 200, headers, "text/plain; charset=utf-8")


def _nothing() -> Response:
    """For tools, so in no language; not to be kept, since the log will grow."""
    return PlainTextResponse("404\n", 404, {"Cache-Control": "no-store"})
