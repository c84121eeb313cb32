"""From commit to visible on the pages, while 200 comments a second arrive.

Committed is when PostgreSQL notifies of it, which it does at the commit; visible when
a new reader of the read tables gets to see it. Both are watched from one process,
every millisecond. The comments are submitted over HTTP.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bench.figures import Figure, Reading, alone
from bench.installation import Running, running
from bench.load import Client, Load, at, client
from bench.submitting import desk_of, ours, require_recorded
from bench.watching import Seen, Watch

SECONDS = 5.0
RATE = 200.0
CLIENTS = 32


def run(data: Path, workers: int) -> Iterator[Figure]:
    """Some seconds at a fixed rate, and then what was too late."""
    with (
        running(
            data, entries=10_000, comments=1_000, workers=workers, copy=True
        ) as installed,
        client() as sending,
    ):
        measured = partial(_lag, installed, sending)
        measured()
        yield alone("p50 from commit to visible", "ms", measured, goal="≤ 50")
        yield alone(
            "p99 from commit to visible",
            "ms",
            lambda: Reading((one := measured()).more["p99 ms"], one.more),
            goal="≤ 250",
        )


def _lag(installed: Running, sending: Client) -> Reading:
    scripts = ours(desk_of(installed), read=False)
    with Watch(installed.server.url) as watch:
        load = Load(installed.port, CLIENTS, SECONDS, scripts, rate=RATE)
        outcome = sending.drive(load)
        submitted = outcome.of("submit")
        require_recorded(installed, outcome.acknowledged)
    lags = sorted(_lags(*watch.found))
    assert len(lags) >= len(outcome.acknowledged)
    return Reading(
        at(lags, 0.5) * 1000,
        {
            "p99 ms": at(lags, 0.99) * 1000,
            "largest ms": lags[-1] * 1000,
            "comments/s that arrived": submitted.value,
            "submit p50 ms": submitted.more["submit p50 ms"],
            "submit p99 ms": submitted.more["submit p99 ms"],
        },
    )


def _lags(committed: Seen, visible: Seen) -> Iterator[float]:
    """For every position, how long after its commit it was visible."""
    reached = [position for _, position in visible]
    last = visible[0][1]
    for when, position in committed:
        for each in range(last + 1, position + 1):
            yield max(0.0, visible[bisect_left(reached, each)][0] - when)
        last = max(last, position)
