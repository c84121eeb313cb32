"""Where quoted words stand in a later version: scripted edits with a known truth."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from random import Random
from time import thread_time
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.alignment import in_order, longest_increasing
from domain.ancestry import align
from domain.anchor import Anchor, Placement, place
from domain.placer import FlatPlacer, State
from domain.text import Passage

SUBJECTS = ["Regionen", "Kommunen", "Lärosätet", "Rådet", "Myndigheten", "Huvudmannen"]
VERBS = ["planerar", "redovisar", "följer", "beskriver", "samordnar", "prövar"]
THINGS = [
    "praktikplatser",
    "handledning",
    "kompetensförsörjning",
    "bemanning",
    "introduktion",
    "forskning",
    "vidareutbildning",
    "arbetsmiljö",
    "ledarskap",
    "prognoser",
]
TIMES = ["varje år", "under våren", "tillsammans med andra", "i hela länet"]

EVERYWHERE = [
    (subject, verb, TIMES[k % len(TIMES)])
    for subject in SUBJECTS
    for k, verb in enumerate(VERBS)
]
"""Who does what and when, in as many ways as there are."""


def dice(seed: int) -> Random:
    """Chance that falls the same way every time."""
    return Random(seed)  # noqa: S311 - a test's text, not a secret


def sentence(chance: Random) -> str:
    """A sentence that says something of its own."""
    first, second = chance.sample(THINGS, 2)
    return (
        f"{chance.choice(SUBJECTS)} {chance.choice(VERBS)} {first} och {second} "
        f"{chance.choice(TIMES)} enligt punkt {chance.randrange(10_000)}."
    )


def proposal(chance: Random, size: int = 8) -> list[Passage]:
    return [
        Passage(
            UUID(int=chance.getrandbits(128)),
            "paragraph",
            0,
            " ".join(sentence(chance) for _ in range(chance.randint(1, 4))),
        )
        for _ in range(size)
    ]


def edited(passages: list[Passage], chance: Random, edits: int) -> list[Passage]:
    """The proposal after some passages were reworded, inserted, deleted and moved."""
    result = list(passages)
    for _ in range(edits):
        at = chance.randrange(len(result))
        match chance.choice(["reword", "extend", "insert", "delete", "move"]):
            case "reword":
                sentences = result[at].text.split(". ")
                sentences[chance.randrange(len(sentences))] = sentence(chance)[:-1]
                text = ". ".join(sentences).rstrip(".") + "."
                result[at] = replace(result[at], text=text)
            case "extend":
                text = f"{result[at].text} {sentence(chance)}"
                result[at] = replace(result[at], text=text)
            case "insert":
                result[at:at] = proposal(chance, 1)
            case "delete" if len(result) > 2:
                del result[at]
            case "move":
                passage = result.pop(at)
                result.insert(chance.randint(0, len(result)), passage)
    return result


def anchors_on(passages: list[Passage]) -> list[Anchor]:
    """An anchor on every sentence and on every whole passage."""
    anchors = []
    for passage in passages:
        anchors.append(Anchor(passage.id))
        start = 0
        for part in passage.text.split(". "):
            quoted = part.rstrip(".")
            anchors.append(
                Anchor.at(passage.id, passage.text, start, start + len(quoted))
            )
            start += len(part) + 2
    return anchors


SEEDS = st.integers(0, 2**32)


@given(SEEDS, st.integers(0, 12))
def test_an_untouched_sentence_is_found_exactly(seed: int, edits: int) -> None:
    chance = dice(seed)
    old = proposal(chance)
    new = edited(old, chance, edits)
    now = {passage.id: passage for passage in new}
    anchors = [a for a in anchors_on(old) if a.quote and a.passage in now]
    for anchor, placement in zip(anchors, place(anchors, old, new), strict=True):
        assert anchor.passage is not None
        text = now[anchor.passage].text
        if anchor.quote not in text:
            continue
        assert placement.passage == anchor.passage
        assert text[placement.start : placement.end] == anchor.quote
        assert placement.state in ("exact", "moved")
        assert placement.certain


@given(SEEDS, st.integers(0, 20))
def test_a_placement_never_lies_outside_the_text(seed: int, edits: int) -> None:
    chance = dice(seed)
    old = proposal(chance)
    new = edited(old, chance, edits)
    texts = {passage.id: passage.text for passage in new}
    for placement in place(anchors_on(old), old, new):
        if placement.state == "removed":
            assert (placement.start, placement.end) == (0, 0)
            assert placement.passage is None or placement.passage in texts
        else:
            assert placement.passage is not None
            end = len(texts[placement.passage])
            assert 0 <= placement.start <= placement.end <= end


@given(SEEDS)
def test_on_the_same_text_every_anchor_is_exact_and_certain(seed: int) -> None:
    old = proposal(dice(seed))
    anchors = anchors_on(old)
    for anchor, placement in zip(anchors, place(anchors, old, old), strict=True):
        assert placement == Placement(
            anchor.passage, anchor.start, anchor.end, "exact", True
        )


@given(SEEDS, st.permutations(range(8)))
def test_passages_in_another_order_keep_every_anchor(
    seed: int, order: list[int]
) -> None:
    old = proposal(dice(seed))
    new = [old[k] for k in order]
    standing = untouched(old, new)
    anchors = anchors_on(old)
    for anchor, placement in zip(anchors, place(anchors, old, new), strict=True):
        state: State = "exact" if anchor.passage in standing else "moved"
        assert placement == Placement(
            anchor.passage, anchor.start, anchor.end, state, True
        )


@given(SEEDS, st.integers(0, 7))
def test_what_a_deleted_passage_alone_said_is_removed(seed: int, gone: int) -> None:
    old = proposal(dice(seed))
    new = [*old[:gone], *old[gone + 1 :]]
    anchor = Anchor.at(old[gone].id, old[gone].text, 0, len(old[gone].text))
    (placement,) = place([anchor], old, new)
    assert (placement.state, placement.certain) == ("removed", True)


@given(SEEDS, st.integers(0, 12))
def test_anchors_are_placed_alike_every_time(seed: int, edits: int) -> None:
    chance = dice(seed)
    old = proposal(chance)
    new = edited(old, chance, edits)
    anchors = anchors_on(old)
    together = place(anchors, old, new)
    assert [place([anchor], old, new) for anchor in anchors] == [[p] for p in together]


def untouched(old: list[Passage], new: list[Passage]) -> set[UUID]:
    """The passages that read as before and have not moved."""
    texts = {passage.id: passage.text for passage in old}
    places = {passage.id: k for k, passage in enumerate(old)}
    lasting = [passage for passage in new if passage.id in places]
    kept = longest_increasing([places[passage.id] for passage in lasting])
    return {lasting[k].id for k in kept if texts[lasting[k].id] == lasting[k].text}


def stretches(passages: list[Passage]) -> dict[UUID, range]:
    """Where each passage stands when they are joined by a space."""
    found, at = {}, 0
    for passage in passages:
        found[passage.id] = range(at, at + len(passage.text))
        at += len(passage.text) + 1
    return found


@given(SEEDS, st.integers(0, 12))
def test_an_untouched_passage_keeps_anchors_as_a_search_of_the_whole_text_finds_them(
    seed: int, edits: int
) -> None:
    chance = dice(seed)
    old = proposal(chance)
    new = edited(old, chance, edits)
    was, now = stretches(old), stretches(new)
    whole = FlatPlacer(
        " ".join(passage.text for passage in old),
        " ".join(passage.text for passage in new),
        [(was[id], now[id]) for id in now if id in was],
        [stretch.start for stretch in now.values()],
    )
    kept = untouched(old, new)
    anchors = [a for a in anchors_on(old) if a.quote and a.passage in kept]
    for anchor, placement in zip(anchors, place(anchors, old, new), strict=True):
        assert anchor.passage is not None
        at, there = was[anchor.passage].start, now[anchor.passage].start
        spot = whole.place(at + anchor.start, at + anchor.end)
        assert placement == Placement(
            anchor.passage,
            spot.start - there,
            spot.end - there,
            spot.state,
            spot.certain,
        )


def test_an_untouched_passage_keeps_even_a_dash_that_stands_in_it_twice() -> None:
    dashes = Passage(uuid4(), "paragraph", 0, "Först - sedan - till sist.")
    other = Passage(uuid4(), "paragraph", 0, "Något annat.")
    anchor = Anchor.at(dashes.id, dashes.text, 14, 15)
    (placement,) = place(
        [anchor], [other, dashes], [replace(other, text="Nytt."), dashes]
    )
    assert placement == Placement(dashes.id, 14, 15, "exact", True)


def test_1000_comments_on_a_long_text_with_few_changes_are_placed_at_once() -> None:
    chance = dice(7)
    old = proposal(chance, 5_000)
    new = edited(old, chance, 120)
    anchors = chance.sample(anchors_on(old), 1_000)
    began = thread_time()
    place(anchors, old, new)
    assert thread_time() - began < 3


@given(st.text(alphabet="ab .,\n", max_size=80), st.integers(0), st.integers(0))
def test_any_stretch_of_an_unchanged_text_stays_where_it_is(
    text: str, one: int, other: int
) -> None:
    start, end = sorted((one % (len(text) + 1), other % (len(text) + 1)))
    if not text[start:end].strip():
        return
    spot = FlatPlacer(text, text).place(start, end)
    assert (spot.start, spot.end, spot.state) == (start, end, "exact")


@given(st.text(max_size=60), st.text(max_size=60), st.integers(0), st.integers(0))
def test_any_stretch_of_any_text_lands_within_the_other(
    old: str, new: str, one: int, other: int
) -> None:
    start, end = sorted((one % (len(old) + 1), other % (len(old) + 1)))
    spot = FlatPlacer(old, new).place(start, end)
    assert 0 <= spot.start <= spot.end <= len(new)


@pytest.fixture
def old() -> list[Passage]:
    return proposal(dice(7), 6)


def test_words_keep_their_passage_when_another_gets_the_same_words(
    old: list[Passage],
) -> None:
    copy = Passage(uuid4(), "paragraph", 0, old[3].text)
    anchor = Anchor.at(old[3].id, old[3].text, 0, 20)
    [placement] = place([anchor], old, [copy, *old])
    assert placement == Placement(old[3].id, 0, 20, "exact", True)


def test_reworded_words_are_changed_and_cover_what_replaced_them(
    old: list[Passage],
) -> None:
    text = "Rådet redovisar varje år hur regionernas prognoser stämmer med utfallet."
    before = [*old, Passage(UUID(int=1), "paragraph", 0, text)]
    now = text.replace("varje år", "senast i mars").replace("Rådet", "I dag: Rådet")
    after = [*old, Passage(UUID(int=1), "paragraph", 0, now)]
    start, end = text.index("redovisar"), text.index(" stämmer")
    [placement] = place([Anchor.at(UUID(int=1), text, start, end)], before, after)
    assert placement.state == "changed"
    assert now[placement.start : placement.end] == (
        "redovisar senast i mars hur regionernas prognoser"
    )


def test_equal_passages_that_change_places_keep_their_anchors() -> None:
    one, other = (Passage(UUID(int=k), "item", 1, "Regionerna.") for k in (1, 2))
    anchors = [Anchor.at(passage.id, "Regionerna.", 0, 10) for passage in (one, other)]
    placements = place(anchors, [one, other], [other, one])
    assert [placement.passage for placement in placements] == [one.id, other.id]


def test_a_quote_across_a_passage_that_was_split_keeps_to_the_larger_part(
    old: list[Passage],
) -> None:
    first, second = "Rådet redovisar prognoser.", "Regionerna svarar varje år i mars."
    whole = Passage(UUID(int=1), "paragraph", 0, f"{first} {second}")
    parts = [replace(whole, text=first), Passage(UUID(int=2), "paragraph", 0, second)]
    anchor = Anchor.at(whole.id, whole.text, 0, len(whole.text))
    [placement] = place([anchor], [*old, whole], [*old, *parts])
    assert placement == Placement(UUID(int=2), 0, len(second), "changed", False)


def test_a_reworded_sentence_is_not_confused_with_its_neighbour_that_became_alike() -> (
    None
):
    one = "Rådet ska varje år lämna en redovisning av antalet praktikplatser."
    other = "Rådet ska varje år lämna en redovisning av antalet handledare."
    longer = (
        "Rådet ska varje år lämna en skriftlig redovisning av antalet nya handledare."
    )
    old_text, new_text = f"A {one}\n\nB {other}", f"A {other}\n\nB {longer}"
    placer = FlatPlacer(old_text, new_text)
    for sought, expected in ((one, other), (other, longer)):
        start = old_text.index(sought)
        spot = placer.place(start, start + len(sought))
        assert (new_text[spot.start : spot.end], spot.state) == (expected, "changed")


def test_small_words_that_any_texts_share_do_not_keep_a_quote_alive() -> None:
    frame = "Planen gäller och ska följas. {} Den prövas och ska redovisas."
    old_text = frame.format("Målet är att handledare finns och ska stanna i yrket.")
    new_text = frame.format("Budgeten anges i en bilaga och ska inte höjas i år.")
    start = old_text.index("och ska stanna")
    spot = FlatPlacer(old_text, new_text).place(start, start + len("och ska"))
    assert spot.state == "removed"


def test_a_name_that_the_text_uses_everywhere_does_not_show_where_words_went() -> None:
    name = "den nationella planen för kompetensförsörjning i hälso- och sjukvården"
    uses = [
        f"{subject} ska {verb} {name} {time}." for subject, verb, time in EVERYWHERE
    ]
    gone = f"Bilagan redogör för hur {name} utförligt ser på lärande."
    come = f"Riksdagen har fått ta del av {name} utförligt och i god tid."
    old_text, new_text = "\n\n".join([gone, *uses]), "\n\n".join([*uses, come])
    start = old_text.index(f"{name} utförligt")
    spot = FlatPlacer(old_text, new_text).place(start, start + len(name) + 10)
    assert spot.state == "removed"


def test_a_quote_whose_sentences_parted_stands_where_most_of_it_does() -> None:
    most = "Rådet samlar varje höst in regionernas prognoser för bemanning."
    rest = "Lärosätena redovisar antalet praktikplatser."
    between = "Här tillkom annat om ekonomi, lokaler, resor, inköp, möten och avgifter."
    old_text = f"Inledning.\n\n{most} {rest}\n\nSlut."
    new_text = f"Inledning.\n\n{rest} {between} {between} {most}\n\nSlut."
    start, end = old_text.index(most), old_text.index("\n\nSlut")
    spot = FlatPlacer(old_text, new_text).place(start, end)
    assert (new_text[spot.start : spot.end], spot.state) == (most, "changed")


def test_few_words_found_where_all_around_them_was_replaced_ask_an_officer() -> None:
    others = [f"{one} {verb} {time} inköp." for one, verb, time in EVERYWHERE]
    uses = [
        *others,
        *(f"{one} {verb} handledning för andra." for one, verb, _ in EVERYWHERE[:6]),
        *(f"{one} {verb} det av egna medel." for one, verb, _ in EVERYWHERE[:6]),
    ]
    frame = "\n\n".join([*uses, "Planen gäller i år. {} Den prövas ofta.", *uses])
    said = (
        "Målet är att alla som börjar ska stanna i yrket minst fem år. Varje klinik "
        "avsätter tid för handledning av studenter under sommaren. Den som har gått i "
        "pension får erbjudas att leda dem."
    )
    now = (
        "Budgeten anges i en bilaga som rektor beslutar om senast i oktober. Kostnader "
        "för handledning av chefer bokförs särskilt. Underskott täcks genom lån eller "
        "avgifter från fonder."
    )
    words = "för handledning av"
    for replaced, certain in ((now, False), (f"{said} {now}", True)):
        old_text, new_text = frame.format(said), frame.format(replaced)
        start = old_text.index(f"{words} studenter")
        spot = FlatPlacer(old_text, new_text).place(start, start + len(words))
        assert (spot.state, spot.certain) == ("exact", certain)


def test_words_keep_to_a_passage_that_lasts_though_its_neighbours_were_replaced(
    old: list[Passage],
) -> None:
    item = Passage(UUID(int=1), "item", 1, "Regionen svarar.")
    before = [*old[:3], item, *old[3:]]
    after = [
        replace(passage, text=f"{sentence(dice(k))} {passage.text[:5]}")
        for k, passage in enumerate(before)
    ]
    after[3] = replace(item, text="Regionen svarar nu.")
    [placement] = place([Anchor.at(item.id, item.text, 9, 15)], before, after)
    assert placement == Placement(item.id, 9, 15, "exact", True)


def test_words_that_went_to_another_passage_are_moved(old: list[Passage]) -> None:
    said = sentence(dice(99))
    before = [replace(old[0], text=f"{said} {old[0].text}"), *old[1:]]
    after = [*old[:4], replace(old[4], text=f"{old[4].text} {said}"), *old[5:]]
    [placement] = place(
        [Anchor.at(old[0].id, before[0].text, 0, len(said))], before, after
    )
    assert (placement.passage, placement.state) == (old[4].id, "moved")
    assert after[4].text[placement.start : placement.end] == said


def test_the_words_of_a_passage_that_moved_are_moved(old: list[Passage]) -> None:
    after = [*old[1:], old[0]]
    anchors = [Anchor(old[0].id), Anchor.at(old[0].id, old[0].text, 0, 9)]
    assert place(anchors, old, after) == [
        Placement(old[0].id, 0, 0, "moved", True),
        Placement(old[0].id, 0, 9, "moved", True),
    ]


def test_a_removed_passage_is_shown_after_the_one_before_it(old: list[Passage]) -> None:
    anchors = [Anchor(old[2].id), Anchor.at(old[2].id, old[2].text, 0, 25)]
    after = [old[0], *old[3:]]
    for placement in place(anchors, old, after):
        assert (placement.passage, placement.start, placement.end, placement.state) == (
            old[0].id,
            0,
            0,
            "removed",
        )


def test_words_removed_from_a_passage_that_remains_are_shown_there(
    old: list[Passage],
) -> None:
    said = sentence(dice(99))
    before = [replace(old[0], text=f"{old[0].text} {said}"), *old[1:]]
    anchor = Anchor.at(
        old[0].id, before[0].text, len(old[0].text) + 1, len(before[0].text)
    )
    [placement] = place([anchor], before, old)
    assert placement == Placement(old[0].id, 0, 0, "removed", True)


def test_a_comment_on_the_whole_proposal_stays_on_it(old: list[Passage]) -> None:
    assert place([Anchor(None)], old, old[:1]) == [Placement(None, 0, 0, "exact", True)]


def test_a_quote_whose_offsets_are_off_is_found_by_its_words(
    old: list[Passage],
) -> None:
    right = Anchor.at(old[1].id, old[1].text, 4, 30)
    [placement] = place([replace(right, start=0, end=26)], old, old)
    assert placement == Placement(old[1].id, 4, 30, "exact", True)


def test_a_quote_that_never_was_there_asks_an_officer(old: list[Passage]) -> None:
    [placement] = place([Anchor(old[1].id, 0, 9, "Påhittade")], old, old)
    assert placement == Placement(old[1].id, 0, 0, "removed", False)


def test_stored_anchors_and_placements_come_back_whole(old: list[Passage]) -> None:
    anchors = [Anchor(None), *anchors_on(old)]
    assert [Anchor.of(anchor.stored()) for anchor in anchors] == anchors
    placements = place(anchors, old, old[1:])
    assert [Placement.of(placement.stored()) for placement in placements] == placements


@given(SEEDS)
@settings(max_examples=50)
def test_units_are_followed_through_edits(seed: int) -> None:
    chance = dice(seed)
    old = [sentence(chance) for _ in range(20)]
    order = list(range(20))
    order.insert(chance.randrange(20), order.pop(chance.randrange(20)))
    dropped = order.pop(chance.randrange(20))
    new = [old[k] for k in order]
    at = chance.randrange(len(new))
    new[at] = new[at].replace("enligt punkt", "i enlighet med punkten")
    truth: list[int | None] = list(order)
    here = chance.randrange(len(new))
    new.insert(here, "Detta är någonting helt annat, om budget")
    truth.insert(here, None)
    assert dropped not in truth
    assert align(old, new) == truth


@given(st.lists(st.sampled_from(["a", "b", "a b", "a b c d", ""])), st.data())
def test_no_unit_has_two_descendants(old: list[str], data: st.DataObject) -> None:
    new = data.draw(st.permutations(old))
    parents = align(old, new)
    assert sorted(k for k in parents if k is not None) == list(range(len(old)))
    assert all(
        old[k] == text for k, text in zip(parents, new, strict=True) if k is not None
    )


def test_3000_units_are_aligned_within_two_seconds() -> None:
    chance = dice(5)
    old = [" ".join(sentence(chance) for _ in range(3)) for _ in range(3_000)]
    new = [
        text.replace("punkt", "avsnitt") if chance.random() < 0.2 else text
        for text in old
    ]
    new[1_000:1_400], new[2_000:2_400] = new[2_000:2_400], new[1_000:1_400]
    begun = thread_time()
    parents = align(old, new)
    assert thread_time() - begun < 4
    swapped = [*range(1_000), *range(2_000, 2_400), *range(1_400, 2_000)]
    truth = [*swapped, *range(1_000, 1_400), *range(2_400, 3_000)]
    assert sum(a == b for a, b in zip(parents, truth, strict=True)) > 2_990


@given(
    st.lists(st.sampled_from("abcd"), max_size=30), st.lists(st.sampled_from("abcd"))
)
def test_pairs_in_order_are_equal_and_never_cross(
    old: list[str], new: list[str]
) -> None:
    pairs = in_order(old, new)
    assert all(old[i] == new[j] for i, j in pairs)
    assert all(i < k and j < m for (i, j), (k, m) in pairwise(pairs))


@given(st.lists(st.integers(0, 8), max_size=7))
def test_no_increasing_subsequence_is_longer(numbers: list[int]) -> None:
    found = [numbers[k] for k in longest_increasing(numbers)]
    assert found == sorted(set(found))
    lengths: list[int] = []
    for k, number in enumerate(numbers):
        before = [lengths[i] for i in range(k) if numbers[i] < number]
        lengths.append(1 + max(before, default=0))
    assert len(found) == max(lengths, default=0)
