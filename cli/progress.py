"""How far long work has come: a bar on a terminal, plain lines anywhere else."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from time import monotonic
from typing import IO

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

Report = Callable[[int, int], None]
"""Told how much is done, and of how much."""

Showing = Callable[[str], AbstractContextManager[Report]]
"""Begins to show a stage of the work by its name: `progress`, or a test's own."""

EVERY = 5.0
"""Seconds between two lines where there is no terminal."""


@contextmanager
def progress(what: str, *, out: IO[str] | None = None) -> Iterator[Report]:
    """Show how far the work inside has come, with counts and the time that remains."""
    console = Console(file=out or sys.stderr)
    if not console.is_terminal:
        yield _Lines(what, console.file)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task(what, total=None)

        def report(done: int, of: int) -> None:
            bar.update(task, completed=done, total=of)

        yield report


class _Lines:
    """One line now and then, and one when all is done."""

    def __init__(self, what: str, out: IO[str]) -> None:
        self._what = what
        self._out = out
        self._started = self._written = monotonic()

    def __call__(self, done: int, of: int) -> None:
        now = monotonic()
        if done < of and now - self._written < EVERY:
            return
        self._written = now
        spent = now - self._started
        left = f", {spent / done * (of - done):.0f} s left" if 0 < done < of else ""
        self._out.write(f"{self._what}: {done} of {of} in {spent:.1f} s{left}\n")
        self._out.flush()
