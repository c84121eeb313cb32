"""Who sees what is taken down or marked secret: in lists, figures and tables."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from domain.disclosure import (
    mark_secret,
    reassess_secrecy,
    republish_answer,
    republish_comments,
    unpublish_answer,
    unpublish_comments,
)
from domain.log import SYSTEM, Log
from domain.submission import withdraw_comment
from projections import export
from projections.beside import beside
from projections.comment import CommentRow, comment_by_id, comment_seen
from projections.comment_list import Wanted, comments_of, outcomes_of
from projections.consultation_list import Reach, tallies
from projections.fate import fates_of
from projections.figures import comments_per_proposal, senders_of
from projections.follower import Follower
from projections.issue import candidates_for, gathered_in, issue_by_id
from projections.organisation import parts_of
from projections.paged import Stretch
from projections.reads import ReadPool
from projections.sight import Sight
from projections.trace import comments_behind, issues_behind
from tests.story import (
    NOW,
    a_comment,
    a_consultation,
    a_person,
    a_proposal,
    an_issue,
    an_organisation,
    text_of,
)

PUBLIC = Sight(NOW)
READER = Sight(NOW, sees_all=True)
SECRETARIAT = Sight(NOW, sees_all=True, reads_secrets=True)


class Round:
    """A round with two comments on the same words, one of them Astrid's."""

    def __init__(self, log: Log, follower: Follower, reads: ReadPool) -> None:
        self.log, self._follower, self._reads = log, follower, reads
        self.id = a_consultation(log)
        self.proposal = a_proposal(log, self.id)
        self.region = an_organisation(log)
        self.author = a_person(log)
        self.astrids = Sight(NOW, person=self.author)
        self.other = a_comment(
            log, self.proposal, 1, "mentor", organisation=self.region
        )
        self.comment = a_comment(
            log,
            self.proposal,
            1,
            "nyanställda",
            text="Blåbär växer här.",
            wording="Lingon",
            by=self.author,
        )
        self.issue = an_issue(
            log,
            self.id,
            [self.comment, self.other],
            disposition="accepted",
            answer="Ja.",
            published=True,
        )
        self._act: dict[str, Any] = {"by": SYSTEM, "now": NOW}

    def unpublish(self) -> None:
        unpublish_comments(
            self.log,
            ids=[self.comment],
            reason="Kränkande",
            decision_ref="7",
            **self._act,
        )

    def republish(self) -> None:
        republish_comments(self.log, ids=[self.comment], **self._act)

    def mark(self) -> None:
        mark_secret(
            self.log,
            ids=[self.comment],
            provision="21 kap. 1 § OSL",
            note="Hälsa",
            **self._act,
        )

    def lift(self) -> None:
        reassess_secrecy(self.log, id=self.comment, outcome="lifted", **self._act)

    def now(self) -> int:
        return self._follower.catch_up()

    def seen(self, sight: Sight, moment: int | None = None) -> CommentRow | None:
        with self._reads(moment) as reads:
            return comment_seen(reads, self.comment, sight)

    def found(self, words: str, sight: Sight) -> list[UUID]:
        with self._reads() as reads:
            found = comments_of(reads, self.id, sight, Wanted(words=words), Stretch(10))
        assert found.total == len(found.rows)
        return [row.id for row in found.rows]


@pytest.fixture
def round(log: Log, follower: Follower, reads: ReadPool) -> Round:
    return Round(log, follower, reads)


# Taken down


def test_what_is_taken_down_is_seen_by_its_author_and_those_who_see_all(
    round: Round,
) -> None:
    before = round.now()
    round.unpublish()
    round.now()
    stranger = Sight(NOW, person=UUID(int=9), organisations=(round.region,))
    for moment in (None, before):
        assert round.seen(PUBLIC, moment) is None
        assert round.seen(stranger, moment) is None
    for sight in (round.astrids, READER, SECRETARIAT):
        seen = round.seen(sight)
        assert seen
        assert (seen.unpublished, seen.unpublished_ref) == ("Kränkande", "7")
        assert seen.text == "Blåbär växer här."
    assert round.found("", PUBLIC) == [round.other]
    assert round.found("blåbär", PUBLIC) == []
    assert round.found("blåbär", round.astrids) == [round.comment]


def test_put_back_it_is_seen_by_all_again_but_not_while_it_was_down(
    round: Round,
) -> None:
    before = round.now()
    round.unpublish()
    down = round.now()
    round.republish()
    round.now()
    assert round.seen(PUBLIC)
    assert round.seen(PUBLIC, before)
    assert round.seen(PUBLIC, down) is None


def test_public_figures_do_not_count_what_is_taken_down(
    round: Round, reads: ReadPool
) -> None:
    def counted(moment: int | None) -> list[int]:
        passage = text_of(round.log, round.proposal)[1].id
        with reads(moment) as asked:
            (fate,) = fates_of(asked, round.other, PUBLIC)
            (behind,) = issues_behind(asked, [round.issue], PUBLIC).values()
            said = beside(asked, round.proposal, 1, PUBLIC)
            return [
                tallies(asked, [round.id])[round.id].comments,
                comments_per_proposal(asked, round.id)[round.proposal],
                sum(row.comments for row in senders_of(asked, round.id)),
                fate.gathered,
                behind.comments,
                said.counts[passage],
                len(said.quoted[passage]),
                gathered_in(asked, round.issue, PUBLIC, Stretch(9)).total,
            ]

    before = round.now()
    assert counted(None) == [2] * 8
    round.unpublish()
    round.now()
    assert counted(None) == [1] * 8
    assert counted(before) == [1] * 8
    with reads() as asked:
        (fate,) = fates_of(asked, round.other, SECRETARIAT)
    assert fate.gathered == 2


def test_an_organisations_part_does_not_count_it_either(
    round: Round, reads: ReadPool
) -> None:
    unpublish_comments(round.log, ids=[round.other], reason="Fel", by=SYSTEM, now=NOW)
    round.now()
    with reads() as now:
        assert parts_of(now, round.region, Reach(), limit=9) == []


# Answers


def test_an_answer_that_is_taken_down_is_told_to_insiders_only(
    round: Round, reads: ReadPool
) -> None:
    def told(sight: Sight, moment: int | None = None) -> list[bool]:
        with reads(moment) as asked:
            issue = issue_by_id(asked, round.issue)
            (behind,) = issues_behind(asked, [round.issue], sight).values()
            return [
                bool(fates_of(asked, round.comment, sight)),
                bool(outcomes_of(asked, [round.comment], sight)[round.comment]),
                bool(issue and issue.is_public),
                bool(behind.answer),
                bool(behind.disposition),
                behind.is_published,
            ]

    before = round.now()
    assert all(told(PUBLIC))
    unpublish_answer(round.log, id=round.issue, reason="Fel svar", by=SYSTEM, now=NOW)
    round.now()
    assert not any(told(PUBLIC))
    assert not any(told(PUBLIC, before))
    assert told(READER) == [True, True, False, True, True, False]
    with reads() as now:
        (fate,) = fates_of(now, round.comment, READER)
        issue = issue_by_id(now, round.issue)
    assert fate.unpublished == "Fel svar"
    assert issue
    assert issue.unpublished == "Fel svar"
    republish_answer(round.log, id=round.issue, by=SYSTEM, now=NOW)
    round.now()
    assert all(told(PUBLIC))
    assert all(told(PUBLIC, before))


# Secrecy


def test_what_is_secret_is_mentioned_to_all_and_read_by_few(round: Round) -> None:
    before = round.now()
    round.mark()
    round.now()
    for moment in (None, before):
        for sight in (PUBLIC, READER):
            seen = round.seen(sight, moment)
            assert seen
            assert not seen.is_readable
            assert seen.text == seen.wording == seen.quote == ""
        for sight in (round.astrids, SECRETARIAT):
            seen = round.seen(sight, moment)
            assert seen
            assert seen.is_readable
            assert (seen.text, seen.quote) == ("Blåbär växer här.", "nyanställda")
    marked = round.seen(READER)
    assert marked
    assert (marked.secrecy, marked.secrecy_note) == ("21 kap. 1 § OSL", "Hälsa")


def test_its_words_are_found_by_those_who_read_them(round: Round) -> None:
    round.mark()
    round.now()
    for word in ("blåbär", "lingon"):
        assert round.found(word, PUBLIC) == round.found(word, READER) == []
        assert round.found(word, SECRETARIAT) == [round.comment]
        assert round.found(word, round.astrids) == [round.comment]
    assert set(round.found("", PUBLIC)) == {round.comment, round.other}


def test_its_words_are_neither_marked_in_the_text_nor_among_the_reasons(
    round: Round, reads: ReadPool
) -> None:
    round.mark()
    round.now()
    passage = text_of(round.log, round.proposal)[1].id

    other = an_issue(round.log, round.id)
    round.now()

    def shown(sight: Sight) -> tuple[int, list[UUID]]:
        with reads() as now:
            issue = issue_by_id(now, other)
            assert issue
            near = candidates_for(now, issue, "blåbär", sight, limit=9)
            assert len(near) == (sight is SECRETARIAT)
            spans = beside(now, round.proposal, 1, sight).quoted
            behind = comments_behind(now, [round.issue], sight)
            rows = gathered_in(now, round.issue, sight, Stretch(9)).rows
        assert [row.id for row in rows] == [row.id for row in behind[round.issue]]
        return len(spans[passage]), [row.id for row in rows]

    assert shown(PUBLIC) == (1, [round.other])
    assert shown(READER) == (1, [round.other])
    assert shown(SECRETARIAT) == (2, [round.other, round.comment])


def test_a_lifted_marking_is_no_hindrance_but_for_the_days_it_stood(
    round: Round,
) -> None:
    before = round.now()
    round.mark()
    secret = round.now()
    round.lift()
    round.now()
    lifted, then, first = (
        round.seen(PUBLIC, moment) for moment in (None, secret, before)
    )
    assert lifted
    assert lifted.text
    assert not lifted.secrecy
    assert first
    assert first.text
    assert then
    assert not then.text


def test_a_withdrawn_comment_that_is_secret_is_closed_to_readers_too(
    round: Round,
) -> None:
    withdraw_comment(round.log, id=round.comment, by=round.author, now=NOW)
    round.now()
    seen = round.seen(READER)
    assert seen
    assert seen.is_readable
    round.mark()
    round.now()
    seen = round.seen(READER)
    assert seen
    assert not seen.is_readable


# Tables for others


@pytest.mark.parametrize(
    ("mark", "column", "says"),
    [
        ("unpublished", "unpublished because", "Kränkande"),
        ("secret", "secret under", "21 kap. 1 § OSL"),
    ],
)
def test_tables_have_a_mark_in_place_of_the_words(
    round: Round, reads: ReadPool, mark: str, column: str, says: str
) -> None:
    (round.unpublish if mark == "unpublished" else round.mark)()
    round.now()
    with reads() as now:
        by_name = [
            dict(zip(export.COMMENTS, row, strict=True))
            for row in export.comments(now, round.id)
        ]
        traced = [
            dict(zip(export.TRACE, row, strict=True))
            for row in export.trace(now, round.id, "{id}")
        ]
        whole = comment_by_id(now, round.comment)
    marked = next(row for row in by_name if row["uuid"] == round.comment)
    assert [marked[name] for name in ("quote", "text", "wording")] == ["", "", ""]
    assert marked[column] == says
    assert not marked["erased"]
    line = next(row for row in traced if row["number"] == marked["number"])
    assert [line[name] for name in ("quote", "text", "wording")] == ["", "", ""]
    assert line["mark"] == mark
    rest = [row["mark"] for row in traced if row is not line]
    assert rest == [""]
    assert whole
    assert whole.text
