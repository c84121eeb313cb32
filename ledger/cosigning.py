"""Has a checkpoint cosigned by the witnesses of a policy, all at the same time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic

from ledger.asking import BadAddress, Unanswered, post
from ledger.checkpoint import Checkpoint
from ledger.desk import Answer
from ledger.note import BadNote, Note, NotSigned, exact_number
from ledger.policy import Policy
from ledger.signer import SIZE
from ledger.submission import Submission
from ledger.witness import PATH

PATIENCE = 5.0
"""Seconds that witnesses get to answer in."""
GRACE = 0.25
"""Seconds that the others get when those that have answered are a quorum."""

Consistency = Callable[[int, int], list[bytes]]
"""The proof that the tree of one size is the beginning of that of another."""


@dataclass(slots=True)
class Cosigned:
    """Signature lines by witness; whom one could not reach, and who contradicts."""

    lines: dict[str, str] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)
    contradicting: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Said:
    """What a witness answered to a checkpoint of a size, built on an old one."""

    name: str
    turn: int
    old: int
    size: int
    answer: Answer | str


class Cosigning:
    """The witnesses of a policy that have an address, and the size each knows."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._sizes = {name: 0 for name, peer in policy.witnesses.items() if peer.url}
        self._said: SimpleQueue[_Said] = SimpleQueue()
        self._asked: set[str] = set()
        self._turn = 0

    def gather(
        self, note: bytes, new: Checkpoint, consistency: Consistency
    ) -> Cosigned:
        """Ask every witness to cosign a note; waits no longer than it has to.

        One that has not answered to the last checkpoint is not asked again before.
        """
        found = Cosigned()
        self._turn += 1
        asked_again: set[str] = set()
        for name in self._sizes.keys() - self._asked:
            self._ask(name, note, new, consistency)
        until = monotonic() + PATIENCE
        while self._asked and (left := until - monotonic()) > 0:
            try:
                said = self._said.get(timeout=left)
            except Empty:
                break
            self._asked.discard(said.name)
            again = self._judge(said, note, found)
            if said.turn != self._turn or (again and said.name not in asked_again):
                asked_again.add(said.name)
                found.absent.pop(said.name, None)
                self._ask(said.name, note, new, consistency)
            if self._policy.agrees(frozenset(found.lines)):
                until = min(until, monotonic() + GRACE)
        found.absent |= dict.fromkeys(self._asked, "has not answered yet")
        return found

    def _ask(
        self, name: str, note: bytes, new: Checkpoint, consistency: Consistency
    ) -> None:
        """Post to a witness in a thread that nobody waits for at the end."""
        url = self._policy.witnesses[name].url
        old = min(self._sizes[name], new.size)
        turn = self._turn
        body = Submission(old, tuple(consistency(old, new.size)), note).written()

        def ask() -> None:
            answer: Answer | str
            try:
                answer = post(url, PATH, body, timeout=PATIENCE)
            except (Unanswered, BadAddress) as error:
                answer = str(error)
            self._said.put(_Said(name, turn, old, new.size, answer))

        self._asked.add(name)
        Thread(target=ask, daemon=True, name=f"witness {name}").start()

    def _judge(self, said: _Said, note: bytes, found: Cosigned) -> bool:
        """Note what a witness said; True when it is to be asked from another size."""
        match said.answer:
            case Answer(200, body):
                self._sizes[said.name] = said.size
                if said.turn == self._turn:
                    self._take(said.name, note, body, found)
            case Answer(409, body, kind) if kind == SIZE:
                return self._is_elsewhere(said, body, found)
            case Answer(409 | 422, body):
                found.contradicting[said.name] = _short(body)
            case Answer(status, body):
                found.absent[said.name] = f"answers {status}: {_short(body)}"
            case str(reason):
                found.absent[said.name] = reason
        return False

    def _take(self, name: str, note: bytes, body: str, found: Cosigned) -> None:
        """Take the witness's own line, if its key has signed this note."""
        key = self._policy.witnesses[name].key
        try:
            whole = Note.parse(note + body.encode())
            if whole.text != Note.parse(note).text:
                raise BadNote("it has answered with more than signatures")
            whole.by(key)
        except NotSigned:
            found.absent[name] = "has answered without its signature"
        except BadNote as error:
            found.contradicting[name] = str(error)
        else:
            found.lines[name] = next(
                str(line)
                for line in whole.lines
                if (line.name, line.id) == (key.name, key.id)
            )

    def _is_elsewhere(self, said: _Said, body: str, found: Cosigned) -> bool:
        """A witness has cosigned another size than we thought."""
        try:
            size = exact_number(body.removesuffix("\n"))
        except BadNote:
            found.absent[said.name] = "tells a size that is none"
            return False
        if said.turn == self._turn and size > said.size:
            found.contradicting[said.name] = (
                f"has cosigned {size} entries, and the log has {said.size}"
            )
            return False
        self._sizes[said.name] = size
        found.absent[said.name] = f"says again and again that it has {size} entries"
        return size != said.old


def _short(body: str) -> str:
    """The beginning of what somebody else wrote, in letters that harm no terminal."""
    line = body.strip().partition("\n")[0][:200]
    return line if line.isprintable() else repr(line)
