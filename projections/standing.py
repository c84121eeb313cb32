"""Whom a session stands for, and what that person may do: all in one question."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

import psycopg

from domain.log import Unavailable
from ledger.sealing import ERASED
from ledger.session import Sessions
from projections.person import EVERYWHERE


@dataclass(frozen=True, slots=True)
class Standing:
    """Somebody who is signed in: by name, with roles and with mandates in force.

    A role is held in one consultation, or in all of them (None); a mandate is an
    organisation's id and name. A person whom the tables do not know yet has neither.
    """

    session: UUID
    person: UUID
    name: str
    roles: frozenset[tuple[UUID | None, str]]
    mandates: tuple[tuple[UUID, str], ...]


# Arrays side by side: the fields of a ROW() would all come back as text.
_STANDING: LiteralString = """
    SELECT p.name,
           ARRAY(SELECT r.consultation FROM now.role r WHERE r.person = p.id
                  ORDER BY r.consultation, r.role),
           ARRAY(SELECT r.role FROM now.role r WHERE r.person = p.id
                  ORDER BY r.consultation, r.role),
           ARRAY(SELECT o.id FROM now.mandate m
                   JOIN now.organisation o ON o.id = m.organisation
                  WHERE m.person = p.id AND m.begins <= %(now)s
                    AND (m.ends IS NULL OR m.ends > %(now)s)
                  ORDER BY o.sort_key, o.id),
           ARRAY(SELECT o.name FROM now.mandate m
                   JOIN now.organisation o ON o.id = m.organisation
                  WHERE m.person = p.id AND m.begins <= %(now)s
                    AND (m.ends IS NULL OR m.ends > %(now)s)
                  ORDER BY o.sort_key, o.id)
      FROM now.person p WHERE p.id = s.person
"""


def standing_of(sessions: Sessions, token: str, now: datetime) -> Standing | None:
    """Who is behind a session's cookie; None when it is not in force, or its person has
    been erased: then it is nobody's session any more.

    Raises Unavailable while the read tables are not there, and Unreachable.
    """
    try:
        found = sessions.find(token, _STANDING, now=now)
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName) as error:
        raise Unavailable from error
    if found is None:
        return None
    session, person, (name, places, roles, organisations, names) = found
    if name is None:
        return Standing(session, person, "", frozenset(), ())
    if name == ERASED:
        return None
    held = (None if place == EVERYWHERE else place for place in places)
    return Standing(
        session,
        person,
        name,
        frozenset(zip(held, roles, strict=True)),
        tuple(zip(organisations, names, strict=True)),
    )
