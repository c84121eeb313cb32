"""The leaf that PostgreSQL writes is the canonical one, and is read strictly."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.log import Log
from ledger.envelope import BadEnvelope, Envelope
from tests import story

THING = UUID("5f2b6a52-7a0c-4f0e-9a53-3f9d0f7f7e11")
AT = datetime(2026, 11, 21, 18, 25, 31, 994698, UTC)
LEAF = Envelope.of(THING, 7, "comment.submitted", AT, b"{}", b"c" * 32).written()

moments = st.datetimes(
    min_value=datetime(1970, 1, 1),
    max_value=datetime(9999, 1, 1),
    timezones=st.sampled_from([UTC]),
)


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.uuids(),
            st.integers(1, 2**53 - 1),
            st.from_regex(r"[A-Za-z0-9_.:]+", fullmatch=True),
            st.binary(max_size=50),
            moments,
            st.none() | st.binary(min_size=32, max_size=32),
        ),
        min_size=1,
    )
)
def test_postgresql_and_python_write_the_same_bytes(
    template_url: str, entries: list[tuple[UUID, int, str, bytes, datetime, bytes]]
) -> None:
    with psycopg.connect(template_url) as connection:
        for thing, version, topic, state, at, commitment in entries:
            row = connection.execute(
                "SELECT log.leaf(%s, %s, %s, %s, %s, %s)",
                (thing, version, topic, state, at, commitment),
            ).fetchone()
            envelope = Envelope.of(thing, version, topic, at, state, commitment)
            assert row == (envelope.written(),)
            assert Envelope.parse(envelope.written()) == envelope


@pytest.fixture(scope="module")
def template_url(postgres: object, template: str) -> str:
    return postgres.url_of("postgres", template)  # type: ignore[attr-defined, no-any-return]


def test_every_entry_has_the_leaf_of_its_own_columns(log: Log, database: str) -> None:
    round = story.a_consultation(log)
    proposal = story.a_proposal(log, round)
    story.a_comment(log, proposal, by=story.a_person(log))
    with psycopg.connect(database) as connection:
        found = connection.execute(
            "SELECT position, originator_id, originator_version, topic, recorded_at,"
            " state, leaf FROM log.entry ORDER BY position"
        ).fetchall()
    sealed = 0
    for _, thing, version, topic, at, state, leaf in found:
        envelope = Envelope.parse(leaf)
        commitment = envelope.commitment
        assert (
            leaf == Envelope.of(thing, version, topic, at, state, commitment).written()
        )
        assert (commitment is None) == ("sealed" not in json.loads(state))
        sealed += commitment is not None
    assert sealed >= 2


def test_what_is_recorded_later_is_never_recorded_as_earlier(
    log: Log, database: str
) -> None:
    story.an_organisation(log)
    later = datetime.now(UTC) + timedelta(days=1)
    with psycopg.connect(database) as owner:
        owner.execute("ALTER TABLE log.entry DISABLE TRIGGER ALL")
        owner.execute("UPDATE log.entry SET recorded_at = %s", (later,))
        owner.execute(
            "ALTER TABLE log.entry ENABLE ALWAYS TRIGGER entry_is_never_changed"
        )
    story.an_organisation(log, "Region Söderåsen")
    with psycopg.connect(database) as owner:
        found = owner.execute("SELECT recorded_at FROM log.entry ORDER BY position")
        times = [at for (at,) in found]
    assert times == sorted(times)
    assert times[-1] >= later


@pytest.mark.parametrize(
    "leaf",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        LEAF + b"\n",
        LEAF[:-1],
        b" " + LEAF,
        LEAF.replace(b'"over":7', b'"over":07'),
        LEAF.replace(b'"over":7', b'"over":7.0'),
        LEAF.replace(b'"over":7', b'"over":+7'),
        LEAF.replace(b'"over":7', b'"over":"7"'),
        LEAF.replace(b'"over":7', b'"over":0'),
        LEAF.replace(b'"over":7', b'"over":true'),
        LEAF.replace(b'"over":7', b'"over": 7'),
        LEAF.replace(b'"v":1', b'"v":2'),
        LEAF.replace(b'"v":1', b'"v":1,"w":1'),
        LEAF.replace(b'"v":1', b'"v":1,"v":1'),
        LEAF.replace(b"comment.submitted", "comment.försenad".encode()),
        LEAF.replace(b"comment.submitted", b"comment submitted"),
        LEAF.replace(b"5f2b6a52-", b"5F2B6A52-"),
        LEAF.replace(b"5f2b6a52-", b"5f2b6a52"),
        LEAF.replace(b"994698Z", b"994698+00:00"),
        LEAF.replace(b"31.994698Z", b"31Z"),
        LEAF.replace(b"Y2M=", b"Y2N="),
        LEAF.replace(b'"commit":"', b'"commit":"\\u0059'),
        LEAF.replace(b'"sha256":"', b'"sha256":"00'),
        LEAF[:30] + b"\x00" + LEAF[30:],
        b"[" * 60_000,
        rfc8785.dumps({**json.loads(LEAF), "commit": ""}),
    ],
)
def test_another_spelling_is_refused(leaf: bytes) -> None:
    assert leaf != LEAF
    with pytest.raises(BadEnvelope):
        Envelope.parse(leaf)


@given(st.binary(max_size=300) | st.text(max_size=100).map(str.encode))
def test_any_bytes_are_read_or_refused(leaf: bytes) -> None:
    with pytest.raises(BadEnvelope):
        Envelope.parse(leaf)


@given(st.integers(0, len(LEAF) - 1), st.integers(1, 255))
def test_a_changed_byte_is_another_envelope_or_none(at: int, by: int) -> None:
    changed = LEAF[:at] + bytes([LEAF[at] ^ by]) + LEAF[at + 1 :]
    try:
        found = Envelope.parse(changed)
    except BadEnvelope:
        return
    assert found != Envelope.parse(LEAF)
    assert found.written() == changed


def test_a_thing_is_named_by_a_random_id() -> None:
    assert Envelope.of(uuid4(), 1, "a.b", AT, b"").written() != LEAF
