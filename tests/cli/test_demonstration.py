"""`samrad demo` in processes of its own: it starts, mends itself and begins anew."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from subprocess import Popen

import httpx2
import psycopg
import pytest

from tests.cli.installation import (
    Installation,
    free_port,
    kill,
    room_for_data,
    until,
    workers_of,
)

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


def published(address: str) -> int:
    """How many entries are published, as readiness says; it has no trouble."""
    ledger = httpx2.get(f"{address}/health/ready", timeout=30).json()["ledger"]
    assert ledger["trouble"] is None
    return int(ledger["size"])


def is_published_anew(there: Installation, entries: int) -> bool:
    """Whether the same size is signed, witnessed and published once more."""
    with psycopg.connect(there.server.url, autocommit=True) as connection:
        # As after an hour.
        connection.execute(
            "INSERT INTO tlog.checkpoint (size, note, published_at)"
            " SELECT size, note, now() - interval '2 hours' FROM tlog.checkpoint"
            " WHERE NOT EXISTS (SELECT FROM tlog.checkpoint WHERE number > 1) LIMIT 1"
        )
        found = connection.execute(
            "SELECT count(*), min(size) FROM tlog.checkpoint"
        ).fetchone()
    return found is not None and found[0] >= 3 and found[1] == entries


def keys_in(there: Installation) -> set[str]:
    """The keys of the log and of the witness, and what they have signed for."""
    files = ("log.key", "witness.key")
    return {(there.data / "ledger" / file).read_text() for file in files}


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

    until(lambda: published(address) == entries, "a witnessed checkpoint", START)
    before = workers_of(process)
    # The follower, the web process, the signer, the witness and the notary.
    assert len(before) == 5
    keys = keys_in(there)
    for child in before:
        kill(child)
    until(lambda: len(set(workers_of(process)) - set(before)) == 5, "new ones", START)
    until(lambda: answers(address), "pages again", START)
    until(lambda: is_published_anew(there, entries), "it is published anew", START)

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
    assert keys_in(there) == keys
    assert published(address) == entries
    process.terminate()
    assert process.wait(START) == 0
    until(lambda: not there.processes(), "no process")


def test_a_half_written_history_is_written_anew_and_nobody_outlives_a_killed_demo(
    there: Installation,
) -> None:
    (there.data / "demo").write_text("loading\n")
    made = made_at(there)
    keys = keys_in(there)
    process, address = started(there)
    assert made_at(there) != made
    assert head(address) > 700
    assert keys_in(there).isdisjoint(keys), "another log, so another key"
    until(lambda: published(address) == head(address), "a checkpoint", START)
    assert (there.data / "demo").read_text() == "loaded\n"

    children = workers_of(process)
    kill(process)
    until(
        lambda: not any(Path("/proc", str(child)).exists() for child in children),
        "no children",
    )


def test_a_reset_begins_anew(there: Installation) -> None:
    made = made_at(there)
    keys = keys_in(there)
    process, address = started(there, "--reset")
    assert made_at(there) != made
    assert head(address) > 700
    assert keys_in(there).isdisjoint(keys), "another log, so another key"
    until(lambda: published(address) == head(address), "a checkpoint", START)
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
