"""Pages that this process has made: sent again for as long as they would be the same.

Only what anybody may read is kept, with no one's name at its top. A page that has been
made anew takes the place of the one before; and none is kept for long, so that what is
erased does not lie in the memory of a process either.
"""

from __future__ import annotations

import gzip
from collections import OrderedDict
from datetime import datetime
from functools import cached_property
from threading import Event, Lock
from time import monotonic
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from web.packing import LEVEL, WORTH_IT

ROOM = 32_000_000
"""Bytes of pages that a process keeps at most, as they are unpacked."""
LONGEST = 60.0
"""Seconds that a page is kept at most."""
PATIENCE = 10.0
"""Seconds that a page is waited for while somebody else makes it."""

Place = tuple[object, ...]
"""All of a request that its page depends on; not how things stand."""


class Made:
    """A page as it was made, by its name; `request` is whoever asked for it first."""

    def __init__(
        self, name: str, response: Response, request: Request, position: int
    ) -> None:
        self.name = name
        self.position = position
        self.consultation: UUID | None = request.path_params.get("consultation")
        self.moment: int | None = request.state.moment
        self.moment_at: datetime | None = request.state.moment_at
        self.route = request.scope.get("route")
        self.at = monotonic()
        self._body = bytes(response.body)
        self._headers = dict(response.headers)

    def __len__(self) -> int:
        return len(self._body)

    @cached_property
    def _packed(self) -> bytes:
        return gzip.compress(self._body, LEVEL, mtime=0)

    def answer(self, request: Request) -> Response:
        """The page once more, packed for those who take it so."""
        headers = dict(self._headers)
        body = self._body
        if "gzip" in request.headers.get("accept-encoding", "") and (
            len(body) >= WORTH_IT
        ):
            body = self._packed
            headers["content-encoding"] = "gzip"
            headers["content-length"] = str(len(body))
            headers["vary"] += ", Accept-Encoding"
        request.state.position = self.position
        return Response(body, 200, headers)


class Making:
    """A page that somebody is making, for all who ask for it meanwhile."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._done = Event()
        self._made: Made | None = None

    def end(self, made: Made | None) -> None:
        """Hand the page out, or say that it has not been made."""
        self._made = made
        self._done.set()

    def wait(self) -> Made | None:
        """The page, if it has been made. Blocks: runs in a thread."""
        self._done.wait(PATIENCE)
        return self._made


class Shelf:
    """The pages kept in one process; those kept longest make room for others."""

    def __init__(self, room: int = ROOM, longest: float = LONGEST) -> None:
        self._room = room
        self._longest = longest
        self._lock = Lock()
        self._made: OrderedDict[Place, Made] = OrderedDict()
        self._making: dict[tuple[Place, str], Making] = {}
        self._taken = 0

    def find(self, place: Place) -> Made | None:
        """The page last made there; whether it still stands is for others to say."""
        with self._lock:
            return self._made.get(place)

    def claim(self, place: Place, name: str) -> Made | Making | None:
        """The page of this name, or who is making it; None: the caller makes it now.

        Who was told None calls `fill` afterwards, whatever came of it.
        """
        with self._lock:
            found = self._made.get(place)
            if found and found.name == name:
                return found
            if making := self._making.get((place, name)):
                return making
            self._making[place, name] = Making(name)
            return None

    def fill(self, place: Place, name: str, made: Made | None) -> None:
        """Keep a page in the place of the one before, and hand it to who waits; None
        if it was not made, or is not to be kept."""
        with self._lock:
            if made:
                self._drop(place)
                self._made[place] = made
                self._taken += len(made)
                while self._taken > self._room:
                    self._drop(next(iter(self._made)))
            making = self._making.pop((place, name), None)
        if making:
            making.end(made)

    def clear_out(self) -> None:
        """Drop what has been kept for long."""
        with self._lock:
            while self._made:
                place, oldest = next(iter(self._made.items()))
                if monotonic() - oldest.at < self._longest:
                    break
                self._drop(place)

    def _drop(self, place: Place) -> None:
        if gone := self._made.pop(place, None):
            self._taken -= len(gone)
