"""What a signer or a witness has signed last, kept where no database can roll it back.

One small file: for each log its name, size, root and, of a witness, the time. It is
read anew and written under a lock, so that several processes may share it; the new one
is on the disk before anything is answered. A file that is missing or can not be read
is never taken for an empty one: who has forgotten would sign a second history.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ledger.checkpoint import Checkpoint
from ledger.note import BadNote, exact_number
from ledger.tree import EMPTY_ROOT, BadProof, verify_consistency

HEADER = "samrad.memory.v1"
OURS_ALONE = 0o600


class BadMemory(Exception):
    """A memory that is not there, or that holds something else; never guessed at."""


class Stale(Exception):
    """Another size was signed last: `size`."""

    def __init__(self, size: int) -> None:
        super().__init__(f"the last signed size is {size}")
        self.size = size


class Forked(Exception):
    """A tree of the size that was signed last, with another root."""


@dataclass(frozen=True, slots=True)
class Signed:
    """The last signed checkpoint of a log, and the time that was signed with it."""

    checkpoint: Checkpoint
    time: int = 0


class Memory:
    """The last signed checkpoint of each log, in a file."""

    def __init__(self, file: Path) -> None:
        """Open what `create` has made. Raises BadMemory."""
        # Replacing a link to it would leave the memory itself behind.
        self.file = file.resolve()
        self._read()

    @classmethod
    def create(cls, file: Path) -> Memory:
        """A new memory, of one who has never signed. Raises FileExistsError."""
        file = file.resolve()
        with _locked(file):
            if file.exists():
                raise FileExistsError(f"{file} is there already")
            _write(file, {})
        return cls(file)

    def last(self, origin: str) -> Signed:
        """What was signed last for a log; a tree without leaves if nothing was."""
        return self._read().get(origin) or _nothing(origin)

    def advance(
        self, old: int, proof: Sequence[bytes], new: Checkpoint, time: int = 0
    ) -> int:
        """Remember a checkpoint that may be signed now; safe on the disk on return.

        `old` is the size that was signed last, `proof` the consistency proof from
        there. Returns the time to sign with: `time`, or the last one if that is later,
        for a clock that was set back. Raises Stale, Forked or BadProof and remembers
        nothing; OSError when the disk refuses.
        """
        with _locked(self.file):
            known = self._read()
            last = known.get(new.origin) or _nothing(new.origin)
            before = last.checkpoint
            if old != before.size:
                raise Stale(before.size)
            if new.size == before.size and new.root != before.root:
                if new.size == 0:
                    raise BadProof("the root is not that of an empty tree")
                raise Forked
            verify_consistency(before.size, new.size, proof, before.root, new.root)
            signed = Signed(new, max(time, last.time))
            if signed != last:
                _write(self.file, known | {new.origin: signed})
            return signed.time

    def _read(self) -> dict[str, Signed]:
        try:
            lines = self.file.read_bytes().decode("utf-8").split("\n")
        except FileNotFoundError:
            raise BadMemory(
                f"{self.file} is missing. Put it back if it was lost: without it, what"
                " was signed before is forgotten."
            ) from None
        except (OSError, UnicodeDecodeError) as error:
            raise BadMemory(f"{self.file} can not be read: {error}.") from error
        if lines[0] != HEADER or lines[-1] or len(lines) % 4 != 2:
            raise BadMemory(f"{self.file} is not a memory of what was signed.")
        known = {}
        try:
            for at in range(1, len(lines) - 1, 4):
                checkpoint = Checkpoint.parse("\n".join([*lines[at : at + 3], ""]))
                time = exact_number(lines[at + 3])
                known[checkpoint.origin] = Signed(checkpoint, time)
        except BadNote as error:
            raise BadMemory(f"{self.file} is damaged: {error}.") from error
        return known


def _nothing(origin: str) -> Signed:
    return Signed(Checkpoint(origin, 0, EMPTY_ROOT))


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    """Meanwhile nobody else reads and writes; the kernel lets go of a killed one's."""
    # A file beside it, because the file itself is replaced at every change.
    beside = file.with_name(file.name + ".lock")
    lock = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, OURS_ALONE)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _write(file: Path, known: dict[str, Signed]) -> None:
    """Have this in the file, whole or not at all, and on the disk."""
    text = HEADER + "\n"
    for signed in known.values():
        text += f"{signed.checkpoint.text}{signed.time}\n"
    new = file.with_name(file.name + ".new")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW
    with os.fdopen(os.open(new, flags, OURS_ALONE), "wb") as out:
        out.write(text.encode())
        out.flush()
        os.fsync(out.fileno())
    new.replace(file)
    directory = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
