"""Pages that this process has made: sent again for as long as they would be the same.

Only what anybody may read is kept, with no one's name at its top. A page that has been
made anew takes the place of the one before; and none is kept for long, so that what is
erased does not lie in the memory of a process either.
"""

from __future__ import annotations

import asyncio
import gzip
from collections import OrderedDict
from concurrent.futures import Future
from datetime import datetime
from functools import cached_property
from threading import Lock
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
"""Seconds that a page is waited for while it is made for somebody else."""

Place = tuple[object, ...]
"""All of a request that its page depends on; not how things stand."""
Turn = Future[None]
"""Somebody's, to have a page made; done when it has been, or has come to nothing."""


class Made:
    """A page as it was made, by its name; `request` is whoever asked for it first."""

    def __init__(self, name: str, response: Response, request: Request) -> None:
        self.name = name
        self.began: float = request.state.began
        self.position: int = request.state.position
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
        return Response(body, 200, headers)


class Shelf:
    """The pages kept in one process; those kept longest make room for others.

    A page is made for one at a time. Who asks meanwhile is given what is made next.
    """

    def __init__(self, room: int = ROOM, longest: float = LONGEST) -> None:
        self._room = room
        self._longest = longest
        self._lock = Lock()
        self._made: OrderedDict[Place, Made] = OrderedDict()
        self._turns: dict[Place, Turn] = {}
        self._taken = 0

    async def last(self, place: Place) -> Made | None:
        """The page last made there; whether it still stands is for others to say.

        It is waited for while it is made for somebody, unless that takes very long.
        """
        with self._lock:
            turn = self._turns.get(place)
        if turn:
            try:
                ended = asyncio.shield(asyncio.wrap_future(turn))
                await asyncio.wait_for(ended, PATIENCE)
            except TimeoutError:
                return None
        with self._lock:
            return self._made.get(place)

    def begin(self, place: Place, before: Made) -> Turn | None:
        """The caller's turn to make a page anew, who says when that has ended; None if
        it has been made, or is being made, since the page `before`."""
        with self._lock:
            if place in self._turns or self._made.get(place) is not before:
                return None
            turn = self._turns[place] = Turn()
            return turn

    def end(self, place: Place, before: Made, turn: Turn) -> None:
        """Let others have their turn. What nothing took the place of is kept no more:
        there may be no such page any longer."""
        with self._lock:
            if self._made.get(place) is before:
                self._drop(place)
            if self._turns.get(place) is turn:
                self._over(place)

    def keep(self, place: Place, made: Made) -> None:
        """Keep a page in the place of the one before, and hand it to who waits."""
        with self._lock:
            self._drop(place)
            self._made[place] = made
            self._taken += len(made)
            while self._taken > self._room:
                self._drop(next(iter(self._made)))
            self._over(place)

    def clear_out(self) -> None:
        """Drop what has been kept for long."""
        with self._lock:
            while self._made:
                place, oldest = next(iter(self._made.items()))
                if monotonic() - oldest.at < self._longest:
                    break
                self._drop(place)

    def _over(self, place: Place) -> None:
        if turn := self._turns.pop(place, None):
            turn.set_result(None)

    def _drop(self, place: Place) -> None:
        if gone := self._made.pop(place, None):
            self._taken -= len(gone)
