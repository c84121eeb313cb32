"""A new file of a text that exists: which passages live on, and what was changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

from domain.alignment import longest_increasing
from domain.anchor import align
from domain.change import PassageChange
from domain.text import Passage
from web.formats import Draft


def continue_document(
    old: Sequence[Passage], drafts: Sequence[Draft], new_id: Callable[[], UUID]
) -> list[Passage]:
    """The drafts as passages, each with the id of the old passage it descends from.

    A draft without a forebear gets its id from `new_id`.
    """
    forebears = align([p.text for p in old], [draft.text for draft in drafts])
    return [
        Passage(
            new_id() if forebear is None else old[forebear].id,
            draft.kind,
            draft.level,
            draft.text,
            draft.marks,
        )
        for draft, forebear in zip(drafts, forebears, strict=True)
    ]


def is_document(text: Sequence[Passage], drafts: Sequence[Draft]) -> bool:
    """Whether the drafts are the very passages of the text, in their order."""
    stands = [(one.kind, one.level, one.text, one.marks) for one in text]
    return stands == [(one.kind, one.level, one.text, one.marks) for one in drafts]


def changes_between(
    old: Sequence[Passage], new: Sequence[Passage]
) -> list[PassageChange]:
    """The changes that `apply_changes` makes the old text into the new one with.

    Deletions come first, then the rest in the order of the new text. As few passages
    as possible are moved: the longest row that keeps its order stands still.
    """
    was = {passage.id: at for at, passage in enumerate(old)}
    now = {passage.id for passage in new}
    changes: list[PassageChange] = [
        {"op": "delete", "passage": passage.id.hex}
        for passage in old
        if passage.id not in now
    ]
    lasting = [passage for passage in new if passage.id in was]
    row = longest_increasing([was[passage.id] for passage in lasting])
    standing = {lasting[at].id for at in row}
    after: str | None = None
    for passage in new:
        if passage.id not in was:
            changes.append(_written("insert", passage) | {"after": after})
        else:
            if passage.id not in standing:
                changes.append(
                    {"op": "move", "passage": passage.id.hex, "after": after}
                )
            if passage != old[was[passage.id]]:
                changes.append(_written("replace", passage))
        after = passage.id.hex
    return changes


def _written(op: str, passage: Passage) -> PassageChange:
    return {
        "op": op,
        "passage": passage.id.hex,
        "kind": passage.kind,
        "level": passage.level,
        "text": passage.text,
        "marks": passage.stored()["marks"],
    }
