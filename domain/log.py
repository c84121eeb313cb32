"""The log: the one append-only record that everything else is derived from."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, ClassVar, TypeVar, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from eventsourcing.application import Application, LRUCache, project_aggregate
from eventsourcing.domain import Aggregate
from eventsourcing.persistence import (
    DataError,
    IntegrityError,
    Notification,
    OperationalError,
    StoredEvent,
)

A = TypeVar("A", bound=Aggregate)

MOST_KNOWN = 500
"""Things that are kept in memory, so that only their news are read."""

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


class NotText(Refused):
    """Only what can be shown is recorded: no NUL, and no half of a sign."""

    en = "There is a sign in the text that cannot be shown. Remove it and try again."
    sv = (
        "Det finns ett tecken i texten som inte kan visas. Ta bort det och försök igen."
    )


class NotAllowed(Refused):
    """The person who tried does not have the role that this takes."""

    en = "Your role does not allow this."
    sv = "Din roll tillåter inte detta."


class Unavailable(Exception):
    """The log cannot be reached; nothing is known to have been recorded."""


class Unreadable(Exception):
    """An entry of the log can not be read back as the event that it was."""

    def __init__(self, position: int, reason: str) -> None:
        self.position = position
        self.reason = reason
        super().__init__(f"entry {position}: {reason}")


class Fact(Aggregate.Event):
    """Something that happened, and who made it happen.

    The fields that SEALED names are personal data or somebody's own words. They are
    sealed in the log under a key of the thing that it happened to; when that key is
    destroyed, a placeholder stands in their place. No rule depends on them.
    """

    SEALED: ClassVar[tuple[str, ...]] = ()

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


class Looked:
    """Things that have been looked up together: to ask only, as they are shared."""

    def __init__(self, found: Mapping[UUID, Aggregate | None]) -> None:
        self._found = found

    def look(self, kind: type[A], id: UUID) -> A:
        """One of them. Raises NotFound."""
        found = self._found.get(id)
        if not isinstance(found, kind):
            raise NotFound
        return found


class Log(Application[UUID]):
    """Reads things from the log and appends what they decide.

    It is configured by the mapping it is given, which must name LOG_DATABASE_URL.
    """

    name = "log"

    def __init__(self, env: Mapping[str, str]) -> None:
        super().__init__({"PERSISTENCE_MODULE": "ledger.factory", **env})
        self._known: LRUCache[UUID, Aggregate] = LRUCache(maxsize=MOST_KNOWN)

    def get(self, kind: type[A], id: UUID) -> A:
        """A thing as it stands, to act on. Raises NotFound, or Unavailable."""
        return deepcopy(self.look(kind, id))

    def look(self, kind: type[A], id: UUID) -> A:
        """A thing as it stands, to ask only: it is shared, so never change it.

        Raises NotFound, or Unavailable.
        """
        return self.look_all([id]).look(kind, id)

    def look_all(self, ids: Collection[UUID]) -> Looked:
        """Things as they stand, all in one question; shared, as `look` says.

        Raises Unavailable.
        """
        known = {id: self._remembered(id) for id in ids}
        versions = {id: one.version if one else 0 for id, one in known.items()}
        try:
            news = self._opened(cast(Any, self.recorder).select_news(versions))
        except OperationalError as error:
            raise Unavailable from error
        for id, events in groupby(news, lambda event: cast(UUID, event.originator_id)):
            # Others may be looking at the one we know: bring a copy of it up to date.
            # (The library's own cache changes the shared one under their eyes.)
            found: Aggregate | None = project_aggregate(deepcopy(known[id]), events)
            known[id] = found
            self._known.put(id, found)
        return Looked(known)

    def _remembered(self, id: UUID) -> Aggregate | None:
        try:
            return self._known.get(id)
        except KeyError:
            return None

    def record(self, *changed: Aggregate) -> Receipt:
        """Append every pending event in one transaction: all of them or none."""
        try:
            recordings = self.save(*changed)
        except IntegrityError:
            raise Conflict from None
        except (DataError, UnicodeEncodeError) as error:
            raise NotText from error
        except OperationalError as error:
            raise Unavailable from error
        if not recordings:
            return Receipt(0, datetime.now(UTC))
        last = recordings[-1]
        return Receipt(last.notification.id, cast(Any, last.domain_event).timestamp)

    def head(self) -> int:
        """The position of the newest entry, 0 for an empty log."""
        try:
            return self.recorder.max_notification_id() or 0
        except OperationalError as error:
            raise Unavailable from error

    def entries(self, after: int, limit: int) -> Iterator[Entry]:
        """Entries in order, from the first one after a position.

        Raises Unreadable at an entry that no event can be made of, or Unavailable.
        """
        try:
            entries = self.recorder.select_notifications(
                after, limit, inclusive_of_start=False
            )
        except OperationalError as error:
            raise Unavailable from error
        try:
            events = self._opened(entries)
        except OperationalError as error:
            raise Unavailable from error
        except Exception:
            # One of them can not be read; those before it can.
            for found in entries:
                yield Entry(found.id, self._readable(found))
            return
        for found, event in zip(entries, events, strict=True):
            yield Entry(found.id, event)

    def _readable(self, found: Notification) -> Any:
        try:
            return self.mapper.to_domain_event(found)
        except OperationalError as error:
            raise Unavailable from error
        except Exception as error:
            raise Unreadable(found.id, type(error).__name__) from error

    def _events(
        self, thing: UUID, *, after: int | None = None, until: int | None = None
    ) -> list[Any]:
        """The events of one thing, from after a version of it up to another."""
        return self._opened(self.recorder.select_events(thing, gt=after, lte=until))

    def _opened(self, stored: Sequence[StoredEvent]) -> list[Any]:
        """Events of what is stored, all their keys asked for at once."""
        return cast(Any, self.mapper).to_domain_events(stored)  # type: ignore[no-any-return]

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

    def opening(self, position: int) -> bytes | None:
        """What opens the commitment of an entry: salt and fields, in canonical form.

        None when nothing is sealed in it, or when it has been erased.
        """
        found = self.stored(position)
        event = StoredEvent(found.thing, found.version, found.topic, found.state)
        try:
            return cast(Any, self.mapper).opening(event)  # type: ignore[no-any-return]
        except OperationalError as error:
            raise Unavailable from error

    def keys_answer(self) -> bool:
        """Whether the keys can be had that personal data is sealed with."""
        return bool(cast(Any, self.mapper).keys_answer())

    def destroy_key(self, scope: UUID, *, decision: UUID, position: int) -> None:
        """Destroy the key of a thing for ever; again is harmless. Raises Unavailable.

        `decision` is the erasure, decided in the log at `position`.
        """
        try:
            cast(Any, self.mapper).destroy_key(
                scope, decision=decision, position=position
            )
        except OperationalError as error:
            raise Unavailable from error

    def beginnings(self, things: Collection[UUID]) -> dict[UUID, Any]:
        """How each of these things began: its first event, where there is such a thing.

        One question, however many they are.
        """
        try:
            found = cast(Any, self.recorder).first_events(things)
            events = self._opened(found)
        except OperationalError as error:
            raise Unavailable from error
        return {event.originator_id: event for event in events}

    def history(self, thing: UUID, *, until: int | None = None) -> list[Any]:
        """Every event of one thing, oldest first, up to a version of it."""
        try:
            return self._events(thing, until=until)
        except OperationalError as error:
            raise Unavailable from error
