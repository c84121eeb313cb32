"""Samråd as it is installed: its own directory, its own processes, real sockets."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, nullcontext
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from subprocess import DEVNULL, Popen
from threading import Event
from time import monotonic
from uuid import UUID

from bench.generate import Scene, generated
from bench.spent import since, spent
from cli.migrate import migrate
from cli.postgres import Database, Server, embedded
from ledger.session import Sessions

ROOT = Path(__file__).parents[1]
PATIENCE = 120.0
"""Seconds within which a process answers, on a machine with much else to do."""


@dataclass(frozen=True, slots=True)
class Running:
    """An installation whose pages answer on a port of this machine."""

    scene: Scene
    server: Server
    port: int
    pids: dict[str, int]

    @property
    def database(self) -> Database:
        return Database.on(self.server)

    def sign_in(self, *people: str) -> list[str]:
        """Cookies that stand for people."""
        with closing(Sessions.at(self.database.web)) as sessions:
            return [f"session={sessions.begin(UUID(one))}" for one in people]


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def until(true: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
    """Wait until something is true. Raises TimeoutError."""
    late = monotonic() + patience
    pause = Event()
    while not true():
        if monotonic() > late:
            raise TimeoutError(f"not within {patience} s: {what}")
        pause.wait(0.05)


def answers(address: str) -> bool:
    """Whether a page answers 200 there."""
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except (OSError, HTTPException):
        return False


def environment(data: Path, port: int, **more: str) -> dict[str, str]:
    """What an installation in a directory is started with, on a port."""
    ours = ("SAMRAD", "DATABASE_URL", "PYTHON")
    return {
        **{k: v for k, v in os.environ.items() if not k.startswith(ours)},
        "PYTHONPATH": str(ROOT),
        "SAMRAD_DATA": str(data),
        "SAMRAD_PORT": str(port),
        "SAMRAD_BASE_URL": f"http://127.0.0.1:{port}",
        "SAMRAD_SECRET_KEY": "0f" * 32,
        "SAMRAD_SMTP_URL": "smtp://127.0.0.1:9",
        "SAMRAD_MAIL_FROM": "samrad@example.se",
        "SAMRAD_LOG_FORMAT": "json",
        # Every client comes from one machine here, and sends more than anybody may.
        "SAMRAD_SUBMISSIONS_PER_HOUR": "1000000",
        **more,
    }


@contextmanager
def process(
    arguments: list[str], said: Path, surroundings: dict[str, str] | None = None
) -> Iterator[Popen[bytes]]:
    """A process that ends with this block; what it says is appended to a file."""
    with said.open("ab") as out:
        started = Popen(  # noqa: S603
            [sys.executable, *arguments],
            cwd=said.parent,
            env=surroundings,
            stdin=DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        yield started
    finally:
        started.terminate()
        try:
            started.wait(30)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()


@contextmanager
def running(
    data: Path, *, entries: int, comments: int = 0, workers: int = 2, copy: bool = False
) -> Iterator[Running]:
    """Everything of an installation with so large a log, generated on first use.

    A `copy` is thrown away afterwards, with all that has been written to it.
    """
    directory = data / f"{entries}-{comments}"
    scene = generated(directory, entries=entries, comments=comments)
    with _copied(directory) if copy else nullcontext(directory) as used:
        yield from _running(used, scene, workers)


@contextmanager
def _copied(directory: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(
        prefix=f"{directory.name}-", dir=directory.parent
    ) as room:
        Path(room).chmod(0o755)
        copy = Path(room) / "data"
        with embedded(directory):
            pass  # A server that was left running there is stopped now.
        # Not shutil: files of PostgreSQL's account stay its own.
        subprocess.run(["cp", "-a", directory, copy], check=True)  # noqa: S603, S607
        yield copy


def _running(directory: Path, scene: Scene, workers: int) -> Iterator[Running]:
    port = free_port()
    said = directory.with_name(f"{directory.name}.said")
    surroundings = environment(directory, port)
    with ExitStack() as stack:
        server = stack.enter_context(embedded(directory))
        # As after an upgrade: what another release has laid out is made anew first.
        migrate(Database.on(server))

        def start(*arguments: str) -> int:
            command = ["-m", "cli.main", *arguments]
            return stack.enter_context(process(command, said, surroundings)).pid

        pids = {
            "serve": start("serve", "--workers", str(workers)),
            "follow": start("follow"),
        }
        until(lambda: answers(f"http://127.0.0.1:{port}/health/ready"), str(said))
        # A process compiles its templates after its start; that is for P9 to measure.
        until(lambda: _rests(directory), f"rest in {directory}")
        yield Running(scene, server, port, pids)


def _rests(data: Path) -> bool:
    """Whether what runs in a directory has had next to nothing to do for a second."""
    before = spent(data)
    Event().wait(1)
    return since(before, data) < 0.1
