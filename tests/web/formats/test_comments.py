"""Comments from a CSV file: columns by name, and what is wrong named by its line."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.comment import LONGEST_TEXT
from web.formats import WrongFile
from web.formats.columns import BadRow
from web.formats.comments import COLUMNS, CommentRow, Comments, read_comments
from web.formats.marks import clean
from web.formats.tables import write_csv

SWEDISH = (
    "Referens;Förslag;Version;Stycke;Citat;Text före;Text efter;Slag;Synpunkt;"
    "Föreslagen lydelse;Organisation;Namn;E-post;Datum;Teman;Visa namn"
)
ENGLISH = (
    "reference,proposal,version,passage,quote,prefix,suffix,kind,text,wording,"
    "organisation,name,email,date,themes,public_name"
)


def read(text: str) -> Comments:
    return read_comments(text.encode())


def bad(text: str) -> list[tuple[int, str, str]]:
    found = read(text).bad
    assert all(row.reason_sv and row.reason_sv != row.reason_en for row in found)
    return [(row.line, row.column, row.reason_en) for row in found]


def test_every_column_is_read_under_its_swedish_name() -> None:
    line = (
        "R1;Mål 1;Version 2;2.1:3;fler platser;om ;i vården;redaktionell;Bra;"
        "många platser;Region Norr;Kim Ek;kim@exempel.se;2026-03-01 14:30;"
        '"vård; platser";ja'
    )
    assert read(f"{SWEDISH}\r\n{line}\r\n") == Comments(
        (
            CommentRow(
                line=2,
                reference="R1",
                proposal="Mål 1",
                version=2,
                passage="2.1:3",
                quote="fler platser",
                prefix="om",
                suffix="i vården",
                kind="editorial",
                text="Bra",
                wording="många platser",
                organisation="Region Norr",
                name="Kim Ek",
                email="kim@exempel.se",
                date=datetime(2026, 3, 1, 13, 30, tzinfo=UTC),
                themes=("vård", "platser"),
                public_name=True,
            ),
        ),
        (),
        (),
    )


def test_the_english_names_are_the_same_columns() -> None:
    values = ["1"] * len(COLUMNS)
    values[7], values[12], values[13] = "technical", "a@b.se", "2026-03-01"
    (row,) = read(f"{ENGLISH}\n{','.join(values)}").rows
    assert (row.kind, row.version, row.public_name) == ("technical", 1, True)
    assert row.date == datetime(2026, 2, 28, 23, tzinfo=UTC)


@pytest.mark.parametrize("key", COLUMNS)
def test_every_column_has_names_that_no_other_has(key: str) -> None:
    others = [
        name for other, names in COLUMNS.items() if other != key for name in names
    ]
    assert not set(COLUMNS[key]) & set(others)


def test_only_reference_and_text_are_needed_and_order_and_case_do_not_matter() -> None:
    (row,) = read("TEXT;  Reference \nBra;7").rows
    assert row == CommentRow(2, "7", "Bra")


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("code", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_the_signs_and_codes_that_spreadsheets_save_in_are_read(
    code: str, delimiter: str
) -> None:
    text = f"referens{delimiter}synpunkt\r\n1{delimiter}Åäö; så, här\r\n"
    if delimiter != "\t":
        text = text.replace("Åäö; så, här", '"Åäö; så, här"')
    assert read_comments(text.encode(code)).rows[0].text == "Åäö; så, här"


def test_the_line_that_excel_puts_first_is_skipped() -> None:
    (row,) = read("sep=,\r\nreferens,synpunkt\r\n1,Bra").rows
    assert row == CommentRow(3, "1", "Bra")


def test_a_text_may_have_several_lines_and_quotation_marks() -> None:
    (row,) = read('referens;synpunkt\n1;"rad ett\r\n\r\nrad ""två"""').rows
    assert row.text == 'rad ett\n\nrad "två"'


def test_columns_that_nobody_knows_are_named() -> None:
    assert read("referens;synpunkt;Handläggare;\n1;a;Bo;").unread == ("Handläggare",)


def test_empty_rows_are_skipped() -> None:
    assert len(read("referens;synpunkt\n\n;\n1;a\n;;;;\n  ; \n").rows) == 1


def test_formulas_are_text() -> None:
    (row,) = read("referens;synpunkt\n1;=SUMMA(A1:A9)").rows
    assert row.text == "=SUMMA(A1:A9)"


def test_letters_are_composed_and_control_characters_left_out() -> None:
    (row,) = read("referens;synpunkt\n1;a\u030a\x07b").rows
    assert row.text == "åb"


def test_an_error_names_the_line_where_the_row_begins() -> None:
    text = (
        "referens;synpunkt;datum\n"
        '1;"tre\nrader\ni en";2026-01-01\n'
        '2;"två\r\nrader";i går\n'
        "3;en rad;2026-13-01\n"
    )
    assert [(line, column) for line, column, _ in bad(text)] == [
        (5, "datum"),
        (7, "datum"),
    ]


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("text", "", "missing"),
        ("reference", " ", "missing"),
        ("text", "a\0b", "NUL"),
        ("wording", "x" * (LONGEST_TEXT + 1), "too long"),
        ("version", "0", "a number from 1"),
        ("version", "senaste", "a number from 1"),
        ("kind", "arg", "general, technical or editorial"),
        ("email", "kim.exempel.se", "no e-mail"),
        ("email", "a@b.se, c@d.se", "no e-mail"),
        ("date", "1/3/2026", "2026-03-01"),
        ("date", "46082", "2026-03-01"),
        ("date", "2026-02-30", "2026-03-01"),
        ("date", "0001-01-01", "2026-03-01"),
        ("public_name", "kanske", "yes or no"),
    ],
)
def test_a_cell_that_cannot_be_read_is_named(
    column: str, value: str, reason: str
) -> None:
    cells = {"reference": "1", "text": "a", column: value}
    data = b"".join(write_csv(list(cells), [list(cells.values())]))
    found = read_comments(data)
    assert found.rows == ()
    ((line, name, why),) = [(b.line, b.column, b.reason_en) for b in found.bad]
    assert (line, name) == (2, column)
    assert reason in why


def test_a_text_of_the_greatest_length_is_read() -> None:
    assert read(f"referens;synpunkt\n1;{'x' * LONGEST_TEXT}").bad == ()


def test_everything_wrong_is_named_at_once() -> None:
    assert [line for line, *_ in bad("referens;synpunkt;slag\n1;;arg\n2;a;\n;b;x")] == [
        2,
        2,
        4,
        4,
    ]


def test_a_reference_stands_once() -> None:
    assert bad("id;text\nA;x\nB;y\nA;z") == [
        (4, "id", "The same reference stands on line 2.")
    ]


def test_a_row_with_more_cells_than_columns_is_bad() -> None:
    assert bad("id;text\n1;a;b") == [
        (2, "", "The row has more cells than there are columns.")
    ]


@pytest.mark.parametrize("row", ['1;"a" b', '1;"a'])
def test_quotation_marks_that_do_not_match_are_named(row: str) -> None:
    text = f'id;text\n0;"två\nrader"\n{row}\n'
    assert [(line, column) for line, column, _ in bad(text)] == [(4, "")]


def test_the_rows_around_a_bad_one_are_read() -> None:
    found = read('id;text\n1;a\n2;"b" c\n3;d')
    assert [row.reference for row in found.rows] == ["1", "3"]
    assert found.bad[0].line == 3


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "must name the columns"),
        (b"a;b\n1;2", "must name the columns"),
        (b"referens;namn\n1;a", "column text is missing"),
        (b"synpunkt\na", "column reference is missing"),
        (b"id;text;referens\n1;a;2", "same thing: referens"),
        (b"\xff\xfea", "not plain text"),
    ],
)
def test_a_file_without_the_columns_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(WrongFile, match=reason):
        read_comments(data)


@given(st.lists(st.tuples(st.text(), st.text()), max_size=5))
def test_what_was_exported_is_read_back_or_named(cells: list[tuple[str, str]]) -> None:
    data = b"".join(write_csv(["reference", "text"], cells))
    found = read_comments(data)
    given_rows = [row for row in cells if any(clean(cell).strip() for cell in row)]
    lines = {row.line for row in found.rows} | {row.line for row in found.bad}
    assert len(lines) == len(given_rows)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        found = read_comments(b"id;text\n" + data)
    except WrongFile:
        return
    assert all(isinstance(row, BadRow) for row in found.bad)
