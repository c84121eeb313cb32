"""How far the tables are for a page: whether it would be made just as it was."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from projections.reads import Reads


@dataclass(frozen=True, slots=True)
class Stand:
    """How far the tables are, and how far what one page shows is."""

    generation: UUID
    """New with every rebuild."""
    position: int
    newest: int
    """The newest entry of the page's consultation, or of what belongs to none: people
    and organisations. For a page of no consultation it is the position."""
    deadline: datetime | None
    """The last one of any consultation that has passed."""


def stands_of(
    reads: Reads, consultations: Collection[UUID | None], now: datetime
) -> dict[UUID | None, Stand]:
    """How far the tables are at a moment, for pages of consultations and, by None, for
    those of none; of now also where `reads` ask of the past."""
    found = reads.tuples(
        """
        SELECT asked.consultation, f.generation, f.position,
               CASE WHEN asked.consultation IS NULL THEN f.position
                    ELSE greatest(
                    (SELECT valid_from FROM now.entry e
                      WHERE e.consultation = asked.consultation
                      ORDER BY valid_from DESC LIMIT 1),
                    -- Ordered by both, so that the index is read from its end.
                    (SELECT valid_from FROM now.entry
                      WHERE consultation IS NULL
                      ORDER BY consultation DESC, valid_from DESC LIMIT 1), 0)
               END,
               (SELECT closes_at FROM now.consultation WHERE closes_at <= %(now)s
                 ORDER BY closes_at DESC LIMIT 1)
          FROM read.follower f
         CROSS JOIN unnest(%(consultations)s::uuid[]) AS asked (consultation)
        """,
        {"consultations": list(consultations), "now": now},
    )
    if not found:
        return dict.fromkeys(consultations, Stand(UUID(int=0), 0, 0, None))
    return {asked: Stand(*stand) for asked, *stand in found}


def stand_of(reads: Reads, consultation: UUID | None, now: datetime) -> Stand:
    """How far the tables are at a moment, for a page of a consultation or of none."""
    return stands_of(reads, [consultation], now)[consultation]
