"""Changes: the steps from one text of a proposal to the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict
from uuid import UUID

from domain.log import Refused
from domain.order import ReadingOrder
from domain.text import Passage


class ChangeDoesNotFit(Refused):
    """A change names passages that stand in the text it is made to."""

    en = "A change does not fit the text: the passage it names is not there."
    sv = "En ändring passar inte texten: stycket som den gäller finns inte där."


class PassageChange(TypedDict, total=False):
    """One step from one text to the next; identifiers are hex strings.

    insert: passage, after (None: first), kind, level, text, marks.
    replace: passage, kind, level, text, marks. delete: passage. move: passage, after.
    Every change may carry its own `id`, the `reason`, and the `issues` behind it.
    """

    id: str
    op: str
    passage: str
    after: str | None
    kind: str
    level: int
    text: str
    marks: list[list[Any]]
    reason: str
    issues: list[str]


def apply_changes(
    passages: Sequence[Passage], changes: Sequence[Mapping[str, Any]]
) -> tuple[Passage, ...]:
    """The text after the changes, in their order; refuses one that does not fit."""
    text = {passage.id: passage for passage in passages}
    order = ReadingOrder(text)

    def place_after(id: UUID, after: str | None) -> None:
        before = None if after is None else UUID(after)
        if before == id or (before is not None and before not in text):
            raise ChangeDoesNotFit
        order.put(id, before)

    for change in changes:
        id = UUID(change["passage"])
        if (id in text) == (change["op"] == "insert"):
            raise ChangeDoesNotFit
        match change["op"]:
            case "insert":
                place_after(id, change["after"])
                text[id] = _passage(change)
            case "replace":
                text[id] = _passage(change)
            case "delete":
                order.take(id)
                del text[id]
            case "move":
                order.take(id)
                place_after(id, change["after"])
            case _:
                raise ChangeDoesNotFit
    return tuple(text[id] for id in order)


def _passage(change: Mapping[str, Any]) -> Passage:
    return Passage.of({**change, "id": change["passage"]})
