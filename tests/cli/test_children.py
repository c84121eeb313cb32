"""Processes that belong to one another: begun again when they end, ended together."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

from cli.children import Child, Children
from tests.cli.installation import kill, until


def note_and_wait(file: str) -> None:
    """Write one's process id down, and wait to be told to stop."""
    told = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: told.set())
    with Path(file).open("a") as notes:
        notes.write(f"{os.getpid()}\n")
    told.wait()
    with Path(file).open("a") as notes:
        notes.write("stopped\n")


def lines(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []


def test_a_child_that_ends_is_started_again_and_all_are_stopped_at_the_end(
    tmp_path: Path,
) -> None:
    notes = tmp_path / "notes"

    def has_begun(times: int) -> bool:
        children.tend(0.1)
        return len(lines(notes)) == times

    with Children(Child("one", note_and_wait, str(notes))) as children:
        until(lambda: has_begun(1), "a first one")
        kill(int(lines(notes)[0]))
        until(lambda: has_begun(2), "a second one")
        first, second = lines(notes)
        assert first != second
    assert lines(notes) == [first, second, "stopped"]


def test_a_child_does_not_hear_what_the_terminal_tells_its_parent(
    tmp_path: Path,
) -> None:
    notes = tmp_path / "notes"
    with Children(Child("one", note_and_wait, str(notes))) as children:
        assert len(children.children) == 1
        until(lambda: bool(lines(notes)), "one")
        assert os.getsid(int(lines(notes)[0])) != os.getsid(0)


def note_what_is_loaded(file: str) -> None:
    """Write down whether the command line that runs the tests was loaded here too."""
    Path(file).write_text("loaded" if "_pytest" in sys.modules else "left out")


def test_a_child_loads_its_own_work_and_not_its_parents_command_line(
    tmp_path: Path,
) -> None:
    notes = tmp_path / "notes"
    with Children() as children:
        children.add(Child("one", note_what_is_loaded, str(notes)))
        until(lambda: bool(lines(notes)), "one")
    assert lines(notes) == ["left out"]
