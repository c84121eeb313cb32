"""Code and tables: the two kinds of passage whose spaces mean something."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from domain.text import Mark, Passage
from web.formats import Draft
from web.formats.marks import MarkedText

Cell = tuple[str, tuple[Mark, ...]]

_CELL_END = re.compile(r"(?<!\\)\|")


def code(text: str) -> list[Draft]:
    """The passage of a code block, spaces and all; none when it is blank."""
    text = text.strip("\n").rstrip()
    return [Draft("code", 0, text)] if text else []


def table(rows: Iterable[Sequence[Cell]]) -> list[Draft]:
    """The passage of a table's cells, each a text with marks; none without text."""
    text = MarkedText()
    kept = [row for row in rows if len(row) > 1 or any(cell for cell, _ in row)]
    for number, row in enumerate(kept):
        if number:
            text.add("\n")
        for column, (cell, marks) in enumerate(row):
            if column:
                text.add("\t")
            text.append(cell.replace("\n", " ").replace("\t", " "), marks)
    plain, marks = text.raw()
    return [Draft("table", 0, plain, marks)] if plain.strip() else []


def cells(passage: Passage | Draft) -> list[list[Cell]]:
    """The rows of a table passage; a mark's offsets count from its cell's beginning.

    A mark that runs over several cells is one mark in each.
    """
    rows: list[list[Cell]] = []
    at = 0
    for line in passage.text.split("\n"):
        rows.append([])
        for cell in line.split("\t"):
            end = at + len(cell)
            inside = tuple(
                Mark(max(m.start, at) - at, min(m.end, end) - at, m.kind, m.target)
                for m in passage.marks
                if m.start < end and at < m.end
            )
            rows[-1].append((cell, inside))
            at = end + 1
    return rows


def split_cells(line: str) -> list[str]:
    """The cells of one table row written with |, where a backslash keeps a | as text.

    The | that begins and the | that ends the row are optional.
    """
    row = line.strip(" \t").removeprefix("|")
    parts = [part.strip(" \t").replace("\\|", "|") for part in _CELL_END.split(row)]
    return parts[:-1] if len(parts) > 1 and not parts[-1] else parts


WIDEST = 100
"""Columns or rows that one cell may cover; a page shows no more."""


class Grid:
    """A table while its cells are read: one that covers several places is followed by
    empty cells there, so that the columns stay in line."""

    def __init__(self) -> None:
        self._rows: list[list[MarkedText]] = []
        self._covered: dict[int, int] = {}

    def open_row(self) -> None:
        """A row begins."""
        self._pass_covered()
        self._rows.append([])

    def open_cell(self, across: int = 1, down: int = 1) -> MarkedText:
        """The text of the next cell, which covers `across` columns and `down` rows."""
        if not self._rows:
            self.open_row()
        self._pass_covered()
        row, text = self._rows[-1], MarkedText()
        first, stop = len(row), len(row) + min(max(across, 1), WIDEST)
        row.append(text)
        row.extend(MarkedText() for _ in range(first + 1, stop))
        self._covered.update(dict.fromkeys(range(first, stop), min(down, WIDEST) - 1))
        return text

    def drafts(self) -> list[Draft]:
        """The passage of the table that has been read; none when it has no text."""
        self._pass_covered()
        return table([[cell.taken() for cell in row] for row in self._rows])

    def _pass_covered(self) -> None:
        """Put empty cells where cells of earlier rows reach down."""
        row = self._rows[-1] if self._rows else []
        while self._rows and self._covered.get(len(row), 0) > 0:
            self._covered[len(row)] -= 1
            row.append(MarkedText())
