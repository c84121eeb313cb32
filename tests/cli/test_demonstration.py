"""`samrad demo` in processes of its own: it starts, mends itself and begins anew."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from subprocess import Popen

import httpx2
import pytest

from tests.cli.installation import Installation, free_port, kill, room_for_data, until

START = 60.0
"""Seconds in which it must be there: PostgreSQL is made, and the history written."""


@pytest.fixture(scope="module")
def there() -> Iterator[Installation]:
    """A directory that becomes a demo's."""
    with room_for_data() as data:
        installation = Installation(data)
        yield installation
        installation.stop()


def started(there: Installation, *more: str) -> tuple[Popen[bytes], str]:
    """Start the demo, and wait for the address that it prints."""
    said = len(there.words()) if there.said.exists() else 0
    process = there.start("demo", "--port", str(there.port), *more)

    def address() -> str:
        found = re.search(r"Samråd is at (http://\S+)", there.words()[said:])
        return found[1] if found else ""

    until(lambda: bool(address()) or process.poll() is not None, "an address", START)
    assert process.poll() is None, there.words()[said:]
    return process, address()


def head(address: str) -> int:
    """How many entries the log has, as readiness says."""
    answer = httpx2.get(f"{address}/health/ready", timeout=30)
    return int(answer.json()["head"])


def children_of(process: Popen[bytes]) -> list[int]:
    listed = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    return [
        int(pid)
        for pid in listed.split()
        if b"spawn_main" in Path("/proc", pid, "cmdline").read_bytes()
    ]


def answers(address: str) -> bool:
    try:
        return httpx2.get(f"{address}/health/ready", timeout=5).status_code == 200
    except httpx2.HTTPError:
        return False


def refused(there: Installation, *arguments: str) -> tuple[int, str]:
    """Start a demo that can not be; returns its exit code and what it said."""
    said = len(there.words())
    process = there.start("demo", *arguments)
    code = process.wait(START)
    return code, there.words()[said:]


def test_it_is_there_with_one_command_and_survives_the_death_of_its_parts(
    there: Installation,
) -> None:
    process, address = started(there)
    assert "synpunkter" in httpx2.get(address, timeout=30).text
    entries = head(address)
    assert entries > 700

    before = children_of(process)
    assert len(before) == 2
    for child in before:
        kill(child)
    until(lambda: len(set(children_of(process)) - set(before)) == 2, "new ones", START)
    until(lambda: answers(address), "pages again", START)

    code, said = refused(there, "--port", str(there.port))
    assert code == 1
    assert f"Port {there.port} on 127.0.0.1 can not be used" in said
    code, said = refused(there, "--port", str(free_port()), "--reset")
    assert code == 2
    assert "Stop it and try again" in said
    assert head(address) == entries

    os.kill(process.pid, signal.SIGINT)
    assert process.wait(START) == 0
    until(lambda: not there.processes(), "no process")

    process, address = started(there)
    assert head(address) == entries, "nothing is written twice"
    process.terminate()
    assert process.wait(START) == 0
    until(lambda: not there.processes(), "no process")


def test_a_half_written_history_is_written_anew_and_nobody_outlives_a_killed_demo(
    there: Installation,
) -> None:
    (there.data / "demo").write_text("loading\n")
    made = made_at(there)
    process, address = started(there)
    assert made_at(there) != made
    assert head(address) > 700
    assert (there.data / "demo").read_text() == "loaded\n"

    children = children_of(process)
    kill(process)
    until(
        lambda: not any(Path("/proc", str(child)).exists() for child in children),
        "no children",
    )


def test_a_reset_begins_anew(there: Installation) -> None:
    made = made_at(there)
    process, address = started(there, "--reset")
    assert made_at(there) != made
    assert head(address) > 700
    process.terminate()
    process.wait(START)


def made_at(there: Installation) -> float:
    """When the database was made."""
    return (there.data / "postgres" / "PG_VERSION").stat().st_mtime


def test_a_directory_that_is_no_demos_is_left_alone(
    there: Installation, tmp_path: Path
) -> None:
    precious = tmp_path / "precious"
    precious.write_text("a thesis")
    code, said = refused(there, "--reset", "--data", str(tmp_path))
    assert code == 1
    assert "neither empty nor a demo's directory" in said
    assert precious.read_text() == "a thesis"
