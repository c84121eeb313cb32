"""Sends pages from the shelf once more, when they still stand: past everything else."""

from __future__ import annotations

import asyncio
from asyncio import AbstractEventLoop, Future
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from time import monotonic
from uuid import UUID
from weakref import WeakKeyDictionary

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from domain.log import Unavailable
from projections.reads import ReadPool
from projections.stand import Stand, stands_of
from web.shelf import Made, Shelf
from web.unchanged import known_by, name_of, place_of, unchanged

Found = tuple[datetime, dict[UUID | None, Stand]]


class Stands:
    """Asks how far the tables are, in one question for all who wait for it.

    Each is told of a moment after they asked. So whoever has seen something recorded is
    never shown a page from before that, whichever process it is that they ask.
    """

    def __init__(self, reads: ReadPool) -> None:
        self._reads = reads
        self._thread = ThreadPoolExecutor(1, "stands")
        self._rounds: WeakKeyDictionary[AbstractEventLoop, _Round] = WeakKeyDictionary()

    async def of(self, consultation: UUID | None) -> tuple[datetime, Stand]:
        """How far they are for a page of a consultation or of none, and when.

        Raises Unavailable.
        """
        loop = asyncio.get_running_loop()
        now, found = await self._rounds.setdefault(loop, _Round()).join(
            consultation, self
        )
        return now, found[consultation]

    def ask(self, consultations: set[UUID | None]) -> Future[Found]:
        """Ask in a thread, so that others are served meanwhile."""
        loop = asyncio.get_running_loop()
        return loop.run_in_executor(self._thread, self._ask, consultations)

    def _ask(self, consultations: set[UUID | None]) -> Found:
        now = datetime.now(UTC)
        with self._reads.at_once() as reads:
            return now, stands_of(reads, consultations, now)

    def close(self) -> None:
        """Ask no more."""
        self._thread.shutdown()


class _Round:
    """Those who wait for the next question, while the one before is answered."""

    def __init__(self) -> None:
        self._wanted: set[UUID | None] = set()
        self._next: Future[Found] | None = None
        self._asking: Future[Found] | None = None

    async def join(self, consultation: UUID | None, stands: Stands) -> Found:
        self._wanted.add(consultation)
        if self._next is None:
            self._next = asyncio.ensure_future(self._ask(stands))
        return await asyncio.shield(self._next)

    async def _ask(self, stands: Stands) -> Found:
        if self._asking is not None:
            await asyncio.wait([self._asking])
        wanted, self._wanted = self._wanted, set()
        self._asking, self._next = self._next, None
        return await stands.ask(wanted)


class Again:
    """Answers, from the shelf, who is nobody in particular."""

    def __init__(self, app: ASGIApp, *, shelf: Shelf, stands: Stands) -> None:
        self.app = app
        self.shelf = shelf
        self.stands = stands

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope["state"]["shelf"] = self.shelf
        request = Request(scope)
        place, came = place_of(request), monotonic()
        while place and (made := await self.shelf.last(place)):
            # What was begun after the visitor came has in it all they can know of.
            if made.began > came or await self._stands(request, made):
                await self._answer(request, made)(scope, receive, send)
                return
            if turn := self.shelf.begin(place, made):
                try:
                    await self.app(scope, receive, send)
                finally:
                    self.shelf.end(place, made, turn)
                return
        await self.app(scope, receive, send)

    async def _stands(self, request: Request, made: Made) -> bool:
        """Whether a page would be made just as it was."""
        try:
            now, stand = await self.stands.of(made.consultation)
        except Unavailable:
            return False
        request.state.moment = made.moment
        request.state.moment_at = made.moment_at
        return name_of(request, stand, now) == made.name

    def _answer(self, request: Request, made: Made) -> Response:
        request.scope["route"] = made.route
        request.state.position = made.position
        if made.name in known_by(request):
            return unchanged(made.name)
        return made.answer(request)
