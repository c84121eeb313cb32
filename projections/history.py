"""The log as an auditor reads it: every entry with who, when, and about what."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from domain.log import Entry
from projections.paged import Found, Source, Stretch, by_position, paged
from projections.reads import Reads
from projections.rows import Rows

_PLUMBING = {
    "originator_id",
    "originator_version",
    "originator_topic",
    "timestamp",
    "by",
    "passages",
    "changes",
    "placements",
}


def project(entry: Entry, rows: Rows) -> None:
    """One row an entry, with what its sentence needs."""
    event = entry.event
    kind = event.TOPIC.split(".")[0]
    rows.insert(
        "entry",
        at=event.timestamp,
        topic=event.TOPIC,
        kind=kind,
        thing=event.originator_id,
        version=event.originator_version,
        actor=event.by,
        consultation=_consultation(kind, event, rows),
        proposal=_proposal(kind, event, rows),
        detail=_detail(event),
    )


def _consultation(kind: str, event: Any, rows: Rows) -> UUID | None:
    if kind == "consultation":
        id: UUID = event.originator_id
        return id
    if kind in ("proposal", "revision", "comment", "issue", "erasure"):
        found: UUID | None = rows.get(kind, event.originator_id)["consultation"]
        return found
    named: UUID | None = getattr(event, "consultation", None)
    return named


def _proposal(kind: str, event: Any, rows: Rows) -> UUID | None:
    if kind == "proposal":
        id: UUID = event.originator_id
        return id
    if kind in ("revision", "comment", "issue"):
        found: UUID | None = rows.get(kind, event.originator_id)["proposal"]
        return found
    return None


def _detail(event: Any) -> dict[str, Any]:
    """The event's own fields, but for long texts and what is sealed in the log."""
    detail: dict[str, Any] = {}
    for name, value in vars(event).items():
        if name in event.SEALED:
            continue
        if name in _PLUMBING:
            if isinstance(value, list):
                detail[name] = len(value)
        elif isinstance(value, UUID):
            detail[name] = str(value)
        elif isinstance(value, str | int | bool | None):
            detail[name] = value if not isinstance(value, str) else value[:200]
        elif isinstance(value, list) and len(value) <= 50:
            detail[name] = [str(v) if isinstance(v, UUID) else v for v in value]
        elif isinstance(value, list):
            detail[name] = len(value)
        elif hasattr(value, "isoformat"):
            detail[name] = value.isoformat()
        elif isinstance(value, dict):
            detail[name] = {
                k: v for k, v in value.items() if k not in ("text", "marks")
            }
    return detail


@dataclass(frozen=True, slots=True)
class EntryRow:
    position: int
    at: datetime
    topic: str
    kind: str
    thing: UUID
    version: int
    actor: UUID
    consultation: UUID | None
    proposal: UUID | None
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries are asked for; what is None or empty does not narrow."""

    actors: list[UUID] | None = None
    thing: UUID | None = None
    kind: str = ""
    consultation: UUID | None = None
    within: list[UUID] | None = None
    since: datetime | None = None
    until: datetime | None = None


_COLUMNS: LiteralString = (
    "SELECT valid_from AS position, at, topic, kind, thing, version, actor,"
    " consultation, proposal, detail"
)
_ENTRY: LiteralString = _COLUMNS + " FROM entry"
_NEWEST_FIRST = by_position("valid_from", descending=True)


def entries(reads: Reads, wanted: Wanted, stretch: Stretch) -> Found[EntryRow]:
    """A page of the entries, the newest first. They are not counted: most are many."""
    conditions: list[LiteralString] = ["true"]
    # Composed, not "IS NULL OR": a plan for all cases read the whole log for some. And
    # one value is asked for as one: an index has the entries of several in no order.
    if wanted.actors is not None:
        one = len(wanted.actors) == 1
        conditions.append("actor = " + ("%(actor)s" if one else "ANY (%(actors)s)"))
    if wanted.thing:
        conditions.append("thing = %(thing)s")
    if wanted.kind:
        conditions.append("kind = %(kind)s")
    if wanted.consultation:
        conditions.append("consultation = %(consultation)s")
    if wanted.within is not None:
        one = len(wanted.within) == 1
        conditions.append(
            "consultation = " + ("%(place)s" if one else "ANY (%(within)s)")
        )
    if wanted.since:
        conditions.append("at >= %(since)s")
    if wanted.until:
        conditions.append("at < %(until)s")
    source = Source(
        _COLUMNS, " FROM entry WHERE " + " AND ".join(conditions), _NEWEST_FIRST
    )
    params = {
        "actor": next(iter(wanted.actors or ()), None),
        "actors": wanted.actors,
        "thing": wanted.thing,
        "kind": wanted.kind,
        "consultation": wanted.consultation,
        "place": next(iter(wanted.within or ()), None),
        "within": wanted.within,
        "since": wanted.since,
        "until": wanted.until,
    }
    return paged(reads, EntryRow, source, params, stretch, counted=False)


def entry_at(reads: Reads, position: int) -> EntryRow | None:
    """One entry, or None while the follower has not reached it."""
    return reads.one(EntryRow, _ENTRY + " WHERE valid_from = %s", (position,))


def entries_behind(reads: Reads, proposal: UUID, passage: UUID) -> list[EntryRow]:
    """Every entry that made a passage what it is, oldest first.

    Its draft; the changes made to it, with the review and adoption of their revisions;
    the issues behind those changes; and the comments gathered in the issues.
    """
    return reads.all(
        EntryRow,
        """
        WITH made AS (
            SELECT DISTINCT c.revision, c.issues FROM change c
              JOIN revision r ON r.id = c.revision
             WHERE c.passage = %(passage)s AND r.proposal = %(proposal)s
               AND r.state <> 'abandoned'
        ), behind AS (
            SELECT DISTINCT unnest(issues) AS issue FROM made
        )
        """
        + _ENTRY
        + """
         WHERE thing = %(proposal)s AND (topic IN ('proposal.drafted',
               'proposal.redrafted', 'proposal.published') OR topic = 'proposal.revised'
               AND (detail ->> 'revision')::uuid IN (SELECT revision FROM made))
            OR thing IN (SELECT revision FROM made) AND (topic <> 'revision.change_made'
               OR (detail -> 'change' ->> 'passage')::uuid = %(passage)s)
            OR thing IN (SELECT issue FROM behind)
            OR thing IN (SELECT g.comment FROM issue_comment g
                           JOIN behind b ON b.issue = g.issue)
         ORDER BY valid_from
         LIMIT 500
        """,
        {"proposal": proposal, "passage": passage},
    )


def names_of(reads: Reads, ids: Collection[UUID]) -> dict[UUID, tuple[str, str]]:
    """What things are called: kind of thing, and its name, title or number."""
    return {
        id: (kind, name)
        for id, kind, name in reads.tuples(
            """
            SELECT id, 'person', name FROM person WHERE id = ANY (%(ids)s)
            UNION ALL SELECT id, 'organisation', name FROM organisation
                       WHERE id = ANY (%(ids)s)
            UNION ALL SELECT id, 'consultation', title FROM consultation
                       WHERE id = ANY (%(ids)s)
            UNION ALL SELECT id, 'proposal', title FROM proposal
                       WHERE id = ANY (%(ids)s)
            UNION ALL SELECT id, 'revision', title FROM revision
                       WHERE id = ANY (%(ids)s)
            UNION ALL SELECT id, 'issue', title FROM issue WHERE id = ANY (%(ids)s)
            UNION ALL SELECT id, 'comment', position::text FROM comment
                       WHERE id = ANY (%(ids)s)
            UNION ALL SELECT id, 'erasure', position::text FROM erasure
                       WHERE id = ANY (%(ids)s)
            """,
            {"ids": list(ids)},
        )
    }


def persons_named(reads: Reads, words: str) -> list[UUID]:
    """The people whose name or organisation's name has these words in it."""
    return [
        id
        for (id,) in reads.tuples(
            """
            SELECT p.id FROM person p
             WHERE p.name ILIKE %(like)s
                OR EXISTS (SELECT FROM mandate m
                             JOIN organisation o ON o.id = m.organisation
                            WHERE m.person = p.id AND o.name ILIKE %(like)s)
             LIMIT 200
            """,
            {"like": "%" + words.replace("\\", "").replace("%", "") + "%"},
        )
    ]
