"""What the public no longer sees, though it stays: taken down, and put back."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from eventsourcing.domain import Aggregate

from domain.log import Fact, Refused


class UnpublishingNeedsReason(Refused):
    """What was public is taken down for a stated reason."""

    en = "Write why this is no longer to be public."
    sv = "Skriv varför detta inte längre ska vara publicerat."


class AlreadyUnpublished(Refused):
    """What is taken down is so once."""

    en = "This is already unpublished."
    sv = "Detta är redan avpublicerat."


class NotUnpublished(Refused):
    """Only what was taken down is put back."""

    en = "This is not unpublished."
    sv = "Detta är inte avpublicerat."


class Unpublishable(Aggregate):
    """A thing that can be taken down from public pages and put back."""

    is_unpublished = False

    class Unpublished(Fact):
        """The public no longer sees it, for a reason without personal data."""

        reason: str
        decision_ref: str

        def apply(self, aggregate: Any) -> None:
            aggregate.is_unpublished = True

    class Republished(Fact):
        """The public sees it again."""

        def apply(self, aggregate: Any) -> None:
            aggregate.is_unpublished = False

    def unpublish(
        self, *, reason: str, decision_ref: str, by: UUID, now: datetime
    ) -> None:
        if not reason.strip():
            raise UnpublishingNeedsReason
        if self.is_unpublished:
            raise AlreadyUnpublished
        self.trigger_event(
            self.Unpublished,
            reason=reason.strip(),
            decision_ref=decision_ref.strip(),
            by=by,
            timestamp=now,
        )

    def republish(self, *, by: UUID, now: datetime) -> None:
        if not self.is_unpublished:
            raise NotUnpublished
        self.trigger_event(self.Republished, by=by, timestamp=now)
