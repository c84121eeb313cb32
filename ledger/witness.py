"""Another organisation's word that a log has only grown (C2SP tlog-witness).

Needs nothing of Samråd but these formats: a key, a memory and the logs that it knows.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from ledger.checkpoint import Checkpoint
from ledger.desk import Answer
from ledger.memory import Forked, Memory, Stale
from ledger.note import COSIGNATURE, ED25519, BadNote, Note, Signer, Verifier
from ledger.signer import SIZE
from ledger.submission import Submission
from ledger.tree import BadProof

PATH = "/add-checkpoint"


class Witness:
    """A witness of some logs."""

    def __init__(
        self,
        key: Signer,
        memory: Memory,
        logs: Iterable[Verifier],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`logs` are their keys; a log may have two while one takes over."""
        self._key = key
        self._memory = memory
        self._clock = clock
        self._logs: dict[str, list[Verifier]] = {}
        for log in logs:
            if log.kind != ED25519:
                raise ValueError(f"{log.name} is not the key of a log")
            self._logs.setdefault(log.name, []).append(log)
        if key.kind != COSIGNATURE:
            raise ValueError(f"{key.name} is not the key of a witness")

    def answer(self, body: bytes) -> Answer:
        """The cosignature of a checkpoint, or why there is none: add-checkpoint."""
        try:
            asked = Submission.parse(body)
            note = Note.parse(asked.note)
            new = Checkpoint.parse(note.text)
        except BadNote as error:
            return Answer(400, f"{error}\n")
        if new.origin not in self._logs:
            return Answer(404, "this log is not known here\n")
        if not any(_has_signed(log, note) for log in self._logs[new.origin]):
            return Answer(403, "no key of the log has signed this\n")
        if asked.old > new.size:
            return Answer(400, "the old size is larger than the new one\n")
        try:
            now = self._memory.advance(asked.old, asked.proof, new, int(self._clock()))
        except Stale as stale:
            return Answer(409, f"{stale.size}\n", SIZE)
        except Forked:
            return Answer(409, "another root of this size is cosigned\n")
        except BadProof as error:
            return Answer(422, f"{error}\n")
        return Answer(200, self._key.line(new.text, now))


def _has_signed(log: Verifier, note: Note) -> bool:
    try:
        note.by(log)
    except BadNote:
        return False
    return True
