"""The way around: what the header's menu holds for this visitor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from starlette.requests import Request

from web.addresses import has_page, named_route, url
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
    ("check.show", "Check of the log", lambda visitor: visitor.is_auditor),
)
"""Route name, words, and who sees it. What has no route yet is left out."""

SECRETARIAT_MENU: tuple[tuple[str, str], ...] = (
    ("inbox.index", "Inbox"),
    ("issue.index", "Issues"),
    ("revision.index", "Revisions"),
    ("completeness.show", "Completeness"),
    ("drafting.index", "Proposals"),
    ("codebook.edit", "Themes"),
    ("consultee.index", "Organisations asked"),
    ("planning.course", "Period"),
    ("planning.edit", "Details"),
    ("person.index", "People and roles"),
    ("hold.consultation", "Legal hold"),
    ("erasure.index", "Erasures"),
)
"""Route name and words of the secretariat's pages of one consultation."""


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
    found = [
        (url(request, name), say(request, words))
        for name, words, is_for in MENU
        if has_page(request, name) and is_for(visitor)
    ]
    path = request.url.path
    # The log's own page is above its check, which has an entry too: the longest wins.
    nearest = max(
        (there for there, _ in found if _leads(there, path)), key=len, default=""
    )
    here = "page" if _path(nearest) == path else "true"
    return [
        Way(there, words, here if there == nearest else "") for there, words in found
    ]


def secretariat_ways(request: Request, consultation: UUID) -> list[Way]:
    """The secretariat's pages of a consultation, those that this visitor may open."""
    visitor = visitor_of(request)
    ways = []
    for name, words in SECRETARIAT_MENU:
        need = getattr(named_route(request, name), "need", None)
        if need is not None and need(visitor, consultation):
            address = url(request, name, consultation=consultation)
            current = "page" if request.url.path == address.partition("?")[0] else ""
            ways.append(Way(address, say(request, words), current))
    return ways


def _leads(address: str, path: str) -> bool:
    """Whether an address is that of a page, or of one above it."""
    there = _path(address)
    return path == there or (there != "/" and path.startswith(there + "/"))


def _path(address: str) -> str:
    return address.partition("?")[0]
