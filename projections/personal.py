"""Everything that is held on one person, for that person to have."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from domain.log import Log
from projections.reads import Reads

Held = dict[str, list[dict[str, Any]]]

_PARTS: dict[str, LiteralString] = {
    "person": "SELECT id, name, email, public_name FROM person WHERE id = %(person)s",
    "roles": """
        SELECT r.role, c.title AS consultation
          FROM role r LEFT JOIN consultation c ON c.id = r.consultation
         WHERE r.person = %(person)s ORDER BY c.title NULLS FIRST, r.role
    """,
    "mandates": """
        SELECT o.name AS organisation, m.begins, m.ends
          FROM mandate m JOIN organisation o ON o.id = m.organisation
         WHERE m.person = %(person)s ORDER BY m.begins, o.sort_key, o.id
    """,
    "comments": """
        SELECT c.position AS number, c.id, k.title AS consultation,
               p.title AS proposal, c.edition AS version, c.passage, c.quote, c.kind,
               c.text, c.wording, o.name AS organisation, c.submitted_at,
               c.amended_at, c.is_withdrawn, c.review, c.withheld, c.unpublished,
               c.secrecy, c.is_erased, c.themes, c.reference
          FROM comment c
          JOIN consultation k ON k.id = c.consultation
          JOIN proposal p ON p.id = c.proposal
          LEFT JOIN organisation o ON o.id = c.organisation
         WHERE c.author = %(person)s ORDER BY c.position
    """,
    "erasures": """
        SELECT position AS number, id, kind, target, comments, ground, decision_ref,
               note, state, requested_by, requested_at, approvers, decided_at, basis,
               reason, refused_by, refused_at, carried_out_at
          FROM erasure
         WHERE target = %(person)s OR requested_by = %(person)s
            OR target IN (SELECT id FROM comment WHERE author = %(person)s)
         ORDER BY position
    """,
    "entries": """
        SELECT valid_from AS position, at, topic, thing, version, actor, consultation,
               proposal, detail
          FROM entry
         WHERE actor = %(person)s OR thing = %(person)s
            OR thing IN (SELECT id FROM comment WHERE author = %(person)s)
         ORDER BY valid_from
    """,
}


def held_on(reads: Reads, log: Log, person: UUID) -> Held:
    """What is held on a person, by part, in plain values that can be written as JSON.

    `person`, `roles` and `mandates` are as they stand; `comments` are those the person
    has written, for an organisation too; `erasures` are requests about or by them;
    `entries` are the log's by or about them; and `events` are all that happened to the
    person and their comments, whole, with every earlier name and wording.
    """
    parts = {
        part: [_plain(row) for row in reads.dicts(query, {"person": person})]
        for part, query in _PARTS.items()
    }
    things = [person, *(UUID(comment["id"]) for comment in parts["comments"])]
    return {**parts, "events": list(_events(log, things))}


def _events(log: Log, things: list[UUID]) -> Iterator[dict[str, Any]]:
    for thing in things:
        for event in log.history(thing):
            yield _plain({"topic": event.TOPIC, **vars(event)})


def _plain(value: Any) -> Any:
    match value:
        case UUID():
            return str(value)
        case datetime():
            return value.isoformat()
        case dict():
            return {name: _plain(each) for name, each in value.items()}
        case list() | tuple():
            return [_plain(each) for each in value]
    return value
