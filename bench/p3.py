"""The proposal page: 30 passages and 1,000 comments, 8 clients.

Ours has the passages, how much is said of each and the quoted words marked; the
reference the passages, the counts and the newest 25 comments. Then our list of the
newest comments beside the same page of the reference, and ours beside a bare Jinja2
page of as many bytes. Then while 50 comments a second arrive on that proposal. Ours may
answer with a page that was made for another reader and still stands; what it takes to
make one is measured by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bench.figures import Figure, Reading, in_turn
from bench.installation import Running, running
from bench.load import Client, Load, anew, client, pages
from bench.reference import Reference, both_ways, faster, reference
from bench.submitting import desk_of, ours, require_inserted, require_recorded, theirs

SECONDS = 3.0
CLIENTS = 8
ARRIVING = 50.0
"""Comments a second, from as many clients as read."""
LINES, LENGTH = 30, 100


def run(data: Path, workers: int) -> Iterator[Figure]:
    """Pages that are read by anybody, nobody signed in, with no proxy between."""
    with (
        running(
            data, entries=10_000, comments=1_000, workers=workers, copy=True
        ) as installed,
        client() as reading,
        client() as sending,
    ):
        plain = f"/proposals/{installed.scene.proposal}"
        ways = both_ways(
            "pages/s",
            installed,
            workers,
            lambda crud: _pages(reading, crud.data, crud.port, plain),
        )
        yield ways
        with reference(installed, how=faster(ways), workers=workers) as crud:
            yield from _beside(installed, crud, reading, sending)


def _beside(
    installed: Running, crud: Reference, reading: Client, sending: Client
) -> Iterator[Figure]:
    scene = installed.scene
    round = f"/consultations/{scene.round}"
    proposal = f"{round}/proposals/{scene.proposal}"
    listed = f"{round}/comments?proposal={scene.proposal}"
    plain = f"/proposals/{scene.proposal}"
    see = partial(_pages, reading, installed.server.data, installed.port)
    see_plain = partial(_pages, reading, crud.data, crud.port)
    yield in_turn(
        "the proposal's page",
        "pages/s",
        partial(see, proposal),
        partial(see_plain, plain),
        goal="≥ 1.5",
    )
    yield in_turn(
        "the proposal's page, made anew each time",
        "pages/s",
        partial(see, proposal, kept=False),
        partial(see_plain, plain),
    )
    yield in_turn(
        "the newest comments",
        "pages/s",
        partial(see, listed),
        partial(see_plain, plain),
    )
    bare = _as_long(see(proposal), see_plain)
    yield in_turn(
        "the proposal's page, beside a bare one of its length",
        "pages/s",
        partial(see, proposal),
        partial(see_plain, bare),
        goal="≥ 0.5",
    )
    yield in_turn(
        f"the proposal's page while {ARRIVING:.0f} comments/s arrive",
        "pages/s",
        partial(_while_ours_arrive, installed, sending, partial(see, proposal)),
        partial(
            _while_theirs_arrive,
            crud,
            installed,
            sending,
            partial(see_plain, plain),
        ),
        goal="≥ 1.0",
    )


def _pages(
    reading: Client, data: Path, port: int, path: str, *, kept: bool = True
) -> Reading:
    scripts = partial(pages, [path], "") if kept else partial(anew, path, "")
    load = Load(port, CLIENTS, SECONDS, scripts)
    _, found = reading.drive_at(data, load, "page")
    return found


def _as_long(ours: Reading, see: partial[Reading]) -> str:
    """The address of a bare page with as many bytes as ours has."""
    wanted = ours.more["page kB"] * 1000
    empty, one = (see(f"/bare/{n}/{LENGTH}").more["page kB"] * 1000 for n in (0, 100))
    return f"/bare/{round((wanted - empty) / (one - empty) * 100)}/{LENGTH}"


def _while_ours_arrive(
    installed: Running, sending: Client, see: partial[Reading]
) -> Reading:
    scripts = ours(desk_of(installed), read=False)
    load = Load(installed.port, CLIENTS, SECONDS, scripts, rate=ARRIVING)
    arriving = sending.begin(load)
    reading = see()
    outcome = arriving()
    require_recorded(installed, outcome.acknowledged)
    return _with_rate(reading, outcome.of("submit"))


def _while_theirs_arrive(
    crud: Reference, installed: Running, sending: Client, see: partial[Reading]
) -> Reading:
    scripts = theirs(crud, installed, read=False)
    load = Load(crud.port, CLIENTS, SECONDS, scripts, rate=ARRIVING)
    arriving = sending.begin(load)
    reading = see()
    outcome = arriving()
    require_inserted(crud, outcome.acknowledged)
    return _with_rate(reading, outcome.of("submit"))


def _with_rate(reading: Reading, arriving: Reading) -> Reading:
    return Reading(
        reading.value,
        {
            **reading.more,
            "comments/s that arrived": arriving.value,
            "submit p99 ms": arriving.more["submit p99 ms"],
        },
    )
