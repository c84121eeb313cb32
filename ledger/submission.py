"""What is posted to a signer or a witness to have a checkpoint signed.

The request of C2SP tlog-witness: the size that was signed last, the proof that the new
tree begins with it, an empty line, and the checkpoint. Read as strictly as a note.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from typing import Self

from ledger.note import LARGEST, BadNote, exact_base64, exact_number

MOST_HASHES = 63
"""Lines of proof that are read (tlog-witness)."""

LARGEST_SUBMISSION = LARGEST + 64 * 64
"""Bytes: a note, and the lines before it."""


@dataclass(frozen=True, slots=True)
class Submission:
    """The size that was signed last, the proof from there, and the new checkpoint.

    `note` is a signed note for a witness, and the unsigned three lines for the signer.
    """

    old: int
    proof: tuple[bytes, ...]
    note: bytes

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a request's body. Raises BadNote."""
        if len(data) > LARGEST_SUBMISSION:
            raise BadNote("the request is too large")
        head, cut, note = data.partition(b"\n\n")
        try:
            first, *hashes = head.decode("ascii").split("\n")
        except UnicodeDecodeError:
            raise BadNote("the request is not ASCII before the checkpoint") from None
        if not cut or not first.startswith("old "):
            raise BadNote("not a request of this form")
        if len(hashes) > MOST_HASHES:
            raise BadNote("the proof is too long")
        proof = tuple(map(exact_base64, hashes))
        if any(len(hash) != 32 for hash in proof):
            raise BadNote("a hash is not 32 bytes")
        return cls(exact_number(first.removeprefix("old ")), proof, note)

    def written(self) -> bytes:
        """The request's body."""
        hashes = [b64encode(hash).decode() for hash in self.proof]
        return "\n".join([f"old {self.old}", *hashes]).encode() + b"\n\n" + self.note
