"""Erasures: what is asked for, decided, held back, and what has been erased."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from domain.comment import Comment
from domain.erasure import APPROVALS, Erasure
from domain.hold import Holdable
from domain.log import Entry
from domain.person import Person
from projections.paged import Found, Source, Stretch, by_position, paged
from projections.reads import Reads
from projections.rows import Rows


def project(entry: Entry, rows: Rows) -> None:
    """Keep erasures, holds and what is erased in step with one event."""
    event = entry.event
    match event:
        case Holdable.HoldPlaced():
            rows.insert(
                "hold",
                thing=event.originator_id,
                kind=_kind_of(event),
                reason=event.reason,
                decision_ref=event.decision_ref,
                placed_by=event.by,
                placed_at=event.timestamp,
            )
        case Holdable.HoldLifted():
            rows.close("hold", event.originator_id)
        case Erasure.Requested():
            rows.insert(
                "erasure",
                id=event.originator_id,
                position=entry.position,
                kind=event.kind,
                target=event.target,
                comments=event.comments,
                consultation=event.consultation,
                ground=event.ground,
                decision_ref=event.decision_ref,
                note=event.note,
                state="requested",
                requested_by=event.by,
                requested_at=event.timestamp,
                approvers=[],
                basis="",
                reason="",
            )
        case Erasure.Approved():
            _approve(event, entry.position, rows)
        case Erasure.Refused():
            rows.change(
                "erasure",
                event.originator_id,
                state="refused",
                basis=event.basis,
                reason=event.reason,
                refused_by=event.by,
                refused_at=event.timestamp,
            )
        case Erasure.CarriedOut():
            rows.change(
                "erasure",
                event.originator_id,
                state="carried_out",
                carried_out_at=event.timestamp,
            )
        case Person.Erased() | Comment.Erased():
            erasure = rows.get("erasure", event.erasure)
            rows.insert(
                "erased",
                thing=event.originator_id,
                kind=_kind_of(event),
                erasure=event.erasure,
                at=event.timestamp,
                ground=erasure["ground"],
                decision_ref=erasure["decision_ref"],
                approvers=erasure["approvers"],
            )


def _kind_of(event: Any) -> str:
    kind: str = event.TOPIC.partition(".")[0]
    return kind


def _approve(event: Erasure.Approved, position: int, rows: Rows) -> None:
    approvers = [*rows.get("erasure", event.originator_id)["approvers"], event.by]
    values: dict[str, Any] = {
        "approvers": approvers,
        "decision_ref": event.decision_ref,
    }
    if len(approvers) == APPROVALS:
        values |= {
            "state": "decided",
            "decision": position,
            "decided_at": event.timestamp,
        }
    rows.change("erasure", event.originator_id, **values)


@dataclass(frozen=True, slots=True)
class ErasureRow:
    """A request for an erasure and what has become of it."""

    id: UUID
    position: int
    """Of the request: the number that it is cited by."""
    kind: str
    target: UUID
    comments: list[UUID]
    """Those private comments of a person that go too."""
    consultation: UUID | None
    ground: str
    decision_ref: str
    note: str
    state: str
    """requested, decided, refused or carried_out."""
    requested_by: UUID
    requested_at: datetime
    approvers: list[UUID]
    decision: int | None
    """The position of the approval that decided it: what `carry_out` is handed."""
    decided_at: datetime | None
    basis: str
    reason: str
    refused_by: UUID | None
    refused_at: datetime | None
    carried_out_at: datetime | None


_COLUMNS: LiteralString = """
    SELECT id, position, kind, target, comments, consultation, ground, decision_ref,
           note, state, requested_by, requested_at, approvers, decision, decided_at,
           basis, reason, refused_by, refused_at, carried_out_at
"""
_ERASURE: LiteralString = _COLUMNS + " FROM erasure"


def erasure_by_id(reads: Reads, id: UUID) -> ErasureRow | None:
    """One request, or None."""
    return reads.one(ErasureRow, _ERASURE + " WHERE id = %s", (id,))


def erasures(
    reads: Reads,
    consultations: Collection[UUID] | None,
    stretch: Stretch,
    *,
    waiting: bool,
) -> Found[ErasureRow]:
    """A page of requests: those that wait for a decision or to be carried out, the
    oldest first, or those that are settled, the newest first.

    Of comments in some consultations only, or of everything, people too (None).
    """
    states: LiteralString = "('requested', 'decided')"
    if not waiting:
        states = "('refused', 'carried_out')"
    source = Source(
        _COLUMNS,
        " FROM erasure WHERE state IN "
        + states
        + " AND (%(all)s::boolean OR consultation = ANY (%(in)s::uuid[]))",
        by_position("position", descending=not waiting),
    )
    params = {"all": consultations is None, "in": list(consultations or ())}
    return paged(reads, ErasureRow, source, params, stretch)


def erasures_of(reads: Reads, thing: UUID) -> list[ErasureRow]:
    """Every request that a person or a comment be erased, the newest first."""
    return reads.all(
        ErasureRow,
        _ERASURE
        + " WHERE target = %(thing)s OR comments @> ARRAY[%(thing)s::uuid]"
        + " ORDER BY position DESC",
        {"thing": thing},
    )


def decided_erasures(reads: Reads) -> list[tuple[UUID, int]]:
    """Those to be carried out, with the positions of their decisions, oldest first."""
    return [
        (id, decision)
        for id, decision in reads.tuples(
            "SELECT id, decision FROM erasure WHERE state = 'decided' ORDER BY decision"
        )
    ]


@dataclass(frozen=True, slots=True)
class ErasedRow:
    """Something that has been erased: when, why, and by whose decision."""

    thing: UUID
    kind: str
    erasure: UUID
    at: datetime
    ground: str
    decision_ref: str
    approvers: list[UUID]


def erased_among(reads: Reads, things: Collection[UUID]) -> dict[UUID, ErasedRow]:
    """Those of some things that have been erased, whatever day is looked at."""
    found = reads.all(
        ErasedRow,
        "SELECT thing, kind, erasure, at, ground, decision_ref, approvers"
        " FROM now.erased WHERE thing = ANY (%s)",
        (list(things),),
    )
    return {row.thing: row for row in found}


@dataclass(frozen=True, slots=True)
class HoldRow:
    """A hold that stands."""

    thing: UUID
    kind: str
    reason: str
    decision_ref: str
    placed_by: UUID
    placed_at: datetime


_HOLD: LiteralString = (
    "SELECT thing, kind, reason, decision_ref, placed_by, placed_at FROM hold"
)


def holds_on(reads: Reads, things: Collection[UUID]) -> dict[UUID, HoldRow]:
    """The holds that stand on things themselves, by thing."""
    found = reads.all(HoldRow, _HOLD + " WHERE thing = ANY (%s)", (list(things),))
    return {row.thing: row for row in found}


def holds_against(reads: Reads, erasure: ErasureRow) -> list[HoldRow]:
    """The holds that an erasure has to wait for: on what is to go, or on its round."""
    return reads.all(
        HoldRow,
        _HOLD
        + """
         WHERE thing = ANY (%(things)s)
            OR thing IN (SELECT consultation FROM comment WHERE id = ANY (%(things)s))
         ORDER BY placed_at, thing
        """,
        {"things": [erasure.target, *erasure.comments]},
    )


@dataclass(frozen=True, slots=True)
class PrivateCommentRow:
    """A comment that somebody made as a private person, and that can go with them."""

    id: UUID
    number: int
    consultation: UUID
    title: str
    """Of the consultation."""
    text: str
    is_withdrawn: bool
    is_held: bool
    """By a hold of its own or of its consultation."""


def private_comments_of(reads: Reads, person: UUID) -> list[PrivateCommentRow]:
    """What somebody has said as a private person and is not erased, oldest first."""
    return reads.all(
        PrivateCommentRow,
        """
        SELECT c.id, c.position AS number, c.consultation, k.title, c.text,
               c.is_withdrawn,
               EXISTS (SELECT FROM hold h WHERE h.thing IN (c.id, c.consultation))
                   AS is_held
          FROM comment c JOIN consultation k ON k.id = c.consultation
         WHERE c.author = %s AND c.organisation IS NULL AND NOT c.is_erased
         ORDER BY c.position
        """,
        (person,),
    )
