"""Proposals with every edition of their text, passage by passage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.change import apply_changes
from domain.log import Entry
from domain.proposal import Proposal
from domain.text import Mark, Passage, Text
from projections.reads import Reads
from projections.rows import Rows
from projections.table import Row


def project(entry: Entry, rows: Rows) -> None:
    """Keep proposals, versions and passages in step with one event."""
    event = entry.event
    match event:
        case Proposal.Drafted():
            rows.insert(
                "proposal",
                id=event.originator_id,
                consultation=event.consultation,
                title=event.title,
                ord=event.order,
                edition=1,
                published=0,
                is_withdrawn=False,
                source=event.source,
                reference=event.reference,
            )
            _insert_text(event, rows)
        case Proposal.Redrafted():
            proposal = event.originator_id
            rows.change("proposal", proposal, title=event.title, source=event.source)
            rows.close("version", proposal, 1)
            for row in rows.where("passage", proposal=proposal):
                rows.close("passage", proposal, row["id"], 1)
            _insert_text(event, rows)
        case Proposal.Revised():
            _revise(event, rows)
        case Proposal.Published():
            rows.change("proposal", event.originator_id, published=event.edition)
            rows.change(
                "version",
                event.originator_id,
                event.edition,
                published_at=event.timestamp,
            )
        case Proposal.Withdrawn():
            rows.change("proposal", event.originator_id, is_withdrawn=True)


def _insert_text(event: Proposal.Drafted | Proposal.Redrafted, rows: Rows) -> None:
    passages = [Passage.of(stored) for stored in event.passages]
    _insert_version(event.originator_id, 1, passages, None, event.timestamp, rows)
    for passage in passages:
        _insert_passage(event.originator_id, passage, 1, {}, None, rows)


def _revise(event: Proposal.Revised, rows: Rows) -> None:
    proposal, edition = event.originator_id, event.edition
    old = {
        row["id"]: row for row in rows.where("passage", proposal=proposal, until=None)
    }
    order = rows.get("version", proposal, edition - 1)["passages"]
    passages = apply_changes([_passage(old[id]) for id in order], event.changes)
    words = {UUID(c["passage"]): c for c in event.changes if c["op"] != "move"}
    for id in words.keys() & old.keys():
        if old[id]["since"] < edition:
            rows.change("passage", proposal, id, old[id]["since"], until=edition)
    for passage in passages:
        if change := words.get(passage.id):
            _insert_passage(proposal, passage, edition, change, event.revision, rows)
    _insert_version(proposal, edition, passages, event.revision, event.timestamp, rows)
    rows.change("proposal", proposal, edition=edition)


def _insert_version(
    proposal: UUID,
    edition: int,
    passages: Sequence[Passage],
    revision: UUID | None,
    made_at: datetime,
    rows: Rows,
) -> None:
    rows.insert(
        "version",
        proposal=proposal,
        edition=edition,
        passages=[passage.id for passage in passages],
        words=sum(len(passage.text.split()) for passage in passages),
        revision=revision,
        made_at=made_at,
    )


def _insert_passage(
    proposal: UUID,
    passage: Passage,
    edition: int,
    change: Mapping[str, Any],
    revision: UUID | None,
    rows: Rows,
) -> None:
    rows.insert(
        "passage",
        proposal=proposal,
        id=passage.id,
        since=edition,
        kind=passage.kind,
        level=passage.level,
        text=passage.text,
        marks=passage.stored()["marks"],
        revision=revision,
        change=UUID(change["id"]) if change.get("id") else None,
    )


def _passage(row: Row) -> Passage:
    return Passage(
        row["id"],
        row["kind"],
        row["level"],
        row["text"],
        tuple(Mark(*mark) for mark in row["marks"]),
    )


@dataclass(frozen=True, slots=True)
class ProposalRow:
    id: UUID
    consultation: UUID
    title: str
    ord: int
    edition: int
    published: int
    is_withdrawn: bool
    source: str


_COLUMNS = "id, consultation, title, ord, edition, published, is_withdrawn, source"


def proposal_by_id(reads: Reads, id: UUID) -> ProposalRow | None:
    """One proposal, or None."""
    return reads.one(
        ProposalRow, "SELECT " + _COLUMNS + " FROM proposal WHERE id = %s", (id,)
    )


def proposals_of(reads: Reads, consultation: UUID) -> list[ProposalRow]:
    """A consultation's proposals in their order, drafts and withdrawn ones included."""
    return reads.all(
        ProposalRow,
        "SELECT "
        + _COLUMNS
        + " FROM proposal WHERE consultation = %s ORDER BY ord, id",
        (consultation,),
    )


def withdrawal_of(reads: Reads, proposal: UUID) -> tuple[datetime, str] | None:
    """When a proposal was withdrawn and the reason, or None while it stands."""
    found = reads.tuples(
        "SELECT at, coalesce(detail ->> 'reason', '') FROM entry"
        " WHERE thing = %s AND topic = 'proposal.withdrawn'",
        (proposal,),
    )
    return (found[0][0], found[0][1]) if found else None


@dataclass(frozen=True, slots=True)
class VersionRow:
    edition: int
    passages: list[UUID]
    words: int
    revision: UUID | None
    made_at: datetime
    published_at: datetime | None


def versions_of(reads: Reads, proposal: UUID) -> list[VersionRow]:
    """Every edition of a proposal, oldest first, those not published yet included."""
    return reads.all(
        VersionRow,
        "SELECT edition, passages, words, revision, made_at, published_at FROM version"
        " WHERE proposal = %s ORDER BY edition",
        (proposal,),
    )


@dataclass(frozen=True, slots=True)
class EditionRow:
    """An edition without its text, which can be long."""

    edition: int
    words: int
    passages: int
    """How many it has."""
    revision: UUID | None
    made_at: datetime
    published_at: datetime | None
    as_of: int
    """The entry that the row is as of."""


def editions_of(reads: Reads, proposal: UUID) -> list[EditionRow]:
    """Every edition of a proposal, oldest first, those not published yet included."""
    return reads.all(
        EditionRow,
        "SELECT edition, words, cardinality(passages) AS passages, revision, made_at,"
        " published_at, valid_from AS as_of FROM version"
        " WHERE proposal = %s ORDER BY edition",
        (proposal,),
    )


def passages_of(reads: Reads, proposal: UUID, edition: int) -> Text:
    """The text of one edition, in reading order; empty where there is none.

    It is read once in a process: what tells one text of an edition from another is the
    entry that its version is as of, and the tables that say so.
    """
    as_of = reads.value(
        "SELECT valid_from FROM version WHERE proposal = %s AND edition = %s",
        (proposal, edition),
    )
    return Text() if as_of is None else _text(reads, proposal, edition, as_of)


def text_of(reads: Reads, proposal: UUID, row: EditionRow) -> Text:
    """The text of an edition that is at hand, in reading order."""
    return _text(reads, proposal, row.edition, row.as_of)


def _text(reads: Reads, proposal: UUID, edition: int, as_of: int) -> Text:
    key = proposal, edition, reads.generation, as_of
    text = reads.texts.find(key)
    if text is None:
        text = _read(reads, {"proposal": proposal, "edition": edition})
        reads.texts.keep(key, text)
    return text


def _read(reads: Reads, asked: Mapping[str, Any]) -> Text:
    order = reads.value(
        "SELECT passages FROM version"
        " WHERE proposal = %(proposal)s AND edition = %(edition)s",
        asked,
    )
    # Not joined in SQL: right after a large import the planner knows too little about
    # the tables, and goes through all passages once for each of them. And without the
    # marks of those that have none: to read so many empty lists takes most of the time.
    texts = {
        id: Passage(id, kind, level, text, tuple(Mark(*mark) for mark in marks or ()))
        for id, kind, level, text, marks in reads.tuples(
            "SELECT id, kind, level, text, nullif(marks, '[]') FROM passage"
            " WHERE proposal = %(proposal)s AND since <= %(edition)s"
            " AND (until IS NULL OR until > %(edition)s)",
            asked,
        )
    }
    return Text(texts[id] for id in order)
