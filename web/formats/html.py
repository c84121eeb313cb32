"""HTML out: passages and comments as mark-up that is safe to put on a page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup, escape

from domain.text import Mark, Passage
from web.formats import Draft
from web.formats.marks import clean, safe_target
from web.formats.nesting import nested

_REL: Final = "nofollow noopener"
_TAG_OF: Final = {"strong": "strong", "emphasis": "em", "code": "code"}
_OUTERMOST_FIRST: Final = ("link", "strong", "emphasis", "code")
_NOT_IN_HTML: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef"
    + "".join(
        chr(plane << 16 | 0xFFFE) + chr(plane << 16 | 0xFFFF) for plane in range(17)
    )
    + "]"
)

DEEPEST: Final = 30
"""How many quotes, lists and items of a comment may stand inside each other."""
_COMMENT: Final = (
    MarkdownIt("commonmark", {"html": False, "breaks": True, "maxNesting": DEEPEST})
    .disable(["heading", "lheading", "hr", "code", "fence", "html_block", "reference"])
    .disable(["image", "html_inline"])
)
_SAFE: Final = nh3.Cleaner(
    tags={"p", "br", "ul", "ol", "li", "blockquote", "strong", "em", "code", "a"},
    attributes={"a": {"href"}, "ol": {"start"}},
    url_schemes={"http", "https", "mailto"},
    link_rel=_REL,
)


def text_html(text: str) -> Markup:
    """A comment's text, plain or light Markdown, as safe paragraphs and lists.

    A line end is a line end; HTML in the text is shown as text.
    """
    text = _NOT_IN_HTML.sub("", clean(text))
    tokens = _COMMENT.parse(text)
    # At the limit the parser leaves out what stands inside, without a word.
    if any(token.level >= DEEPEST - 1 for token in tokens):
        return Markup("<p>{}</p>").format(text)
    html = _COMMENT.renderer.render(tokens, _COMMENT.options, {})
    return Markup(_SAFE.clean(html))  # noqa: S704


def passage_html(
    passage: Passage | Draft, *, highlights: Sequence[tuple[int, int, str]] = ()
) -> Markup:
    """What stands inside a passage's element: the text, its marks and its highlights.

    A highlight `(start, end, name)` becomes `<mark class="name">`, in pieces where
    marks or other highlights cut it. Without its tags the HTML is exactly the passage's
    text, also for a table (tab and line end stand between the tags), so that a place in
    the page is a place in the text. The caller supplies the heading, paragraph or list
    item around it; a table and a code block come with their own element.
    """
    spans = _spans(passage.marks, highlights)
    if passage.kind == "table":
        return Markup(_table(passage.text, spans))  # noqa: S704
    if passage.kind == "code":
        inside = _flowing(passage.text, spans, line_end="\n")
        return Markup(f"<pre><code>{inside}</code></pre>")  # noqa: S704
    return Markup(_flowing(passage.text, spans, line_end="<br>\n"))  # noqa: S704


@dataclass(frozen=True, slots=True)
class _Span:
    start: int
    end: int
    opening: str
    closing: str


def _spans(
    marks: Iterable[Mark], highlights: Iterable[tuple[int, int, str]]
) -> list[_Span]:
    """The tags around stretches of the text, the outermost first; highlights stand
    innermost, so that a link is not cut in two by one."""
    spans: list[_Span] = []
    linked_to = 0
    for mark in sorted(
        marks, key=lambda m: (_OUTERMOST_FIRST.index(m.kind), m.start, -m.end)
    ):
        if mark.kind != "link":
            name = _TAG_OF[mark.kind]
            spans.append(_Span(mark.start, mark.end, f"<{name}>", f"</{name}>"))
        elif mark.start >= linked_to and (target := safe_target(mark.target)):
            linked_to = mark.end
            opening = f'<a href="{escape(target)}" rel="{_REL}">'
            spans.append(_Span(mark.start, mark.end, opening, "</a>"))
    for start, end, name in sorted(highlights, key=lambda h: (h[0], -h[1], h[2])):
        opening = f'<mark class="{escape(name)}">'
        spans.append(_Span(start, end, opening, "</mark>"))
    return spans


def _flowing(text: str, spans: Sequence[_Span], *, line_end: str) -> str:
    parts: list[str] = []
    for step in nested(len(text), [(s.start, s.end) for s in spans]):
        if step.does == "write":
            parts.append(_shown(text[step.at : step.end]).replace("\n", line_end))
        else:
            span = spans[step.at]
            parts.append(span.opening if step.does == "open" else span.closing)
    return "".join(parts)


def _shown(text: str) -> str:
    """The text escaped; a character that HTML cannot hold becomes U+FFFD, so that
    offsets stand."""
    return str(escape(_NOT_IN_HTML.sub("\ufffd", text))).replace("\r", " ")


def _table(text: str, spans: Sequence[_Span]) -> str:
    rows: list[str] = []
    at = 0
    for number, line in enumerate(text.split("\n")):
        row: list[str] = []
        for cell in line.split("\t"):
            inside = [
                _Span(
                    max(s.start - at, 0),
                    min(s.end - at, len(cell)),
                    s.opening,
                    s.closing,
                )
                for s in spans
                if s.start < at + len(cell) and at < s.end
            ]
            # A header cell without text heads nothing: a reader would announce it.
            tag = 'th scope="col"' if not number and cell.strip() else "td"
            written = _flowing(cell, inside, line_end="")
            row.append(f"<{tag}>{written}</{tag[:2]}>")
            at += len(cell) + 1
        joined = "\t".join(row)
        rows.append(f"<tr>{joined}</tr>")
    head, *body = rows
    if not body:
        return f"<table><thead>{head}</thead></table>"
    rest = "\n".join(body)
    return f"<table><thead>{head}</thead>\n<tbody>{rest}</tbody></table>"
