"""Passages gathered in the lists they make, for a template to walk."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from domain.text import Passage


@dataclass(frozen=True, slots=True)
class ListOf:
    """Items that follow each other in one list; the entries of an `ordered` one are
    numbered from 1."""

    ordered: bool
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of a list, and what stands inside it after its own text."""

    passage: Passage
    inside: tuple[Passage | ListOf, ...]


def groups(passages: Iterable[Passage]) -> list[Passage | ListOf]:
    """The passages in order, with items that follow each other gathered in lists.

    An item belongs in the nearest item before it with a lower level; another passage
    in the nearest item whose level is at most its own. A template tells the two apart
    by `part.entries`, which only a list has.
    """
    return _gathered(list(passages))


def _gathered(passages: Sequence[Passage]) -> list[Passage | ListOf]:
    gathered: list[Passage | ListOf] = []
    at = 0
    while at < len(passages):
        first = passages[at]
        if not _is_item(first):
            gathered.append(first)
            at += 1
            continue
        entries: list[Entry] = []
        while at < len(passages) and passages[at].kind == first.kind:
            item, end = passages[at], at + 1
            while end < len(passages) and _stands_in(passages[end], item):
                end += 1
            entries.append(Entry(item, tuple(_gathered(passages[at + 1 : end]))))
            at = end
        gathered.append(ListOf(first.kind == "numbered", tuple(entries)))
    return gathered


def _is_item(passage: Passage) -> bool:
    return passage.kind in ("item", "numbered")


def _stands_in(passage: Passage, item: Passage) -> bool:
    if _is_item(passage):
        return passage.level > item.level
    return passage.kind != "heading" and passage.level >= item.level
