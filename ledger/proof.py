"""A proof that an entry is in the log, as one file (C2SP tlog-proof)."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from typing import Self

from ledger.checkpoint import Checkpoint
from ledger.note import LARGEST, BadNote, exact_base64, exact_number
from ledger.policy import Policy
from ledger.tree import LONGEST_PROOF, leaf_hash, verify_inclusion

HEADER = "c2sp.org/tlog-proof@v1"


@dataclass(frozen=True, slots=True)
class Proof:
    """Where an entry stands, the hashes that lead to the root, and the signed note.

    `index` counts from 0. `extra` is carried along and proves nothing.
    """

    index: int
    hashes: tuple[bytes, ...]
    note: bytes
    extra: bytes = b""

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read the file. Raises BadNote."""
        if len(data) > LARGEST:
            raise BadNote("the proof is too large")
        head, cut, note = data.partition(b"\n\n")
        try:
            lines = head.decode("ascii").split("\n")
        except UnicodeDecodeError:
            raise BadNote("the proof is not ASCII") from None
        if not cut or lines.pop(0) != HEADER:
            raise BadNote("not a proof of this form")
        extra = b""
        if lines and lines[0].startswith("extra "):
            extra = exact_base64(lines.pop(0).removeprefix("extra "))
            if not extra:
                raise BadNote("the proof has an empty extra line")
        if not lines or not lines[0].startswith("index "):
            raise BadNote("the proof has no index")
        index = exact_number(lines.pop(0).removeprefix("index "))
        hashes = tuple(map(exact_base64, lines))
        if len(hashes) > LONGEST_PROOF or any(len(hash) != 32 for hash in hashes):
            raise BadNote("the proof has too many hashes, or one that is not 32 bytes")
        return cls(index, hashes, note, extra)

    def written(self) -> bytes:
        """The file."""
        lines = [HEADER]
        if self.extra:
            lines.append(f"extra {b64encode(self.extra).decode()}")
        lines.append(f"index {self.index}")
        lines.extend(b64encode(hash).decode() for hash in self.hashes)
        return "\n".join(lines).encode() + b"\n\n" + self.note

    def check(self, entry: bytes, policy: Policy) -> Checkpoint:
        """Check that an entry's bytes are in the log that a policy trusts.

        Returns the checkpoint it was proved against. Raises BadNote for a note that is
        not to be trusted, BadProof for hashes that do not lead to its root.
        """
        checkpoint = policy.check(self.note)
        verify_inclusion(
            leaf_hash(entry), self.index, checkpoint.size, self.hashes, checkpoint.root
        )
        return checkpoint
