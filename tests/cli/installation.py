"""Samråd as it is installed, in processes of its own, for tests that kill them."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import DEVNULL, Popen
from time import monotonic

from cli.account import Account
from cli.embedded import Server

ROOT = Path(__file__).parents[2]

PATIENCE = 30.0
"""Seconds within which anything must happen, on a machine with much else to do."""


def until(true: Callable[[], bool], what: str, patience: float = PATIENCE) -> float:
    """Wait until something is true; returns how many seconds it took."""
    began = monotonic()
    pause = threading.Event()
    while not true():
        assert monotonic() < began + patience, f"not within {patience} s: {what}"
        pause.wait(0.02)
    return monotonic() - began


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def room_for_data() -> Iterator[Path]:
    """A directory that is not there yet, where PostgreSQL's account can come."""
    above = Path(tempfile.mkdtemp(prefix="samrad-tests-")).resolve()
    above.chmod(0o755)
    try:
        yield above / "data"
    finally:
        shutil.rmtree(above, ignore_errors=True)


class Installation:
    """One directory, and the `samrad` processes that are started on it."""

    def __init__(self, data: Path, **settings: str) -> None:
        self.data = data
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.started: list[Popen[bytes]] = []
        self.said = data.with_name("said")
        """What all of them have written, in the order of time."""
        self.environment = {
            **{k: v for k, v in os.environ.items() if "SAMRAD" not in k},
            "DATABASE_URL": "",
            "PYTHONPATH": str(ROOT),
            "SAMRAD_DATA": str(data),
            "SAMRAD_SECRET_KEY": "d1f0" * 8,
            "SAMRAD_SMTP_URL": "smtp://127.0.0.1:9",
            "SAMRAD_MAIL_FROM": "samrad@example.se",
            "SAMRAD_LOG_FORMAT": "json",
            **settings,
        }

    @property
    def server(self) -> Server:
        """The PostgreSQL in the directory."""
        return Server(self.data, Account.for_directory(self.data))

    def start(self, *arguments: str) -> Popen[bytes]:
        """Start `samrad` with some arguments."""
        with self.said.open("ab") as said:
            started = Popen(  # noqa: S603
                [sys.executable, "-m", "cli.main", *arguments],
                cwd=self.data.parent,
                env=self.environment,
                stdin=DEVNULL,
                stdout=said,
                stderr=said,
                # As from a terminal: a signal to the group reaches all that share it.
                start_new_session=True,
            )
        self.started.append(started)
        return started

    def run(self, *arguments: str, code: int = 0) -> str:
        """Run `samrad` to its end; returns what it said, and fails if it failed."""
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-m", "cli.main", *arguments],
            cwd=self.data.parent,
            env=self.environment,
            stdin=DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stderr if code else done.stdout

    def words(self) -> str:
        """What all processes have written so far."""
        return self.said.read_text(errors="replace")

    def processes(self) -> set[int]:
        """Every process that works for this directory, PostgreSQL's too."""
        mark = f"SAMRAD_DATA={self.data}\0".encode()
        return {
            int(place.name)
            for place in Path("/proc").glob("[0-9]*")
            if _belongs(place, mark, self.data)
        }

    def stop(self) -> None:
        """Stop what was started and still runs, and PostgreSQL."""
        for started in self.started:
            if started.poll() is None:
                started.terminate()
        for started in self.started:
            started.wait(PATIENCE)
        if self.data.is_dir():
            server = self.server
            with server.locked():
                server.stop()


def workers_of(serving: Popen[bytes]) -> list[int]:
    """The web processes that a `samrad serve --workers` has started."""
    listed = Path(f"/proc/{serving.pid}/task/{serving.pid}/children")
    children = listed.read_text().split() if listed.exists() else []
    return [
        int(child)
        for child in children
        if b"spawn_main" in _read(Path("/proc", child, "cmdline"))
    ]


def memory_of(pid: int) -> int:
    """How many megabytes of memory a process holds, 0 when it has ended."""
    for line in _read(Path(f"/proc/{pid}/status")).splitlines():
        if line.startswith(b"VmRSS:"):
            return int(line.split()[1]) // 1024
    return 0


def kill(process: Popen[bytes] | int) -> None:
    """Kill a process that this test started; it gets no chance to tidy up."""
    if isinstance(process, int):
        os.kill(process, signal.SIGKILL)
    else:
        process.kill()
        process.wait(PATIENCE)


def _belongs(place: Path, mark: bytes, data: Path) -> bool:
    state = _read(place / "stat").rpartition(b")")[2].split()
    if not state or state[0] == b"Z":
        return False
    try:
        works_in = Path(os.readlink(place / "cwd"))
    except OSError:
        return False
    return mark in _read(place / "environ") or works_in.is_relative_to(data)


def _read(file: Path) -> bytes:
    """A file of /proc, empty when its process is gone or is someone else's."""
    try:
        return file.read_bytes()
    except OSError:
        return b""
