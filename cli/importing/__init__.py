"""Files in: proposals, later texts of them, comments and organisations.

Everything gets an id made from where it belongs and its reference in the source, so
that the same file imported again records nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from web.formats import WrongFile
from web.formats.columns import BadRow

LARGEST = 200_000_000
"""Bytes; what the operator names is read whole."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of importing a table, in numbers, with the rows that were left out."""

    recorded: int
    there_already: int
    bad: Sequence[BadRow]
    unread: Sequence[str] = ()


class BadRows(Exception):
    """Rows that can not be imported, each with its line; nothing was recorded."""

    def __init__(self, file: Path, bad: Sequence[BadRow]) -> None:
        self.bad = bad
        many = f"{len(bad)} things are wrong" if len(bad) > 1 else "One thing is wrong"
        super().__init__(
            "\n".join(told(file, bad))
            + f"\n{many}, so nothing was recorded; --skip-bad records the other rows."
        )


def told(file: Path, bad: Sequence[BadRow]) -> list[str]:
    """One line for each bad row, as compilers write them."""
    return [
        f"{file}:{row.line}: "
        + (f"{row.column}: " if row.column else "")
        + row.reason_en
        for row in bad
    ]


class TooLarge(WrongFile):
    """A file that is imported is read whole."""

    en = "{file} is larger than {limit} MB."
    sv = "{file} är större än {limit} MB."


class NotReadable(WrongFile):
    """The file is not there, or not for us."""

    en = "{file} cannot be read: {reason}."
    sv = "{file} går inte att läsa: {reason}."


def content_of(file: Path) -> bytes:
    """The bytes of a file. Raises WrongFile when it can not be read."""
    try:
        if file.stat().st_size > LARGEST:
            raise TooLarge(file=file, limit=LARGEST // 1_000_000)
        return file.read_bytes()
    except OSError as error:
        raise NotReadable(file=file, reason=error.strerror) from error
