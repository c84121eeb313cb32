"""Where each word of an old text stands in a new one, also when it has moved."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from domain.alignment import in_order

SEED = 4
"""Words in a row that must be found again before a stretch counts as moved."""
REACH = 60
"""Words beside a moved stretch that are searched for more of it."""
CHOICES = 20
"""Places of the same four words that are tried; more are boilerplate."""


LIKENESS = 0.4
"""The share of words in common that makes a unit the descendant of another."""
WORD = re.compile(r"[^\W_]+")


class Strand(NamedTuple):
    """A run of words in the old text that stands as a run in the new one."""

    old: int
    new: int
    length: int


class Descent:
    """The words of `old` followed into `new`: `to[i]` is a place there, or -1.

    `paired` says which stretches of old and new words belong together from the start
    (those of a passage with the same id); without it the whole texts do. Words are
    first matched in order within each pair; stretches left over on both sides are then
    followed to wherever they moved, the longest first. `moved[i]` marks those.
    """

    def __init__(
        self,
        old: Sequence[str],
        new: Sequence[str],
        paired: Iterable[tuple[range, range]] | None = None,
    ) -> None:
        self._old, self._new = old, new
        self.to = [-1] * len(old)
        self.moved = [False] * len(old)
        self._taken = [False] * len(new)
        for ours, theirs in paired or [(range(len(old)), range(len(new)))]:
            self._match(ours, theirs, moved=False)
        for strand in sorted(self._seeds(), key=lambda s: (-s.length, s.old)):
            self._move(strand)

    def _match(self, ours: range, theirs: range, *, moved: bool) -> None:
        """Matches a stretch of old words with one of new words, in order."""
        pairs = in_order(
            self._old[ours.start : ours.stop], self._new[theirs.start : theirs.stop]
        )
        for strand in _without_islands(_strands(pairs), len(ours), len(theirs)):
            self._take(
                Strand(
                    ours.start + strand.old, theirs.start + strand.new, strand.length
                ),
                moved=moved,
            )

    def _take(self, strand: Strand, *, moved: bool) -> None:
        for k in range(strand.length):
            self.to[strand.old + k] = strand.new + k
            self._taken[strand.new + k] = True
            self.moved[strand.old + k] = moved

    def _seeds(self) -> list[Strand]:
        """Runs of words without a place yet that also stand unclaimed elsewhere."""
        places: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
        for free in _free(self._taken):
            for j in range(free.start, free.stop - SEED + 1):
                places[tuple(self._new[j : j + SEED])].append(j)
        seeds: list[Strand] = []
        for lost in _free([place >= 0 for place in self.to]):
            i = lost.start
            while i <= lost.stop - SEED:
                found = places.get(tuple(self._old[i : i + SEED]), [])[:CHOICES]
                runs = [Strand(i, j, self._run(i, j, lost.stop)) for j in found]
                if not runs:
                    i += 1
                    continue
                longest = max(runs, key=lambda run: run.length)
                seeds.append(longest)
                i += longest.length - SEED + 1
        return seeds

    def _run(self, i: int, j: int, stop: int) -> int:
        """How many words from `i` stand unclaimed from `j` on."""
        length = 0
        while (
            i + length < stop
            and j + length < len(self._new)
            and not self._taken[j + length]
            and self._old[i + length] == self._new[j + length]
        ):
            length += 1
        return length

    def _move(self, strand: Strand) -> None:
        """Takes what is still free of a moved run, then looks beside it for more."""
        old, new, length = strand
        while length and (self.to[old] >= 0 or self._taken[new]):
            old, new, length = old + 1, new + 1, length - 1
        length = self._run(old, new, old + length) if length else 0
        if length < SEED or any(place >= 0 for place in self.to[old : old + length]):
            return
        self._take(Strand(old, new, length), moved=True)
        after = self._unclaimed(old + length, new + length, +1)
        before = self._unclaimed(old - 1, new - 1, -1)
        for ours, theirs in (after, before):
            if ours and theirs:
                self._match(ours, theirs, moved=True)

    def _unclaimed(self, old: int, new: int, step: int) -> tuple[range, range]:
        """The stretches without a place from `old` and `new` on, in one direction."""
        i, j = old, new
        while 0 <= i < len(self._old) and self.to[i] < 0 and abs(i - old) < REACH:
            i += step
        while 0 <= j < len(self._new) and not self._taken[j] and abs(j - new) < REACH:
            j += step
        if step > 0:
            return range(old, i), range(new, j)
        return range(i + 1, old + 1), range(j + 1, new + 1)


def _strands(pairs: Iterable[tuple[int, int]]) -> list[Strand]:
    strands: list[Strand] = []
    for i, j in pairs:
        if strands:
            old, new, length = strands[-1]
            if (old + length, new + length) == (i, j):
                strands[-1] = Strand(old, new, length + 1)
                continue
        strands.append(Strand(i, j, 1))
    return strands


def _without_islands(
    strands: Sequence[Strand], old_length: int, new_length: int
) -> list[Strand]:
    """Drops short runs between larger changes: words that any two texts share."""
    ends = Strand(old_length, new_length, 0)
    kept = list(strands)
    while kept:
        standing: list[Strand] = []
        for strand, after in zip(kept, [*kept[1:], ends], strict=True):
            before = standing[-1] if standing else Strand(0, 0, 0)
            alone = min(_gap(before, strand), _gap(strand, after))
            if strand.length >= SEED or strand.length > alone:
                standing.append(strand)
        if len(standing) == len(kept):
            break
        kept = standing
    return kept


def _gap(before: Strand, after: Strand) -> int:
    """Unmatched words between two runs, on the side that has more of them."""
    return max(
        after.old - before.old - before.length, after.new - before.new - before.length
    )


def _free(claimed: Sequence[bool]) -> Iterable[range]:
    """The stretches that nothing has claimed."""
    start = 0
    for stop, taken in enumerate([*claimed, True]):
        if taken:
            if stop > start:
                yield range(start, stop)
            start = stop + 1


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
