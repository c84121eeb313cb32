"""Signers and witnesses in processes of their own, for tests that ask and kill them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from subprocess import DEVNULL, Popen

from cli.keepers import Keeper
from ledger.asking import Unanswered, post
from ledger.checkpoint import Checkpoint
from ledger.desk import Answer
from ledger.memory import Memory
from ledger.note import Signer, Verifier, sign
from ledger.signing_key import write_key
from ledger.submission import Submission
from ledger.tree import consistency_proof
from tests.cli.installation import ROOT, free_port, until
from tests.ledger.trees import Leaves, leaves

PATIENCE = 30.0
PROGRAM = "from cli.keepers import main; main()"


@dataclass
class Kept:
    """A keeper's files in a directory, and its process while there is one."""

    keeper: Keeper
    path: str
    process: Popen[bytes] | None = None

    @property
    def said(self) -> Path:
        return Path(self.keeper.memory).with_suffix(".said")

    @property
    def address(self) -> str:
        return self.keeper.address

    def start(self, before: str = "") -> None:
        """Start it, and wait until it answers; `before` is Python to run first."""
        if self.process is not None:
            self.process.wait(PATIENCE)
        self.process = self.launched(before)
        until(self.answers, "an answer")

    def launched(self, before: str = "") -> Popen[bytes]:
        with self.said.open("ab") as said:
            return Popen(  # noqa: S603
                [
                    *(sys.executable, "-P", "-c", f"{before}\n{PROGRAM}"),
                    json.dumps(asdict(self.keeper)),
                ],
                env=os.environ | {"PYTHONPATH": str(ROOT)},
                stdin=DEVNULL,
                stdout=said,
                stderr=said,
            )

    def answers(self) -> bool:
        try:
            return post(self.address, "/nowhere", b"", timeout=5).status == 404
        except Unanswered:
            assert self.process is None or self.process.poll() is None, self.words()
            return False

    def words(self) -> str:
        return self.said.read_text()

    def post(self, body: bytes) -> Answer:
        return post(self.address, self.path, body, timeout=PATIENCE)

    def submit(
        self, old: int, note: bytes, *, size: int, tree: Leaves | None = None
    ) -> Answer:
        """Hand in a note of a size with the honest proof from an old one."""
        node = (tree or leaves(300)).node
        proof = tuple(consistency_proof(old, size, node)) if old <= size else ()
        return self.post(Submission(old, proof, note).written())

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait(PATIENCE)

    def stop(self) -> int:
        """Stop it as an operator does; returns its exit code."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(PATIENCE)


def at(size: int, origin: str, tree: Leaves | None = None) -> Checkpoint:
    """The checkpoint of a tree of numbered entries."""
    return Checkpoint(origin, size, (tree or leaves(300)).root(size))


def noted(key: Signer, size: int, tree: Leaves | None = None) -> bytes:
    """The log's own note of a size."""
    return sign(at(size, key.name, tree).text, [key])


@contextmanager
def kept(
    directory: Path,
    *keys: Signer,
    logs: tuple[Verifier, ...] = (),
    local: bool = True,
    name: str = "keeper",
) -> Iterator[Kept]:
    """The files of a signer with some keys, or of a witness of some logs."""
    files = []
    for number, key in enumerate(keys):
        file = directory / f"{name}{number}.key"
        write_key(file, key)
        files.append(str(file))
    memory = directory / f"{name}.state"
    Memory.create(memory)
    address = f"unix:{directory}/{name}.sock"
    if not local:
        address = f"http://127.0.0.1:{free_port()}"
    known = tuple(map(str, logs))
    keeper = Keeper(tuple(files), str(memory), address, known, "json")
    found = Kept(keeper, "/add-checkpoint" if logs else "/sign")
    try:
        yield found
    finally:
        if found.process and found.process.poll() is None:
            found.process.kill()
            found.process.wait(PATIENCE)


def signature_of(answer: Answer) -> bytes:
    """The bytes of the one signature line of an answer, after the key's id."""
    assert answer.status == 200, answer
    [line] = answer.body.splitlines()
    return b64decode(line.split(" ")[2])[4:]


def refused_to_start(kept: Kept) -> str:
    """Start it in vain; returns what it said."""
    process = kept.launched()
    assert process.wait(PATIENCE) == 1
    return kept.words()


def modules_of(program: str) -> set[str]:
    """Which of our packages, and of the big ones, a program has imported."""
    ask = f"{program}\nimport sys; print(*{{m.split('.')[0] for m in sys.modules}})"
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", ask],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return set(done.stdout.split())
