"""The log at an address, as anybody can have it: checkpoint, tiles and entries.

Nothing but the standard library: one request after the other, each with a limit of time
and size. What a server sends is checked like everything else.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from threading import Event, Timer
from typing import Self
from urllib.parse import urlsplit

from ledger.checkpoint import Checkpoint
from ledger.layout import LARGEST_BUNDLE, batch_of, tile_path, unbundled
from ledger.note import LARGEST, BadNote, Note
from ledger.sources import Away, Batch, Kept, Unreadable
from ledger.tiles import HASH, WIDTH

PATIENCE = 30.0
"""Seconds for each step of a request."""
LONGEST = 120.0
"""Seconds for all of a request: who sends a byte now and then holds nobody up."""
ATTEMPTS = 3


class UrlSource:
    """The published part of a log at an address, such as https://samrad.example.se/log.

    Below it are `checkpoint` and `tile/…`. An address without a path gets /log.
    """

    def __init__(
        self, url: str, *, timeout: float = PATIENCE, longest: float = LONGEST
    ) -> None:
        try:
            found = urlsplit(url)
            host, port = found.hostname, found.port
        except ValueError:
            raise Away(f"{url} is no address.") from None
        if found.scheme not in ("http", "https") or not host or found.query:
            raise Away(f"{url} is no address of a log: http://… or https://….")
        kind = HTTPSConnection if found.scheme == "https" else HTTPConnection
        self.url = url
        self._below = found.path.rstrip("/") or "/log"
        self._connection = kind(host, port, timeout=timeout)
        self._longest = longest
        self._checkpoint: Checkpoint | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    @property
    def size(self) -> int:
        """How many entries are published."""
        return self._checkpoint.size if self._checkpoint else 0

    @property
    def tree(self) -> tuple[int, bytes | None]:
        """The tiles are over what is published."""
        return self.size, None

    def checkpoints(self) -> Iterator[Kept]:
        """The newest checkpoint: no other is published at an address."""
        note = self._get("checkpoint", LARGEST)
        if note is None:
            return
        try:
            self._checkpoint = Checkpoint.parse(Note.parse(note).text)
        except BadNote as error:
            raise Away(f"{self.url} has no checkpoint of a log: {error}.") from None
        yield Kept("the checkpoint", note)

    def batches(self) -> Iterator[Batch]:
        """All published entries, in their order."""
        for first in range(0, self.size, WIDTH):
            width = min(WIDTH, self.size - first)
            index = first // WIDTH
            try:
                data = self._tile("entries", index, width, LARGEST_BUNDLE)
                leaves = list(unbundled(data))[:width]
            except ValueError as error:
                raise Unreadable(str(error), first + 1) from None
            yield batch_of(first + 1, leaves)
            if len(leaves) < width:
                return

    def tile(self, level: int, index: int, width: int) -> bytes:
        """The first `width` hashes of a tile."""
        return self._tile(level, index, width, WIDTH * HASH)[: width * HASH]

    def odd(self) -> Iterator[tuple[str, int | None]]:
        """There is nothing else at an address."""
        yield from ()

    def _tile(self, level: int | str, index: int, width: int, most: int) -> bytes:
        paths = [tile_path(level, index, width)]
        if width < WIDTH:
            paths.append(tile_path(level, index))  # Enough to give once it is full.
        for path in paths:
            if (data := self._get(path, most)) is not None:
                return data
        raise Away(f"{self.url} does not give {paths[0]}, which is published.")

    def _get(self, path: str, most: int) -> bytes | None:
        """The bytes at a path; None where there is nothing. Raises Away."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                self._connection.request("GET", f"{self._below}/{path}")
                with self._cut_off():
                    answer = self._connection.getresponse()
                    return self._body(answer, path, most)
            except (OSError, HTTPException) as error:
                # A connection that was kept open may have been closed meanwhile.
                self._connection.close()
                if attempt == ATTEMPTS or isinstance(error, TimeoutError):
                    said = _plain(str(error)) or type(error).__name__
                    raise Away(f"{self.url} does not answer: {said}.") from error
        raise AssertionError  # pragma: no cover

    @contextmanager
    def _cut_off(self) -> Iterator[None]:
        """Raise TimeoutError for an answer that is not there in time as a whole."""
        is_over, open_one = Event(), self._connection.sock

        def cut() -> None:
            is_over.set()
            with suppress(OSError):
                open_one.shutdown(socket.SHUT_RDWR)

        timer = Timer(self._longest, cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        except (OSError, HTTPException):
            if not is_over.is_set():
                raise
        finally:
            timer.cancel()
        if is_over.is_set():
            raise TimeoutError("it takes too long")

    def _body(self, answer: HTTPResponse, path: str, most: int) -> bytes | None:
        body = answer.read(most + 1)
        if len(body) > most:
            self._connection.close()
            raise Away(f"{self.url} gives more for {path} than there can be.")
        if answer.status == 404:
            answer.read()
            return None
        if answer.status != 200:
            self._connection.close()
            raise Away(f"{self.url} answers {answer.status} for {path}.")
        return body


def _plain(said: str) -> str:
    """What a server may have written, without what would move about in a terminal."""
    return "".join(sign if sign.isprintable() else "?" for sign in said.strip())
