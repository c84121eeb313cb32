"""A browser for tests that reads every page it gets, and complains about bad ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
import httpx2
from html5lib.constants import E as explained
from starlette.testclient import TestClient

from web.pages import missing

UNNAMED = ("hidden", "submit", "button", "image", "reset")


class BadPage(AssertionError):
    """A page that a reader, a screen reader or the content policy would stumble on."""


class PageClient(TestClient):
    """Starlette's test client, which also checks whatever HTML it fetches."""

    def request(self, *args: Any, **kwargs: Any) -> httpx2.Response:
        response = super().request(*args, **kwargs)
        for got in (*response.history, response):
            is_page = got.headers.get("content-type", "").startswith("text/html")
            if is_page and got.request.method != "HEAD":
                check(got)
        return response


def check(response: httpx2.Response) -> None:
    """Raise BadPage, with everything that is wrong with a page in words."""
    text = response.text
    is_part = "<html" not in text.lower()
    if is_part and response.request.headers.get("hx-request") != "true":
        faults = ["a part of a page was sent to a browser that asked for a whole one"]
    else:
        faults = list(faults_in(text, is_part=is_part))
    if missing:
        untranslated = sorted(sentence for _, sentence in missing)
        missing.clear()
        faults += [f"not translated: “{sentence}”" for sentence in untranslated]
    if faults:
        request = response.request
        head = f"{request.method} {request.url} → {response.status_code}"
        raise BadPage("\n  - ".join([head, *faults]))


def faults_in(text: str, *, is_part: bool = False) -> Iterator[str]:
    """What is wrong with a page, or with a part of one that htmx puts into a page."""
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    page = (parser.parseFragment if is_part else parser.parse)(text)
    lines = text.splitlines()
    for (line, _), code, values in parser.errors:
        near = lines[line - 1].strip()[:100] if line <= len(lines) else ""
        yield f"HTML, line {line}: {explained[code] % values} Near: {near}"

    elements = [e for e in page.iter() if isinstance(e.tag, str)]
    if not is_part:
        yield from _frame(elements)
    yield from _ids(elements, is_part=is_part)
    yield from _names(elements)
    yield from _forms(elements)
    yield from _policy(elements)


def _frame(elements: list[Element]) -> Iterator[str]:
    titles = [e for e in elements if e.tag == "title"]
    if len(titles) != 1 or not _words(titles[0]).strip("· "):
        yield "there must be one title, with words in it"
    headings = [e for e in elements if e.tag == "h1"]
    if len(headings) != 1:
        yield f"there must be one h1, not {len(headings)}"
    root = next(e for e in elements if e.tag == "html")
    if root.get("lang") not in {"sv", "en"}:
        yield f"the page's lang is {root.get('lang')!r}"


def _ids(elements: list[Element], *, is_part: bool) -> Iterator[str]:
    ids = Counter(e.get("id") for e in elements if e.get("id") is not None)
    for name, times in ids.items():
        if times > 1:
            yield f"{times} elements have the id {name!r}"
        if not name or any(c.isspace() for c in name):
            yield f"an id is {name!r}"
    if is_part:
        return  # What it refers to can be elsewhere on the page it is put into.
    for e in elements:
        if (href := e.get("href", "")).startswith("#") and href[1:] not in ids:
            yield f"a link goes to {href}, which is not on the page"
        for name in ("aria-labelledby", "aria-describedby", "aria-controls", "for"):
            for referred in e.get(name, "").split():
                if referred not in ids:
                    yield f"{name}={referred!r} refers to nothing on the page"
        if (target := e.get("hx-target", "")).startswith("#") and target[1:] not in ids:
            yield f"hx-target={target!r} is not on the page"


def _names(elements: list[Element]) -> Iterator[str]:
    labelled = {e.get("for") for e in elements if e.tag == "label" and _words(e)}
    inside = {
        id(field)
        for label in elements
        if label.tag == "label" and _words(label)
        for field in label.iter()
    }
    for e in elements:
        named = bool(e.get("aria-label") or e.get("aria-labelledby"))
        match e.tag:
            case "input" | "select" | "textarea":
                unnamed = e.tag == "input" and e.get("type") in UNNAMED
                if not (unnamed or named or e.get("id") in labelled or id(e) in inside):
                    yield f"a field has no label: {_opening(e)}"
            case "button" | "a" | "summary" | "legend" | "th":
                if not (named or _words(e)):
                    yield f"nothing to call it by: {_opening(e)}"
            case "img":
                if e.get("alt") is None:
                    yield f"a picture has no alt: {_opening(e)}"
            case _:
                pass


def _forms(elements: list[Element]) -> Iterator[str]:
    for e in elements:
        if e.tag == "form":
            if not e.get("action"):
                yield f"a form has no action: {_opening(e)}"
            if e.get("method") not in {"get", "post"}:
                yield f"a form's method is {e.get('method')!r}: {_opening(e)}"


def _policy(elements: list[Element]) -> Iterator[str]:
    for e in elements:
        if e.tag == "style" or (e.tag == "script" and not e.get("src")):
            yield f"the content policy forbids an inline <{e.tag}>"
        for name, value in e.attrib.items():
            if name == "style" or name.startswith(("on", "hx-on")):
                yield f"the content policy forbids {name}= in {_opening(e)}"
            if value.strip().lower().startswith(("javascript:", "js:")):
                yield f"the content policy forbids {name}={value!r}"
            if name == "hx-trigger" and "[" in value:
                yield f"the content policy forbids a filter: {name}={value!r}"


def _words(element: Element) -> str:
    words = "".join(element.itertext())
    alts = (e.get("alt", "") for e in element.iter("img"))
    return " ".join([*words.split(), *alts]).strip()


def _opening(element: Element) -> str:
    attributes = "".join(f' {k}="{v}"' for k, v in list(element.attrib.items())[:5])
    return f"<{element.tag}{attributes}>"
