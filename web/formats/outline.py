"""The passages of a file while it is read, each at its place in lists and quotes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from domain.text import Kind, Mark
from web.formats import Draft
from web.formats.marks import MarkedText


@dataclass(slots=True)
class _List:
    kind: Kind
    number: int
    """That of its last item, as the file counts."""


class Outline:
    """Takes blocks of text in order, with the lists and quotes that open around them.

    What stands in a list item after the item's own text has the depth of the list as
    its level. A page numbers a list's items from 1; an item that has another number
    in the file is a paragraph with the number in its text, so that "point 4" stays 4.
    """

    def __init__(self) -> None:
        self.drafts: list[Draft] = []
        self._lists: list[_List] = []
        self._item_without_text = False
        self._quotes = 0
        self._shown: dict[int, int] = {}

    def open_list(self, kind: Kind, first: int = 1) -> None:
        """A list begins; `first` is the number of its first item."""
        self._lists.append(_List(kind, first - 1))
        self._item_without_text = False

    def close_list(self) -> None:
        """The innermost list ends."""
        if self._lists:
            self._lists.pop()
        self._item_without_text = False

    def open_item(self) -> None:
        """An item begins: the next text is its own."""
        if self._lists:
            self._lists[-1].number += 1
            self._item_without_text = True

    def close_item(self) -> None:
        """The innermost item ends."""
        self._item_without_text = False

    def open_quote(self) -> None:
        """A block quote begins."""
        self._quotes += 1

    def close_quote(self) -> None:
        """The innermost block quote ends."""
        self._quotes -= 1

    def heading(self, level: int, text: str, marks: Sequence[Mark]) -> None:
        """Put a heading last; in a quote or an item it is text like any other."""
        if self._quotes or self._item_without_text:
            self.text(text, marks)
        elif text:
            self._add(Draft("heading", level, text, tuple(marks)))

    def text(self, text: str, marks: Sequence[Mark], label: str = "") -> None:
        """Put a paragraph last, or an item when it is the first text of one; `label`
        is the number that the file itself gives it."""
        depth = len(self._lists)
        if not text:
            return
        if self._item_without_text:
            self._item(text, marks, label)
        elif label:
            self._add(_labelled(depth, label, text, marks))
        elif self._quotes:
            self._add(Draft("quote", depth, text, tuple(marks)))
        else:
            self._add(Draft("paragraph", depth, text, tuple(marks)))

    def blocks(self, drafts: Sequence[Draft]) -> None:
        """Put code, tables and what was read from HTML last."""
        for draft in drafts:
            if draft.kind == "heading":
                self._add(draft)
            else:
                self._add(replace(draft, level=draft.level + len(self._lists)))

    def _item(self, text: str, marks: Sequence[Mark], label: str) -> None:
        depth, innermost = len(self._lists), self._lists[-1]
        draft = Draft(innermost.kind, depth, text, tuple(marks))
        shown = self._shown.get(depth, 0) + 1
        label = label or f"{innermost.number}."
        if draft.kind == "numbered" and label not in (f"{shown}.", f"{shown})"):
            draft = _labelled(depth - 1, label, text, marks)
        self._add(draft)

    def _add(self, draft: Draft) -> None:
        """Put a passage last and keep count of the numbers that a page will show."""
        self._item_without_text = False
        self.drafts.append(draft)
        deepest = 0 if draft.kind == "heading" else draft.level
        self._shown = {d: n for d, n in self._shown.items() if d <= deepest}
        if draft.kind == "numbered":
            self._shown[draft.level] = self._shown.get(draft.level, 0) + 1
        elif draft.kind == "item":
            self._shown.pop(draft.level, None)


def _labelled(level: int, label: str, text: str, marks: Sequence[Mark]) -> Draft:
    """The paragraph with its number in its text."""
    labelled = MarkedText()
    labelled.add(f"{label} ")
    labelled.append(text, marks)
    return Draft("paragraph", level, *labelled.taken())
