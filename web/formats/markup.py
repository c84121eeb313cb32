"""HTML in: passages from the HTML inside a Markdown file or made from a Word file."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Final

import nh3

from domain.text import Kind
from web.formats import Draft
from web.formats.blocks import code, table
from web.formats.marks import MARK_OF_TAG, MarkedText, clean

HEADINGS: Final = {f"h{level}": level for level in range(1, 7)}
LISTS: Final[dict[str, Kind]] = {"ul": "item", "menu": "item", "ol": "numbered"}
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
    *("s", "small", "span", "strike", "sub", "sup", "time", "u", "wbr"),
}
"""Tags that are left out while their text is kept."""
_SPACES: Final = re.compile(r"[ \t\n]+")
_READ: Final = {
    *(*HEADINGS, *LISTS, *CELLS, *BLOCKS, *MARK_OF_TAG),
    *("li", "blockquote", "pre", "table", "tr", "br", "img"),
}
KNOWN_TAGS: Final = _READ | PHRASING
_SANITISED = nh3.Cleaner(
    tags=_READ,
    clean_content_tags={"script", "style", "template"},
    attributes={"a": {"href"}, "img": {"alt"}},
    url_schemes={"http", "https", "mailto"},
    link_rel=None,
)


def read_html(html: str) -> list[Draft]:
    """The passages of an HTML text; what is not text, a picture's alternative text or
    known mark-up is left out, scripts and styles with their content."""
    reader = _Reader()
    reader.feed(_SANITISED.clean(clean(html)))
    reader.close()
    return reader.passages()


class _Reader(HTMLParser):
    """Walks well-formed HTML: every block that begins or ends closes a passage."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._drafts: list[Draft] = []
        self._text = MarkedText()
        self._lists: list[Kind] = []
        self._first_in_item = False
        self._heading = 0
        self._quotes = 0
        self._code = 0
        self._tables = 0
        self._rows: list[list[MarkedText]] = []

    def passages(self) -> list[Draft]:
        """The passages read; call it when all is fed."""
        self._end_passage()
        return self._drafts

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag in MARK_OF_TAG:
            if not self._code:
                self._text.open(MARK_OF_TAG[tag], values.get("href") or "")
        elif tag == "img":
            self._text.add(values.get("alt") or "")
        elif self._tables:
            self._start_in_table(tag)
        elif tag == "br":
            self._text.add("\n")
        else:
            self._end_passage()
            self._start_block(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in MARK_OF_TAG:
            if not self._code:
                self._text.close(MARK_OF_TAG[tag])
        elif self._tables:
            self._end_in_table(tag)
        else:
            self._end_passage()
            self._end_block(tag)

    def handle_data(self, data: str) -> None:
        self._text.add(data if self._code else _SPACES.sub(" ", data))

    def _start_block(self, tag: str) -> None:
        self._heading = HEADINGS.get(tag, 0)
        if tag in LISTS:
            self._lists.append(LISTS[tag])
        elif tag == "li":
            self._first_in_item = bool(self._lists)
        elif tag == "blockquote":
            self._quotes += 1
        elif tag == "pre":
            self._code += 1
        elif tag == "table":
            self._tables = 1
            self._rows = []

    def _end_block(self, tag: str) -> None:
        self._heading = 0
        if tag in LISTS and self._lists:
            self._lists.pop()
        elif tag == "blockquote":
            self._quotes -= 1
        elif tag == "pre":
            self._code -= 1
        if tag == "li" or tag in LISTS:
            self._first_in_item = False

    def _start_in_table(self, tag: str) -> None:
        if tag == "table":
            self._tables += 1
        if self._tables > 1 or tag not in ("tr", *CELLS):
            self._text.add(" ")
        elif tag == "tr":
            self._rows.append([])
        else:
            if not self._rows:
                self._rows.append([])
            self._end_caption()
            self._rows[-1].append(self._text)

    def _end_caption(self) -> None:
        """Text that stands in a table but in no cell is a paragraph before it."""
        if not any(self._text is cell for row in self._rows for cell in row):
            self._end_passage()
        self._text = MarkedText()

    def _end_in_table(self, tag: str) -> None:
        self._text.add(" ")
        if tag == "table":
            self._tables -= 1
        if not self._tables:
            self._end_caption()
            self._drafts += table([[c.taken() for c in row] for row in self._rows])
            self._rows = []

    def _end_passage(self) -> None:
        """Make a passage of the text gathered, unless it is blank."""
        text, self._text = self._text, MarkedText()
        if self._code:
            self._drafts += code(text.raw()[0])
            return
        plain, marks = text.taken()
        if not plain:
            return
        first, self._first_in_item = self._first_in_item, False
        if self._quotes:
            self._drafts.append(Draft("quote", 0, plain, marks))
        elif self._heading:
            self._drafts.append(Draft("heading", self._heading, plain, marks))
        elif first:
            self._drafts.append(Draft(self._lists[-1], len(self._lists), plain, marks))
        else:
            self._drafts.append(Draft("paragraph", 0, plain, marks))
