"""A receipt from a small log with keys that are the same in every run."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime
from io import BytesIO
from uuid import UUID
from zipfile import ZipFile, ZipInfo

import rfc8785

from ledger.checkpoint import Checkpoint
from ledger.envelope import Envelope
from ledger.note import sign
from ledger.policy import Policy
from ledger.proof import Proof
from ledger.sealing import commitment
from ledger.tree import inclusion_proof, leaf_hash, root_of
from tests.ledger.keys import log_key, witness_key
from tests.ledger.trees import entry as filler
from tests.ledger.trees import leaves

LOG, WITNESSES = log_key(), [witness_key(1), witness_key(2)]
POLICY_TEXT = (
    f"log {LOG.verifier}\n"
    f"witness one {WITNESSES[0].verifier}\n"
    f"witness two {WITNESSES[1].verifier}\n"
    "group both all one two\nquorum both\n"
)
POLICY = Policy.parse(POLICY_TEXT)
SIZE, INDEX, SIGNED_AT = 21, 13, 1_800_000_000
SALT = bytes(range(32))
BARE_STATE = b'{"salt":"c2FsdA=="}'
STATE = (
    '{"timestamp":{"_type_":"datetime_iso","_data_":"2026-11-21T18:25:31.990000+00:00"}'
    ',"by":{"_type_":"uuid_hex","_data_":"000000000000000000000000000000a1"}'
    ',"consultation":{"_type_":"uuid_hex","_data_":"000000000000000000000000000000a2"}'
    ',"proposal":{"_type_":"uuid_hex","_data_":"000000000000000000000000000000a3"}'
    ',"edition":2,"anchor":{"passage":"000000000000000000000000000000a4","start":4'
    ',"end":19,"quote":"<stöd> & mentor","prefix":"Ett ","suffix":" ska finnas"}'
    ',"placement":null,"kind":"technical"'
    ',"organisation":{"_type_":"uuid_hex","_data_":"000000000000000000000000000000a5"}'
    ',"author":null,"made_at":null,"reference":"","salt":"c2FsdA=="}'
).encode()
FIELDS = {
    "text": "Mentorn ska ha tid.\r\nÄven på <natten> & helgen.",
    "wording": 'en egen "mentor"',
}


def opening_of(fields: dict[str, str] = FIELDS, salt: bytes = SALT) -> bytes:
    """What opens the commitment to the fields."""
    return rfc8785.dumps({"fields": fields, "salt": b64encode(salt).decode()})


def entry_of(
    fields: dict[str, str] | None = FIELDS, salt: bytes = SALT, state: bytes = STATE
) -> bytes:
    """The leaf of a comment that says this; None: of one with nothing sealed."""
    return Envelope.of(
        UUID(int=7),
        1,
        "comment.submitted",
        datetime(2026, 11, 21, 18, 25, 31, 994698, UTC),
        state,
        None if fields is None else commitment(salt, fields),
    ).written()


def proof_of(entry: bytes, text: str | None = None) -> bytes:
    """The proof of the entry as number 14 of 21, with a checkpoint that all signed."""
    known = leaves(SIZE)

    def node(level: int, index: int) -> bytes:
        if index != INDEX >> level:
            return known.node(level, index)
        first = index << level
        return root_of(
            leaf_hash(entry if at == INDEX else filler(at))
            for at in range(first, first + (1 << level))
        )

    root = root_of(node(0, at) for at in range(SIZE))
    text = text or Checkpoint(LOG.name, SIZE, root).text
    note = sign(text, [LOG, *WITNESSES], SIGNED_AT)
    return Proof(INDEX, tuple(inclusion_proof(INDEX, SIZE, node)), note).written()


def members_of(receipt: bytes) -> dict[str, bytes]:
    """The files in a receipt, in their order."""
    with ZipFile(BytesIO(receipt)) as zipped:
        return {name: zipped.read(name) for name in zipped.namelist()}


def packed(members: dict[str, bytes]) -> bytes:
    """The files as a receipt packs them, whatever they are."""
    file = BytesIO()
    with ZipFile(file, "w") as zipped:
        for name, content in members.items():
            place = ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            place.create_system = 3
            place.external_attr = 0o644 << 16
            zipped.writestr(place, content)
    return file.getvalue()
