"""An export of the log is the same every time, and every byte of it counts."""

from __future__ import annotations

import json
import random
import subprocess
import tarfile
from base64 import b64decode
from hashlib import sha256
from pathlib import Path

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.log import Log
from ledger.bundle import BLOCK, FORM, Manifest, header, names, write_bundle
from ledger.checkpoint import Checkpoint
from ledger.findings import Check, Outcome, Report
from ledger.layout import bundled, path_of, unbundled
from ledger.note import Note
from ledger.policy import Policy
from ledger.signed import trusted
from ledger.sources import Away, DatabaseSource, Unreadable
from ledger.tiles import HEIGHT, WIDTH
from ledger.tree import leaf_hash, root_of
from ledger.unpacking import BundleSource
from ledger.verify import verify
from tests import story
from tests.ledger.tampering import ONE_BYTE, WITH_LEAF, record, rewrite, tamper
from tests.publishing import POLICY, POLICY_TEXT, publish


@pytest.fixture
def kept(database: str) -> str:
    """A log of 600 entries, published at 300 and 520."""
    record(database, 300)
    publish(database)
    record(database, 220, first=301)
    publish(database)
    record(database, 80, first=521)
    return database


def export(database: str, to: Path, policy: str = POLICY_TEXT) -> Path:
    with DatabaseSource(database) as source:
        write_bundle(source, policy, to)
    return to


def checked(file: Path, policy: Policy | None = POLICY) -> Report:
    with BundleSource(file) as source:
        return verify(source, policy)


def outcome_of(file: Path) -> Outcome:
    try:
        return checked(file).outcome
    except Away:
        return Outcome.UNDECIDED


def unpacked(file: Path, to: Path) -> Path:
    with tarfile.open(file) as archive:
        archive.extractall(to, filter="data")
    return to


def test_an_export_is_sound_and_has_what_is_not_sealed_yet(
    kept: str, tmp_path: Path
) -> None:
    report = checked(export(kept, tmp_path / "export"))
    assert report.outcome is Outcome.SOUND, report.findings
    assert report.size == 600
    assert report.sealed is not None
    assert report.sealed.size == 520
    assert report.notes == ("Recorded, not yet sealed: 80, from 521 on.",)


def test_two_exports_of_the_same_log_are_the_same_bytes(
    kept: str, tmp_path: Path
) -> None:
    one = export(kept, tmp_path / "one").read_bytes()
    assert one == export(kept, tmp_path / "other").read_bytes()
    assert not list(tmp_path.glob("*.unfinished"))


def test_it_is_a_directory_that_other_tools_read(kept: str, tmp_path: Path) -> None:
    there = unpacked(export(kept, tmp_path / "export"), tmp_path / "there")
    checkpoint = Checkpoint.parse(Note.parse((there / "checkpoint").read_bytes()).text)
    assert checkpoint.size == 520
    assert len(list((there / "checkpoints").iterdir())) == 2
    tile = there / "tile"
    leaves = [
        leaf
        for name in ("000", "001", "002.p/8")
        for leaf in unbundled((tile / "entries" / name).read_bytes())
    ]
    assert root_of(map(leaf_hash, leaves)) == checkpoint.root
    hashes = b"".join(
        (tile / "0" / name).read_bytes() for name in ("000", "001", "002.p/8")
    )
    assert hashes == b"".join(map(leaf_hash, leaves))
    assert (tile / "1" / "000.p/2").stat().st_size == 64
    lines = (there / "events" / "001.jsonl").read_text().splitlines()
    event = json.loads(lines[0])
    assert (event["position"], len(lines)) == (257, WIDTH)
    assert b64decode(event["state"]) == b'{"number": 00000257}'
    assert json.loads((there / "manifest.json").read_bytes()) == {
        "format": FORM, "size": 600, "sealed": 520, "checkpoints": 2,
        "has_policy": True,
    }  # fmt: skip
    command = ["sha256sum", "--check", "--quiet"]
    whole = (tmp_path / "export").read_bytes()
    before = whole[: whole.rindex(b"sha256\0")]
    (tmp_path / "before").write_bytes(before)
    line = f"{(there / 'sha256').read_text().strip()}  {tmp_path / 'before'}\n"
    subprocess.run(command, input=line, text=True, check=True)  # noqa: S603


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 512, 513])
@pytest.mark.parametrize("more", [0, 1, 300])
def test_it_is_sound_at_every_edge_of_a_tile(
    database: str, tmp_path: Path, size: int, more: int
) -> None:
    if size:
        record(database, size)
        publish(database)
    if more:
        record(database, more, first=size + 1)
    report = checked(export(database, tmp_path / "export"))
    assert report.size == size + more
    unsealed = [] if size else [Check.NO_CHECKPOINT]
    assert [each.check for each in report.findings] == unsealed
    with DatabaseSource(database) as source:
        assert verify(source, POLICY).findings == report.findings


def test_any_changed_byte_is_noticed(kept: str, tmp_path: Path) -> None:
    file = export(kept, tmp_path / "export")
    whole = file.read_bytes()
    chosen = random.Random(7)  # noqa: S311
    places = {chosen.randrange(len(whole)) for _ in range(150)}
    places |= {0, 512, 530, len(whole) - 1, len(whole) - 1024, len(whole) - 1500}
    for at in sorted(places):
        changed = bytearray(whole)
        changed[at] ^= 1 << chosen.randrange(8)
        file.write_bytes(changed)
        if at < 1536:  # In what says that it is an export.
            assert outcome_of(file) is not Outcome.SOUND
        else:
            assert outcome_of(file) is Outcome.TAMPERED, at
    for length in (600, 5000, len(whole) - 700, len(whole) - 1):
        file.write_bytes(whole[:length])
        assert outcome_of(file) is not Outcome.SOUND
    file.write_bytes(whole + b"\0")
    assert checked(file).outcome is Outcome.TAMPERED
    file.write_bytes(whole)
    assert checked(file).outcome is Outcome.SOUND


def resealed(whole: bytes) -> bytes:
    """The file with the hash that it then must have, as whoever forges it would."""
    at = whole.rindex(b"sha256\0")
    digest = sha256(whole[:at]).hexdigest().encode()
    return whole[: at + 512] + digest + whole[at + 512 + 64 :]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"0000644", b"0000600"),
        (b"events/001.jsonl\0", b"events/009.jsonl\0"),
        (b"policy\0", b"poliXX\0"),
        (b'"position":600', b'"position":601'),
        (b'"position":300', b'"position":030'),
    ],
)
def test_an_export_is_written_in_one_way(
    kept: str, tmp_path: Path, old: bytes, new: bytes
) -> None:
    file = export(kept, tmp_path / "export")
    whole = file.read_bytes()
    at = whole.rindex(old)
    forged = resealed(whole[:at] + new + whole[at + len(old) :])
    assert forged != whole
    file.write_bytes(forged)
    assert outcome_of(file) is Outcome.TAMPERED


@pytest.mark.parametrize("name", ["tile/0/002.p/8", "tile/entries/002.p/8"])
def test_the_edge_of_the_sealed_tree_is_that_of_the_whole(
    kept: str, tmp_path: Path, name: str
) -> None:
    file = export(kept, tmp_path / "export")
    whole = bytearray(file.read_bytes())
    whole[whole.rindex(name.encode() + b"\0") + 512 + 40] ^= 1
    file.write_bytes(resealed(bytes(whole)))
    report = checked(file)
    assert report.outcome is Outcome.TAMPERED
    assert f"{name} is not the beginning of" in report.findings[0].said


def test_a_changed_state_or_leaf_is_named_though_the_file_is_packed_anew(
    kept: str, tmp_path: Path
) -> None:
    tamper(kept, ONE_BYTE)
    report = checked(export(kept, tmp_path / "export"))
    assert (report.outcome, report.first_bad) == (Outcome.TAMPERED, 300)
    assert report.findings[0].check is Check.STATE
    tamper(kept, WITH_LEAF)
    report = checked(export(kept, tmp_path / "export"))
    assert report.outcome is Outcome.TAMPERED
    assert report.findings[0].check is Check.CHECKPOINT
    assert "among 1 to 300" in report.findings[0].said


def test_a_rewritten_log_is_given_away_by_an_export_from_before(
    kept: str, tmp_path: Path
) -> None:
    there = unpacked(export(kept, tmp_path / "before"), tmp_path / "there")
    before = trusted("the copy", (there / "checkpoint").read_bytes(), POLICY)
    rewrite(kept)
    file = export(kept, tmp_path / "after")
    assert checked(file).outcome is Outcome.SOUND
    with BundleSource(file) as source:
        report = verify(source, POLICY, previous=[before])
    assert report.outcome is Outcome.TAMPERED


def test_without_a_policy_of_ones_own_nothing_is_decided(
    kept: str, tmp_path: Path
) -> None:
    file = export(kept, tmp_path / "export")
    assert checked(file, None).outcome is Outcome.UNDECIDED
    with BundleSource(file) as source:
        assert list(source.checkpoints())
        assert source.policy == POLICY_TEXT


def test_a_log_with_a_hole_is_not_exported(kept: str, tmp_path: Path) -> None:
    tamper(kept, "DELETE FROM log.entry WHERE position = 300")
    with pytest.raises(Unreadable, match="entry 300 is missing"):
        export(kept, tmp_path / "export")
    assert list(tmp_path.iterdir()) == []


def test_what_is_sealed_stays_sealed_and_no_key_is_in_it(
    log: Log, database: str, tmp_path: Path
) -> None:
    said = "Den som läser detta har brutit sigillet."
    consultation = story.a_consultation(log)
    proposal = story.a_proposal(log, consultation)
    story.a_comment(log, proposal, text=said)
    publish(database)
    there = unpacked(export(database, tmp_path / "export"), tmp_path / "there")
    lines = (there / "events" / "000.jsonl").read_text().splitlines()
    states = b"\n".join(b64decode(json.loads(line)["state"]) for line in lines)
    assert b'"sealed":{' in states
    assert said.encode() not in states
    whole = (tmp_path / "export").read_bytes() + states
    with psycopg.connect(database) as connection:
        for (wrapped,) in connection.execute("SELECT wrapped FROM vault.key"):
            assert wrapped not in whole
    assert checked(tmp_path / "export").outcome is Outcome.SOUND


@given(st.integers(0, 10**12))
def test_a_path_tells_its_number(index: int) -> None:
    path = path_of(index)
    assert int(path.replace("x", "").replace("/", "")) == index
    assert all(len(part.lstrip("x")) == 3 for part in path.split("/"))


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_leaves_come_out_of_a_bundle_as_they_went_in(leaves: list[bytes]) -> None:
    assert list(unbundled(bundled(leaves))) == leaves


@given(st.integers(0, 70_000), st.data())
def test_no_member_is_there_twice(size: int, data: st.DataObject) -> None:
    sealed = data.draw(st.integers(0, size))
    listed = list(names(Manifest(size, sealed, 1, True)))
    assert len(listed) == len(set(listed))
    for level in range(3):
        if width := (sealed >> HEIGHT * level) % WIDTH:
            index = (sealed >> HEIGHT * level) // WIDTH
            assert f"tile/{level}/{path_of(index)}.p/{width}" in listed


def only_a_manifest(file: Path, content: bytes) -> Path:
    padding = bytes(-len(content) % BLOCK)
    file.write_bytes(header("manifest.json", len(content)) + content + padding)
    return file


def test_an_export_that_promises_what_is_not_in_it_keeps_nobody_waiting(
    tmp_path: Path,
) -> None:
    manifest = Manifest(10**15, 10**15, 10**15, has_policy=True).written()
    report = checked(only_a_manifest(tmp_path / "log.tar", manifest))
    assert report.outcome is Outcome.TAMPERED


def test_a_manifest_of_brackets_within_brackets_is_none(tmp_path: Path) -> None:
    file = only_a_manifest(tmp_path / "log.tar", b"[" * 100_000)
    with pytest.raises(Away, match="is no export of a log"):
        BundleSource(file)
