"""The files of an installation's ledger: keys, what they have signed, and the policy.

They lie in `ledger` among the data. The signer's and a witness's may lie anywhere else:
they are better kept on machines of their own.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from cli.keepers import Keeper
from cli.settings import Settings
from ledger.memory import Memory
from ledger.note import COSIGNATURE, ED25519, Signer, Verifier
from ledger.signing_key import write_key

DEMO_LOG, DEMO_WITNESS = "demo.samrad/log", "demo.samrad/witness"

EXPLAINED = """\
# Whose signatures a checkpoint of this log needs: c2sp.org/tlog-policy.
# Whoever checks the log has a copy of this from somewhere else than the log.
"""
UNWITNESSED = """\
# Nobody else vouches for the log yet. For each organisation that does, a line with the
# key that it tells you and where it answers, before the quorum:
#   witness archive <its key> https://witness.example.se
# and then how many of them must have signed:
#   group others 1 archive university
#   quorum others
"""


class TakenKey(Exception):
    """There is a key already, which must not be lost."""

    def __init__(self, file: Path) -> None:
        super().__init__(
            f"{file} is there already. What it has signed needs it: move it away"
            " yourself, or name another file."
        )


@dataclass(frozen=True, slots=True)
class Keeping:
    """Where everything of one installation's ledger lies. The path is absolute."""

    directory: Path

    @classmethod
    def of(cls, settings: Settings) -> Keeping:
        return cls(settings.data.expanduser().absolute() / "ledger")

    @property
    def log_key(self) -> Path:
        return self.directory / "log.key"

    @property
    def next_log_key(self) -> Path:
        """The key that takes over, while both sign."""
        return self.directory / "log.key.next"

    @property
    def log_memory(self) -> Path:
        return self.directory / "signer.state"

    @property
    def witness_key(self) -> Path:
        return self.directory / "witness.key"

    @property
    def witness_memory(self) -> Path:
        return self.directory / "witness.state"

    @property
    def policy(self) -> Path:
        return self.directory / "policy"

    @property
    def log_keys(self) -> list[Path]:
        """The keys that sign: one, or two while one takes over."""
        return [self.log_key, *[f for f in [self.next_log_key] if f.exists()]]

    @property
    def signer_address(self) -> str:
        return f"unix:{self.directory / 'signer.sock'}"

    @property
    def witness_address(self) -> str:
        return f"unix:{self.directory / 'witness.sock'}"

    def enter(self) -> None:
        """Have the directory, which nobody else may enter."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)

    def begin_demo(self) -> None:
        """New keys, and a policy that asks for one witness, in place of all before."""
        if self.directory.exists():
            shutil.rmtree(self.directory)
        self.enter()
        log = new_key(DEMO_LOG, ED25519, self.log_key, self.log_memory)
        witness = new_key(
            DEMO_WITNESS, COSIGNATURE, self.witness_key, self.witness_memory
        )
        self.policy.write_text(
            f"{EXPLAINED}log {log}\nwitness demo {witness} unix:witness.sock\n"
            "quorum demo\n"
        )

    def write_policy(self, log: Verifier) -> bool:
        """Write a policy to begin with, unless there is one; whether it was written."""
        if self.policy.exists():
            return False
        self.policy.write_text(f"{EXPLAINED}log {log}\n{UNWITNESSED}quorum none\n")
        return True

    def demo_signer(self, settings: Settings) -> Keeper:
        return Keeper(
            tuple(map(str, self.log_keys)),
            str(self.log_memory),
            self.signer_address,
            log_format=settings.log_format,
            log_level=settings.log_level,
        )

    def demo_witness(self, settings: Settings, log: Verifier) -> Keeper:
        return Keeper(
            (str(self.witness_key),),
            str(self.witness_memory),
            self.witness_address,
            (str(log),),
            log_format=settings.log_format,
            log_level=settings.log_level,
        )


def new_key(name: str, kind: int, key: Path, memory: Path) -> Verifier:
    """A new key, and the memory of what it has signed: nothing.

    Raises TakenKey where one of them is there already.
    """
    for file in (key, memory):
        if os.path.lexists(file):
            raise TakenKey(file)
    made = Signer.generate(name, kind)
    try:
        Memory.create(memory)
        write_key(key, made)
    except FileExistsError as error:
        raise TakenKey(key) from error
    return made.verifier


def log_name(settings: Settings) -> str:
    """The name of the log that a new key is for."""
    return settings.log_name or f"{urlsplit(settings.address).netloc}/log"


def signer_url(settings: Settings) -> str:
    """Where the signer of an installation answers."""
    return absolute(settings.signer_url) or Keeping.of(settings).signer_address


def absolute(address: str) -> str:
    """The address, with the whole path of a socket."""
    if address.startswith("unix:"):
        return f"unix:{Path(address.removeprefix('unix:')).absolute()}"
    return address
