"""Whom an auditor trusts: a log's key, witnesses, and how many must agree (C2SP).

A policy is a text file of lines (C2SP tlog-policy):

    log <vkey> [<url>]
    witness <name> <vkey> [<url>]
    group <name> <number|any|all> <member> ...
    quorum <name|none>

Empty lines and lines that begin with # are passed over.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Self

from ledger.checkpoint import Checkpoint
from ledger.note import COSIGNATURE, ED25519, BadNote, Note, Verifier, exact_number


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
        log: Peer | None = None
        quorum: str | None = None
        witnesses: dict[str, Peer] = {}
        groups: dict[str, Group] = {}
        for number, line in enumerate(text.split("\n"), 1):
            words = line.split()
            if not words or words[0].startswith("#"):
                continue
            try:
                match words:
                    case ["log", vkey, *url] if log is None and len(url) < 2:
                        log = _peer(vkey, url, ED25519)
                    case ["witness", name, vkey, *url] if len(url) < 2:
                        _new(name, witnesses, groups)
                        witnesses[name] = _peer(vkey, url, COSIGNATURE)
                    case ["group", name, least, *members] if members:
                        _new(name, witnesses, groups)
                        for member in members:
                            if member not in witnesses and member not in groups:
                                raise BadNote(f"{member} is not defined above")
                        if len(set(members)) < len(members):
                            raise BadNote("a member stands twice")
                        groups[name] = Group(_least(least, members), tuple(members))
                    case ["quorum", name] if quorum is None:
                        if name not in {"none", *witnesses, *groups}:
                            raise BadNote(f"{name} is not defined above")
                        quorum = "" if name == "none" else name
                    case _:
                        raise BadNote("not a line of a policy")
            except BadNote as error:
                raise BadPolicy(f"line {number}: {error}") from None
        if log is None or quorum is None:
            raise BadPolicy("a policy names one log and one quorum")
        return cls(log, witnesses, groups, quorum)

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
        """The witnesses whose signatures of a note are right, with their times."""
        times = {}
        for name, witness in self.witnesses.items():
            try:
                time = note.by(witness.key)
            except BadNote:
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


def _peer(vkey: str, url: list[str], kind: int) -> Peer:
    key = Verifier.parse(vkey)
    if key.kind != kind:
        raise BadNote("a key of the wrong type")
    return Peer(key, url[0] if url else "")


def _new(name: str, *taken: Mapping[str, object]) -> None:
    if name == "none" or any(name in names for names in taken):
        raise BadNote(f"{name} is defined twice, or reserved")


def _least(word: str, members: list[str]) -> int:
    least = {"any": 1, "all": len(members)}.get(word) or exact_number(word)
    if not 1 <= least <= len(members):
        raise BadNote("a group asks for more members than it has")
    return least
