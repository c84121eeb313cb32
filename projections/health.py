"""How far the read tables have come, and whether anyone is bringing them further."""

from __future__ import annotations

from dataclasses import dataclass

from projections.reads import Reads

SILENCE = 15.0
"""Seconds without a sign of life after which there is no follower. It says one each
second, but not while a long batch is being applied."""


@dataclass(frozen=True, slots=True)
class Health:
    head: int
    position: int
    seen_seconds: float
    stopped_at: int | None
    error: str | None

    @property
    def lag(self) -> int:
        """Entries that are recorded and not shown yet."""
        return self.head - self.position

    @property
    def is_following(self) -> bool:
        """Whether the follower has said lately that it lives."""
        return self.seen_seconds < SILENCE


def health_of(reads: Reads) -> Health:
    """The state of the follower; `reads` must be of now."""
    found = reads.one(
        Health,
        "SELECT h.position AS head, f.position,"
        " extract(epoch FROM now() - f.seen_at)::float8 AS seen_seconds,"
        " f.stopped_at, f.error FROM log.head h CROSS JOIN read.follower f",
    )
    return found or Health(0, 0, float("inf"), None, None)
