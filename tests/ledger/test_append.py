"""log.append against a model of a dozen lines: batches, conflicts, asking again."""

from __future__ import annotations

from uuid import UUID, uuid4

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

Event = tuple[int, int, int]
"""A thing, its version, and what it says."""

events = st.tuples(st.integers(0, 2), st.integers(1, 4), st.integers(0, 1))
batches = st.lists(st.lists(events, min_size=1, max_size=3), min_size=1, max_size=4)
APPEND = (
    "SELECT log.append(%s::int[], %s::uuid[], %s::int8[], %s::text[], %s::bytea[],"
    " %s::bytea[])"
)


class Model:
    """What the log is said to do."""

    def __init__(self) -> None:
        self.entries: list[Event] = []

    def append(self, batches: list[list[Event]]) -> list[int]:
        return [position for batch in batches for position in self._append(batch)]

    def _append(self, batch: list[Event]) -> list[int]:
        newest = {thing: version for thing, version, _ in self.entries}
        for thing, version, _ in batch:
            if version != newest.get(thing, 0) + 1:
                break
            newest[thing] = version
        else:
            self.entries += batch
            head = len(self.entries)
            return [*range(head - len(batch) + 1, head + 1)]
        if all(event in self.entries for event in batch):
            return [self.entries.index(event) + 1 for event in batch]
        return [0] * len(batch)


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(calls=st.lists(batches, min_size=1, max_size=6))
def test_append_does_what_it_is_said_to_do(
    database: str, calls: list[list[list[Event]]]
) -> None:
    model, things = Model(), [uuid4() for _ in range(3)]
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("SET ROLE samrad_web")
        before = _head(connection)
        for batches in calls:
            expected = [n and before + n for n in model.append(batches)]
            assert _append(connection, things, batches) == expected
        stored = connection.execute(
            "SELECT originator_id, originator_version, state FROM log.entry"
            " WHERE position > %s ORDER BY position",
            (before,),
        ).fetchall()
    assert stored == [
        (things[thing], version, b"%d" % said) for thing, version, said in model.entries
    ]


def _head(connection: psycopg.Connection[tuple[object, ...]]) -> int:
    row = connection.execute("SELECT position FROM log.head").fetchone()
    assert row
    return int(str(row[0]))


def _append(
    connection: psycopg.Connection[tuple[object, ...]],
    things: list[UUID],
    batches: list[list[Event]],
) -> object:
    listed = [(n, event) for n, batch in enumerate(batches) for event in batch]
    row = connection.execute(
        APPEND,
        [
            [n for n, _ in listed],
            [things[thing] for _, (thing, _, _) in listed],
            [version for _, (_, version, _) in listed],
            ["test.happened"] * len(listed),
            [b"%d" % said for _, (_, _, said) in listed],
            [None] * len(listed),
        ],
    ).fetchone()
    assert row
    return row[0]
