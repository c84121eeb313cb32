"""Follows stretches of an old text into a new one, character for character."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import Literal, NamedTuple

from domain.descent import Descent

State = Literal["exact", "moved", "changed", "removed"]

WORD = re.compile(r"[^\W_]+|[^\w\s]")
SURVIVES = 0.5
"""The share of its words, by rarity, that must stand together to be still there."""
SURELY_SURVIVES, SURELY_GONE = 0.7, 0.3
"""Shares beyond which nobody needs to be asked."""
COMPANY = 24
"""Words on each side of a quote, about a sentence, that tell whether it is the same."""
KEEPS_COMPANY = 0.4
"""The share of a quote and that company that must stand for nobody to be asked."""
DISTANCE = 0.125
"""What a new word between two old ones counts against keeping them together."""


class Spot(NamedTuple):
    """Where a stretch stands now: offsets in the new text, alike when it is removed."""

    start: int
    end: int
    state: State
    certain: bool


class _Word(NamedTuple):
    key: str
    start: int
    end: int


class FlatPlacer:
    """Aligns two texts once, then says where any stretch of the old one stands now.

    `paired` are stretches (as ranges of offsets) known to belong together. A placement
    never crosses `fences`, the offsets in the new text where its passages begin, nor is
    the company of words sought across `old_fences`, those in the old text. The text
    `around` stands untouched in both: nothing moves there, but it tells how rare
    a word is.
    """

    def __init__(
        self,
        old_text: str,
        new_text: str,
        paired: Sequence[tuple[range, range]] | None = None,
        fences: Sequence[int] = (),
        around: str = "",
        old_fences: Sequence[int] = (),
    ) -> None:
        self.old_text, self.new_text = old_text, new_text
        self._old, self._new = _words(old_text), _words(new_text)
        self._old_starts = [word.start for word in self._old]
        self._old_ends = [word.end for word in self._old]
        self._fences = fences
        self._old_fences = [bisect_left(self._old_starts, at) for at in old_fences]
        self._descent = Descent(
            [word.key for word in self._old],
            [word.key for word in self._new],
            None if paired is None else self._paired_words(paired),
            WORD.findall(around.casefold()),
        )
        self._before = _Standing(self._descent.to)
        self._after = _Standing(self._descent.origin)

    def _paired_words(
        self, paired: Sequence[tuple[range, range]]
    ) -> list[tuple[range, range]]:
        new_starts = [word.start for word in self._new]
        return [
            (
                range(*(bisect_left(self._old_starts, at) for at in (o.start, o.stop))),
                range(*(bisect_left(new_starts, at) for at in (n.start, n.stop))),
            )
            for o, n in paired
        ]

    def place(self, start: int, end: int) -> Spot:
        """Where the old text's characters from `start` to `end` stand now."""
        first = bisect_right(self._old_ends, start)
        stop = bisect_left(self._old_starts, end)
        if first >= stop:
            return self._between(first, start, end)
        together = self._together(range(first, stop))
        share = self._share(together, range(first, stop))
        if share < SURVIVES:
            at = self._gap(first)[0]
            return Spot(at, at, "removed", share <= SURELY_GONE)
        known = not self._alone(together, range(first, stop))
        spot_start, spot_end = self._spot(together, start, end)
        if _same(self.old_text[start:end], self.new_text[spot_start:spot_end]):
            moved = any(self._descent.moved[i] for i in together)
            return Spot(spot_start, spot_end, "moved" if moved else "exact", known)
        if share >= SURELY_SURVIVES:
            return Spot(spot_start, spot_end, "changed", known)
        if self._strayed(together):
            at = self._gap(first)[0]
            return Spot(at, at, "removed", False)
        return Spot(spot_start, spot_end, "changed", False)

    def _share(self, together: Sequence[int], words: range) -> float:
        """The share of the words that stand together, the rare ones counting more."""
        standing = sum(self._descent.rarity(i, i + 1) for i in together)
        whole = self._descent.rarity(words.start, words.stop)
        return standing / whole if whole else len(together) / len(words)

    def _alone(self, together: Sequence[int], words: range) -> bool:
        """Whether words that anybody might use stand among others than before.

        A few words can be found again where all that was said around them has been
        replaced, as the new text is about the same things. What is left of their
        company stands on its old side of them, close by if it has moved.
        """
        if self._descent.unlikely_anywhere(together):
            return False
        rarity, to, moved = self._descent.rarity, self._descent.to, self._descent.moved
        low = min(to[i] for i in together)
        high = max(to[i] for i in together)
        bounds = self._bounds(words)
        before = range(max(bounds.start, words.start - COMPANY), words.start)
        after = range(words.stop, min(bounds.stop, words.stop + COMPANY))
        near = range(low - 3 * COMPANY, high + 3 * COMPANY + 1)
        company = [i for i in before if 0 <= to[i] < low]
        company += [i for i in after if to[i] > high]
        standing = [
            *together,
            *(i for i in company if not moved[i] or to[i] in near),
        ]
        whole = rarity(before.start, words.stop) + rarity(words.stop, after.stop)
        return sum(rarity(i, i + 1) for i in standing) < KEEPS_COMPANY * whole

    def _bounds(self, words: range) -> range:
        """The old words of the passage that some of them stand in."""
        k = bisect_right(self._old_fences, words.start)
        start = self._old_fences[k - 1] if k else 0
        stop = self._old_fences[k] if k < len(self._old_fences) else len(self._old)
        return range(start, max(stop, words.stop))

    def _together(self, words: range) -> list[int]:
        """The old words that stand closest together in the new text, most of them."""
        to = self._descent.to
        standing = sorted((i for i in words if to[i] >= 0), key=to.__getitem__)
        mean = self._descent.rarity(words.start, words.stop) / len(words) or 1.0
        best: tuple[float, int, int] = (0.0, 0, 0)
        score, begin = 0.0, 0
        for k, i in enumerate(standing):
            if k:
                before = standing[k - 1]
                # What came in between words parts them less than they do themselves
                # by changing places.
                cost = DISTANCE if before < i else 1.0
                score -= cost * (to[i] - to[before] - 1)
            if score <= 0 or self._fenced(to[standing[k - 1]], to[i]):
                score, begin = 0.0, k
            score += self._descent.rarity(i, i + 1) / mean
            best = max(best, (score, begin, k + 1), key=lambda found: found[0])
        return standing[best[1] : best[2]]

    def _strayed(self, together: Sequence[int]) -> bool:
        """Whether most of the words have moved, and away from their neighbours.

        Words that stand where they stood, or between the same words as before, are the
        same passage though much was reworded. Elsewhere they may be other words alike.
        """
        to, origin = self._descent.to, self._descent.origin
        if sum(self._descent.moved[i] for i in together) * 2 <= len(together):
            return False
        low, high = to[together[0]], to[together[-1]]
        were = (
            self._before.last[min(together)],
            self._before.next[max(together) + 1],
        )
        are = (self._after.last[low], self._after.next[high + 1])
        return were != tuple(-1 if j < 0 else origin[j] for j in are)

    def _fenced(self, left: int, right: int) -> bool:
        """Whether a passage begins between two new words."""
        return bisect_right(self._fences, self._new[left].start) != bisect_right(
            self._fences, self._new[right].start
        )

    def _spot(self, together: Sequence[int], start: int, end: int) -> tuple[int, int]:
        """The offsets from the first to the last word, with the signs around them."""
        first, last = together[0], together[-1]
        left = self._new[self._descent.to[first]].start
        right = self._new[self._descent.to[last]].end
        lead = self.old_text[start : self._old[first].start]
        if start > self._old[first].start:
            left += start - self._old[first].start
        elif self.new_text.endswith(lead, 0, left):
            left -= len(lead)
        tail = self.old_text[self._old[last].end : end]
        if end < self._old[last].end:
            right -= self._old[last].end - end
        elif self.new_text.startswith(tail, right):
            right += len(tail)
        return left, max(left, right)

    def _between(self, before: int, start: int, end: int) -> Spot:
        """Where signs without any word stand, such as a dash: by the words around."""
        low, high = self._gap(before)
        sought = self.old_text[start:end]
        at = self.new_text.find(sought, low, high) if sought.strip() else -1
        if at < 0:
            return Spot(low, low, "removed", False)
        alone = self.new_text.find(sought, at + 1, high) < 0
        return Spot(at, at + len(sought), "exact", alone)

    def _gap(self, before: int) -> tuple[int, int]:
        """The offsets around a place: where the old word that still stands before it
        ends, and where the next one begins that comes from the old text."""
        left = self._before.last[before]
        if left < 0:
            low, right = 0, self._after.next[0]
        else:
            at = self._descent.to[left]
            low, right = self._new[at].end, self._after.next[at + 1]
        return low, self._new[right].start if right >= 0 else len(self.new_text)


class _Standing:
    """The words of a text that stand in the other one, too: `last[k]` is the nearest
    of them before word `k` and `next[k]` the nearest from there on, or -1."""

    def __init__(self, places: Sequence[int]) -> None:
        size = len(places)
        self.last = list(
            accumulate(range(size), lambda k, i: i if places[i] >= 0 else k, initial=-1)
        )
        self.next = list(
            accumulate(
                range(size - 1, -1, -1),
                lambda k, i: i if places[i] >= 0 else k,
                initial=-1,
            )
        )[::-1]


def _words(text: str) -> list[_Word]:
    return [_Word(m[0].casefold(), m.start(), m.end()) for m in WORD.finditer(text)]


def _same(old: str, new: str) -> bool:
    """Whether two stretches differ at most in their white space."""
    return old == new or old.split() == new.split()
