"""The Merkle tree over the log's entries: hashes and proofs, as in RFC 9162.

Pure functions. A hash is the 32 bytes of a SHA-256. A `Node` answers for the tree's
complete subtrees: `node(level, index)` is the hash over the 2^level leaves that begin
with leaf index · 2^level.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

Node = Callable[[int, int], bytes]

EMPTY_ROOT = sha256(b"").digest()
"""The root of a tree without leaves (RFC 9162, section 2.1.1)."""

LONGEST_PROOF = 64
"""Hashes; no tree of fewer than 2^63 leaves needs more."""


class BadProof(Exception):
    """A proof does not show what it is said to show."""


def leaf_hash(entry: bytes) -> bytes:
    """The hash of a leaf (RFC 9162, section 2.1.1): SHA-256(0x00 || entry)."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node (section 2.1.1): SHA-256(0x01 || left || right)."""
    return sha256(b"\x01" + left + right).digest()


class CompactRange:
    """A tree that grows at its right edge, kept as its complete subtrees' roots."""

    def __init__(self, size: int = 0, subtrees: Iterable[bytes] = ()) -> None:
        """`subtrees` are the largest first, one for each bit of `size`."""
        self.size = size
        self.subtrees = list(subtrees)
        if len(self.subtrees) != size.bit_count():
            raise ValueError("a subtree is missing")

    def append(self, hash: bytes) -> list[tuple[int, int, bytes]]:
        """Add a leaf; returns the inner nodes it completed: level, index and hash."""
        made = []
        index, level = self.size, 0
        while index & 1:
            hash = node_hash(self.subtrees.pop(), hash)
            index, level = index >> 1, level + 1
            made.append((level, index, hash))
        self.subtrees.append(hash)
        self.size += 1
        return made

    def root(self) -> bytes:
        """The root of the tree as it stands."""
        if not self.subtrees:
            return EMPTY_ROOT
        found = self.subtrees[-1]
        for subtree in reversed(self.subtrees[:-1]):
            found = node_hash(subtree, found)
        return found


def root_of(hashes: Iterable[bytes]) -> bytes:
    """The root of a tree with these leaf hashes (section 2.1.1)."""
    tree = CompactRange()
    for hash in hashes:
        tree.append(hash)
    return tree.root()


def subtrees_of(size: int, node: Node) -> list[bytes]:
    """The complete subtrees of a tree, the largest first."""
    found = []
    start = 0
    for level in reversed(range(size.bit_length())):
        if size >> level & 1:
            found.append(node(level, start >> level))
            start += 1 << level
    return found


def _range_root(start: int, end: int, node: Node) -> bytes:
    """The hash over leaves start to end, where start begins a subtree of that width."""
    width = end - start
    tree = CompactRange(
        width,
        subtrees_of(width, lambda level, index: node(level, index + (start >> level))),
    )
    return tree.root()


def _split(width: int) -> int:
    """The largest power of two smaller than `width`."""
    return 1 << ((width - 1).bit_length() - 1)


def inclusion_proof(index: int, size: int, node: Node) -> list[bytes]:
    """The hashes from a leaf to the root (section 2.1.3.1), its sibling first."""
    if not 0 <= index < size:
        raise ValueError("no such leaf in the tree")
    proof = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            proof.append(_range_root(middle, end, node))
            end = middle
        else:
            proof.append(_range_root(start, middle, node))
            start = middle
    return proof[::-1]


def verify_inclusion(
    hash: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> None:
    """Check that a leaf's hash stands at an index of the tree (section 2.1.3.2).

    Raises BadProof.
    """
    if not 0 <= index < size:
        raise BadProof("the index is outside the tree")
    _require_hashes([hash, root, *proof])
    f_n, s_n = index, size - 1
    found = hash
    for step in proof:
        if s_n == 0:
            raise BadProof("the proof is too long")
        if f_n & 1 or f_n == s_n:
            found = node_hash(step, found)
            while f_n and not f_n & 1:
                f_n, s_n = f_n >> 1, s_n >> 1
        else:
            found = node_hash(found, step)
        f_n, s_n = f_n >> 1, s_n >> 1
    if s_n != 0:
        raise BadProof("the proof is too short")
    if found != root:
        raise BadProof("the proof leads to another root")


def consistency_proof(first: int, second: int, node: Node) -> list[bytes]:
    """The hashes that show a tree to be the beginning of another (section 2.1.4.1).

    Empty for equal trees, and for a first tree without leaves.
    """
    if not 0 <= first <= second:
        raise ValueError("the first tree is not the smaller")
    if first in (0, second):
        return []
    proof = []
    start, end, whole = 0, second, True
    while first - start < end - start:
        middle = start + _split(end - start)
        if first <= middle:
            proof.append(_range_root(middle, end, node))
            end = middle
        else:
            proof.append(_range_root(start, middle, node))
            start, whole = middle, False
    if not whole:
        proof.append(_range_root(start, end, node))
    return proof[::-1]


def verify_consistency(
    first: int,
    second: int,
    proof: Sequence[bytes],
    first_root: bytes,
    second_root: bytes,
) -> None:
    """Check that the first tree is the beginning of the second (section 2.1.4.2).

    A tree without leaves is the beginning of every tree. Raises BadProof.
    """
    if not 0 <= first <= second:
        raise BadProof("the first tree is not the smaller")
    _require_hashes([first_root, second_root, *proof])
    if first in (0, second):
        if proof:
            raise BadProof("the proof is too long")
        if first == 0 and first_root != EMPTY_ROOT:
            raise BadProof("the first root is not that of an empty tree")
        if first == second and first_root != second_root:
            raise BadProof("two trees of one size have different roots")
        return
    steps = list(proof)
    if not first & (first - 1):
        steps.insert(0, first_root)
    if not steps:
        raise BadProof("the proof is too short")
    f_n, s_n = first - 1, second - 1
    while f_n & 1:
        f_n, s_n = f_n >> 1, s_n >> 1
    f_r = s_r = steps[0]
    for step in steps[1:]:
        if s_n == 0:
            raise BadProof("the proof is too long")
        if f_n & 1 or f_n == s_n:
            f_r, s_r = node_hash(step, f_r), node_hash(step, s_r)
            while f_n and not f_n & 1:
                f_n, s_n = f_n >> 1, s_n >> 1
        else:
            s_r = node_hash(s_r, step)
        f_n, s_n = f_n >> 1, s_n >> 1
    if s_n != 0:
        raise BadProof("the proof is too short")
    if f_r != first_root:
        raise BadProof("the proof leads to another first root")
    if s_r != second_root:
        raise BadProof("the proof leads to another second root")


def _require_hashes(hashes: Sequence[bytes]) -> None:
    if len(hashes) > LONGEST_PROOF + 2:
        raise BadProof("the proof is too long")
    if any(len(hash) != 32 for hash in hashes):
        raise BadProof("a hash is not 32 bytes")
