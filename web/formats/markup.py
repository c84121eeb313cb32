"""HTML in: passages from the HTML inside a Markdown file or made from a Word file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from html.parser import HTMLParser
from typing import Final

import nh3

from web.formats import Draft
from web.formats.blocks import Grid, code
from web.formats.marks import (
    LABEL_ENDS,
    LABEL_STARTS,
    LINE_OF_TAG,
    MARK_OF_TAG,
    MarkedText,
    clean,
)
from web.formats.outline import Outline

HEADINGS: Final = {f"h{level}": level for level in range(1, 7)}
CELLS: Final = {"td", "th"}
BLOCKS: Final = {
    *("address", "article", "aside", "body", "caption", "center", "dd", "details"),
    *("dialog", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer"),
    *("form", "header", "hgroup", "hr", "legend", "main", "nav", "p", "search"),
    *("section", "summary", "tbody", "tfoot", "thead"),
}
PHRASING: Final = {
    *("abbr", "acronym", "bdi", "bdo", "big", "button", "cite", "data", "del", "dfn"),
    *("font", "ins", "label", "mark", "nobr", "output", "q", "ruby", "rb", "rp", "rt"),
    *("s", "small", "span", "strike", "time", "u", "wbr"),
}
"""Tags that are left out while their text is kept."""
SILENT: Final = {"script", "style", "template"}
"""Tags that are left out with what they hold."""
_OTHER: Final = {
    *("area", "audio", "canvas", "col", "colgroup", "datalist", "embed", "frame"),
    *("frameset", "head", "html", "iframe", "input", "link", "map", "math", "meta"),
    *("meter", "noscript", "object", "optgroup", "option", "param", "path"),
    *("picture", "progress", "select", "slot", "source", "svg", "textarea", "title"),
    *("track", "video"),
}
_TAG: Final = re.compile(r"</?([a-zA-Z][a-zA-Z0-9-]*)[^<>]*>")
_SPACES: Final = re.compile(r"[ \t\n]+")
_READ: Final = {
    *(*HEADINGS, *CELLS, *BLOCKS, *MARK_OF_TAG, *LINE_OF_TAG),
    *("ul", "menu", "ol", "li", "blockquote", "pre", "table", "tr", "br", "img"),
}
KNOWN_TAGS: Final = _READ | PHRASING | SILENT | _OTHER
SPANS: Final = {cell: {"colspan", "rowspan"} for cell in CELLS}
_SANITISED = nh3.Cleaner(
    tags=_READ,
    clean_content_tags=SILENT,
    attributes={"a": {"href"}, "img": {"alt"}, "ol": {"start"}, **SPANS},
    url_schemes={"http", "https", "mailto"},
    link_rel=None,
)


def known_tags(html: str) -> str:
    """The HTML with what only looks like a tag, such as <name>, turned into text."""
    return _TAG.sub(
        lambda tag: tag[0] if tag[1].lower() in KNOWN_TAGS else escape(tag[0]), html
    )


def read_html(html: str) -> list[Draft]:
    """The passages of an HTML text; what is not text, a picture's alternative text or
    known mark-up is left out, scripts and styles with their content."""
    reader = _Reader()
    reader.feed(_SANITISED.clean(clean(html)))
    reader.close()
    return reader.drafts()


class _Reader(HTMLParser):
    """Walks well-formed HTML: every block that begins or ends closes a passage."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._outline = Outline()
        self._text = MarkedText()
        self._label = ""
        self._heading = 0
        self._code = 0
        self._tables = 0
        self._grid = Grid()
        self._in_cell = False

    def drafts(self) -> list[Draft]:
        """The passages read; call it when all is fed."""
        self._end_passage()
        return self._outline.drafts

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag in MARK_OF_TAG:
            if not self._code:
                self._text.open(MARK_OF_TAG[tag], attributes.get("href", ""))
        elif tag in LINE_OF_TAG:
            self._text.set_line(tag)
        elif tag == "img":
            self._text.add(attributes.get("alt", ""))
        elif self._tables:
            self._start_in_table(tag, attributes)
        elif tag == "br":
            self._text.add("\n")
        else:
            self._end_passage()
            self._start_block(tag, attributes)

    def handle_endtag(self, tag: str) -> None:
        if tag in MARK_OF_TAG:
            if not self._code:
                self._text.close(MARK_OF_TAG[tag])
        elif tag in LINE_OF_TAG:
            self._text.set_line("")
        elif self._tables:
            self._end_in_table(tag)
        else:
            self._end_passage()
            self._end_block(tag)

    def handle_data(self, data: str) -> None:
        if data.startswith(LABEL_STARTS):
            label, _, data = data[1:].partition(LABEL_ENDS)
            if self._tables or self._code:
                data = f"{label} {data}"
            else:
                self._label = label
        self._text.add(data if self._code else _SPACES.sub(" ", data))

    def _start_block(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._heading = HEADINGS.get(tag, 0)
        match tag:
            case "ul" | "menu":
                self._outline.open_list("item")
            case "ol":
                self._outline.open_list("numbered", _number(attributes.get("start")))
            case "li":
                self._outline.open_item()
            case "blockquote":
                self._outline.open_quote()
            case "pre":
                self._code += 1
            case "table":
                self._tables = 1
                self._grid = Grid()

    def _end_block(self, tag: str) -> None:
        self._heading = 0
        match tag:
            case "ul" | "menu" | "ol":
                self._outline.close_list()
            case "li":
                self._outline.close_item()
            case "blockquote":
                self._outline.close_quote()
            case "pre":
                self._code -= 1

    def _start_in_table(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "table":
            self._tables += 1
        if self._tables > 1 or tag not in ("tr", *CELLS):
            self._text.add(" ")
        elif tag == "tr":
            self._grid.open_row()
        else:
            self._end_caption()
            across, down = (_number(attributes.get(x)) for x in ("colspan", "rowspan"))
            self._text = self._grid.open_cell(across, down)
            self._in_cell = True

    def _end_in_table(self, tag: str) -> None:
        self._text.add(" ")
        if tag == "table":
            self._tables -= 1
        if self._tables < 1 or (self._tables == 1 and tag in CELLS):
            self._end_caption()
        if not self._tables:
            self._outline.blocks(self._grid.drafts())

    def _end_caption(self) -> None:
        """Text that stands in a table but in no cell is a paragraph before it."""
        if self._in_cell:
            self._text, self._in_cell = MarkedText(), False
        else:
            self._end_passage()

    def _end_passage(self) -> None:
        """Make a passage of the text gathered, unless it is blank."""
        text, self._text = self._text, MarkedText()
        label, self._label = self._label, ""
        if self._code:
            self._outline.blocks(code(text.raw()[0]))
        elif self._heading:
            self._outline.heading(self._heading, *text.taken())
        else:
            self._outline.text(*text.taken(), label)


def _number(written: str | None) -> int:
    """A number in an attribute; 1 when none, or none that a page would understand."""
    return int(written) if written and re.fullmatch("-?[0-9]{1,9}", written) else 1
