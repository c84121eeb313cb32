"""Answers packed with gzip, but for those whose length could tell a secret."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from web.site import Site

LEVEL = 4
"""Where what it takes begins to grow faster than what it saves."""
WORTH_IT = 1_000
"""Bytes; a smaller answer fits in one packet as it is."""
BESIDE = 64 * 1024
"""Bytes from which the packing is done in another thread than everybody's requests."""
PACKED_ALREADY = (*DEFAULT_EXCLUDED_CONTENT_TYPES, "application/octet-stream")
"""The log's tiles are hashes and sealed words: nothing can be pressed out of them."""


class Packed(GZipMiddleware):
    """Packs what a browser asks for packed, and leaves what has been packed already.

    The length of a packed page tells whether words in its address stand on the page as
    well (the attack called BREACH). A stranger's page can make a browser ask for many
    addresses, and so guess at what only the visitor may read. Therefore what another
    site sends a visitor with a session to is not packed.
    """

    def __init__(self, app: ASGIApp, *, site: Site) -> None:
        super().__init__(
            app,
            minimum_size=WORTH_IT,
            compresslevel=LEVEL,
            thread_minimum_size=BESIDE,
            exclude_content_types=PACKED_ALREADY,
        )
        self.cookie = site.cookie("session")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self._could_tell(HTTPConnection(scope)):
            await self.app(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    def _could_tell(self, asked: HTTPConnection) -> bool:
        return self.cookie in asked.cookies and sent_by_others(asked.headers)


def sent_by_others(headers: Headers) -> bool:
    """Whether the browser says that another site's page asked.

    A browser too old to say so sends no session with what other sites' pages fetch,
    since the cookie is SameSite=Lax.
    """
    return headers.get("sec-fetch-site", "none") not in ("same-origin", "none")
