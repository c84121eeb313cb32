"""The processes that hold a key: the signer's and the witness's.

They import nothing of the pages, the domain or the database, and are started so that
nothing of those is in their memory either: what is not there can not reach the key.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import structlog
import uvicorn

from cli import logs
from ledger import signer, witness
from ledger.asking import BadAddress, socket_path
from ledger.desk import Desk
from ledger.memory import BadMemory, Memory
from ledger.note import BadNote, Verifier
from ledger.signing_key import BadSigningKey, read_key

AT_ONCE = 64
"""Requests under way; more are told to come back."""
GRACE = 5
"""Seconds that requests under way get to end in."""

log = structlog.get_logger("keeper")


class NotHere(Exception):
    """The keeper can not listen where it was told to."""


@dataclass(frozen=True, slots=True)
class Keeper:
    """A signer, or a witness of some logs, as it is started.

    Paths are absolute; `known` are the logs' verifier keys, and empty for a signer.
    """

    keys: tuple[str, ...]
    memory: str
    address: str
    known: tuple[str, ...] = ()
    log_format: logs.Format = "auto"
    log_level: logs.Level = "info"

    @property
    def desk(self) -> Desk:
        """What answers. Raises BadSigningKey, BadMemory, BadNote or ValueError."""
        memory = Memory(Path(self.memory))
        keys = [read_key(Path(file)) for file in self.keys]
        if self.known:
            known = map(Verifier.parse, self.known)
            return Desk(witness.PATH, witness.Witness(keys[0], memory, known).answer)
        return Desk(signer.PATH, signer.LogSigner(keys, memory).answer)


def keep(keeper: Keeper) -> None:
    """Answer until SIGINT or SIGTERM; exits with code 1 if it can not, and says why."""
    logs.configure(keeper.log_format, keeper.log_level)
    try:
        desk = keeper.desk
        listening = _listening(keeper.address)
    except (
        BadSigningKey,
        BadMemory,
        BadNote,
        BadAddress,
        NotHere,
        ValueError,
    ) as error:
        log.error("not started", reason=str(error))
        sys.exit(1)
    with closing(listening):
        _serve(desk, listening)


def start_anew(keeper: Keeper) -> None:
    """Become a process that is nothing but this keeper, under the same number."""
    program = "from cli.keepers import main; main()"
    arguments = [sys.executable, "-P", "-c", program, json.dumps(asdict(keeper))]
    os.execv(sys.executable, arguments)  # noqa: S606


def main() -> None:
    """What `start_anew` runs."""
    given: dict[str, Any] = json.loads(sys.argv[1])
    keep(Keeper(**given))


def _listening(address: str) -> socket.socket:
    try:
        if address.startswith("unix:"):
            return _local(Path(address.removeprefix("unix:")))
        found = urlsplit(address)
        if found.scheme != "http" or not found.hostname or not found.port:
            raise BadAddress(f"{address} is not http://HOST:PORT or unix:PATH")
        family, *_, where = socket.getaddrinfo(
            found.hostname, found.port, type=socket.SOCK_STREAM
        )[0]
        return socket.create_server(where[:2], family=family)
    except OSError as error:
        raise NotHere(f"{address} can not be listened at: {error.strerror}") from error


def _local(path: Path) -> socket.socket:
    """A socket of this machine, in the place of one whose process is gone.

    It is listened at from the directory that it is in: its path may be long.
    """
    os.chdir(path.parent)
    name = socket_path(str(path))
    with socket.socket(socket.AF_UNIX) as tried, suppress(OSError):
        tried.connect(name)
        raise NotHere(f"Another process listens at {path}.")
    path.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX)
    mask = os.umask(0o117)
    try:
        listening.bind(name)
    finally:
        os.umask(mask)
    listening.listen(AT_ONCE)
    return listening


def _serve(desk: Desk, listening: socket.socket) -> None:
    config = uvicorn.Config(
        desk,
        loop="asyncio",
        http="httptools",
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=AT_ONCE,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=GRACE,
    )
    # uvicorn raises the signal again when it has stopped.
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: sys.exit(0))
    uvicorn.Server(config).run(sockets=[listening])
