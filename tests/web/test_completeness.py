"""The check of what is left before publishing, and publishing."""

from __future__ import annotations

import re
from uuid import UUID

import pytest

from domain.gathering import merge_issues
from domain.issue import Issue
from domain.log import SYSTEM, Log
from domain.proposal import Proposal
from projections.reads import ReadPool
from tests.client import PageClient
from tests.story import (
    NOW,
    a_comment,
    a_consultation,
    a_person,
    a_proposal,
    a_revision,
    an_adopted_revision,
    an_issue,
    replacing,
)
from tests.web.conftest import Browsers


@pytest.fixture
def round(log: Log) -> UUID:
    return a_consultation(log)


@pytest.fixture
def proposal(log: Log, round: UUID) -> UUID:
    return a_proposal(log, round)


@pytest.fixture
def chair(browsers: Browsers, log: Log, round: UUID, proposal: UUID) -> PageClient:
    return browsers.of(a_person(log, "Karin Ek", role="chair", consultation=round))


def check(round: UUID) -> str:
    return f"/consultations/{round}/completeness"


def publish(round: UUID, proposal: UUID) -> str:
    return f"/consultations/{round}/proposals/{proposal}/publish"


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_a_round_with_nothing_left_is_ready(chair: PageClient, round: UUID) -> None:
    assert "Klart att publicera." in chair.get(check(round)).text


def test_the_check_counts_every_kind_of_thing_that_is_left(
    chair: PageClient,
    browsers: Browsers,
    log: Log,
    reads: ReadPool,
    round: UUID,
    proposal: UUID,
) -> None:
    loose = a_comment(log, proposal, text="Ingen har samlat mig.")
    waiting = a_comment(log, proposal, text="Ingen har bedömt mig.")
    an_issue(log, round, [waiting], "Obedömd fråga", proposal=proposal)
    for title, answer in (
        ("Besvarad fråga", "Vi tillgodoser detta."),
        ("Tyst fråga", ""),
    ):
        gathered = [a_comment(log, proposal, text=f"Om {title}.")]
        an_issue(
            log,
            round,
            gathered,
            title,
            proposal=proposal,
            disposition="accepted",
            answer=answer,
        )
    unsure = a_comment(log, proposal, 4, "Lärosätena redovisar varje år")
    browsers.catch_up()
    turned = "Varje år berättar lärosätena om platserna."
    with reads() as now:
        changes = [replacing(log, proposal, 4, turned)]
        an_adopted_revision(log, proposal, changes, reads=now, published=False)
    a_revision(log, proposal, [replacing(log, proposal, 1, "Kort.", reason="")])
    browsers.catch_up()
    page = words(chair.get(check(round)).text)
    assert "Synpunkter utan bedömning 3" in page
    assert "Ingen har samlat mig." in page
    assert "Sakfrågor utan bemötande 2" in page
    assert "Godkända bemötanden som inte är publicerade 1" in page
    assert "Ändringar som varken har skäl eller sakfråga 1" in page
    assert "Sakfrågor som tillgodoses men saknar ändring 2" in page
    assert "Synpunkter vars plats är osäker 1" in page
    assert "11 saker återstår" not in page
    assert "10 saker återstår" in page
    links = re.findall(r'href="([^"]+)"', chair.get(check(round)).text)
    for mended_at in (
        f"/comments/{loose}",
        f"/anchors/{unsure}",
        "/inbox?waiting=undecided",
    ):
        found = [link for link in links if mended_at in link]
        assert found, mended_at
        assert chair.get(found[0]).status_code == 200


def test_the_check_of_one_proposal_leaves_the_others_out(
    chair: PageClient, browsers: Browsers, log: Log, round: UUID, proposal: UUID
) -> None:
    other = a_proposal(log, round, "Ett annat förslag", order=2)
    a_comment(log, proposal)
    browsers.catch_up()
    assert (
        "Klart" not in chair.get(check(round), params={"proposal": str(proposal)}).text
    )
    assert "Klart" in chair.get(check(round), params={"proposal": str(other)}).text
    elsewhere = a_proposal(log, a_consultation(log, "Ett annat"))
    browsers.catch_up()
    wrong = chair.get(check(round), params={"proposal": str(elsewhere)})
    assert wrong.status_code == 404


def test_an_issue_that_was_merged_is_met_by_a_change_that_named_it(
    chair: PageClient, browsers: Browsers, log: Log, round: UUID, proposal: UUID
) -> None:
    old = an_issue(log, round, [a_comment(log, proposal)], "Gammal")
    into = an_issue(
        log, round, [a_comment(log, proposal)], "Ny", disposition="accepted"
    )
    a_revision(log, proposal, [replacing(log, proposal, 1, "Kort.", issues=[old])])
    browsers.catch_up()
    assert "saknar ändring 1" in words(chair.get(check(round)).text)
    merge_issues(log, id=old, into=into, by=SYSTEM, now=NOW)
    browsers.catch_up()
    assert "saknar ändring 1" not in words(chair.get(check(round)).text)


def test_a_version_is_published_when_nothing_is_left(
    chair: PageClient, browsers: Browsers, log: Log, round: UUID, proposal: UUID
) -> None:
    an_adopted_revision(log, proposal, published=False)
    browsers.catch_up()
    page = chair.get(publish(round, proposal)).text
    assert "Klart att publicera." in page
    assert "Publicera ändå" not in page
    page = chair.post(publish(round, proposal), data={"edition": "2"}).text
    assert "Versionen är publicerad." in page
    assert log.look(Proposal, proposal).published == 2
    again = chair.post(publish(round, proposal), data={"edition": "2"})
    assert again.status_code == 422


def test_publishing_with_something_left_takes_a_tick(
    chair: PageClient, browsers: Browsers, log: Log, round: UUID, proposal: UUID
) -> None:
    a_comment(log, proposal, text="Ingen har samlat mig.")
    an_adopted_revision(log, proposal, published=False)
    browsers.catch_up()
    form = publish(round, proposal)
    assert "Ingen har samlat mig." in chair.get(form).text
    refused = chair.post(form, data={"edition": "2"})
    assert refused.status_code == 422
    assert "Kryssa i rutan" in refused.text
    assert log.look(Proposal, proposal).published == 1
    chair.post(form, data={"edition": "2", "anyway": "yes"})
    assert log.look(Proposal, proposal).published == 2


@pytest.mark.parametrize("edition", ["1", "nonsense", ""])
def test_only_the_version_that_was_read_is_published(
    chair: PageClient,
    browsers: Browsers,
    log: Log,
    round: UUID,
    proposal: UUID,
    edition: str,
) -> None:
    an_adopted_revision(log, proposal, published=False)
    browsers.catch_up()
    refused = chair.post(publish(round, proposal), data={"edition": edition})
    assert refused.status_code == 409
    assert log.look(Proposal, proposal).published == 1


def test_all_approved_answers_are_published_at_once(
    chair: PageClient, browsers: Browsers, log: Log, round: UUID, proposal: UUID
) -> None:
    issues = [
        an_issue(
            log,
            round,
            [a_comment(log, proposal)],
            title,
            disposition="noted",
            answer="Tack.",
        )
        for title in ("En", "Två")
    ]
    draft = an_issue(log, round, [a_comment(log, proposal)], "Tre", answer="Utkast.")
    browsers.catch_up()
    assert "2 bemötanden är godkända" in chair.get(check(round)).text
    answers = f"/consultations/{round}/answers/publish"
    page = chair.post(answers).text
    assert "De godkända bemötandena är publicerade." in page
    assert "och kan publiceras" not in page
    published = Issue.AnswerPublished
    assert all(isinstance(log.history(id)[-1], published) for id in issues)
    assert not isinstance(log.history(draft)[-1], published)
    assert "Det finns inget godkänt bemötande" in chair.post(answers).text


def test_who_may_not_publish_is_shown_no_button_and_refused(
    browsers: Browsers, log: Log, round: UUID, proposal: UUID
) -> None:
    an_issue(
        log, round, [a_comment(log, proposal)], disposition="noted", answer="Tack."
    )
    an_adopted_revision(log, proposal, published=False)
    officer = browsers.of(a_person(log, role="officer", consultation=round))
    page = officer.get(check(round)).text
    assert f'href="{publish(round, proposal)}"' not in page
    assert "Publicera alla godkända" not in page
    assert officer.get(publish(round, proposal)).status_code == 403
    assert officer.post(publish(round, proposal)).status_code == 403
    editor = browsers.of(a_person(log, role="editor", consultation=round))
    assert f'href="{publish(round, proposal)}"' in editor.get(check(round)).text
    answers = f"/consultations/{round}/answers/publish"
    assert editor.post(answers).status_code == 403
    assert browsers.of(a_person(log)).get(check(round)).status_code == 403


def test_the_check_can_be_read_as_it_was(
    chair: PageClient, browsers: Browsers, log: Log, round: UUID, proposal: UUID
) -> None:
    before = log.head()
    a_comment(log, proposal)
    browsers.catch_up()
    past = chair.get(check(round), params={"as_of": str(before)}).text
    assert "Klart att publicera." in past
    assert "Klart att publicera." not in chair.get(check(round)).text
