"""What changed between two texts, in words that people can read."""

from __future__ import annotations

from itertools import pairwise
from random import Random
from time import thread_time
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.alignment import longest_increasing
from domain.redline import Change, Run, Step, blame, compare, lost, redline, words
from domain.text import Passage

TEXTS = st.one_of(
    st.text(),
    st.lists(
        st.sampled_from(
            ["regionen", "ska", "bör", "och", "samråd", " ", " ", ".", "\n"]
        )
    ).map("".join),
)


def marked(old: str, new: str) -> str:
    signs = {"same": "{}", "removed": "[-{}-]", "added": "[+{}+]"}
    return "".join(signs[kind].format(text) for kind, text in redline(old, new))


@given(st.text())
def test_words_join_to_their_text(text: str) -> None:
    assert "".join(words(text)) == text


@given(TEXTS, TEXTS)
def test_a_redline_holds_both_texts(old: str, new: str) -> None:
    runs = redline(old, new)
    assert "".join(text for kind, text in runs if kind != "added") == old
    assert "".join(text for kind, text in runs if kind != "removed") == new
    assert all(text for _, text in runs)
    assert all(one.kind != other.kind for one, other in pairwise(runs))


@given(TEXTS)
def test_an_unchanged_text_has_nothing_marked(text: str) -> None:
    assert redline(text, text) == ([Change("same", text)] if text else [])


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("Planen ska gälla.", "Planen bör gälla.", "Planen [-ska-][+bör+] gälla."),
        ("Ett tre", "Ett två tre", "Ett [+två +]tre"),
        ("Ett två", "Ett", "Ett[- två-]"),
        ("Planen gäller", "Planen gäller.", "Planen gäller[+.+]"),
        ("Ett\ntvå", "Ett två", "Ett[-\n-][+ +]två"),
    ],
)
def test_a_small_change_marks_only_what_changed(
    old: str, new: str, expected: str
) -> None:
    assert marked(old, new) == expected


def test_small_words_in_common_do_not_break_up_a_rewritten_sentence() -> None:
    old = "Inledning: regionerna planerar och beställer utbildning. Slut."
    new = "Inledning: lärosätena ansvarar nationellt och finansierar praktik. Slut."
    assert marked(old, new) == (
        "Inledning: [-regionerna planerar och beställer utbildning-]"
        "[+lärosätena ansvarar nationellt och finansierar praktik+]. Slut."
    )


def _long_texts() -> list[tuple[str, str]]:
    chance = Random(1)  # noqa: S311 - a test's text, not a secret
    vocabulary = [f"ord{int(chance.paretovariate(0.7))}" for _ in range(6_000)]
    long, other = vocabulary[:3_000], vocabulary[3_000:]
    edited = [chance.choice(other) if k % 9 == 0 else w for k, w in enumerate(long)]
    two = chance.choices("ab", k=3_000), chance.choices("ab", k=3_000)
    return [(" ".join(a), " ".join(b)) for a, b in ((long, edited), (long, other), two)]


@pytest.mark.parametrize(("old", "new"), _long_texts(), ids=["edited", "other", "two"])
def test_a_passage_of_3000_words_is_compared_at_once(old: str, new: str) -> None:
    times = []
    for _ in range(3):
        begun = thread_time()
        redline(old, new)
        times.append(thread_time() - begun)
    # 0.02 s of work; what grows with the square of the words takes many seconds.
    assert min(times) < 1


def passages(*texts: str) -> list[Passage]:
    return [Passage(UUID(int=ord(text[0])), "paragraph", 0, text) for text in texts]


def outline(steps: list[Step]) -> list[str]:
    return [f"{step.kind} {step.passage.text}" for step in steps]


def test_an_inserted_passage_makes_no_other_moved() -> None:
    steps = compare(passages("A", "B", "C"), passages("A", "X", "B", "C"))
    assert outline(steps) == ["same A", "inserted X", "same B", "same C"]


def test_a_moved_passage_leaves_a_stub_where_it_stood() -> None:
    steps = compare(passages("A", "B", "C", "D"), passages("A", "C", "D", "B nu"))
    assert outline(steps) == [
        "same A",
        "moved_away B nu",
        "same C",
        "same D",
        "moved B nu",
    ]
    assert steps[-1].runs == (Change("same", "B"), Change("added", " nu"))


def test_a_deleted_passage_stands_where_it_was() -> None:
    steps = compare(passages("A", "B", "C"), passages("A", "C ny"))
    assert outline(steps) == ["same A", "deleted B", "changed C ny"]
    assert steps[1].runs == (Change("removed", "B"),)


def test_a_paragraph_made_a_heading_is_changed_without_marked_words() -> None:
    [paragraph] = passages("A")
    heading = Passage(paragraph.id, "heading", 2, "A")
    [step] = compare([paragraph], [heading])
    assert (step.kind, step.reshaped, step.runs) == (
        "changed",
        True,
        (Change("same", "A"),),
    )


@given(st.permutations(range(6)), st.integers(0, 6), st.integers(0, 6))
def test_a_comparison_shows_every_passage_of_both_versions(
    order: list[int], dropped: int, added: int
) -> None:
    ids = [uuid4() for _ in range(12)]
    old = [Passage(ids[k], "paragraph", 0, f"Stycke {k}") for k in range(6)]
    new = [old[k] for k in order if k != dropped]
    new.insert(added, Passage(ids[11], "paragraph", 0, "Nytt"))
    steps = compare(old, new)
    now = [s.new for s in steps if s.kind not in ("deleted", "moved_away")]
    before = [s.old for s in steps if s.kind not in ("inserted", "moved")]
    assert now == new
    assert before == old


def plainly_compared(old: list[Passage], new: list[Passage]) -> list[str]:
    """What a comparison is to show, as one would say it: passage by passage."""
    was, now = [p.id for p in old], [p.id for p in new]
    rows = [was.index(id) for id in now if id in was]
    kept = {was[rows[k]] for k in longest_increasing(rows)}
    left, said = list(old), []
    for passage in new:
        if passage.id in kept:
            while left[0].id != passage.id:
                said.append(gone(left.pop(0), now))
            before = left.pop(0)
            said.append(("same " if before == passage else "changed ") + passage.text)
        else:
            said.append(("moved " if passage.id in was else "inserted ") + passage.text)
    return said + [gone(passage, now) for passage in left]


def gone(passage: Passage, now: list[UUID]) -> str:
    return ("moved_away " if passage.id in now else "deleted ") + passage.text


some_text = st.lists(
    st.builds(
        Passage,
        st.integers(0, 9).map(lambda n: UUID(int=n)),
        st.just("paragraph"),
        st.just(0),
        st.sampled_from(["Ett.", "Två.", "Tre ord här."]),
    ),
    unique_by=lambda passage: passage.id,
)


@given(some_text, some_text)
def test_a_comparison_is_what_one_finds_passage_by_passage(
    old: list[Passage], new: list[Passage]
) -> None:
    steps = compare(old, new)
    said = []
    for step in steps:
        shown = step.old if step.kind in ("deleted", "moved_away") else step.new
        assert shown is not None
        said.append(f"{step.kind} {shown.text}")
        before, after = (p.text if p else "" for p in (step.old, step.new))
        away = step.kind == "moved_away"
        assert step.runs == (() if away else tuple(redline(before, after)))
    assert said == plainly_compared(old, new)


def test_blame_tells_which_version_each_word_came_in_with() -> None:
    texts = ["Planen gäller.", "Planen bör gälla.", "Planen bör gälla alla."]
    assert blame(texts) == [
        Run("Planen ", 0),
        Run("bör gälla", 1),
        Run(" alla", 2),
        Run(".", 0),
    ]
    assert lost(texts) == [Run("gäller", 1)]


@given(st.lists(TEXTS, min_size=1, max_size=5))
def test_the_runs_of_blame_join_to_the_last_text(texts: list[str]) -> None:
    runs = blame(texts)
    assert "".join(run.text for run in runs) == texts[-1]
    assert all(run.at < len(texts) for run in runs)


@given(st.lists(TEXTS, max_size=5))
def test_every_character_is_still_there_or_lost(texts: list[str]) -> None:
    came = sum(
        len(text)
        for before, after in pairwise(["", *texts])
        for kind, text in redline(before, after)
        if kind == "added"
    )
    left = sum(len(run.text) for run in [*blame(texts), *lost(texts)])
    assert came == left
