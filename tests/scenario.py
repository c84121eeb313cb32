"""Given what has happened, when someone acts, then this happens, or it is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Self
from uuid import UUID

import pytest
from eventsourcing.domain import Aggregate, AggregateEvent

from domain.log import Refused

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
"""When the given things happened; acts that a test does not date happen then too."""
THING = UUID(int=0x7)
"""The id of the thing that has a history."""
ENVELOPE = {"originator_id", "originator_version", "timestamp", "originator_topic"}


class Fact:
    """An event as the rules see it: what happened, without id, version or time."""

    def __init__(self, kind: type[AggregateEvent], /, **details: Any) -> None:
        self.kind, self.details = kind, details

    @classmethod
    def of(cls, event: Any) -> Fact:
        return cls(
            type(event), **{k: v for k, v in vars(event).items() if k not in ENVELOPE}
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Fact) and (self.kind, self.details) == (
            other.kind,
            other.details,
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        details = ", ".join(f"{k}={v!r}" for k, v in self.details.items())
        return f"{self.kind.__qualname__}({details})"


class given:
    """A thing with a history, or with no facts nothing at all.

    What the act is shown is the thing; where there is nothing, it makes one.
    """

    def __init__(
        self, kind: type[Aggregate] | None = None, *facts: Fact, id: UUID = THING
    ) -> None:
        self.thing: Any = None
        if kind is not None:
            first, *rest = facts
            self.thing = kind._create(
                first.kind,  # type: ignore[arg-type]
                id=id,
                timestamp=NOW,
                **first.details,
            )
            for fact in rest:
                self.thing.trigger_event(fact.kind, timestamp=NOW, **fact.details)
            self.thing.collect_events()

    def when(self, act: Callable[[Any], object]) -> Self:
        self.act = act
        return self

    def then(self, *expected: Fact) -> None:
        """Exactly this happens, all of it at once."""
        made: Any = self.act(self.thing)
        events = (self.thing or made).collect_events()
        assert [Fact.of(event) for event in events] == list(expected)
        assert len({event.timestamp for event in events}) <= 1

    def then_nothing(self) -> None:
        """The act is allowed and changes nothing."""
        self.then()

    def then_refused(self, reason: type[Refused], *words: str) -> None:
        """It is refused; both sentences have `words` in them, and nothing happens."""
        with pytest.raises(reason) as refused:
            self.act(self.thing)
        assert refused.type is reason
        for word in words:
            assert word in refused.value.sv
            assert word in refused.value.en
        if self.thing is not None:
            assert not self.thing.collect_events()
