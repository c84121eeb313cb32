"""Renders a template, or only the block of it that htmx asked for."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache, lru_cache, partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote, unquote

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from web import addresses, dates
from web.addresses import back_to
from web.assets import static
from web.erased import filled_in, known
from web.formats.html import text_html
from web.language import LANGUAGES, Language, catalogue, language_of, missing, say
from web.navigation import navigation, secretariat_ways
from web.site import Site
from web.visitor import visitor_of
from web.words import tone, word

__all__ = ["back_to", "leave_notice", "missing", "page", "redirect", "to_address"]

FOLDER = Path(__file__).with_name("templates")
KEPT = {
    "Vary": "HX-Request, HX-Request-Type, Cookie, Accept-Language",
    "Cache-Control": "private, no-cache",
}
"""A browser may keep a page, but asks each time whether it still is so."""

KEPT_PASSAGES = 2_000
"""Passages whose mark-up a process keeps in each language: some 5 MB when full.

They are kept by all that they show (`web.reading.Shown`), so none is ever stale.
"""


def _asking(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of the request that a template calls without handing it over."""

    @pass_context
    def called(context: Context, /, *args: Any, **kwargs: Any) -> Any:
        return function(context["request"], *args, **kwargs)

    return called


def sentence(refusal: Any, *, language: Language) -> str:
    """What a refusal says, in the reader's language."""
    said: str = getattr(refusal, language)
    return said


@cache
def _templates(language: Language) -> Environment:
    """The templates, speaking one language: so that macros speak it too."""
    found = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        auto_reload=False,
        cache_size=-1,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.policies["ext.i18n.trimmed"] = True
    found.install_gettext_translations(  # type: ignore[attr-defined]
        catalogue(language), newstyle=True
    )
    found.filters |= {
        "when": partial(dates.moment_tag, language=language),
        "when_text": partial(dates.moment_text, language=language),
        "day": partial(dates.day_tag, language=language),
        "day_text": partial(dates.day_text, language=language),
        "clock": partial(dates.clock_text, language=language),
        "number": partial(dates.number_text, language=language),
        "share": partial(dates.share_text, language=language),
        "typed_moment": dates.typed_moment,
        "sentence": partial(sentence, language=language),
        "word": partial(word, language=language),
        "tone": tone,
        "prose": text_html,
        "known": known,
    }
    found.globals |= {
        "url": _asking(addresses.url),
        "here": _asking(addresses.here),
        "has_page": _asking(addresses.has_page),
        "page_behind": _asking(addresses.page_behind),
        "navigation": _asking(navigation),
        "secretariat_ways": _asking(secretariat_ways),
        "static": static,
    }
    # One name for all macros: a block rendered alone has seen no import of its page.
    macros = found.globals["ui"] = SimpleNamespace()
    for file in sorted((FOLDER / "macros").glob("*.html")):
        module = found.get_template(f"macros/{file.name}").module
        for name in module.__dict__:
            if not name.startswith("_"):
                setattr(macros, name, getattr(module, name))
    macros.kept_passage = lru_cache(KEPT_PASSAGES)(macros.kept_passage)
    return found


def kept_passages(language: Language) -> Any:
    """The mark-up of passages that is kept in a language: a functools.lru_cache."""
    macros: Any = _templates(language).globals["ui"]
    return macros.kept_passage


def warm() -> None:
    """Compile every template now, so that no visitor waits for it."""
    for language in LANGUAGES:
        for name in (templates := _templates(language)).list_templates(["html"]):
            templates.get_template(name)


def wants_block(request: Request) -> bool:
    """Whether htmx asks for a part of the page it already shows."""
    headers = request.headers
    return (
        headers.get("HX-Request") == "true"
        and headers.get("HX-Request-Type", "partial") == "partial"
        and "HX-Boosted" not in headers
        and "HX-History-Restore-Request" not in headers
    )


def page(
    request: Request,
    name: str,
    /,
    *,
    block: str = "",
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **context: Any,
) -> HTMLResponse:
    """A whole page to a browser; to htmx only `block`, so one template serves both."""
    language = language_of(request)
    template = _templates(language).get_template(name)
    noticed = request.cookies.get(_cookie(request))
    whole = not (block and wants_block(request))
    context |= {
        "request": request,
        "language": language,
        "visitor": visitor_of(request),
        "site": site_of(request),
        "moment": getattr(request.state, "moment", None),
        "moment_at": getattr(request.state, "moment_at", None),
        "position": getattr(request.state, "position", None),
        "notices": _noticed(noticed) if whole and noticed else [],
    }
    if whole:
        html = template.render(context)
    else:
        scope = template.new_context(context)
        html = "".join(template.blocks[block](scope))
    response = HTMLResponse(filled_in(request, html), status)
    response.headers.update({**KEPT, **(headers or {})})
    if whole and noticed:
        response.delete_cookie(_cookie(request), secure=site_of(request).https)
    return response


def rendered(request: Request, name: str, /, **context: Any) -> str:
    """A document of its own, outside the frame of the site, for somebody to keep."""
    language = language_of(request)
    template = _templates(language).get_template(name)
    html = template.render({"request": request, "language": language, **context})
    return filled_in(request, html)


def redirect(
    request: Request, name: str, /, *, notice: str = "", **params: Any
) -> Response:
    """On to another page after a form, with a sentence for its top if there is one.

    `notice` is an English sentence from the catalogue.
    """
    said = say(request, notice) if notice else ""
    return to_address(request, addresses.url(request, name, **params), notice=said)


def to_address(request: Request, address: str, *, notice: str = "") -> Response:
    """On to an address of this site; `notice` is already in the visitor's language.

    htmx is told to go there itself: else it would follow, and put what it finds where
    the form stood.
    """
    response: Response = RedirectResponse(address, 303)
    if wants_block(request):
        onward = {"HX-Redirect": response.headers["location"]}
        response = Response(status_code=204, headers=onward)
    if notice:
        leave_notice(request, response, notice)
    return response


def leave_notice(request: Request, response: Response, text: str) -> None:
    """Have the next whole page say something at its top, once."""
    response.set_cookie(
        _cookie(request),
        quote(json.dumps([text], ensure_ascii=False), safe=""),
        max_age=120,
        httponly=True,
        samesite="lax",
        secure=site_of(request).https,
    )


def has_notice(request: Request) -> bool:
    """Whether a sentence waits to be said at the top of the next whole page."""
    return _cookie(request) in request.cookies


def site_of(request: Request) -> Site:
    """The installation that the request came to."""
    found: Site = getattr(request.state, "site", Site())
    return found


def _cookie(request: Request) -> str:
    return site_of(request).cookie("notice")


def _noticed(cookie: str) -> list[str]:
    try:
        found = json.loads(unquote(cookie))
    except (ValueError, RecursionError):
        return []
    texts = found[:5] if isinstance(found, list) else []
    return [str(text).encode(errors="replace").decode() for text in texts]
