"""Starting: the demo from a clean checkout, and what has been started before.

What is downloaded comes from the caches of pip and npm on this machine, or from the
network where they are empty. A page must answer at the end.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from shutil import rmtree
from subprocess import DEVNULL, Popen
from time import perf_counter

from bench.figures import Figure, alone
from bench.generate import generated
from bench.installation import ROOT, answers, environment, free_port, process, until
from cli.postgres import embedded

ENTRIES = 10_000, 1_000_000
PATIENCE = 600.0


def run(data: Path) -> Iterator[Figure]:
    """Cold once, as it takes long; warm a few times."""
    with _checked_out(data / "checkout") as checkout:
        demo = data / "demo"
        cold = partial(_demo, checkout, demo)
        yield alone("`make demo` in a clean checkout", "s", cold, rounds=1, goal="≤ 90")
        yield alone("`make demo` the next time", "s", cold, goal="≤ 3")
        rmtree(demo)
    for entries in ENTRIES:
        comments = 1_000 if entries == ENTRIES[0] else 250
        directory = data / f"{entries}-{comments}"
        generated(directory, entries=entries, comments=comments)
        yield alone(
            f"`samrad serve` and `follow`, all stopped, {entries:,} entries",
            "s",
            partial(_served, directory),
            goal="≤ 3",
        )
        with embedded(directory):
            yield alone(
                f"the same while PostgreSQL runs, {entries:,} entries",
                "s",
                partial(_served, directory),
                goal="≤ 3",
            )


@contextmanager
def _checked_out(place: Path) -> Iterator[Path]:
    """What is committed, and nothing that has been installed or built."""
    git = "git", "clone", "--quiet", "--no-hardlinks"
    rmtree(place, ignore_errors=True)
    subprocess.run([*git, ROOT, place], check=True)  # noqa: S603
    try:
        yield place
    finally:
        rmtree(place)


def _demo(checkout: Path, data: Path) -> float:
    port = free_port()
    surroundings = environment(data, port)
    del surroundings["PYTHONPATH"]
    surroundings["PATH"] = os.environ["PATH"]
    began = perf_counter()
    with (data.parent / "demo.said").open("ab") as said:
        making = Popen(
            ["make", "demo"],  # noqa: S607
            cwd=checkout,
            env=surroundings,
            stdin=DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
    try:
        address = f"http://127.0.0.1:{port}/"
        until(lambda: answers(address) or _has_failed(making), "the demo", PATIENCE)
        return perf_counter() - began
    finally:
        with suppress(ProcessLookupError):
            os.killpg(making.pid, signal.SIGINT)
        making.wait(60)


def _has_failed(making: Popen[bytes]) -> bool:
    if making.poll() is not None:
        raise RuntimeError("make demo has failed: see demo.said")
    return False


def _served(directory: Path) -> float:
    port = free_port()
    surroundings = environment(directory, port)
    said = directory.with_name(f"{directory.name}.said")
    began = perf_counter()
    with (
        process(["-m", "cli.main", "serve"], said, surroundings),
        process(["-m", "cli.main", "follow"], said, surroundings),
    ):
        address = f"http://127.0.0.1:{port}/consultations"
        until(lambda: answers(address), str(said))
        return perf_counter() - began
