"""Where each word of an old text stands in a new one, also when it has moved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import takewhile
from math import log
from typing import NamedTuple

from domain.alignment import gaining, in_order
from domain.rarity import Rarity

SEED = 4
"""Words in a row, once in each text, that may show where a stretch has moved."""
REACH = 60
"""Words on each side of a moved stretch that are searched for more of it."""
STOPS = frozenset(".!?:;")
"""The signs that end a sentence or a clause that stands by itself."""
MARGIN = 2.0
"""How much rarer than chance a match must be, as a natural logarithm: 7 times."""


class Strand(NamedTuple):
    """A run of words in the old text that stands as a run in the new one."""

    old: int
    new: int
    length: int


class Descent:
    """The words of `old` followed into `new`: `to[i]` is a place there, or -1.

    `origin[j]` is the place in `old` that a new word comes from, or -1.

    Words are first matched in order within each of the `paired` stretches of old and
    new words (those of a passage with the same id), or within the whole texts. Then
    stretches that stand whole elsewhere are followed to where they moved, the rarest
    first; `moved[i]` marks those words.

    What decides is never a count but how rare the matched words are together: rarer
    than the number of pairs of places where they could have matched by chance. Words
    `around` them, which stand in both texts and are not followed, count for rarity.
    """

    def __init__(
        self,
        old: Sequence[str],
        new: Sequence[str],
        paired: Iterable[tuple[range, range]] | None = None,
        around: Sequence[str] = (),
    ) -> None:
        self._old, self._new, self._around = old, new, around
        self._rarity = Rarity(old, new, around)
        places = (len(old) + len(around)) * (len(new) + len(around))
        self._rare_anywhere = log(places + 1) + MARGIN
        self.to = [-1] * len(old)
        self.moved = [False] * len(old)
        self._grip = [0.0] * len(old)
        self.origin = [-1] * len(new)
        if paired is None:
            paired = [(range(len(old)), range(len(new)))]
        for ours, theirs in paired:
            for strand in self._common(ours, theirs):
                self._put(strand, self._weight(strand), moved=False)
        for seed in sorted(self._seeds(), key=lambda s: (-self._weight(s), s.old)):
            self._move(seed)

    def rarity(self, first: int, stop: int) -> float:
        """How unlikely old words from `first` up to `stop` are together, minus log."""
        return self._rarity.alone(first, stop)

    def unlikely_anywhere(self, words: Sequence[int]) -> bool:
        """Whether old words, as they follow each other, are too rare to be chance."""
        weight = sum(
            self._rarity.after(i)
            if k and words[k - 1] == i - 1
            else self.rarity(i, i + 1)
            for k, i in enumerate(words)
        )
        return weight > self._rare_anywhere

    def _weight(self, strand: Strand) -> float:
        return self._rarity.in_a_row(strand.old, strand.old + strand.length)

    def _common(self, ours: range, theirs: range) -> list[Strand]:
        """The strands that two stretches have in common, in order, beyond chance.

        In a gap of m old and n new words there are m x n pairs of places where a
        strand could match by chance; one that is less rare than that is left out.
        """
        old, new = (
            self._old[ours.start : ours.stop],
            self._new[theirs.start : theirs.stop],
        )
        kept = self._settled(
            _strands((ours[i], theirs[j]) for i, j in in_order(old, new))
        )
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

    def _settled(self, strands: Iterable[Strand]) -> list[Strand]:
        """The strands, each ending with its sentence where equal words let it.

        What came in after "a." in "a. b." may read ". x" or "x.": the stop of the first
        sentence is its own, and not that of the one put in.
        """
        settled: list[Strand] = []
        for after in strands:
            if settled:
                before = settled.pop()
                shift = self._shift(before, after)
                settled.append(before._replace(length=before.length + shift))
                after = _part(after, range(shift, after.length))
            settled.append(after)
        return settled

    def _shift(self, before: Strand, after: Strand) -> int:
        """How many words a strand takes from the next one, or gives to it: below 0."""
        old, new = before.old + before.length, before.new + before.length
        if (after.old == old) == (after.new == new):
            return 0
        room = min(after.length - 1, REACH)
        ahead = _agreement(self._old[old : old + room], self._new[new : new + room])
        room = min(before.length - 1, REACH)
        back = _agreement(
            self._old[after.old - room : after.old][::-1],
            self._new[after.new - room : after.new][::-1],
        )
        nearest = sorted(range(-back, ahead + 1), key=abs)
        return next((k for k in nearest if self._old[old + k - 1] in STOPS), 0)

    def _put(self, strand: Strand, weight: float, *, moved: bool) -> None:
        """Lets the words of a strand stand there, whatever stood there before."""
        for i, j in _pairs(strand):
            if self.to[i] >= 0:
                self.origin[self.to[i]] = -1
            if self.origin[j] >= 0:
                self.to[self.origin[j]], self._grip[self.origin[j]] = -1, 0.0
            self.to[i], self.origin[j] = j, i
            self.moved[i], self._grip[i] = moved, weight

    def _yields(self, i: int, j: int, weight: float) -> bool:
        """Whether a strand of that weight may put old word `i` at `j`."""
        origin = self.origin[j]
        held = self._grip[origin] if origin >= 0 else 0.0
        return self.to[i] != j and max(self._grip[i], held) < weight

    def _firm(self, i: int) -> bool:
        """Whether an old word stands in a strand too rare to be chance anywhere."""
        return self._grip[i] > self._rare_anywhere

    def _claimed(self, j: int) -> bool:
        """Whether a new word is where some old word firmly stands."""
        return self.origin[j] >= 0 and self._firm(self.origin[j])

    def _seeds(self) -> list[Strand]:
        """Whole runs around words in a row that stand once in each text."""
        ours, theirs = _once(self._old), _once(self._new)
        for words in _in_a_row(self._around):
            ours.pop(words, None)
        seeds: list[Strand] = []
        done: dict[int, int] = {}
        for words, i in ours.items():
            j = theirs.get(words)
            if j is None or i < done.get(j - i, 0):
                continue
            seed = self._run(i, j)
            done[j - i] = seed.old + seed.length
            if self._weight(seed) > self._rare_anywhere:
                seeds.append(seed)
        return seeds

    def _run(self, i: int, j: int) -> Strand:
        """The whole run of equal words around a place in each text."""
        old, new = self._old, self._new
        left = 0
        while left < min(i, j) and old[i - left - 1] == new[j - left - 1]:
            left += 1
        right, most = 0, min(len(old) - i, len(new) - j)
        while right < most and old[i + right] == new[j + right]:
            right += 1
        return Strand(i - left, j - left, left + right)

    def _move(self, seed: Strand) -> None:
        """Puts what a seed gains by moving where it stands, then looks beside it.

        Words in a weightier strand stay. What would move must gain more than chance
        could anywhere: a passage that was reworded where it stood keeps its words,
        though a copy elsewhere has a few more of them.
        """
        weight = self._weight(seed)
        fits = [self._yields(i, j, weight) for i, j in _pairs(seed)]
        placed = False
        for part in _stretches([not fit for fit in fits]):
            strand = _part(seed, part)
            gains = [self._gain(i, j) for i, j in _pairs(strand)]
            for gained in gaining(gains, self._rare_anywhere):
                self._put(_part(strand, gained), weight, moved=True)
                placed = True
        if not placed:
            return
        for ours, theirs in (
            self._beside(seed.old + seed.length, seed.new + seed.length, +1),
            self._beside(seed.old - 1, seed.new - 1, -1),
        ):
            for more in self._common(ours, theirs):
                weight = self._weight(more)
                if all(self._yields(i, j, weight) for i, j in _pairs(more)):
                    self._put(more, weight, moved=True)

    def _gain(self, i: int, j: int) -> float:
        """The rarity of old word `i` if it finds a place at `j`, less that of what is
        put out there; a word that leaves another place is lost there."""
        origin = self.origin[j]
        put_out = self.rarity(origin, origin + 1) if origin >= 0 else 0.0
        found = self.rarity(i, i + 1)
        return (found if self.to[i] < 0 else -found) - put_out

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


def _pairs(strand: Strand) -> Iterable[tuple[int, int]]:
    """The old and new place of each word of a strand."""
    old, new, length = strand
    return zip(range(old, old + length), range(new, new + length), strict=True)


def _part(strand: Strand, part: range) -> Strand:
    """The words of a strand that stand at `part` of it."""
    return Strand(strand.old + part.start, strand.new + part.start, len(part))


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


def _agreement(ours: Sequence[str], theirs: Sequence[str]) -> int:
    """How many words the two have in common from their beginning."""
    pairs = zip(ours, theirs, strict=True)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


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


def _once(words: Sequence[str]) -> dict[tuple[str, ...], int]:
    """Where words in a row stand that do so only once."""
    runs = list(_in_a_row(words))
    times = Counter(runs)
    return {run: i for i, run in enumerate(runs) if times[run] == 1}


def _in_a_row(words: Sequence[str]) -> Iterable[tuple[str, ...]]:
    """Every few words in a row."""
    return zip(*(words[k:] for k in range(SEED)), strict=False)
