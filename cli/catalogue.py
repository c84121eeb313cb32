"""docs/events.md: every kind of event there is, written from the code, and guarded.

What has once been recorded must stay readable for ever. So a topic is never dropped,
and an event whose fields change gets a higher `class_version` and an upcast.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from types import ModuleType
from typing import Any, get_type_hints, is_typeddict

from eventsourcing.domain import Aggregate

import domain
from domain.log import Fact

FILE = Path(__file__).parents[1] / "docs" / "events.md"

EVERY = "every event"
SEALED = ", sealed"

INTRODUCTION = """\
# Events

Everything that is recorded, by topic. A topic is a name for ever: `comment.submitted`
will mean the same in ten years. In `log.entry` the column `state` is the event as JSON;
`psql` shows it with `convert_from(state, 'utf8')::jsonb`. UUIDs and moments stand there
as `{"_type_": "uuid_hex" | "datetime_iso", "_data_": "…"}`. A random `salt` beside them
keeps anybody from guessing a state by its hash.

Fields that are *sealed* are not there. In their place stands `sealed`: which fields,
and their values encrypted under a key of the thing that the event happened to. When
that key is destroyed they can never be read again, and nothing else in the log changes.

This page is written from the code by `samrad docs events`, which refuses to drop a
topic, and to change an event's fields without a new version and an upcast.
"""


class WouldForget(Exception):
    """The code no longer reads what may have been recorded; each problem is told."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))


@dataclass(frozen=True, slots=True)
class Described:
    """One kind of event. `upcasts` are the versions that can be brought one further."""

    topic: str
    version: int
    fields: Mapping[str, str]
    said: str = ""
    upcasts: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Thing:
    """A kind of thing that events happen to."""

    topic: str
    said: str
    events: list[Described]


def things() -> list[Thing]:
    """Every kind of thing in the domain, with its events in the code's order."""
    modules = [getattr(domain, name) for name in domain.__all__]
    return [thing_of(kind) for module in modules for kind in _aggregates(module)]


def _aggregates(module: ModuleType) -> Iterator[type[Aggregate]]:
    for value in vars(module).values():
        is_ours = getattr(value, "__module__", "") == module.__name__
        if is_ours and isinstance(value, type) and issubclass(value, Aggregate):
            yield value


def thing_of(kind: type[Aggregate]) -> Thing:
    """A kind of thing, from its class."""
    events = {
        id(value): value
        for value in vars(kind).values()
        if isinstance(value, type) and issubclass(value, Fact) and value is not Fact
    }
    topic: str = vars(kind)["TOPIC"]
    return Thing(topic, _said(kind), [described(event) for event in events.values()])


def described(event: type[Fact]) -> Described:
    """A kind of event, from its class; the fields of every event are left out."""
    common = {field.name for field in fields(Fact)} | {"originator_topic"}
    hints = get_type_hints(event)
    return Described(
        vars(event)["TOPIC"],
        getattr(event, "class_version", 1),
        {
            field.name: _type(hints[field.name], str(field.type))
            + (SEALED if field.name in event.SEALED else "")
            for field in fields(event)
            if field.name not in common
        },
        _said(event),
        frozenset(
            int(name[1])
            for name in map(re.compile(r"upcast_v(\d+)_v\d+").fullmatch, dir(event))
            if name
        ),
    )


def every_event() -> Described:
    """What all events have."""
    return Described(EVERY, 1, {field.name: str(field.type) for field in fields(Fact)})


def _type(hint: Any, written: str) -> str:
    """A type as the code writes it; one with keys of its own as those keys."""
    if not is_typeddict(hint):
        return written
    keys = inspect.get_annotations(hint)
    of_each = (f"{key}: {_plain(of)}" for key, of in keys.items())
    return "{" + ", ".join(of_each) + "}"


def _plain(annotation: Any) -> str:
    return getattr(annotation, "__forward_arg__", None) or str(annotation)


def _said(kind: type) -> str:
    return inspect.cleandoc(kind.__doc__ or "")


def page() -> str:
    """The whole page."""
    common = every_event()
    parts = [INTRODUCTION, f"## {EVERY.capitalize()}\n", _table(common.fields)]
    parts.append("The first event of a thing also has its `originator_topic`.\n")
    for thing in things():
        parts.append(f"## `{thing.topic}`\n\n{thing.said}\n")
        for event in thing.events:
            heading = f"### `{event.topic}`, version {event.version}"
            parts.append(f"{heading}\n\n{event.said}\n")
            if event.fields:
                parts.append(_table(event.fields))
    return "\n".join(parts)


def _table(of: Mapping[str, str]) -> str:
    lines = ["| Field | Type |", "|---|---|"]
    for name, kind in of.items():
        escaped = kind.replace("|", "\\|")
        lines.append(f"| `{name}` | {escaped} |")
    return "\n".join(lines) + "\n"


_HEADING = re.compile(r"##+ (?:`(?P<topic>[^`]+)`(?:, version (?P<version>\d+))?|(.+))")
_FIELD = re.compile(r"\| `(?P<name>\w+)` \| (?P<type>.+) \|")


def kept(text: str) -> dict[str, Described]:
    """What a page says, by topic: what the next one is held against."""
    found: dict[str, Described] = {}
    current: dict[str, str] = {}
    for line in text.splitlines():
        if heading := _HEADING.fullmatch(line):
            topic = heading["topic"] or EVERY
            current = {}
            found[topic] = Described(topic, int(heading["version"] or 1), current)
        elif field := _FIELD.fullmatch(line):
            current[field["name"]] = field["type"].replace("\\|", "|")
    return found


def forgotten(before: Mapping[str, Described], now: list[Thing]) -> list[str]:
    """What was on the page and could not be read back by the code as it is now."""
    events = [every_event(), *(event for thing in now for event in thing.events)]
    known = {event.topic: event for event in events}
    known |= {thing.topic: Described(thing.topic, 1, {}) for thing in now}
    return [problem for old in before.values() for problem in _lost(old, known)]


def _lost(old: Described, known: Mapping[str, Described]) -> Iterator[str]:
    new = known.get(old.topic)
    if new is None:
        yield f"{old.topic} is gone, but what was recorded under it is not."
        return
    if new.version < old.version:
        yield f"{old.topic} went back from version {old.version} to {new.version}."
    if dict(new.fields) != dict(old.fields) and new.version <= old.version:
        changed = sorted({*new.fields.items()} ^ {*old.fields.items()})
        names = ", ".join(dict.fromkeys(name for name, _ in changed))
        yield (
            f"{old.topic} has other fields ({names}): give the class"
            f" class_version = {old.version + 1} and"
            f" upcast_v{old.version}_v{old.version + 1}."
        )
    for version in range(1, new.version):
        if version not in new.upcasts:
            yield f"{old.topic} has no upcast_v{version}_v{version + 1}."


def write(file: Path = FILE) -> bool:
    """Write the page anew; returns whether it changed. Raises WouldForget."""
    before = file.read_text("utf-8") if file.exists() else ""
    if problems := forgotten(kept(before), things()):
        raise WouldForget(problems)
    text = page()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")
    return text != before
