"""Read rows are never overwritten, so every page can be seen as it was at any time.

Whatever happens, the live tables are what a rebuild gives and what one gets entry by
entry; and what they show as of a position is what they were when only the entries up to
it had been applied.
"""

from __future__ import annotations

import random
from contextlib import closing

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cli.postgres import Server
from domain.log import Fact, Log
from projections.follower import Follower, rebuild
from projections.reads import ReadPool
from tests.conftest import new_database
from tests.happening import World, happen
from tests.projections.tables import replayed
from tests.vault import log_settings

number = st.integers(0, 999)
steps = st.lists(st.tuples(number, number, number, number), max_size=20)


@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(histories=st.lists(steps, min_size=1, max_size=3), batch=st.integers(1, 20))
def test_the_past_is_what_it_was_and_a_rebuild_what_is_live(
    postgres: Server,
    template: str,
    histories: list[list[tuple[int, int, int, int]]],
    batch: int,
) -> None:
    with (
        new_database(postgres, template) as url,
        Log(log_settings(url)) as log,
        closing(Follower(log, url)) as follower,
        closing(ReadPool(url, size=1)) as reads,
    ):
        world = World(log, follower, reads)
        for history in histories:
            happen(world, history)
            follower.catch_up(batch)
        _hold_against_replays(log, url, follower.catch_up(batch), every=8)


def test_so_it_is_for_every_kind_of_event(
    log: Log, database: str, follower: Follower, reads: ReadPool
) -> None:
    world = World(log, follower, reads)
    chance = random.Random(8)  # noqa: S311
    wanted = {vars(kind)["TOPIC"] for kind in _under(Fact) if "TOPIC" in vars(kind)}
    happened: set[str] = set()
    for _ in range(60):
        for act in range(len(world.acts)):
            whom, what, how = (chance.randrange(1000) for _ in range(3))
            happen(world, [(act, whom, what, how)])
        seen = follower.catch_up(chance.randint(1, 50))
        happened = {entry.event.TOPIC for entry in log.entries(0, seen)}
        if happened == wanted:
            break
    assert happened == wanted
    _hold_against_replays(log, database, follower.catch_up(), every=40)


def _hold_against_replays(log: Log, url: str, head: int, *, every: int) -> None:
    with replayed(log, url) as tables:
        for position in [*range(1, head, every), head]:
            tables.apply(position)
            assert tables.differences_from_the_past() == []
        assert tables.differences_from_live() == []
        assert rebuild(log, url) == head
        assert tables.differences_from_live() == []
        assert tables.differences_from_the_past() == []


def _under(kind: type) -> set[type]:
    return {kind}.union(*map(_under, kind.__subclasses__()))
