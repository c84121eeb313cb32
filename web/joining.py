"""How an editor's change joins the changes that a revision has already."""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import sha256
from typing import Any
from uuid import UUID

from domain.change import ChangeDoesNotFit, PassageChange, apply_changes
from domain.text import Kind, Mark, Passage, find_quote

JOINS: dict[str, tuple[str, ...]] = {
    "replace": ("insert", "replace"),
    "delete": ("replace",),
    "move": ("move",),
}
"""Which earlier changes of the same passage a new one can take the place of."""

LIST_KINDS = ("item", "numbered")
_SENTENCE = re.compile(r"(?s)[A-ZÅÄÖ].*[.!?]")
_SENTENCE_END = re.compile(r"[.!?](?=\s|$)|(?=\n)|$")


def joined(
    base: Sequence[Passage], changes: Sequence[PassageChange], new: PassageChange
) -> PassageChange:
    """The new change, in place of an earlier one where the text becomes the same.

    So a passage that is edited twice has one change, not two. Raises ChangeDoesNotFit.
    """
    wanted = apply_changes(base, [*changes, new])
    for earlier in reversed(changes):
        same_passage = earlier["passage"] == new["passage"]
        if not same_passage or earlier["op"] not in JOINS.get(new["op"], ()):
            continue
        instead: PassageChange = {**new, "id": earlier["id"]}
        if earlier["op"] == "insert":
            instead |= {"op": "insert", "after": earlier["after"]}
        tried = [instead if one is earlier else one for one in changes]
        try:
            if apply_changes(base, tried) == wanted:
                return instead
        except ChangeDoesNotFit:
            continue
    return new


def dropped(
    base: Sequence[Passage], changes: Sequence[PassageChange], gone: PassageChange
) -> tuple[list[PassageChange], list[str]]:
    """What it takes to drop a change: changes to make first, then the ids to drop.

    With a new passage go the changes made to it later; what was placed after it is
    placed after the passage before it instead, unless the changes do not fit anyway.
    """
    if gone["op"] != "insert":
        return [], [gone["id"]]
    id = gone["passage"]
    own = [one["id"] for one in reversed(changes) if one["passage"] == id]
    try:
        order = [passage.id.hex for passage in apply_changes(base, changes)]
    except ChangeDoesNotFit:
        return [], own
    before = order[order.index(id) - 1] if id in order[1:] else None
    follows: list[PassageChange] = [
        {**one, "after": before} for one in changes if one.get("after") == id
    ]
    return follows, own


def written(passage: Passage) -> dict[str, Any]:
    """A passage's words as a change keeps them."""
    stored = passage.stored()
    return {name: stored[name] for name in ("kind", "level", "text", "marks")}


def fitting_level(kind: Kind, level: int, old: Passage | None) -> int:
    """The level to store: a heading or an item has at least 1, and what is made of one
    stands in no list unless another level is chosen."""
    if kind == "heading" or kind in LIST_KINDS:
        return min(max(level, 1), 6)
    was_either = old is not None and old.kind in ("heading", *LIST_KINDS)
    return 0 if was_either and old is not None and old.level == level else level


def with_wording(
    passage: Passage, quote: str, prefix: str, suffix: str, wording: str
) -> Passage:
    """A passage with a proposed wording in place of the words that a comment quotes.

    A wording that is a whole sentence replaces the sentence that the quote stands in.
    Without a quote, or when it no longer stands there, it replaces all.
    """
    text = passage.text
    span = find_quote(text, quote, prefix, suffix)
    start, end = span or (0, len(text))
    wording = wording.strip()
    if span and _SENTENCE.fullmatch(wording):
        start, end = _sentences(text, start, end)
    return Passage(
        passage.id,
        passage.kind,
        passage.level,
        text[:start] + wording + text[end:],
        tuple(_kept(passage.marks, start, end, len(wording))),
    )


def _sentences(text: str, start: int, end: int) -> tuple[int, int]:
    """The stretch widened to whole sentences."""
    begins = [found.end() for found in re.finditer(r"[.!?]\s+|\n", text[:start])]
    closes = _SENTENCE_END.search(text, max(start, end - 1))
    return begins[-1] if begins else 0, closes.end() if closes else len(text)


def _kept(marks: Sequence[Mark], start: int, end: int, length: int) -> list[Mark]:
    """The marks that stand outside of what is replaced, moved with their words."""
    by = length - (end - start)
    return [
        mark
        if mark.end <= start
        else Mark(mark.start + by, mark.end + by, mark.kind, mark.target)
        for mark in marks
        if mark.end <= start or mark.start >= end
    ]


def fingerprint(passage: Passage | None) -> str:
    """A short text that differs when the passage reads differently; "" for none."""
    if passage is None:
        return ""
    return sha256(repr(passage.stored()).encode()).hexdigest()[:16]


def as_id(text: str) -> UUID | None:
    """An id that stands in an address or a form, or None when it is none."""
    try:
        return UUID(text)
    except ValueError:
        return None
