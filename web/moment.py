"""`?as_of=`: every page as it stood at a position of the log, or at an instant."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from time import monotonic

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from projections.reads import ReadPool, Reads, instant_of, position_at
from web.addresses import FOR_ALL
from web.dates import STOCKHOLM
from web.language import say
from web.status import status_page
from web.unchanged import compare, compares


class Moments:
    """Finds out what moment a page is asked for, and lays the reads of it at hand.

    A position is a whole number; an instant is ISO 8601, Swedish time unless it says
    otherwise. What is sent to be recorded is always about now.
    """

    def __init__(self, app: ASGIApp, *, reads: ReadPool) -> None:
        self.app = app
        self.reads = reads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(FOR_ALL):
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        request.state.moment = request.state.moment_at = None
        request.state.reads = _Asking(self.reads, request)
        asked = request.query_params.get("as_of")
        if asked and request.method in {"GET", "HEAD"}:
            try:
                await run_in_threadpool(self._find, request, asked)
            except (ValueError, OverflowError):
                said = say(
                    request,
                    "The moment could not be read. Write a position, for example 120,"
                    " or a day and time, for example 2026-11-21T19:25.",
                )
                refused = await run_in_threadpool(status_page, request, 422, said=said)
                await refused(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def _find(self, request: Request, asked: str) -> None:
        with self.reads() as reads:
            if asked.isdecimal() and asked.isascii():
                moment, at = int(asked), None
            else:
                at = datetime.fromisoformat(asked)
                at = (at if at.tzinfo else at.replace(tzinfo=STOCKHOLM)).astimezone(UTC)
                moment = position_at(reads, at)
            if moment >= reads.position:
                return
            request.state.moment = moment
            request.state.moment_at = at or instant_of(reads, moment)


class _Asking:
    """The pool, for one request: notes the position that its page shows, and whether
    the browser has that page already."""

    def __init__(self, pool: ReadPool, request: Request) -> None:
        self._pool = pool
        self._request = request

    @contextmanager
    def __call__(self, moment: int | None = None) -> Iterator[Reads]:
        state = self._request.state
        if compares(state):
            state.began = monotonic()
        with self._pool(moment) as reads:
            if compares(state):
                stand = compare(self._request, reads)
                state.position = stand.position if moment is None else moment
            else:
                state.position = reads.position
            yield reads
