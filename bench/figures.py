"""Figures of a benchmark: two sides measured in turn, and their ratio."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

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


@dataclass(frozen=True)
class Figure:
    """One line of a benchmark: what was measured, both sides, and ours by theirs."""

    work: str
    unit: str
    ours: Spread
    theirs: Spread
    ratio: Spread

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        return (
            f"  {self.work}: {self.ours} {self.unit}, reference {self.theirs},"
            f" ratio {self.ratio}"
        )


def in_turn(
    work: str,
    unit: str,
    ours: Callable[[], float],
    theirs: Callable[[], float],
    rounds: int = ROUNDS,
) -> Figure:
    """Measure both sides in turn, after one round that does not count."""
    ours(), theirs()
    pairs = [(ours(), theirs()) for _ in range(rounds)]
    return Figure(
        work,
        unit,
        Spread.of([a for a, _ in pairs]),
        Spread.of([b for _, b in pairs]),
        Spread.of([a / b for a, b in pairs]),
    )
