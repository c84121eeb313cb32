"""Checks a log: that nothing in it was altered, added or dropped since it was signed.

The same code checks a database, an address and a file. What is stored is never taken at
its word: every event is hashed and held against its leaf, the leaves against the tiles,
both against what was signed, and that against whom the reader's own policy trusts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from hashlib import sha256
from operator import le

import psycopg
from psycopg_pool import PoolTimeout

from ledger.envelope import TOPIC
from ledger.findings import Check, Findings, Report
from ledger.leaves import difference, leaves_of, read
from ledger.policy import Policy
from ledger.rebuilding import Rebuilt, Wanted
from ledger.sealed import SealedCheck
from ledger.signed import Previous, signed
from ledger.sources import Away, Batch, Source, Unreadable

Progress = Callable[[int, int], None]
"""Told how many entries are checked, and of how many."""


def verify(
    source: Source,
    policy: Policy | None,
    *,
    previous: Iterable[Previous] = (),
    sealed: SealedCheck | None = None,
    progress: Progress = lambda done, of: None,
) -> Report:
    """Check all of a log; never raises for what it finds.

    Without a policy nothing that is signed can be trusted, and the outcome is at best
    undecided. `sealed` opens what is sealed, where the keys are at hand.
    """
    findings = Findings()
    size, seal = 0, None
    try:
        seal, wanted = signed(source.checkpoints(), policy, findings)
        for each in previous:
            kept = each.checkpoint
            wanted.append(Wanted(kept.size, kept.root, Check.CHECKPOINT, each.said))
        size = _walk(source, wanted, findings, sealed, progress)
        for said, position in source.odd():
            findings.add(Check.TILE if position else Check.BUNDLE, said, position)
        if sealed is not None:
            sealed.end(findings)
    except Unreadable as error:
        findings.add(Check.BUNDLE, f"The log can not be read: {error}.")
    except Away as error:
        findings.add(Check.UNREACHED, str(error))
    except psycopg.InternalError as error:
        said = str(error).partition("\n")[0]
        findings.add(Check.BUNDLE, f"The database can not be read: {said}.")
    except (psycopg.OperationalError, PoolTimeout) as error:
        said = str(error).partition("\n")[0]
        findings.add(Check.UNREACHED, f"The database does not answer: {said}")
    if seal is not None and size > seal.size and not findings.is_tampered:
        findings.notes.append(
            f"Recorded, not yet sealed: {size - seal.size}, from {seal.size + 1} on."
        )
    return findings.report(size, seal)


def _walk(
    source: Source,
    wanted: list[Wanted],
    findings: Findings,
    sealed: SealedCheck | None,
    progress: Progress,
) -> int:
    """Check every entry and the tree over them; returns the last position."""
    integrated, root = source.tree
    if root is not None:
        said = "the tree as it is kept"
        wanted = [*wanted, Wanted(integrated, root, Check.TILE, said)]
    rebuilt = Rebuilt(source.tile, integrated, wanted, findings)
    entries = Entries(findings)
    of = source.size
    progress(0, of)
    try:
        for batch in source.batches():
            rebuilt.add(entries.hashes(batch))
            if sealed is not None:
                sealed.take(batch, findings)
            progress(min(entries.last, of), max(of, entries.last))
    except Unreadable as error:
        if error.position is None:
            raise
        said = f"it can not be read: {error}."
        findings.add(Check.UNREADABLE, said, error.position)
        return entries.last
    rebuilt.end()
    for each in rebuilt.missed:
        if not rebuilt.is_broken:
            findings.add(
                Check.CUT_OFF,
                f"it is missing, and all after it: the log ends at {entries.last}, and"
                f" {each.said} is of {each.size} entries.",
                entries.last + 1,
            )
            break
    return entries.last


class Entries:
    """Checks entry after entry, and remembers what the next ones depend on."""

    def __init__(self, findings: Findings) -> None:
        self.last = 0
        """The position that was read last."""
        self._findings = findings
        self._versions: dict[str, int] = {}
        self._topics: set[str] = set()
        self._time = ""

    def hashes(self, batch: Batch) -> list[bytes | None]:
        """Check some entries; returns the hashes of their leaves.

        None stands where an entry is missing.
        """
        self._bind(batch)
        self._require_order(batch)
        self._require_time(batch)
        found: list[bytes | None] = [
            sha256(b"\x00" + leaf).digest() for leaf in batch.leaves
        ]
        first, self_last = self.last + 1, self.last + len(batch.positions)
        if list(batch.positions) == list(range(first, self_last + 1)):
            self.last = self_last
            return found
        return self._placed(batch, found)

    def _bind(self, batch: Batch) -> None:
        """Hold what is stored against the leaf, byte for byte."""
        if not self._topics.issuperset(batch.topics):
            for at, topic in enumerate(batch.topics):
                if batch.states is not None and not TOPIC.fullmatch(topic):
                    self._say(batch, at, Check.TOPIC, "its topic is no topic.")
            self._topics.update(batch.topics)
        if batch.states is None:
            for at, leaf in enumerate(batch.leaves):
                if read(leaf) is None:
                    self._say(batch, at, Check.ENVELOPE, "its leaf is no envelope.")
            return
        columns = batch.things, batch.versions, batch.topics, batch.states, batch.times
        made = leaves_of(*columns)
        if made == list(batch.leaves):
            return
        for at, (leaf, *stored) in enumerate(zip(batch.leaves, *columns, strict=True)):
            if made[at] != leaf:
                self._say(batch, at, *difference(leaf, *stored))

    def _require_order(self, batch: Batch) -> None:
        """Every thing has its versions from 1 on, one after the other."""
        known = self._versions
        for at, (thing, version) in enumerate(
            zip(batch.things, batch.versions, strict=True)
        ):
            before = known.get(thing, 0)
            known[thing] = version
            if version != before + 1 and thing:
                self._say(
                    batch,
                    at,
                    Check.ORDER,
                    f"it is version {version}, where {before + 1} should be.",
                )

    def _require_time(self, batch: Batch) -> None:
        times = [self._time, *batch.times]
        self._time = times[-1]
        if all(map(le, times, batch.times)):
            return
        for at, (before, time) in enumerate(zip(times, batch.times, strict=False)):
            if before > time:
                self._say(
                    batch,
                    at,
                    Check.CLOCK,
                    f"it is recorded at {time}, and the one before it at {before}.",
                )

    def _placed(self, batch: Batch, found: list[bytes | None]) -> list[bytes | None]:
        """The hashes in their places, where entries are missing or there twice."""
        placed: list[bytes | None] = []
        for at, position in enumerate(batch.positions):
            if position <= self.last:
                self._say(batch, at, Check.TWICE, "there is another of this number.")
                continue
            if position > self.last + 1:
                gone = position - self.last - 1
                after = f"the next is {position}"
                self._findings.add(
                    Check.MISSING,
                    "it is missing"
                    + (
                        f": {after}."
                        if gone == 1
                        else f", and {gone - 1} more: {after}."
                    ),
                    self.last + 1,
                )
                placed += [None] * min(gone, FILLED)
            placed.append(found[at])
            self.last = position
        return placed

    def _say(self, batch: Batch, at: int, check: Check, said: str) -> None:
        self._findings.add(
            check, said, batch.positions[at], batch.things[at], batch.topics[at]
        )


FILLED = 1_000_000
"""Missing entries that a tree is made beyond; a hole that is larger ends it."""
