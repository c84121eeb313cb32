"""Shows every projection the log, entry by entry, and names one that can not be."""

from __future__ import annotations

import traceback
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import psycopg

from domain.log import Entry, Log, Unavailable, Unreadable
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

PROJECTORS = (
    organisation.project,
    person.project,
    consultation.project,
    proposal.project,
    revision.project,
    comment.project,
    issue.project,
    erasure.project,
    history.project,
)
UNSHOWN = ("notary",)
"""Kinds of things with no page but the log's, and no table of their own."""
UNREACHABLE = (*AWAY, Unavailable)
"""What a database that is away looks like; nothing is wrong with the entry at hand."""
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
    """Show every projection one entry."""
    rows.position = entry.position
    for project in PROJECTORS:
        project(entry, rows)


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
        rows.write()
    except Exception as error:
        if isinstance(error, UNREACHABLE) and not isinstance(error, _TOO_LARGE):
            raise
        if len(entries) > 1:
            raise NotWritten from error
        raise CannotApply(entries[0].position, _reason(error)) from error


def _foresee(rows: Rows, entries: Sequence[Entry]) -> None:
    """Read at once the rows of all things that the entries are about."""
    things = defaultdict(set)
    for entry in entries:
        kind, _, _ = entry.event.TOPIC.partition(".")
        if kind in UNSHOWN:
            continue
        things[kind].add((entry.event.originator_id,))
    for kind, keys in things.items():
        rows.foresee(kind, keys)


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
    """Apply a batch; if that fails, one by one, so that the entry to blame is named."""
    try:
        with rows.connection.transaction():
            apply_batch(rows, entries)
    except NotWritten:
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
