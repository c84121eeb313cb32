"""Where things are: addresses by route name, and the way back."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import SplitResult, urlencode, urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import NoMatchFound, Route

FOR_ALL = ("/static/", "/log/checkpoint", "/log/policy", "/log/tile/")
"""Where everybody gets the same bytes, whoever asks and as of whenever."""


@lru_cache(maxsize=8)
def _routes(app: Starlette) -> dict[str, Route]:
    return {
        route.name: route
        for route in reversed(app.routes)
        if isinstance(route, Route) and route.name
    }


def has_page(request: Request, name: str) -> bool:
    """Whether a route of that name exists."""
    return name in _routes(request.app)


def named_route(request: Request, name: str) -> Route | None:
    """The route of that name, if there is one."""
    return _routes(request.app).get(name)


def url(request: Request, name: str, /, **params: Any) -> str:
    """The path of a named route; parameters that it has no place for become a query.

    `as_of` is carried over from the page being read, and nothing else; not from a form
    that was sent, since what it did has to be seen on the next page. A parameter
    that is None or "" is left out of the query. Raises NoMatchFound for a name that
    no route has.
    """
    route = _routes(request.app).get(name)
    if route is None:
        raise NoMatchFound(name, params)
    places = {key: params.pop(key) for key in route.param_convertors if key in params}
    root: str = request.scope.get("root_path", "")
    path = root + route.url_path_for(name, **places)
    if request.method in {"GET", "HEAD"}:
        params.setdefault("as_of", request.query_params.get("as_of"))
    return path + _query(params)


def here(request: Request, **changed: Any) -> str:
    """The page being read, with some of its query changed; None or "" removes."""
    asked: dict[str, Any] = {}
    for key, value in request.query_params.multi_items():
        asked.setdefault(key, []).append(value)
    return request.url.path + _query({**asked, **changed})


def _query(params: Mapping[str, Any]) -> str:
    kept = {key: value for key, value in params.items() if value not in (None, "", [])}
    return "?" + urlencode(kept, doseq=True) if kept else ""


def is_local(address: str) -> bool:
    """Whether an address stays on this site: a path, and nothing a browser bends."""
    if not address.startswith("/") or address.startswith("//"):
        return False
    return "\\" not in address and all(33 <= ord(c) != 127 for c in address)


def parts_of(address: str) -> SplitResult:
    """An address in its parts; all of them are empty when it is none."""
    try:
        return urlsplit(address)
    except ValueError:  # "http://[", say.
        return urlsplit("")


def back_to(request: Request, default: str) -> str:
    """Where the visitor was going, from `next` in the query, if it is on this site."""
    wanted = request.query_params.get("next", "")
    return wanted if is_local(wanted) else default


def page_behind(request: Request) -> str:
    """The address of the page a visitor sees: itself, or the one a form stood on."""
    if request.method in {"GET", "HEAD"}:
        return here(request)
    sent_from = parts_of(request.headers.get("referer", ""))
    if sent_from.netloc == request.url.netloc and is_local(sent_from.path):
        return sent_from.path + (f"?{sent_from.query}" if sent_from.query else "")
    return "/"
