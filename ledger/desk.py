"""One address where bytes are handed in and answered: an ASGI application.

Small on purpose: it stands before a private key, and knows neither forms nor sessions.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

from ledger.submission import LARGEST_SUBMISSION

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

PLAIN = "text/plain; charset=utf-8"
PATIENCE = 10.0
"""Seconds in which a request must have arrived."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The status, the body, and the body's type."""

    status: int
    body: str = ""
    kind: str = PLAIN


class Desk:
    """Answers what is posted to one path; `GET /health` says that it is there."""

    def __init__(self, path: str, answer: Callable[[bytes], Answer]) -> None:
        self._path = path
        self._answer = answer

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        answer = await self._answered(scope, receive)
        body = answer.body.encode()
        headers = [
            (b"content-type", answer.kind.encode()),
            (b"content-length", b"%d" % len(body)),
            (b"cache-control", b"no-store"),
        ]
        start = {"type": "http.response.start", "status": answer.status}
        await send({**start, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _answered(self, scope: Message, receive: Receive) -> Answer:
        match scope["method"], scope["path"]:
            case "GET" | "HEAD", "/health":
                return Answer(200, "well\n")
            case "POST", self._path:
                pass
            case _, self._path:
                return Answer(405, "post it\n")
            case _:
                return Answer(404, "nothing is here\n")
        try:
            async with asyncio.timeout(PATIENCE):
                body = await _body(receive)
        except TimeoutError:
            return Answer(408, "too slow\n")
        if body is None:
            return Answer(413, "too large\n")
        # It waits for the disk: meanwhile others may ask whether we are well.
        return await asyncio.to_thread(self._answer, body)


async def _body(receive: Receive) -> bytes | None:
    """All of a request's body, None as soon as it is too large."""
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if len(body) > LARGEST_SUBMISSION:
            return None
        if not message.get("more_body"):
            return body
