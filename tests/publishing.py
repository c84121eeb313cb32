"""Checkpoints published by hand, with keys that are the same in every run."""

from __future__ import annotations

import psycopg

from ledger.alarm import Alarm, raise_alarm
from ledger.checkpoint import Checkpoint
from ledger.note import sign
from ledger.policy import Policy
from ledger.tiles import integrate
from tests.ledger.keys import log_key, witness_key

LOG, WITNESS = log_key(), witness_key(1)
POLICY_TEXT = f"log {LOG.verifier}\nwitness one {WITNESS.verifier}\nquorum one\n"
POLICY = Policy.parse(POLICY_TEXT)
SIGNED_AT = 1_800_000_000

_AS_NOTARY = "-c role=samrad_notary"


def publish(database: str) -> int:
    """Have everything recorded so far signed and published; returns the log's size."""
    with psycopg.connect(database, autocommit=True, options=_AS_NOTARY) as notary:
        size, root = integrate(notary)
        note = sign(Checkpoint(LOG.name, size, root).text, [LOG, WITNESS], SIGNED_AT)
        notary.execute(
            "INSERT INTO tlog.checkpoint (size, note) VALUES (%s, %s)", (size, note)
        )
    return size


def alarm(database: str, alarm: Alarm) -> None:
    """Have something be wrong."""
    with psycopg.connect(database, autocommit=True, options=_AS_NOTARY) as notary:
        raise_alarm(notary, alarm)
