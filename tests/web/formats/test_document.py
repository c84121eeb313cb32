"""Which kind a text file is, and what its title is."""

from __future__ import annotations

import pytest

from tests.web.formats import word
from web.formats import WrongFile
from web.formats.document import read_document


def test_the_title_is_the_one_in_the_front_matter() -> None:
    document = read_document("a.md", b"---\ntitle: Titel\norder: 3\n---\n# Rubrik")
    assert (document.title, document.order) == ("Titel", 3)
    assert [draft.text for draft in document.drafts] == ["Rubrik"]


def test_without_front_matter_the_title_is_the_first_heading() -> None:
    assert read_document("a.md", b"Text\n\n## Del\n\n# Rubrik").title == "Del"


def test_without_a_heading_the_title_is_the_name_of_the_file() -> None:
    assert read_document("C:\\Remisser\\Mitt förslag.v2.txt", b"Text").title == (
        "Mitt förslag.v2"
    )


@pytest.mark.parametrize("code", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_text_is_read_in_the_codes_that_offices_use(code: str) -> None:
    document = read_document("a.MD", "Åtgärder: “så här”".encode(code))
    assert document.drafts[0].text == "Åtgärder: “så här”"


@pytest.mark.parametrize("name", ["a.docx", "a", "a.md"])
def test_a_word_file_is_known_by_what_it_holds(name: str) -> None:
    data = word.docx(word.paragraph("Text"))
    assert read_document(name, data).drafts[0].text == "Text"


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.pdf", b"%PDF-1.7", "Only Word"),
        ("a", b"%PDF-1.7", "Only Word"),
        ("a.exe", b"MZ", "Only Word"),
        ("a.docx", b"Text", "not a Word document"),
        ("a.doc", bytes.fromhex("d0cf11e0a1b11ae1"), "old Word format"),
        ("a.md", b"a\0b", "not plain text"),
        ("a.md", b"a\x81b", "not plain text"),
        ("a.md", b"\xff\xfea", "not plain text"),
        ("a.md", b" \n---\n", "no text"),
        ("a.docx", word.docx(word.paragraph(" ")), "no text"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_a_reason(
    name: str, data: bytes, reason: str
) -> None:
    with pytest.raises(WrongFile, match=reason) as refused:
        read_document(name, data)
    assert refused.value.sv
