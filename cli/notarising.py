"""The notary's process, and the files of an installation that it and others need."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from cli import logs
from cli.children import stopped_by_signals
from ledger.audit import audit
from ledger.notary import Notary
from ledger.policy import BadPolicy, Policy


@dataclass(frozen=True, slots=True)
class Notarising:
    """Whose log is published where, and by whose signatures. Paths are absolute."""

    database_url: str
    policy: Path
    signer_url: str
    log_format: logs.Format = "auto"
    log_level: logs.Level = "info"


def read_policy(file: Path) -> Policy:
    """The policy in a file. Raises BadPolicy, with a sentence."""
    try:
        return Policy.parse(file.read_bytes().decode("utf-8"))
    except FileNotFoundError:
        raise BadPolicy(
            f"There is no policy in {file}: `samrad key new` writes one, or name yours"
            " in SAMRAD_POLICY."
        ) from None
    except (OSError, UnicodeDecodeError, BadPolicy) as error:
        raise BadPolicy(f"The policy {file} can not be used: {error}.") from error


def notarise(given: Notarising, stop: threading.Event) -> None:
    """Publish the log's checkpoints until told to stop. Raises BadPolicy."""
    policy = read_policy(given.policy)

    def answer_audits() -> None:
        audit(given.database_url, policy, version("samrad"))

    # Sockets of this machine are named from there: their path may be long.
    os.chdir(given.policy.parent)
    notary = Notary(given.database_url, policy, given.signer_url, audit=answer_audits)
    notary.run(stop)


def notarise_alone(given: Notarising) -> None:
    """The same as all that a process does."""
    logs.configure(given.log_format, given.log_level)
    notarise(given, stopped_by_signals())
