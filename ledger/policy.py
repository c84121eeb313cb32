"""Whom an auditor trusts: a log's key, witnesses, and how many must agree (C2SP).

A policy is a text file of lines (C2SP tlog-policy):

    log <vkey> [<url>]
    witness <name> <vkey> [<url>]
    group <name> <number|any|all> <member> ...
    quorum <name|none>

Empty lines and lines that begin with # are passed over. No key is two witnesses, and
nobody is a member of two groups, so that no one counts twice.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from typing import Self

from ledger.checkpoint import Checkpoint
from ledger.note import (
    COSIGNATURE,
    ED25519,
    BadNote,
    Note,
    NotSigned,
    Verifier,
    exact_number,
)

_SPACE = re.compile("[ \t]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


class BadPolicy(Exception):
    """A policy file that cannot be read; the message names the line."""


class NoQuorum(BadNote):
    """The log has signed, but too few of the witnesses."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A log or a witness: its key, and where it answers ("" for nowhere known)."""

    key: Verifier
    url: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Witnesses or other groups, of which at least `least` must have signed."""

    least: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """A log, the witnesses, and the quorum; "" is no quorum at all."""

    log: Peer
    witnesses: Mapping[str, Peer]
    groups: Mapping[str, Group]
    quorum: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a policy. Raises BadPolicy."""
        read = _Lines()
        for number, line in enumerate(text.split("\n"), 1):
            try:
                read.take(line)
            except BadNote as error:
                raise BadPolicy(f"line {number}: {error}") from None
        if read.log is None or read.quorum is None:
            raise BadPolicy("a policy names one log and one quorum")
        return cls(read.log, read.witnesses, read.groups, read.quorum)

    def check(self, data: bytes) -> Checkpoint:
        """The checkpoint of a note that the log and a quorum of witnesses signed.

        Raises BadNote, or NoQuorum when only the witnesses are lacking.
        """
        checkpoint, _ = self.checked(data)
        return checkpoint

    def checked(self, data: bytes) -> tuple[Checkpoint, dict[str, int]]:
        """The checkpoint, and when each witness that signed it says it did."""
        note = Note.parse(data)
        note.by(self.log.key)
        checkpoint = Checkpoint.parse(note.text)
        if checkpoint.origin != self.log.key.name:
            raise BadNote("the checkpoint is of another log")
        times = self.cosigned(note)
        if not self._agrees(self.quorum, times.keys()):
            raise NoQuorum("too few witnesses have signed the checkpoint")
        return checkpoint, times

    def cosigned(self, note: Note) -> dict[str, int]:
        """The witnesses that have signed a note, with their times.

        Raises BadNote when one of their signatures is wrong.
        """
        times = {}
        for name, witness in self.witnesses.items():
            try:
                time = note.by(witness.key)
            except NotSigned:
                continue
            times[name] = time or 0
        return times

    def agrees(self, names: frozenset[str]) -> bool:
        """Whether these witnesses are a quorum."""
        return self._agrees(self.quorum, names)

    def _agrees(self, name: str, signed: Set[str]) -> bool:
        if not name:
            return True
        if name in self.witnesses:
            return name in signed
        group = self.groups[name]
        return sum(self._agrees(m, signed) for m in group.members) >= group.least


@dataclass(slots=True)
class _Lines:
    """What the lines of a policy have said so far."""

    log: Peer | None = None
    quorum: str | None = None
    witnesses: dict[str, Peer] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    placed: set[str] = field(default_factory=set)

    def take(self, line: str) -> None:
        if _CONTROL.search(line):
            raise BadNote("a control character")
        match _SPACE.split(line.strip(" \t")):
            case [first, *_] if not first or first.startswith("#"):
                pass
            case ["log", vkey, *url] if len(url) < 2:
                if self.log:
                    raise BadNote("a second log")
                self.log = _peer(vkey, url, ED25519)
            case ["witness", name, vkey, *url] if len(url) < 2:
                self._require_new(name)
                witness = _peer(vkey, url, COSIGNATURE)
                taken = [peer.key.key for peer in self.witnesses.values()]
                if witness.key.key in taken:
                    raise BadNote("another witness has the same key")
                self.witnesses[name] = witness
            case ["group", name, least, *members] if members:
                self._require_new(name)
                for member in members:
                    self._require_known(member)
                    if member in self.placed:
                        raise BadNote(f"{member} is a member already")
                    self.placed.add(member)
                self.groups[name] = Group(_least(least, members), tuple(members))
            case ["quorum", name]:
                if self.quorum is not None:
                    raise BadNote("a second quorum")
                if name != "none":
                    self._require_known(name)
                self.quorum = "" if name == "none" else name
            case _:
                raise BadNote("not a line of a policy")

    def _require_new(self, name: str) -> None:
        if name == "none" or name in self.witnesses or name in self.groups:
            raise BadNote(f"{name} is defined twice, or reserved")

    def _require_known(self, name: str) -> None:
        if name not in self.witnesses and name not in self.groups:
            raise BadNote(f"{name} is not defined above")


def _peer(vkey: str, url: list[str], kind: int) -> Peer:
    key = Verifier.parse(vkey)
    if key.kind != kind:
        raise BadNote("a key of the wrong type")
    return Peer(key, url[0] if url else "")


def _least(word: str, members: list[str]) -> int:
    least = {"any": 1, "all": len(members)}.get(word) or exact_number(word)
    if not 1 <= least <= len(members):
        raise BadNote("a group asks for more members than it has")
    return least
