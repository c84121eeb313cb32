"""Which units of an old text live on in a new one: pure sequence alignment."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from difflib import SequenceMatcher

PAIRS_AT_MOST = 4_000
"""Pairs of equal units in a stretch that the exact matcher is allowed: about 2 ms."""
WIDTHS: tuple[int, ...] = (4, 2, 1)
"""Lengths of the runs that longer stretches are matched by, one after the other."""
PLACES_AT_MOST = 16
"""Places of the same run that are considered; more are boilerplate."""


def longest_increasing(numbers: Sequence[int]) -> list[int]:
    """The indices of a longest strictly increasing subsequence of `numbers`."""
    tops: list[int] = []
    top_at: list[int] = []
    before: list[int] = []
    for index, number in enumerate(numbers):
        pile = bisect_left(tops, number)
        before.append(top_at[pile - 1] if pile else -1)
        if pile == len(tops):
            tops.append(number)
            top_at.append(index)
        else:
            tops[pile] = number
            top_at[pile] = index
    found: list[int] = []
    index = top_at[-1] if top_at else -1
    while index >= 0:
        found.append(index)
        index = before[index]
    return found[::-1]


def gaining(gains: Sequence[float], least: float) -> list[range]:
    """The stretches that gain more than `least`, in order: the one with the greatest
    sum of `gains`, then those on either side of it."""
    found: list[range] = []
    rest = [range(len(gains))]
    while rest:
        within = rest.pop()
        most, best, begin, total = least, range(0), within.start, 0.0
        for at in within:
            if total <= 0:
                begin, total = at, 0.0
            total += gains[at]
            if total > most:
                most, best = total, range(begin, at + 1)
        if best:
            found.append(best)
            rest += [range(within.start, best.start), range(best.stop, within.stop)]
    return sorted(found, key=lambda stretch: stretch.start)


def in_order(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[tuple[int, int]]:
    """Pairs (index in old, index in new) of equal units, increasing in both.

    As many runs of four units as possible are matched first, then runs of two, then
    single ones; a short stretch in between is matched longest run first. So long runs
    stay whole and the time stays near linear.
    """
    found: list[tuple[int, int]] = []
    stretches = [(0, len(old), 0, len(new), WIDTHS)]
    while stretches:
        low, high, new_low, new_high, widths = stretches.pop()
        while low < high and new_low < new_high and old[low] == new[new_low]:
            found.append((low, new_low))
            low, new_low = low + 1, new_low + 1
        while low < high and new_low < new_high and old[high - 1] == new[new_high - 1]:
            high, new_high = high - 1, new_high - 1
            found.append((high, new_high))
        if low == high or new_low == new_high:
            continue
        ours, theirs = old[low:high], new[new_low:new_high]
        if _equal_pairs(ours, theirs) <= PAIRS_AT_MOST:
            blocks = SequenceMatcher(None, ours, theirs, autojunk=False)
            for i, j, size in blocks.get_matching_blocks():
                found.extend((low + i + k, new_low + j + k) for k in range(size))
        elif widths:
            i = j = 0
            for next_i, next_j in [
                *_common_runs(ours, theirs, widths[0]),
                (len(ours), len(theirs)),
            ]:
                stretches.append(
                    (low + i, low + next_i, new_low + j, new_low + next_j, widths[1:])
                )
                i, j = next_i, next_j
    return sorted(found)


def _equal_pairs(old: Sequence[Hashable], new: Sequence[Hashable]) -> int:
    ours, theirs = Counter(old), Counter(new)
    return sum(times * theirs[unit] for unit, times in ours.items())


def _common_runs(
    old: Sequence[Hashable], new: Sequence[Hashable], width: int
) -> list[tuple[int, int]]:
    """Where as many runs of `width` units as possible stand on both sides, in order."""
    places: defaultdict[Hashable, list[int]] = defaultdict(list)
    for j in range(len(new) - width, -1, -1):
        places[tuple(new[j : j + width])].append(j)
    pairs: list[tuple[int, int]] = []
    for i in range(len(old) - width + 1):
        here = places.get(tuple(old[i : i + width]), ())
        if len(here) <= PLACES_AT_MOST:
            # Falling places: an increasing sequence takes at most one of them.
            pairs.extend((i, j) for j in here)
    return [pairs[k] for k in longest_increasing([j for _, j in pairs])]
