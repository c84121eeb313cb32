"""Long texts a portion at a time: each has a number, and leads on to the next one."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise

from starlette.requests import Request

from domain.text import Passage

PORTION = 150
"""Passages on a page, about: a portion ends where a section begins."""


def portions(passages: Sequence[Passage]) -> list[range]:
    """The text in portions of about PORTION passages, each beginning at a heading
    where there is one near, and never inside a list."""
    starts = [0]
    for at, passage in enumerate(passages):
        length = at - starts[-1]
        at_heading = passage.kind == "heading"
        loose = passage.kind not in ("item", "numbered") and passage.level == 0
        if (
            (length >= PORTION * 4 // 5 and at_heading)
            or (length >= PORTION and loose)
            or length >= PORTION * 2
        ):
            starts.append(at)
    if len(starts) > 1 and len(passages) - starts[-1] < PORTION // 5:
        starts.pop()
    return [range(start, end) for start, end in pairwise([*starts, len(passages)])]


def portion_of(parts: Sequence[range], place: int) -> int:
    """The index of the portion in which the passage at a place stands."""
    return bisect_right([part.start for part in parts], place) - 1


def asked_portion(
    request: Request, passages: Sequence[Passage], parts: Sequence[range]
) -> int:
    """The portion that the query names by number, or by a passage that stands in it."""
    asked = request.query_params.get("part", "")
    if asked.isdecimal() and len(asked) < 9 and 0 < int(asked) <= len(parts):
        return int(asked) - 1
    if passage := request.query_params.get("passage"):
        for at, one in enumerate(passages):
            if str(one.id) == passage:
                return portion_of(parts, at)
    return 0


def named(
    parts: Sequence[range],
    part: int,
    passages: Sequence[Passage],
    printed: Sequence[str],
) -> tuple[int, str] | None:
    """The number of a portion and where it begins, in words; None if there is none."""
    if not 0 <= part < len(parts):
        return None
    first = parts[part].start
    opening = passages[first]
    words = f" {opening.text}" if opening.kind == "heading" else ""
    return part + 1, printed[first] + words
