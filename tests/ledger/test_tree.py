"""The tree against RFC 9162's own definitions, and every way a proof can be wrong."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import combinations_with_replacement

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.tree import (
    EMPTY_ROOT,
    LONGEST_PROOF,
    BadProof,
    CompactRange,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root_of,
    subtrees_of,
    verify_consistency,
    verify_inclusion,
)
from tests.ledger.trees import entry, leaves

EVERY = 130
"""Trees up to this size are gone through one by one."""

BORDERS = [255, 256, 257, 65_535, 65_536, 65_537]
"""Sizes about a full tile and a full tile of tiles."""

ALTERED = [(index, size) for size in (1, 2, 3, 5, 8, 13) for index in range(size)]
GROWN = [(m, n) for n in (2, 3, 4, 7, 8, 13) for m in range(1, n)]

# The leaves and roots with which Certificate Transparency's implementations are tested.
PUBLIC_LEAVES = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
]
PUBLIC_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


# The definitions of RFC 9162 as they stand there: slow, and in no other order.


def half(size: int) -> int:
    """The largest power of two smaller than a size."""
    return max(1 << k for k in range(size.bit_length()) if 1 << k < size)


@cache
def head(start: int, end: int) -> bytes:
    """Section 2.1.1, of the numbered entries from start to end."""
    if end - start == 0:
        return EMPTY_ROOT
    if end - start == 1:
        return leaf_hash(entry(start))
    k = half(end - start)
    return node_hash(head(start, start + k), head(start + k, end))


def path(m: int, start: int, end: int) -> list[bytes]:
    """Section 2.1.3.1, of the m-th entry after start."""
    if end - start == 1:
        return []
    k = half(end - start)
    if m < k:
        return [*path(m, start, start + k), head(start + k, end)]
    return [*path(m - k, start + k, end), head(start, start + k)]


def subproof(m: int, start: int, end: int, whole: bool) -> list[bytes]:
    """Section 2.1.4.1."""
    if m == end - start:
        return [] if whole else [head(start, end)]
    k = half(end - start)
    if m <= k:
        return [*subproof(m, start, start + k, whole), head(start + k, end)]
    return [*subproof(m - k, start + k, end, False), head(start, start + k)]


def flipped(data: bytes) -> Iterator[bytes]:
    """The bytes with each of their bits changed, one at a time."""
    for bit in range(len(data) * 8):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        yield bytes(changed)


def altered(proof: list[bytes]) -> Iterator[list[bytes]]:
    """Every proof that is not quite this one."""
    for at, hash in enumerate(proof):
        yield from ([*proof[:at], wrong, *proof[at + 1 :]] for wrong in flipped(hash))
        yield [*proof[:at], *proof[at + 1 :]]
        yield proof[:at]
        yield [*proof[:at], hash[:-1], *proof[at + 1 :]]
        yield [*proof[:at], hash + b"\0", *proof[at + 1 :]]
    for at in range(len(proof) + 1):
        yield [*proof[:at], bytes(32), *proof[at:]]
    for at in range(len(proof) - 1):
        yield [*proof[:at], proof[at + 1], proof[at], *proof[at + 2 :]]
    yield [*proof, *proof, b""]


def test_leaves_and_nodes_hash_as_certificate_transparency_does() -> None:
    hashes = [leaf_hash(bytes.fromhex(leaf)) for leaf in PUBLIC_LEAVES]
    for size, root in enumerate(PUBLIC_ROOTS):
        assert root_of(hashes[:size]).hex() == root


def test_every_root_is_the_one_the_definition_gives() -> None:
    tree = CompactRange()
    for size in range(EVERY + 1):
        assert tree.root() == head(0, size)
        tree.append(leaf_hash(entry(size)))
        assert tree.size == size + 1


def test_an_append_tells_which_subtrees_it_completed() -> None:
    tree = CompactRange()
    completed = 0
    for size in range(EVERY):
        for level, index, hash in tree.append(leaf_hash(entry(size))):
            assert hash == head(index << level, (index + 1) << level)
            assert (index + 1) << level == size + 1
            completed += 1
    assert completed == EVERY - EVERY.bit_count()


@pytest.mark.parametrize("size", [0, 1, 2, 3, 127, 128, *BORDERS])
def test_a_tree_grows_on_from_its_complete_subtrees(size: int) -> None:
    known = leaves(65_538)
    tree = CompactRange(size, subtrees_of(size, known.node))
    assert tree.root() == known.root(size)
    tree.append(leaf_hash(entry(size)))
    assert tree.root() == known.root(size + 1)


def test_a_tree_with_too_few_or_too_many_subtrees_is_refused() -> None:
    for subtrees in [], [EMPTY_ROOT], [EMPTY_ROOT] * 3:
        with pytest.raises(ValueError, match="a subtree is missing"):
            CompactRange(5, subtrees)


def test_every_inclusion_proof_is_the_one_the_definition_gives() -> None:
    known = leaves(EVERY)
    for size in range(1, EVERY + 1):
        root = head(0, size)
        for index in range(size):
            proof = inclusion_proof(index, size, known.node)
            assert proof == path(index, 0, size)
            verify_inclusion(leaf_hash(entry(index)), index, size, proof, root)


def test_every_consistency_proof_is_the_one_the_definition_gives() -> None:
    known = leaves(EVERY)
    for first, second in combinations_with_replacement(range(EVERY + 1), 2):
        proof = consistency_proof(first, second, known.node)
        if first:
            assert proof == subproof(first, 0, second, True)
        else:
            assert proof == []
        verify_consistency(first, second, proof, head(0, first), head(0, second))


@pytest.mark.parametrize("size", BORDERS)
def test_entries_are_proved_at_the_borders_of_tiles(size: int) -> None:
    known = leaves(65_538)
    root = known.root(size)
    about = {0, 1, size - 2, size - 1}.union(*({b - 1, b, b + 1} for b in BORDERS))
    for index in sorted(index for index in about if index < size):
        proof = inclusion_proof(index, size, known.node)
        assert len(proof) <= (size - 1).bit_length()
        verify_inclusion(leaf_hash(entry(index)), index, size, proof, root)
        for other in index - 1, index + 1:
            with pytest.raises(BadProof):
                verify_inclusion(leaf_hash(entry(index)), other, size, proof, root)


@pytest.mark.parametrize("second", BORDERS)
def test_growth_is_proved_over_the_borders_of_tiles(second: int) -> None:
    known = leaves(65_538)
    root = known.root(second)
    for first in [1, 2, 3, 128, *BORDERS]:
        if first <= second:
            proof = consistency_proof(first, second, known.node)
            verify_consistency(first, second, proof, known.root(first), root)
            if proof:
                with pytest.raises(BadProof):
                    verify_consistency(
                        first, second, proof[1:], known.root(first), root
                    )


@pytest.mark.parametrize(("index", "size"), ALTERED)
def test_an_inclusion_proof_with_anything_altered_is_refused(
    index: int, size: int
) -> None:
    leaf, root = leaf_hash(entry(index)), head(0, size)
    proof = path(index, 0, size)
    verify_inclusion(leaf, index, size, proof, root)
    for wrong in altered(proof):
        with pytest.raises(BadProof):
            verify_inclusion(leaf, index, size, wrong, root)
    for wrong_hash in [*flipped(leaf), leaf[:-1], b""]:
        with pytest.raises(BadProof):
            verify_inclusion(wrong_hash, index, size, proof, root)
    for wrong_hash in [*flipped(root), root[:-1], b""]:
        with pytest.raises(BadProof):
            verify_inclusion(leaf, index, size, proof, wrong_hash)
    for elsewhere in {*range(-1, size + 2), -index, index + size} - {index}:
        with pytest.raises(BadProof):
            verify_inclusion(leaf, elsewhere, size, proof, root)
    for other in 0, -size, size * 2, size // 2:
        with pytest.raises(BadProof):
            verify_inclusion(leaf, index, other, proof, root)


@pytest.mark.parametrize(("first", "second"), GROWN)
def test_a_consistency_proof_with_anything_altered_is_refused(
    first: int, second: int
) -> None:
    old, new = head(0, first), head(0, second)
    proof = subproof(first, 0, second, True)
    verify_consistency(first, second, proof, old, new)
    for wrong in altered(proof):
        with pytest.raises(BadProof):
            verify_consistency(first, second, wrong, old, new)
    for wrong_root in [*flipped(old), new, old[:-1], b"", EMPTY_ROOT]:
        with pytest.raises(BadProof):
            verify_consistency(first, second, proof, wrong_root, new)
    for wrong_root in [*flipped(new), old, new[:-1], b"", EMPTY_ROOT]:
        with pytest.raises(BadProof):
            verify_consistency(first, second, proof, old, wrong_root)
    for sizes in [
        (second, first),
        (0, second),
        (second, second),
        (first, first),
        (-first, second),
        (first, second * 2),
        (first, second // 2),
    ]:
        with pytest.raises(BadProof):
            verify_consistency(*sizes, proof, old, new)


def test_another_history_is_never_consistent() -> None:
    forged = root_of(leaf_hash(b"forged %d" % index) for index in range(5))
    for second in range(6, 20):
        proof = subproof(5, 0, second, True)
        with pytest.raises(BadProof, match="another first root"):
            verify_consistency(5, second, proof, forged, head(0, second))


def test_an_inner_node_passes_for_no_entry() -> None:
    left, right = head(0, 2), head(2, 4)
    as_an_entry = leaf_hash(left + right)
    for index, size in [(0, 2), (0, 1), (0, 4)]:
        with pytest.raises(BadProof):
            verify_inclusion(as_an_entry, index, size, [head(4, 8)], head(0, 8))


def test_a_proof_higher_than_its_tree_is_refused() -> None:
    with pytest.raises(BadProof, match="too long"):
        verify_inclusion(head(1, 2), 0, 1, [head(0, 1)], head(0, 2))
    grown = subproof(7, 0, 8, True)
    with pytest.raises(BadProof, match="too long"):
        verify_consistency(3, 4, grown, head(0, 7), head(0, 8))


def test_hashes_that_meet_in_another_place_are_refused() -> None:
    both = head(0, 1) + head(1, 2)
    with pytest.raises(BadProof, match="not 32 bytes"):
        verify_inclusion(both[31:], 1, 2, [both[:31]], head(0, 2))
    with pytest.raises(BadProof, match="not 32 bytes"):
        verify_consistency(1, 2, [both[31:]], both[:31], head(0, 2))


def test_no_tree_shrinks_even_to_its_own_root() -> None:
    for first, second in [(4, 2), (4, 3), (2, 1), (1, 0), (8, -8)]:
        with pytest.raises(BadProof, match="not the smaller"):
            verify_consistency(first, second, [], head(0, 4), head(0, 4))


def test_an_empty_tree_is_the_beginning_of_every_tree() -> None:
    verify_consistency(0, 0, [], EMPTY_ROOT, EMPTY_ROOT)
    verify_consistency(0, 7, [], EMPTY_ROOT, head(0, 7))
    with pytest.raises(BadProof, match="not that of an empty tree"):
        verify_consistency(0, 7, [], head(0, 1), head(0, 7))
    with pytest.raises(BadProof, match="too long"):
        verify_consistency(0, 7, [head(0, 7)], EMPTY_ROOT, head(0, 7))
    with pytest.raises(BadProof):
        verify_consistency(0, 0, [], EMPTY_ROOT, head(0, 1))


def test_two_trees_of_one_size_have_one_root() -> None:
    verify_consistency(7, 7, [], head(0, 7), head(0, 7))
    with pytest.raises(BadProof, match="two trees of one size"):
        verify_consistency(7, 7, [], head(0, 7), head(0, 6))
    with pytest.raises(BadProof, match="too long"):
        verify_consistency(7, 7, [head(0, 7)], head(0, 7), head(0, 7))


def test_a_proof_longer_than_any_tree_is_refused_unread() -> None:
    endless = [bytes(32)] * (LONGEST_PROOF + 1)
    with pytest.raises(BadProof, match="too long"):
        verify_inclusion(bytes(32), 0, 2**80, endless, bytes(32))
    with pytest.raises(BadProof, match="too long"):
        verify_consistency(1, 2**80, endless, bytes(32), bytes(32))


def test_no_proof_is_made_of_what_is_not_there() -> None:
    node = leaves(EVERY).node
    for index, size in [(-1, 5), (5, 5), (0, 0), (6, 5)]:
        with pytest.raises(ValueError, match="no such leaf"):
            inclusion_proof(index, size, node)
    for first, second in [(-1, 5), (6, 5)]:
        with pytest.raises(ValueError, match="not the smaller"):
            consistency_proof(first, second, node)


hashes = st.one_of(st.binary(min_size=32, max_size=32), st.binary(max_size=34))
sizes = st.one_of(st.integers(-2, 70), st.integers(-(2**70), 2**70))


@given(hashes, sizes, sizes, st.lists(hashes, max_size=70), hashes)
def test_no_made_up_inclusion_proof_is_right_or_more_than_refused(
    leaf: bytes, index: int, size: int, proof: list[bytes], root: bytes
) -> None:
    if leaf != root:
        with pytest.raises(BadProof):
            verify_inclusion(leaf, index, size, proof, root)


@given(sizes, sizes, st.lists(hashes, max_size=70), hashes, hashes)
def test_no_made_up_consistency_proof_is_right_or_more_than_refused(
    first: int, second: int, proof: list[bytes], old: bytes, new: bytes
) -> None:
    if old not in (new, EMPTY_ROOT):
        with pytest.raises(BadProof):
            verify_consistency(first, second, proof, old, new)
