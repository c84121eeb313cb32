"""Whatever happens, no comment is lost between the editions of a text."""

from __future__ import annotations

from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.log import SYSTEM, Log
from domain.revision import place_stragglers
from projections.comment import standings_on
from projections.follower import Follower
from projections.reads import ReadPool
from tests.happening import World, happen

THAT_PLACE = {
    "submit_comment",
    "submit_another_comment",
    "submit_a_straggler",
    "withdraw_comment",
    "confirm_anchor",
    "make_change",
    "drop_change",
    "adopt_revision",
    "adopt_another_revision",
    "abandon_revision",
    "place_stragglers",
    "draft_proposal",
    "redraft_proposal",
    "publish_proposal",
}
"""What can come between a comment and its place."""

number = st.integers(0, 999)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(st.tuples(number, number, number, number), max_size=30))
def test_every_comment_has_a_place_once_those_listed_as_late_are_placed(
    log: Log,
    follower: Follower,
    reads: ReadPool,
    steps: list[tuple[int, int, int, int]],
) -> None:
    world = World(log, follower, reads)
    matters = [n for n, act in enumerate(world.acts) if act.__name__ in THAT_PLACE]
    assert len(matters) == len(THAT_PLACE)
    happen(world, [(matters[act % len(matters)], a, b, c) for act, a, b, c in steps])
    late = lacking(follower, reads)
    for proposal, edition in editions(reads):
        with reads() as now:
            anchors = standings_on(now, proposal, not_in=edition)
        assert anchors.keys() == late.get(proposal, set())
        place_stragglers(
            log, proposal=proposal, anchors=anchors, by=SYSTEM, now=world.now
        )
    assert lacking(follower, reads) == {}


def editions(reads: ReadPool) -> list[tuple[UUID, int]]:
    """Each proposal with its newest edition."""
    with reads() as now:
        found = now.tuples("SELECT id, edition FROM proposal ORDER BY id", ())
    return [(id, edition) for id, edition in found]


def lacking(follower: Follower, reads: ReadPool) -> dict[UUID, set[UUID]]:
    """The comments without a place in the newest edition, by proposal."""
    follower.catch_up()
    found: dict[UUID, set[UUID]] = {}
    with reads() as now:
        rows = now.tuples(
            "SELECT c.proposal, c.id FROM comment c"
            " JOIN proposal p ON p.id = c.proposal WHERE NOT EXISTS (SELECT"
            " FROM placement s WHERE s.comment = c.id AND s.edition = p.edition)",
            (),
        )
    for proposal, comment in rows:
        found.setdefault(proposal, set()).add(comment)
    return found
