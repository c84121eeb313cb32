"""Shows every projection the log, entry by entry, and names one that can not be."""

from __future__ import annotations

import traceback
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from domain.issue import Issue
from domain.log import Entry, Log, Unavailable, Unreadable
from domain.person import Person
from domain.revision import Revision
from ledger.recorder import AWAY
from projections import (
    comment,
    consultation,
    erasure,
    history,
    issue,
    organisation,
    person,
    proposal,
    revision,
)
from projections.rows import Rows
from projections.table import Key

Projector = Callable[[Entry, Rows], None]

PROJECTORS: Mapping[str, Sequence[Projector]] = {
    "organisation": (organisation.project,),
    "person": (person.project, erasure.project),
    "consultation": (consultation.project, erasure.project),
    "proposal": (proposal.project, revision.project, comment.project),
    "revision": (revision.project,),
    "comment": (comment.project, erasure.project),
    "issue": (issue.project,),
    "erasure": (erasure.project,),
}
"""Who is shown what happens to which kind of thing. Everything is history besides."""
UNREACHABLE = (*AWAY, Unavailable)
"""What a database that is away looks like; nothing is wrong with the entry at hand."""
FEW = 20
"""Entries whose rows are sent off together, as to wait for each table takes longer."""
_TOO_LARGE = psycopg.errors.ProgramLimitExceeded
"""Looks like that to psycopg, but is the fault of what is to be written."""


class CannotApply(Exception):
    """An entry could not be applied to the read tables. It stops the follower.

    `reason` names the error and its place, and never what the entry says.
    """

    def __init__(self, position: int, reason: str) -> None:
        self.position = position
        self.reason = reason
        super().__init__(f"entry {position}: {reason}")


class NotWritten(Exception):
    """The rows of several entries could not be written; one of them is to blame."""


def entries_after(log: Log, position: int, limit: int) -> list[Entry]:
    """The next entries; raises CannotApply for one that can not be read."""
    try:
        return list(log.entries(position, limit))
    except Unreadable as error:
        raise CannotApply(error.position, error.reason) from error


def apply(rows: Rows, entry: Entry) -> None:
    """Show one entry to every projection that it concerns."""
    rows.position = entry.position
    for project in PROJECTORS.get(_kind(entry.event), ()):
        project(entry, rows)
    history.project(entry, rows)


def _kind(event: Any) -> str:
    kind: str = event.TOPIC.partition(".")[0]
    return kind


def apply_batch(rows: Rows, entries: Sequence[Entry]) -> None:
    """Show the projections some entries and write what came of it.

    Raises CannotApply, or NotWritten, after which the caller's transaction is void.
    """
    _foresee(rows, entries)
    for entry in entries:
        try:
            apply(rows, entry)
        except UNREACHABLE:
            raise
        except Exception as error:
            raise CannotApply(entry.position, _reason(error)) from error
    try:
        rows.write(few=len(entries) <= FEW)
    except Exception as error:
        if isinstance(error, UNREACHABLE) and not isinstance(error, _TOO_LARGE):
            raise
        if len(entries) > 1:
            raise NotWritten from error
        raise CannotApply(entries[0].position, _reason(error)) from error


def _foresee(rows: Rows, entries: Sequence[Entry]) -> None:
    """Read at once the rows that the projections are going to ask for."""
    rows.begin(
        event.originator_id
        for entry in entries
        if (event := entry.event).originator_version == 1
    )
    sought: defaultdict[str, set[Key]] = defaultdict(set)
    for entry in entries:
        if (kind := _kind(entry.event)) in PROJECTORS:
            sought[kind].add((entry.event.originator_id,))
            for table, key in _between(entry.event):
                sought[table].add(key)
    for table, keys in sought.items():
        rows.foresee(table, keys)


def _between(event: Any) -> Iterator[tuple[str, Key]]:
    """The rows that join the thing of an event to others, which mostly are new."""
    thing = event.originator_id
    match event:
        case Person.MandateGiven():
            yield "mandate", (thing, event.organisation)
        case Issue.CommentsGathered() | Issue.Absorbed():
            for each in event.comments:
                yield "issue_comment", (thing, each)
        case Revision.ChangeMade():
            yield "change", (thing, UUID(event.change["id"]))


def replay(
    log: Log,
    rows: Rows,
    done: int,
    batch: int,
    progress: Callable[[int, int], None],
    until: int = 2**62,
) -> Iterator[int]:
    """Apply the entries after `done`, those up to `until`; yields how far it has come.

    Each batch is a transaction, or a savepoint in one that is under way. Raises
    CannotApply for an entry that the projections can not take.
    """

    def read(after: int) -> Future[list[Entry]]:
        return ahead.submit(entries_after, log, after, min(batch, until - after))

    yield done
    # The next entries are read while the database writes what came of these.
    with ThreadPoolExecutor(1) as ahead:
        coming = read(done)
        while entries := coming.result():
            done = entries[-1].position
            coming = read(done)
            _apply_or_name(rows, entries)
            progress(done, log.recorder.max_notification_id() or done)
            yield done


def _apply_or_name(rows: Rows, entries: Sequence[Entry]) -> None:
    """Apply a batch; if that fails, one by one, so that the first to blame is named."""
    try:
        with rows.connection.transaction():
            apply_batch(rows, entries)
    except (CannotApply, NotWritten):
        rows.forget()
        for entry in entries:
            with rows.connection.transaction():
                apply_batch(rows, [entry])


def _reason(error: Exception) -> str:
    """The kind of an error and where it arose: enough to find it, and no content."""
    name = type(error).__name__
    if isinstance(error, psycopg.Error):
        subject = error.diag.constraint_name or error.diag.table_name
        return f"{name} ({subject})" if subject else name
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{name} at {Path(place.filename).name}:{place.lineno}"
