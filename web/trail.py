"""The history of one thing, event by event, with what each changed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.redline import Change, redline
from web.erased import known as known_to_be

ENVELOPE = {
    "originator_id",
    "originator_version",
    "originator_topic",
    "timestamp",
    "by",
    "class_version",
}
LONG = {"passages", "changes", "placements"}
"""Lists that are too long to show; their number is."""


@dataclass(frozen=True, slots=True)
class Step:
    """One field that an event set: its words as a redline against those before."""

    field: str
    parts: list[Change]
    is_new: bool


def steps(events: Iterable[Any]) -> Iterator[tuple[int, list[Step]]]:
    """For each event of a thing, its version and what it set, oldest first."""
    known: dict[str, str] = {}
    for event in events:
        set_here = []
        for field, said in _fields(event):
            text = known_to_be(said, event.originator_id)
            before = known.get(field)
            if before == text or (before is None and not text):
                continue
            set_here.append(Step(field, redline(before or "", text), before is None))
            known[field] = text
        yield event.originator_version, set_here


def _fields(event: Any) -> Iterator[tuple[str, str]]:
    for name, value in vars(event).items():
        if name in ENVELOPE:
            continue
        if name == "change" and isinstance(value, dict):
            # One change of a revision is told apart from the next by its passage.
            yield f"change {value['passage']}", _text({**value, "marks": None})
        elif name in LONG:
            yield name, str(len(value))
        else:
            yield name, _text(value)


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return str(value).lower()
        case UUID():
            return str(value)
        case datetime():
            return value.isoformat(timespec="minutes")
        case list():
            return ", ".join(map(_text, value))
        case dict():
            lines = ((k, _text(v)) for k, v in value.items() if v not in (None, "", []))
            return "\n".join(f"{key}: {said}" for key, said in lines)
    return str(value)


def pretty(state: bytes) -> str:
    """An event's JSON, indented for reading."""
    return json.dumps(json.loads(state), ensure_ascii=False, indent=2)
