"""A log with its signer, its witnesses and its notary, all of them real."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from subprocess import DEVNULL, Popen
from typing import Any

import psycopg
from psycopg import Connection

from ledger.notary import ROLE, Notary
from ledger.note import Note, Signer
from ledger.policy import Policy
from ledger.tiles import Published, published
from tests.cli.installation import ROOT
from tests.ledger.keeping import PATIENCE, Kept, kept
from tests.ledger.keys import log_key, witness_key
from tests.ledger.trees import record

LOG = log_key()


@dataclass
class Notarised:
    """One log in one database, and everybody who has a word in it."""

    url: str
    directory: Path
    signer: Kept
    witnesses: list[Kept]
    owner: Connection[Any]
    working: Connection[Any]
    policy: Policy

    def notary(self, **more: Any) -> Notary:
        """A notary whose turns the test takes."""
        return Notary(self.url, self.policy, self.signer.address, **more)

    def turn(self, notary: Notary | None = None) -> None:
        """One turn of a notary, else of one just started."""
        (notary or self.notary()).turn(self.working)

    def grow(self, count: int) -> None:
        record(self.owner, count)

    @property
    def published(self) -> Published | None:
        return published(self.owner)

    @property
    def size(self) -> int:
        """How many entries are published; what is published satisfies the policy."""
        found = self.published
        if found is None:
            return 0
        assert self.policy.check(found.note).size == found.size
        return found.size

    @property
    def signers(self) -> list[str]:
        """Who has signed what is published, each as often as it has."""
        assert self.published is not None
        return [line.name for line in Note.parse(self.published.note).lines]

    @property
    def checkpoints(self) -> list[int]:
        """The sizes that were published, the oldest first."""
        rows = self.owner.execute("SELECT size FROM tlog.checkpoint ORDER BY number")
        return [size for (size,) in rows]

    @property
    def alarm(self) -> str:
        """The alarm's reason, "" when all is well."""
        row = self.owner.execute("SELECT reason FROM tlog.alarm").fetchone()
        return str(row[0]) if row else ""

    @property
    def alarmed_since(self) -> datetime | None:
        row = self.owner.execute("SELECT since FROM tlog.alarm").fetchone()
        return row[0] if row else None

    def started(self, before: str = "") -> Popen[bytes]:
        """A notary in a process of its own; `before` is Python to run first."""
        program = (
            f"{before}\nimport sys\nfrom pathlib import Path\n"
            "from cli.notarising import Notarising, notarise_alone\n"
            "url, policy, signer = sys.argv[1:]\n"
            "notarise_alone(Notarising(url, Path(policy), signer, 'json'))\n"
        )
        given = (self.url, str(self.directory / "policy"), self.signer.address)
        with (self.directory / "notary.said").open("ab") as said:
            return Popen(  # noqa: S603
                [sys.executable, "-P", "-c", program, *given],
                env=os.environ | {"PYTHONPATH": str(ROOT)},
                stdin=DEVNULL,
                stdout=said,
                stderr=said,
            )

    @contextmanager
    def running(self) -> Iterator[Popen[bytes]]:
        """Meanwhile a notary runs."""
        process = self.started()
        try:
            yield process
        finally:
            process.terminate()
            process.wait(PATIENCE)

    def killed(self, before: str) -> None:
        """Run a notary that kills itself somewhere."""
        kill = "import os, signal\nkill = lambda *_, **__: os.kill(os.getpid(), 9)\n"
        process = self.started(kill + before)
        try:
            assert process.wait(PATIENCE) == -9
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(PATIENCE)
            raise


def policy_of(
    signer: Kept, witnesses: dict[str, tuple[Signer, str]], quorum: str
) -> str:
    """The text of a policy: witnesses with their keys and addresses."""
    lines = [f"log {LOG.verifier}"]
    lines += [
        f"witness {name} {key.verifier} {url}" for name, (key, url) in witnesses.items()
    ]
    if quorum != "none":
        lines += [f"group all-of-them {quorum} {' '.join(witnesses)}"]
        quorum = "all-of-them"
    return "\n".join([*lines, f"quorum {quorum}", ""])


@contextmanager
def notarised(
    url: str,
    directory: Path,
    *,
    witnesses: int = 1,
    quorum: str = "all",
    key: Signer = LOG,
) -> Iterator[Notarised]:
    """Everybody of a log, the signer and the witnesses running."""
    with ExitStack() as running:
        signer = running.enter_context(kept(directory, key, name="signer"))
        signer.start()
        others = {}
        for number in range(witnesses):
            witness = running.enter_context(
                kept(
                    directory,
                    witness_key(number),
                    logs=(LOG.verifier,),
                    name=f"witness{number}",
                    local=number % 2 == 0,
                )
            )
            witness.start()
            others[f"W{number}"] = witness
        addresses = {
            name: (witness_key(number), witness.address)
            for number, (name, witness) in enumerate(others.items())
        }
        text = policy_of(signer, addresses, quorum if witnesses else "none")
        (directory / "policy").write_text(text)
        owner = running.enter_context(psycopg.connect(url, autocommit=True))
        working = running.enter_context(closing(working_on(url)))
        policy = Policy.parse(text)
        yield Notarised(
            url, directory, signer, list(others.values()), owner, working, policy
        )


def working_on(url: str) -> Connection[Any]:
    """A connection as the notary has it."""
    return psycopg.connect(url, autocommit=True, options=f"-c role={ROLE}")
