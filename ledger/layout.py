"""Where the tiles and entries of a log stand below its address (C2SP tlog-tiles)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ledger.leaves import Read, read
from ledger.sources import Batch
from ledger.tiles import WIDTH

LARGEST_BUNDLE = WIDTH * (2 + 65_535)
"""Bytes of a bundle of entries."""


def path_of(index: int) -> str:
    """A tile's number in a path: three digits a part, an x before all but the last."""
    parts = [f"{index % 1000:03d}"]
    while index := index // 1000:
        parts.insert(0, f"x{index % 1000:03d}")
    return "/".join(parts)


def tile_path(level: int | str, index: int, width: int = WIDTH) -> str:
    """The path of a tile; level "entries" is a bundle of entries."""
    partial = f".p/{width}" if width < WIDTH else ""
    return f"tile/{level}/{path_of(index)}{partial}"


def bundled(leaves: Sequence[bytes]) -> bytes:
    """Leaves as a bundle has them, each after its length in two bytes."""
    return b"".join(len(leaf).to_bytes(2, "big") + leaf for leaf in leaves)


def unbundled(data: bytes) -> Iterator[bytes]:
    """The leaves in a bundle. Raises ValueError for bytes that are no bundle."""
    at = 0
    while at < len(data):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if at + 2 > len(data) or end > len(data):
            raise ValueError("a bundle of entries ends too early")
        yield data[at + 2 : end]
        at = end


_NOTHING = Read(None, "", 0, "", "", "")


def batch_of(first: int, leaves: Sequence[bytes]) -> Batch:
    """Entries of which only the leaves are known, the first at a position."""
    said = [read(leaf) or _NOTHING for leaf in leaves]
    return Batch(
        range(first, first + len(leaves)),
        [each.thing for each in said],
        [each.version for each in said],
        [each.topic for each in said],
        [each.at for each in said],
        leaves,
        None,
    )
