"""When the whole log was checked, what came of it, and what is signed of it."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC, datetime

from ledger.audit import Audit, last_audit, waiting_audit
from ledger.checkpoint import Checkpoint
from ledger.note import Note
from ledger.spoken import spoken
from ledger.tiles import published
from projections.reads import Reads
from projections.receipt import sealing_of

COSIGNATURE_LENGTH = 72
"""Bytes of a witness's signature: the first eight are the time."""


@dataclass(frozen=True, slots=True)
class Signed:
    """The newest checkpoint; `witnesses` are names, with when they say they signed."""

    size: int
    root: str
    words: str
    published_at: datetime
    witnesses: tuple[tuple[str, datetime | None], ...]


@dataclass(frozen=True, slots=True)
class Checking:
    """The check under way, the last one, and the last that passed; and the alarm."""

    waiting: Audit | None
    last: Audit | None
    passed: Audit | None
    signed: Signed | None
    alarm: str
    alarm_since: datetime | None


def checking_of(reads: Reads) -> Checking:
    """How it stands with the checks of the log."""
    sealing = sealing_of(reads)
    connection = reads.connection
    return Checking(
        waiting_audit(connection),
        last_audit(connection),
        last_audit(connection, sound=True),
        _signed(reads),
        sealing.alarm,
        sealing.alarm_since,
    )


def _signed(reads: Reads) -> Signed | None:
    newest = published(reads.connection)
    if newest is None:
        return None
    note = Note.parse(newest.note)
    checkpoint = Checkpoint.parse(note.text)
    return Signed(
        checkpoint.size,
        b64encode(checkpoint.root).decode(),
        spoken(checkpoint.root),
        newest.published_at,
        tuple(
            (line.name, _time(line.signature))
            for line in note.lines
            if line.name != checkpoint.origin
        ),
    )


def _time(signature: bytes) -> datetime | None:
    if len(signature) != COSIGNATURE_LENGTH:
        return None
    try:
        return datetime.fromtimestamp(int.from_bytes(signature[:8], "big"), UTC)
    except (ValueError, OverflowError, OSError):
        return None
