"""Keys that are the same in every run."""

from __future__ import annotations

from hashlib import sha256

from ledger.note import COSIGNATURE, ED25519, Signer


def log_key(name: str = "samrad.example.se/log", seed: str = "log") -> Signer:
    """A log's key."""
    return Signer(name, ED25519, sha256(seed.encode()).digest())


def witness_key(number: int) -> Signer:
    """A witness's key."""
    seed = sha256(b"witness %d" % number).digest()
    return Signer(f"witness-{number}.example.se", COSIGNATURE, seed)
