"""A receipt: what was recorded, and the proof that the log has it, in one zip file.

The whole file follows from four of its members: the entry, the state that it has the
hash of, the proof, and what opens the entry's commitment. So a receipt is checked by
writing it again: one that differs in a single byte, in the pages for people too, is not
the one that was given out.

Nothing is compressed: what a compressor writes is another thing in its next version,
and what it can blow up to is anybody's guess.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from zipfile import ZIP_STORED, BadZipFile, ZipFile, ZipInfo

import rfc8785

from ledger.checkpoint import Checkpoint
from ledger.envelope import BadEnvelope, Envelope
from ledger.note import BadNote, Note, exact_base64
from ledger.policy import NoQuorum, Policy
from ledger.proof import Proof
from ledger.receipt_pages import FORM, README, Shown, kvitto_html, receipt_html
from ledger.receipt_state import NotAState, Stated
from ledger.sealing import commitment
from ledger.tree import BadProof, leaf_hash, verify_inclusion

ENTRY, STATE, OPENING = "entry.json", "state.json", "opening.json"
PROOF = "proof.tlog-proof"
LARGEST_MEMBER = 4 * 1024**2
LARGEST = 7 * LARGEST_MEMBER
"""Bytes, of one member and of the whole file."""

_NAMES = [README, "kvitto.html", "receipt.html", ENTRY, STATE, OPENING, PROOF]
_EPOCH = (1980, 1, 1, 0, 0, 0)


class BadReceipt(Exception):
    """A file that is no receipt, or not of what the log has; the message says why."""


class NoWitnesses(BadReceipt):
    """Nothing in it contradicts, but too few witnesses have signed the checkpoint."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a receipt proves.

    `position` is the entry's number in the log. `stated` is what the entry's state says
    in the open, and `fields` what was sealed, empty when nothing was. `witnesses` has
    when each witness that the policy names says that it signed, in seconds since 1970.
    """

    position: int
    entry: Envelope
    stated: Stated
    fields: Mapping[str, str]
    checkpoint: Checkpoint
    witnesses: Mapping[str, int]


def write_receipt(
    entry: bytes, state: bytes, proof: bytes, opening: bytes | None
) -> bytes:
    """The receipt for an entry: the same bytes always.

    `entry` is the leaf, `state` the state as it is stored, `proof` a proof of the leaf
    as a file, `opening` what opens its commitment, None exactly where the entry has
    none. Raises BadReceipt when they do not belong together; whether the proof holds is
    not asked.
    """
    envelope, stated, found, fields = _read(entry, state, proof, opening)
    try:
        checkpoint = Checkpoint.parse(Note.parse(found.note).text)
    except BadNote as error:
        raise BadReceipt(f"The proof has no checkpoint: {error}.") from None
    members = {ENTRY: entry, STATE: state, PROOF: proof}
    if opening is not None:
        members[OPENING] = opening
    shown = Shown(found.index + 1, envelope, stated, fields, checkpoint, dict(members))
    members[README] = FORM.readme
    members["kvitto.html"] = kvitto_html(shown)
    members["receipt.html"] = receipt_html(shown)
    file = BytesIO()
    with ZipFile(file, "w", ZIP_STORED) as zipped:
        for name in _NAMES:
            if name in members:
                zipped.writestr(_place(name), members[name])
    return file.getvalue()


def check_receipt(data: bytes, policy: Policy) -> Checked:
    """What a receipt proves to somebody with this policy.

    Asks nothing of anybody: no database, no network, and no key but the policy's.
    Raises NoWitnesses, or BadReceipt for what no witness could make true.
    """
    members = _members(data)
    entry, state, proof = members[ENTRY], members[STATE], members[PROOF]
    opening = members.get(OPENING)
    envelope, stated, found, fields = _read(entry, state, proof, opening)
    written = write_receipt(entry, state, proof, opening)
    times: dict[str, int] | None = None
    try:
        checkpoint, times = policy.checked(found.note)
    except NoQuorum:
        checkpoint = Checkpoint.parse(Note.parse(found.note).text)
    except BadNote as error:
        raise BadReceipt(
            f"The policy does not trust the checkpoint: {error}."
        ) from None
    try:
        verify_inclusion(
            leaf_hash(entry),
            found.index,
            checkpoint.size,
            found.hashes,
            checkpoint.root,
        )
    except BadProof as error:
        raise BadReceipt(f"The log does not have this entry: {error}.") from None
    _require_same(data, members, written)
    if times is None:
        raise NoWitnesses(
            "The log has signed, but too few of the witnesses that the policy asks for."
        )
    return Checked(found.index + 1, envelope, stated, fields, checkpoint, times)


def _read(
    entry: bytes, state: bytes, proof: bytes, opening: bytes | None
) -> tuple[Envelope, Stated, Proof, Mapping[str, str]]:
    """The parts that all else follows from, each written as it has to be."""
    try:
        envelope = Envelope.parse(entry)
    except BadEnvelope as error:
        raise BadReceipt(f"{ENTRY} is no entry of a log: {error}.") from None
    if sha256(state).digest() != envelope.state:
        raise BadReceipt(f"{STATE} is not what the log's entry has the checksum of.")
    try:
        stated = Stated.read(state)
    except NotAState:
        raise BadReceipt(f"{STATE} can not be read.") from None
    try:
        found = Proof.parse(proof)
    except BadNote as error:
        raise BadReceipt(f"{PROOF} is no proof: {error}.") from None
    if found.extra:
        raise BadReceipt(f"{PROOF} carries something that nobody has signed.")
    if envelope.commitment is None:
        if opening is not None:
            raise BadReceipt(f"The entry has nothing that {OPENING} could open.")
        return envelope, stated, found, {}
    if opening is None:
        raise BadReceipt(f"{OPENING} is missing, and with it what was submitted.")
    salt, fields = _opened(opening)
    if commitment(salt, fields) != envelope.commitment:
        raise BadReceipt(f"{OPENING} is not what the log's entry was sealed with.")
    return envelope, stated, found, fields


def _opened(opening: bytes) -> tuple[bytes, dict[str, str]]:
    """The salt and the fields; the file has one spelling, that of RFC 8785."""
    try:
        found = json.loads(opening.decode())
        if rfc8785.dumps(found) != opening:
            raise BadReceipt(f"{OPENING} is not spelt in the one way there is.")
        salt, fields = exact_base64(found["salt"]), found["fields"]
        is_right = found.keys() == {"salt", "fields"} and len(salt) == 32
        if not is_right or not all(isinstance(text, str) for text in fields.values()):
            raise BadReceipt(f"{OPENING} holds something else than salt and fields.")
    except (
        *(ValueError, TypeError, LookupError, AttributeError, RecursionError),
        *(BadNote, rfc8785.CanonicalizationError),
    ):
        raise BadReceipt(f"{OPENING} can not be read.") from None
    return salt, fields


def _members(data: bytes) -> dict[str, bytes]:
    """The files in a zip that could be a receipt."""
    if len(data) > LARGEST:
        raise BadReceipt("The file is too large for a receipt.")
    try:
        with ZipFile(BytesIO(data)) as zipped:
            listed = zipped.infolist()
            _require_names([each.filename for each in listed])
            for each in listed:
                if each.flag_bits & 1:
                    raise BadReceipt(f"{each.filename} is encrypted.")
                if each.compress_type != ZIP_STORED:
                    raise BadReceipt(f"{each.filename} is compressed.")
                if max(each.file_size, each.compress_size) > LARGEST_MEMBER:
                    raise BadReceipt(f"{each.filename} is too large.")
            return {each.filename: zipped.read(each) for each in listed}
    except BadReceipt:
        raise
    except (
        *(BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError),
        *(ValueError, LookupError, OverflowError, struct.error),
    ) as error:
        # What the reader of zip files says is about its own business, but tells where.
        raise BadReceipt(f"The file is no zip file, or is damaged: {error}.") from None


def _require_names(names: list[str]) -> None:
    for name in names:
        if name not in _NAMES:
            raise BadReceipt(f"{name!a} does not belong in a receipt.")
        if names.count(name) > 1:
            raise BadReceipt(f"{name} is there twice.")
    for name in _NAMES:
        if name not in names and name != OPENING:
            raise BadReceipt(f"{name} is missing.")


def _require_same(data: bytes, members: Mapping[str, bytes], written: bytes) -> None:
    if data == written:
        return
    for name, right in _members(written).items():
        if members.get(name) != right:
            raise BadReceipt(f"{name} does not say what the log's entry says.")
    raise BadReceipt("The zip file was packed anew or changed, though not its files.")


def _place(name: str) -> ZipInfo:
    """A member's header: the same date, system and rights for every one."""
    place = ZipInfo(name, _EPOCH)
    place.create_system = 3
    place.external_attr = 0o644 << 16
    return place
