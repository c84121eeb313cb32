"""Makes the log's tree anew from its leaves, and holds it against what is kept of it.

One pass, with no more in memory than a few tiles' worth of hashes. A tile with a hash
that is not that of its entry makes two trees: one of the entries, one of the tiles.
What is signed then tells which of them has been changed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from hashlib import sha256
from itertools import zip_longest
from typing import NamedTuple

from ledger.findings import Check, Findings
from ledger.tiles import HASH, HEIGHT, WIDTH
from ledger.tree import EMPTY_ROOT, CompactRange, node_hash, subtrees_of

Stored = Callable[[int, int, int], bytes]
"""The first so many hashes of a tile at a level and index, fewer if it has not more."""


class Wanted(NamedTuple):
    """A tree that was signed or kept once; `said` names it in a sentence."""

    size: int
    root: bytes
    check: Check
    said: str


class Chain:
    """A tree that grows by tiles' worth of leaves."""

    def __init__(self) -> None:
        self._done = CompactRange()  # Its leaves are the trees over whole tiles.
        self._levels: list[list[bytes]] = [[]]
        self.rows: dict[int, list[bytes]] = {}
        """The hashes of the tiles that are not full yet, by level from 1."""

    def begin(self, hashes: list[bytes]) -> None:
        """Take up the next leaves: a tile's worth, or fewer at the end."""
        self._levels = [hashes]
        while len(below := self._levels[-1]) > 1:
            self._levels.append(
                [
                    sha256(b"\x01" + left + right).digest()
                    for left, right in zip(below[::2], below[1::2], strict=False)
                ]
            )

    def finish(self) -> None:
        """End a full tile's worth of leaves."""
        [whole] = self._levels[HEIGHT]
        self.rows.setdefault(1, []).append(whole)
        for level, _, hash in self._done.append(whole):
            if level % HEIGHT == 0:
                self.rows.setdefault(1 + level // HEIGHT, []).append(hash)
        self._levels = [[]]

    def take(self, level: int) -> bytes:
        """The tile of a level that has become full, which is done with."""
        row = self.rows.pop(level)
        return b"".join(row)

    def root(self, more: int) -> bytes:
        """The root with so many of the leaves that were taken up last."""
        below = subtrees_of(more, lambda level, index: self._levels[level][index])
        # Not those of a CompactRange where the last tile is full: two may be as large.
        subtrees = [*self._done.subtrees, *below]
        found = subtrees.pop() if subtrees else EMPTY_ROOT
        while subtrees:
            found = node_hash(subtrees.pop(), found)
        return found


class Rebuilt:
    """The tree of all leaves that are handed in, compared as it grows."""

    def __init__(
        self,
        stored: Stored,
        stored_size: int,
        wanted: Iterable[Wanted],
        findings: Findings,
    ) -> None:
        """`stored_size` is how many leaves the stored tiles are over."""
        self.size = 0
        self.is_broken = False
        """Whether a leaf lacks that no tile tells: then there is no tree after it."""
        self._stored = stored
        self._stored_size = stored_size
        self._wanted = sorted(wanted, key=lambda each: each.size)
        self._reached = 0
        self._consistent: deque[int] = deque([0], maxlen=8)
        self._findings = findings
        self._chains = [Chain()]
        self._pending: list[bytes | None] = []
        self._is_blamed = False
        self._contradicted: tuple[int, Wanted] | None = None

    def add(self, hashes: Sequence[bytes | None]) -> None:
        """The next leaves' hashes; None for one that is gone."""
        self._pending += hashes
        at = 0
        while len(self._pending) - at >= WIDTH and not self.is_broken:
            self._take(self._pending[at : at + WIDTH])
            at += WIDTH
        del self._pending[:at]

    def end(self) -> None:
        """There are no more leaves."""
        if not self.is_broken:
            self._take(self._pending)
        for level in sorted({each for chain in self._chains for each in chain.rows}):
            if not self.is_broken:
                self._compare_row(level)
        if self._contradicted:
            self._contradict(*self._contradicted)

    def root(self) -> bytes:
        """The root of the tree of the entries."""
        return self._chains[0].root(self.size % WIDTH)

    @property
    def missed(self) -> Sequence[Wanted]:
        """The trees that were larger than this one."""
        return self._wanted[self._reached :]

    def _take(self, given: list[bytes | None]) -> None:
        index = self.size // WIDTH
        width = min(len(given), max(0, self._stored_size - self.size))
        data = self._stored(0, index, width) if width else b""
        leaves = [hash for hash in given if hash is not None]
        if len(leaves) < len(given) or b"".join(leaves[:width]) != data:
            by_leaves, by_tiles = self._differing(given, data, width)
        else:
            by_leaves = by_tiles = leaves
        for chain, hashes in zip(self._chains, (by_leaves, by_tiles), strict=False):
            chain.begin(hashes)
        end = self.size + len(by_leaves)
        while (
            self._reached < len(self._wanted)
            and self._wanted[self._reached].size <= end
        ):
            wanted = self._wanted[self._reached]
            self._hold(wanted, wanted.size - self.size)
            self._reached += 1
        self.size = end
        if len(by_leaves) == WIDTH:
            self._grow()

    def _differing(
        self, given: list[bytes | None], data: bytes, width: int
    ) -> tuple[list[bytes], list[bytes]]:
        """Name the leaves that are not as in their tile.

        Returns the hashes to go on with: those of the leaves where there are any, and
        those of the tile where there are any.
        """
        index = self.size // WIDTH
        told = [data[at : at + HASH] for at in range(0, len(data), HASH)]
        if len(told) < width:
            first = self.size + len(told) + 1
            self._findings.add(Check.TILE, f"tile 0/{index} lacks its hash.", first)
        by_leaves, by_tiles = [], []
        for at, (hash, known) in enumerate(zip_longest(given, told[: len(given)])):
            if hash is None and known is None:
                self.is_broken = True
                break
            if hash and known and hash != known:
                self._findings.add(
                    Check.LEAF,
                    f"it is not the one that the tree was made from (tile 0/{index}).",
                    self.size + at + 1,
                )
            by_leaves.append(hash or known or b"")
            by_tiles.append(known or hash or b"")
        if by_leaves != by_tiles and len(self._chains) == 1:
            self._chains.append(deepcopy(self._chains[0]))
        return by_leaves, by_tiles

    def _hold(self, wanted: Wanted, more: int) -> None:
        """Hold the tree of a size against what was said of it."""
        roots = [chain.root(more) for chain in self._chains]
        if wanted.root in roots:
            self._consistent.append(wanted.size)
            if len(set(roots)) == 2:
                self._blame(wanted, is_tile=wanted.root == roots[0])
        elif wanted.check is Check.TILE and wanted.size in self._consistent:
            # What is signed agrees with the entries.
            said = f"{_capital(wanted.said)} has another root than the entries."
            self._findings.add(wanted.check, said)
        elif self._contradicted is None:
            # All later ones contradict too; the first tells most closely where.
            known = max((n for n in self._consistent if n < wanted.size), default=0)
            self._contradicted = known, wanted

    def _contradict(self, consistent: int, wanted: Wanted) -> None:
        """Say what is signed otherwise, when all else that is wrong is known."""
        among = range(consistent + 1, wanted.size + 1)
        found = [each.position for each in self._findings.found]
        self._findings.add(
            wanted.check,
            f"the first {wanted.size} entries are not those of {wanted.said}. What was"
            f" changed is among {among.start} to {wanted.size}.",
            min((p for p in found if p and p in among), default=among.start),
        )

    def _blame(self, wanted: Wanted, *, is_tile: bool) -> None:
        if not self._is_blamed:
            self._is_blamed = True
            true, false = ("entry", "tile") if is_tile else ("tile", "entry")
            said = f"agrees with the {true}: it is the {false} that was changed."
            self._findings.notes.append(f"{_capital(wanted.said)} {said}")

    def _grow(self) -> None:
        for chain in self._chains:
            chain.finish()
        level = 1
        while len(self._chains[0].rows.get(level, ())) == WIDTH:
            self._compare_row(level)
            level += 1

    def _compare_row(self, level: int) -> None:
        """Hold a tile above the first level against the stored one."""
        each = 1 << HEIGHT * level  # Entries under a hash.
        last = (self.size // each) - 1
        index = last // WIDTH
        made = [chain.take(level) for chain in self._chains]
        there = min(len(made[0]) // HASH, (self._stored_size // each) - index * WIDTH)
        if there <= 0:
            return
        data = self._stored(level, index, there)
        if data in [row[: there * HASH] for row in made]:
            return
        at = next(
            (
                at
                for at in range(there)
                if all(
                    row[at * HASH :][:HASH] != data[at * HASH :][:HASH] for row in made
                )
            ),
            0,
        )
        first = (index * WIDTH + at) * each + 1
        self._findings.add(
            Check.TILE,
            f"tile {level}/{index} has another hash over entries {first} to"
            f" {first + each - 1} than theirs.",
            first,
        )


def _capital(said: str) -> str:
    return said[0].upper() + said[1:]
