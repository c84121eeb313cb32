"""What is fast about leaves says the same as what is plain about them."""

from __future__ import annotations

import json
import string
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.log import Log
from ledger import leaves
from ledger.envelope import BadEnvelope, Envelope
from ledger.keys import new_key
from ledger.leaves import commitment_part, leaves_of, moments, read
from ledger.sealing import seal
from tests import story
from tests.ledger.mangled import mangled

TOPICS = st.text(string.ascii_letters + string.digits + "_.:", min_size=1, max_size=60)
TIMES = st.datetimes(datetime(1900, 1, 1), datetime(9999, 12, 31)).map(
    lambda time: time.replace(tzinfo=UTC)
)
VERSIONS = st.integers(1, 2**53 - 1)
HASHES = st.binary(min_size=32, max_size=32)
ENVELOPES = st.builds(
    Envelope, st.uuids(), VERSIONS, TOPICS, TIMES, HASHES, st.none() | HASHES
)
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


def sent(time: datetime) -> bytes:
    """A time as PostgreSQL's timestamptz_send gives it."""
    since = (time - EPOCH) // timedelta(microseconds=1)
    return since.to_bytes(8, "big", signed=True)


@given(st.uuids(), VERSIONS, TOPICS, TIMES, st.binary(max_size=50), st.none() | HASHES)
def test_a_leaf_is_the_bytes_that_the_envelope_writes(
    thing: UUID,
    version: int,
    topic: str,
    at: datetime,
    text: bytes,
    commitment: bytes | None,
) -> None:
    state = json.dumps({"text": text.decode("latin-1")}, separators=(",", ":")).encode()
    if commitment is not None:
        sealed = {
            "scope": str(thing),
            "fields": ["text"],
            "nonce": "AA==",
            "ct": "AA==",
        }
        sealed["commit"] = b64encode(commitment).decode()
        whole = {"text": text.decode("latin-1"), "sealed": sealed}
        state = json.dumps(whole, separators=(",", ":")).encode()
    plain = Envelope.of(thing, version, topic, at, state, commitment).written()
    (fast,) = leaves_of([str(thing)], [version], [topic], [state], moments([sent(at)]))
    assert fast == plain


@given(ENVELOPES)
def test_a_leaf_is_read_as_the_envelope_reads_it(envelope: Envelope) -> None:
    found = read(envelope.written())
    assert found is not None
    assert found.thing == str(envelope.thing)
    assert (found.version, found.topic) == (envelope.version, envelope.topic)
    assert found.state == envelope.state.hex()
    assert (found.commit is None) == (envelope.commitment is None)


@given(st.data())
def test_what_the_envelope_refuses_is_no_leaf(data: st.DataObject) -> None:
    leaf = data.draw(mangled(data.draw(ENVELOPES).written()))
    try:
        Envelope.parse(leaf)
    except BadEnvelope:
        assert read(leaf) is None
    else:
        assert read(leaf) is not None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"over":7', b'"over":07'),
        (b'"over":7', b'"over":+7'),
        (b'"over":7', b'"over":0'),
        (b'"over":7', b'"over":9007199254740992'),
        (b'"t":"2026-11', b'"t":"2026-13'),
        (b'"t":"2026-11-21', b'"t":"2026-02-30'),
        (b'"t":"2026', b'"t":"0026'),
        (b"Z", b"+00:00"),
        (b'"v":1', b'"v":2'),
        (b'"v":1}', b'"v":1} '),
        (b'"v":1}', b'"v":1}\n'),
        (b'{"oid"', b'{"extra":1,"oid"'),
        (b'{"oid"', b'{"commit":"' + b"A" * 42 + b'B=","oid"'),
        (b"a.b", "å.b".encode()),
        (b"a.b", b"a b"),
    ],
)
def test_a_leaf_is_spelt_in_one_way(old: bytes, new: bytes) -> None:
    at = datetime(2026, 11, 21, 18, 25, 31, 994698, UTC)
    right = Envelope.of(UUID(int=10**30), 7, "a.b", at, b"{}").written()
    assert read(right) is not None
    wrong = right.replace(old, new)
    assert wrong != right
    assert read(wrong) is None
    with pytest.raises(BadEnvelope):
        Envelope.parse(wrong)


HASH = b64encode(bytes(32)).decode()
OTHER = b64encode(b"1" * 32).decode()


@given(
    st.recursive(
        st.text() | st.just('"sealed":{"commit":"'),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["sealed", "commit", "a"]), inner, max_size=3
            )
        ),
        max_leaves=8,
    ),
    st.sampled_from([HASH, OTHER, "short"]),
    st.booleans(),
)
def test_the_commitment_is_that_of_the_seal_itself_whatever_a_state_holds(
    rest: object, commit: str, is_last: bool
) -> None:
    seal = {"scope": str(UUID(int=1)), "ct": "AA==", "commit": commit}
    whole = (
        {"rest": rest, "sealed": seal} if is_last else {"sealed": seal, "rest": rest}
    )
    state = json.dumps(whole, separators=(",", ":")).encode()
    part = f'"commit":"{commit}",' if len(commit) == 44 else ""
    assert commitment_part(state) == part
    inside = json.dumps({"rest": [whole], "salt": "x"}, separators=(",", ":")).encode()
    assert commitment_part(inside) == ""


@pytest.mark.parametrize(
    "state",
    [
        {
            "first": "",
            "sealed": {"ct": "", "commit": HASH},
            "rest": {"a": "", "commit": OTHER},
        },
        {"rest": {"sealed": {"ct": "", "commit": OTHER}}, "sealed": {"commit": HASH}},
        {"sealed": {"ct": {}, "commit": HASH}},
        {"sealed": {"rest": {"a": "", "commit": OTHER}}},
        {"rest": {"sealed": {"a": "", "commit": OTHER}}},
        {"sealed": {"ct": "", "commit": HASH}, "rest": ""},
        {"rest": '"sealed":{', "sealed": {"ct": "", "commit": HASH}},
    ],
    ids=str,
)
def test_another_commitment_is_not_taken_for_that_of_the_seal(
    state: dict[str, Any],
) -> None:
    part = commitment_part(json.dumps(state, separators=(",", ":")).encode())
    commit = state.get("sealed", {}).get("commit")
    assert part == (f'"commit":"{commit}",' if commit else "")


def test_what_our_own_code_has_sealed_is_read_without_a_parser(
    log: Log, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    story.a_comment(log, story.a_proposal(log, story.a_consultation(log)))
    with psycopg.connect(database) as connection:
        states = [
            state
            for (state,) in connection.execute("SELECT state FROM log.entry")
            if b'"sealed":{' in state
        ]
    sealed = seal({"text": "ord"}, new_key(), UUID(int=1), 1, "a.b")
    states.append(json.dumps({"sealed": sealed}, separators=(",", ":")).encode())
    plain = [commitment_part(state) for state in states]
    assert len(states) > 2
    assert all(plain)
    monkeypatch.setattr(leaves, "_commitment_in", lambda state: "a parser")
    assert [commitment_part(state) for state in states[:-1]] == plain[:-1]
