"""Swedish and English: what a page says in the language its reader chose."""

from __future__ import annotations

import gettext
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

from babel.messages.pofile import read_po
from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from web.addresses import is_local

Language = Literal["sv", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

COOKIE = "language"
LOCALE = Path(__file__).with_name("locale")

missing: set[tuple[Language, str]] = set()
"""Sentences that a page asked for and no translation had; the tests keep it empty."""


class Catalogue(gettext.NullTranslations):
    """Every sentence of the interface in one language; English is what code says."""

    def __init__(self, language: Language, files: Iterable[Path] = ()) -> None:
        super().__init__()
        self.language = language
        self.sentences: dict[tuple[str | None, str], tuple[str, ...]] = {}
        for file in files:
            self._read(file)

    def _read(self, file: Path) -> None:
        with file.open("rb") as opened:
            for message in read_po(opened, locale=self.language):
                if not message.id or message.fuzzy:
                    continue
                written = message.string or ""
                forms = (written,) if isinstance(written, str) else tuple(written)
                if all(forms):
                    asked = message.id if isinstance(message.id, str) else message.id[0]
                    self.sentences[message.context, asked] = forms

    def _say(self, context: str | None, asked: str) -> tuple[str, ...] | None:
        if self.language == "en":
            return None
        found = self.sentences.get((context, asked))
        if found is None:
            missing.add((self.language, asked))
        return found

    def gettext(self, message: str) -> str:
        found = self._say(None, message)
        return found[0] if found else message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        found = self._say(None, msgid1) or (msgid1, msgid2)
        return found[0] if n == 1 else found[-1]

    def pgettext(self, context: str, message: str) -> str:
        found = self._say(context, message)
        return found[0] if found else message

    def npgettext(self, context: str, msgid1: str, msgid2: str, n: int) -> str:
        found = self._say(context, msgid1) or (msgid1, msgid2)
        return found[0] if n == 1 else found[-1]


@cache
def catalogue(language: Language) -> Catalogue:
    """The sentences of one language, read from `locale/<language>/*.po` once."""
    return Catalogue(language, sorted((LOCALE / language).glob("*.po")))


def language_of(request: HTTPConnection) -> Language:
    """The language this visitor reads; Swedish until known otherwise."""
    chosen: Language = getattr(request.state, "language", "sv")
    return chosen


def say(request: HTTPConnection, sentence: str, **values: Any) -> str:
    """A sentence in the visitor's language; `%(name)s` stands for a value."""
    return catalogue(language_of(request)).gettext(sentence) % values


def say_many(
    request: HTTPConnection, one: str, many: str, n: int, **values: Any
) -> str:
    """A sentence that depends on a number; `%(num)s` stands for it."""
    found = catalogue(language_of(request)).ngettext(one, many, n)
    return found % {"num": n, **values}


def preferred(cookies: Mapping[str, str], accepted: str) -> Language:
    """What the visitor chose, else what the browser prefers, else Swedish."""
    if (chosen := cookies.get(COOKIE)) in LANGUAGES:
        return chosen
    wishes: list[tuple[float, int, str]] = []
    for order, wish in enumerate(accepted.split(",")[:20]):
        name, _, weight = wish.strip().partition(";q=")
        try:
            wishes.append((-float(weight or 1), order, name[:2].lower()))
        except ValueError:
            continue
    for refusal, _, name in sorted(wishes):
        if refusal < 0 and name in LANGUAGES:
            return name
    return "sv"


async def switch(request: Request) -> Response:
    """Change the language, and go on reading the same page."""
    async with request.form() as form:
        chosen, wanted = str(form.get("language")), str(form.get("next"))
    response = RedirectResponse(wanted if is_local(wanted) else "/", 303)
    if chosen in LANGUAGES:
        response.set_cookie(
            COOKIE,
            chosen,
            max_age=365 * 24 * 3600,
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="lax",
        )
    return response


class Spoken:
    """Notes on every request which language its visitor reads."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            asked = HTTPConnection(scope)
            accepted = asked.headers.get("accept-language", "")
            language = preferred(asked.cookies, accepted)
            scope.setdefault("state", {})["language"] = language
        await self.app(scope, receive, send)
