"""Long work is shown: a bar on a terminal, a line now and then anywhere else."""

from __future__ import annotations

import os
import pty
import re
import select
from collections.abc import Iterator
from io import StringIO

from cli.progress import progress


def test_without_a_terminal_only_the_end_is_told_of_quick_work() -> None:
    said = StringIO()
    with progress("Counting", out=said) as report:
        for done in range(1, 1_001):
            report(done, 1_000)
    assert re.fullmatch(r"Counting: 1000 of 1000 in \d+\.\d s\n", said.getvalue())


def test_a_terminal_gets_a_bar_with_counts() -> None:
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w") as terminal:
        with progress("Counting", out=terminal) as report:
            report(7, 20)
            report(20, 20)
        shown = b"".join(_all_there_is(ours)).decode()
    os.close(ours)
    assert "Counting" in shown
    assert "20/20" in shown


def _all_there_is(terminal: int) -> Iterator[bytes]:
    """What a terminal was sent: it hands out a few kilobytes at a time."""
    while select.select([terminal], [], [], 0)[0]:
        yield os.read(terminal, 65_536)
