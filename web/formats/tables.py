"""Tables out: CSV that Swedish Excel opens as it should, and JSON for programs."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from io import StringIO
from typing import Any, Final
from uuid import UUID

CHUNK: Final = 32_000
"""Characters that are gathered before they are sent on."""

_FORMULA = re.compile(r"'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")


def guarded(text: str) -> str:
    """The text as a cell that no spreadsheet takes for a formula.

    What begins as a formula (with = + - @, a tab or a line end) gets an apostrophe
    first; so does a text that already has one there, so that `unguarded` can tell.
    """
    return "'" + text if _FORMULA.match(text) else text


def unguarded(cell: str) -> str:
    """The text that `guarded` made the cell of."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell[1:]) else cell


def write_csv(
    columns: Sequence[str], rows: Iterable[Sequence[object]]
) -> Iterator[bytes]:
    """The table as CSV, in pieces: UTF-8 with a byte order mark, semicolons, CRLF.

    Every row has a value for each column, else `ValueError`. Texts are guarded against
    formulas; decimals have a comma; moments are ISO 8601 with their offset; a list is
    its values with commas between; None is empty.
    """
    written = StringIO("\ufeff", newline="")
    written.seek(1)
    writer = csv.writer(written, delimiter=";", lineterminator="\r\n")
    writer.writerow([guarded(column) for column in columns])
    for row in rows:
        writer.writerow([_cell(v) for _, v in zip(columns, row, strict=True)])
        if written.tell() > CHUNK:
            yield _taken(written)
    yield _taken(written)


def write_json(
    columns: Sequence[str], rows: Iterable[Sequence[object]]
) -> Iterator[bytes]:
    """The table as a JSON list of objects, in pieces, in UTF-8.

    Every row has a value for each column, else `ValueError`. Moments are ISO 8601 with
    their offset and ids hex strings; lists and None stay what they are.
    """
    written = StringIO("[")
    written.seek(1)
    between = "\n"
    for row in rows:
        each = dict(zip(columns, row, strict=True))
        written.write(between + json.dumps(each, ensure_ascii=False, default=_plain))
        between = ",\n"
        if written.tell() > CHUNK:
            yield _taken(written)
    written.write("\n]\n")
    yield _taken(written)


def _taken(written: StringIO) -> bytes:
    piece = written.getvalue()
    written.seek(0)
    written.truncate()
    return piece.encode(errors="replace")


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case str():
            return guarded(value)
        case bool():
            return "true" if value else "false"
        case float():
            return str(value).replace(".", ",")
        case list() | tuple() | set() | frozenset():
            return guarded(", ".join(map(_inside, value)))
        case _:
            return str(_plain(value))


def _inside(value: object) -> str:
    return value if isinstance(value, str) else _cell(value)


def _plain(value: Any) -> Any:
    """What JSON has no form of its own for, as text."""
    match value:
        case datetime():
            if value.tzinfo is None:
                raise ValueError(f"a moment without an offset: {value}")
            return value.isoformat(timespec="seconds")
        case date():
            return value.isoformat()
        case UUID():
            return value.hex
        case set() | frozenset():
            return sorted(value)
        case _:
            return value if isinstance(value, int) else str(value)
