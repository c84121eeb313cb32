"""Texts are read once in a process, and none is ever taken for another one."""

from __future__ import annotations

from uuid import uuid4

from domain.log import SYSTEM, Log
from domain.proposal import Proposal, publish_proposal, redraft_proposal
from domain.text import Passage, Text, labels
from projections.follower import Follower, rebuild
from projections.proposal import passages_of
from projections.reads import ReadPool
from projections.texts import KeptTexts
from tests.story import NOW, a_consultation, a_proposal, an_adopted_revision, passages


def some_text(passages: int) -> Text:
    return Text(Passage(uuid4(), "paragraph", 0, f"{n}") for n in range(passages))


def test_a_text_knows_where_each_passage_stands_and_what_it_is_called() -> None:
    text = Text(passages())
    assert list(text.labels) == labels(text)
    for at, passage in enumerate(text):
        assert text.passage(passage.id) is passage
        assert text.label(passage.id) == text.labels[at]
    assert text.passage(uuid4()) is text.passage(None) is None
    assert text.label(uuid4()) == ""


def test_an_edition_is_read_once(log: Log, reads: ReadPool, follower: Follower) -> None:
    proposal = a_proposal(log, a_consultation(log))
    follower.catch_up()
    with reads() as now:
        read = passages_of(now, proposal, 1)
    with reads() as now:
        assert passages_of(now, proposal, 1) is read
        assert passages_of(now, proposal, 2) == ()


def test_no_text_is_taken_for_another_of_the_same_edition(
    log: Log, database: str, reads: ReadPool, follower: Follower
) -> None:
    proposal = a_proposal(log, a_consultation(log), published=False)
    stood: dict[int, dict[int, tuple[Passage, ...]]] = {}

    def look() -> None:
        position = follower.catch_up()
        stood[position] = dict(log.get(Proposal, proposal).texts)
        for moment, texts in stood.items():
            for asked in (None, moment) if moment == position else (moment,):
                with reads(asked) as then:
                    for edition, text in texts.items():
                        assert passages_of(then, proposal, edition) == text

    look()
    for word in ("Första.", "Andra.", "Tredje."):
        text = passages([("heading", "Rubrik"), ("paragraph", word)])
        redraft_proposal(log, id=proposal, title="F", passages=text, by=SYSTEM, now=NOW)
        look()
    publish_proposal(log, id=proposal, by=SYSTEM, now=NOW)
    look()
    with reads() as now:
        an_adopted_revision(log, proposal, reads=now)
    look()
    rebuild(log, database)
    look()


def test_the_texts_kept_are_those_asked_for_last_and_no_more_than_fit() -> None:
    kept, texts = KeptTexts(most=25), [some_text(10) for _ in range(3)]
    kept.keep("a", texts[0])
    kept.keep("b", texts[1])
    assert kept.find("a") is texts[0]
    kept.keep("c", texts[2])
    assert kept.find("a") is texts[0]
    assert kept.find("b") is None
    kept.keep("c", texts[1])
    assert kept.find("c") is texts[1]
    assert kept.find("a") is texts[0]
    kept.keep("d", some_text(26))
    assert [kept.find(key) for key in "acd"] == [None, None, None]
