"""Leaves by the thousand: the envelope's bytes, written and read without a parser.

What ledger/envelope.py does for one entry, fast enough for all of them; the tests hold
the two against each other.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from struct import unpack
from typing import NamedTuple

from ledger.envelope import LARGEST, BadEnvelope, Envelope
from ledger.findings import Check

# 32 bytes end in a sign whose two low bits are zero, and one =.
_HASH = rb"[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]="
_COMMIT = re.compile(_HASH)
_LEAF = re.compile(
    rb'\{(?:"commit":"(' + _HASH + rb')",)?'
    rb'"oid":"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})",'
    rb'"over":([1-9][0-9]{0,15}),'
    rb'"sha256":"([0-9a-f]{64})",'
    rb'"t":"([1-9][0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z)",'
    rb'"topic":"([A-Za-z0-9_.:]+)",'
    rb'"v":1\}'
)
_LAST = re.compile(rb',"commit":"(' + _HASH + rb')"\}\}')
_LAST_LENGTH = 58
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


class Read(NamedTuple):
    """What stands in a leaf: `state` in hex, `commit` in base64 or None."""

    commit: str | None
    thing: str
    version: int
    state: str
    at: str
    topic: str


def read(leaf: bytes) -> Read | None:
    """What a leaf says; None for bytes that are no leaf."""
    found = _LEAF.fullmatch(leaf)
    if found is None or len(leaf) > LARGEST:
        return None
    commit, thing, over, state, at, topic = found.groups()
    version = int(over)
    if version >= 2**53 or not _is_time(at[:19]):
        return None
    return Read(
        commit.decode() if commit else None,
        thing.decode(),
        version,
        state.decode(),
        at.decode(),
        topic.decode(),
    )


@lru_cache(maxsize=4096)
def _is_time(second: bytes) -> bool:
    try:
        datetime.strptime(second.decode(), "%Y-%m-%dT%H:%M:%S")
    except ValueError:
        return False
    return True


def leaves_of(
    things: Sequence[str],
    versions: Sequence[int],
    topics: Sequence[str],
    states: Sequence[bytes],
    times: Sequence[str],
) -> list[bytes]:
    """The leaves that these entries must have.

    Times are as `moment` writes them; a topic is letters that need no escape.
    """
    digests = [sha256(state).hexdigest() for state in states]
    commits = map(commitment_part, states)
    return [
        f'{{{commit}"oid":"{thing}","over":{version},"sha256":"{digest}",'
        f'"t":"{at}","topic":"{topic}","v":1}}'.encode()
        for commit, thing, version, digest, at, topic in zip(
            commits, things, versions, digests, times, topics, strict=True
        )
    ]


def commitment_part(state: bytes) -> str:
    """What stands first in the leaf of a state: its commitment, or nothing."""
    at = state.find(b'"sealed":{')
    if at < 0:
        return ""
    # As our own code writes it, the seal comes last in the state and the commitment
    # last in the seal. A quote behind a comma begins a string, so no text looks so.
    last = len(state) - _LAST_LENGTH
    if state.find(b"}", at) == len(state) - 2 and state.find(b"{", at + 10) < 0:
        found = _LAST.fullmatch(state, last) if last > at else None
        if found and state[at - 1 : at] == b",":
            return f'"commit":"{found[1].decode()}",'
    return _commitment_in(state)


def _commitment_in(state: bytes) -> str:
    """The same for a state that is written in any other way."""
    try:
        commit = json.loads(state)["sealed"]["commit"]
    except (ValueError, TypeError, LookupError, RecursionError):
        return ""
    if isinstance(commit, str) and _COMMIT.fullmatch(commit.encode(errors="replace")):
        return f'"commit":"{commit}",'
    return ""


def moments(times: Sequence[bytes]) -> list[str]:
    """Times as a leaf has them, from what PostgreSQL's timestamptz_send gives.

    That is microseconds since the beginning of 2000 in UTC, in eight bytes.
    """
    return [
        f"{_second(time // 1_000_000)}.{time % 1_000_000:06d}Z"
        for time in unpack(f">{len(times)}q", b"".join(times))
    ]


@lru_cache(maxsize=4096)
def _second(since: int) -> str:
    try:
        return (_EPOCH + timedelta(seconds=since)).strftime("%Y-%m-%dT%H:%M:%S")
    except OverflowError:  # Before the year 1 or after 9999: no leaf has that.
        return f"{since} s"


def difference(
    leaf: bytes, thing: str, version: int, topic: str, state: bytes, at: str
) -> tuple[Check, str]:
    """In what an entry is not what its leaf says, when it is not."""
    found = read(leaf)
    if found is None:
        try:
            Envelope.parse(leaf)
        except BadEnvelope as error:
            return Check.ENVELOPE, f"its leaf is {str(error).partition(':')[0]}."
        return Check.ENVELOPE, "its leaf is not an envelope."
    if found.thing != thing:
        return Check.THING, f"it is recorded of {found.thing}."
    if found.version != version:
        return (
            Check.VERSION,
            f"it is recorded as version {found.version}, not {version}.",
        )
    if found.topic != topic:
        return Check.TOPIC, f"it is recorded as {found.topic}."
    if found.at != at:
        return Check.TIME, f"it is recorded at {found.at}, not {at}."
    if found.state != sha256(state).hexdigest():
        return Check.STATE, "what is stored is not what was recorded."
    return Check.COMMITMENT, "its commitment to what is sealed is another one."
