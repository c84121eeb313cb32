"""Proofs as files: what an entry's bytes, a proof and a policy say together."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.checkpoint import Checkpoint
from ledger.note import LARGEST, BadNote, sign
from ledger.policy import NoQuorum, Policy
from ledger.proof import HEADER, Proof
from ledger.tree import LONGEST_PROOF, BadProof, inclusion_proof, verify_inclusion
from tests.ledger.keys import log_key, witness_key
from tests.ledger.mangled import mangled, slightly_changed
from tests.ledger.trees import entry, leaves

LOG, WITNESS = log_key(), witness_key(1)
POLICY = Policy.parse(
    f"log {LOG.verifier}\nwitness W {WITNESS.verifier}\nquorum W\n",
)
SIZE, INDEX = 21, 13
CHECKPOINT = Checkpoint(LOG.name, SIZE, leaves(SIZE).root(SIZE))
NOTE = sign(CHECKPOINT.text, [LOG, WITNESS], 1_700_000_000)
PROOF = Proof(INDEX, tuple(inclusion_proof(INDEX, SIZE, leaves(SIZE).node)), NOTE)
HASH = "A" * 43 + "="


def test_every_entry_of_a_log_is_proved() -> None:
    for index in range(SIZE):
        hashes = tuple(inclusion_proof(index, SIZE, leaves(SIZE).node))
        file = Proof(index, hashes, NOTE).written()
        assert Proof.parse(file).check(entry(index), POLICY) == CHECKPOINT


def test_the_only_entry_needs_no_hashes() -> None:
    alone = Checkpoint(LOG.name, 1, leaves(1).root(1))
    note = sign(alone.text, [LOG, WITNESS], 1)
    proof = Proof.parse(Proof(0, (), note).written())
    assert proof.check(entry(0), POLICY) == alone


def test_the_file_reads_as_the_specification_says() -> None:
    lines = replace(PROOF, extra=b"kvitto").written().decode().split("\n")
    assert lines[:3] == [HEADER, "extra a3ZpdHRv", "index 13"]
    assert lines[3 + len(PROOF.hashes)] == ""
    assert lines[4 + len(PROOF.hashes)] == LOG.name


def test_extra_bytes_are_carried_and_prove_nothing() -> None:
    proof = Proof.parse(replace(PROOF, extra=b"anything").written())
    assert proof.extra == b"anything"
    assert proof.check(entry(INDEX), POLICY) == CHECKPOINT


def test_a_changed_character_anywhere_is_refused() -> None:
    for changed in slightly_changed(PROOF.written()):
        with pytest.raises((BadNote, BadProof)):
            Proof.parse(changed).check(entry(INDEX), POLICY)


def test_another_entry_is_not_proved() -> None:
    for other in [*slightly_changed(entry(INDEX)), entry(INDEX + 1), b""]:
        with pytest.raises(BadProof, match="another root"):
            PROOF.check(other, POLICY)


def test_an_inner_node_is_no_entry_though_its_hash_is_in_the_tree() -> None:
    known = leaves(SIZE)
    for level in (1, 2, 3):
        below = known.node(level - 1, 0) + known.node(level - 1, 1)
        above = tuple(inclusion_proof(0, 8, known.node)[level:])
        # Seen from above, a tree of 8 is one of fewer: so a log could sign it as that.
        size, root = 8 >> level, known.root(8)
        verify_inclusion(known.node(level, 0), 0, size, above, root)
        note = sign(Checkpoint(LOG.name, size, root).text, [LOG, WITNESS], 1)
        for presented in (below, b"\x01" + below, known.node(level, 0)):
            with pytest.raises(BadProof):
                Proof(0, above, note).check(presented, POLICY)


def test_a_proof_against_an_older_checkpoint_does_not_hold_for_a_newer() -> None:
    newer = Checkpoint(LOG.name, SIZE + 1, leaves(SIZE + 1).root(SIZE + 1))
    note = sign(newer.text, [LOG, WITNESS], 1_700_000_001)
    with pytest.raises(BadProof):
        replace(PROOF, note=note).check(entry(INDEX), POLICY)


def test_a_proof_without_the_witness_is_not_enough() -> None:
    with pytest.raises(NoQuorum):
        replace(PROOF, note=sign(CHECKPOINT.text, [LOG])).check(entry(INDEX), POLICY)


def test_a_proof_of_a_log_that_is_not_trusted_is_refused() -> None:
    forged = sign(CHECKPOINT.text, [log_key(seed="another"), WITNESS], 1)
    with pytest.raises(BadNote, match="has not signed"):
        replace(PROOF, note=forged).check(entry(INDEX), POLICY)


HEAD = f"{HEADER}\nindex 0\n"


@pytest.mark.parametrize(
    "file",
    [
        "",
        "\n\n",
        HEADER,
        f"{HEADER}\n\nnote",
        f"{HEADER}\nindex 0",
        f"{HEADER}\nindex 0\n",
        f"{HEADER}2\nindex 0\n\n",
        f"{HEADER.replace('v1', 'v2')}\nindex 0\n\n",
        f" {HEAD}\n",
        f"\ufeff{HEAD}\n",
        f"{HEAD}\n".replace("\n", "\r\n"),
        f"{HEAD}\n".replace(" ", "  "),
        f"{HEAD}\n".replace(" 0", "0"),
        f"{HEAD}\n".replace("index", "Index"),
        f"{HEAD}{HEAD}\n",
        f"{HEAD}index 0\n\n",
        f"{HEADER}\n{HASH}\nindex 0\n\n",
        f"{HEADER}\nextra\nindex 0\n\n",
        f"{HEADER}\nextra \nindex 0\n\n",
        f"{HEADER}\nextra AA==\nextra AA==\nindex 0\n\n",
        f"{HEADER}\nindex 0\nextra AA==\n\n",
        f"{HEADER}\nextra A\nindex 0\n\n",
        f"{HEADER}\nextra AA==\n\n",
        *(
            f"{HEADER}\nindex {odd}\n\n"
            for odd in ["", "00", "+1", "-1", "1 ", "1_0", "0x1", str(2**63), "７"]  # noqa: RUF001
        ),
        *(
            f"{HEAD}{odd}\n\n"
            for odd in [
                *("A" * 42 + "=", "A" * 44, "AA==", "x", HASH[:-1], HASH + " "),
                *(" " + HASH, HASH.replace("A=", "B="), "_" + HASH[1:], "-" + HASH[1:]),
            ]
        ),
        HEAD + f"{HASH}\n" * (LONGEST_PROOF + 1) + "\n",
    ],
)
def test_what_is_not_written_as_a_proof_is_refused(file: str) -> None:
    with pytest.raises(BadNote):
        Proof.parse(file.encode())


def test_a_proof_of_64_kib_is_read_and_a_larger_one_is_not() -> None:
    room = LARGEST - len(f"{HEAD}\n")
    assert Proof.parse(f"{HEAD}\n".encode() + b"n" * room).note == b"n" * room
    with pytest.raises(BadNote, match="too large"):
        Proof.parse(f"{HEAD}\n".encode() + b"n" * (room + 1))


HASHES = st.lists(st.binary(min_size=32, max_size=32), max_size=LONGEST_PROOF)


@given(st.integers(0, 2**63 - 1), HASHES.map(tuple), st.binary(), st.binary())
def test_every_proof_reads_back_as_it_was_written(
    index: int, hashes: tuple[bytes, ...], note: bytes, extra: bytes
) -> None:
    proof = Proof(index, hashes, note, extra)
    assert Proof.parse(proof.written()) == proof


@given(mangled(PROOF.written(), replace(PROOF, extra=b"kvitto").written()))
def test_whatever_is_read_as_a_proof_was_written_so(data: bytes) -> None:
    try:
        proof = Proof.parse(data)
    except BadNote:
        return
    assert proof.written() == data
    try:
        assert proof.check(entry(INDEX), POLICY) == CHECKPOINT
    except (BadNote, BadProof):
        return
    assert (proof.index, proof.hashes) == (INDEX, PROOF.hashes)
