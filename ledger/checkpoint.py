"""Checkpoints: the size of the log and the root of its tree (C2SP tlog-checkpoint)."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from typing import Self

from ledger.note import BadNote, exact_base64, exact_number


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log says of itself: `origin` is its name, `root` 32 bytes."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a note's text. Extension lines are refused: no monitor can check them.

        Raises BadNote.
        """
        lines = text.split("\n")
        if len(lines) != 4 or lines[3] or not lines[0]:
            raise BadNote("a checkpoint has three lines")
        root = exact_base64(lines[2])
        if len(root) != 32:
            raise BadNote("the root of a checkpoint is not 32 bytes")
        return cls(lines[0], exact_number(lines[1]), root)
