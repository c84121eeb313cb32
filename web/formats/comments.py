"""Comments from a table: what each row of the file says, and what is wrong with it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from domain.comment import CommentKind
from domain.log import STOCKHOLM
from web.formats.columns import BadRow, Readers, WrongCell, read_columns
from web.formats.marks import one_line

COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "reference": ("reference", "id", "referens"),
    "proposal": ("proposal", "förslag"),
    "version": ("version",),
    "passage": ("passage", "section", "heading", "rubrik", "avsnitt", "stycke"),
    "quote": ("quote", "citat"),
    "prefix": ("prefix", "text before", "text före"),
    "suffix": ("suffix", "text after", "text efter"),
    "kind": ("kind", "type", "typ", "slag"),
    "text": ("text", "comment", "synpunkt"),
    "wording": ("wording", "proposed wording", "lydelse", "föreslagen lydelse"),
    "organisation": ("organisation", "organization"),
    "name": ("name", "namn"),
    "email": ("email", "e-mail", "epost", "e-post"),
    "date": ("date", "datum"),
    "themes": ("themes", "theme", "tema", "teman"),
    "public_name": ("public name", "show name", "visa namn"),
}
REQUIRED: Final = ("reference", "text")

_KINDS: Final[dict[str, CommentKind]] = {
    **dict.fromkeys(("", "general", "allmän", "allmänt", "ge"), "general"),
    **dict.fromkeys(("technical", "teknisk", "sak", "i sak", "te"), "technical"),
    **dict.fromkeys(("editorial", "redaktionell", "språklig", "ed"), "editorial"),
}
_TRUTHS: Final = {
    **dict.fromkeys(("yes", "y", "true", "ja", "j", "sant", "1", "x"), True),
    **dict.fromkeys(("", "no", "n", "false", "nej", "falskt", "0"), False),
}
_VERSION = re.compile(r"(?:version|v\.?)?\s*([1-9][0-9]{0,5})", re.IGNORECASE)
_EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>]+")
_DAY = re.compile(r"(?:19|20)\d\d-\d\d-\d\d")


@dataclass(frozen=True, slots=True)
class CommentRow:
    """One comment in the file; `line` is where it begins there, counted from 1.

    What the file leaves out is empty. `version` is None for the newest; `passage` is a
    label or a heading; `date` has an offset, that of Swedish time unless the file says.
    """

    line: int
    reference: str
    text: str
    proposal: str = ""
    version: int | None = None
    passage: str = ""
    quote: str = ""
    prefix: str = ""
    suffix: str = ""
    kind: CommentKind = "general"
    wording: str = ""
    organisation: str = ""
    name: str = ""
    email: str = ""
    date: datetime | None = None
    themes: tuple[str, ...] = ()
    public_name: bool = False


class Comments(NamedTuple):
    """What a file of comments holds; `unread` are columns whose names mean nothing."""

    rows: tuple[CommentRow, ...]
    bad: tuple[BadRow, ...]
    unread: tuple[str, ...]


def read_comments(data: bytes) -> Comments:
    """The comments in a CSV file, and everything that is wrong with the other rows.

    The columns are those of docs/formats.md, in any order. Refused as `WrongFile` when
    the file is not text, or has no columns for reference and text.
    """
    columns = read_columns(data, COLUMNS, REQUIRED, _READERS)
    rows: list[CommentRow] = []
    bad = columns.bad
    first_at: dict[str, int] = {}
    for row in columns.rows:
        at = first_at.setdefault(row.values["reference"], row.line)
        if at == row.line:
            rows.append(CommentRow(row.line, **row.values))
        else:
            bad.append(_twice(row.line, columns.heads["reference"], at))
    bad.sort(key=lambda each: each.line)
    return Comments(tuple(rows), tuple(bad), columns.unread)


def _twice(line: int, column: str, at: int) -> BadRow:
    return BadRow(
        line,
        column,
        f"The same reference stands on line {at}.",
        f"Samma referens står på rad {at}.",
    )


def _as_it_stands(cell: str) -> str:
    return cell


def _version(cell: str) -> int | None:
    found = _VERSION.fullmatch(cell)
    if cell and not found:
        raise WrongCell(
            "Write the version as a number from 1.",
            "Skriv versionen som ett tal från 1.",
        )
    return int(found[1]) if found else None


def _kind(cell: str) -> CommentKind:
    if cell.casefold() not in _KINDS:
        raise WrongCell(
            "Write general, technical or editorial.",
            "Skriv allmän, teknisk eller redaktionell.",
        )
    return _KINDS[cell.casefold()]


def _email(cell: str) -> str:
    if cell and not _EMAIL.fullmatch(cell):
        raise WrongCell("This is no e-mail address.", "Det är ingen e-postadress.")
    return cell


def _date(cell: str) -> datetime | None:
    if not cell:
        return None
    try:
        moment = datetime.fromisoformat(cell) if _DAY.match(cell) else None
    except ValueError:
        moment = None
    if moment is None:
        raise WrongCell(
            "Write the date as 2026-03-01, with or without a time as 14:30.",
            "Skriv datumet som 2026-03-01, med eller utan klockslag som 14:30.",
        )
    return moment if moment.tzinfo else moment.replace(tzinfo=STOCKHOLM)


def _themes(cell: str) -> tuple[str, ...]:
    themes = (one_line(theme) for theme in re.split("[;,|\n]", cell))
    return tuple(dict.fromkeys(theme for theme in themes if theme))


def _truth(cell: str) -> bool:
    if cell.casefold() not in _TRUTHS:
        raise WrongCell("Write yes or no.", "Skriv ja eller nej.")
    return _TRUTHS[cell.casefold()]


_READERS: Final[Readers] = {
    **dict.fromkeys(("text", "wording", "quote", "prefix", "suffix"), _as_it_stands),
    "version": _version,
    "kind": _kind,
    "email": _email,
    "date": _date,
    "themes": _themes,
    "public_name": _truth,
}
