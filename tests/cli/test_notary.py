"""The commands of those who vouch for the log, as an operator runs them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from cli import health
from cli.embedded import LONGEST_SOCKET
from cli.keeping import Keeping
from cli.notarising import read_policy
from ledger.asking import Unanswered, get, post
from ledger.memory import Memory
from ledger.note import COSIGNATURE, ED25519, Note, Verifier
from ledger.policy import BadPolicy
from ledger.signing_key import read_key
from ledger.tiles import published
from tests.cli.installation import Installation, free_port, room_for_data, until
from tests.ledger.keeping import at, noted
from tests.ledger.keys import log_key
from tests.ledger.trees import record
from tests.vault import KEYS_FILE

NAME = "samrad.example.se/log"
WITNESS = "witness.example.se"


@pytest.fixture
def there(tmp_path: Path) -> Iterator[Installation]:
    with room_for_data() as data:
        data.mkdir()
        installation = Installation(data, SAMRAD_LOG_NAME=NAME)
        yield installation
        for process in installation.started:
            if process.poll() is None:
                process.terminate()
                process.wait(30)


def asked(there: Installation, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603
        [sys.executable, "-m", "cli.main", *arguments],
        cwd=there.data.parent,
        env=there.environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


def answers(address: str) -> bool:
    try:
        return get(address, "/health", timeout=5).status == 200
    except Unanswered:
        return False


def test_a_key_is_made_once_with_its_memory_and_a_policy(there: Installation) -> None:
    vkey = there.run("key", "new").strip()
    keeping = Keeping(there.data / "ledger")
    assert Verifier.parse(vkey) == read_key(keeping.log_key).verifier
    assert (Verifier.parse(vkey).name, Verifier.parse(vkey).kind) == (NAME, ED25519)
    assert Memory(keeping.log_memory).last(NAME).checkpoint.size == 0
    assert read_policy(keeping.policy).log.key == Verifier.parse(vkey)
    assert keeping.directory.stat().st_mode & 0o777 == 0o700
    assert keeping.log_key.stat().st_mode & 0o777 == 0o600

    again = asked(there, "key", "new")
    assert again.returncode == 1
    assert "is there already" in again.stderr
    assert there.run("key", "new", "--once").strip() == vkey
    keeping.log_key.unlink()
    lost = asked(there, "key", "new", "--once")
    assert lost.returncode == 1, "what the lost one has signed is remembered"
    assert not keeping.log_key.exists()


def test_another_organisation_runs_a_witness_with_two_files_and_nothing_else(
    there: Installation, tmp_path: Path
) -> None:
    key, state = tmp_path / "w.key", tmp_path / "w.state"
    files = (f"--key={key}", f"--state={state}")
    vkey = there.run("key", "new", "--witness", WITNESS, *files).strip()
    assert Verifier.parse(vkey).kind == COSIGNATURE
    assert not any(there.data.iterdir()), "nothing of an installation was made"

    log, port = log_key(NAME), free_port()
    address = f"http://127.0.0.1:{port}"
    known = ("--log", str(log.verifier), "--log", str(log_key("b").verifier))
    running = there.start("witness", *files, *known, "--port", str(port))
    until(lambda: answers(address), "an answer")
    body = b"old 0\n\n" + noted(log, 100)
    answer = post(address, "/add-checkpoint", body, timeout=10)
    assert answer.status == 200
    assert answer.body.startswith(f"— {WITNESS} ")
    assert there.run("health", "witness", address).strip() == "well"

    libraries = Path(f"/proc/{running.pid}/maps").read_text()
    assert "psycopg" not in libraries
    os.kill(running.pid, signal.SIGINT)
    assert running.wait(30) == 0
    assert asked(there, "health", "witness", address).returncode == 1


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("witness", "--key=no.key", "--state=no.state", "--log=x"), 1),
        (("witness", "--key=no.key", "--state=no.state"), 3),
        (("sign",), 1),
        (("notary",), 1),
        (("key", "new", "--witness"), 3),
        (("key", "new", "two words"), 1),
        (("sign", "--listen", "ftp://127.0.0.1:1"), 1),
    ],
)
def test_what_can_not_be_is_told_and_not_tried(
    there: Installation, arguments: tuple[str, ...], code: int
) -> None:
    if arguments[0] == "notary":
        there.environment["SAMRAD_DATABASE_URL"] = "postgresql://127.0.0.1:9/none"
    done = asked(there, *arguments)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr


def test_a_policy_that_can_not_be_read_is_named(tmp_path: Path) -> None:
    file = tmp_path / "policy"
    with pytest.raises(BadPolicy, match="There is no policy"):
        read_policy(file)
    file.write_bytes(b"\xff")
    with pytest.raises(BadPolicy, match="can not be used"):
        read_policy(file)
    file.write_text("log nonsense\n")
    with pytest.raises(BadPolicy, match="line 1"):
        read_policy(file)


def test_signer_witness_and_notary_are_three_commands_that_publish_a_log(
    there: Installation, database: str
) -> None:
    # In a directory whose name is too long for a socket's.
    there.data = there.data / ("d" * LONGEST_SOCKET)
    there.environment |= {
        "SAMRAD_DATA": str(there.data),
        "SAMRAD_DATABASE_URL": database,
    }
    keeping = Keeping(there.data / "ledger")
    log = there.run("key", "new").strip()
    witness = there.run("key", "new", "--witness", WITNESS).strip()
    port = free_port()
    keeping.policy.write_text(
        f"log {log}\nwitness w {witness} http://127.0.0.1:{port}\nquorum w\n"
    )
    files = (f"--key={keeping.witness_key}", f"--state={keeping.witness_memory}")
    there.start("witness", *files, f"--logs={keeping.policy}", f"--port={port}")
    signer = there.start("sign")
    notary = there.start("notary")

    def well(name: str) -> bool:
        return asked(there, "health", name).returncode == 0

    until(lambda: well("signer"), "a signer")
    until(lambda: well("notary"), "a notary")
    with psycopg.connect(database, autocommit=True) as owner:
        record(owner, 5)
        until(lambda: published(owner) is not None, "a checkpoint")
        found = published(owner)
        assert found is not None
        checkpoint = read_policy(keeping.policy).check(found.note)
        assert checkpoint == at(5, NAME)

        signer.terminate()
        assert signer.wait(30) == 0
        assert not well("signer")
        record(owner, 1)
        alarm = "SELECT reason FROM tlog.alarm"
        until(lambda: owner.execute(alarm).fetchone() is not None, "an alarm")
        assert health.notary(database).said.startswith("signer_away: ")
        assert health.notary(database).is_well, "it works; starting it anew is no cure"
    notary.terminate()
    assert notary.wait(30) == 0
    assert not well("notary")


def test_a_new_key_takes_over_while_both_sign(
    there: Installation, database: str
) -> None:
    there.environment |= {
        "SAMRAD_DATABASE_URL": database,
        "SAMRAD_KEYS_DATABASE_URL": database,
        "SAMRAD_KEYS_FILE": str(KEYS_FILE),
    }
    keeping = Keeping(there.data / "ledger")
    old = there.run("key", "new").strip()
    new = there.run("key", "rotate").strip()
    assert there.run("key", "rotate", new).strip() == new, "once is enough"
    with psycopg.connect(database, autocommit=True) as owner:
        rows = owner.execute("SELECT topic, convert_from(state, 'UTF8') FROM log.entry")
        [(topic, state)] = rows.fetchall()
    assert topic == "notary.key_rotated"
    assert old in state
    assert new in state
    early = asked(there, "key", "retire")
    assert early.returncode == 1
    assert "does not name the new key yet" in early.stderr

    def signed() -> list[bool]:
        signer = there.start("sign")
        address = keeping.signer_address
        until(lambda: answers(address), "a signer")
        text = at(100, NAME).text
        last = Memory(keeping.log_memory).last(NAME).checkpoint.size
        answer = post(address, "/sign", f"old {last}\n\n{text}".encode(), timeout=10)
        signer.terminate()
        assert signer.wait(30) == 0
        note = Note.parse(f"{text}\n{answer.body}".encode())
        ids = {line.id for line in note.lines}
        return [Verifier.parse(vkey).id in ids for vkey in (old, new)]

    assert signed() == [True, True]
    policy = keeping.policy.read_text()
    keeping.policy.write_text(policy.replace(old, new))
    assert there.run("key", "retire").strip() == new
    assert signed() == [False, True]
    assert not keeping.next_log_key.exists()
