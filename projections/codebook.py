"""How the codebook of a consultation is used."""

from __future__ import annotations

from uuid import UUID

from projections.reads import Reads


def theme_uses(reads: Reads, consultation: UUID) -> dict[str, int]:
    """How many comments each theme stands on, by key; also keys no longer in it."""
    return dict(
        reads.tuples(
            "SELECT theme, count(*)::int FROM comment c, unnest(c.themes) AS theme"
            " WHERE c.consultation = %s GROUP BY theme",
            (consultation,),
        )
    )
