"""The way around: what the header's menu holds for this visitor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request

from web.addresses import has_page, url
from web.language import say
from web.visitor import Visitor, visitor_of

Menu = tuple[tuple[str, str, Callable[[Visitor], bool]], ...]

MENU: Menu = (
    ("consultation.index", "Consultations", lambda _: True),
    ("comment.mine", "My comments", lambda visitor: visitor.person is not None),
    ("work.index", "To do", lambda visitor: visitor.is_secretariat),
    ("organisation.index", "Organisations", lambda visitor: visitor.is_secretariat),
    ("search.index", "Search", lambda _: True),
    ("log.index", "Log", lambda visitor: visitor.is_auditor or visitor.is_secretariat),
)
"""Route name, words, and who sees it. What has no route yet is left out."""


@dataclass(frozen=True, slots=True)
class Way:
    """One entry of the menu."""

    address: str
    words: str
    current: str
    """For aria-current: "page" is this page, "true" a page above it, "" neither."""


def navigation(request: Request) -> list[Way]:
    """The menu for this visitor; the entry of the page being read is marked."""
    visitor = visitor_of(request)
    path = request.url.path
    ways = []
    for name, words, is_for in MENU:
        if has_page(request, name) and is_for(visitor):
            address = url(request, name)
            ways.append(Way(address, say(request, words), _current(path, address)))
    return ways


def _current(path: str, address: str) -> str:
    there = address.partition("?")[0]
    if path == there:
        return "page"
    return "true" if there != "/" and path.startswith(there + "/") else ""
