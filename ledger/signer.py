"""Signs the log's checkpoints, and never two histories.

It runs as a process of its own with the only copy of the key, trusts nobody's word for
what the log was, and remembers what it has signed outside the database: a restored
backup, a rewritten tree or a smaller one is refused, whoever asks.
"""

from __future__ import annotations

from collections.abc import Sequence

from ledger.checkpoint import Checkpoint
from ledger.desk import Answer
from ledger.memory import Forked, Memory, Stale
from ledger.note import ED25519, BadNote, Signer
from ledger.submission import Submission
from ledger.tree import BadProof

PATH = "/sign"
SIZE = "text/x.tlog.size"
"""The type of an answer that tells the last signed size (tlog-witness)."""


class LogSigner:
    """Keys of one log, and the memory of what they have signed.

    There are two keys while a new one takes over from an old one: both then sign.
    """

    def __init__(self, keys: Sequence[Signer], memory: Memory) -> None:
        """Raises ValueError for keys of several logs, or of a witness."""
        names = {key.name for key in keys}
        if len(names) != 1 or any(key.kind != ED25519 for key in keys):
            raise ValueError("the signer takes keys of one log")
        if len({key.seed for key in keys}) != len(keys):
            raise ValueError("the signer was given the same key twice")
        [self.origin] = names
        self._keys = tuple(keys)
        self._memory = memory

    def answer(self, body: bytes) -> Answer:
        """The signature lines for an unsigned checkpoint, or why there are none.

        400 for what is no request, 403 for another log, 409 with the last signed size
        when the request builds on another, 409 without it for another root of the same
        size, 422 for a proof that does not hold.
        """
        try:
            asked = Submission.parse(body)
            new = Checkpoint.parse(asked.note.decode("utf-8"))
        except (BadNote, UnicodeDecodeError) as error:
            return Answer(400, f"{error}\n")
        if new.origin != self.origin:
            return Answer(403, "this is another log\n")
        if asked.old > new.size:
            return Answer(400, "the old size is larger than the new one\n")
        try:
            self._memory.advance(asked.old, asked.proof, new)
        except Stale as stale:
            return Answer(409, f"{stale.size}\n", SIZE)
        except Forked:
            return Answer(409, "another root of this size is signed\n")
        except BadProof as error:
            return Answer(422, f"{error}\n")
        return Answer(200, "".join(key.line(new.text) for key in self._keys))
