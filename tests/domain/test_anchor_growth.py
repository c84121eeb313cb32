"""Texts made to be hard: twice the length takes about twice the work, never four times.

What is counted is lines of our code that run, so that a busy machine changes nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from types import FrameType
from typing import Any
from uuid import UUID

import pytest

from domain.ancestry import align
from domain.anchor import Anchor, place
from domain.placer import FlatPlacer
from domain.text import Passage

TWICE_WITH_ROOM = 3.0
SIZE = 600


def lines_run(work: Callable[[], object]) -> int:
    """How many lines of Python run, whatever the machine does besides."""
    count = 0

    def count_lines(frame: FrameType, event: str, arg: Any) -> Any:
        nonlocal count
        count += event == "line"
        return count_lines

    before = sys.gettrace()
    sys.settrace(count_lines)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def alike(size: int, first_id: int = 1) -> list[Passage]:
    """Passages that all read the same."""
    return [
        Passage(UUID(int=first_id + k), "item", 1, "Samma korta stycke.")
        for k in range(size)
    ]


def on_each(passages: list[Passage]) -> list[Anchor]:
    return [Anchor.at(passage.id, passage.text, 0, 5) for passage in passages]


def one_word_again_and_again(size: int) -> None:
    old = " ".join(["ord"] * size)
    new = f"{old[: len(old) // 2]} nytt {' '.join(['ord'] * (size // 4))}"
    FlatPlacer(old, new).place(len(old) // 3, len(old) // 3 + 40)


def two_words_in_turn(size: int) -> None:
    old = " ".join(["ett", "två"] * (size // 2))
    new = " ".join(["två", "ett", "två"] * (size // 3))
    FlatPlacer(old, new).place(len(old) // 3, len(old) // 3 + 40)


def equal_passages_with_new_words(size: int) -> None:
    old = alike(size)
    new = [
        replace(passage, text="Samma korta text.") if k % 3 else passage
        for k, passage in enumerate(old)
    ]
    place(on_each(old), old, new)


def equal_passages_that_all_became_others(size: int) -> None:
    old = alike(size)
    place(on_each(old), old, alike(size, first_id=size + 1))


def equal_passages_in_reverse(size: int) -> None:
    old = alike(size)
    new = [replace(passage, text=f"{passage.text} Nytt.") for passage in reversed(old)]
    place(on_each(old), old, new)


def all_comments_on_words_that_are_gone(size: int) -> None:
    old = [
        Passage(UUID(int=k + 1), "item", 1, f"Punkt{k} har{k} ord{k}.")
        for k in range(size)
    ]
    new = [replace(passage, text="Helt annat.") for passage in old[::2]]
    place(on_each(old), old, new)


def equal_units_of_a_draft(size: int) -> None:
    align(
        ["Samma korta stycke."] * size,
        ["Samma korta stycke.", "Samma korta text."] * (size // 2),
    )


@pytest.mark.parametrize(
    "work",
    [
        one_word_again_and_again,
        two_words_in_turn,
        equal_passages_with_new_words,
        equal_passages_that_all_became_others,
        equal_passages_in_reverse,
        all_comments_on_words_that_are_gone,
        equal_units_of_a_draft,
    ],
)
def test_a_text_twice_as_long_takes_about_twice_the_work(
    work: Callable[[int], None],
) -> None:
    small, large = (lines_run(partial(work, size)) for size in (SIZE, 2 * SIZE))
    assert large < TWICE_WITH_ROOM * small
