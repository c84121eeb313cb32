"""The log: the one append-only record that everything else is derived from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from eventsourcing.application import AggregateNotFoundError, Application
from eventsourcing.domain import Aggregate
from eventsourcing.persistence import (
    IntegrityError,
    OperationalError,
    PersistenceError,
)

A = TypeVar("A", bound=Aggregate)

SYSTEM = UUID(int=0)
"""Who acts when nobody is signed in: the operator at the command line."""

STOCKHOLM = ZoneInfo("Europe/Stockholm")


class Refused(Exception):
    """The rules do not allow this.

    `en` and `sv` say why, to the person who tried; a subclass writes the sentences and
    may leave places in braces for details, as in `Refused(limit=3)`.
    """

    en = "This is not allowed."
    sv = "Det här är inte tillåtet."

    def __init__(self, **details: object) -> None:
        readable = {
            name: f"{value.astimezone(STOCKHOLM):%Y-%m-%d kl. %H.%M}"
            if isinstance(value, datetime)
            else value
            for name, value in details.items()
        }
        self.en = type(self).en.format(**readable)
        self.sv = type(self).sv.format(**readable)
        super().__init__(self.en)


class NotFound(Refused):
    """There is no such thing in the log."""

    en = "There is no such thing here. It may have been moved, or the link is wrong."
    sv = "Det finns inget sådant här. Det kan ha flyttats, eller så är länken fel."


class Conflict(Refused):
    """Someone else changed the same thing first; nothing was recorded."""

    en = "Someone else changed this first, so nothing was saved. Look again and retry."
    sv = (
        "Någon annan hann ändra detta, så inget sparades. Läs in sidan igen och försök"
        " på nytt."
    )


class NotAllowed(Refused):
    """The person who tried does not have the role that this takes."""

    en = "Your role does not allow this."
    sv = "Din roll tillåter inte detta."


class Unavailable(Exception):
    """The log cannot be reached; nothing is known to have been recorded."""


class Fact(Aggregate.Event):
    """Something that happened, and who made it happen."""

    by: UUID


@dataclass(frozen=True, slots=True)
class Receipt:
    """Where in the log something was recorded, and when. Position 0: nothing new."""

    position: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """One event and its place in the log."""

    position: int
    event: Any


@dataclass(frozen=True, slots=True)
class Stored:
    """An entry as it lies in the log: `state` is the event's JSON, byte for byte."""

    position: int
    thing: UUID
    version: int
    topic: str
    state: bytes


class Log(Application[UUID]):
    """Reads things from the log and appends what they decide.

    It is configured by the mapping it is given, which must name LOG_DATABASE_URL.
    """

    name = "log"

    def __init__(self, env: Mapping[str, str]) -> None:
        super().__init__(
            {
                "PERSISTENCE_MODULE": "ledger.recorder",
                "AGGREGATE_CACHE_MAXSIZE": "500",
                **env,
            }
        )

    def get(self, kind: type[A], id: UUID) -> A:
        """A thing as it stands, to act on."""
        return self._get(kind, id, own_copy=True)

    def look(self, kind: type[A], id: UUID) -> A:
        """A thing as it stands, to ask only: it is shared, so never change it."""
        return self._get(kind, id, own_copy=False)

    def _get(self, kind: type[A], id: UUID, *, own_copy: bool) -> A:
        try:
            found: object = self.repository.get(id, deepcopy_from_cache=own_copy)
        except AggregateNotFoundError:
            found = None
        except OperationalError as error:
            raise Unavailable from error
        if not isinstance(found, kind):
            raise NotFound
        return found

    def record(self, *changed: Aggregate) -> Receipt:
        """Append every pending event in one transaction: all of them or none."""
        try:
            recordings = self.save(*changed)
        except IntegrityError:
            raise Conflict from None
        except PersistenceError as error:
            raise Unavailable from error
        if not recordings:
            return Receipt(0, datetime.now(UTC))
        last = recordings[-1]
        return Receipt(last.notification.id, cast(Any, last.domain_event).timestamp)

    def entries(self, after: int, limit: int) -> Iterator[Entry]:
        """Entries in order, from the first one after a position."""
        for found in self.recorder.select_notifications(
            after, limit, inclusive_of_start=False
        ):
            yield Entry(found.id, self.mapper.to_domain_event(found))

    def stored(self, position: int) -> Stored:
        """One entry as it lies in the log."""
        try:
            found = self.recorder.select_notifications(position, 1, stop=position)
        except OperationalError as error:
            raise Unavailable from error
        if not found:
            raise NotFound
        (entry,) = found
        return Stored(
            entry.id,
            cast(UUID, entry.originator_id),
            entry.originator_version,
            entry.topic,
            entry.state,
        )

    def history(self, thing: UUID, *, until: int | None = None) -> list[Any]:
        """Every event of one thing, oldest first, up to a version of it."""
        try:
            return list(self.events.get(thing, lte=until))
        except OperationalError as error:
            raise Unavailable from error
