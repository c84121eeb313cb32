"""Passages and comments on a page: safe, well-formed, and the text as it was."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree.ElementTree import Element

import html5lib
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.text import Kind, Mark, Passage
from tests.web.formats.texts import KINDS, Marked, marked, passage, passages
from web.formats.blocks import table
from web.formats.html import passage_html, text_html

Highlights = list[tuple[int, int, str]]

names = st.sampled_from(["comment", "found", 'x"><script>'])
highlights = st.lists(
    st.tuples(st.integers(0, 30), st.integers(0, 30), names), max_size=4
)


def page(inside: str) -> Element:
    """The element that a browser makes of it; a mistake in the HTML is an error."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    body: Element = parser.parse(
        f"<!DOCTYPE html><title>t</title><body><div>{inside}</div>"
    ).find("body/div")
    return body


def text_of(element: Element) -> str:
    return "".join(element.itertext())


def tags_of(element: Element) -> list[str]:
    return [e.tag for e in element.iter()][1:]


def highlighted(element: Element, name: str) -> str:
    marks: Iterable[Element] = element.iter("mark")
    return "".join(text_of(mark) for mark in marks if mark.get("class") == name)


@given(passages, highlights)
def test_without_its_tags_the_page_is_the_text(
    passage: Passage, highlights: Highlights
) -> None:
    assert text_of(page(passage_html(passage, highlights=highlights))) == passage.text


@given(marked(), marked(), marked(), highlights)
def test_a_table_without_its_tags_is_the_text(
    first: Marked, second: Marked, third: Marked, highlights: Highlights
) -> None:
    for draft in table([[first, second], [third, first]]):
        element = page(passage_html(draft, highlights=highlights))
        assert text_of(element) == draft.text
        assert [c.tag for c in element] == ["table"]


@given(marked(), highlights)
def test_code_without_its_tags_is_the_text(
    content: Marked, highlights: Highlights
) -> None:
    code = passage("code", content[0])
    assert text_of(page(passage_html(code, highlights=highlights))) == content[0]


@given(passages, st.integers(0, 30), st.integers(0, 30))
def test_a_highlight_holds_the_words_it_names(
    passage: Passage, start: int, end: int
) -> None:
    element = page(passage_html(passage, highlights=[(start, end, "comment")]))
    words = passage.text[start:end] if end <= len(passage.text) else ""
    assert highlighted(element, "comment") == words


@given(st.text())
def test_any_text_at_all_can_be_shown(text: str) -> None:
    shown = text_of(page(passage_html(passage("paragraph", text))))
    assert len(shown) == len(text)


def test_marks_become_elements() -> None:
    marks = (
        Mark(0, 3, "strong"),
        Mark(4, 10, "emphasis"),
        Mark(11, 14, "code"),
        Mark(15, 19, "link", "https://exempel.se/?a=1&b=2"),
    )
    assert passage_html(passage("paragraph", "fet kursiv kod länk", *marks)) == (
        "<strong>fet</strong> <em>kursiv</em> <code>kod</code> "
        '<a href="https://exempel.se/?a=1&amp;b=2" rel="nofollow noopener">länk</a>'
    )


def test_a_highlight_is_cut_and_the_link_stays_whole() -> None:
    link = Mark(4, 8, "link", "/sida")
    shown = passage_html(
        passage("paragraph", "Se: sida.", link), highlights=[(0, 6, "x")]
    )
    assert shown == (
        '<mark class="x">Se: </mark><a href="/sida" rel="nofollow noopener">'
        '<mark class="x">si</mark>da</a>.'
    )


def test_two_highlights_that_overlap_both_stand() -> None:
    element = page(
        passage_html(passage("item", "abcdef"), highlights=[(0, 4, "x"), (2, 6, "y")])
    )
    assert highlighted(element, "x") == "abcd"
    assert highlighted(element, "y") == "cdef"


@pytest.mark.parametrize("kind", KINDS)
def test_mark_up_in_the_text_is_shown_and_not_obeyed(kind: Kind) -> None:
    nasty = "<script>alert('x')</script>&lt;\"'"
    element = page(passage_html(passage(kind, nasty)))
    assert tags_of(element) == []
    assert text_of(element) == nasty


def test_a_link_that_slipped_in_is_not_followed() -> None:
    marks = (Mark(0, 3, "link", "javascript:alert(1)"),)
    assert passage_html(passage("paragraph", "ond", *marks)) == "ond"


def test_links_never_stand_in_links() -> None:
    marks = (Mark(0, 6, "link", "/a"), Mark(3, 9, "link", "/b"))
    assert tags_of(page(passage_html(passage("quote", "abcdefghi", *marks)))) == ["a"]


def test_a_line_end_is_a_line_end() -> None:
    assert passage_html(passage("paragraph", "a\nb")) == "a<br>\nb"


def test_code_keeps_its_lines_and_spaces() -> None:
    shown = passage_html(passage("code", "\nif x:\n    y<z"))
    assert shown == "<pre><code>\nif x:\n    y&lt;z</code></pre>"


def test_a_table_has_a_header_row_with_column_headings() -> None:
    shown = passage_html(
        passage("table", "\tAntal\nSkåne\t7"), highlights=[(7, 12, "x")]
    )
    assert shown == (
        '<table><thead><tr><td></td>\t<th scope="col">Antal</th></tr></thead>\n'
        '<tbody><tr><td><mark class="x">Skåne</mark></td>\t<td>7</td></tr></tbody>'
        "</table>"
    )


def test_a_comment_has_paragraphs_lists_and_emphasis() -> None:
    shown = text_html("Bra *förslag*.\nMen:\n\n- ett\n- **två**\n\n1. först")
    assert shown == (
        "<p>Bra <em>förslag</em>.<br>\nMen:</p>\n<ul>\n<li>ett</li>\n"
        "<li><strong>två</strong></li>\n</ul>\n<ol>\n<li>först</li>\n</ol>\n"
    )


def test_a_link_in_a_comment_lends_nobody_our_name() -> None:
    assert text_html("[se här](https://exempel.se)") == (
        '<p><a href="https://exempel.se" rel="nofollow noopener">se här</a></p>\n'
    )


@given(st.text())
@example("[x](javascript:alert(1))")
@example("<img src=x onerror=alert(1)>")
@example("![bild](https://spion.se/x.png)")
@example("# Rubrik\n\n    kod\n\n---\n\n<div>")
@example('<a href="javascript:x">')
def test_a_comment_makes_nothing_but_text(text: str) -> None:
    element = page(text_html(text))
    allowed = {"p", "br", "ul", "ol", "li", "blockquote", "strong", "em", "code", "a"}
    assert set(tags_of(element)) <= allowed
    for link in element.iter("a"):
        assert not (link.get("href") or "").lower().startswith("javascript")


def test_a_comment_with_quotes_in_quotes_is_shown_whole() -> None:
    typed = ">" * 50 + " överst"
    assert "överst" in text_of(page(text_html(typed)))


def test_html_in_a_comment_is_shown_as_it_was_typed() -> None:
    typed = "<b>Obs!</b> Skriv <namn> & ort"
    assert text_of(page(text_html(typed))).strip() == typed
