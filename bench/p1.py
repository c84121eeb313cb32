"""Submitting a comment over HTTP, at 1, 8 and 32 clients.

Ours: a signed-in session, CSRF check, validation, a sealed event with its leaf durable.
The reference: the same form with the same checks, inserted and committed. Then both
with the receipt page read each time, and beside a bare INSERT of one row.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from time import perf_counter
from uuid import uuid4

import psycopg

from bench.figures import Figure, Reading, alone, in_turn
from bench.installation import Running, running
from bench.load import Client, Load, Scripts, client
from bench.reference import Reference, both_ways, faster, reference
from bench.submitting import desk_of, ours, require_inserted, require_recorded, theirs
from bench.threads import together

SECONDS = 3.0
CLIENTS = 1, 8, 32
GOALS = {1: "≥ 0.8", 8: "", 32: "≥ 1.0"}


def run(data: Path, workers: int) -> Iterator[Figure]:
    """Each number of clients for some seconds, ours and the reference in turn."""
    with (
        running(
            data, entries=10_000, comments=1_000, workers=workers, copy=True
        ) as installed,
        client() as sending,
    ):
        yield alone("what the client itself manages", "requests/s", sending.ceiling)
        ways = both_ways(
            "comments/s",
            installed,
            workers,
            lambda crud: _theirs(
                crud, sending, 32, theirs(crud, installed, read=False)
            ),
        )
        yield ways
        with reference(installed, how=faster(ways), workers=workers) as crud:
            yield from _beside(installed, crud, sending)


def _beside(installed: Running, crud: Reference, sending: Client) -> Iterator[Figure]:
    desk = desk_of(installed)
    for read in (False, True):
        mine = ours(desk, read=read)
        yours = theirs(crud, installed, read=read)
        for clients in CLIENTS:
            yield in_turn(
                f"{clients} clients" + (", and the receipt" if read else ""),
                "comments/s",
                partial(_ours, installed, sending, clients, mine),
                partial(_theirs, crud, sending, clients, yours),
                goal=GOALS[clients],
            )
    mine = ours(desk, read=False)
    for clients in CLIENTS:
        yield in_turn(
            f"{clients} clients, beside a bare INSERT of a row",
            "comments/s",
            partial(_ours, installed, sending, clients, mine),
            partial(_inserts, crud, clients),
        )


def _ours(installed: Running, sending: Client, clients: int, do: Scripts) -> Reading:
    load = Load(installed.port, clients, SECONDS, do)
    outcome, reading = sending.drive_at(installed.server.data, load, "submit")
    require_recorded(installed, outcome.acknowledged)
    return reading


def _theirs(crud: Reference, sending: Client, clients: int, do: Scripts) -> Reading:
    load = Load(crud.port, clients, SECONDS, do)
    outcome, reading = sending.drive_at(crud.data, load, "submit")
    require_inserted(crud, outcome.acknowledged)
    return reading


def _inserts(crud: Reference, clients: int) -> Reading:
    """Rows inserted by threads that do nothing else."""
    with psycopg.connect(crud.url, autocommit=True) as owner:
        owner.execute(
            "CREATE TABLE IF NOT EXISTS plain (id uuid PRIMARY KEY, text text)"
        )
        before = owner.execute("SELECT count(*) FROM plain").fetchone()
        done = [0] * clients
        until = perf_counter() + SECONDS

        def insert(number: int) -> None:
            with psycopg.connect(crud.url, autocommit=True) as connection:
                while perf_counter() < until:
                    connection.execute(
                        "INSERT INTO plain VALUES (%b, %t)",
                        (uuid4(), "Vi anser att förslaget behöver mer tid. " * 7),
                        prepare=True,
                    )
                    done[number] += 1

        together(insert, clients)
        after = owner.execute("SELECT count(*) FROM plain").fetchone()
        assert before
        assert after
        assert after[0] - before[0] == sum(done)
    return Reading(sum(done) / SECONDS)
