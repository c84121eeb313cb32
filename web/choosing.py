"""A passage to choose from a list, also in a text that has thousands of them."""

from __future__ import annotations

from uuid import UUID

from domain.text import Passage, Text

FEW = 300
"""Passages of a text that are all listed: no more than one scrolls through."""
NEAR = 75
"""Of a longer one, those listed on each side of a place, and every heading."""


def is_long(text: Text) -> bool:
    """Whether only some of its passages are listed."""
    return len(text) > FEW


def choosable(text: Text, near: UUID | None) -> list[tuple[str, str]]:
    """The passages to choose from, in reading order: each with how it begins.

    Of a long text they are the headings, and what stands near one of the passages, or
    near the beginning.
    """
    at = text.places.get(near, 0) if near else 0
    around = range(at - NEAR, at + NEAR + 1) if is_long(text) else range(len(text))
    return [
        _choice(text, k)
        for k, passage in enumerate(text)
        if k in around or passage.kind == "heading"
    ]


def headings(text: Text) -> list[tuple[str, str]]:
    """The sections to go to: each with its heading."""
    return [_choice(text, k) for k, one in enumerate(text) if one.kind == "heading"]


def _choice(text: Text, at: int) -> tuple[str, str]:
    return str(text[at].id), f"{text.labels[at]} {_opening(text[at])}"


def _opening(passage: Passage) -> str:
    words = " ".join(passage.text.split())
    return words if len(words) <= 60 else words[:59].rstrip() + "…"
