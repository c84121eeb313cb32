"""How far the read tables have come, and whether anyone is bringing them further."""

from __future__ import annotations

from dataclasses import dataclass

from projections.reads import Reads

SILENCE = 15.0
"""Seconds without a sign of life after which there is no follower. It says one each
second, but not while a long batch is being applied."""


UNPUBLISHED = 60.0
"""Seconds after which an entry that no checkpoint covers is a trouble of its own: the
notary tells of one within seconds, unless there is no notary."""
STALE = 2 * 3600.0
"""Seconds after which a checkpoint should have been witnessed anew, twice."""


@dataclass(frozen=True, slots=True)
class LedgerHealth:
    """How far the published checkpoints have come, and what is in their way.

    `unpublished_seconds` is the age of the oldest entry that none covers, 0 when all
    are; `alarm` and `alarm_seconds` are the notary's own words, None when it is well.
    """

    size: int
    head: int
    published_seconds: float | None
    unpublished_seconds: float
    alarm: str | None
    alarm_seconds: float | None

    @property
    def trouble(self) -> str | None:
        """What an operator has to look after; None when all is well."""
        if self.alarm is not None:
            return self.alarm
        if self.unpublished_seconds > UNPUBLISHED:
            return f"not_published: nothing after entry {self.size}; is there a notary?"
        if self.published_seconds is not None and self.published_seconds > STALE:
            return "not_published: the newest checkpoint is old; is there a notary?"
        return None


def ledger_health_of(reads: Reads) -> LedgerHealth:
    """The state of the published checkpoints; `reads` must be of now."""
    found = reads.one(
        LedgerHealth,
        "SELECT coalesce(c.size, 0) AS size, h.position AS head,"
        " extract(epoch FROM now() - c.published_at)::float8 AS published_seconds,"
        " coalesce((SELECT greatest(extract(epoch FROM now() - e.recorded_at), 0)"
        "  FROM log.entry e WHERE e.position = coalesce(c.size, 0) + 1), 0)::float8"
        "  AS unpublished_seconds,"
        " a.reason AS alarm,"
        " extract(epoch FROM now() - a.since)::float8 AS alarm_seconds"
        " FROM log.head h"
        " LEFT JOIN LATERAL (SELECT size, published_at FROM tlog.checkpoint"
        "  ORDER BY number DESC LIMIT 1) c ON true"
        " LEFT JOIN tlog.alarm a ON true",
    )
    return found or LedgerHealth(0, 0, None, 0.0, None, None)


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
