"""Spans that overlap freely, cut so that they open and close like brackets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple


class Step(NamedTuple):
    """One step through a text: open or close span `at`, or write from `at` to `end`."""

    does: Literal["open", "close", "write"]
    at: int
    end: int = 0


def nested(
    length: int, spans: Sequence[tuple[int, int]], breaks: Sequence[int] = ()
) -> Iterator[Step]:
    """The steps through a text of `length` characters with spans `(start, end)`.

    An earlier span stands outside a later one, which is closed and opened again where
    the earlier one begins or ends. At each of `breaks` every span is closed; the step
    after a break is a write that begins there.
    """
    starts: dict[int, list[int]] = defaultdict(list)
    ends: dict[int, list[int]] = defaultdict(list)
    for number, (start, end) in enumerate(spans):
        if 0 <= start < end <= length:
            starts[start].append(number)
            ends[end].append(number)
    places = sorted({0, length, *starts, *ends, *breaks})
    broken = set(breaks)
    covering: set[int] = set()
    stack: list[int] = []
    for at, end in zip(places, [*places[1:], length], strict=True):
        covering.update(starts[at])
        covering.difference_update(ends[at])
        wanted = sorted(covering)
        kept = 0 if at in broken else _common(stack, wanted)
        while len(stack) > kept:
            yield Step("close", stack.pop())
        if at == end:
            continue
        for number in wanted[kept:]:
            stack.append(number)
            yield Step("open", number)
        yield Step("write", at, end)


def _common(stack: list[int], wanted: list[int]) -> int:
    for depth, (left, right) in enumerate(zip(stack, wanted, strict=False)):
        if left != right:
            return depth
    return min(len(stack), len(wanted))
