"""The light Markdown in which one passage is shown in a form and read back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape, unescape
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

from domain.text import Kind, Mark, MarkKind, Passage
from web.formats import Draft
from web.formats.blocks import cells, code, split_cells, table
from web.formats.marks import LINE_OF_TAG, MARK_OF_TAG, MarkedText, clean, tidy
from web.formats.markup import KNOWN_TAGS
from web.formats.nesting import nested


class Markdown(MarkdownIt):
    """CommonMark that reads every link as one, so that no brackets are left in the
    text; an address that may not be followed is dropped with the mark."""

    def validateLink(self, url: str) -> bool:
        """True: `safe_target` decides later."""
        return True


_MARKDOWN: Final = Markdown("commonmark", {"maxNesting": 100})
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)[^>]*>")
_ATTRIBUTE = re.compile(
    r"""\b(href|alt)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE
)
_MARK_UP = re.compile(r"([\\`*_\[\]<>&])")
_DELIMITER_ROW = re.compile(r"\|?[ :|-]*-[ :|-]*")
_OF_TOKEN: Final[dict[str, MarkKind]] = {
    "em_open": "emphasis",
    "em_close": "emphasis",
    "strong_open": "strong",
    "strong_close": "strong",
    "link_close": "link",
}
_OUTERMOST_FIRST: Final[tuple[MarkKind, ...]] = ("link", "strong", "emphasis", "code")


def read_inline(text: str, kind: Kind = "paragraph") -> tuple[str, tuple[Mark, ...]]:
    """The plain text and the marks of one passage written in light Markdown.

    A line end is a line end. In a table a line is a row and | stands between cells;
    code is taken as it stands.
    """
    text = clean(text)
    if kind == "code":
        drafts = code(text)
    elif kind == "table":
        lines = [line for line in text.split("\n") if line.strip()]
        if len(lines) > 1 and _DELIMITER_ROW.fullmatch(lines[1].strip()):
            del lines[1]
        drafts = table([[read_line(c) for c in split_cells(line)] for line in lines])
    else:
        return read_line(text)
    return (drafts[0].text, drafts[0].marks) if drafts else ("", ())


def write_markdown(passage: Passage | Draft) -> str:
    """The light Markdown of one passage, which `read_inline` reads back unchanged.

    Only what would be read as mark-up is escaped. A mark that asterisks cannot carry,
    such as one between two letters and a bracket, is written as an HTML tag.
    """
    if passage.kind == "code":
        return passage.text
    if passage.kind != "table":
        return _write(passage.text, passage.marks)
    rows = [
        [_write(*cell).replace("|", "\\|") for cell in row] for row in cells(passage)
    ]
    rows.insert(1, ["---"] * len(rows[0]))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def read_line(text: str) -> tuple[str, tuple[Mark, ...]]:
    """The text and marks of inline Markdown, whatever kind of passage it stands in."""
    marked = MarkedText()
    for token in _MARKDOWN.parseInline(text):
        gather(token.children or (), marked, line_end="\n")
    return marked.taken()


def gather(tokens: Iterable[Token], text: MarkedText, line_end: str) -> None:
    """Add what inline tokens say to `text`; `line_end` stands for a soft line break."""
    for token in tokens:
        match token.type:
            case "softbreak":
                text.add(line_end)
            case "hardbreak":
                text.add("\n")
            case "code_inline":
                text.open("code")
                text.add(token.content)
                text.close("code")
            case "link_open":
                text.open("link", str(token.attrs["href"]))
            case "image":
                gather(token.children or (), text, line_end)
            case "footnote_ref":
                text.add(f"[{token.meta['label']}]")
            case "html_inline":
                _gather_tag(token.content, text)
            case "link_close" | "em_close" | "strong_close":
                text.close(_OF_TOKEN[token.type])
            case "em_open" | "strong_open":
                text.open(_OF_TOKEN[token.type])
            case _:
                text.add(token.content)


def _gather_tag(tag: str, text: MarkedText) -> None:
    """A tag that makes a mark or a line end does so; other HTML tags are left out, and
    what only looks like a tag stays text."""
    found = _TAG.fullmatch(tag)
    name = found[2].lower() if found else ""
    attributes = {
        a[0].lower(): unescape("".join(a[1:])) for a in _ATTRIBUTE.findall(tag)
    }
    if name in MARK_OF_TAG and found and found[1]:
        text.close(MARK_OF_TAG[name])
    elif name in MARK_OF_TAG:
        text.open(MARK_OF_TAG[name], attributes.get("href", ""))
    elif name in LINE_OF_TAG:
        text.set_line("" if found and found[1] else name)
    elif name == "br":
        text.add("\n")
    elif name == "img":
        text.add(attributes.get("alt", ""))
    elif found and name not in KNOWN_TAGS:
        text.add(tag)


def _write(text: str, marks: Sequence[Mark]) -> str:
    """The first way of writing the text that is read back as it was."""
    wanted = tidy(text, marks)
    for escaped, tags in ((False, False), (True, False), (False, True)):
        written = _written(text, marks, escaped=escaped, tags=tags)
        if read_line(written) == wanted:
            return written
    return _written(text, marks, escaped=True, tags=True)


def _written(text: str, marks: Sequence[Mark], *, escaped: bool, tags: bool) -> str:
    ordered = sorted(marks, key=lambda m: (_OUTERMOST_FIRST.index(m.kind), m.start))
    parts: list[str] = []
    verbatim = False
    for step in nested(len(text), [(m.start, m.end) for m in ordered]):
        if step.does == "write":
            part = text[step.at : step.end]
            if verbatim:
                fence = "`" * (1 + max(map(len, re.findall("`+", part)), default=0))
                pad = " " if part[0] in "` " or part[-1] in "` " else ""
                part = f"{fence}{pad}{part}{pad}{fence}"
            elif escaped:
                part = _MARK_UP.sub(r"\\\1", part)
            parts.append(part)
            continue
        mark = ordered[step.at]
        if mark.kind == "code" and not tags:
            verbatim = step.does == "open"
        else:
            write = _tag if tags else _delimiter
            parts.append(write(mark, opening=step.does == "open"))
    return "".join(parts)


def _delimiter(mark: Mark, *, opening: bool) -> str:
    if mark.kind == "link":
        return "[" if opening else f"]({_destination(mark.target)})"
    return "**" if mark.kind == "strong" else "*"


def _destination(target: str) -> str:
    return f"<{target}>" if re.search(r"[\s()\\]", target) else target


def _tag(mark: Mark, *, opening: bool) -> str:
    name = {"strong": "strong", "emphasis": "em", "code": "code", "link": "a"}[
        mark.kind
    ]
    if not opening:
        return f"</{name}>"
    return f'<a href="{escape(mark.target)}">' if mark.kind == "link" else f"<{name}>"
