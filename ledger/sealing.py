"""Seals personal data and free text inside the events, and opens it again.

An event's class names the fields in SEALED. In the stored state they are not there; in
their place stands `sealed`, which names them: AES-256-GCM under the key of the thing
that the event happened to, bound to that thing, the version, the topic and the fields'
names, so that it opens nowhere else. The plaintext is padded to steps of 64 bytes.

GCM does not commit to its key, so one ciphertext could be made to open in two ways.
Therefore a commitment stands beside it and in the leaf: SHA-256 over a salt that is
sealed along and the canonical form (RFC 8785) of what is sealed.
"""

from __future__ import annotations

import json
import os
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain
from typing import Any, Protocol, cast
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import (
    DataError,
    IntegrityError,
    Mapper,
    OperationalError,
    StoredEvent,
)
from eventsourcing.utils import get_topic

from ledger.keys import AWAY, Keys, NoKey, new_key

ERASED = "\u2588\u2060\u2588\u2060\u2588"
"""What stands where something has been erased, whatever the language: three blocks, and
between them word joiners, which nobody types."""

STEP = 64
"""Bytes; what is sealed is padded to a multiple: a name would tell by its length."""


_CANONICAL = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), check_circular=False
)


class Erased(str):
    """A text whose key has been destroyed. It reads as ERASED."""

    __slots__ = ()

    def __new__(cls) -> Erased:
        return super().__new__(cls, ERASED)

    def __getnewargs__(self) -> tuple[()]:  # type: ignore[override]
        return ()  # Copied, it is made anew.


class NotTheSame(Exception):
    """What is sealed does not open here, or is not what its commitment says."""


@dataclass(frozen=True)
class SealedEvent(StoredEvent):
    """An event with something sealed in it.

    `new_key` is its key where the scope has none yet; `sealed_by` gives the same event
    sealed by another one.
    """

    commitment: bytes
    new_key: bytes | None
    sealed_by: Callable[[bytes], SealedEvent]


def commitment(salt: bytes, fields: Mapping[str, str]) -> bytes:
    """What is public about sealed fields: 32 bytes, meaningless without the salt."""
    return _commitment(salt, canonical(fields))


def canonical(fields: Mapping[str, str]) -> bytes:
    """Texts by ASCII names in the form of RFC 8785, a quarter of its package's time."""
    return _CANONICAL.encode(fields).encode()


def _commitment(salt: bytes, fields: bytes) -> bytes:
    return sha256(b"samrad.commit.v1\n" + salt + fields).digest()


def _opening(salt: bytes, fields: bytes) -> bytes:
    return b'{"fields":' + fields + b',"salt":"' + b64encode(salt) + b'"}'


def seal(
    fields: Mapping[str, str], key: bytes, scope: UUID, version: int, topic: str
) -> dict[str, Any]:
    """What stands in the state for these fields."""
    salt, nonce = os.urandom(32), os.urandom(12)
    written = canonical(fields)
    opening = _opening(salt, written)
    names = sorted(fields)
    bound = _bound(scope, version, topic, names)
    padded = opening + b" " * (-len(opening) % STEP)
    return {
        "scope": str(scope),
        "fields": names,
        "nonce": _encoded(nonce),
        "ct": _encoded(AESGCM(key).encrypt(nonce, padded, bound)),
        "commit": _encoded(_commitment(salt, written)),
    }


def unseal(
    sealed: Mapping[str, Any],
    key: bytes,
    scope: UUID,
    version: int,
    topic: str,
) -> tuple[bytes, dict[str, str]]:
    """The salt and the fields again. Raises NotTheSame for anything tampered with."""
    try:
        found = AESGCM(key).decrypt(
            b64decode(sealed["nonce"], validate=True),
            b64decode(sealed["ct"], validate=True),
            _bound(scope, version, topic, sealed["fields"]),
        )
    except (InvalidTag, ValueError, LookupError, TypeError):
        raise NotTheSame("it was not sealed for this place") from None
    opening = json.loads(found)
    salt = b64decode(opening["salt"], validate=True)
    fields: dict[str, str] = opening["fields"]
    if _encoded(commitment(salt, fields)) != sealed["commit"]:
        raise NotTheSame("it is not what was committed to")
    return salt, fields


def _require_text(fields: Mapping[str, str]) -> None:
    """Refuse what no table can show, which nobody would see once it is sealed."""
    for text in fields.values():
        if "\0" in text:
            raise DataError("there is a NUL in the text")
        text.encode()  # UnicodeEncodeError for half of a sign.


def _bound(scope: UUID, version: int, topic: str, names: Iterable[str]) -> bytes:
    return "\n".join(
        ("samrad.sealed.v1", str(scope), str(version), topic, ",".join(names))
    ).encode()


def _encoded(data: bytes) -> str:
    return b64encode(data).decode()


class Opener(Protocol):
    """What turns many stored events into events at once."""

    def to_domain_events(
        self, stored: Sequence[StoredEvent]
    ) -> list[DomainEventProtocol[UUID]]: ...


class SealingMapper(Mapper[UUID]):
    """Seals what the event classes name, on the way into the log, and opens it.

    Every state also has a random `salt` in the open, so that nobody can guess a state
    from its hash.
    """

    keys: Keys | None = None
    """Set by the factory. Without keys nothing is sealed, nor anything opened."""

    def to_stored_event(self, domain_event: DomainEventProtocol[UUID]) -> StoredEvent:
        kind = type(domain_event)
        names: Sequence[str] = getattr(kind, "SEALED", ())
        state = dict(vars(domain_event))
        scope = cast(UUID, state.pop("originator_id"))
        version: int = state.pop("originator_version")
        topic = get_topic(kind)
        if (class_version := getattr(kind, "class_version", 1)) > 1:
            state["class_version"] = class_version
        state["salt"] = _encoded(os.urandom(16))
        if not names:
            return StoredEvent(scope, version, topic, self.transcoder.encode(state))
        fields = {name: state.pop(name) for name in names}
        _require_text(fields)

        def sealed_by(key: bytes, new_key: bytes | None = None) -> SealedEvent:
            sealed = seal(fields, key, scope, version, topic)
            return SealedEvent(
                scope,
                version,
                topic,
                self.transcoder.encode({**state, "sealed": sealed}),
                commitment=b64decode(sealed["commit"]),
                new_key=new_key,
                sealed_by=sealed_by,
            )

        # Of a new thing nothing has been sealed, as a rule: see `with_keys_kept`.
        if version == 1 or (key := self._key_of(scope)) is None:
            key = new_key()
            return sealed_by(key, key)
        return sealed_by(key)

    def _key_of(self, scope: UUID) -> bytes | None:
        """A scope's key, or None if it has none yet."""
        found = self._fetch({scope})
        if scope in found and found[scope] is None:
            raise IntegrityError("the key has been destroyed")
        return found.get(scope)

    def to_domain_event(self, stored_event: StoredEvent) -> DomainEventProtocol[UUID]:
        (event,) = self.to_domain_events([stored_event])
        return event

    def to_domain_events(
        self, stored: Sequence[StoredEvent]
    ) -> list[DomainEventProtocol[UUID]]:
        """The events again, with their sealed fields or Erased in place of them.

        Raises NotTheSame for what was tampered with, NoKey where a key is missing.
        """
        events = [super(SealingMapper, self).to_domain_event(each) for each in stored]
        sealed = [event for event in events if "sealed" in vars(event)]
        keys = self._fetch({event.originator_id for event in sealed})
        for event in events:
            state = vars(event)
            state.pop("salt", None)
            if "sealed" in state:
                state.update(_opened(event, state.pop("sealed"), keys))
        return events

    def opening(self, stored: StoredEvent) -> bytes | None:
        """What opens an event's commitment: salt and fields, in canonical form.

        None when nothing is sealed in it, or the key has been destroyed.
        """
        sealed = json.loads(stored.state).get("sealed")
        if sealed is None:
            return None
        scope = cast(UUID, stored.originator_id)
        version, topic = stored.originator_version, stored.topic
        keys = self._fetch({scope})
        if scope not in keys:
            raise NoKey(f"no key for {scope}")
        if (key := keys[scope]) is None:
            return None
        salt, fields = unseal(sealed, key, scope, version, topic)
        return _opening(salt, canonical(fields))

    def keys_answer(self) -> bool:
        """Whether the keys can be had, where anything is sealed at all."""
        return self.keys is None or self.keys.answer()

    def destroy_key(self, scope: UUID, *, decision: UUID, position: int) -> None:
        """Destroy the key of a scope for ever, by an erasure decided at a position."""
        if self.keys is None:
            raise OperationalError("there are no keys to destroy")
        try:
            self.keys.destroy(scope, decision=decision, position=position)
        except AWAY as error:
            raise OperationalError("the keys do not answer") from error

    def _fetch(self, scopes: set[UUID]) -> Mapping[UUID, bytes | None]:
        if not scopes:
            return {}
        if self.keys is None:
            raise NoKey("there are no keys to open with")
        try:
            return self.keys.fetch(scopes)
        except AWAY as error:
            raise OperationalError("the keys do not answer") from error


def _opened(
    event: Any, sealed: Mapping[str, Any], keys: Mapping[UUID, bytes | None]
) -> Mapping[str, str]:
    scope = event.originator_id
    if scope not in keys:
        raise NoKey(f"no key for {scope}")
    if (key := keys[scope]) is None:
        return dict.fromkeys(sealed["fields"], Erased())
    topic = get_topic(type(event))
    return unseal(sealed, key, scope, event.originator_version, topic)[1]


def with_keys_kept(
    keys: Keys | None, batches: Sequence[Sequence[StoredEvent]]
) -> list[Sequence[StoredEvent] | IntegrityError]:
    """Keep the keys of the scopes that these events are the first to use.

    Returns each batch as it is to be recorded: sealed anew where a key was there after
    all, from an attempt that was cut off. A batch about a destroyed scope is refused.
    """
    new: dict[UUID, bytes] = {}
    for event in chain.from_iterable(batches):
        if isinstance(event, SealedEvent) and event.new_key is not None:
            new.setdefault(cast(UUID, event.originator_id), event.new_key)
    if not new:
        return list(batches)
    if keys is None:
        raise OperationalError("there are no keys to seal with")
    kept = keys.keep(new)
    return [_settled(events, kept) for events in batches]


def _settled(
    events: Sequence[StoredEvent], kept: Mapping[UUID, bytes | None]
) -> Sequence[StoredEvent] | IntegrityError:
    found: list[StoredEvent] = []
    for event in events:
        if isinstance(event, SealedEvent) and event.new_key is not None:
            key = kept.get(cast(UUID, event.originator_id))
            if key is None:
                return IntegrityError("the key has been destroyed")
            if key != event.new_key:
                event = event.sealed_by(key)
        found.append(event)
    return found
