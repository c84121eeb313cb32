"""When things happened in the demo, and how they are told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from domain.log import STOCKHOLM

BEFORE_TODAY: Final = 70
"""Days since the opening."""


@dataclass(frozen=True, slots=True)
class Act:
    """A command, with what it is given, and when it was."""

    at: datetime
    command: Callable[..., object]
    given: dict[str, Any]


class Telling:
    """Collects what happened; days count from the opening, times are Swedish."""

    def __init__(self, today: date) -> None:
        self._opening = today - timedelta(BEFORE_TODAY)
        self._acts: list[Act] = []

    def tell(
        self, day: int, clock: str, command: Callable[..., object], **given: Any
    ) -> None:
        """Somebody gave a command, on a day at a time like 09:30."""
        self._acts.append(Act(self.moment(day, clock), command, given))

    def moment(self, day: int, clock: str) -> datetime:
        """A time of a day."""
        there = datetime.combine(
            self._opening + timedelta(day), time.fromisoformat(clock), STOCKHOLM
        )
        return there.astimezone(UTC)

    def acts(self) -> list[Act]:
        """Everything that has been told of, the oldest first."""
        return sorted(self._acts, key=lambda act: act.at)
