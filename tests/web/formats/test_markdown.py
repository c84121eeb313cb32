"""Whole Markdown documents: which passages they make, and that no word is lost."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from domain.text import Mark
from web.formats import Draft, WrongFile
from web.formats.markdown import FrontMatter, front_matter, read_markdown


def shapes(markdown: str) -> list[tuple[str, int, str]]:
    return [(d.kind, d.level, d.text) for d in read_markdown(markdown)]


def test_headings_have_six_levels() -> None:
    markdown = "\n\n".join(f"{'#' * n} Nivå {n}" for n in range(1, 7))
    assert shapes(markdown) == [("heading", n, f"Nivå {n}") for n in range(1, 7)]


def test_a_heading_may_be_underlined() -> None:
    assert shapes("Titel\n=====\n\nDel\n---") == [
        ("heading", 1, "Titel"),
        ("heading", 2, "Del"),
    ]


def test_lists_nest_and_mix() -> None:
    assert shapes("- a\n  1. b\n     - c\n- d") == [
        ("item", 1, "a"),
        ("numbered", 2, "b"),
        ("item", 3, "c"),
        ("item", 1, "d"),
    ]


def test_more_text_in_an_item_has_the_depth_of_the_list() -> None:
    assert shapes("1. a\n\n   b\n\n   > c\n\n       kod\n2. d\n\ne") == [
        ("numbered", 1, "a"),
        ("paragraph", 1, "b"),
        ("quote", 1, "c"),
        ("code", 1, "kod"),
        ("numbered", 1, "d"),
        ("paragraph", 0, "e"),
    ]


def test_a_number_that_the_page_would_not_show_stands_in_the_text() -> None:
    assert shapes("1. a\n2. b\n\nmellan\n\n3. **c**\n4. d") == [
        ("numbered", 1, "a"),
        ("numbered", 1, "b"),
        ("paragraph", 0, "mellan"),
        ("paragraph", 0, "3. c"),
        ("paragraph", 0, "4. d"),
    ]
    assert read_markdown("3. **c**")[0].marks == (Mark(3, 4, "strong"),)


def test_an_item_that_begins_with_a_list_or_code_has_no_text_of_its_own() -> None:
    assert shapes("- - a\n- ```\n  b\n  ```") == [("item", 2, "a"), ("code", 1, "b")]


def test_quotes_are_quotes_and_lists_in_them_lists() -> None:
    assert shapes("> ett\n>\n> # två\n>\n> - tre") == [
        ("quote", 0, "ett"),
        ("quote", 0, "två"),
        ("item", 1, "tre"),
    ]


def test_code_keeps_its_spaces() -> None:
    assert shapes("```py\nif x:\n    y  = 1\n```\n\n    in\n      dent") == [
        ("code", 0, "if x:\n    y  = 1"),
        ("code", 0, "in\n  dent"),
    ]


def test_a_table_is_one_passage_with_marks_in_its_cells() -> None:
    draft = Draft("table", 0, "År\tAntal\n2025\tsju", (Mark(14, 17, "strong"),))
    assert read_markdown("| År | Antal |\n|---|:--|\n| 2025 | **sju** |") == [draft]


def test_cells_past_the_header_are_not_lost() -> None:
    markdown = "> | a | b |\n> |---|---|\n> | 1 | 2 | *3* \\| 4 |\n> | 5 |"
    assert read_markdown(markdown)[0].text == "a\tb\n1\t2\t3 | 4\n5\t"


def test_marks_are_places_in_the_text() -> None:
    markdown = "**Fet *båda*** `kod` [länk](/sida) <em>html</em>"
    assert read_markdown(markdown) == [
        Draft(
            "paragraph",
            0,
            "Fet båda kod länk html",
            (
                Mark(0, 8, "strong"),
                Mark(4, 8, "emphasis"),
                Mark(9, 12, "code"),
                Mark(13, 17, "link", "/sida"),
                Mark(18, 22, "emphasis"),
            ),
        )
    ]


def test_a_link_that_may_not_be_followed_keeps_its_text_only() -> None:
    assert read_markdown("[tryck](javascript:x()) här") == [
        Draft("paragraph", 0, "tryck här")
    ]


def test_a_soft_line_break_is_a_space_and_a_hard_one_a_line_end() -> None:
    assert shapes("ett\ntvå\\\ntre  \nfyra") == [("paragraph", 0, "ett två\ntre\nfyra")]


def test_a_picture_is_its_alternative_text() -> None:
    assert shapes("![Karta över *länen*](k.png)") == [
        ("paragraph", 0, "Karta över länen")
    ]


def test_footnotes_stay_where_they_stand() -> None:
    assert shapes("Se noten.[^1] Och[^x].\n\n[^1]: Själva *noten*.\n\nSlut.") == [
        ("paragraph", 0, "Se noten.[1] Och[x]."),
        ("paragraph", 0, "[1] Själva noten."),
        ("paragraph", 0, "Slut."),
    ]


def test_rules_are_dropped() -> None:
    assert shapes("ett\n\n***\n\ntvå") == [
        ("paragraph", 0, "ett"),
        ("paragraph", 0, "två"),
    ]


def test_html_is_read_for_its_text() -> None:
    markdown = (
        "<div class='ruta'>\n<h2>Rubrik</h2><p>Text <b>fet</b></p>\n"
        "<script>stjäl()</script></div>\n\n"
        "<details><summary>Mer</summary>\n\n- punkt\n\n</details>\n\n<!-- dold -->"
    )
    assert shapes(markdown) == [
        ("heading", 2, "Rubrik"),
        ("paragraph", 0, "Text fet"),
        ("paragraph", 0, "Mer"),
        ("item", 1, "punkt"),
    ]


def test_what_only_looks_like_html_stays() -> None:
    assert shapes("<namn>\n\nDear <name>, hi") == [
        ("paragraph", 0, "<namn>"),
        ("paragraph", 0, "Dear <name>, hi"),
    ]


def test_front_matter_gives_title_and_order_and_is_no_text() -> None:
    markdown = '---\ntitle: "Mål 1: kompetens"\nlayout: x\norder: 2\n---\n# Rubrik\n'
    assert front_matter(markdown)[0] == FrontMatter("Mål 1: kompetens", 2)
    assert shapes(markdown) == [("heading", 1, "Rubrik")]


def test_a_rule_at_the_top_is_not_front_matter() -> None:
    assert shapes("---\n\nBara text.\n\n---\n\nMer.") == [
        ("paragraph", 0, "Bara text."),
        ("paragraph", 0, "Mer."),
    ]


def test_windows_line_ends_and_decomposed_letters_are_put_right() -> None:
    assert shapes("# A\u030atga\u0308rd\r\n\r\nrad\r\n") == [
        ("heading", 1, "Åtgärd"),
        ("paragraph", 0, "rad"),
    ]


def test_text_nested_deeper_than_can_be_read_is_refused_and_not_lost() -> None:
    with pytest.raises(WrongFile, match="too deep"):
        read_markdown(">" * 150 + " djupt")
    assert shapes(">" * 40 + " djupt") == [("quote", 0, "djupt")]


PIECES = ["# ", "- ", "1. ", "> ", "    ", "| ", "\n", "\n\n", "**", "`", "[", "]", "<"]


@given(st.lists(st.sampled_from([*PIECES, "ord", "två ord", " "]), max_size=25))
def test_no_word_is_lost_whatever_the_mark_up(pieces: list[str]) -> None:
    markdown = "".join(pieces)
    assume("```" not in markdown)  # What follows is a language's name and no text.
    text = " ".join(draft.text for draft in read_markdown(markdown))
    assert text.count("ord") == markdown.count("ord")
