"""Go's transparency-log packages and ours agree, each on what the other has made."""

from __future__ import annotations

from base64 import b64decode
from itertools import combinations_with_replacement
from pathlib import Path

import pytest

from ledger.checkpoint import Checkpoint
from ledger.note import Note, Signer, sign
from ledger.tree import (
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    verify_consistency,
    verify_inclusion,
)
from tests.ledger.checker import Checker, hashes_of, listed, told
from tests.ledger.keys import log_key, witness_key
from tests.ledger.test_tree import BORDERS, EVERY
from tests.ledger.trees import entry, leaves

LOG = log_key()
WITNESSES = [witness_key(1), witness_key(2)]
LARGE = 65_538
SIZES = [1, 2, 3, 128, *BORDERS]


def entries(size: int) -> list[str]:
    """Makes Go's log the one that our trees are of."""
    return [f"entry {told(entry(index))}" for index in range(size)]


def included(index: int, size: int, proof: list[bytes]) -> str:
    leaf, root = told(leaf_hash(entry(index))), told(leaves(LARGE).root(size))
    return f"included {leaf} {index} {size} {listed(proof)} {root}"


def consistent(first: int, second: int, proof: list[bytes]) -> str:
    old, new = (told(leaves(LARGE).root(size)) for size in (first, second))
    return f"consistent {first} {second} {listed(proof)} {old} {new}"


def test_leaves_and_roots_are_the_same(checker: Checker) -> None:
    known = leaves(LARGE)
    sizes = [*range(1, EVERY + 1), *BORDERS]
    said = checker.results([*entries(LARGE), *(f"root {size}" for size in sizes)])
    assert [b64decode(hash) for hash in said[:LARGE]] == [
        known.node(0, index) for index in range(LARGE)
    ]
    for size, root in zip(sizes, said[LARGE:], strict=True):
        assert b64decode(root) == known.root(size)


def test_go_and_we_write_and_accept_the_same_inclusion_proofs(checker: Checker) -> None:
    asked = [(index, size) for size in range(1, EVERY + 1) for index in range(size)]
    said = checker.results(
        [*entries(EVERY), *(f"inclusion {index} {size}" for index, size in asked)]
    )
    ours = [inclusion_proof(*pair, leaves(LARGE).node) for pair in asked]
    for (index, size), theirs, proof in zip(asked, said[EVERY:], ours, strict=True):
        assert hashes_of(theirs) == proof
        leaf, root = leaf_hash(entry(index)), leaves(LARGE).root(size)
        verify_inclusion(leaf, index, size, hashes_of(theirs), root)
    checker.results(
        included(*pair, proof) for pair, proof in zip(asked, ours, strict=True)
    )


def test_go_and_we_write_and_accept_the_same_consistency_proofs(
    checker: Checker,
) -> None:
    asked = list(combinations_with_replacement(range(1, EVERY + 1), 2))
    said = checker.results(
        [*entries(EVERY), *(f"consistency {first} {second}" for first, second in asked)]
    )
    ours = [consistency_proof(*pair, leaves(LARGE).node) for pair in asked]
    for (first, second), theirs, proof in zip(asked, said[EVERY:], ours, strict=True):
        assert hashes_of(theirs) == proof
        old, new = leaves(LARGE).root(first), leaves(LARGE).root(second)
        verify_consistency(first, second, hashes_of(theirs), old, new)
    checker.results(
        consistent(*pair, proof) for pair, proof in zip(asked, ours, strict=True)
    )


def test_the_borders_of_tiles_are_the_same(checker: Checker) -> None:
    node = leaves(LARGE).node
    grown = list(combinations_with_replacement(SIZES, 2))
    placed = [
        (index, size)
        for size in SIZES
        for index in sorted({0, 255, 256, 65_535, size - 1})
        if index < size
    ]
    said = checker.results(
        [
            *entries(LARGE),
            *(f"consistency {first} {second}" for first, second in grown),
            *(f"inclusion {index} {size}" for index, size in placed),
        ]
    )[LARGE:]
    ours = [consistency_proof(*pair, node) for pair in grown]
    ours += [inclusion_proof(*pair, node) for pair in placed]
    assert [hashes_of(theirs) for theirs in said] == ours
    checker.results(
        [
            *(consistent(*pair, consistency_proof(*pair, node)) for pair in grown),
            *(included(*pair, inclusion_proof(*pair, node)) for pair in placed),
        ]
    )


def test_go_refuses_what_we_refuse(checker: Checker) -> None:
    node = leaves(LARGE).node
    entered, grown = inclusion_proof(13, 21, node), consistency_proof(13, 21, node)
    wrong = [
        included(12, 21, entered),
        included(13, 42, entered),
        included(13, 21, entered[1:]),
        included(13, 21, [*entered, bytes(32)]),
        included(13, 21, entered[::-1]),
        consistent(12, 21, grown),
        consistent(13, 42, grown),
        consistent(13, 21, grown[1:]),
        consistent(13, 21, [*grown, bytes(32)]),
        consistent(13, 21, grown[::-1]),
    ]
    assert all(answer.startswith("no") for answer in checker.answers(wrong))


def test_go_reads_our_checkpoints(checker: Checker) -> None:
    keys = [LOG, *WITNESSES]
    vkeys = ",".join(str(key.verifier) for key in keys)
    sizes = [0, 1, 257, 2**63 - 1]
    checkpoints = [Checkpoint(LOG.name, size, entry(size).ljust(32)) for size in sizes]
    notes = [told(sign(c.text, keys, 1_700_000_000)) for c in checkpoints]
    said = checker.results(f"checkpoint {vkeys} {note}" for note in notes)
    for checkpoint, answer in zip(checkpoints, said, strict=True):
        origin, size, root = answer.split()
        assert b64decode(origin).decode() == checkpoint.origin
        assert int(size) == checkpoint.size
        assert b64decode(root) == checkpoint.root


def test_go_misses_and_refuses_signatures_as_we_do(checker: Checker) -> None:
    text = Checkpoint(LOG.name, 0, bytes(32)).text
    note = sign(text, [LOG, WITNESSES[0]], 1_700_000_000)
    both = f"{LOG.verifier},{WITNESSES[0].verifier}"
    altered = note.replace(b"\n0\n", b"\n1\n")
    said = checker.answers(
        [
            f"note {both} {told(note)}",
            f"note {both},{WITNESSES[1].verifier} {told(note)}",
            f"note {log_key(seed='another').verifier} {told(note)}",
            f"note {LOG.verifier} {told(altered)}",
            f"note {WITNESSES[0].verifier} {told(altered)}",
        ]
    )
    assert [answer.split()[0] for answer in said] == ["ok", "no", "no", "no", "no"]
    assert b64decode(said[0].split()[1]).decode() == text


def test_we_read_gos_notes_and_sign_them_to_the_same_byte(checker: Checker) -> None:
    for name in "samrad.example.se/log", "Åland", "log":
        signer = Signer(name, LOG.kind, LOG.seed)
        for text in "hello\n", "a\n\nb\n", "räksmörgås \u2028\n\n":
            (said,) = checker.results(
                [f"sign {signer.written()[:-1]} {told(text.encode())}"]
            )
            assert b64decode(said) == sign(text, [signer])
            Note.parse(b64decode(said)).by(signer.verifier)


def write_tiles(directory: Path, size: int) -> None:
    """A log's files as c2sp.org/tlog-tiles describes them."""
    known, level, nodes = leaves(LARGE), 0, size
    while nodes:
        for start in range(0, nodes, 256):
            held = range(start, min(start + 256, nodes))
            number = start // 256
            name = (
                f"{number:03}"
                if number < 1000
                else f"x{number // 1000:03}/{number % 1000:03}"
            )
            name += "" if len(held) == 256 else f".p/{len(held)}"
            tile = b"".join(known.node(8 * level, index) for index in held)
            put(directory / f"tile/{level}/{name}", tile)
            if level == 0:
                bundle = (
                    len(entry(index)).to_bytes(2, "big") + entry(index)
                    for index in held
                )
                put(directory / f"tile/entries/{name}", b"".join(bundle))
        level, nodes = level + 1, nodes >> 8


def put(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)


def judged(checker: Checker, directory: Path, size: int) -> str:
    root = told(leaves(LARGE).root(size))
    (said,) = checker.answers([f"tiles {told(bytes(directory))} {size} {root}"])
    return said


@pytest.mark.parametrize("size", [1, 255, 256, 257, 600, 65_535, 65_536, 65_537])
def test_go_reads_the_tree_from_tiles(
    checker: Checker, tmp_path: Path, size: int
) -> None:
    write_tiles(tmp_path, size)
    assert judged(checker, tmp_path, size) == f"ok {size}"


@pytest.mark.parametrize(
    "name",
    [
        "tile/0/000",
        "tile/0/001",
        "tile/0/002.p/88",
        "tile/1/000.p/2",
        "tile/entries/000",
        "tile/entries/002.p/88",
    ],
)
def test_go_finds_a_changed_bit_in_any_tile_or_bundle(
    checker: Checker, tmp_path: Path, name: str
) -> None:
    write_tiles(tmp_path, 600)
    content = bytearray((tmp_path / name).read_bytes())
    content[len(content) // 2] ^= 1
    put(tmp_path / name, bytes(content))
    assert judged(checker, tmp_path, 600).startswith("no ")
