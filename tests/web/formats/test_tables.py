"""Tables out: what a spreadsheet and a program read back."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from io import StringIO
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.formats.tables import CHUNK, guarded, unguarded, write_csv, write_json

Write = Callable[[Sequence[str], object], Iterator[bytes]]

MOMENT = datetime(2026, 3, 1, 13, 30, tzinfo=UTC)


def as_csv(*rows: list[object]) -> str:
    columns = [f"k{n}" for n in range(len(rows[0]))]
    return b"".join(write_csv(columns, rows)).decode("utf-8-sig").partition("\r\n")[2]


def test_csv_is_what_swedish_excel_expects() -> None:
    data = b"".join(write_csv(["Ort", "Antal"], [["Åre", 3]]))
    assert data == "\ufeffOrt;Antal\r\nÅre;3\r\n".encode()


@given(st.lists(st.lists(st.text(), min_size=2, max_size=2)))
def test_every_text_is_read_back_from_csv(rows: list[list[str]]) -> None:
    data = b"".join(write_csv(["a", "b"], rows)).decode("utf-8-sig", "replace")
    _, *read = csv.reader(StringIO(data, newline=""), delimiter=";")
    sent = [[cell.encode(errors="replace").decode() for cell in row] for row in rows]
    assert [[unguarded(cell) for cell in row] for row in read] == sent


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d"])
def test_a_text_that_a_spreadsheet_would_run_gets_an_apostrophe(sign: str) -> None:
    assert guarded(f"{sign}1+1") == f"'{sign}1+1"
    assert guarded(f"1{sign}1") == f"1{sign}1"


@given(st.text("'=+-@\t\rab"))
def test_an_apostrophe_is_taken_away_only_where_one_was_put(text: str) -> None:
    assert unguarded(guarded(text)) == text


@given(st.lists(st.text("'=+-@\t\r\n; \"a")))
def test_no_cell_begins_as_a_formula(texts: list[str]) -> None:
    data = b"".join(write_csv(["a"], [[text] for text in texts])).decode("utf-8-sig")
    for (cell,) in csv.reader(StringIO(data, newline=""), delimiter=";"):
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


def test_a_column_name_is_guarded_too() -> None:
    assert b"".join(write_csv(["=x"], [])) == b"\xef\xbb\xbf'=x\r\n"


def test_values_are_written_so_that_they_are_not_misread() -> None:
    id = UUID(int=7)
    row: list[object] = [
        None,
        True,
        -3,
        2.5,
        MOMENT,
        date(2026, 3, 1),
        id,
        ["vård", "-x"],
    ]
    assert as_csv(row) == (
        f";true;-3;2,5;2026-03-01T13:30:00+00:00;2026-03-01;{id.hex};vård, -x\r\n"
    )


def test_json_keeps_its_types() -> None:
    data = b"".join(
        write_json(
            ["a", "b", "c", "d", "e"],
            [["=1", None, 2.5, MOMENT, [1, "å"]], ["", True, 0, UUID(int=7), []]],
        )
    )
    assert json.loads(data) == [
        {
            "a": "=1",
            "b": None,
            "c": 2.5,
            "d": "2026-03-01T13:30:00+00:00",
            "e": [1, "å"],
        },
        {"a": "", "b": True, "c": 0, "d": UUID(int=7).hex, "e": []},
    ]
    assert "å".encode() in data


def test_a_table_without_rows_is_a_list_without_objects() -> None:
    assert json.loads(b"".join(write_json(["a"], []))) == []


@pytest.mark.parametrize("write", [write_csv, write_json])
def test_a_moment_without_an_offset_is_a_mistake(write: Write) -> None:
    with pytest.raises(ValueError, match="without an offset"):
        list(write(["a"], [[datetime(2026, 3, 1)]]))


@pytest.mark.parametrize("write", [write_csv, write_json])
def test_a_row_of_another_width_is_a_mistake(write: Write) -> None:
    with pytest.raises(ValueError, match="zip"):
        list(write(["a", "b"], [[1]]))


@pytest.mark.parametrize("write", [write_csv, write_json])
def test_rows_are_sent_on_while_more_are_read(write: Write) -> None:
    read = 0

    def rows() -> Iterator[list[object]]:
        nonlocal read
        while read < 1000:
            read += 1
            yield ["x" * 1000]

    pieces = write(["a"], rows())
    assert CHUNK < len(next(pieces)) < 2 * CHUNK
    assert read < 100
    list(pieces)
    assert read == 1000
