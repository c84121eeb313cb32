"""Carrying out an erasure that two have decided: one way, for pages and commands.

Whatever is interrupted, it is called again: by every web process now and then, by
`samrad erase finish`, and when somebody who may decide opens the erasure's page.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from threading import Event
from uuid import UUID

import structlog

from domain.erasing import carry_out
from domain.erasure import Erasure
from domain.log import SYSTEM, Log, Receipt, Refused
from ledger.sealing import ERASED
from ledger.session import Sessions, Unreachable
from projections.erasure import decided_erasures
from projections.person import person_by_id
from projections.reads import ReadPool

logger = structlog.get_logger("erasing")

EVERY = 30.0
"""Seconds between two looks."""


def finish(
    log: Log,
    reads: ReadPool,
    sessions: Sessions,
    *,
    id: UUID,
    decision: int,
    by: UUID = SYSTEM,
    now: datetime,
) -> Receipt:
    """Destroy the keys, record that, and sign the person out of everything.

    `decision` is the position of the second approval. Raises what `carry_out` raises.
    """
    erasure = log.look(Erasure, id)
    email = _email(reads, erasure.target) if erasure.kind == "person" else ""
    receipt = carry_out(
        log, id=id, decision=decision, destroy=log.destroy_key, by=by, now=now
    )
    if erasure.kind == "person":
        # A session left over is nobody's: see projections/standing.py.
        with suppress(Unreachable):
            sessions.forget(erasure.target, email)
    return receipt


def finish_all(
    log: Log, reads: ReadPool, sessions: Sessions, *, now: datetime
) -> list[UUID]:
    """Carry out everything that was decided and then interrupted; returns what is done.

    What a hold has come over waits until it is lifted.
    """
    with reads() as asked:
        decided = decided_erasures(asked)
    done = []
    for id, decision in decided:
        with suppress(Refused):
            finish(log, reads, sessions, id=id, decision=decision, now=now)
            done.append(id)
    return done


def keep_finishing(log: Log, reads: ReadPool, sessions: Sessions, stop: Event) -> None:
    """Look now and then for erasures that were interrupted, until told to stop.

    Several processes may do so at once: each step can be done again.
    """
    while not stop.wait(EVERY):
        try:
            done = finish_all(log, reads, sessions, now=datetime.now(UTC))
        except Exception as error:
            logger.warning("erasures not finished", reason=type(error).__name__)
        else:
            if done:
                logger.info("erasures finished", erasures=[str(id) for id in done])


def _email(reads: ReadPool, person: UUID) -> str:
    """The address, while the pages still know it: links are found by nothing else."""
    with reads() as asked:
        found = person_by_id(asked, person)
    return found.email if found and found.email != ERASED else ""
