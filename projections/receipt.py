"""How far an entry has come: its number, and whether the log is sealed over it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from ledger.checkpoint import Checkpoint
from ledger.envelope import Envelope
from ledger.note import Note
from ledger.proof import Proof
from ledger.tiles import Damaged, Tiles, published
from ledger.tree import BadProof, leaf_hash, verify_inclusion
from projections.reads import Reads


@dataclass(frozen=True, slots=True)
class Sealing:
    """How far the log is sealed, and what holds it up.

    `size` entries are covered by the newest checkpoint, 0 before the first, and
    `witnesses` have signed it beside the log. `alarm` is the kind of trouble, "" when
    all is well.
    """

    size: int = 0
    at: datetime | None = None
    witnesses: tuple[str, ...] = ()
    alarm: str = ""
    alarm_since: datetime | None = None


def sealing_of(reads: Reads) -> Sealing:
    """How far the log is sealed now."""
    alarms = reads.tuples("SELECT reason, since FROM tlog.alarm")
    reason, since = alarms[0] if alarms else ("", None)
    alarm = reason.partition(":")[0]
    newest = published(reads.connection)
    if newest is None:
        return Sealing(alarm=alarm, alarm_since=since)
    note = Note.parse(newest.note)
    log = Checkpoint.parse(note.text).origin
    witnesses = tuple(line.name for line in note.lines if line.name != log)
    return Sealing(newest.size, newest.published_at, witnesses, alarm, since)


@dataclass(frozen=True, slots=True)
class Numbered:
    """An event of a thing with its number in the log, and when the log recorded it."""

    version: int
    position: int
    recorded_at: datetime


def numbered(reads: Reads, thing: UUID) -> list[Numbered]:
    """The events of a thing, as far as the pages know them."""
    return reads.all(
        Numbered,
        "SELECT e.version, l.position, l.recorded_at FROM entry e"
        " JOIN log.entry l ON l.position = e.valid_from"
        " WHERE e.thing = %s ORDER BY e.valid_from",
        (thing,),
    )


def proved(reads: Reads, position: int) -> tuple[bytes, bytes, bytes] | None:
    """An entry as the tree has it, its state as stored, and the proof as a file;
    None until it is sealed.

    Raises Damaged rather than give a proof that would not hold.
    """
    newest = published(reads.connection)
    if newest is None or newest.size < position:
        return None
    rows = reads.tuples(
        "SELECT leaf, state FROM log.entry WHERE position = %s", (position,)
    )
    if not rows:
        raise Damaged("an entry is gone", position)
    leaf, state = rows[0]
    hashes = tuple(Tiles(reads.connection).inclusion(position - 1, newest.size))
    checkpoint = Checkpoint.parse(Note.parse(newest.note).text)
    try:
        verify_inclusion(
            leaf_hash(leaf), position - 1, checkpoint.size, hashes, checkpoint.root
        )
    except BadProof as error:
        raise Damaged(f"an entry can not be proved: {error}", position) from error
    if sha256(state).digest() != Envelope.parse(leaf).state:
        raise Damaged("a state is not what was recorded", position)
    return leaf, state, Proof(position - 1, hashes, newest.note).written()
