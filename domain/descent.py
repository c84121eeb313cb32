"""Where each word of an old text stands in a new one, also when it has moved."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import accumulate, chain
from math import log
from typing import NamedTuple

from domain.alignment import in_order

SEED = 4
"""Words in a row that are looked up to find where a stretch has moved."""
PLACES_AT_MOST = 20
"""Places of the same words in a row that are tried; more are boilerplate."""
REACH = 60
"""Words on each side of a moved stretch that are searched for more of it."""
MARGIN = 2.0
"""How much rarer than chance a match must be, as a natural logarithm: 7 times."""


class Strand(NamedTuple):
    """A run of words in the old text that stands as a run in the new one."""

    old: int
    new: int
    length: int


class Descent:
    """The words of `old` followed into `new`: `to[i]` is a place there, or -1.

    Words are first matched in order within each of the `paired` stretches of old and
    new words (those of a passage with the same id), or within the whole texts. Then
    stretches that stand whole elsewhere are followed to where they moved, the rarest
    first; `moved[i]` marks those words.

    What decides is never a count but how rare the matched words are together: rarer
    than the number of pairs of places where they could have matched by chance.
    """

    def __init__(
        self,
        old: Sequence[str],
        new: Sequence[str],
        paired: Iterable[tuple[range, range]] | None = None,
    ) -> None:
        self._old, self._new = old, new
        times = Counter(chain(old, new))
        total = len(old) + len(new)
        self._rarities = list(
            accumulate((log(total / times[word]) for word in old), initial=0.0)
        )
        self._rare_anywhere = log(len(old) * len(new) + 1) + MARGIN
        self.to = [-1] * len(old)
        self.moved = [False] * len(old)
        self._hold = [0.0] * len(old)
        self._origin = [-1] * len(new)
        if paired is None:
            paired = [(range(len(old)), range(len(new)))]
        for ours, theirs in paired:
            for strand in self._common(ours, theirs):
                self._take(strand, moved=False)
        for seed in sorted(self._seeds(), key=lambda s: (-self._weight(s), s.old)):
            self._move(seed)

    def rarity(self, first: int, stop: int) -> float:
        """How unlikely old words from `first` up to `stop` are together, minus log."""
        return self._rarities[stop] - self._rarities[first]

    def _weight(self, strand: Strand) -> float:
        return self.rarity(strand.old, strand.old + strand.length)

    def _common(self, ours: range, theirs: range) -> list[Strand]:
        """The strands that two stretches have in common, in order, beyond chance.

        In a gap of m old and n new words there are m x n pairs of places where a
        strand could match by chance; one that is less rare than that is left out.
        """
        old, new = (
            self._old[ours.start : ours.stop],
            self._new[theirs.start : theirs.stop],
        )
        kept = _strands((ours[i], theirs[j]) for i, j in in_order(old, new))
        begin = Strand(ours.start, theirs.start, 0)
        end = Strand(ours.stop, theirs.stop, 0)
        while kept:
            standing: list[Strand] = []
            for strand, after in zip(kept, [*kept[1:], end], strict=True):
                chances = _chances(standing[-1] if standing else begin, strand, after)
                if chances == 1 or self._weight(strand) > log(chances) + MARGIN:
                    standing.append(strand)
            if len(standing) == len(kept):
                break
            kept = standing
        return kept

    def _take(self, strand: Strand, *, moved: bool) -> None:
        """Lets a strand hold its words, unless others hold some of them more firmly."""
        ours = range(strand.old, strand.old + strand.length)
        theirs = range(strand.new, strand.new + strand.length)
        weight = self._weight(strand)
        origins = [i for i in self._origin[theirs.start : theirs.stop] if i >= 0]
        if any(self._hold[i] > weight for i in chain(ours, origins)):
            return
        for i in origins:
            self.to[i], self._hold[i] = -1, 0.0
        for i, j in zip(ours, theirs, strict=True):
            if self.to[i] >= 0:
                self._origin[self.to[i]] = -1
            self.to[i], self._origin[j] = j, i
            self.moved[i], self._hold[i] = moved, weight

    def _firm(self, i: int) -> bool:
        """Whether an old word stands in a strand too rare to be chance anywhere."""
        return self._hold[i] > self._rare_anywhere

    def _claimed(self, j: int) -> bool:
        """Whether a new word is where some old word firmly stands."""
        return self._origin[j] >= 0 and self._firm(self._origin[j])

    def _seeds(self) -> list[Strand]:
        """Runs of loose words that also stand elsewhere, rarer than chance allows."""
        places: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
        for free in _stretches([self._claimed(j) for j in range(len(self._new))]):
            for j in range(free.start, free.stop - SEED + 1):
                places[tuple(self._new[j : j + SEED])].append(j)
        seeds: list[Strand] = []
        for loose in _stretches([self._firm(i) for i in range(len(self._old))]):
            i = loose.start
            while i <= loose.stop - SEED:
                found = places.get(tuple(self._old[i : i + SEED]), [])[:PLACES_AT_MOST]
                runs = [
                    Strand(i, j, self._run(i, j, loose.stop))
                    for j in found
                    if self.to[i] != j
                ]
                if not runs:
                    i += 1
                    continue
                longest = max(runs, key=lambda run: run.length)
                if self._weight(longest) > self._rare_anywhere:
                    seeds.append(longest)
                i += longest.length - SEED + 1
        return seeds

    def _run(self, i: int, j: int, stop: int) -> int:
        """How many loose words from `i` up to `stop` stand unclaimed from `j` on."""
        length = 0
        while (
            i + length < stop
            and j + length < len(self._new)
            and self._old[i + length] == self._new[j + length]
            and not self._firm(i + length)
            and not self._claimed(j + length)
        ):
            length += 1
        return length

    def _move(self, seed: Strand) -> None:
        """Takes what is still loose of a seed, then looks beside it for more."""
        old, new, length = seed
        while length and (self._firm(old) or self._claimed(new)):
            old, new, length = old + 1, new + 1, length - 1
        strand = Strand(old, new, self._run(old, new, old + length))
        if self._weight(strand) <= self._rare_anywhere:
            return
        self._take(strand, moved=True)
        for ours, theirs in (
            self._beside(old + strand.length, new + strand.length, +1),
            self._beside(old - 1, new - 1, -1),
        ):
            for more in self._common(ours, theirs):
                self._take(more, moved=True)

    def _beside(self, old: int, new: int, step: int) -> tuple[range, range]:
        """The loose old and unclaimed new words from there on, in one direction."""
        i, j = old, new
        while 0 <= i < len(self._old) and not self._firm(i) and abs(i - old) < REACH:
            i += step
        while 0 <= j < len(self._new) and not self._claimed(j) and abs(j - new) < REACH:
            j += step
        if step > 0:
            return range(old, i), range(new, j)
        return range(i + 1, old + 1), range(j + 1, new + 1)


def _strands(pairs: Iterable[tuple[int, int]]) -> list[Strand]:
    """Pairs of places joined to runs."""
    strands: list[Strand] = []
    for i, j in pairs:
        if strands:
            old, new, length = strands[-1]
            if (old + length, new + length) == (i, j):
                strands[-1] = Strand(old, new, length + 1)
                continue
        strands.append(Strand(i, j, 1))
    return strands


def _chances(before: Strand, strand: Strand, after: Strand) -> int:
    """Pairs of places that `strand` could have in the gap between its neighbours."""
    old = after.old - before.old - before.length - strand.length
    new = after.new - before.new - before.length - strand.length
    return (old + 1) * (new + 1)


def _stretches(excluded: Sequence[bool]) -> Iterable[range]:
    """The stretches of places that are not excluded."""
    start = 0
    for stop, out in enumerate([*excluded, True]):
        if out:
            if stop > start:
                yield range(start, stop)
            start = stop + 1
