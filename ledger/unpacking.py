"""Reads an export of the log, `samrad-export/1`, and accepts nothing but one.

The file is read once from end to end, so that every byte of it is accounted for, and
then wherever the check needs to.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Self

from ledger.bundle import (
    BLOCK,
    END,
    FORM,
    SEAL,
    Manifest,
    events_path,
    header,
    names,
    sealed_edge,
    whole_width,
)
from ledger.layout import bundled, tile_path, unbundled
from ledger.leaves import read
from ledger.note import BadNote, exact_base64
from ledger.sources import Away, Batch, Kept, Unreadable
from ledger.tiles import HASH, WIDTH

LARGEST_SMALL = 1024**2
"""Bytes of a manifest, a policy or a checkpoint."""

_EVENT = re.compile(
    rb'\{"oid":"([0-9a-f-]{36})","over":([1-9][0-9]{0,15}),'
    rb'"position":([1-9][0-9]{0,15}),"state":"([A-Za-z0-9+/=]*)",'
    rb'"topic":"([A-Za-z0-9_.:]+)"\}'
)
_SIZE = re.compile(rb"[0-7]{11}\0")


class BundleSource:
    """The log in an export. Raises Away for a file that is no export at all."""

    def __init__(self, file: Path) -> None:
        try:
            self._file: BinaryIO = file.open("rb")
        except OSError as error:
            raise Away(f"{file} can not be read: {error.strerror}.") from error
        self._places: dict[str, tuple[int, int]] = {}
        self._digest = sha256()
        self._trouble = ""
        try:
            self.manifest = self._manifest()
        except Unreadable:
            self._file.close()
            raise Away(f"{file} is no export of a log ({FORM}).") from None
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    @property
    def policy(self) -> str:
        """What the export itself says to trust: to be compared, never to be used."""
        if not self.manifest.has_policy:
            return ""
        return self._small("policy").decode(errors="replace")

    @property
    def size(self) -> int:
        """How many entries there are."""
        return self.manifest.size

    @property
    def tree(self) -> tuple[int, bytes | None]:
        """The tiles are over all entries."""
        return self.manifest.size, None

    def checkpoints(self) -> Iterator[Kept]:
        """Every published checkpoint, the oldest first."""
        self._scan()
        for number in range(1, self.manifest.checkpoints + 1):
            name = f"checkpoints/{number:08d}"
            if name not in self._places:
                return  # They lie one after the other, however many are promised.
            yield Kept(f"checkpoint {number}", self._small(name))

    def batches(self) -> Iterator[Batch]:
        """All entries with their events, in their order."""
        size = self.manifest.size
        for first in range(0, size, WIDTH):
            index, width = first // WIDTH, min(WIDTH, size - first)
            try:
                yield self._batch(index, first + 1, width)
            except Unreadable as error:
                raise Unreadable(str(error), error.position or first + 1) from None
            except (ValueError, BadNote) as error:
                raise Unreadable(str(error), first + 1) from None

    def _batch(self, index: int, first: int, width: int) -> Batch:
        leaves = list(unbundled(self._member(tile_path("entries", index, width))))
        lines = self._member(events_path(index)).split(b"\n")
        if len(leaves) != width or len(lines) != width + 1 or lines[-1]:
            raise ValueError("there are too many entries, or too few")
        events = []
        for at, line in enumerate(lines[:-1]):
            event = _EVENT.fullmatch(line)
            if event is None:
                raise Unreadable("its event is not written as it must be", first + at)
            events.append(event.groups())
        times = [said.at if (said := read(leaf)) else "" for leaf in leaves]
        return Batch(
            [int(position) for _, _, position, _, _ in events],
            [thing.decode() for thing, *_ in events],
            [int(version) for _, version, *_ in events],
            [topic.decode() for *_, topic in events],
            times,
            leaves,
            [exact_base64(state.decode()) for _, _, _, state, _ in events],
        )

    def tile(self, level: int, index: int, width: int) -> bytes:
        """The first `width` hashes of a tile."""
        for name in (tile_path(level, index, width), tile_path(level, index)):
            if name in self._places:
                return self._member(name)[: width * HASH]
        return b""

    def odd(self) -> Iterator[tuple[str, int | None]]:
        """What is not as an export is written, and the edge of the sealed tree."""
        if self._trouble:
            yield f"{self._trouble[0].upper()}{self._trouble[1:]}.", None
            return
        if newest := self.manifest.checkpoints:
            last = self._small(f"checkpoints/{newest:08d}")
            if self._small("checkpoint") != last:
                yield "The member checkpoint is not the newest of them.", None
        size = self.manifest.size
        for level, index, width in sealed_edge(size, self.manifest.sealed):
            whole = tile_path(level, index, whole_width(size, level, index))
            content = self._member(whole)
            if isinstance(level, str):
                content = bundled(list(unbundled(content))[:width])
            else:
                content = content[: width * HASH]
            if self._member(name := tile_path(level, index, width)) != content:
                yield f"{name} is not the beginning of {whole}.", None

    def _manifest(self) -> Manifest:
        content = self._next("manifest.json")
        try:
            said = json.loads(content)
            manifest = Manifest(
                *(said["size"], said["sealed"], said["checkpoints"]),
                has_policy=said["has_policy"],
            )
            numbers = manifest.size, manifest.sealed, manifest.checkpoints
            is_right = (
                manifest.written() == content
                and all(type(each) is int and each >= 0 for each in numbers)
                and type(manifest.has_policy) is bool
            )
        except (ValueError, TypeError, LookupError, RecursionError):
            is_right = False
        if not is_right:
            raise Unreadable("the manifest is not one")
        return manifest

    def _scan(self) -> None:
        """Read the file to its end, and note where everything is."""
        expected = names(self.manifest)
        next(expected)
        try:
            for name in expected:
                before = f"{self._digest.hexdigest()}\n".encode()
                content = self._next(name)
                if name == SEAL and content != before:
                    self._trouble = "the file is not the one that was written"
            if self._file.read(len(END) + 1) != END:
                raise Unreadable("there is something else at its end")
        except Unreadable as error:
            self._trouble = f"the file is not as an export is written: {error}"

    def _next(self, name: str) -> bytes:
        """The next member, which must have a name; only a small one is returned.

        Raises Unreadable.
        """
        head = self._read(BLOCK, name)
        length = int(head[124:135], 8) if _SIZE.fullmatch(head[124:136]) else 0
        if head != header(name, length):
            raise Unreadable(f"{name} is missing, or has another header")
        self._places[name] = (self._file.tell(), length)
        content = b""
        for left in range(length, 0, -LARGEST_SMALL):
            piece = self._read(min(left, LARGEST_SMALL), name)
            content = piece if length <= LARGEST_SMALL else b""
        if self._read(-length % BLOCK, name).strip(b"\0"):
            raise Unreadable(f"there is something after {name}")
        return content

    def _read(self, length: int, name: str) -> bytes:
        found = self._file.read(length)
        if len(found) < length:
            raise Unreadable(f"{name} is missing, or cut off")
        self._digest.update(found)
        return found

    def _member(self, name: str) -> bytes:
        if name not in self._places:
            raise Unreadable(self._trouble or f"{name} is missing")
        at, length = self._places[name]
        self._file.seek(at)
        return self._file.read(length)

    def _small(self, name: str) -> bytes:
        if self._places.get(name, (0, 0))[1] > LARGEST_SMALL:
            raise Unreadable(f"{name} is too large")
        return self._member(name)
