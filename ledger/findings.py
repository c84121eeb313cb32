"""What a check of the log finds, and what follows from it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """What a check ends with."""

    SOUND = "sound"
    TAMPERED = "tampered"  # Something is not what was recorded.
    UNDECIDED = "undecided"  # Nothing contradicts, but something is lacking to judge.


class Check(StrEnum):
    """What was checked where something was found."""

    # Of single entries.
    MISSING = "missing"
    TWICE = "twice"
    UNREADABLE = "unreadable"
    ENVELOPE = "envelope"  # The leaf is none that could be.
    STATE = "state"
    THING = "thing"
    VERSION = "version"
    TOPIC = "topic"
    TIME = "time"
    COMMITMENT = "commitment"
    ORDER = "order"  # Of a thing's versions.
    CLOCK = "clock"
    SEALED = "sealed"
    NO_KEY = "no_key"
    KEY_DESTROYED = "key_destroyed"
    KEY_LEFT = "key_left"
    # Of the tree and what is signed.
    LEAF = "leaf"
    TILE = "tile"
    ROOT = "root"
    CUT_OFF = "cut_off"
    CHECKPOINT = "checkpoint"
    SIGNATURE = "signature"
    # Of what is shown, and of the file.
    SHOWN = "shown"
    BUNDLE = "bundle"
    # What can not be judged.
    NO_POLICY = "no_policy"
    NO_CHECKPOINT = "no_checkpoint"
    NOT_SIGNED = "not_signed"
    NO_QUORUM = "no_quorum"
    UNREACHED = "unreached"
    NOT_SHOWN = "not_shown"

    @property
    def outcome(self) -> Outcome:
        """What follows from it."""
        return Outcome.UNDECIDED if self in _UNDECIDED else Outcome.TAMPERED


_UNDECIDED = frozenset(
    {
        Check.NO_POLICY,
        Check.NO_CHECKPOINT,
        Check.NOT_SIGNED,
        Check.NO_QUORUM,
        Check.UNREACHED,
        Check.NOT_SHOWN,
    }
)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it must be.

    `position` is the entry, counted from 1, or the first of those that it may be; None
    where it is about no entry. `said` is a sentence in English.
    """

    check: Check
    said: str
    position: int | None = None
    thing: str = ""
    topic: str = ""

    def __str__(self) -> str:
        if self.position is None:
            return self.said
        what = f" ({self.topic} of {self.thing})" if self.topic else ""
        return f"Entry {self.position}{what}: {self.said}"


@dataclass(frozen=True, slots=True)
class Seal:
    """What the newest signed checkpoint says, and when witnesses say they signed it.

    `root` is base64; times are seconds since 1970.
    """

    size: int
    root: str
    witnesses: dict[str, int]


@dataclass(frozen=True, slots=True)
class Report:
    """What came of a check of `size` entries.

    `sealed` is the checkpoint that they were held against, None without one that the
    policy trusts. `findings` has what contradicts first, in the log's order;
    `left_out` is how many more there were.
    """

    outcome: Outcome
    size: int
    sealed: Seal | None
    first_bad: int | None
    findings: tuple[Finding, ...]
    left_out: int = 0
    notes: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The report for JSON."""
        return asdict(self)

    def with_more(self, more: Findings) -> Report:
        """The same, and what was found beside it."""
        found = Findings([*self.findings], [*self.notes], self.left_out)
        for each in more.found:
            found.take(each)
        found.notes += more.notes
        return found.report(self.size, self.sealed)


MOST = 100
"""Findings that are told one by one."""


@dataclass(slots=True)
class Findings:
    """What has been found so far; what is past MOST is counted only."""

    found: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    left_out: int = 0

    def add(
        self,
        check: Check,
        said: str,
        position: int | None = None,
        thing: str = "",
        topic: str = "",
    ) -> None:
        """Something is not as it must be."""
        self.take(Finding(check, said, position, thing, topic))

    def take(self, finding: Finding) -> None:
        """The same, as a finding."""
        if len(self.found) < MOST:
            self.found.append(finding)
            return
        self.left_out += 1
        # Checks are made side by side: one that comes later may be of an earlier entry.
        last = max(self.found, key=_place)
        if _place(finding) < _place(last):
            self.found[self.found.index(last)] = finding

    @property
    def is_tampered(self) -> bool:
        """Whether anything contradicts."""
        return any(each.check.outcome is Outcome.TAMPERED for each in self.found)

    def report(self, size: int, sealed: Seal | None) -> Report:
        """All of it, with what follows."""
        found = sorted(self.found, key=_place)
        outcome = Outcome.UNDECIDED if found else Outcome.SOUND
        bad = [each for each in found if each.check.outcome is Outcome.TAMPERED]
        if bad:
            outcome = Outcome.TAMPERED
        first = next((each.position for each in bad if each.position is not None), None)
        return Report(
            outcome,
            size,
            sealed,
            first,
            tuple(found),
            self.left_out,
            tuple(self.notes),
        )


def _place(finding: Finding) -> tuple[bool, bool, int]:
    """What contradicts comes first, and of that what names an entry, in their order."""
    return (
        finding.check.outcome is not Outcome.TAMPERED,
        finding.position is None,
        finding.position or 0,
    )
