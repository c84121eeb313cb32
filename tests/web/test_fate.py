"""A comment's own page: as it was made, as its place reads now, what came of it."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from domain.change import PassageChange
from domain.gathering import merge_issues
from domain.inbox import assign_comments, code_comments
from domain.log import SYSTEM, Log
from domain.revision import make_change
from domain.submission import amend_comment
from projections.reads import ReadPool
from tests.story import (
    NOW,
    a_comment,
    a_consultation,
    a_person,
    a_proposal,
    a_revision,
    an_adopted_revision,
    an_issue,
    an_organisation,
    replacing,
    text_of,
)
from tests.web.conftest import Browsers
from tests.web.reading import words_of

LONGER = "Regionerna ska erbjuda alla nyanställda en egen mentor i två år."


@pytest.fixture
def round(log: Log) -> UUID:
    return a_consultation(log)


@pytest.fixture
def proposal(log: Log, round: UUID) -> UUID:
    return a_proposal(log, round)


def at(round: UUID, comment: UUID) -> str:
    return f"/consultations/{round}/comments/{comment}"


def test_a_comment_is_followed_from_what_was_said_to_the_words_it_changed(
    browsers: Browsers, log: Log, round: UUID, proposal: UUID, reads: ReadPool
) -> None:
    region = an_organisation(log, "Region Norrskog")
    id = a_comment(
        log, proposal, 1, "en egen mentor", organisation=region,
        text="Säg hur länge.", wording="en egen mentor i två år",
    )  # fmt: skip
    issue = an_issue(
        log, round, [id], "Hur länge", proposal=proposal, disposition="accepted",
        answer="Vi skriver **två år**.", published=True,
    )  # fmt: skip
    browsers.catch_up()
    change = replacing(
        log, proposal, 1, LONGER, reason="Tiden saknades.", issues=[issue]
    )
    with reads() as now:
        an_adopted_revision(log, proposal, [change], reads=now)
    page = browsers.anyone().get(at(round, id))
    said = words_of(page.text)
    assert "Region Norrskog · Region" in said
    assert '<mark class="chosen">en egen mentor</mark>' in page.text
    assert "Som kommenterat: version 1" in said
    assert "Som det är nu: version 2" in said
    assert "Orden som synpunkten gäller står kvar oförändrade" in said
    assert "<ins> i två år</ins>" in page.text
    assert "<strong>två år</strong>" in page.text
    assert "Skäl: Tiden saknades." in said
    assert f"/issues/{issue}" in page.text
    order = [
        "Synpunkten lämnades.",
        "Synpunkten samlades i sakfrågan ”Hur länge”.",
        "Bemötandet i ”Hur länge” publicerades.",
        "Version 2 av förslaget publicerades. Orden som synpunkten gäller: oförändrad.",
    ]
    places = [said.index(turn) for turn in order]
    assert places == sorted(places)


def test_nothing_unpublished_is_shown_to_the_public(
    browsers: Browsers, log: Log, round: UUID, proposal: UUID, reads: ReadPool
) -> None:
    id = a_comment(log, proposal)
    officer = a_person(log, "Olle Ek", role="officer", consultation=round)
    assign_comments(log, ids=[id], officer=officer, by=SYSTEM, now=NOW)
    code_comments(log, ids=[id], add=["work"], by=SYSTEM, now=NOW)
    issue = an_issue(
        log,
        round,
        [id],
        "Hemlig rubrik",
        disposition="not_accepted",
        answer="Nej tack.",
    )
    a_revision(log, proposal, [replacing(log, proposal, 1, LONGER, issues=[issue])])
    outside = words_of(browsers.anyone().get(at(round, id)).text)
    for secret in (
        "Hemlig rubrik",
        "Tillgodoses inte",
        "Nej tack.",
        "Olle Ek",
        "två år",
    ):
        assert secret not in outside
    assert "Det finns inget bemötande än." in outside
    inside = words_of(browsers.of(officer).get(at(round, id)).text)
    for known in (
        "Hemlig rubrik",
        "Tillgodoses inte",
        "Nej tack.",
        "Olle Ek",
        "två år",
    ):
        assert known in inside
    assert "inte antagen än" in inside
    assert "Synpunkten fördelades till en handläggare." in inside


def test_a_change_adopted_but_not_published_is_not_public(
    browsers: Browsers, log: Log, round: UUID, proposal: UUID
) -> None:
    id = a_comment(log, proposal)
    issue = an_issue(
        log, round, [id], disposition="accepted", answer="Ja.", published=True
    )
    change = replacing(log, proposal, 1, LONGER, issues=[issue])
    an_adopted_revision(log, proposal, [change], published=False)
    page = browsers.anyone().get(at(round, id)).text
    assert "två år" not in page
    assert "Ingen ändring av texten har gjorts för detta än." in words_of(page)


def test_a_change_made_for_an_issue_that_was_merged_is_still_found(
    browsers: Browsers, log: Log, round: UUID, proposal: UUID
) -> None:
    id = a_comment(log, proposal)
    first = an_issue(log, round, [id], "Den första")
    change = replacing(log, proposal, 1, LONGER, issues=[first])
    an_adopted_revision(log, proposal, [change])
    whole = an_issue(
        log, round, [a_comment(log, proposal)], "Den samlade",
        disposition="accepted", answer="Ja.", published=True,
    )  # fmt: skip
    merge_issues(log, id=first, into=whole, by=SYSTEM, now=NOW)
    page = browsers.anyone().get(at(round, id)).text
    assert "Den samlade" in page
    assert "<ins> i två år</ins>" in page


@pytest.mark.parametrize(
    ("passage", "words", "state", "said"),
    [
        (1, "en egen mentor", "Texten är ändrad", "är omformulerade"),
        (3, "med hundra", "Texten är borttagen", "finns inte längre i texten"),
        (4, "varje år", "Flyttad", "står på en annan plats: stycke 0:1"),
        (0, "", "Oförändrad", "står kvar oförändrade"),
    ],
)
def test_the_state_of_its_place_is_said_in_words(
    browsers: Browsers, log: Log, round: UUID, proposal: UUID, reads: ReadPool,
    passage: int, words: str, state: str, said: str,
) -> None:  # fmt: skip
    id = a_comment(log, proposal, passage, words)
    browsers.catch_up()
    text = text_of(log, proposal)
    mentor = "Regionerna ska erbjuda alla nyanställda en väl erfaren mentor."
    changes: list[PassageChange] = [
        replacing(log, proposal, 1, mentor),
        {"id": uuid4().hex, "op": "delete", "passage": text[3].id.hex},
        {"id": uuid4().hex, "op": "move", "passage": text[4].id.hex, "after": None},
    ]
    with reads() as now:
        an_adopted_revision(log, proposal, changes, reads=now)
    page = words_of(browsers.anyone().get(at(round, id)).text)
    assert state in page
    assert said in page


def test_a_place_that_nobody_has_settled_is_said_to_be_unsettled(
    browsers: Browsers, log: Log, round: UUID, proposal: UUID
) -> None:
    id = a_comment(log, proposal, 1, "en egen mentor")
    an_adopted_revision(log, proposal)
    page = words_of(browsers.anyone().get(at(round, id)).text)
    assert "Det är inte bestämt än" in page


def test_the_page_as_of_a_moment_shows_what_was_so_then(
    browsers: Browsers, log: Log, round: UUID, proposal: UUID
) -> None:
    author = a_person(log)
    id = a_comment(log, proposal, by=author, text="Först.")
    then = browsers.follower.catch_up()
    amend_comment(
        log, id=id, kind="general", text="Sedan.", wording="", by=author, now=NOW
    )
    an_issue(log, round, [id], disposition="accepted", answer="Ja.", published=True)
    client = browsers.of(author)
    past = client.get(at(round, id), params={"as_of": then})
    assert "Först." in words_of(past.text)
    assert "Sedan." not in past.text
    assert "Det finns inget bemötande än." in words_of(past.text)
    assert "/amend" not in past.text
    now = client.get(at(round, id))
    assert "Sedan." in words_of(now.text)
    assert "/amend" in now.text


def test_neighbours_lead_to_what_the_reader_may_see(
    browsers: Browsers, log: Log
) -> None:
    round = a_consultation(log)
    proposal = a_proposal(log, round)
    first, second, third = (a_comment(log, proposal) for _ in range(3))
    anyone = browsers.anyone()
    page = anyone.get(at(round, second)).text
    assert f'rel="prev" href="{at(round, first)}"' in page
    assert f'rel="next" href="{at(round, third)}"' in page
    assert 'rel="prev"' not in anyone.get(at(round, first)).text
    assert 'rel="next"' not in anyone.get(at(round, third)).text


def test_a_comment_of_another_consultation_is_not_found(
    browsers: Browsers, log: Log, proposal: UUID
) -> None:
    id = a_comment(log, proposal)
    other = a_consultation(log)
    anyone = browsers.anyone()
    assert anyone.get(at(other, id)).status_code == 404
    assert anyone.get(at(other, uuid4())).status_code == 404


def test_a_comment_on_the_whole_has_no_place_to_compare(
    browsers: Browsers, log: Log, round: UUID, proposal: UUID
) -> None:
    id = a_comment(log, proposal, None, wording="Börja om från början.")
    an_adopted_revision(log, proposal)
    page = words_of(browsers.anyone().get(at(round, id)).text)
    assert "hela förslaget" in page
    assert "Platsen i texten" not in page
    assert "Börja om från början." in page


def test_a_dropped_change_is_not_what_became_of_it(
    browsers: Browsers, log: Log, round: UUID, proposal: UUID
) -> None:
    id = a_comment(log, proposal)
    issue = an_issue(log, round, [id])
    revision = a_revision(log, proposal)
    change = replacing(log, proposal, 1, LONGER, issues=[issue])
    make_change(log, id=revision, changes=[change], by=SYSTEM, now=NOW)
    make_change(
        log, id=revision, changes=[{**change, "issues": []}], by=SYSTEM, now=NOW
    )
    officer = browsers.of(a_person(log, role="officer", consultation=round))
    assert "två år" not in officer.get(at(round, id)).text
