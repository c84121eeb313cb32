"""Numbers about a consultation: how much has come in, on what, and from whom."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from projections.reads import Reads
from projections.sight import COUNTED, SEEN, Sight


def comments_per_proposal(reads: Reads, consultation: UUID) -> dict[UUID, int]:
    """How many comments each proposal has, less those withdrawn or taken down."""
    return dict(
        reads.tuples(
            "SELECT c.proposal, count(*) FROM comment c"
            " WHERE c.consultation = %s AND " + COUNTED + " GROUP BY c.proposal",
            (consultation,),
        )
    )


@dataclass(frozen=True, slots=True)
class SendersRow:
    """Those of one kind that have commented; the empty kind is private persons."""

    kind: str
    senders: int
    comments: int


def senders_of(reads: Reads, consultation: UUID) -> list[SendersRow]:
    """Who has commented, by kind of organisation; the most comments first."""
    return reads.all(
        SendersRow,
        """
        SELECT coalesce(o.kind, '') AS kind,
               count(DISTINCT coalesce(c.organisation, c.author))::int AS senders,
               count(*)::int AS comments
          FROM comment c LEFT JOIN organisation o ON o.id = c.organisation
         WHERE c.consultation = %s AND
        """
        + COUNTED
        + """
         GROUP BY 1 ORDER BY comments DESC, kind
        """,
        (consultation,),
    )


@dataclass(frozen=True, slots=True)
class ConsulteeRow:
    name: str
    kind: str
    has_commented: bool
    """As far as the reader may know."""


def invited_to(reads: Reads, consultation: UUID, sight: Sight) -> list[ConsulteeRow]:
    """Those formally asked, in Swedish order."""
    return reads.all(
        ConsulteeRow,
        """
        SELECT o.name, o.kind,
               EXISTS (SELECT FROM comment c
                        WHERE c.organisation = o.id AND NOT c.is_withdrawn
                          AND c.consultation = e.consultation AND
        """
        + SEEN
        + """) AS has_commented
          FROM consultee e JOIN organisation o ON o.id = e.organisation
         WHERE e.consultation = %(consultation)s ORDER BY o.sort_key, o.id
        """,
        {"consultation": consultation, **sight.params},
    )
