"""Finding what somebody names in words: on the command line, or in a file."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from ledger.sealing import ERASED
from projections.reads import Reads


@dataclass(frozen=True, slots=True)
class NamedProposal:
    """A proposal by everything that it may be called."""

    id: UUID
    consultation: UUID
    title: str
    reference: str
    ord: int
    edition: int
    published: int


def proposals_to_name(
    reads: Reads, consultation: UUID | None = None
) -> list[NamedProposal]:
    """The proposals of a consultation, or of all (None), in their order."""
    return reads.all(
        NamedProposal,
        "SELECT id, consultation, title, reference, ord, edition, published"
        " FROM proposal WHERE %(in)s::uuid IS NULL OR consultation = %(in)s"
        " ORDER BY consultation, ord, id",
        {"in": consultation},
    )


def organisation_names(reads: Reads) -> list[tuple[UUID, str, str]]:
    """Every organisation's id, sort key and reference: equal keys are equal names."""
    return [
        (id, key, reference)
        for id, key, reference in reads.tuples(
            "SELECT id, sort_key, reference FROM organisation ORDER BY valid_from, id"
        )
    ]


@dataclass(frozen=True, slots=True)
class Account:
    """Who signs in, and what they may do, in words."""

    id: UUID
    name: str
    email: str
    roles: list[str]
    mandates: list[str]


def accounts(reads: Reads) -> list[Account]:
    """Everybody, in Swedish order; a role in one consultation names it."""
    return reads.all(
        Account,
        """
        SELECT p.id, p.name, p.email,
               ARRAY(SELECT r.role || coalesce(': ' || c.title, '') FROM role r
                       LEFT JOIN consultation c ON c.id = r.consultation
                      WHERE r.person = p.id ORDER BY 1) AS roles,
               ARRAY(SELECT o.name FROM mandate m
                       JOIN organisation o ON o.id = m.organisation
                      WHERE m.person = p.id ORDER BY o.sort_key) AS mandates
          FROM person p ORDER BY p.sort_key, p.id
        """,
    )


def addresses(reads: Reads) -> dict[str, UUID]:
    """Who has each e-mail address, in small letters; the first to have it."""
    found: dict[str, UUID] = {}
    for email, id in reads.tuples(
        "SELECT lower(email), id FROM person WHERE email NOT IN ('', %s)"
        " ORDER BY valid_from, id",
        (ERASED,),
    ):
        found.setdefault(email, id)
    return found
