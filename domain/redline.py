"""What changed between two texts, word by word, in a form that people can read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Literal, NamedTuple
from uuid import UUID

from domain.alignment import in_order, longest_increasing
from domain.text import Passage

TOKEN = re.compile(r"\w+|\s+|[^\w\s]")
UNIT = re.compile(r"(\w+|[^\w\s]|^)(\s*)")
GONE = -1
"""The place of what does not stand in a text."""
ISLAND_WORDS = 4
"""Common words in a row that always stay marked as common between two changes."""


class Change(NamedTuple):
    """A run of text that is the same in both versions, removed or added."""

    kind: Literal["same", "removed", "added"]
    text: str


class Run(NamedTuple):
    """A run of text and the index of the version it came in with, or went with."""

    text: str
    at: int


@dataclass(frozen=True)
class Step:
    """One passage in the comparison of two versions, in reading order.

    `moved` stands at the passage's new place and may be reworded too; `moved_away` is
    the stub at its old place.
    """

    kind: Literal["same", "changed", "inserted", "deleted", "moved", "moved_away"]
    old: Passage | None
    new: Passage | None

    @cached_property
    def runs(self) -> tuple[Change, ...]:
        """The word-level redline of the passage's text; empty for a stub.

        Made when it is asked for: of a long comparison a page shows only a part.
        """
        if self.kind == "moved_away":
            return ()
        old, new = (passage.text if passage else "" for passage in (self.old, self.new))
        return tuple(redline(old, new))

    @property
    def passage(self) -> Passage:
        """The passage as it reads now, or as it last read."""
        if self.new is not None:
            return self.new
        if self.old is None:
            raise ValueError("a step shows an old passage, a new one or both")
        return self.old

    @property
    def id(self) -> UUID:
        """That of the passage."""
        return self.passage.id

    @property
    def reshaped(self) -> bool:
        """Whether the kind or the level changed, such as a paragraph made a heading."""
        if self.old is None or self.new is None:
            return False
        return (self.old.kind, self.old.level) != (self.new.kind, self.new.level)


def words(text: str) -> list[str]:
    """The words, stretches of white space and punctuation marks that make up `text`."""
    return TOKEN.findall(text)


def redline(old: str, new: str) -> list[Change]:
    """The runs that turn `old` into `new`, word by word.

    Same and removed runs join to `old`, same and added runs to `new`. Common words
    too few to be worth reading between two larger changes are part of the change.
    """
    if old == new:
        return [Change("same", old)] if old else []
    return _runs(_merged(_segments(old, new)))


class _Segment(NamedTuple):
    """A stretch in common, then what was removed and added right after it."""

    same: str
    removed: str
    added: str


def _segments(old: str, new: str) -> list[_Segment]:
    """Common stretches and what follows each of them.

    A unit is a word or mark with the white space behind it, compared without that
    space: reflowed text is the same text, and spaces never match by themselves.
    """
    ours, theirs = UNIT.findall(old), UNIT.findall(new)
    pairs = in_order([word for word, _ in ours], [word for word, _ in theirs])
    segments: list[_Segment] = []
    same = ""
    for (i, j), (next_i, next_j) in pairwise(
        [(-1, -1), *pairs, (len(ours), len(theirs))]
    ):
        same += ours[i][0] if i >= 0 else ""
        removed = (ours[i][1] if i >= 0 else "") + _joined(ours[i + 1 : next_i])
        added = (theirs[j][1] if j >= 0 else "") + _joined(theirs[j + 1 : next_j])
        head = _shared_space(removed, added)
        same, removed, added = same + removed[:head], removed[head:], added[head:]
        tail = _shared_space(removed[::-1], added[::-1])
        space = removed[len(removed) - tail :]
        removed, added = removed.removesuffix(space), added.removesuffix(space)
        segments.append(_Segment(same, removed, added))
        same = space
    return [*segments, _Segment(same, "", "")]


def _joined(units: Iterable[tuple[str, str]]) -> str:
    return "".join(word + space for word, space in units)


def _shared_space(removed: str, added: str) -> int:
    """The length of the white space that both begin with."""
    shared = 0
    for ours, theirs in zip(removed, added, strict=False):
        if ours != theirs or not ours.isspace():
            break
        shared += 1
    return shared


def _merged(segments: Sequence[_Segment]) -> list[_Segment]:
    """Joins common runs, then drops islands that are smaller than their changes."""
    joined: list[_Segment] = []
    for segment in segments:
        if joined and not (joined[-1].removed or joined[-1].added):
            segment = segment._replace(same=joined.pop().same + segment.same)
        joined.append(segment)
    merged: list[_Segment] = []
    for segment in joined:
        while merged and _is_island(merged[-1], segment):
            before = merged.pop()
            segment = _Segment(
                before.same,
                before.removed + segment.same + segment.removed,
                before.added + segment.same + segment.added,
            )
        merged.append(segment)
    return merged


def _is_island(before: _Segment, segment: _Segment) -> bool:
    """Whether the common run of `segment` is lost between the changes around it."""
    left = max(len(before.removed), len(before.added))
    right = max(len(segment.removed), len(segment.added))
    if not left or not right:
        return False
    island = segment.same.strip()
    return len(island) <= min(left, right) and len(island.split()) < ISLAND_WORDS


def _runs(segments: Iterable[_Segment]) -> list[Change]:
    runs: list[Change] = []
    for same, removed, added in segments:
        runs += [Change("same", same)] * bool(same)
        runs += [Change("removed", removed)] * bool(removed)
        runs += [Change("added", added)] * bool(added)
    return runs


def compare(old: Sequence[Passage], new: Sequence[Passage]) -> list[Step]:
    """The redline of a whole proposal: its passages matched by id, in reading order.

    As few passages as possible count as moved: those outside a longest run of passages
    that kept their order.
    """
    was = {passage.id: place for place, passage in enumerate(old)}
    # From here on by place: ids are slow to look up, and there may be thousands.
    came = [was.get(passage.id, GONE) for passage in new]
    lasting = [at for at, place in enumerate(came) if place != GONE]
    order = longest_increasing([came[at] for at in lasting])
    kept = {lasting[k] for k in order}
    now = {came[at]: new[at] for at in lasting}
    steps: list[Step] = []
    next_old = 0
    for at, passage in enumerate(new):
        place = came[at]
        if at in kept:
            steps += [_gone(old[k], now.get(k)) for k in range(next_old, place)]
            next_old = place + 1
        before = None if place == GONE else old[place]
        steps.append(Step(_became(before, passage, at in kept), before, passage))
    return steps + [_gone(old[k], now.get(k)) for k in range(next_old, len(old))]


def _gone(passage: Passage, now: Passage | None) -> Step:
    return Step("moved_away" if now else "deleted", passage, now)


def _became(
    before: Passage | None, passage: Passage, kept: bool
) -> Literal["same", "changed", "inserted", "moved"]:
    if before is None:
        return "inserted"
    if not kept:
        return "moved"
    return "same" if before.reads_as(passage) else "changed"


def blame(texts: Sequence[str]) -> list[Run]:
    """The last of the successive `texts`, in runs that came in with the same one."""
    runs, _ = _history(texts)
    return runs


def lost(texts: Sequence[str]) -> list[Run]:
    """The runs that the successive `texts` lost, each with the index it went with."""
    _, gone = _history(texts)
    return gone


def _history(texts: Sequence[str]) -> tuple[list[Run], list[Run]]:
    """The runs of the last text by where they came in, and the runs that went."""
    runs: list[Run] = []
    gone: list[Run] = []
    for at, (before, text) in enumerate(pairwise(["", *texts])):
        standing: list[Run] = []
        rest = runs[::-1]
        for kind, stretch in redline(before, text):
            if kind == "added":
                _add(standing, Run(stretch, at))
                continue
            if kind == "removed":
                gone.append(Run(stretch, at))
            for run in _taken(rest, len(stretch)):
                if kind == "same":
                    _add(standing, run)
        runs = standing
    return runs, gone


def _taken(rest: list[Run], length: int) -> Iterable[Run]:
    """Takes `length` characters off the runs that remain, which are in reverse."""
    while length:
        run = rest.pop()
        if len(run.text) > length:
            rest.append(run._replace(text=run.text[length:]))
            run = run._replace(text=run.text[:length])
        length -= len(run.text)
        yield run


def _add(runs: list[Run], run: Run) -> None:
    """Appends a run, joined to the last one when both came in together."""
    if runs and runs[-1].at == run.at:
        run = Run(runs.pop().text + run.text, run.at)
    runs.append(run)
