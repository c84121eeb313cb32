"""The leaf of the tree: what is public about an entry, and hashes of the rest.

A small JSON text in the canonical form of RFC 8785, in ASCII. `log.leaf` makes it at
the append; here it is made again, to be compared byte for byte, and read strictly.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Self
from uuid import UUID

import rfc8785

VERSION = 1
LARGEST = 65_535
"""Bytes of a leaf: what C2SP tlog-tiles can hold."""

TOPIC = re.compile(r"[A-Za-z0-9_.:]+", re.ASCII)
_TIME = "%Y-%m-%dT%H:%M:%S.%fZ"


class BadEnvelope(Exception):
    """Bytes that are no envelope of an entry in the one form there is."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """An entry as the tree knows it.

    `state` is the SHA-256 of the stored state and `commitment` that to what is sealed
    in it, 32 bytes each, or None where nothing is sealed.
    """

    thing: UUID
    version: int
    topic: str
    at: datetime
    state: bytes
    commitment: bytes | None = None

    @classmethod
    def of(
        cls,
        thing: UUID,
        version: int,
        topic: str,
        at: datetime,
        state: bytes,
        commitment: bytes | None = None,
    ) -> Self:
        """The envelope of an entry with this stored state."""
        return cls(thing, version, topic, at, sha256(state).digest(), commitment)

    def written(self) -> bytes:
        """The leaf, byte for byte."""
        found: dict[str, Any] = {
            "oid": str(self.thing),
            "over": self.version,
            "sha256": self.state.hex(),
            "t": self.at.astimezone(UTC).strftime(_TIME),
            "topic": self.topic,
            "v": VERSION,
        }
        if self.commitment is not None:
            found["commit"] = b64encode(self.commitment).decode()
        return rfc8785.dumps(found)

    @classmethod
    def parse(cls, leaf: bytes) -> Self:
        """Read a leaf; what is not spelt as `written` spells it raises BadEnvelope."""
        try:
            found = json.loads(leaf.decode("ascii"))
            commit = found.get("commit")
            envelope = cls(
                UUID(found["oid"]),
                _whole(found["over"]),
                _topic(found["topic"]),
                datetime.strptime(found["t"], _TIME).replace(tzinfo=UTC),
                _hash(bytes.fromhex(found["sha256"])),
                _hash(b64decode(commit, validate=True)) if commit else None,
            )
            if envelope.written() != leaf:
                raise BadEnvelope("spelt in another way than the canonical one")
        except (
            *(ValueError, TypeError, LookupError, AttributeError),
            RecursionError,  # Thousands of brackets within each other.
        ) as error:
            raise BadEnvelope(f"not an envelope: {error}") from None
        return envelope


def _whole(number: object) -> int:
    if type(number) is not int or not 0 < number < 2**53:
        raise BadEnvelope("not the version of a thing")
    return number


def _topic(topic: str) -> str:
    if not TOPIC.fullmatch(topic):
        raise BadEnvelope("not a topic")
    return topic


def _hash(found: bytes) -> bytes:
    if len(found) != 32:
        raise BadEnvelope("a hash is not 32 bytes")
    return found
