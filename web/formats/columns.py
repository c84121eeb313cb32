"""CSV in: rows whose columns are known by name, and the lines that cannot be read."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any, Final, NamedTuple

from web.formats import WrongFile
from web.formats.decoding import as_text
from web.formats.marks import clean, one_line
from web.formats.tables import unguarded

LONGEST_CELL: Final = 20_000
"""Characters; as many as a comment may have."""

Readers = Mapping[str, Callable[[str], Any]]
"""What makes a value of the text in a column's cell, or raises `WrongCell`."""

Names = Mapping[str, tuple[str, ...]]
"""The names that each column goes by, in small letters, the Swedish one last."""

_SEPARATOR_LINE = re.compile(r'"?sep=."?\r?\n?', re.IGNORECASE)


class NoColumnNames(WrongFile):
    """The first line of the file names no column that is asked for."""

    en = "The first line of the file must name the columns."
    sv = "Filens första rad ska namnge kolumnerna."


class ColumnIsMissing(WrongFile):
    """A column that every such file must have is not there."""

    en = "The column {en} is missing."
    sv = "Kolumnen {sv} saknas."


class ColumnTwice(WrongFile):
    """Two columns go by names for the same thing."""

    en = "Two columns hold the same thing: {column}."
    sv = "Två kolumner innehåller samma sak: {column}."


class WrongCell(Exception):
    """Why a cell cannot be read: the reason in English and in Swedish."""

    def __init__(self, en: str, sv: str) -> None:
        super().__init__(en, sv)
        self.en = en
        self.sv = sv


@dataclass(frozen=True, slots=True)
class BadRow:
    """Why the row that begins on `line` cannot be read, and in which column.

    `column` is the name in the file, or empty when the whole row is wrong.
    """

    line: int
    column: str
    reason_en: str
    reason_sv: str


@dataclass(frozen=True, slots=True)
class Row:
    """What one row says by column; `line`, from 1, is where it begins in the file."""

    line: int
    values: Mapping[str, Any]


class Columns(NamedTuple):
    """What a CSV file holds; `unread` are columns whose names mean nothing.

    `heads` are the names in the file of the columns that were read.
    """

    rows: list[Row]
    bad: list[BadRow]
    heads: dict[str, str]
    unread: tuple[str, ...]


def read_columns(
    data: bytes, names: Names, required: Sequence[str], readers: Readers
) -> Columns:
    """The rows of a CSV file, and every row that cannot be read, with the reason.

    Between cells stands a semicolon, a comma or a tab, whichever makes most of the
    names. Empty rows are skipped. A cell without a reader of its own is text on one
    line, also when it is a formula. Refused as `WrongFile` when the file is not text or
    a `required` column is missing.
    """
    text = as_text(data)
    first_line = 1
    if separator := _SEPARATOR_LINE.match(text):
        text, first_line = text[separator.end() :], 2
    keys = {name: key for key, all in names.items() for name in all}
    records = _records(text, _delimiter(text, keys), first_line)
    header = [clean(cell).strip() for cell in next(records, (0, None))[1] or ()]
    places, unread = _places(header, keys)
    for key in required:
        if key not in places:
            raise ColumnIsMissing(en=names[key][0], sv=names[key][-1])
    columns = Columns([], [], {key: header[at] for key, at in places.items()}, unread)
    for line, cells in records:
        if cells is None:
            columns.bad.append(BadRow(line, "", *NOT_CSV))
        elif any(_written(cell) for cell in cells):
            values, wrong = _values(cells, places, required, readers)
            if any(_written(cell) for cell in cells[len(header) :]):
                wrong.append(("", WrongCell(*TOO_MANY)))
            for key, why in wrong:
                column = columns.heads.get(key, "")
                columns.bad.append(BadRow(line, column, why.en, why.sv))
            if not wrong:
                columns.rows.append(Row(line, values))
    return columns


NOT_CSV: Final = (
    "The quotation marks do not match. Each that stands in a text must be doubled.",
    "Citattecknen går inte ihop. Varje citattecken inne i en text ska vara dubbelt.",
)
TOO_MANY: Final = (
    "The row has more cells than there are columns.",
    "Raden har fler celler än det finns kolumner.",
)
MISSING: Final = ("It is missing.", "Det saknas.")


def _places(
    header: Sequence[str], keys: Mapping[str, str]
) -> tuple[dict[str, int], tuple[str, ...]]:
    places: dict[str, int] = {}
    unread: list[str] = []
    for place, name in enumerate(header):
        key = keys.get(_folded(name))
        if key is None:
            unread += [name] if name else []
        elif key in places:
            raise ColumnTwice(column=name)
        else:
            places[key] = place
    if not places:
        raise NoColumnNames
    return places, tuple(unread)


def _folded(name: str) -> str:
    return re.sub(r"[\s_]+", " ", clean(name)).strip().casefold()


def _values(
    cells: Sequence[str],
    places: Mapping[str, int],
    required: Sequence[str],
    readers: Readers,
) -> tuple[dict[str, Any], list[tuple[str, WrongCell]]]:
    """The row's values by column, and by column what cannot be read."""
    values: dict[str, Any] = {}
    wrong: list[tuple[str, WrongCell]] = []
    for key, at in places.items():
        cell = cells[at] if at < len(cells) else ""
        try:
            text = _text(cell, required=key in required)
            values[key] = readers.get(key, one_line)(text)
        except WrongCell as why:
            wrong.append((key, why))
    return values, wrong


def _text(cell: str, *, required: bool) -> str:
    """The cell's text as it was meant, whatever a spreadsheet made of it."""
    if "\0" in cell:
        raise WrongCell(
            "There is a character that is no text (NUL).",
            "Det finns ett tecken som inte är text (NUL).",
        )
    if len(cell) > LONGEST_CELL:
        raise WrongCell(
            f"It is too long: {len(cell)} characters, at most {LONGEST_CELL}.",
            f"Det är för långt: {len(cell)} tecken, högst {LONGEST_CELL}.",
        )
    text = _written(cell)
    if required and not text:
        raise WrongCell(*MISSING)
    return text


def _written(cell: str) -> str:
    """What somebody wrote in a cell, without what only keeps a table program calm."""
    return unguarded(clean(cell)).strip()


def _delimiter(text: str, keys: Mapping[str, str]) -> str:
    """The sign that makes the most known column names of the first line."""

    def known(delimiter: str) -> int:
        _, cells = next(_records(text, delimiter, 1), (0, None))
        return sum(_folded(cell) in keys for cell in cells or ())

    return max((";", ",", "\t"), key=known)


def _records(
    text: str, delimiter: str, first_line: int
) -> Iterator[tuple[int, list[str] | None]]:
    """Each record with the line where it begins; None is one that is not CSV."""
    # A longer cell than the limit would stop the reader instead of being named.
    csv.field_size_limit(max(csv.field_size_limit(), len(text)))
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        line = first_line + reader.line_num
        try:
            yield line, next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield line, None
