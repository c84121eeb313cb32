"""Growth: what a request takes in a log of 100,000 and of 1,000,000 entries.

The reference is the same in a log of 1,000 entries, which ends with a round of the same
size. One client, time a request. What is submitted goes to a small round made for the
run, so that the pages stay as they are for the next one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import uuid4

import psycopg

from bench.figures import Figure, Reading, in_turn
from bench.generate import append
from bench.installation import Running, running, until
from bench.load import Client, Load, client
from bench.p6 import time_of, visited
from bench.rounds import Office, Round
from bench.submitting import Desk, ours, require_recorded
from bench.words import COMPOUNDS, Prose
from domain.log import Log

SMALL = 1_000
SIZES = 100_000, 1_000_000
SECONDS = 2.0
GOAL = "≤ 1.5"


def run(data: Path, workers: int) -> Iterator[Figure]:
    """Each sort of request in a long log and in a short one, in turn."""
    for entries in SIZES:
        with (
            running(data, entries=SMALL, comments=250, workers=workers) as short,
            running(data, entries=entries, comments=250, workers=workers) as long,
            client() as reading,
        ):
            pairs = zip(_visited(long), _visited(short), strict=True)
            for (what, path, cookie), (_, short_path, short_cookie) in pairs:
                yield in_turn(
                    f"{what}, {entries:,} entries",
                    "ms",
                    partial(time_of, reading, long, path, cookie),
                    partial(time_of, reading, short, short_path, short_cookie),
                    goal=GOAL,
                )
            yield in_turn(
                f"a comment submitted, {entries:,} entries",
                "ms",
                partial(_submitted, reading, long, new_desk(long)),
                partial(_submitted, reading, short, new_desk(short)),
                goal=GOAL,
            )


def _visited(installed: Running) -> Iterator[tuple[str, str, str]]:
    for what, path, cookie in visited(installed):
        yield what, path, cookie
        if what in ("the proposal", "the inbox", "the comments"):
            yield f"{what} as of", f"{path}?as_of={installed.scene.earlier}", cookie
    scene = installed.scene
    officer, auditor = installed.sign_in(scene.officer, scene.auditor)
    inbox = f"/consultations/{scene.round}/inbox"
    rare, common = COMPOUNDS[len(COMPOUNDS) // 2], COMPOUNDS[0]
    yield "the inbox by theme and kind", f"{inbox}?theme=tema-2&kind=general", officer
    yield "the inbox by officer", f"{inbox}?officer={scene.officer}", officer
    yield "search for a rare word", f"{inbox}?words={rare}", officer
    yield "search for a common word", f"{inbox}?words={common}", officer
    yield "the inbox's last page", f"{inbox}?page=last", officer
    yield "the log's first page", "/log?page=last", auditor
    yield "the middle of the log", f"/log?before={scene.earlier}", auditor
    yield "the log of one kind", "/log?kind=issue", auditor
    yield "the work that waits", "/work", officer
    yield "the work that waits as of", f"/work?as_of={scene.earlier}", officer
    yield "the last comments", f"/consultations/{scene.round}/comments?page=last", ""
    yield "the last consultations", "/consultations?page=last", ""
    yield "the start page", "/", ""


def new_desk(installed: Running) -> Desk:
    """A proposal of its own to comment on, and somebody who does."""
    scene = installed.scene
    with closing(Log(installed.database.log)) as log:
        office = Office(scene.seed, datetime.now(UTC), 0)
        begins = datetime.now(UTC) - timedelta(days=30)
        round = Round(
            str(uuid4()),
            Prose("desk"),
            office,
            begins,
            comments=20,
            proposals=1,
            lasts=timedelta(days=20),
            is_open=True,
        )
        append(log, list(round.events()))
        head = log.head()
    until(lambda: _shown(installed) >= head, "the new round on the pages")
    (proposal,) = round.proposals
    passage = next(one.id for one in proposal.passages if one.kind == "paragraph")
    cookies = installed.sign_in(*(str(one.id) for one in round.senders[:1]))
    return Desk(str(round.id), str(proposal.id), str(passage), cookies)


def _shown(installed: Running) -> int:
    with psycopg.connect(installed.server.url) as connection:
        row = connection.execute("SELECT position FROM read.follower").fetchone()
    return int(row[0]) if row else 0


def _submitted(reading: Client, installed: Running, desk: Desk) -> Reading:
    load = Load(installed.port, 1, SECONDS, ours(desk, read=True))
    outcome, found = reading.drive_at(installed.server.data, load, "submit")
    read = outcome.of("receipt")
    require_recorded(installed, outcome.acknowledged)
    return Reading(
        1000 / found.value,
        {
            "submit p50 ms": found.more["submit p50 ms"],
            "receipt p50 ms": read.more["receipt p50 ms"],
            "processor ms each": found.more["processor ms each"],
        },
    )
