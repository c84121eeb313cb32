"""The whole log in one file, `samrad-export/1`, for whoever checks it or keeps it.

A tar archive in which every byte follows from the log: exported twice, the same log
gives the same bytes, and nothing else than what is written here is accepted. Unpacked,
it is a directory as C2SP tlog-tiles describes it, which other tools can read. What is
sealed stays sealed, and there is no key of any kind in it.

    manifest.json           what it is, and how much of everything
    policy                  whom the log says to trust, if it says so
    checkpoint              the newest one, if there is one
    checkpoints/00000001    all of them, with every signature
    events/000.jsonl        256 events each, the state as base64
    tile/entries/000        their leaves
    tile/0/000              and the tiles of the tree over them
    sha256                  of all the bytes before it

Where there are entries after the newest checkpoint, the tiles at the right edge of its
tree are there as well as those of the whole tree.
"""

from __future__ import annotations

import os
import tarfile
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

import rfc8785

from ledger.checkpoint import Checkpoint
from ledger.layout import bundled, tile_path
from ledger.note import Note
from ledger.rebuilding import Chain
from ledger.sources import Batch, Kept, Source, Unreadable
from ledger.tiles import HEIGHT, WIDTH
from ledger.tree import leaf_hash

FORM = "samrad-export/1"
BLOCK = 512
END = b"\0" * 2 * BLOCK
SEAL = "sha256"


@dataclass(frozen=True, slots=True)
class Manifest:
    """How much of everything there is; `sealed` is the newest checkpoint's size."""

    size: int
    sealed: int
    checkpoints: int
    has_policy: bool

    def written(self) -> bytes:
        """The file."""
        return rfc8785.dumps(
            {
                "checkpoints": self.checkpoints,
                "format": FORM,
                "has_policy": self.has_policy,
                "sealed": self.sealed,
                "size": self.size,
            }
        )


def names(manifest: Manifest) -> Iterator[str]:
    """The members, in their order."""
    yield "manifest.json"
    if manifest.has_policy:
        yield "policy"
    if manifest.checkpoints:
        yield "checkpoint"
    for number in range(1, manifest.checkpoints + 1):
        yield f"checkpoints/{number:08d}"
    size, sealed = manifest.size, manifest.sealed
    for first in range(0, size, WIDTH):
        index, width = first // WIDTH, min(WIDTH, size - first)
        yield events_path(index)
        yield tile_path("entries", index, width)
        yield tile_path(0, index, width)
        yield from _full(first + width)
    yield from (tile_path(*place) for place in _edge(size, above=0))
    yield from (tile_path(*place) for place in sealed_edge(size, sealed))
    yield SEAL


def sealed_edge(size: int, sealed: int) -> Iterator[tuple[int | str, int, int]]:
    """The level, index and width of what only the tree of the checkpoint has."""
    if sealed % WIDTH and sealed < size:
        yield "entries", sealed // WIDTH, sealed % WIDTH
    for level, index, width in _edge(sealed, above=-1):
        if width < whole_width(size, level, index):
            yield level, index, width


def whole_width(size: int, level: int | str, index: int) -> int:
    """How many hashes a tile of the whole tree has, or entries a bundle."""
    height = 0 if isinstance(level, str) else HEIGHT * level
    return min(WIDTH, (size >> height) - index * WIDTH)


def _full(size: int) -> Iterator[str]:
    """The tiles above the first level that become full with the entry of a size."""
    level = 1
    while size and size % (WIDTH << HEIGHT * level) == 0:
        yield tile_path(level, (size >> HEIGHT * (level + 1)) - 1)
        level += 1


def _edge(size: int, *, above: int) -> Iterator[tuple[int, int, int]]:
    """The tiles of a tree that are not full, above a level."""
    level = above + 1
    while count := size >> HEIGHT * level:
        index, width = divmod(count, WIDTH)
        if width:
            yield level, index, width
        level += 1


def events_path(index: int) -> str:
    """Where the events of the entries in a bundle stand."""
    return tile_path("events", index).removeprefix("tile/") + ".jsonl"


def written_events(batch: Batch) -> bytes:
    """Events as lines of JSON, in the canonical form."""
    assert batch.states is not None  # noqa: S101
    return "".join(
        f'{{"oid":"{batch.things[at]}","over":{batch.versions[at]},'
        f'"position":{batch.positions[at]},'
        f'"state":"{b64encode(batch.states[at]).decode()}",'
        f'"topic":"{batch.topics[at]}"}}\n'
        for at in range(len(batch.leaves))
    ).encode()


def header(name: str, size: int) -> bytes:
    """What stands before a member; the same owner, rights and time for every one."""
    member = tarfile.TarInfo(name)
    member.size = size
    return member.tobuf(tarfile.USTAR_FORMAT, "ascii", "strict")


class _Archive:
    """Writes members, and remembers the hash of all of it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digest = sha256()

    def add(self, name: str, content: bytes) -> None:
        """One more member."""
        padding = b"\0" * (-len(content) % BLOCK)
        for piece in (header(name, len(content)), content, padding):
            self._digest.update(piece)
            self._file.write(piece)

    def end(self) -> None:
        """The last member, and the end."""
        self.add(SEAL, f"{self._digest.hexdigest()}\n".encode())
        self._file.write(END)


def write_bundle(
    source: Source,
    policy: str,
    file: Path,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Manifest:
    """Write the log to a file, which is whole or not there at all.

    The source has the events, as a database does; `policy` is the text that the log
    gives out, "" for none. Raises what reading does, and OSError.
    """
    unfinished = file.with_name(file.name + ".unfinished")
    try:
        with unfinished.open("wb") as out:
            manifest = _write(source, policy, _Archive(out), progress)
            out.flush()
            os.fsync(out.fileno())
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)
    return manifest


def _write(
    source: Source,
    policy: str,
    archive: _Archive,
    progress: Callable[[int, int], None],
) -> Manifest:
    count, newest = 0, None
    for count, newest in enumerate(source.checkpoints(), 1):  # noqa: B007
        pass
    sealed = _size_of(newest) if newest else 0
    manifest = Manifest(source.size, sealed, count, bool(policy))
    archive.add("manifest.json", manifest.written())
    if policy:
        archive.add("policy", policy.encode())
    if newest:
        archive.add("checkpoint", newest.note)
    for number, kept in enumerate(source.checkpoints(), 1):
        archive.add(f"checkpoints/{number:08d}", kept.note)
    tree = _Growing(archive, manifest)
    for index, batch in enumerate(tiled(source.batches())):
        _require_dense(batch, index * WIDTH + 1)
        tree.add(index, batch)
        progress(batch.positions[-1], manifest.size)
    tree.end()
    archive.end()
    return manifest


def _require_dense(batch: Batch, first: int) -> None:
    """Raises Unreadable where an entry is missing: such a log is not to be kept."""
    for expected, position in enumerate(batch.positions, first):
        if position != expected:
            raise Unreadable(f"entry {expected} is missing", expected)


def _size_of(kept: Kept) -> int:
    return Checkpoint.parse(Note.parse(kept.note).text).size


def tiled(batches: Iterator[Batch]) -> Iterator[Batch]:
    """The entries of a source in batches of 256."""
    columns: list[list[object]] = [[] for _ in range(7)]
    for batch in batches:
        given = (
            *(batch.positions, batch.things, batch.versions, batch.topics),
            *(batch.times, batch.leaves, batch.states or []),
        )
        for column, more in zip(columns, given, strict=True):
            column.extend(more)
        while len(columns[0]) >= WIDTH:
            yield Batch(*(column[:WIDTH] for column in columns))  # type: ignore[arg-type]
            columns = [column[WIDTH:] for column in columns]
    if columns[0]:
        yield Batch(*columns)  # type: ignore[arg-type]


class _Growing:
    """The tree as it is written, and what stands at the edge of the sealed one."""

    def __init__(self, archive: _Archive, manifest: Manifest) -> None:
        self._archive = archive
        self._sealed = manifest.sealed
        self._wanted = list(sealed_edge(manifest.size, manifest.sealed))
        self._size = 0
        self._chain = Chain()
        self._edge: list[tuple[str, bytes]] = []

    def add(self, index: int, batch: Batch) -> None:
        """The next entries: 256 of them, or fewer at the end."""
        width = len(batch.leaves)
        hashes = [leaf_hash(leaf) for leaf in batch.leaves]
        self._archive.add(events_path(index), written_events(batch))
        content = bundled(batch.leaves)
        self._archive.add(tile_path("entries", index, width), content)
        self._archive.add(tile_path(0, index, width), b"".join(hashes))
        if self._size <= self._sealed < self._size + WIDTH:
            self._keep_edge(batch, hashes)
        self._chain.begin(hashes)
        self._size += width
        if width == WIDTH:
            self._chain.finish()
            level = 1
            while len(self._chain.rows.get(level, ())) == WIDTH:
                place = level, (self._size >> HEIGHT * (level + 1)) - 1
                self._archive.add(tile_path(*place), self._chain.take(level))
                level += 1

    def _keep_edge(self, batch: Batch, hashes: list[bytes]) -> None:
        for level, index, width in self._wanted:
            if isinstance(level, str):
                content = bundled(batch.leaves[:width])
            else:
                row = self._chain.rows[level] if level else hashes
                content = b"".join(row[:width])
            self._edge.append((tile_path(level, index, width), content))

    def end(self) -> None:
        """What stands at the edges."""
        for place in _edge(self._size, above=0):
            content = b"".join(self._chain.rows[place[0]])
            self._archive.add(tile_path(*place), content)
        for path, content in self._edge:
            self._archive.add(path, content)
