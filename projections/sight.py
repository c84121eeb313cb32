"""Whose eyes a page is made for: the one rule of which comments it may show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Sight:
    """Who reads, and when.

    `sees_all` is for the secretariat, auditors and readers of the consultation. Others
    see what the public sees, and whatever they or their organisations submitted.
    """

    at: datetime
    person: UUID | None = None
    organisations: tuple[UUID, ...] = ()
    sees_all: bool = False

    @property
    def params(self) -> dict[str, Any]:
        """The parameters of the conditions below, for a query that has them."""
        return {
            "at": self.at,
            "person": self.person,
            "organisations": list(self.organisations),
            "sees_all": self.sees_all,
        }

    def owns(self, author: UUID, organisation: UUID | None) -> bool:
        """Whether a comment is the reader's own, or their organisation's."""
        return author == self.person or organisation in self.organisations


visible_to_public: LiteralString = """
    (EXISTS (SELECT FROM consultation k
              WHERE k.id = c.consultation
                AND CASE k.display
                    WHEN 'after_review' THEN c.review = 'cleared'
                    WHEN 'after_close' THEN k.status IN ('closed', 'concluded')
                                         OR k.closes_at <= %(at)s
                    ELSE true END)
     AND c.review <> 'withheld'
     AND NOT EXISTS (SELECT FROM now.comment w
                      WHERE w.id = c.id AND w.review = 'withheld'))
"""
"""Whether anybody may know of the comment `c`: by its consultation's rule of display.

What is withheld today is not shown as of any day: the past is no back door.
"""

OWN: LiteralString = """
    (c.author IS NOT DISTINCT FROM %(person)s::uuid
     OR c.organisation IS NOT NULL AND c.organisation = ANY (%(organisations)s::uuid[]))
"""
"""Whether the comment `c` is the reader's own, or their organisation's."""

SEEN: LiteralString = (
    "(%(sees_all)s::boolean OR " + OWN + " OR " + visible_to_public + ")"
)
"""Whether the reader may know of the comment `c`."""

READABLE: LiteralString = (
    "(%(sees_all)s::boolean OR "
    + OWN
    + """ OR NOT c.is_withdrawn
         AND NOT EXISTS (SELECT FROM now.comment w
                          WHERE w.id = c.id AND w.is_withdrawn))
"""
)
"""Whether the reader may read what `c` says: a withdrawn comment is only mentioned."""
