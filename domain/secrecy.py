"""What only some may read: marked as secret, and looked at again."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, get_args
from uuid import UUID

from eventsourcing.domain import Aggregate

from domain.consultation import UnknownChoice
from domain.log import Fact, Refused

Reassessment = Literal["kept", "lifted"]
"""What became of a secrecy marking when somebody looked at it again."""
REASSESSMENTS: tuple[Reassessment, ...] = get_args(Reassessment)


class ProvisionIsMissing(Refused):
    """A secrecy marking names the provision that it rests on."""

    en = "Write which provision the secrecy rests on, as 21 kap. 1 § OSL."
    sv = "Skriv vilken bestämmelse sekretessen stöder sig på, som 21 kap. 1 § OSL."


class AlreadySecret(Refused):
    """A comment is marked once, and reassessed after that."""

    en = "The comment already has a secrecy marking."
    sv = "Synpunkten är redan sekretessmarkerad."


class NotSecret(Refused):
    """Only a marking that stands is reassessed."""

    en = "The comment has no secrecy marking."
    sv = "Synpunkten är inte sekretessmarkerad."


class Classifiable(Aggregate):
    """A thing that can be marked as secret: then only some may read it."""

    is_secret = False

    class MarkedSecret(Fact):
        """Secrecy may apply. `note` is an official's, with no personal data in it."""

        provision: str
        note: str

        def apply(self, aggregate: Any) -> None:
            aggregate.is_secret = True

    class SecrecyReassessed(Fact):
        """Somebody looked at the marking again: it was kept, or lifted.

        `provision` is what it rests on from now on; empty when it was lifted.
        """

        outcome: str
        provision: str

        def apply(self, aggregate: Any) -> None:
            aggregate.is_secret = self.outcome == "kept"

    def mark_secret(
        self, *, provision: str, note: str, by: UUID, now: datetime
    ) -> None:
        if not provision.strip():
            raise ProvisionIsMissing
        if self.is_secret:
            raise AlreadySecret
        self.trigger_event(
            self.MarkedSecret,
            provision=provision.strip(),
            note=note.strip(),
            by=by,
            timestamp=now,
        )

    def reassess_secrecy(
        self, outcome: str, *, provision: str, by: UUID, now: datetime
    ) -> None:
        if not self.is_secret:
            raise NotSecret
        if outcome not in REASSESSMENTS:
            raise UnknownChoice(choice=outcome)
        if outcome == "kept" and not provision.strip():
            raise ProvisionIsMissing
        self.trigger_event(
            self.SecrecyReassessed,
            outcome=outcome,
            provision=provision.strip() if outcome == "kept" else "",
            by=by,
            timestamp=now,
        )
