"""Which units of an old text live on in a new one: pure sequence alignment."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Sequence
from difflib import SequenceMatcher

PAIRS_AT_MOST = 4_000
"""Pairs of equal units in a stretch that the exact matcher is allowed: about 2 ms."""


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


def in_order(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[tuple[int, int]]:
    """Pairs (index in old, index in new) of equal units, increasing in both.

    Long stretches are split at the units that occur once on both sides (patience
    alignment), short ones are matched longest run first, so that the time stays
    near linear and the runs stay long.
    """
    found: list[tuple[int, int]] = []
    stretches = [(0, len(old), 0, len(new))]
    while stretches:
        low, high, new_low, new_high = stretches.pop()
        while low < high and new_low < new_high and old[low] == new[new_low]:
            found.append((low, new_low))
            low, new_low = low + 1, new_low + 1
        while low < high and new_low < new_high and old[high - 1] == new[new_high - 1]:
            high, new_high = high - 1, new_high - 1
            found.append((high, new_high))
        if low == high or new_low == new_high:
            continue
        mine, yours = old[low:high], new[new_low:new_high]
        if _equal_pairs(mine, yours) <= PAIRS_AT_MOST:
            blocks = SequenceMatcher(None, mine, yours, autojunk=False)
            for i, j, size in blocks.get_matching_blocks():
                found.extend((low + i + k, new_low + j + k) for k in range(size))
            continue
        splits = _splits(mine, yours)
        if not splits:
            continue
        ends = [*splits[1:], (high - low, new_high - new_low)]
        stretches.append((low, low + splits[0][0], new_low, new_low + splits[0][1]))
        for (i, j), (next_i, next_j) in zip(splits, ends, strict=True):
            stretches.append((low + i, low + next_i, new_low + j, new_low + next_j))
    return sorted(found)


def _equal_pairs(old: Sequence[Hashable], new: Sequence[Hashable]) -> int:
    ours, theirs = Counter(old), Counter(new)
    return sum(times * theirs[unit] for unit, times in ours.items())


def _splits(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[tuple[int, int]]:
    """Where both sides have the same unit, or run of units, exactly once, in order."""
    for width in (1, 2, 4, 8):
        ours, theirs = _once(old, width), _once(new, width)
        pairs = [(i, theirs[unit]) for unit, i in ours.items() if unit in theirs]
        if pairs:
            return [pairs[k] for k in longest_increasing([j for _, j in pairs])]
    return []


def _once(units: Sequence[Hashable], width: int) -> dict[Hashable, int]:
    """Each run of `width` units that occurs exactly once, with its index, in order."""
    runs: Sequence[Hashable] = (
        units
        if width == 1
        else [tuple(units[i : i + width]) for i in range(len(units) - width + 1)]
    )
    times = Counter(runs)
    return {run: i for i, run in enumerate(runs) if times[run] == 1}
