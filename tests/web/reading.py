"""What a reader finds on a page: its words, and what its forms hold."""

from __future__ import annotations

from xml.etree.ElementTree import Element

import html5lib


def words_of(html: str) -> str:
    """The words of a page's main part, with single spaces between them."""
    page = html5lib.parse(html, namespaceHTMLElements=False)
    main = page.find(".//main")
    return " ".join("".join((page if main is None else main).itertext()).split())


def fields_of(html: str, form: str) -> dict[str, str]:
    """What a form would send as it stands; `form` is its id."""
    page = html5lib.parse(html, namespaceHTMLElements=False)
    found = page.find(f".//form[@id='{form}']")
    assert found is not None, f"there is no form {form}"
    return {e.get("name", ""): _value(e) for e in found.iter() if _is_sent(e)}


def _is_sent(e: Element) -> bool:
    if e.tag not in {"input", "textarea", "select"} or not e.get("name"):
        return False
    return e.get("type") not in {"radio", "checkbox"} or e.get("checked") is not None


def _value(e: Element) -> str:
    if e.tag == "textarea":
        return e.text or ""
    if e.tag == "select":
        options = e.findall(".//option")
        chosen = [o for o in options if o.get("selected") is not None]
        return (chosen or options)[0].get("value", "")
    return e.get("value", "")


def way_to(html: str, words: str) -> str:
    """The address that a link with these words leads to; empty if there is none."""
    page = html5lib.parse(html, namespaceHTMLElements=False)
    for link in page.iterfind(".//a[@href]"):
        if "".join(link.itertext()).strip() == words:
            return str(link.get("href"))
    return ""
