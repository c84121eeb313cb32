"""Pages for when it did not go as asked: what happened, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from domain.log import Conflict, NotAllowed, NotFound, Refused, Unavailable
from ledger.session import Unreachable
from web.addresses import here, page_behind, url
from web.dates import number_text
from web.language import language_of, say
from web.limits import TooMany
from web.pages import page, wants_block
from web.visitor import SignInFirst

log = structlog.get_logger("web")


@dataclass(frozen=True, slots=True)
class Trouble:
    """What a status page says, in English sentences from the catalogue."""

    title: str
    happened: str
    advice: str


TROUBLE: dict[int, Trouble] = {
    400: Trouble(
        "The request could not be read",
        "Something was wrong with what the browser sent.",
        "Go back, load the page again and retry.",
    ),
    403: Trouble(
        "You may not do this",
        "This takes a role that you do not have, or another account.",
        "Check that you are signed in as the right person, or ask the secretariat.",
    ),
    404: Trouble(
        "The page is not here",
        "There is nothing at this address.",
        "Check the address, or start from the list of consultations.",
    ),
    405: Trouble(
        "The address is not a page",
        "What you asked for can be sent to this address but not read there.",
        "Go back to the page you came from.",
    ),
    409: Trouble(
        "Someone else was first",
        "The thing you were changing was changed by somebody else meanwhile.",
        "Load the page again to see how it stands now, then make your change again.",
    ),
    413: Trouble(
        "That was too large",
        "What you sent is larger than we can receive.",
        "Go back and send less at a time, or a smaller file. What you typed is still"
        " in the form.",
    ),
    422: Trouble(
        "That is not possible",
        "What you asked for cannot be done as things stand.",
        "Go back, change what is needed and try again.",
    ),
    429: Trouble(
        "Too many attempts",
        "The same thing was done many times in a short while.",
        "Wait a little, then go back and try again. What you typed is still in the"
        " form.",
    ),
    500: Trouble(
        "Something went wrong with us",
        "The fault is ours, and it has been noted.",
        "Try again in a moment. If it keeps happening, tell the secretariat and give"
        " the reference below.",
    ),
    503: Trouble(
        "We are out of reach for a moment",
        "The page cannot reach what it needs just now.",
        "Wait a minute and try again. Keep the page with your text open until then:"
        " nothing has been lost.",
    ),
}


AWAY = Unavailable, Unreachable
"""What a page raises while the database is away."""


class TooLarge(HTTPException):
    """What was sent is larger than `largest` bytes."""

    def __init__(self, largest: int) -> None:
        super().__init__(413)
        self.largest = largest


def status_page(
    request: Request,
    status: int,
    *,
    said: str = "",
    headers: dict[str, str] | None = None,
) -> Response:
    """The page for a status. htmx gets only an alert, so that no form is replaced."""
    trouble = TROUBLE.get(status) or TROUBLE[400 if status < 500 else 500]
    happened = said or say(request, trouble.happened)
    headers = dict(headers or {})
    accepts = request.headers.get("accept", "")
    if "application/json" in accepts and "text/html" not in accepts:
        problem = {"status": status, "title": say(request, trouble.title)}
        return JSONResponse(
            problem | {"detail": happened},
            status,
            headers,
            media_type="application/problem+json",
        )
    if wants_block(request):
        headers |= {"HX-Retarget": "#alerts", "HX-Reswap": "innerHTML show:top"}
    return page(
        request,
        "status.html",
        block="alert",
        status=status,
        headers=headers,
        title=say(request, trouble.title),
        happened=happened,
        advice=say(request, trouble.advice),
        reference=getattr(request.state, "request_id", "") if status >= 500 else "",
    )


def refused(request: Request, refusal: Refused) -> Response:
    """The domain said no: its own words, and the status that fits."""
    headers = {}
    status = int(getattr(refusal, "status", 422))
    match refusal:
        case NotFound():
            status = 404
        case NotAllowed():
            status = 403
        case Conflict():
            status = 409
        case TooMany():
            headers["Retry-After"] = str(refusal.seconds)
    said = str(getattr(refusal, language_of(request)))
    return status_page(request, status, said=said, headers=headers)


def http_trouble(request: Request, trouble: HTTPException) -> Response:
    """No such route, wrong method, a body that cannot be read."""
    if isinstance(trouble, TooLarge):
        return too_large(request, trouble.largest)
    headers = dict(trouble.headers or {})
    return status_page(request, trouble.status_code, headers=headers)


def too_large(request: Request, largest: int) -> Response:
    """More was sent than can be received."""
    megabytes = number_text(largest / 1_000_000, language_of(request))
    said = say(
        request, "At most %(megabytes)s MB can be sent at a time.", megabytes=megabytes
    )
    return status_page(request, 413, said=said)


def cross_site(request: Request) -> Response:
    """A form on another site tried to act in the visitor's name."""
    said = say(
        request,
        "The request came from another website, so nothing was done. If you meant to do"
        " this, do it from a page here.",
    )
    return status_page(request, 403, said=said)


def sign_in_first(request: Request, _: Exception) -> Response:
    """The page is for somebody: ask who, and come back."""
    reading = request.method in {"GET", "HEAD"}
    after = here(request) if reading else page_behind(request)
    address = url(request, "session.ask", next=after, as_of=None)
    if "HX-Request" in request.headers:
        return Response(status_code=204, headers={"HX-Redirect": address})
    return RedirectResponse(address, 303)


def unavailable(request: Request, _: Exception) -> Response:
    """The database is away. Nothing on this page needs it."""
    return status_page(request, 503, headers={"Retry-After": "30"})


def crashed(request: Request, error: Exception) -> Response:
    """A fault of ours: noted with its reference, and said without details.

    Called by `security.Secured` for whatever nobody else caught.
    """
    log.error(
        "failed",
        reference=getattr(request.state, "request_id", ""),
        exc_info=error,
    )
    return status_page(request, 500)


HANDLERS: dict[Any, Any] = {
    Refused: refused,
    SignInFirst: sign_in_first,
    HTTPException: http_trouble,
    **dict.fromkeys(AWAY, unavailable),
}
"""For Starlette(exception_handlers=...)."""
