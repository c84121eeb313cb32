"""Receipts: what they prove offline, and that nothing in them can be changed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.checkpoint import Checkpoint
from ledger.envelope import Envelope
from ledger.note import sign
from ledger.policy import Policy
from ledger.proof import Proof
from ledger.receipt import LARGEST, BadReceipt, Checked, check_receipt, write_receipt
from ledger.receipt_state import Stated
from tests.client import faults_in
from tests.ledger.checker import PACKAGES, missing
from tests.ledger.keys import log_key, witness_key
from tests.ledger.mangled import mangled, slightly_changed
from tests.ledger.receipts import (
    BARE_STATE,
    FIELDS,
    INDEX,
    LOG,
    POLICY,
    POLICY_TEXT,
    SALT,
    SIGNED_AT,
    SIZE,
    STATE,
    WITNESSES,
    entry_of,
    members_of,
    opening_of,
    packed,
    proof_of,
)

ENTRY = entry_of()
PROOF = proof_of(ENTRY)
RECEIPT = write_receipt(ENTRY, STATE, PROOF, opening_of())
MEMBERS = members_of(RECEIPT)
PAGES = ["kvitto.html", "receipt.html"]
BARE_ENTRY = entry_of(None, state=BARE_STATE)
BARE = write_receipt(BARE_ENTRY, BARE_STATE, proof_of(BARE_ENTRY), None)


STATED = Stated(
    kind="technical",
    consultation=UUID(int=0xA2),
    proposal=UUID(int=0xA3),
    edition=2,
    has_anchor=True,
    passage=UUID(int=0xA4),
    quote="<stöd> & mentor",
    has_sender=True,
    organisation=UUID(int=0xA5),
    by=UUID(int=0xA1),
)


def with_members(**changed: bytes) -> bytes:
    """The receipt with other files in the place of some; their names without dots."""
    names = {name.split(".")[0]: name for name in MEMBERS}
    return packed(MEMBERS | {names[name]: file for name, file in changed.items()})


def test_a_receipt_proves_what_was_said_and_where_it_stands() -> None:
    checked = check_receipt(RECEIPT, POLICY)
    checkpoint = POLICY.check(Proof.parse(PROOF).note)
    assert checked == Checked(
        INDEX + 1,
        Envelope.parse(ENTRY),
        STATED,
        FIELDS,
        checkpoint,
        {"one": SIGNED_AT, "two": SIGNED_AT},
    )
    assert checkpoint.size == SIZE


def test_a_receipt_for_an_entry_with_nothing_sealed_shows_that_it_is_there() -> None:
    checked = check_receipt(BARE, POLICY)
    assert (checked.position, checked.fields) == (INDEX + 1, {})
    assert "opening.json" not in members_of(BARE)
    assert "inget förseglat innehåll" in members_of(BARE)["kvitto.html"].decode()


def test_the_same_receipt_is_always_the_same_bytes() -> None:
    assert write_receipt(ENTRY, STATE, PROOF, opening_of()) == RECEIPT
    assert list(MEMBERS) == [
        "README.txt",
        "kvitto.html",
        "receipt.html",
        "entry.json",
        "state.json",
        "opening.json",
        "proof.tlog-proof",
    ]


def test_receipts_that_are_out_there_still_check() -> None:
    # Other words in a page or in the README would make every older receipt a wrong one:
    # they are a new form, and this one must stay.
    assert sha256(RECEIPT).hexdigest() == GOLDEN


@given(st.dictionaries(st.sampled_from(["text", "wording", "name"]), st.text()))
def test_whatever_is_said_comes_through_whole(said: dict[str, str]) -> None:
    entry = entry_of(said)
    receipt = write_receipt(entry, STATE, proof_of(entry), opening_of(said))
    assert check_receipt(receipt, POLICY).fields == said


@pytest.mark.parametrize("name", MEMBERS)
def test_a_changed_byte_in_any_file_is_noticed(name: str) -> None:
    # In the files that people read, a sample of the places is enough.
    step = 1 if name.startswith(("entry", "state", "opening", "proof")) else 31
    file = MEMBERS[name]
    for at, changed in enumerate(slightly_changed(file)):
        if at % step == 0:
            with pytest.raises(BadReceipt):
                check_receipt(packed(MEMBERS | {name: changed}), POLICY)


@given(st.integers(0, len(RECEIPT) - 1), st.integers(1, 255))
def test_a_changed_byte_anywhere_in_the_zip_is_noticed(at: int, by: int) -> None:
    changed = RECEIPT[:at] + bytes([RECEIPT[at] ^ by]) + RECEIPT[at + 1 :]
    with pytest.raises(BadReceipt):
        check_receipt(changed, POLICY)


def test_a_changed_byte_in_what_holds_the_files_together_is_noticed() -> None:
    # The headers and the list at the end: all that is no file's own content.
    contents = [RECEIPT.index(file) for file in MEMBERS.values()]
    inside = {
        at
        for start, file in zip(contents, MEMBERS.values(), strict=True)
        for at in range(start, start + len(file))
    }
    for at in set(range(len(RECEIPT))) - inside:
        for bit in range(8):
            changed = bytearray(RECEIPT)
            changed[at] ^= 1 << bit
            with pytest.raises(BadReceipt):
                check_receipt(bytes(changed), POLICY)


@given(st.integers(0, len(RECEIPT)), st.binary(min_size=1, max_size=9))
def test_added_bytes_are_noticed(at: int, more: bytes) -> None:
    with pytest.raises(BadReceipt):
        check_receipt(RECEIPT[:at] + more + RECEIPT[at:], POLICY)


@given(st.integers(0, len(RECEIPT) - 1), st.integers(1, 99))
def test_removed_bytes_are_noticed(at: int, many: int) -> None:
    with pytest.raises(BadReceipt):
        check_receipt(RECEIPT[:at] + RECEIPT[at + many :], POLICY)


@given(mangled(RECEIPT, BARE))
def test_whatever_checks_is_a_receipt_as_it_was_written(data: bytes) -> None:
    try:
        check_receipt(data, POLICY)
    except BadReceipt:
        return
    assert data in (RECEIPT, BARE)


def test_the_reason_names_the_file_and_what_is_wrong_with_it() -> None:
    said = FIELDS | {"text": "Något annat."}
    other = entry_of(said)
    wrong = {
        "opening.json is not what the log's entry was sealed with": {
            "opening": opening_of(said)
        },
        "opening.json is not what": {"opening": opening_of(salt=SALT[::-1])},
        "The log does not have this entry": {
            "entry": other,
            "opening": opening_of(said),
        },
        "kvitto.html does not say": {
            "kvitto": MEMBERS["kvitto.html"].replace(b"Mentorn", b"Mentorer")
        },
        "README.txt does not say": {"README": MEMBERS["README.txt"] + b"\n"},
        "entry.json is no entry": {"entry": b"{}"},
        "proof.tlog-proof is no proof": {"proof": b"proof"},
        "state.json is not what the log's entry has": {
            "state": STATE.replace(b"technical", b"editorial")
        },
        "opening.json can not be read": {"opening": b"{"},
        "opening.json is not spelt": {"opening": opening_of().replace(b":", b": ")},
        "something else": {"opening": b'{"fields":{"text":1},"salt":""}'},
    }
    for reason, changed in wrong.items():
        with pytest.raises(BadReceipt, match=reason):
            check_receipt(with_members(**changed), POLICY)


def test_another_text_with_pages_to_match_is_still_not_in_the_log() -> None:
    # Whoever can write receipts can write the pages too; the log's root is not theirs.
    said = FIELDS | {"text": "Det här sa jag aldrig."}
    forged = write_receipt(entry_of(said), STATE, PROOF, opening_of(said))
    with pytest.raises(BadReceipt, match="does not have this entry"):
        check_receipt(forged, POLICY)


def test_a_signature_that_is_not_in_the_policy_says_nothing_in_the_pages() -> None:
    stranger = witness_key(9)
    found = Proof.parse(PROOF)
    text = found.note.decode().rpartition("\n\n")[0] + "\n"
    note = found.note + stranger.line(text, SIGNED_AT).encode()
    proof = Proof(found.index, found.hashes, note).written()
    receipt = write_receipt(ENTRY, STATE, proof, opening_of())
    assert check_receipt(receipt, POLICY).witnesses.keys() == {"one", "two"}
    for name in PAGES:
        assert stranger.name not in members_of(receipt)[name].decode()


def test_keys_in_the_zip_are_never_used() -> None:
    mine, forger = log_key(seed="forger"), witness_key(9)
    found = Proof.parse(PROOF)
    text = found.note.decode().rpartition("\n\n")[0] + "\n"
    note = sign(text, [mine, forger], SIGNED_AT)
    forged = write_receipt(
        ENTRY, STATE, Proof(found.index, found.hashes, note).written(), opening_of()
    )
    policy = f"log {mine.verifier}\nquorum none\n".encode()
    for name in ("policy", "log.vkey", "sumdb.vkey"):
        with pytest.raises(BadReceipt, match=f"'{name}' does not belong"):
            check_receipt(packed(MEMBERS | {name: policy}), POLICY)
        with pytest.raises(BadReceipt):
            check_receipt(packed(members_of(forged) | {name: policy}), POLICY)
    with pytest.raises(BadReceipt, match="has not signed"):
        check_receipt(forged, POLICY)


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        (f"log {log_key(seed='another').verifier}\nquorum none\n", "has not signed"),
        (f"log {log_key('other.se/log').verifier}\nquorum none\n", "has not signed"),
        (POLICY_TEXT.replace("all one two", "1 one two"), ""),
        (
            f"log {LOG.verifier}\nwitness x {witness_key(3).verifier}\nquorum x\n",
            "too few of the witnesses",
        ),
        (
            POLICY_TEXT.replace("group", f"witness x {witness_key(3).verifier}\ngroup")
            .replace("one two\n", "one two x\n"),
            "too few of the witnesses",
        ),
    ],
)  # fmt: skip
def test_only_what_the_policy_trusts_counts(policy: str, reason: str) -> None:
    if not reason:
        check_receipt(RECEIPT, Policy.parse(policy))
        return
    with pytest.raises(BadReceipt, match=reason):
        check_receipt(RECEIPT, Policy.parse(policy))


def test_a_checkpoint_that_only_the_log_has_signed_is_not_enough() -> None:
    found = Proof.parse(PROOF)
    text = found.note.decode().rpartition("\n\n")[0] + "\n"
    for signers in ([LOG], [LOG, WITNESSES[0]]):
        proof = Proof(found.index, found.hashes, sign(text, signers, SIGNED_AT))
        receipt = write_receipt(ENTRY, STATE, proof.written(), opening_of())
        with pytest.raises(BadReceipt, match="too few"):
            check_receipt(receipt, POLICY)


def test_a_note_that_is_no_checkpoint_makes_no_receipt() -> None:
    with pytest.raises(BadReceipt, match="no checkpoint"):
        write_receipt(ENTRY, STATE, proof_of(ENTRY, "hello\n"), opening_of())
    other = Checkpoint("other.se/log", SIZE, bytes(32)).text
    receipt = write_receipt(ENTRY, STATE, proof_of(ENTRY, other), opening_of())
    with pytest.raises(BadReceipt, match="another log"):
        check_receipt(receipt, POLICY)


def test_what_nobody_has_signed_does_not_ride_along_in_the_proof() -> None:
    found = Proof.parse(PROOF)
    proof = Proof(found.index, found.hashes, found.note, b"extra").written()
    with pytest.raises(BadReceipt, match="nobody has signed"):
        write_receipt(ENTRY, STATE, proof, opening_of())
    with pytest.raises(BadReceipt, match="nobody has signed"):
        check_receipt(with_members(proof=proof), POLICY)


@pytest.mark.parametrize("name", MEMBERS)
def test_every_file_must_be_there_once(name: str) -> None:
    rest = {other: file for other, file in MEMBERS.items() if other != name}
    with pytest.raises(BadReceipt, match=f"{name} is missing"):
        check_receipt(packed(rest), POLICY)
    twice = BytesIO(RECEIPT)
    with ZipFile(twice, "a") as zipped, pytest.warns(UserWarning, match="Duplicate"):
        zipped.writestr(name, MEMBERS[name])
    with pytest.raises(BadReceipt, match=f"{name} is there twice"):
        check_receipt(twice.getvalue(), POLICY)


@pytest.mark.parametrize(
    "name", ["entry.JSON", "../entry.json", "/etc/passwd", "é", "sub/", "\u202e"]
)
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(BadReceipt, match="does not belong in a receipt"):
        check_receipt(packed(MEMBERS | {name: b""}), POLICY)


def test_an_opening_for_an_entry_that_has_nothing_sealed_is_refused() -> None:
    with pytest.raises(BadReceipt, match="nothing that opening"):
        check_receipt(packed(members_of(BARE) | {"opening.json": opening_of()}), POLICY)


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = BytesIO()
    with ZipFile(bomb, "w", ZIP_DEFLATED) as zipped:
        for name in MEMBERS:
            zipped.writestr(name, bytes(50_000_000))
    assert len(bomb.getvalue()) < 1_000_000
    with pytest.raises(BadReceipt, match="is compressed"):
        check_receipt(bomb.getvalue(), POLICY)


def test_what_is_too_large_is_refused() -> None:
    with pytest.raises(BadReceipt, match=r"README\.txt is too large"):
        check_receipt(with_members(README=bytes(4 * 1024**2 + 1)), POLICY)
    with pytest.raises(BadReceipt, match="too large for a receipt"):
        check_receipt(bytes(LARGEST + 1), POLICY)


def test_an_encrypted_file_is_refused() -> None:
    listed = RECEIPT.index(b"PK\x01\x02")
    changed = bytearray(RECEIPT)
    changed[listed + 8] |= 1
    with pytest.raises(BadReceipt, match="is encrypted"):
        check_receipt(bytes(changed), POLICY)


@pytest.mark.parametrize("name", PAGES)
def test_the_pages_are_sound_show_all_and_load_nothing(name: str) -> None:
    page = MEMBERS[name].decode()
    faults = [fault for fault in faults_in(page) if "inline <style>" not in fault]
    assert faults == []
    assert "Mentorn ska ha tid." in page
    assert "&lt;natten&gt; &amp; helgen" in page
    assert "en egen &quot;mentor&quot;" in page
    assert f"{INDEX + 1}" in page
    assert sha256(ENTRY).hexdigest() in page
    for loads in ("<script", "src=", "href=", "http://", "https://", "@import", "url("):
        assert loads not in page


def said_in(name: str, state: bytes) -> str:
    """The page of that name in the receipt for an entry with this state."""
    entry = entry_of(state=state)
    receipt = write_receipt(entry, state, proof_of(entry), opening_of())
    check_receipt(receipt, POLICY)
    return members_of(receipt)[name].decode()


def test_the_pages_tell_what_was_commented_on_and_for_whom() -> None:
    for name, kind, sender in (
        ("kvitto.html", "i sak", "företrädare för en organisation"),
        ("receipt.html", "on substance", "representative of an organisation"),
    ):
        page = MEMBERS[name].decode()
        assert f"<dd>{kind}</dd>" in page
        assert '<pre dir="auto">\n&lt;stöd&gt; &amp; mentor</pre>' in page
        assert f"<dd>{sender}</dd>" in page
        for id in range(0xA1, 0xA6):
            assert f"<code>{UUID(int=id)}</code>" in page


def test_a_comment_on_all_of_it_in_ones_own_name_is_told_to_be_that() -> None:
    stated = json.loads(STATE)
    on_passage = {**stated, "anchor": {**stated["anchor"], "quote": ""}}
    page = said_in("kvitto.html", json.dumps(on_passage).encode())
    assert "<dd>hela stycket</dd>" in page
    on_whole = {**stated, "anchor": {"passage": None}, "organisation": None}
    page = said_in("receipt.html", json.dumps(on_whole).encode())
    assert "<dd>the whole proposal</dd>" in page
    assert "<dd>an individual, in one&#x27;s own name</dd>" in page
    assert "representative" not in page


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner),
    max_leaves=4,
)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(json.loads(STATE), JSON)))
def test_whatever_stands_in_a_state_makes_a_receipt(stated: dict[str, Any]) -> None:
    said_in("kvitto.html", json.dumps(stated).encode())


@pytest.mark.parametrize(
    "state", [b"", b"[]", b'"text"', b"\xff", b'{"kind":"\\ud800"}', b"[" * 100_000]
)
def test_what_is_no_state_makes_no_receipt(state: bytes) -> None:
    with pytest.raises(BadReceipt, match=r"state\.json can not be read"):
        said_in("kvitto.html", state)


def test_a_hostile_text_stays_a_text_in_the_pages() -> None:
    said = {"text": "</pre><script>alert(1)</script>$number", "<b>": "x"}
    entry = entry_of(said)
    receipt = write_receipt(entry, STATE, proof_of(entry), opening_of(said))
    for name in PAGES:
        page = members_of(receipt)[name].decode()
        assert "<script" not in page
        assert "<b>" not in page
        assert "&lt;/script&gt;$number" in page


def test_the_time_is_told_in_utc_in_both_languages() -> None:
    assert "21 november 2026 kl. 18.25.31 UTC" in MEMBERS["kvitto.html"].decode()
    assert "21 November 2026 at 18:25:31 UTC" in MEMBERS["receipt.html"].decode()


OFFLINE = """
import sys
from pathlib import Path
from ledger.policy import Policy
from ledger.receipt import check_receipt
def refuse(event, _):
    if event.startswith("socket."):
        raise SystemExit(f"the network was asked for: {event}")
sys.addaudithook(refuse)
policy = Policy.parse(Path(sys.argv[2]).read_text())
print(check_receipt(Path(sys.argv[1]).read_bytes(), policy).position)
"""


def test_a_receipt_checks_where_there_is_no_database_and_no_network(
    tmp_path: Path,
) -> None:
    receipt, policy = tmp_path / "kvitto.zip", tmp_path / "policy"
    receipt.write_bytes(RECEIPT)
    policy.write_text(POLICY_TEXT)
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", OFFLINE, str(receipt), str(policy)],
        env={"PATH": os.defpath, "PYTHONPATH": str(Path(__file__).parents[2])},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.stdout, done.stderr) == (f"{INDEX + 1}\n", "")


# By hand, as README.txt says.


def part_of_readme(name: str) -> str:
    _, _, after = MEMBERS["README.txt"].decode().partition(f"--- begin {name}\n")
    part, cut, _ = after.partition(f"--- end {name}\n")
    assert cut
    return part


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    """The receipt's files in a directory."""
    for name, file in MEMBERS.items():
        (tmp_path / name).write_bytes(file)
    return tmp_path


def ran(directory: Path, script: str, **environment: str) -> str:
    done = subprocess.run(  # noqa: S603
        ["/bin/bash", "-ec", script],
        cwd=directory,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return done.stdout


def test_the_commitment_is_computed_by_hand(unpacked: Path) -> None:
    printed = ran(unpacked, part_of_readme("commit.sh")).strip()
    assert f'"commit":"{printed}"' in ENTRY.decode()


def test_the_checksum_of_the_state_is_computed_by_hand(unpacked: Path) -> None:
    printed = ran(unpacked, part_of_readme("state.sh")).strip()
    assert f'"sha256":"{printed}"' in ENTRY.decode()


@pytest.mark.skipif(bool(missing()), reason=missing())
def test_the_proof_is_checked_by_hand_with_other_peoples_tools(unpacked: Path) -> None:
    ran(
        unpacked,
        "sed -n '/^--- begin check.go/,/^--- end/p' README.txt | grep -v '^---'"
        " > check.go",
    )
    assert (unpacked / "check.go").read_text() == part_of_readme("check.go")
    go = {
        "GO111MODULE": "off",
        "GOPATH": str(PACKAGES),
        "GOCACHE": os.environ.get("GOCACHE") or str(unpacked / "cache"),
        "GOFLAGS": "",
    }
    ran(unpacked, "go build -o check check.go", **go)
    keys = [f"'{key.verifier}'" for key in (LOG, *WITNESSES)]
    said = ran(unpacked, f"./check {' '.join(keys)}")
    assert said == f"ok: number {INDEX + 1} of {SIZE} in {LOG.name}, 3 signatures\n"
    stranger = f"'{witness_key(9).verifier}'"
    changed = ENTRY.replace(b"submitted", b"withdrawn")
    with pytest.raises(subprocess.CalledProcessError):
        ran(unpacked, f"./check {keys[0]} {stranger}")
    (unpacked / "entry.json").write_bytes(changed)
    with pytest.raises(subprocess.CalledProcessError):
        ran(unpacked, f"./check {' '.join(keys)}")


GOLDEN = "6b446228a24dcda831c941ae432a5f80456229de6382c8f9b7cb7a075e261989"
