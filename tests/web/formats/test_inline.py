"""The light Markdown of one passage: out to a form and back without a loss."""

from __future__ import annotations

import pytest
from hypothesis import example, given

from domain.text import Mark
from tests.web.formats.texts import Marked, marked, passage
from web.formats.blocks import cells, table
from web.formats.inline import read_inline, write_markdown
from web.formats.marks import safe_target


@given(marked())
@example(("*", ()))
@example(("ab", (Mark(0, 1, "strong"), Mark(1, 2, "emphasis"))))
@example(("a(b)c", (Mark(1, 4, "strong"),)))
@example(("`", (Mark(0, 1, "code"),)))
@example(("<b>", ()))
@example(("a\\\nb", ()))
def test_what_is_written_in_a_form_is_read_back_as_it_was(content: Marked) -> None:
    text, marks = content
    written = write_markdown(passage("paragraph", text, *marks))
    assert read_inline(written) == (text, marks)


@given(marked(), marked(), marked())
def test_a_table_is_read_back_as_it_was(
    first: Marked, second: Marked, third: Marked
) -> None:
    rows = [[first, second], [third]]
    for draft in table(rows):
        assert read_inline(write_markdown(draft), "table") == (draft.text, draft.marks)


def test_code_is_written_and_read_as_it_stands() -> None:
    code = "if *x*:\n    y  = `z`"
    assert write_markdown(passage("code", code)) == code
    assert read_inline(code, "code") == (code, ())


@pytest.mark.parametrize(
    "text",
    [
        "Priset är 5 * 3 kronor, se fil_namn_två.",
        "# Inte en rubrik",
        "1. Inte en lista",
        "<10 år & >5 år",
        "Region Skåne [Skåne]",
    ],
)
def test_ordinary_text_is_not_escaped(text: str) -> None:
    assert write_markdown(passage("paragraph", text)) == text


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("*stjärna*", r"\*stjärna\*"),
        ("[länk](https://exempel.se)", r"\[länk\](https://exempel.se)"),
        ("<br>", r"\<br\>"),
        ("&amp;", r"\&amp;"),
    ],
)
def test_only_what_would_be_read_as_mark_up_is_escaped(text: str, written: str) -> None:
    assert write_markdown(passage("paragraph", text)) == written


def test_marks_are_written_with_the_usual_signs() -> None:
    marks = (
        Mark(0, 11, "strong"),
        Mark(4, 11, "emphasis"),
        Mark(12, 16, "link", "https://exempel.se/sida"),
        Mark(17, 20, "code"),
    )
    written = write_markdown(passage("paragraph", "Fet kursivt länk kod", *marks))
    assert written == "**Fet *kursivt*** [länk](https://exempel.se/sida) `kod`"


def test_a_mark_that_asterisks_cannot_carry_is_a_tag() -> None:
    written = write_markdown(passage("paragraph", "a(b)c", Mark(1, 4, "strong")))
    assert written == "a<strong>(b)</strong>c"


def test_a_table_is_shown_as_rows_between_bars() -> None:
    draft = passage("table", "År\tAntal\n2025\ta|b", Mark(9, 13, "strong"))
    assert (
        write_markdown(draft) == "| År | Antal |\n| --- | --- |\n| **2025** | a\\|b |"
    )


def test_a_table_typed_without_bars_at_the_ends_is_a_table() -> None:
    assert read_inline("År | Antal\n2025 | 7", "table")[0] == "År\tAntal\n2025\t7"


def test_a_mark_over_two_cells_is_one_in_each() -> None:
    rows = cells(passage("table", "ab\tcd", Mark(1, 4, "strong")))
    assert rows == [[("ab", (Mark(1, 2, "strong"),)), ("cd", (Mark(0, 1, "strong"),))]]


def test_a_line_end_in_the_form_is_a_line_end() -> None:
    assert read_inline("Rad ett\r\nRad två") == ("Rad ett\nRad två", ())


def test_spaces_that_nobody_sees_are_taken_away() -> None:
    assert read_inline("  två   ord \n\n\n slut ") == ("två ord\nslut", ())


def test_html_that_an_officer_types_becomes_marks() -> None:
    text, marks = read_inline('<b>Fet</b> och <a href="/sida">länk</a><br/>ny rad')
    assert text == "Fet och länk\nny rad"
    assert marks == (Mark(0, 3, "strong"), Mark(8, 12, "link", "/sida"))


def test_raised_numbers_that_an_officer_types_are_raised() -> None:
    assert read_inline("10<sup>6</sup> kr") == ("10⁶ kr", ())


def test_what_only_looks_like_a_tag_stays_text() -> None:
    assert read_inline("Skriv <namn> här")[0] == "Skriv <namn> här"


@pytest.mark.parametrize(
    "target",
    [
        "javascript:alert(1)",
        "java\nscript:alert(1)",
        " JAVASCRIPT:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "\x01javascript:x",
        "",
        "x" * 3000,
    ],
)
def test_a_link_that_may_not_be_followed_is_text_without_a_mark(target: str) -> None:
    assert safe_target(target) is None
    assert read_inline("[text](javascript:alert)") == ("text", ())


@pytest.mark.parametrize(
    "target",
    [
        "https://exempel.se/a?b=c#d",
        "HTTP://exempel.se",
        "mailto:a@b.se",
        "#a",
        "/a",
        "a",
    ],
)
def test_a_link_to_a_page_a_fragment_or_an_address_stays(target: str) -> None:
    assert safe_target(target) == target


@given(marked())
def test_an_address_is_normalised_once(content: Marked) -> None:
    for mark in content[1]:
        if mark.kind == "link":
            target = safe_target(mark.target)
            assert target is not None
            assert safe_target(target) == target
