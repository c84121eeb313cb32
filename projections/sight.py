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
    `reads_secrets` is for those who read what is marked secret there: the secretariat
    and auditors.
    """

    at: datetime
    person: UUID | None = None
    organisations: tuple[UUID, ...] = ()
    sees_all: bool = False
    reads_secrets: bool = False

    @property
    def params(self) -> dict[str, Any]:
        """The parameters of the conditions below, for a query that has them."""
        return {
            "at": self.at,
            "person": self.person,
            "organisations": list(self.organisations),
            "sees_all": self.sees_all,
            "reads_secrets": self.reads_secrets,
        }

    def owns(self, author: UUID, organisation: UUID | None) -> bool:
        """Whether a comment is the reader's own, or their organisation's."""
        return author == self.person or organisation in self.organisations


_TODAY: LiteralString = """
     AND NOT EXISTS (SELECT FROM now.comment w
                      WHERE w.id = c.id
                        AND (w.review = 'withheld' OR w.unpublished <> ''))
"""

visible_to_public: LiteralString = (
    """
    (EXISTS (SELECT FROM consultation k
              WHERE k.id = c.consultation
                AND CASE k.display
                    WHEN 'after_review' THEN c.review = 'cleared'
                    WHEN 'after_close' THEN k.status IN ('closed', 'concluded')
                                         OR k.closes_at <= %(at)s
                    ELSE true END)
     AND c.review <> 'withheld' AND c.unpublished = ''
"""
    + _TODAY
    + ")"
)
"""Whether anybody may know of the comment `c`: by its consultation's rule of display.

What is withheld or taken down today is not shown as of any day: the past is no back
door.
"""

COUNTED: LiteralString = """
    (NOT c.is_withdrawn AND c.unpublished = ''
     AND NOT EXISTS (SELECT FROM now.comment w
                      WHERE w.consultation = c.consultation
                        AND w.position = c.position AND w.unpublished <> ''))
"""
"""Whether public figures count the comment `c`: also when it is not shown yet. Asked by
what the indexes to count by have in them."""

ANSWERED: LiteralString = """
    (i.published_at IS NOT NULL AND i.unpublished = ''
     AND NOT EXISTS (SELECT FROM now.issue w
                      WHERE w.id = i.id AND w.unpublished <> ''))
"""
"""Whether the public reads the answer of the issue `i`, today and as of that day."""

OWN: LiteralString = """
    (c.author IS NOT DISTINCT FROM %(person)s::uuid
     OR c.organisation IS NOT NULL AND c.organisation = ANY (%(organisations)s::uuid[]))
"""
"""Whether the comment `c` is the reader's own, or their organisation's."""

SEEN: LiteralString = (
    "(%(sees_all)s::boolean OR " + OWN + " OR " + visible_to_public + ")"
)
"""Whether the reader may know of the comment `c`."""

_READABLE: LiteralString = (
    "("
    + OWN
    + """ OR (%(sees_all)s::boolean OR NOT c.is_withdrawn)
         AND (%(reads_secrets)s::boolean OR c.secrecy = '')
"""
)

READABLE: LiteralString = (
    _READABLE
    + """
         AND NOT EXISTS (SELECT FROM now.comment w
                          WHERE w.id = c.id
                            AND (NOT %(sees_all)s::boolean AND w.is_withdrawn
                                 OR NOT %(reads_secrets)s::boolean
                                    AND w.secrecy <> '')))
"""
)
"""Whether the reader may read what `c` says: to others a comment that is withdrawn, or
marked secret, is only mentioned. What is secret today is so as of any day."""

OF_PROPOSAL: LiteralString = (
    "(SELECT p.consultation FROM proposal p WHERE p.id = %(proposal)s)"
)


def seen_in(consultation: LiteralString, moment: int | None) -> LiteralString:
    """SEEN, where all comments asked about are of one consultation.

    Its rule is then looked up once and not for each of them; and what stands now is not
    compared with itself.
    """
    return (
        "(%(sees_all)s::boolean OR "
        + OWN
        + """ OR c.review <> 'withheld' AND c.unpublished = '' AND CASE (
            SELECT CASE k.display
                   WHEN 'after_review' THEN 'cleared'
                   WHEN 'after_close' THEN
                        CASE WHEN k.status IN ('closed', 'concluded')
                               OR k.closes_at <= %(at)s
                             THEN 'all' ELSE 'none' END
                   ELSE 'all' END
              FROM consultation k WHERE k.id =
"""
        + consultation
        + """) WHEN 'all' THEN true WHEN 'cleared' THEN c.review = 'cleared'
               ELSE false END
"""
        + ("" if moment is None else _TODAY)
        + ")"
    )


def readable(moment: int | None) -> LiteralString:
    """READABLE, as of a moment; what stands now is not compared with itself."""
    return READABLE if moment is not None else _READABLE + ")"


def counted_at(moment: int | None) -> LiteralString:
    """COUNTED, as of a moment; what stands now is not compared with itself."""
    return (
        COUNTED if moment is not None else "(NOT c.is_withdrawn AND c.unpublished = '')"
    )
