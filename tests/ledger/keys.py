"""Keys that are the same in every run, and changes to what they have signed."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

from ledger.note import COSIGNATURE, ED25519, Signer


def log_key(name: str = "samrad.example.se/log", seed: str = "log") -> Signer:
    """A log's key."""
    return Signer(name, ED25519, sha256(seed.encode()).digest())


def witness_key(number: int) -> Signer:
    """A witness's key."""
    seed = sha256(b"witness %d" % number).digest()
    return Signer(f"witness-{number}.example.se", COSIGNATURE, seed)


def slightly_changed(data: bytes) -> Iterator[bytes]:
    """The bytes with one taken away, put in or turned into another, at each place."""
    for at in range(len(data)):
        yield data[:at] + data[at + 1 :]
        yield data[:at] + data[at : at + 1] + data[at:]
        for other in b"A0 \n+=\xc3" + bytes([data[at] ^ 1, data[at] ^ 0x20]):
            if other != data[at]:
                yield data[:at] + bytes([other]) + data[at + 1 :]
