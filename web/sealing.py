"""What was handed in, version by version, and how far the log has come with each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from domain.comment import Comment
from domain.log import Fact
from ledger.alarm import Reason
from ledger.sealing import Erased
from projections.receipt import Numbered, Sealing

State = Literal["recorded", "numbered", "sealed", "erased"]

SOON = timedelta(seconds=15)
"""Sealing takes a second or two; from here on it is late."""

OFTEN, SELDOM = 1, 15
"""Seconds between two looks, before and after it is late."""

WHY = {
    Reason.SIGNER_AWAY: "The part of the system that signs the log does not answer.",
    Reason.SIGNER_REFUSES: "The part of the system that signs the log refuses, since"
    " something does not add up.",
    Reason.LOG_BEHIND: "The log has fewer entries than when it was last signed.",
    Reason.NO_QUORUM: "Too few of the witnesses outside the system answer.",
    Reason.WITNESS_CONTRADICTS: "A witness has seen another log than this one.",
    Reason.DAMAGED: "Something in the log, or in its checksums, is missing or changed.",
}
"""Each alarm in a sentence for somebody who waits for a receipt."""
UNKNOWN = "We do not know why yet."


@dataclass(frozen=True, slots=True)
class Version:
    """What a comment said from one event on, and where that event stands.

    `position` is its number in the log, None for the moment until the pages know it.
    """

    number: int
    at: datetime
    is_first: bool
    state: State
    position: int | None = None

    @property
    def waits(self) -> bool:
        """Whether there is more to come."""
        return self.state in ("recorded", "numbered")


@dataclass(frozen=True, slots=True)
class Progress:
    """The versions of one comment, the first first, and the log around them."""

    versions: Sequence[Version]
    sealing: Sealing
    is_late: bool

    @property
    def waits(self) -> bool:
        return any(version.waits for version in self.versions)

    @property
    def every(self) -> int:
        """Seconds until the page looks again."""
        return SELDOM if self.is_late else OFTEN

    @property
    def why(self) -> str:
        """What holds the sealing up, as an English sentence of the catalogue."""
        try:
            return WHY[Reason(self.sealing.alarm)]
        except ValueError:
            return UNKNOWN

    @property
    def seen(self) -> str:
        """Another word whenever the page has something new to say."""
        states = "-".join(version.state for version in self.versions)
        return f"{states}-late-{self.sealing.alarm}" if self.is_late else states


def progress(
    events: Sequence[Fact], known: Sequence[Numbered], sealing: Sealing, now: datetime
) -> Progress:
    """How far the log has come with what these events of a comment said."""
    places = {each.version: each for each in known}
    versions = [
        _version(event, places.get(event.originator_version), sealing)
        for event in events
        if isinstance(event, Comment.Submitted | Comment.Amended)
    ]
    waiting_since = [
        places[each.number].recorded_at if each.number in places else each.at
        for each in versions
        if each.waits
    ]
    is_late = bool(waiting_since) and (
        bool(sealing.alarm) or now - min(waiting_since) > SOON
    )
    return Progress(versions, sealing, is_late)


def _version(
    event: Comment.Submitted | Comment.Amended,
    place: Numbered | None,
    sealing: Sealing,
) -> Version:
    position = place.position if place else None
    state: State = "recorded"
    if isinstance(event.text, Erased):
        state = "erased"
    elif position is not None:
        state = "sealed" if position <= sealing.size else "numbered"
    return Version(
        event.originator_version,
        event.timestamp,
        isinstance(event, Comment.Submitted),
        state,
        position,
    )
