"""The log's own key, when another takes over from it.

The keys themselves are with the signer, and nothing here checks a signature. What is
recorded is which key was announced, when and by whom, in the log that both then sign.
"""

from __future__ import annotations

from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from eventsourcing.domain import Aggregate

from domain.log import Conflict, Fact, Log, NotFound, Receipt, Refused


class SameKey(Refused):
    """A key takes over from another one."""

    en = "This is the key that signs the log already."
    sv = "Det är nyckeln som redan signerar loggen."


class KeyOfAnotherLog(Refused):
    """A log keeps its name when its key changes."""

    en = "The new key is not a key of the log {name}."
    sv = "Den nya nyckeln är inte en nyckel för loggen {name}."


class Notary(Aggregate):
    """One change of the log's key. A key is written `name+hash+base64`."""

    TOPIC = "notary"
    Event = Fact

    class KeyRotated(Fact, Aggregate.Created):
        """A new key began to sign the log, beside the old one for a time."""

        TOPIC = "notary.key_rotated"
        old: str
        new: str

    Created = KeyRotated

    @classmethod
    def rotate(cls, *, old: str, new: str, by: UUID, now: datetime) -> Notary:
        name, _, _ = old.partition("+")
        if new == old:
            raise SameKey
        if not new.startswith(f"{name}+"):
            raise KeyOfAnotherLog(name=name)
        return cls._create(
            cls.KeyRotated, id=_rotation_to(new), old=old, new=new, by=by, timestamp=now
        )

    def __init__(self, old: str, new: str) -> None:
        self.old = old
        self.new = new


def rotate_key(log: Log, *, old: str, new: str, by: UUID, now: datetime) -> Receipt:
    """Record that a key takes over; one that is recorded already is left as it is."""
    try:
        log.look(Notary, _rotation_to(new))
    except NotFound:
        pass
    else:
        return Receipt(0, now)
    try:
        return log.record(Notary.rotate(old=old, new=new, by=by, now=now))
    except Conflict:
        return Receipt(0, now)  # Somebody else recorded the same just now.


def _rotation_to(new: str) -> UUID:
    """A key takes over once. It is public, so an id made of it gives nothing away."""
    return uuid5(NAMESPACE_URL, f"samrad:key:{new}")
