"""Finding what a row of a table is about: a passage of a version, and words in it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from domain.anchor import Anchor
from domain.text import Passage, find_quote, ink, labels
from web.formats.comments import CommentRow

NO_PASSAGE = (
    "There is no such label or heading in that version.",
    "Det finns ingen sådan beteckning eller rubrik i den versionen.",
)
SEVERAL_HEADINGS = (
    "Several headings read so: write the label instead.",
    "Flera rubriker lyder så: skriv beteckningen i stället.",
)
NO_QUOTE = (
    "The quoted words are not there in that version.",
    "De citerade orden finns inte där i den versionen.",
)
SEVERAL_QUOTES = (
    "The quoted words stand in several places: name the passage, or write the text"
    " before or after them.",
    "De citerade orden finns på flera ställen: ange stycket, eller skriv texten före"
    " eller efter dem.",
)


class NotFoundThere(Exception):
    """What a row is about is not in the text; `column` is what names it."""

    def __init__(self, column: str, en: str, sv: str) -> None:
        super().__init__(en)
        self.column, self.en, self.sv = column, en, sv


class Text:
    """One version of a proposal, ready to be searched again and again."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self._passages = passages

    def anchor(self, row: CommentRow) -> Anchor:
        """What the row is about. Raises NotFoundThere."""
        if not row.passage and not row.quote:
            return Anchor(None)
        within = self._named(row) if row.passage else range(len(self._passages))
        if not row.quote:
            return Anchor(self._passages[within[0]].id)
        passage = self._passages[self._quoting(row, within)]
        return Anchor(passage.id, quote=row.quote, prefix=row.prefix, suffix=row.suffix)

    def _named(self, row: CommentRow) -> range:
        """The passage with a label, or a heading and what stands under it."""
        if row.passage in self._places:
            at = self._places[row.passage]
            return range(at, self._end_of(at))
        found = self._headings.get(ink(row.passage).casefold(), [])
        if not found:
            raise NotFoundThere("passage", *NO_PASSAGE)
        if len(found) > 1:
            raise NotFoundThere("passage", *SEVERAL_HEADINGS)
        return range(found[0], self._end_of(found[0]))

    def _end_of(self, at: int) -> int:
        """Where what begins at a passage ends: a heading has all that is under it."""
        first = self._passages[at]
        if first.kind != "heading":
            return at + 1
        for later in range(at + 1, len(self._passages)):
            passage = self._passages[later]
            if passage.kind == "heading" and passage.level <= first.level:
                return later
        return len(self._passages)

    def _quoting(self, row: CommentRow, within: range) -> int:
        """The passage that the quoted words stand in."""
        sought = ink(row.quote)
        found = [at for at in within if sought in self._inked[at]]
        if not sought or not found:
            raise NotFoundThere("quote", *NO_QUOTE)
        is_clear = row.prefix or row.suffix
        if not is_clear and sum(self._inked[at].count(sought) for at in found) > 1:
            raise NotFoundThere("quote", *SEVERAL_QUOTES)
        return found[0] if len(found) == 1 else self._surrounded(row, within)

    def _surrounded(self, row: CommentRow, within: range) -> int:
        """Of several places the one with most of the surroundings, which may lie in
        the passages before and after."""
        starts, flat = [], ""
        for at in within:
            starts.append(len(flat))
            flat += self._passages[at].text + "\n\n"
        span = find_quote(flat, row.quote, row.prefix, row.suffix)
        if span is None:
            raise NotFoundThere("quote", *NO_QUOTE)
        before = [n for n, start in enumerate(starts) if start <= span[0]]
        return within[before[-1]]

    @cached_property
    def _places(self) -> dict[str, int]:
        return {label: at for at, label in enumerate(labels(self._passages))}

    @cached_property
    def _headings(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for at, passage in enumerate(self._passages):
            if passage.kind == "heading":
                found.setdefault(ink(passage.text).casefold(), []).append(at)
        return found

    @cached_property
    def _inked(self) -> list[str]:
        return [ink(passage.text) for passage in self._passages]
