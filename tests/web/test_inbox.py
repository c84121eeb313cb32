"""The inbox: comments found, coded, assigned, gathered and let out."""

from __future__ import annotations

import re
from uuid import UUID

import pytest

from domain.comment import Comment
from domain.issue import Issue
from domain.log import Log
from domain.submission import amend_comment, withdraw_comment
from tests.client import PageClient
from tests.story import (
    NOW,
    a_comment,
    a_consultation,
    a_person,
    a_proposal,
    an_issue,
    an_organisation,
)
from tests.web.conftest import Browsers
from tests.web.reading import way_to


@pytest.fixture
def round(log: Log) -> UUID:
    return a_consultation(log)


@pytest.fixture
def proposal(log: Log, round: UUID) -> UUID:
    return a_proposal(log, round)


@pytest.fixture
def olle(log: Log, round: UUID) -> UUID:
    return a_person(log, "Olle Ek", role="officer", consultation=round)


@pytest.fixture
def officer(browsers: Browsers, olle: UUID) -> PageClient:
    return browsers.of(olle)


def at(round: UUID, act: str = "") -> str:
    return f"/consultations/{round}/inbox{act}"


def read(client: PageClient, round: UUID) -> list[str]:
    """What the inbox hands along of the words that it shows."""
    return re.findall(r'name="read" value="([^"]+)"', client.get(at(round)).text)


def listed(page: str) -> set[UUID]:
    return {UUID(id) for id in re.findall(r'id="c-([0-9a-f-]{36})"', page)}


@pytest.mark.parametrize(
    "query",
    ["words=%00", "waiting=%00&theme=%00", "page=" + "5" * 5000, "page=-1"],
)
def test_a_question_that_makes_no_sense_gets_a_page(
    officer: PageClient, browsers: Browsers, round: UUID, query: str
) -> None:
    browsers.catch_up()
    assert officer.get(at(round) + "?" + query).status_code < 500


@pytest.mark.parametrize(("last", "many"), [("5", "-3"), ("9" * 30, "3"), ("-5", "9")])
def test_nothing_is_undone_where_there_is_nothing(
    officer: PageClient, browsers: Browsers, round: UUID, last: str, many: str
) -> None:
    browsers.catch_up()
    undone = officer.post(at(round, "/undo"), data={"last": last, "many": many})
    assert undone.status_code == 200


def test_filters_narrow_by_what_waits_who_sent_and_what_it_says(
    officer: PageClient, browsers: Browsers, log: Log, round: UUID, proposal: UUID
) -> None:
    region = an_organisation(log, "Region Norrskog", "region")
    speaker = a_person(log, speaks_for=region)
    author = a_person(log)
    from_region = a_comment(log, proposal, by=speaker, organisation=region)
    editorial = a_comment(log, proposal, kind="editorial", text="Stavfel i rubriken.")
    gathered = a_comment(log, proposal, 3, text="Handledarna är för få.")
    taken_back = a_comment(log, proposal, by=author)
    withdraw_comment(log, id=taken_back, by=author, now=NOW)
    an_issue(log, round, [gathered], disposition="noted", answer="Tack.")
    browsers.catch_up()

    def found(**asked: str) -> set[UUID]:
        return listed(officer.get(at(round), params=asked).text)

    everything = {from_region, editorial, gathered, taken_back}
    assert found() == everything
    assert found(organisation_kind="region") == {from_region}
    assert found(organisation_kind="private") == everything - {from_region}
    assert found(kind="editorial") == {editorial}
    assert found(words="handledare") == {gathered}
    assert found(waiting="undecided") == {from_region, editorial}
    assert found(waiting="settled") == {gathered}
    assert found(waiting="withdrawn") == {taken_back}
    assert found(proposal=str(proposal)) == everything
    passage = log.look(Comment, gathered)
    assert passage.proposal == proposal


def test_a_filter_of_nonsense_shows_no_crash(officer: PageClient, round: UUID) -> None:
    asked = {"officer": "jag", "waiting": "x", "theme": "';--", "page": "999999"}
    assert officer.get(at(round), params=asked).status_code in (200, 422)


def test_many_are_coded_at_once_and_the_coding_is_undone(
    officer: PageClient, browsers: Browsers, log: Log, round: UUID, proposal: UUID
) -> None:
    one, other = a_comment(log, proposal), a_comment(log, proposal)
    typed = {"comment": [str(one)], "code": "work", "next": at(round)}
    officer.post(at(round, "/code"), data=typed)
    typed = {"comment": [str(one), str(other)], "code": "cost", "next": at(round)}
    page = officer.post(at(round, "/code"), data=typed)
    assert log.look(Comment, one).themes == ("cost", "work")
    assert log.look(Comment, other).themes == ("cost",)
    assert "Ångra kodningen" in page.text
    undo = {
        name: re.search(rf'name="{name}" value="([^"]*)"', page.text)[1]  # type: ignore[index]
        for name in ("last", "many", "next")
    }
    officer.post(at(round, "/undo"), data=undo)
    assert log.look(Comment, one).themes == ("work",)
    assert log.look(Comment, other).themes == ()


def test_a_theme_outside_the_codebook_is_refused_and_the_ticks_are_kept(
    officer: PageClient, browsers: Browsers, log: Log, round: UUID, proposal: UUID
) -> None:
    comment = a_comment(log, proposal)
    a_comment(log, proposal, kind="editorial")
    browsers.catch_up()
    typed = {"comment": str(comment), "code": "påhittat"}
    typed["next"] = at(round, "?kind=general")
    response = officer.post(at(round, "/code"), data=typed)
    assert response.status_code == 422
    assert "finns inte i kodboken" in response.text
    assert re.search(rf'value="{comment}"[^>]* checked', response.text)
    assert listed(response.text) == {comment}, "the filter is kept too"
    assert log.look(Comment, comment).themes == ()


def test_comments_are_given_to_an_officer(
    officer: PageClient,
    browsers: Browsers,
    log: Log,
    round: UUID,
    proposal: UUID,
    olle: UUID,
) -> None:
    comment = a_comment(log, proposal)
    typed = {"comment": str(comment), "assignee": str(olle), "next": at(round)}
    page = officer.post(at(round, "/assign"), data=typed).text
    assert log.look(Comment, comment).officer == olle
    assert "Handläggare: Olle Ek" in page
    stranger = a_person(log)
    typed["assignee"] = str(stranger)
    assert officer.post(at(round, "/assign"), data=typed).status_code == 403
    assert log.look(Comment, comment).officer == olle


def _hidden_id(page: str) -> str:
    """The id that the form on the page carries."""
    (found,) = re.findall(r'name="id" value="([0-9a-f-]{36})"', page)
    return str(found)


def test_ticked_comments_become_an_issue(
    officer: PageClient, browsers: Browsers, log: Log, round: UUID, proposal: UUID
) -> None:
    one, other = a_comment(log, proposal), a_comment(log, proposal)
    browsers.catch_up()
    typed = {
        "id": _hidden_id(officer.get(at(round)).text),
        "comment": [str(one), str(other)],
        "title": "Mentorer",
        "issue": "",
    }
    address = f"/consultations/{round}/issues/gather-ticked"
    page = officer.post(address, data=typed)
    issue = UUID(str(page.url).rsplit("/", 1)[1])
    assert log.look(Issue, issue).comments == [one, other]
    assert officer.post(address, data=typed).url == page.url, "a double click"
    back = officer.post(address, data=typed | {"title": "Handledare"})
    assert back.status_code == 200
    assert back.url != page.url
    third = a_comment(log, proposal)
    officer.post(
        f"/consultations/{round}/issues/gather-ticked",
        data={"comment": str(third), "issue": str(issue)},
    )
    assert log.look(Issue, issue).comments == [one, other, third]


def test_withholding_takes_a_reason_and_hides_from_the_public(
    officer: PageClient, browsers: Browsers, log: Log, round: UUID, proposal: UUID
) -> None:
    comment = a_comment(log, proposal, text="Något som inte får stå öppet.")
    browsers.catch_up()
    typed = {"comment": str(comment), "reason": "", "next": at(round)}
    response = officer.post(at(round, "/withhold"), data=typed)
    assert response.status_code == 422
    assert "Skriv varför" in response.text
    typed["reason"] = "Innehåller uppgifter om en patient."
    officer.post(at(round, "/withhold"), data=typed)
    public = browsers.anyone().get(f"/consultations/{round}/comments").text
    assert "Något som inte får stå öppet." not in public
    officer.post(at(round, "/clear"), data=typed | {"read": read(officer, round)})
    public = browsers.anyone().get(f"/consultations/{round}/comments").text
    assert "Något som inte får stå öppet." in public


def test_ten_thousand_would_be_paged(
    officer: PageClient, browsers: Browsers, log: Log, round: UUID, proposal: UUID
) -> None:
    author = a_person(log)
    for n in range(60):
        a_comment(log, proposal, text=f"Synpunkt nummer {n}.", by=author)
    browsers.catch_up()
    page = officer.get(at(round)).text
    first = listed(page)
    assert "50 av 60" in page
    page = officer.get(way_to(page, "Nästa")).text
    second = listed(page)
    assert len(first) == 50
    assert len(second) == 10
    assert not first & second
    assert listed(officer.get(way_to(page, "Föregående")).text) == first


def test_words_that_were_amended_after_reading_are_not_let_out(
    officer: PageClient, browsers: Browsers, log: Log
) -> None:
    round = a_consultation(log, display="after_review")
    officer = browsers.of(a_person(log, role="officer", consultation=round))
    author = a_person(log)
    comment = a_comment(log, a_proposal(log, round), text="Som jag läste.", by=author)
    browsers.catch_up()
    typed = {"comment": str(comment), "next": at(round), "read": read(officer, round)}
    amend_comment(
        log,
        id=comment,
        kind="general",
        text="Något helt annat.",
        wording="",
        by=author,
        now=NOW,
    )
    browsers.catch_up()
    answer = officer.post(at(round, "/clear"), data=typed)
    assert answer.status_code == 409
    assert "Något helt annat." in answer.text
    public = browsers.anyone().get(f"/consultations/{round}/comments").text
    assert "Något helt annat." not in public
    typed["read"] = read(officer, round)
    assert officer.post(at(round, "/clear"), data=typed).status_code == 200
    public = browsers.anyone().get(f"/consultations/{round}/comments").text
    assert "Något helt annat." in public
