"""How unlikely words are to stand where they do, by what else the texts say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import accumulate, chain, pairwise
from math import log


class Rarity:
    """How rare the words of `old` are among both texts and the words `around` them.

    All are natural logarithms of one against a chance. A word by itself counts by how
    often it is used at all. In a run of words each but the first counts by how often
    it follows the one before it in other places: a law's full name, a link or a phrase
    that a text uses everywhere tells little more than the first of its words.
    """

    def __init__(
        self, old: Sequence[str], new: Sequence[str], around: Sequence[str] = ()
    ) -> None:
        times = Counter(chain(old, new, around, around))
        total = times.total() + 1
        self._alone = list(
            accumulate((log(total / times[word]) for word in old), initial=0.0)
        )
        self._after = list(accumulate(_after(old, new, around, times), initial=0.0))

    def alone(self, first: int, stop: int) -> float:
        """How rare the words from `first` up to `stop` are, each by itself."""
        return self._alone[stop] - self._alone[first]

    def in_a_row(self, first: int, stop: int) -> float:
        """How rare the words from `first` up to `stop` are, following each other."""
        if first == stop:
            return 0.0
        return self.alone(first, first + 1) + self._after[stop] - self._after[first + 1]

    def after(self, i: int) -> float:
        """How rare a word is after the one before it."""
        return self._after[i + 1] - self._after[i]


def _after(
    old: Sequence[str], new: Sequence[str], around: Sequence[str], times: Counter[str]
) -> list[float]:
    """How rare each old word is after the one before it, or by itself if that is less.

    A passage that lasts stands in both texts and says nothing of how common its words
    are: what counts is the text that has them more often, less the place itself. How
    much weight the words alone keep depends, as in Witten and Bell's estimate, on how
    many different words follow the one before.
    """
    total = times.total() + 1
    mine, theirs = _Following([*around, "", *old]), _Following([*around, "", *new])
    rare = [log(total / times[word]) for word in old]
    for i, (before, word) in enumerate(pairwise(old), start=1):
        both = max(mine.pairs[before, word], theirs.pairs[before, word]) - 1
        if both > 0:
            single = max(mine.words[before], theirs.words[before]) - 1
            kinds = max(mine.kinds[before], theirs.kinds[before])
            share = (both + kinds * times[word] / total) / (single + kinds)
            rare[i] = min(rare[i], -log(share))
    return rare


class _Following:
    """How often words stand in a text, follow each other, and how many do so."""

    def __init__(self, words: Sequence[str]) -> None:
        self.words = Counter(words)
        self.pairs = Counter(pairwise(words))
        self.kinds = Counter(before for before, _ in self.pairs)
