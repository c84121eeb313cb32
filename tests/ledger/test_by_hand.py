"""The commands of docs/tamper-evidence.md say of a real log what they are said to."""

from __future__ import annotations

import re
import shutil
import subprocess
import tarfile
from hashlib import sha256
from pathlib import Path

import psycopg
import pytest

from ledger.bundle import write_bundle
from ledger.sources import DatabaseSource
from ledger.tiles import Tiles, published
from tests.cli.installation import ROOT
from tests.ledger.checker import SOURCE, missing
from tests.ledger.tampering import checked, record, tampering
from tests.publishing import LOG, WITNESS, publish

PAGE = (ROOT / "docs" / "tamper-evidence.md").read_text("utf-8")
NAMED = 300


def commands(language: str, part: str) -> str:
    """The block of commands in which that stands."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.M | re.S)
    (block,) = (block for block in blocks if part in block)
    return str(block)


def ran(directory: Path, command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603
        ["bash", "-e", "-c", command],  # noqa: S607
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.mark.skipif(not shutil.which("openssl"), reason="no OpenSSL here")
def test_openssl_checks_the_signature_of_a_checkpoint(
    database: str, tmp_path: Path
) -> None:
    record(database, 3)
    publish(database)
    with psycopg.connect(database) as connection:
        newest = published(connection)
    assert newest is not None
    (tmp_path / "log.vkey").write_text(f"{LOG.verifier}\n")
    (tmp_path / "checkpoint").write_bytes(newest.note)
    checking = commands("sh", "openssl")
    assert "Verified Successfully" in ran(tmp_path, checking).stdout
    (tmp_path / "checkpoint").write_bytes(newest.note.replace(b"\n3\n", b"\n4\n"))
    assert ran(tmp_path, checking).returncode == 1


@pytest.mark.skipif(bool(missing()), reason=missing())
def test_go_judges_an_export(database: str, tmp_path: Path) -> None:
    record(database, 3)
    publish(database)
    with DatabaseSource(database) as source:
        write_bundle(source, "", tmp_path / "log.tar")
    with tarfile.open(tmp_path / "log.tar") as archive:
        archive.extractall(tmp_path / "log", filter="data")
    judging = (
        commands("sh", "./judge")
        .replace("tests/ledger/go/main.go", str(SOURCE))
        .replace("https://samrad.example.se/log", str(tmp_path / "log"))
    )
    keys = f"LOG_KEY={LOG.verifier}\nWITNESS_KEY={WITNESS.verifier}\n"
    cache = f"export GOCACHE=${{GOCACHE:-{tmp_path / 'cache'}}}\n"
    done = ran(tmp_path, cache + keys + judging)
    assert done.stdout == "ok 3\n", done.stderr
    leaves = tmp_path / "log/tile/entries/000.p/3"
    leaves.write_bytes(leaves.read_bytes().replace(b"test.happened", b"test.occurred"))
    assert ran(tmp_path, cache + keys + judging).stdout.startswith("no ")


def test_the_checksum_of_an_entry_is_its_hash_in_the_tile(
    database: str, tmp_path: Path
) -> None:
    record(database, 3)
    publish(database)
    with psycopg.connect(database) as connection:
        hashes = Tiles(connection).tile(0, 0, 3)
        leaf, state = connection.execute(
            "SELECT leaf, state FROM log.entry WHERE position = 2"
        ).fetchone() or (b"", b"")
    (tmp_path / "entry.json").write_bytes(leaf)
    (command,) = re.findall(r"`(printf [^`]+entry\.json[^`]+)`", PAGE)
    assert ran(tmp_path, command).stdout.split()[0] == hashes[32:64].hex()
    assert f'"sha256":"{sha256(state).hexdigest()}"' in leaf.decode()


def test_the_statements_to_see_it_happen_change_one_entry_and_back(
    database: str,
) -> None:
    record(database, NAMED + 1)
    publish(database)
    statements = commands("sql", "set_byte").encode()
    for first_bad in (NAMED, None):
        with tampering(database) as connection:
            connection.execute(statements)
        assert checked(database).first_bad == first_bad
