"""Issues: raised, gathered, merged, split, decided, answered and published."""

from __future__ import annotations

import re
from uuid import UUID

import pytest

from domain.issue import Issue
from domain.log import Log
from tests.client import PageClient
from tests.story import a_comment, a_consultation, a_person, a_proposal, an_issue
from tests.web.conftest import Browsers


@pytest.fixture
def round(log: Log) -> UUID:
    return a_consultation(log)


@pytest.fixture
def proposal(log: Log, round: UUID) -> UUID:
    return a_proposal(log, round)


@pytest.fixture
def officer(browsers: Browsers, log: Log, round: UUID) -> PageClient:
    return browsers.of(a_person(log, "Olle Ek", role="officer", consultation=round))


@pytest.fixture
def chair(browsers: Browsers, log: Log, round: UUID) -> PageClient:
    return browsers.of(a_person(log, "Olga Alm", role="chair", consultation=round))


def at(round: UUID, issue: object = "", act: str = "") -> str:
    return "/".join(filter(None, [f"/consultations/{round}/issues", str(issue), act]))


def test_an_issue_is_raised_and_sending_twice_raises_one(
    officer: PageClient, log: Log, round: UUID, proposal: UUID
) -> None:
    id = UUID(int=77)
    typed = {"id": str(id), "title": "Mentorer", "proposal": str(proposal)}
    first = officer.post(at(round, "new"), data=typed)
    assert "Mentorer" in first.text
    assert str(first.url).endswith(f"/issues/{id}")
    again = officer.post(at(round, "new"), data=typed)
    assert again.url == first.url
    assert again.status_code == 200
    assert len(log.history(id)) == 1


def test_a_title_is_asked_for_and_the_choice_is_kept(
    officer: PageClient, browsers: Browsers, round: UUID, proposal: UUID
) -> None:
    browsers.catch_up()
    typed = {"id": str(UUID(int=78)), "title": " ", "proposal": str(proposal)}
    response = officer.post(at(round, "new"), data=typed)
    assert response.status_code == 422
    assert "Skriv en rubrik." in response.text
    assert f'<option value="{proposal}" selected>' in response.text


def test_comments_are_gathered_and_released(
    officer: PageClient, browsers: Browsers, log: Log, round: UUID, proposal: UUID
) -> None:
    inside = a_comment(log, proposal, 1, text="Mentorerna behöver tid.")
    outside = a_comment(log, proposal, 1, text="Ge mentorerna lön.")
    issue = an_issue(log, round, [inside], "Mentorer", proposal=proposal)
    browsers.catch_up()
    page = officer.get(at(round, issue)).text
    assert page.index("Mentorerna behöver tid.") < page.index("kan höra hit")
    assert page.index("Ge mentorerna lön.") > page.index("kan höra hit")
    officer.post(at(round, issue, "gather"), data={"candidate": str(outside)})
    assert log.look(Issue, issue).comments == [inside, outside]
    officer.post(at(round, issue, "release"), data={"comment": str(inside)})
    assert log.look(Issue, issue).comments == [outside]


def test_nothing_ticked_is_said_and_nothing_happens(
    officer: PageClient, browsers: Browsers, log: Log, round: UUID, proposal: UUID
) -> None:
    issue = an_issue(log, round, [a_comment(log, proposal)])
    browsers.catch_up()
    response = officer.post(at(round, issue, "release"), data={})
    assert response.status_code == 422
    assert "Kryssa för minst en synpunkt" in response.text
    assert len(log.look(Issue, issue).comments) == 1


def test_candidates_are_searched_in_swedish(
    officer: PageClient, browsers: Browsers, log: Log, round: UUID, proposal: UUID
) -> None:
    issue = an_issue(log, round, [], "Något")
    a_comment(log, proposal, 3, text="Handledarna räcker inte till.")
    a_comment(log, proposal, 3, text="Lokalerna är för små.")
    browsers.catch_up()
    part = officer.get(
        at(round, issue), params={"words": "handledare"}, headers={"HX-Request": "true"}
    ).text
    assert "Handledarna räcker" in part
    assert "Lokalerna" not in part


def test_an_issue_is_merged_and_both_keep_the_lineage(
    officer: PageClient, browsers: Browsers, log: Log, round: UUID, proposal: UUID
) -> None:
    one = an_issue(log, round, [a_comment(log, proposal)], "Mentorer")
    other = an_issue(log, round, [a_comment(log, proposal)], "Handledare")
    officer.post(at(round, one, "merge"), data={"into": str(other)})
    assert len(log.look(Issue, other).comments) == 2
    ended = officer.get(at(round, one)).text
    assert "Sakfrågan slogs ihop med" in ended
    assert "Handledare" in ended
    assert "Hopslagna med den här" in officer.get(at(round, other)).text
    assert ">Mentorer<" not in officer.get(at(round)).text


def test_an_issue_is_split(
    officer: PageClient, log: Log, round: UUID, proposal: UUID
) -> None:
    stays, goes = a_comment(log, proposal), a_comment(log, proposal)
    issue = an_issue(log, round, [stays, goes], "Mentorer")
    page = officer.post(
        at(round, issue, "split"),
        data={"split_title": "Mentorernas lön", "comment": str(goes)},
    )
    assert "Mentorernas lön" in page.text
    assert "Delad från" in page.text
    assert log.look(Issue, issue).comments == [stays]


def test_a_disposition_needs_a_reason_and_what_was_typed_is_kept(
    officer: PageClient, browsers: Browsers, log: Log, round: UUID
) -> None:
    issue = an_issue(log, round)
    browsers.catch_up()
    response = officer.post(
        at(round, issue, "decide"), data={"disposition": "accepted"}
    )
    assert response.status_code == 422
    assert "Skriv varför bedömningen blev så." in response.text
    assert 'value="accepted" id="d-accepted" checked' in response.text
    officer.post(
        at(round, issue, "decide"),
        data={"disposition": "accepted", "reason": "Många vill det."},
    )
    assert log.look(Issue, issue).disposition == "accepted"


def test_an_answer_goes_from_draft_to_public(
    officer: PageClient,
    chair: PageClient,
    browsers: Browsers,
    log: Log,
    round: UUID,
    proposal: UUID,
) -> None:
    issue = an_issue(log, round, [a_comment(log, proposal)], "Mentorer")
    public = browsers.anyone()
    officer.post(
        at(round, issue, "decide"), data={"disposition": "accepted", "reason": "Rätt."}
    )
    officer.post(at(round, issue, "answer"), data={"answer": "Texten är **ändrad**."})
    assert public.get(at(round, issue)).status_code == 404
    assert officer.post(at(round, issue, "approve")).status_code == 403
    assert chair.post(at(round, issue, "publish")).status_code == 422
    chair.post(at(round, issue, "approve"))
    chair.post(at(round, issue, "publish"))
    page = public.get(at(round, issue))
    assert page.status_code == 200
    assert "<strong>ändrad</strong>" in page.text
    assert "Rätt." not in page.text


def test_nobody_approves_or_replaces_words_that_they_have_not_read(
    officer: PageClient, chair: PageClient, log: Log, round: UUID, proposal: UUID
) -> None:
    issue = an_issue(
        log, round, [a_comment(log, proposal)], disposition="accepted", answer="Ja."
    )
    officer.post(at(round, issue, "answer"), data={"answer": "Jo."})
    page = chair.get(at(round, issue)).text
    read = re.findall(r'name="version" value="(\d+)"', page)
    assert len(read) == 3, "to decide, to answer, to approve"
    answer = {"answer": "Nej, aldrig.", "version": read[0]}
    assert officer.post(at(round, issue, "answer"), data=answer).status_code == 200

    stale = {"version": read[0]}
    assert chair.post(at(round, issue, "approve"), data=stale).status_code == 409
    mine = chair.post(at(round, issue, "answer"), data=stale | {"answer": "Kanske."})
    assert mine.status_code == 409
    assert "Kanske." in mine.text
    assert "Nej, aldrig." in mine.text
    decided = stale | {"disposition": "noted", "reason": ""}
    assert chair.post(at(round, issue, "decide"), data=decided).status_code == 409

    (again, *_) = re.findall(r'name="version" value="(\d+)"', mine.text)
    fresh = {"version": again}
    assert chair.post(at(round, issue, "approve"), data=fresh).status_code == 200
    assert log.look(Issue, issue).is_approved


def test_an_issue_of_another_consultation_is_not_found(
    officer: PageClient, browsers: Browsers, log: Log, round: UUID
) -> None:
    elsewhere = an_issue(log, a_consultation(log, "En annan"))
    browsers.catch_up()
    assert officer.get(at(round, elsewhere)).status_code == 404
    response = officer.post(
        at(round, elsewhere, "decide"), data={"disposition": "noted", "reason": ""}
    )
    assert response.status_code == 404
    assert not log.look(Issue, elsewhere).disposition


def test_the_list_is_narrowed_to_what_waits(
    officer: PageClient, browsers: Browsers, log: Log, round: UUID
) -> None:
    an_issue(log, round, title="Väntar")
    an_issue(log, round, title="Klar", disposition="noted", answer="Tack.")
    browsers.catch_up()
    page = officer.get(at(round), params={"state": "undecided"}).text
    assert "Väntar" in page
    assert ">Klar<" not in page
