"""A legal hold: what has to stay readable, whatever anybody asks to have erased."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from eventsourcing.domain import Aggregate

from domain.log import Fact, Refused


class HoldNeedsReason(Refused):
    """A hold says what it is for."""

    en = "Write why this must be kept."
    sv = "Skriv varför detta måste bevaras."


class AlreadyHeld(Refused):
    """A hold is placed once."""

    en = "There is already a hold on this."
    sv = "Det finns redan ett bevarandekrav på detta."


class NotHeld(Refused):
    """Only a hold that stands is lifted."""

    en = "There is no hold on this."
    sv = "Det finns inget bevarandekrav på detta."


class OnHold(Refused):
    """What is held is not erased."""

    en = "There is a hold on this, so it cannot be erased. Lift the hold first."
    sv = (
        "Det finns ett bevarandekrav på detta, så det kan inte raderas. Häv"
        " bevarandekravet först."
    )


class Holdable(Aggregate):
    """A thing that can be held. `is_held` is set when a thing is made."""

    is_held = False

    class HoldPlaced(Fact):
        """Nothing of the thing may be erased, for a reason without personal data."""

        reason: str
        decision_ref: str

        def apply(self, aggregate: Any) -> None:
            aggregate.is_held = True

    class HoldLifted(Fact):
        """The thing no longer has to be kept for that reason."""

        def apply(self, aggregate: Any) -> None:
            aggregate.is_held = False

    def place_hold(
        self, *, reason: str, decision_ref: str, by: UUID, now: datetime
    ) -> None:
        if not reason.strip():
            raise HoldNeedsReason
        if self.is_held:
            raise AlreadyHeld
        self.trigger_event(
            self.HoldPlaced,
            reason=reason.strip(),
            decision_ref=decision_ref.strip(),
            by=by,
            timestamp=now,
        )

    def lift_hold(self, *, by: UUID, now: datetime) -> None:
        if not self.is_held:
            raise NotHeld
        self.trigger_event(self.HoldLifted, by=by, timestamp=now)

    def require_not_held(self) -> None:
        """Refuse while the thing is held."""
        if self.is_held:
            raise OnHold
