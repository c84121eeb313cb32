"""A new file of a text that exists: ids live on, and the changes make the new text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from domain.change import apply_changes
from domain.text import Mark, Passage
from tests.web.formats.texts import passages
from web.formats import Draft
from web.formats.markdown import read_markdown
from web.formats.revision import changes_between, continue_document

texts = st.lists(passages, max_size=8, unique_by=lambda passage: passage.id)


@st.composite
def revised(draw: st.DrawFn) -> tuple[list[Passage], list[Passage]]:
    """A text, and another with some of the same passages in any order."""
    old = draw(texts)
    new = {p.id: p for p in draw(texts)}
    for passage in old:
        if draw(st.booleans()):
            new[passage.id] = draw(st.sampled_from(old + list(new.values())))
    kept = [Passage(id, p.kind, p.level, p.text, p.marks) for id, p in new.items()]
    return old, draw(st.permutations(kept))


@given(revised())
def test_the_changes_make_the_new_text_of_the_old(
    versions: tuple[list[Passage], list[Passage]],
) -> None:
    old, new = versions
    assert apply_changes(old, changes_between(old, new)) == tuple(new)


def ids(start: int) -> Iterator[UUID]:
    return (UUID(int=number) for number in count(start))


def first(markdown: str) -> list[Passage]:
    return continue_document([], read_markdown(markdown), ids(1).__next__)


def numbers(passages: Sequence[Passage]) -> list[int]:
    return [passage.id.int for passage in passages]


def next_version(old: str, new: str) -> list[int]:
    """Which passage of `old`, counted from 1, each of `new` descends from; the first
    new one is 101."""
    return numbers(continue_document(first(old), read_markdown(new), ids(101).__next__))


def test_a_first_version_has_only_new_passages() -> None:
    assert numbers(first("ett\n\ntvå")) == [1, 2]


def test_a_passage_that_stays_keeps_its_id() -> None:
    assert next_version("ett\n\ntvå", "ett\n\nnytt här\n\ntvå") == [1, 101, 2]


def test_a_reworded_passage_keeps_its_id() -> None:
    assert next_version(
        "# Mål\n\nRegionerna ska planera för fler platser i vården.",
        "# Mål\n\nRegionerna bör planera för fler platser i hela vården.",
    ) == [1, 2]


def test_a_moved_passage_keeps_its_id() -> None:
    assert next_version("ett\n\ntvå\n\ntre", "tre\n\nett\n\ntvå") == [3, 1, 2]


def test_a_passage_takes_its_new_shape_and_marks() -> None:
    old = first("Stycke som blir en punkt.")
    new = continue_document(
        old, read_markdown("- **Stycke** som blir en punkt."), ids(9).__next__
    )
    mark = Mark(0, 6, "strong")
    assert new == [
        Passage(UUID(int=1), "item", 1, "Stycke som blir en punkt.", (mark,))
    ]


def test_text_that_did_not_change_needs_no_change() -> None:
    old = first("# Rubrik\n\n- ett\n- **två**")
    assert changes_between(old, list(old)) == []


def test_one_passage_that_moved_is_one_move() -> None:
    old = first("a\n\nb\n\nc\n\nd")
    new = [old[3], *old[:3]]
    assert changes_between(old, new) == [
        {"op": "move", "passage": old[3].id.hex, "after": None}
    ]


def test_a_new_mark_is_a_replacement() -> None:
    old = first("ett ord")
    new = [Passage(old[0].id, "paragraph", 0, "ett ord", (Mark(0, 3, "strong"),))]
    assert changes_between(old, new) == [
        {
            "op": "replace",
            "passage": old[0].id.hex,
            "kind": "paragraph",
            "level": 0,
            "text": "ett ord",
            "marks": [[0, 3, "strong", ""]],
        }
    ]


def test_insertions_and_deletions_are_one_change_each() -> None:
    old = first("a\n\nb")
    new = [old[1], Passage(UUID(int=9), "heading", 2, "c")]
    assert changes_between(old, new) == [
        {"op": "delete", "passage": old[0].id.hex},
        {
            "op": "insert",
            "passage": UUID(int=9).hex,
            "kind": "heading",
            "level": 2,
            "text": "c",
            "marks": [],
            "after": old[1].id.hex,
        },
    ]


def test_an_id_is_never_given_twice() -> None:
    old = first("samma\n\nsamma\n\nsamma")
    drafts = [Draft("paragraph", 0, "samma")] * 5
    new = continue_document(old, drafts, ids(101).__next__)
    assert len(set(numbers(new))) == 5
    assert set(numbers(new)) > {1, 2, 3}
