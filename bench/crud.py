"""The reference: the same pages and form as a plain application would have them.

Starlette, psycopg and Jinja2, without events: INSERT and commit, SELECT and render, as
a competent engineer writes it in a day, and honestly fast: pooled connections, prepared
statements, paging by key, nothing asked twice. It is served by the same uvicorn with
the same settings and as many processes as ours, on the same PostgreSQL.

`python -m bench.crud URL PORT --workers N --how async|threads`
"""

from __future__ import annotations

import argparse
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, LiteralString, cast
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from psycopg.rows import namedtuple_row
from psycopg_pool import AsyncConnectionPool, ConnectionPool
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from cli.serve import listen, serve

HERE = Path(__file__).parent
SCHEMA = (HERE / "crud.sql").read_text()
KINDS = ("general", "technical", "editorial")
PAGE = 25
LONGEST = 20_000

Ask = tuple[LiteralString, tuple[Any, ...]]
Page = Generator[Ask, list[Any], Response]
"""A page asks its questions one by one; who runs it decides how to wait for answers."""

PERSON: LiteralString = (
    "SELECT p.id, p.name FROM session s JOIN person p ON p.id = s.person"
    " WHERE s.digest = %s AND s.seen_at > now() - interval '1 day'"
)
PROPOSAL: LiteralString = (
    "SELECT id, consultation, round, title, version, closes_at FROM proposal"
    " WHERE id = %s"
)
PASSAGES: LiteralString = (
    "SELECT id, kind, text FROM passage WHERE proposal = %s ORDER BY ord"
)
PASSAGE: LiteralString = "SELECT id, text FROM passage WHERE id = %s AND proposal = %s"
COUNTS: LiteralString = (
    "SELECT passage, count(*) AS many FROM comment WHERE proposal = %s GROUP BY passage"
)
COMMENTS: LiteralString = """
    SELECT c.id, c.number, c.quote, c.text, c.wording, c.at, p.name, p.public_name,
           o.name AS organisation
      FROM comment c
      JOIN person p ON p.id = c.person
      LEFT JOIN organisation o ON o.id = c.organisation
     WHERE c.proposal = %s AND c.number < %s ORDER BY c.number DESC LIMIT %s
"""
COMMENT: LiteralString = """
    SELECT c.number, c.proposal, c.quote, c.text, c.wording, c.at, p.title
      FROM comment c JOIN proposal p ON p.id = c.proposal
     WHERE c.id = %s AND c.person = %s
"""
SUBMIT: LiteralString = (
    "INSERT INTO comment (id, proposal, passage, person, kind, quote, text, wording)"
    " VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (id) DO NOTHING"
    " RETURNING number"
)


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
    )


def _rendered(name: str, status: int = 200, **context: Any) -> Response:
    html = _templates().get_template(name).render(context)
    return HTMLResponse(html, status)


def _signed_in(request: Request) -> Generator[Ask, list[Any], Any]:
    token = request.cookies.get("session")
    if not token:
        return None
    found = yield PERSON, (sha256(token.encode()).digest(),)
    return found[0] if found else None


def _proposal(request: Request) -> Generator[Ask, list[Any], Any]:
    found = yield PROPOSAL, (request.path_params["proposal"],)
    if not found:
        raise HTTPException(404)
    return found[0]


def show(request: Request) -> Page:
    """A text with how much is said of each passage, and the newest comments."""
    person = yield from _signed_in(request)
    proposal = yield from _proposal(request)
    passages = yield PASSAGES, (proposal.id,)
    counts = dict((yield COUNTS, (proposal.id,)))
    before = int(request.query_params.get("before", 2**62))
    comments = yield COMMENTS, (proposal.id, before, PAGE)
    return _rendered(
        "proposal.html",
        person=person,
        proposal=proposal,
        passages=passages,
        counts={passage.id: counts.get(passage.id, 0) for passage in passages},
        total=sum(counts.values()),
        comments=comments,
        older=comments[-1].number if len(comments) == PAGE else None,
    )


def new(request: Request) -> Page:
    """The form."""
    person = yield from _signed_in(request)
    proposal = yield from _proposal(request)
    passage = None
    if asked := request.query_params.get("passage"):
        (passage,) = yield PASSAGE, (UUID(asked), proposal.id)
    form = {"kind": "general", "quote": "", "text": "", "wording": ""}
    return _form(person, proposal, passage, form, [])


def _form(
    person: Any, proposal: Any, passage: Any, form: Any, errors: list[str]
) -> Response:
    return _rendered(
        "form.html",
        422 if errors else 200,
        person=person,
        proposal=proposal,
        passage=passage,
        form=form,
        errors=errors,
        id=uuid4(),
        kinds=KINDS,
    )


def submit(request: Request, form: Any) -> Page:
    """Take a comment: who sent it, from where, and is it whole?"""
    if _crosses_site(request):
        raise HTTPException(403)
    person = yield from _signed_in(request)
    if person is None:
        return RedirectResponse("/sign-in", 303)
    proposal = yield from _proposal(request)
    passage = None
    if form["passage"]:
        found = yield PASSAGE, (UUID(form["passage"]), proposal.id)
        passage = found[0] if found else None
    if errors := list(_wrong(form, proposal, passage)):
        return _form(person, proposal, passage, form, errors)
    id = UUID(form["id"])
    yield (
        SUBMIT,
        (
            id,
            proposal.id,
            passage and passage.id,
            person.id,
            form["kind"],
            form["quote"],
            form["text"].strip(),
            form["wording"].strip(),
        ),
    )
    return RedirectResponse(f"/comments/{id}/receipt", 303)


def _crosses_site(request: Request) -> bool:
    if (sent_from := request.headers.get("sec-fetch-site")) is not None:
        return sent_from not in ("same-origin", "none")
    origin = request.headers.get("origin", "")
    return bool(origin) and urlsplit(origin).netloc != request.headers.get("host")


def _wrong(form: Any, proposal: Any, passage: Any) -> Generator[str, None, None]:
    if not form["text"].strip():
        yield "Skriv din synpunkt."
    if len(form["text"]) > LONGEST or len(form["wording"]) > LONGEST:
        yield "Texten är för lång."
    if form["kind"] not in KINDS:
        yield "Välj slag av synpunkt."
    if form["passage"] and passage is None:
        yield "Stycket finns inte."
    if form["quote"] and (passage is None or form["quote"] not in passage.text):
        yield "De citerade orden hittades inte."
    if proposal.closes_at < datetime.now(UTC):
        yield "Tiden har gått ut."


def receipt(request: Request) -> Page:
    """What the sender gets to see."""
    person = yield from _signed_in(request)
    if person is None:
        raise HTTPException(403)
    found = yield COMMENT, (request.path_params["comment"], person.id)
    if not found:
        raise HTTPException(404)
    return _rendered("receipt.html", person=person, comment=found[0])


def bare(request: Request) -> Response:
    """A page that asks nothing: of so many lines, each of so many characters."""
    lines, length = request.path_params["lines"], request.path_params["length"]
    text = "Förslaget innebär att verksamheten ska planeras tillsammans. " * 20
    return _rendered("bare.html", person=None, lines=[text[:length]] * lines)


def threads(url: str) -> Starlette:
    """The application with a thread for each request, as ours has it."""
    pool = ConnectionPool(
        url, min_size=8, max_size=8, open=False, kwargs=_CONNECTING, timeout=30
    )

    def answer(page: Page) -> Response:
        with pool.connection() as connection:
            try:
                ask = next(page)
                while True:
                    cursor = connection.execute(*ask, prepare=True)
                    ask = page.send(cursor.fetchall())
            except StopIteration as end:
                return cast(Response, end.value)

    def reading(page: Callable[[Request], Page]) -> Callable[[Request], Response]:
        return lambda request: answer(page(request))

    async def sent(request: Request) -> Response:
        async with request.form() as form:
            return await run_in_threadpool(answer, submit(request, form))

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        with pool:
            yield

    return _application(reading, sent, lifespan)


def awaiting(url: str) -> Starlette:
    """The application on one thread, which waits for many at once."""
    pool = AsyncConnectionPool(
        url, min_size=8, max_size=8, open=False, kwargs=_CONNECTING, timeout=30
    )

    async def answer(page: Page) -> Response:
        async with pool.connection() as connection:
            try:
                ask = next(page)
                while True:
                    cursor = await connection.execute(*ask, prepare=True)
                    ask = page.send(await cursor.fetchall())
            except StopIteration as end:
                return cast(Response, end.value)

    def reading(page: Callable[[Request], Page]) -> Any:
        async def read(request: Request) -> Response:
            return await answer(page(request))

        return read

    async def sent(request: Request) -> Response:
        async with request.form() as form:
            return await answer(submit(request, form))

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with pool:
            yield

    return _application(reading, sent, lifespan)


_CONNECTING = {"autocommit": True, "row_factory": namedtuple_row}


def _application(reading: Any, sent: Any, lifespan: Any) -> Starlette:
    return Starlette(
        routes=[
            Route("/proposals/{proposal:uuid}", reading(show)),
            Route("/proposals/{proposal:uuid}/comments/new", reading(new)),
            Route("/proposals/{proposal:uuid}/comments", sent, methods=["POST"]),
            Route("/comments/{comment:uuid}/receipt", reading(receipt)),
            Route("/bare/{lines:int}/{length:int}", bare),
            Route("/health", lambda _: Response("ok")),
        ],
        lifespan=lifespan,
    )


HOWS: dict[str, Callable[[str], Starlette]] = {"async": awaiting, "threads": threads}


@dataclass(frozen=True, slots=True)
class Made:
    """Makes the application in whichever process calls it."""

    url: str
    how: str

    def __call__(self) -> Starlette:
        return HOWS[self.how](self.url)


def main() -> None:
    """Serve, until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m bench.crud", description=__doc__)
    parser.add_argument("url")
    parser.add_argument("port", type=int)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--how", choices=HOWS, default="async")
    asked = parser.parse_args()
    made = cast(Any, Made(asked.url, asked.how))
    serve(made, listen("127.0.0.1", asked.port), asked.workers)


if __name__ == "__main__":
    main()
