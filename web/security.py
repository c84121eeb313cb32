"""What every request passes before a page sees it, and every answer on its way out."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import structlog
from python_multipart.multipart import parse_options_header
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web import status
from web.addresses import parts_of
from web.site import Site
from web.visitor import ANYONE

log = structlog.get_logger("web")

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

CONTENT_SECURITY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        # The design system draws its icons as data: pictures in the style sheet.
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY,
    "X-Content-Type-Options": "nosniff",
    # Our own pages need the address a form stood on; nobody else may have it.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": (
        "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(),"
        " usb=()"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

LARGEST = 2_000_000
"""Bytes in a form without files."""
LARGEST_WITH_FILES = 30_000_000
"""Bytes in a form that files are sent with."""


def crosses_site(request: HTTPConnection, method: str, site: Site) -> bool:
    """Whether a request that changes something was sent by another site's page.

    The algorithm of Go 1.25's http.CrossOriginProtection: the browser says so in
    Sec-Fetch-Site, or its Origin is neither the host asked nor our public address (a
    proxy can change the host). A client that sends neither header is no browser, and
    carries nobody's cookies by accident.
    """
    if method in SAFE:
        return False
    match request.headers.get("sec-fetch-site", ""):
        case "same-origin" | "none":
            return False
        case "":
            origin = request.headers.get("origin", "")
            ours = {request.headers.get("host"), urlsplit(site.address).netloc}
            return bool(origin) and parts_of(origin).netloc not in ours
        case _:
            return True


def address_of(request: HTTPConnection, site: Site) -> IPv4Address | IPv6Address | None:
    """The visitor's network address, past the proxies that are trusted.

    X-Forwarded-For is read from its end, where our own proxies wrote, and only as far
    as the first address that is not one of them.
    """
    try:
        address = ip_address(request.client.host if request.client else "")
        forwarded = request.headers.getlist("x-forwarded-for")
        for hop in reversed(",".join(forwarded).split(",")):
            if not hop.strip() or not any(address in net for net in site.proxies):
                break
            address = ip_address(hop.strip())
    except ValueError:
        return None
    return address


class Secured:
    """Refuses what another site sent and what is too large; sets the headers; logs.

    The log line holds no path, query or form: those can carry secrets or personal text.
    """

    def __init__(self, app: ASGIApp, *, site: Site) -> None:
        self.app = app
        self.site = site
        self.headers = dict(HEADERS)
        if site.https:
            self.headers["Strict-Transport-Security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        started = perf_counter()
        answered = 0
        request_id = uuid4().hex
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request=request_id)
        state = scope.setdefault("state", {})
        state["site"] = self.site
        state["address"] = address_of(HTTPConnection(scope), self.site)
        state["request_id"] = request_id

        async def send_secured(message: Message) -> None:
            nonlocal answered
            if message["type"] == "http.response.start":
                answered = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                for name, value in self.headers.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self._admit(scope, receive, send_secured)
        except Exception as error:
            # Here, and not in Starlette's outermost layer, so that the page for a fault
            # of ours has the headers too.
            if answered:
                raise
            request = Request(scope, receive)
            state.setdefault("visitor", ANYONE)  # This is no place to find out who.
            if isinstance(error, status.AWAY):
                away = status.unavailable(request, error)
                await away(scope, receive, send_secured)
            else:
                failed = status.crashed(request, error)
                await failed(scope, receive, send_secured)
                raise
        finally:
            self._note(scope, answered, started)

    async def _admit(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        if crosses_site(request, scope["method"], self.site):
            await status.cross_site(request)(scope, receive, send)
            return
        if not in_utf8(request.headers):
            await status.status_page(request, 400)(scope, receive, send)
            return
        largest = largest_body(request.headers)
        if int_or_zero(request.headers.get("content-length", "")) > largest:
            await discard(receive, largest * 4)
            await status.too_large(request, largest)(scope, receive, send)
            return
        await self.app(scope, counting(receive, largest), send)

    def _note(self, scope: Scope, answered: int, started: float) -> None:
        state: dict[str, Any] = scope.get("state", {})
        visitor = state.get("visitor")
        log.info(
            "answered",
            method=scope["method"],
            route=getattr(scope.get("route"), "name", None),
            status=answered,
            ms=round((perf_counter() - started) * 1000, 1),
            person=str(visitor.person) if visitor and visitor.person else None,
            position=state.get("position"),
        )


def largest_body(headers: Headers) -> int:
    """How many bytes a request of this kind may hold."""
    with_files = headers.get("content-type", "").startswith("multipart/form-data")
    return LARGEST_WITH_FILES if with_files else LARGEST


def in_utf8(headers: Headers) -> bool:
    """Whether a form is in the encoding that our pages ask for.

    Python knows encodings in which bytes become what no database can store.
    """
    _, options = parse_options_header(headers.get("content-type", ""))
    return options.get(b"charset", b"utf-8").lower() in (b"utf-8", b"utf8")


def int_or_zero(text: str) -> int:
    """The number a header holds; 0 when it holds none."""
    return int(text) if text.isdecimal() and len(text) < 20 else 0


async def discard(receive: Receive, most: int) -> None:
    """Read a body to its end, so that the browser gets to see why it was refused."""
    while most > 0:
        message = await receive()
        most -= len(message.get("body", b""))
        if not message.get("more_body", False):
            return


def counting(receive: Receive, largest: int) -> Callable[[], Any]:
    """Hands a body on in pieces until it is larger than it may be."""
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > largest:
            raise status.TooLarge(largest)
        return message

    return counted
