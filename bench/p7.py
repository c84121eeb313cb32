"""Entries of the log verified a second, against hashing the same bytes after a read."""

from __future__ import annotations

import json
import os
from base64 import b64decode, b64encode
from collections.abc import Iterator
from hashlib import sha256
from time import perf_counter
from uuid import UUID, uuid4

import psycopg

from bench.figures import Figure, in_turn
from cli.embedded import Server
from ledger import recorder, tiles
from ledger.checkpoint import Checkpoint
from ledger.findings import Outcome
from ledger.keys import new_key
from ledger.note import COSIGNATURE, Signer, sign
from ledger.policy import Policy
from ledger.sealing import seal
from ledger.sources import MOST_ENTRIES, DatabaseSource
from ledger.verify import verify

ENTRIES = 100_000
AT_ONCE = 1_000
TOPIC = "comment.submitted"
WORDS = "Regionerna behöver längre tid för att ordna handledning. " * 8


def run(server: Server) -> Iterator[Figure]:
    """Sealed events of about 1 KB, four for each thing, signed and witnessed."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE verified")
    url = server.url_of("postgres", "verified")
    with psycopg.connect(url, autocommit=True) as connection:
        recorder.migrate(connection)
        tiles.migrate(connection)
        _fill(connection)
        policy = _seal(connection)
        connection.execute("VACUUM ANALYZE log.entry")
    yield in_turn(
        f"{ENTRIES:,} entries",
        "entries/s",
        lambda: _verified(url, policy),
        lambda: _hashed(url),
    )


def _hashed(url: str) -> float:
    """Read the stored states and leaves, and hash each of them."""
    began = perf_counter()
    done = 0
    with (
        psycopg.connect(url, options="-c role=samrad_follower") as connection,
        connection.cursor("entries", binary=True) as cursor,
    ):
        cursor.execute("SELECT state, leaf FROM log.entry ORDER BY position")
        while rows := cursor.fetchmany(MOST_ENTRIES):
            for state, leaf in rows:
                sha256(state).digest()
                sha256(leaf).digest()
            done += len(rows)
    assert done == ENTRIES
    return done / (perf_counter() - began)


def _verified(url: str, policy: Policy) -> float:
    began = perf_counter()
    with DatabaseSource(url) as source:
        report = verify(source, policy)
    took = perf_counter() - began
    assert report.outcome is Outcome.SOUND, report.findings
    assert report.size == ENTRIES
    return report.size / took


def _fill(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    for first in range(0, ENTRIES, AT_ONCE):
        things = [uuid4() for _ in range(AT_ONCE // 4)]
        ids = [thing for thing in things for _ in range(4)]
        made = [_state(thing, 1 + n % 4) for n, thing in enumerate(ids)]
        connection.execute(
            "SELECT log.append(%s::int[], %s::uuid[], %s::int8[], %s::text[],"
            " %s::bytea[], %s::bytea[])",
            (
                [first + n for n in range(AT_ONCE)],
                ids,
                [1 + n % 4 for n in range(AT_ONCE)],
                [TOPIC] * AT_ONCE,
                [state for state, _ in made],
                [commitment for _, commitment in made],
            ),
        )


def _state(thing: UUID, version: int) -> tuple[bytes, bytes]:
    """The state of a comment with its words sealed in it, and its commitment."""
    sealed = seal({"text": WORDS, "wording": ""}, new_key(), thing, version, TOPIC)
    state = {
        "timestamp": "2026-11-21T18:25:31.994698+00:00",
        "kind": "general",
        "salt": b64encode(os.urandom(16)).decode(),
        "sealed": sealed,
    }
    whole = json.dumps(state, separators=(",", ":")).encode()
    return whole, b64decode(sealed["commit"])


def _seal(connection: psycopg.Connection[tuple[object, ...]]) -> Policy:
    size, root = tiles.integrate(connection)
    key = Signer.generate("samrad.example.se/log")
    witness = Signer.generate("witness.example.se", COSIGNATURE)
    note = sign(Checkpoint(key.name, size, root).text, [key, witness], 1_800_000_000)
    connection.execute(
        "INSERT INTO tlog.checkpoint (size, note) VALUES (%s, %s)", (size, note)
    )
    return Policy.parse(
        f"log {key.verifier}\nwitness one {witness.verifier}\nquorum one\n"
    )
