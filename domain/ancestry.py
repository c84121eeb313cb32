"""Which old unit each new unit of a text descends from."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from domain.alignment import in_order
from domain.descent import Descent

LIKENESS = 0.4
"""The share of words in common that makes a unit the descendant of another."""
WORD = re.compile(r"[^\W_]+")


def align(old: Sequence[str], new: Sequence[str]) -> list[int | None]:
    """For each new unit the index of the old unit that it descends from, or None.

    A unit is a passage's text. Equal units are matched first, in order and then
    wherever they moved; the rest by the words that live on in them, those between the
    same neighbours first. No old unit has two descendants.
    """
    parent: list[int | None] = [None] * len(new)
    free_old, free_new = dict.fromkeys(range(len(old))), dict.fromkeys(range(len(new)))

    def pair(i: int, j: int) -> None:
        if i in free_old and j in free_new:
            parent[j] = i
            del free_old[i], free_new[j]

    ours, theirs = [_plain(unit) for unit in old], [_plain(unit) for unit in new]
    equal = in_order(ours, theirs)
    for i, j in equal:
        pair(i, j)
    places: defaultdict[str, list[int]] = defaultdict(list)
    for i in reversed(free_old):
        places[ours[i]].append(i)
    for j in list(free_new):
        if places[theirs[j]]:
            pair(places[theirs[j]].pop(), j)
    for i, j in _by_likeness(ours, theirs, [*equal, (len(old), len(new))], parent):
        pair(i, j)
    return parent


def _plain(unit: str) -> str:
    return " ".join(unit.split())


def _by_likeness(
    old: Sequence[str],
    new: Sequence[str],
    fixed: Iterable[tuple[int, int]],
    parent: Sequence[int | None],
) -> list[tuple[int, int]]:
    """Pairs of units without a partner that share enough words, the likest first."""
    taken = {i for i in parent if i is not None}
    ours = _Rest(old, [i for i in range(len(old)) if i not in taken])
    theirs = _Rest(new, [j for j in range(len(new)) if parent[j] is None])
    stretches: list[tuple[range, range]] = []
    i = j = 0
    for next_i, next_j in fixed:
        stretches.append((ours.stretch(i, next_i), theirs.stretch(j, next_j)))
        i, j = next_i + 1, next_j + 1
    descent = Descent(ours.words, theirs.words, stretches)
    shared = Counter(
        (ours.unit[at], theirs.unit[to]) for at, to in enumerate(descent.to) if to >= 0
    )
    likeness = {
        (i, j): 2 * count / (ours.size[i] + theirs.size[j])
        for (i, j), count in shared.items()
    }
    alike = [pair for pair, share in likeness.items() if share >= LIKENESS]
    return sorted(alike, key=lambda pair: (-likeness[pair], pair))


class _Rest:
    """The words of the units without a partner, and the unit each belongs to."""

    def __init__(self, units: Sequence[str], chosen: Iterable[int]) -> None:
        self.words: list[str] = []
        self.unit: list[int] = []
        self.size: dict[int, int] = {}
        for k in chosen:
            words = WORD.findall(units[k].casefold())
            self.words += words
            self.unit += [k] * len(words)
            self.size[k] = len(words)

    def stretch(self, first: int, stop: int) -> range:
        """The words of the units from `first` up to `stop`."""
        return range(bisect_left(self.unit, first), bisect_left(self.unit, stop))
