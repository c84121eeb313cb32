"""Any page as of a position, beside the same page now: one client, time a request."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bench.figures import Figure, Reading, in_turn
from bench.installation import Running, running
from bench.load import Client, Load, anew, client

SECONDS = 1.5
SIZES = 1_000, 1_000_000


def run(data: Path, workers: int) -> Iterator[Figure]:
    """The pages of one round, in a short log and in a long one."""
    for entries in SIZES:
        with (
            running(data, entries=entries, comments=250, workers=workers) as installed,
            client() as reading,
        ):
            for what, path, cookie in visited(installed):
                join = "&" if "?" in path else "?"
                then = f"{path}{join}as_of={installed.scene.earlier}"
                yield in_turn(
                    f"{what}, {entries:,} entries",
                    "ms",
                    partial(time_of, reading, installed, then, cookie),
                    partial(time_of, reading, installed, path, cookie),
                    goal="≤ 2",
                )


def visited(installed: Running) -> Iterator[tuple[str, str, str]]:
    """Pages that are there now as they were then: name, address and who reads them."""
    scene = installed.scene
    officer, auditor = installed.sign_in(scene.officer, scene.auditor)
    round = f"/consultations/{scene.round}"
    proposal = f"{round}/proposals/{scene.proposal}"
    yield "the proposal", proposal, ""
    yield "a passage", f"{proposal}/passages/{scene.passage}", ""
    yield "comments on a passage", f"{proposal}/passages/{scene.passage}/comments", ""
    yield "the comments", f"{round}/comments", ""
    yield "the consultation", round, ""
    yield "all consultations", "/consultations", ""
    yield "the inbox", f"{round}/inbox", officer
    yield "the issues", f"{round}/issues", officer
    yield "the log", "/log", auditor


def time_of(reading: Client, installed: Running, path: str, cookie: str) -> Reading:
    """Milliseconds a page takes to be made, for one client that reads it and again."""
    load = Load(installed.port, 1, SECONDS, partial(anew, path, cookie))
    _, found = reading.drive_at(installed.server.data, load, "page")
    kept = ("page p99 ms", "processor ms each", "page kB")
    return Reading(1000 / found.value, {name: found.more[name] for name in kept})
