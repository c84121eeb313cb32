"""Word files: which passages they make, and which files are refused."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.text import Mark
from tests.web.formats import word
from tests.web.formats.word import docx, paragraph, run
from web.formats import Draft, WrongFile
from web.formats.docx import read_docx
from web.formats.wordparts import LARGEST_XML


def shapes(data: bytes) -> list[tuple[str, int, str]]:
    return [(d.kind, d.level, d.text) for d in read_docx(data)]


@pytest.mark.parametrize(
    ("id", "name"),
    [
        ("Heading2", "heading 2"),
        ("Rubrik2", "heading 2"),
        ("Rubrik2", "Rubrik 2"),
        ("x", "Rubrik 2 numrerad"),
    ],
)
def test_headings_are_known_by_english_and_swedish_styles(id: str, name: str) -> None:
    data = docx(paragraph("Bakgrund", style=id), styles=word.styles(**{id: name}))
    assert shapes(data) == [("heading", 2, "Bakgrund")]


def test_headings_deeper_than_six_are_at_level_six() -> None:
    data = docx(paragraph("Djup", style="h"), styles=word.styles(h="heading 8"))
    assert shapes(data) == [("heading", 6, "Djup")]


def test_below_a_title_the_headings_are_one_level_down() -> None:
    data = docx(
        paragraph("Förslag", style="t"),
        paragraph("Inledning", style="h"),
        styles=word.styles(t="Title", h="heading 1"),
    )
    assert shapes(data) == [("heading", 1, "Förslag"), ("heading", 2, "Inledning")]


def test_a_table_of_contents_is_left_out() -> None:
    data = docx(
        paragraph("Inledning 3", style="t"),
        paragraph("Text"),
        styles=word.styles(t="toc 1"),
    )
    assert shapes(data) == [("paragraph", 0, "Text")]


def test_lists_nest() -> None:
    data = docx(
        paragraph("a", style="Liststycke", numbering=(1, 0)),
        paragraph("b", style="Liststycke", numbering=(2, 1)),
        paragraph("c", style="Liststycke", numbering=(1, 0)),
        styles=word.styles(Liststycke="List Paragraph"),
        numbering=word.numbering(n1=("bullet -", "bullet -"), n2=("", "decimal %2.")),
    )
    assert shapes(data) == [("item", 1, "a"), ("numbered", 2, "b"), ("item", 1, "c")]


def numbered(*texts: str, depth: int = 0, list: int = 1) -> str:
    return "".join(paragraph(text, numbering=(list, depth)) for text in texts)


def test_a_list_that_word_goes_on_with_keeps_its_numbers() -> None:
    data = docx(
        numbered("a", "b"),
        paragraph("mellan"),
        numbered("c", "d"),
        numbering=word.numbering(n1=("decimal %1.",)),
    )
    assert shapes(data) == [
        ("numbered", 1, "a"),
        ("numbered", 1, "b"),
        ("paragraph", 0, "mellan"),
        ("paragraph", 0, "3. c"),
        ("paragraph", 0, "4. d"),
    ]


def test_a_list_that_word_begins_again_is_counted_from_one() -> None:
    again = (
        '<w:num w:numId="2"><w:abstractNumId w:val="1"/><w:lvlOverride w:ilvl="0">'
        '<w:startOverride w:val="1"/></w:lvlOverride></w:num>'
    )
    data = docx(
        numbered("a", "b"),
        paragraph("mellan"),
        numbered("c", "d", list=2),
        numbering=word.numbering(again, n1=("decimal %1.",)),
    )
    assert shapes(data)[3:] == [("numbered", 1, "c"), ("numbered", 1, "d")]


def test_labels_that_a_page_does_not_write_stand_in_the_text() -> None:
    levels = ("decimal %1)", "lowerLetter %2)", "lowerRoman %3.", "decimal %1.%4 §")
    data = docx(
        numbered("ett"),
        numbered("två", "tre", depth=1),
        numbered("fyra", depth=2),
        numbered("fem", depth=3),
        numbered("sex"),
        numbered("sju", depth=1),
        numbering=word.numbering(n1=levels),
    )
    assert shapes(data) == [
        ("numbered", 1, "ett"),
        ("paragraph", 1, "a) två"),
        ("paragraph", 1, "b) tre"),
        ("paragraph", 2, "i. fyra"),
        ("paragraph", 3, "1.1 § fem"),
        ("numbered", 1, "sex"),
        ("paragraph", 1, "a) sju"),
    ]


def test_a_mark_in_a_labelled_item_is_where_its_words_are() -> None:
    data = docx(
        paragraph(run("fet", "b"), numbering=(1, 0)),
        numbering=word.numbering(n1=("upperRoman %1.",)),
    )
    assert read_docx(data) == [Draft("paragraph", 0, "I. fet", (Mark(3, 6, "strong"),))]


def test_a_style_may_give_the_list_and_a_paragraph_step_out_of_it() -> None:
    number = '<w:numPr><w:numId w:val="1"/></w:numPr>'
    data = docx(
        paragraph("a", style="mine"),
        paragraph("b", style="mine", numbering=(0, 0)),
        paragraph("c", style="mine"),
        styles=word.styles(
            word.style("mine", "Vår punkt", based_on="theirs"),
            word.style("theirs", "Deras punkt", properties=number),
        ),
        numbering=word.numbering(n1=("decimal %1.",)),
    )
    assert shapes(data) == [
        ("numbered", 1, "a"),
        ("paragraph", 0, "b"),
        ("paragraph", 0, "2. c"),
    ]


def test_a_list_nine_deep_is_nine_deep() -> None:
    data = docx(
        *(numbered(str(depth), depth=depth) for depth in range(9)),
        numbering=word.numbering(n1=("bullet -",) * 9),
    )
    assert shapes(data) == [("item", depth + 1, str(depth)) for depth in range(9)]


def test_a_number_in_a_cell_stands_in_the_cell() -> None:
    cell = f"<w:tc>{numbered('ett', 'två')}</w:tc>"
    data = docx(
        f"<w:tbl><w:tr>{cell}{cell}</w:tr></w:tbl>",
        numbering=word.numbering(n1=("decimal %1.",)),
    )
    assert shapes(data) == [("table", 0, "1. ett 2. två\t3. ett 4. två")]


def test_the_numbers_of_headings_are_left_to_the_page() -> None:
    data = docx(
        paragraph("Syfte", style="h", numbering=(1, 0)),
        styles=word.styles(h="heading 1"),
        numbering=word.numbering(n1=("decimal %1.",)),
    )
    assert shapes(data) == [("heading", 1, "Syfte")]


def test_an_office_s_own_heading_style_is_known_by_its_outline_level() -> None:
    outline = '<w:outlineLvl w:val="1"/>'
    data = docx(
        paragraph("Bakgrund", style="own"),
        styles=word.styles(
            word.style("own", "SKR Kapitel", based_on="base"),
            word.style("base", "SKR Bas", properties=outline),
        ),
    )
    assert shapes(data) == [("heading", 2, "Bakgrund")]


def test_styles_that_are_based_on_each_other_do_no_harm() -> None:
    data = docx(
        paragraph("Text", style="a"),
        styles=word.styles(
            word.style("a", "A", based_on="b"), word.style("b", "B", based_on="a")
        ),
    )
    assert shapes(data) == [("paragraph", 0, "Text")]


def test_list_styles_make_lists_without_numbering() -> None:
    data = docx(
        paragraph("a", style="p"),
        paragraph("b", style="q"),
        paragraph("c", style="n"),
        styles=word.styles(p="Punktlista", q="List Bullet 2", n="Numrerad lista"),
    )
    assert shapes(data) == [("item", 1, "a"), ("item", 2, "b"), ("numbered", 1, "c")]


def test_bold_italic_and_links_are_marks() -> None:
    link = f'<w:hyperlink r:id="rId9">{run("länk")}</w:hyperlink>'
    data = docx(
        paragraph("En ", run("fet", "b"), " ", run("kurs", "i"), run("iv ", "i"), link)
    )
    assert read_docx(data) == [
        Draft(
            "paragraph",
            0,
            "En fet kursiv länk",
            (
                Mark(3, 6, "strong"),
                Mark(7, 13, "emphasis"),
                Mark(14, 18, "link", "https://exempel.se/"),
            ),
        )
    ]


def test_a_table_is_one_passage() -> None:
    data = docx(word.table(("År", "Antal"), ("2025", "7 &lt; 8")))
    assert shapes(data) == [("table", 0, "År\tAntal\n2025\t7 < 8")]


def test_quotes_and_code_are_known_by_their_styles() -> None:
    data = docx(
        paragraph("Citerat", style="c"),
        paragraph("x = 1", style="k"),
        paragraph("  y", style="k"),
        styles=word.styles(c="Citat", k="HTML Preformatted"),
    )
    assert shapes(data) == [("quote", 0, "Citerat"), ("code", 0, "x = 1\n  y")]


def test_a_line_break_is_a_line_end() -> None:
    data = docx(paragraph(run("ett"), "<w:r><w:br/></w:r>", run("två")))
    assert shapes(data) == [("paragraph", 0, "ett\ntvå")]


def test_footnotes_come_last_with_their_numbers() -> None:
    mark = '<w:r><w:footnoteReference w:id="{}"/></w:r>'
    data = docx(
        paragraph("Text", mark.format(2), " och mer", mark.format(1)),
        footnotes=word.footnotes("Första.", "Andra [↑] &lt;li>."),
    )
    assert shapes(data) == [
        ("paragraph", 0, "Text[1] och mer[2]"),
        ("paragraph", 0, "[1] Andra [↑] <li>."),
        ("paragraph", 0, "[2] Första."),
    ]


def test_a_tracked_change_is_read_as_accepted() -> None:
    data = docx(
        paragraph(
            "Vi ",
            f"<w:del>{run('bör').replace('w:t', 'w:delText')}</w:del>",
            f"<w:ins>{run('ska')}</w:ins>",
        )
    )
    assert shapes(data) == [("paragraph", 0, "Vi ska")]


def test_a_picture_is_its_alternative_text() -> None:
    picture = (
        '<w:r><w:drawing><wp:inline><wp:docPr id="1" name="b" '
        'descr="Karta över länen"/>'
        '<a:graphic><a:graphicData><pic:pic xmlns:pic="http://schemas.openxmlformats.'
        'org/drawingml/2006/picture"><pic:blipFill><a:blip r:embed="rId9"/>'
        "</pic:blipFill></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing>"
        "</w:r>"
    )
    assert shapes(docx(paragraph(picture))) == [("paragraph", 0, "Karta över länen")]


def test_mark_up_in_the_text_is_text() -> None:
    data = docx(paragraph("&lt;script>alert(1)&lt;/script> &lt;header> &amp;amp;"))
    assert shapes(data) == [
        ("paragraph", 0, "<script>alert(1)</script> <header> &amp;")
    ]


def refusal(data: bytes) -> str:
    with pytest.raises(WrongFile) as refused:
        read_docx(data)
    assert refused.value.sv != refused.value.en
    return refused.value.en


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK\x03\x04 and nothing more",
        b"Bara text",
        word.zipped({"a.txt": "x"}),
        word.zipped({"[Content_Types].xml": word.SHEET_TYPES}),
    ],
    ids=["empty", "cut off", "text", "another archive", "a spreadsheet"],
)
def test_what_is_not_a_word_file_is_refused(data: bytes) -> None:
    assert "not a Word document" in refusal(data)


def test_an_encrypted_file_is_refused() -> None:
    encrypted = bytes.fromhex("d0cf11e0a1b11ae1") + "EncryptedPackage".encode(
        "utf-16-le"
    )
    assert "password" in refusal(encrypted)


def test_a_file_with_an_encrypted_part_is_refused() -> None:
    data = bytearray(docx(paragraph("x")))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    assert "password" in refusal(bytes(data))


def test_an_old_word_file_is_refused_with_a_way_out() -> None:
    assert ".docx" in refusal(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600))


def test_a_file_that_unpacks_to_fill_the_memory_is_refused() -> None:
    bomb = docx(paragraph("x"), styles=" " * (LARGEST_XML + 1))
    assert len(bomb) < 100_000
    assert "more text than can be read" in refusal(bomb)


def test_a_file_whose_xml_is_broken_is_refused() -> None:
    assert "damaged" in refusal(docx("<w:p>"))


@given(st.data())
def test_a_damaged_file_is_read_or_refused_and_nothing_else(
    draw: st.DataObject,
) -> None:
    damaged = bytearray(docx(paragraph("Text"), styles=word.styles(h="heading 1")))
    for _ in range(draw.draw(st.integers(1, 4))):
        at = draw.draw(st.integers(0, len(damaged) - 1))
        damaged[at] = draw.draw(st.integers(0, 255))
    with suppress(WrongFile):
        read_docx(bytes(damaged))


def test_entities_that_multiply_are_refused() -> None:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    document = (
        f'<!DOCTYPE w:document [<!ENTITY e0 "skratt">{entities}]>'
        f"<w:document {word.NAMESPACES}><w:body>{paragraph('&e9;')}</w:body>"
        "</w:document>"
    )
    assert "damaged" in refusal(docx(document=document))
