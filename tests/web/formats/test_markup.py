"""HTML read for its passages."""

from __future__ import annotations

import pytest

from domain.text import Mark
from web.formats import Draft
from web.formats.markup import read_html


def shapes(html: str) -> list[tuple[str, int, str]]:
    return [(d.kind, d.level, d.text) for d in read_html(html)]


def test_blocks_begin_and_end_passages() -> None:
    assert shapes("före<h3>Rubrik</h3>mellan<p>ett<p>två<div>tre</div>efter") == [
        ("paragraph", 0, "före"),
        ("heading", 3, "Rubrik"),
        ("paragraph", 0, "mellan"),
        ("paragraph", 0, "ett"),
        ("paragraph", 0, "två"),
        ("paragraph", 0, "tre"),
        ("paragraph", 0, "efter"),
    ]


def test_lists_nest_and_keep_their_numbers() -> None:
    assert shapes(
        "<ol><li>a<ul><li>b</li></ul></li><li><p>c</p><p>d</p></li></ol>"
        "<ol start=3><li>e</li></ol><p>f</p><ol start=7><li>g</li></ol>"
    ) == [
        ("numbered", 1, "a"),
        ("item", 2, "b"),
        ("numbered", 1, "c"),
        ("paragraph", 1, "d"),
        ("numbered", 1, "e"),
        ("paragraph", 0, "f"),
        ("paragraph", 0, "7. g"),
    ]


def test_spaces_and_line_ends_of_the_source_are_spaces() -> None:
    assert shapes("<p>\n  ett\n  <b>två </b>tre<br>\n fyra</p>") == [
        ("paragraph", 0, "ett två tre\nfyra")
    ]


def test_raised_and_lowered_numbers_are_not_run_together_with_others() -> None:
    html = "<p>10<sup>6</sup> m<sup>2</sup> CO<sub>2</sub> 1<sup>st</sup> x<sup>n</sup>"
    assert shapes(html) == [("paragraph", 0, "10⁶ m² CO₂ 1st xn")]


def test_a_mark_has_no_space_at_its_ends() -> None:
    assert read_html("<p>ett <b> två </b> tre</p>")[0].marks == (Mark(4, 7, "strong"),)


def test_the_pieces_that_word_makes_of_one_mark_are_one() -> None:
    html = "<p><b>ett</b><b> tv</b><b>å</b> <i></i>tre</p>"
    assert read_html(html) == [
        Draft("paragraph", 0, "ett två tre", (Mark(0, 7, "strong"),))
    ]


def test_preformatted_text_keeps_its_lines() -> None:
    assert shapes("<pre>\nett\n  <b>två</b>\n</pre>") == [("code", 0, "ett\n  två")]


def test_a_quote_is_a_quote() -> None:
    assert shapes("<blockquote><p>ett</p><p>två</p></blockquote>tre") == [
        ("quote", 0, "ett"),
        ("quote", 0, "två"),
        ("paragraph", 0, "tre"),
    ]


def test_a_cell_that_covers_several_leaves_empty_ones() -> None:
    html = (
        "<table><tr><th rowspan=2>a</th><th colspan=2>b</th></tr>"
        "<tr><td>c</td><td>d</td></tr><tr><td>e</td><td>f</td><td>g</td></tr></table>"
    )
    assert shapes(html) == [("table", 0, "a\tb\t\n\tc\td\ne\tf\tg")]


def test_a_cell_that_covers_a_million_does_not_fill_the_memory() -> None:
    html = "<table><tr><td colspan=999999999 rowspan=999999999>a</td></tr></table>"
    assert len(read_html(html)[0].text) < 200


def test_what_a_cell_holds_is_on_one_line() -> None:
    html = (
        "<table><caption>Tabell 1</caption><tr><td><p>a</p><p>b</p><ul><li>c</ul></td>"
        "<td>d<br>e<table><tr><td>f</td></tr></table></td></tr></table>"
    )
    assert shapes(html) == [("paragraph", 0, "Tabell 1"), ("table", 0, "a b c\td e f")]


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        "<style>p{}</style>",
        "<template>x</template>",
        "<!-- dold -->",
        "<p> \n\t</p><hr><table><tr><td></td></tr></table>",
    ],
)
def test_what_nobody_sees_is_no_passage(html: str) -> None:
    assert read_html(html) == []


def test_a_link_that_may_not_be_followed_keeps_its_text_only() -> None:
    html = '<p><a href="JavaScript:x">a</a> <a href="https://exempel.se">b</a></p>'
    assert read_html(html)[0] == Draft(
        "paragraph", 0, "a b", (Mark(2, 3, "link", "https://exempel.se"),)
    )
