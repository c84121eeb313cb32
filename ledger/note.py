"""Signed notes: a text with lines of signatures under it (C2SP signed-note).

Everything here reads strictly: bytes that were not written by the rules are refused,
never mended, because two readers who mend differently see different logs.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

ED25519 = 0x01
COSIGNATURE = 0x04
"""Signature types: of a log, and of a witness with the time (C2SP tlog-cosignature)."""

MOST_SIGNATURES = 100
LARGEST = 64 * 1024
"""Signature lines, and bytes of a whole note, that are read."""

MOST = 2**63
"""Numbers are below it: what the tools of other people hold."""

_NAME = re.compile(r"[^\s+\x00-\x1f\ud800-\udfff]+")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


class BadNote(Exception):
    """Bytes that are no signed note, or not one that a trusted key has signed."""


class NotSigned(BadNote):
    """A note without the signature of a key; what it holds may still be true."""


def exact_base64(text: str) -> bytes:
    """The bytes of standard base64 in its one canonical spelling (RFC 4648, 3.5)."""
    try:
        found = b64decode(text.encode("ascii"), validate=True)
    except ValueError:
        raise BadNote("not base64") from None
    if b64encode(found).decode() != text:
        raise BadNote("base64 in another spelling than the canonical one")
    return found


def exact_number(text: str) -> int:
    """A whole number in ASCII digits, without sign, leading zero or anything else."""
    if not _NUMBER.fullmatch(text) or int(text) >= MOST:
        raise BadNote("not a number")
    return int(text)


def _require_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise BadNote("not a key's name")
    return name


def key_id(name: str, kind: int, key: bytes) -> bytes:
    """The four bytes that a signature begins with, to find its key by."""
    return sha256(name.encode() + b"\n" + bytes([kind]) + key).digest()[:4]


def cosigned(text: str, time: int) -> bytes:
    """What a witness signs: the checkpoint and the time, in seconds since 1970."""
    return f"cosignature/v1\ntime {time}\n{text}".encode()


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key with its name: what a policy or a vkey file holds."""

    name: str
    kind: int
    key: bytes

    @classmethod
    def parse(cls, vkey: str) -> Self:
        """Read `name+hash+base64`; base64 may hold a plus, so only two are cut at."""
        parts = vkey.split("+", 2)
        if len(parts) != 3:
            raise BadNote("not a verifier key")
        name, hash, encoded = parts
        data = exact_base64(encoded)
        if len(data) != 33 or data[0] not in (ED25519, COSIGNATURE):
            raise BadNote("a verifier key of an unknown type")
        found = cls(_require_name(name), data[0], data[1:])
        if hash != found.id.hex():
            raise BadNote("a verifier key with another hash than its own")
        return found

    @property
    def id(self) -> bytes:
        return key_id(self.name, self.kind, self.key)

    def __str__(self) -> str:
        encoded = b64encode(bytes([self.kind]) + self.key).decode()
        return f"{self.name}+{self.id.hex()}+{encoded}"

    def check(self, text: str, signature: bytes) -> int | None:
        """Check a signature of a text; returns the time of a cosignature, else None.

        Raises BadNote.
        """
        time, message = None, text.encode()
        if self.kind == COSIGNATURE:
            if len(signature) != 72:
                raise BadNote("a cosignature of the wrong length")
            time = int.from_bytes(signature[:8], "big")
            if time >= MOST:
                raise BadNote("a cosignature of a time that is none")
            message, signature = cosigned(text, time), signature[8:]
        try:
            Ed25519PublicKey.from_public_bytes(self.key).verify(signature, message)
        except (InvalidSignature, ValueError):
            raise BadNote(f"the signature of {self.name} is wrong") from None
        return time


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key with its name. Never logged, never sent anywhere."""

    name: str
    kind: int
    seed: bytes

    @classmethod
    def generate(cls, name: str, kind: int = ED25519) -> Self:
        """A new key."""
        return cls(
            _require_name(name), kind, Ed25519PrivateKey.generate().private_bytes_raw()
        )

    @classmethod
    def parse(cls, skey: str) -> Self:
        """Read `PRIVATE+KEY+name+hash+base64` and a line break, as a file holds it."""
        parts = skey.removesuffix("\n").split("+", 4)
        if len(parts) != 5 or parts[:2] != ["PRIVATE", "KEY"]:
            raise BadNote("not a private key")
        data = exact_base64(parts[4])
        if len(data) != 33 or data[0] not in (ED25519, COSIGNATURE):
            raise BadNote("a private key of an unknown type")
        found = cls(_require_name(parts[2]), data[0], data[1:])
        if parts[3] != found.verifier.id.hex():
            raise BadNote("a private key with another hash than its own")
        return found

    @property
    def verifier(self) -> Verifier:
        """The public half."""
        key = Ed25519PrivateKey.from_private_bytes(self.seed).public_key()
        return Verifier(self.name, self.kind, key.public_bytes_raw())

    def written(self) -> str:
        """The line that a key file holds."""
        encoded = b64encode(bytes([self.kind]) + self.seed).decode()
        return f"PRIVATE+KEY+{self.name}+{self.verifier.id.hex()}+{encoded}\n"

    def __repr__(self) -> str:
        return f"Signer({self.name!r})"

    def line(self, text: str, time: int = 0) -> str:
        """The signature line under a text; `time` is a cosignature's, in seconds."""
        key = Ed25519PrivateKey.from_private_bytes(self.seed)
        if self.kind == COSIGNATURE:
            signature = time.to_bytes(8, "big") + key.sign(cosigned(text, time))
        else:
            signature = key.sign(text.encode())
        return str(Line(self.name, self.verifier.id, signature))


@dataclass(frozen=True, slots=True)
class Line:
    """A signature as it stands under a note."""

    name: str
    id: bytes
    signature: bytes

    def __str__(self) -> str:
        """The line, with its line break; there is one way to write it."""
        return f"— {self.name} {b64encode(self.id + self.signature).decode()}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A text and its signature lines; nothing is verified yet."""

    text: str
    lines: tuple[Line, ...]

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Split a note into its text and its lines. Raises BadNote."""
        if len(data) > LARGEST:
            raise BadNote("the note is too large")
        try:
            whole = data.decode("utf-8")
        except UnicodeDecodeError:
            raise BadNote("the note is not UTF-8") from None
        if _CONTROL.search(whole):
            raise BadNote("the note holds a control character")
        text, cut, under = whole.rpartition("\n\n")
        if not cut or not under.endswith("\n"):
            raise BadNote("the note has no signatures")
        lines = under[:-1].split("\n")
        if len(lines) > MOST_SIGNATURES:
            raise BadNote("the note has too many signatures")
        return cls(text + "\n", tuple(map(_line, lines)))

    def by(self, verifier: Verifier) -> int | None:
        """Check that a key has signed; returns the time of a cosignature, else None.

        Lines of other keys are passed over. Raises NotSigned when there is no line of
        this key, BadNote when there are two, or a wrong one.
        """
        mine = [
            line
            for line in self.lines
            if (line.name, line.id) == (verifier.name, verifier.id)
        ]
        if not mine:
            raise NotSigned(f"{verifier.name} has not signed the note")
        if len(mine) > 1:
            raise BadNote(f"{verifier.name} has signed the note {len(mine)} times")
        return verifier.check(self.text, mine[0].signature)


def _line(line: str) -> Line:
    dash, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    if dash != "—":
        raise BadNote("not a signature line")
    data = exact_base64(encoded)
    if len(data) < 5:
        raise BadNote("a signature that is too short")
    return Line(_require_name(name), data[:4], data[4:])


def sign(text: str, signers: Iterable[Signer], time: int = 0) -> bytes:
    """A note: the text, a blank line, and each signer's line.

    `text` ends with a line break and holds no other control characters.
    """
    if not text.endswith("\n") or _CONTROL.search(text):
        raise ValueError("a note's text is lines of text, the last one ended")
    return (text + "\n" + "".join(s.line(text, time) for s in signers)).encode()


def with_lines(note: bytes, lines: Sequence[str]) -> bytes:
    """A note with more signature lines under it."""
    return note + "".join(lines).encode()
