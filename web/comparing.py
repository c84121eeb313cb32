"""Two versions side by side in one text: what changed, and for what reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from uuid import UUID

from markupsafe import Markup

from domain.redline import Step
from domain.text import Passage, Text
from projections.trace import TracedChange, TracedIssue
from web.formats.redline import step_html

SHOWN_AT_MOST = 100
"""Changed passages on a page."""
FOLDED_AT_MOST = 40
"""Unchanged passages between two changes that are folded up there; more are a link
away."""
FOLDED_IN_ALL = 200
"""Unchanged passages that are folded up on one page; those after them are a link away.

In a text of 100,000 words there would be ten times as many as are changed.
"""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a passage was changed: one change of an adopted revision."""

    change: TracedChange
    issues: list[TracedIssue]


def reasons(
    changes: Iterable[TracedChange], issues: Mapping[UUID, TracedIssue]
) -> dict[UUID, list[Reason]]:
    """The reasons for what was done to each passage, by its id."""
    found: dict[UUID, list[Reason]] = {}
    for change in changes:
        behind = {issues[id].id: issues[id] for id in change.issues if id in issues}
        found.setdefault(change.passage, []).append(
            Reason(change, list(behind.values()))
        )
    return found


@dataclass(frozen=True, slots=True)
class Line:
    """A passage in the comparison."""

    step: Step
    label: str
    """Its printed reference now, or when it last stood there."""
    came_from: str
    """Where a moved passage stood; "" for others."""
    html: Markup

    @property
    def only_looks(self) -> bool:
        """Whether all words are the same: its formatting or kind was changed."""
        return self.step.kind == "changed" and all(
            run.kind == "same" for run in self.step.runs
        )


@dataclass(frozen=True, slots=True)
class Fold:
    """Unchanged passages between two changes. `lines` is empty if they are many."""

    lines: list[Line]
    count: int
    first: Passage
    from_label: str
    to_label: str


class Comparison:
    """The steps from one version to another, a page of changes at a time."""

    def __init__(self, old: Text, new: Text, steps: Sequence[Step]) -> None:
        self._was, self._is = old, new
        self._steps = steps
        self._changes = [at for at, step in enumerate(steps) if step.kind != "same"]
        self.counts: Mapping[str, int] = Counter(step.kind for step in steps)

    @property
    def total(self) -> int:
        """How many steps are not the same in both versions."""
        return len(self._changes)

    def blocks(self, offset: int, limit: int) -> list[Line | Fold]:
        """The changes of a page, with one unchanged passage around each and the rest
        between them folded."""
        shown = self._changes[offset : offset + limit]
        if not shown:
            return []
        start = self._changes[offset - 1] + 1 if offset else 0
        last = offset + limit >= self.total
        end = len(self._steps) if last else self._changes[offset + limit]
        near = {at + by for at in shown for by in (-1, 0, 1)}
        blocks: list[Line | Fold] = []
        room = FOLDED_IN_ALL
        for is_near, places in groupby(range(start, end), near.__contains__):
            if is_near:
                blocks += map(self._line, places)
                continue
            unchanged = list(places)
            few = len(unchanged) <= min(FOLDED_AT_MOST, room)
            room -= len(unchanged) if few else 0
            blocks += self._fold(unchanged, few=few)
        return blocks

    def _fold(self, places: Sequence[int], *, few: bool) -> list[Line | Fold]:
        if len(places) < 2:
            return [self._line(at) for at in places]
        first, last = self._steps[places[0]].passage, self._steps[places[-1]].passage
        lines = [self._line(at) for at in places] if few else []
        labelled = self._is.label(first.id), self._is.label(last.id)
        return [Fold(lines, len(places), first, *labelled)]

    def _line(self, at: int) -> Line:
        step = self._steps[at]
        id = step.passage.id
        was, now = self._was.label(id), self._is.label(id)
        came_from = was if step.kind == "moved" else ""
        label = was if step.kind in ("moved_away", "deleted") else now
        return Line(step, label, came_from, step_html(step))


def told(blocks: Iterable[Line | Fold]) -> set[UUID]:
    """The passages whose changes stand on a page."""
    return {
        block.step.passage.id
        for block in blocks
        if isinstance(block, Line) and block.step.kind not in ("same", "moved_away")
    }
