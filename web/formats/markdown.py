"""Markdown in: the passages of a whole document."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin

from web.formats import Draft, WrongFile
from web.formats.blocks import Cell, code, split_cells, table
from web.formats.inline import Markdown, gather, read_inline, read_line, write_markdown
from web.formats.marks import MarkedText, clean
from web.formats.markup import known_tags, read_html
from web.formats.outline import Outline

__all__ = ["front_matter", "read_inline", "read_markdown", "write_markdown"]

DEEPEST: Final = 100
"""How many quotes, lists and items may stand inside each other."""

_FRONT_MATTER = re.compile(
    r"---[ \t]*\n(?P<fields>(?:[\w-]+[ \t]*:.*\n|[ \t#-].*\n|\n)*?)"
    r"(?:---|\.\.\.)[ \t]*(?:\n|\Z)"
)
_FIELD = re.compile(r"^(title|order)[ \t]*:[ \t]*(\S.*?)[ \t]*$", re.MULTILINE)
_LINE_START = re.compile(r"[ \t>]*")

_MARKDOWN: Final = Markdown("commonmark", {"maxNesting": DEEPEST})
_MARKDOWN.enable("table")
_MARKDOWN.use(footnote_plugin, inline=False, move_to_end=False, always_match_refs=True)


class TooDeep(WrongFile):
    """More than DEEPEST lists and quotes stand inside each other."""

    en = "Lists and quotes stand too deep inside each other."
    sv = "Listor och citat står för djupt inuti varandra."


class FrontMatter(NamedTuple):
    """What the YAML before a Markdown text says: a title and a place among others."""

    title: str | None
    order: int | None


def front_matter(text: str) -> tuple[FrontMatter, str]:
    """The front matter of a Markdown text, and the text after it."""
    text = clean(text)
    found = _FRONT_MATTER.match(text)
    if not found:
        return FrontMatter(None, None), text
    fields = {name: _unquoted(value) for name, value in _FIELD.findall(found["fields"])}
    order = fields.get("order", "")
    return (
        FrontMatter(
            fields.get("title") or None, int(order) if order.isdecimal() else None
        ),
        text[found.end() :],
    )


def _unquoted(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] in "\"'" else value


def read_markdown(text: str) -> list[Draft]:
    """The passages of a CommonMark text with tables and footnotes.

    Front matter is skipped: `front_matter` reads it. A soft line break is a space and a
    hard one a line end; rules between sections are dropped.
    Refused as `TooDeep` when lists and quotes stand more than 100 deep.
    """
    source = front_matter(text)[1]
    tokens = _MARKDOWN.parse(source)
    # At the limit the parser leaves out what stands inside, without a word.
    if any(token.level >= DEEPEST - 1 for token in tokens):
        raise TooDeep
    return _Reader(source.split("\n")).drafts(iter(tokens))


class _Reader:
    """Walks the tokens of a document and makes a passage of each block of text."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._outline = Outline()
        self._heading = 0
        self._footnote = ""

    def drafts(self, tokens: Iterator[Token]) -> list[Draft]:
        """The passages that the tokens make, in order."""
        for token in tokens:
            match token.type:
                case "inline":
                    self._text(token)
                case "fence" | "code_block":
                    self._outline.blocks(code(token.content))
                case "html_block":
                    self._outline.blocks(read_html(known_tags(token.content)))
                case "table_open":
                    self._outline.blocks(table(self._rows(tokens)))
                case "heading_open":
                    self._heading = int(token.tag[1])
                case "heading_close":
                    self._heading = 0
                case "footnote_reference_open":
                    self._footnote = f"[{token.meta['label']}] "
                case _:
                    self._nest(token)
        return self._outline.drafts

    def _nest(self, token: Token) -> None:
        match token.type:
            case "bullet_list_open":
                self._outline.open_list("item")
            case "ordered_list_open":
                self._outline.open_list("numbered", int(token.attrs.get("start", 1)))
            case "bullet_list_close" | "ordered_list_close":
                self._outline.close_list()
            case "list_item_open":
                self._outline.open_item()
            case "list_item_close":
                self._outline.close_item()
            case "blockquote_open":
                self._outline.open_quote()
            case "blockquote_close":
                self._outline.close_quote()

    def _text(self, token: Token) -> None:
        marked = MarkedText()
        marked.add(self._footnote)
        self._footnote = ""
        gather(token.children or (), marked, line_end=" ")
        if self._heading:
            self._outline.heading(self._heading, *marked.taken())
        else:
            self._outline.text(*marked.taken())

    def _rows(self, tokens: Iterator[Token]) -> list[list[Cell]]:
        """The cells of a table, also those past the header's last column, which
        Markdown leaves out."""
        rows: list[list[Cell]] = []
        line = ""
        for token in tokens:
            match token.type:
                case "table_close":
                    break
                case "tr_open":
                    rows.append([])
                    at = token.map[0] if token.map else 0
                    line = _LINE_START.sub("", self._lines[at], count=1)
                case "inline":
                    marked = MarkedText()
                    gather(token.children or (), marked, line_end=" ")
                    rows[-1].append(marked.taken())
                case "tr_close":
                    rows[-1] += map(read_line, split_cells(line)[len(rows[-1]) :])
        return rows
