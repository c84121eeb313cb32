"""The reference beside an installation: its texts and comments, on its PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from secrets import token_urlsafe

import psycopg

from bench.crud import SCHEMA
from bench.figures import Figure, Reading, in_turn
from bench.installation import Running, answers, environment, free_port, process, until

DATABASE = "bench_crud"

# What the reference has, as the read tables of the installation have it.
_COPIED = {
    "person": "SELECT id, name, public_name FROM now.person",
    "organisation": "SELECT id, name FROM now.organisation",
    "proposal": """
        SELECT p.id, p.consultation, c.title, p.title, p.published, c.closes_at
          FROM now.proposal p JOIN now.consultation c ON c.id = p.consultation
         WHERE p.id = %(proposal)s
    """,
    "passage": """
        SELECT s.id, s.proposal, o.ord, s.kind, s.text
          FROM now.proposal p
          JOIN now.version v ON v.proposal = p.id AND v.edition = p.published,
               unnest(v.passages) WITH ORDINALITY AS o (id, ord)
          JOIN now.passage s ON s.id = o.id
         WHERE p.id = %(proposal)s AND s.proposal = p.id AND s.since <= p.published
           AND (s.until IS NULL OR s.until > p.published)
         ORDER BY o.ord
    """,
    "comment": """
        SELECT c.id, c.proposal, s.passage, c.author, c.organisation, c.kind, c.quote,
               c.text, c.wording, c.submitted_at
          FROM now.comment c
          JOIN now.proposal p ON p.id = c.proposal
          LEFT JOIN now.placement s ON s.comment = c.id AND s.edition = p.published
         WHERE c.proposal = %(proposal)s AND NOT c.is_withdrawn
         ORDER BY c.position
    """,
}
_COLUMNS = {
    "comment": "(id, proposal, passage, person, organisation, kind, quote, text,"
    " wording, at)"
}


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference that answers on a port; `cookies` stand for the senders."""

    url: str
    data: Path
    port: int
    cookies: list[str]


@contextmanager
def reference(beside: Running, *, how: str, workers: int) -> Iterator[Reference]:
    """Serve the reference, with what the installation's proposal has."""
    url = _filled(beside)
    cookies = _signed_in(url, beside.scene.senders)
    port = free_port()
    # Not -m: what a process is started with by name can not be sent to others.
    arguments = ["-c", "from bench.crud import main; main()", url, str(port)]
    arguments += ["--workers", str(workers), "--how", how]
    said = beside.server.data.with_name(f"crud-{how}.said")
    surroundings = environment(beside.server.data, port)
    with process(arguments, said, surroundings):
        until(lambda: answers(f"http://127.0.0.1:{port}/health"), str(said))
        yield Reference(url, beside.server.data, port, cookies)


def both_ways(
    unit: str, beside: Running, workers: int, measure: Callable[[Reference], Reading]
) -> Figure:
    """The reference awaiting its database, beside itself with threads."""
    found: dict[str, list[float]] = {"async": [], "threads": []}
    for _ in range(2):
        for how, readings in found.items():
            with reference(beside, how=how, workers=workers) as crud:
                readings += [measure(crud).value for _ in range(2)]
    one, other = (iter(readings[1:]) for readings in found.values())
    return in_turn(
        "the reference async, beside itself with threads",
        unit,
        partial(next, one),
        partial(next, other),
        rounds=2,
    )


def faster(ways: Figure) -> str:
    """How the reference is served, so that it is as fast as it can be."""
    return "async" if ways.ratio and ways.ratio.mid >= 1 else "threads"


def _filled(beside: Running) -> str:
    with psycopg.connect(beside.server.url, autocommit=True) as owner:
        owner.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)".encode())
        owner.execute(f"CREATE DATABASE {DATABASE}".encode())
        url = beside.server.url_of("postgres", DATABASE)
        with psycopg.connect(url) as new:
            new.execute(SCHEMA.encode())
            given = {"proposal": beside.scene.proposal}
            for table, query in _COPIED.items():
                rows = owner.execute(query.encode(), given).fetchall()
                copy = f"COPY {table} {_COLUMNS.get(table, '')} FROM STDIN"
                with new.cursor() as cursor, cursor.copy(copy.encode()) as out:
                    for row in rows:
                        out.write_row(row)
            new.execute("ANALYZE")
    return url


def _signed_in(url: str, people: tuple[str, ...]) -> list[str]:
    tokens = [token_urlsafe(32) for _ in people]
    with psycopg.connect(url) as connection:
        for token, person in zip(tokens, people, strict=True):
            connection.execute(
                "INSERT INTO session (digest, person) VALUES (%s, %s)",
                (sha256(token.encode()).digest(), person),
            )
    return [f"session={token}" for token in tokens]
