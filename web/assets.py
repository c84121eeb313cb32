"""Style sheets, scripts and pictures: read once, served from memory."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from functools import cache
from pathlib import Path

from starlette.datastructures import Headers, QueryParams
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

FOLDER = Path(__file__).with_name("static")
FOREVER = "public, max-age=31536000, immutable"
WORTH_PACKING = ("text/", "application/json", "image/svg+xml")


class Asset:
    """One file as browsers get it."""

    def __init__(self, file: Path) -> None:
        self.content = file.read_bytes()
        self.fingerprint = hashlib.sha256(self.content).hexdigest()[:16]
        self.media_type = mimetypes.guess_type(file.name)[0] or "text/plain"
        packs = self.media_type.startswith(WORTH_PACKING)
        self.packed = gzip.compress(self.content, 9, mtime=0) if packs else None


@cache
def assets() -> dict[str, Asset]:
    """Every file under `static/`, by its path there."""
    return {
        file.relative_to(FOLDER).as_posix(): Asset(file)
        for file in sorted(FOLDER.rglob("*"))
        if file.is_file()
    }


@cache
def static(path: str) -> str:
    """The address of a file under `static/`, which changes whenever the file does."""
    if path not in assets():
        raise FileNotFoundError(f"web/static/{path}: run `bin/setup assets`")
    return f"/static/{path}?v={assets()[path].fingerprint}"


class Static:
    """Serves `/static/{path:path}`: for ever to whoever asks by fingerprint."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asset = assets().get(scope["path_params"]["path"])
        if asset is None:
            raise HTTPException(404)
        asked = Headers(scope=scope)
        exact = QueryParams(scope["query_string"]).get("v") == asset.fingerprint
        headers = {
            "Cache-Control": FOREVER if exact else "no-cache",
            "ETag": f'"{asset.fingerprint}"',
            "Vary": "Accept-Encoding",
        }
        if asked.get("if-none-match") == headers["ETag"]:
            response = Response(status_code=304, headers=headers)
        elif asset.packed and "gzip" in asked.get("accept-encoding", ""):
            headers["Content-Encoding"] = "gzip"
            response = Response(asset.packed, 200, headers, asset.media_type)
        else:
            response = Response(asset.content, 200, headers, asset.media_type)
        await response(scope, receive, send)
