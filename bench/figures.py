"""Figures of a benchmark: two sides measured in turn, and their ratio."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any, NamedTuple

ROUNDS = 3


@dataclass(frozen=True)
class Spread:
    """The smallest, the median and the largest of the rounds."""

    low: float
    mid: float
    high: float

    @classmethod
    def of(cls, values: list[float]) -> Spread:
        return cls(min(values), median(values), max(values))

    def __str__(self) -> str:
        return f"{self.mid:,.2f} ({self.low:,.2f} to {self.high:,.2f})"


class Reading(NamedTuple):
    """What one round gave: the figure, and others beside it by name, such as p99."""

    value: float
    more: Mapping[str, float] = {}


@dataclass(frozen=True)
class Sides:
    """Both sides of something that was measured beside the figure itself."""

    ours: Spread
    theirs: Spread | None
    ratio: Spread | None


@dataclass(frozen=True)
class Figure:
    """One line of a benchmark: what was measured, both sides, and ours by theirs.

    What has no reference stands alone, with neither. `goal` is "≥ 1.5" or "≤ 90" and
    is about the ratio, or about ours where there is none or the goal names the unit,
    such as "≤ 1000 ms"; or it is empty.
    """

    work: str
    unit: str
    ours: Spread
    theirs: Spread | None = None
    ratio: Spread | None = None
    more: Mapping[str, Sides] = field(default_factory=dict)
    goal: str = ""

    @property
    def is_met(self) -> bool | None:
        """Whether the goal is met by the median; None where there is none."""
        if not self.goal:
            return None
        sign, bound, *unit = self.goal.split()
        reached = (self.ours if unit else self.ratio or self.ours).mid
        return reached >= float(bound) if sign == "≥" else reached <= float(bound)

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "is_met": self.is_met}

    def __str__(self) -> str:
        said = f"  {self.work}: {self.ours} {self.unit}"
        if self.theirs and self.ratio:
            said += f", reference {self.theirs}, ratio {self.ratio}"
        if self.goal:
            said += f" [goal {self.goal}: {'met' if self.is_met else 'MISSED'}]"
        for name, sides in self.more.items():
            said += f"\n      {name}: {sides.ours}"
            if sides.theirs and sides.ratio:
                said += f", reference {sides.theirs}, ratio {sides.ratio}"
        return said


Measure = Callable[[], float | Reading]


def in_turn(
    work: str,
    unit: str,
    ours: Measure,
    theirs: Measure,
    rounds: int = ROUNDS,
    goal: str = "",
) -> Figure:
    """Measure both sides in turn, after one round that does not count."""
    ours(), theirs()
    pairs = [(_read(ours()), _read(theirs())) for _ in range(rounds)]
    return compared(work, unit, pairs, goal)


def compared(
    work: str, unit: str, pairs: Sequence[tuple[Reading, Reading]], goal: str = ""
) -> Figure:
    """The figure of rounds that have been read: ours and theirs in each."""
    sides = _sides((a.value, b.value) for a, b in pairs)
    return Figure(
        work,
        unit,
        sides.ours,
        sides.theirs,
        sides.ratio,
        {
            name: _sides((a.more[name], b.more[name]) for a, b in pairs)
            if name in pairs[0][1].more
            else Sides(Spread.of([a.more[name] for a, _ in pairs]), None, None)
            for name in pairs[0][0].more
        },
        goal,
    )


def alone(
    work: str, unit: str, ours: Measure, rounds: int = ROUNDS, goal: str = ""
) -> Figure:
    """Measure what has no reference, as often as asked for."""
    readings = [_read(ours()) for _ in range(rounds)]
    return Figure(
        work,
        unit,
        Spread.of([one.value for one in readings]),
        more={
            name: Sides(Spread.of([one.more[name] for one in readings]), None, None)
            for name in readings[0].more
        },
        goal=goal,
    )


def _read(measured: float | Reading) -> Reading:
    return measured if isinstance(measured, Reading) else Reading(measured)


def _sides(pairs: Iterable[tuple[float, float]]) -> Sides:
    found = list(pairs)
    return Sides(
        Spread.of([a for a, _ in found]),
        Spread.of([b for _, b in found]),
        Spread.of([a / b if b else float("inf") for a, b in found]),
    )
