"""The log as auditors read it."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

import domain
from domain.log import Log
from domain.submission import amend_comment
from tests.client import PageClient
from tests.story import (
    NOW,
    a_comment,
    a_consultation,
    a_person,
    a_proposal,
    an_adopted_revision,
    an_issue,
    an_organisation,
    replacing,
    text_of,
)
from tests.web.conftest import Browsers
from tests.web.reading import way_to
from web.sentences import SENTENCES


@pytest.fixture
def auditor(browsers: Browsers, log: Log) -> PageClient:
    return browsers.of(a_person(log, "Revisor Ek", role="auditor"))


def topics() -> set[str]:
    modules = (getattr(domain, name) for name in domain.__all__)
    things = (thing for module in modules for thing in vars(module).values())
    named = (
        str(getattr(event, "TOPIC", ""))
        for thing in things
        if isinstance(thing, type) and "TOPIC" in vars(thing)
        for event in vars(thing).values()
    )
    return {topic for topic in named if "." in topic}


def test_every_kind_of_entry_has_a_sentence() -> None:
    assert topics() == SENTENCES.keys()


def test_entries_stand_as_sentences_with_the_newest_first(
    auditor: PageClient, browsers: Browsers, log: Log
) -> None:
    round = a_consultation(log, "Nationell plan")
    proposal = a_proposal(log, round, "Arbetsmiljö")
    author = a_person(log, "Berit Holm")
    a_comment(log, proposal, by=author)
    browsers.catch_up()
    page = auditor.get("/log").text
    said = re.sub(r"<[^>]+>", "", page)
    assert re.search(r"Berit Holm lämnade synpunkt \d+ på Arbetsmiljö\.", said)
    assert said.index("Berit Holm lämnade synpunkt") < said.index(
        "driften planerade samrådet Nationell plan"
    )


def test_the_log_speaks_english_too(auditor: PageClient, log: Log) -> None:
    page = auditor.get("/log", headers={"Accept-Language": "en"}).text
    assert "gave" in page
    assert "Every recorded fact" in page


def test_the_log_is_narrowed_by_who_what_and_when(
    auditor: PageClient, browsers: Browsers, log: Log
) -> None:
    region = an_organisation(log, "Region Norrskog")
    author = a_person(log, "Berit Holm", speaks_for=region)
    round = a_consultation(log)
    a_comment(log, a_proposal(log, round), by=author, now=NOW + timedelta(days=3))
    browsers.catch_up()

    def sentences(**asked: str) -> str:
        page = auditor.get("/log", params=asked).text
        return re.sub(r"<[^>]+>", "", page[page.index('id="entries"') :])

    assert "lämnade synpunkt" in sentences(actor="holm")
    assert "planerade samrådet" not in sentences(actor="holm")
    assert "lämnade synpunkt" in sentences(actor="norrskog")
    assert "lämnade synpunkt" not in sentences(kind="consultation")
    assert "lämnade synpunkt" in sentences(since="2026-03-05")
    assert "lämnade synpunkt" not in sentences(until="2026-03-04")
    assert "registrerade organisationen" not in sentences(consultation=str(round))
    assert "lämnade synpunkt" in sentences(consultation=str(round))
    assert "Ingen post stämmer" in sentences(actor="finns inte")


def test_a_day_that_is_none_is_said_and_the_filter_kept(auditor: PageClient) -> None:
    response = auditor.get("/log", params={"since": "i går", "actor": "Ek"})
    assert response.status_code == 422
    assert "2026-11-21" in response.text
    assert 'value="Ek"' in response.text


def test_the_end_of_time_is_no_day_to_look_for(auditor: PageClient) -> None:
    assert auditor.get("/log?until=9999-12-31").status_code == 422


def test_long_logs_are_paged_both_ways(
    auditor: PageClient, browsers: Browsers, log: Log
) -> None:
    for n in range(120):
        an_organisation(log, f"Organisation {n}")
    browsers.catch_up()

    def positions(page: str) -> list[int]:
        return [int(n) for n in re.findall(r'<li id="e-(\d+)"', page)]

    first = auditor.get("/log").text
    second = auditor.get(way_to(first, "Äldre")).text
    third = auditor.get(way_to(second, "Äldre")).text
    all_three = positions(first) + positions(second) + positions(third)
    assert all_three == sorted(set(all_three), reverse=True)
    assert all_three[-1] == 1
    assert ">Äldre<" not in third
    assert positions(auditor.get(way_to(third, "Nyare")).text) == positions(second)
    oldest = auditor.get(way_to(first, "Äldsta")).text
    assert positions(oldest) == list(range(50, 0, -1))
    assert not way_to(oldest, "Äldre")


def test_an_entry_stands_as_it_lies_in_the_log(
    auditor: PageClient, log: Log, browsers: Browsers
) -> None:
    an_organisation(log, "Ärlighetens <b>råd</b>")
    browsers.catch_up()
    head = log.recorder.max_notification_id()
    page = auditor.get(f"/log/{head}").text
    assert "organisation.registered" in page
    assert "Ärlighetens &lt;b&gt;råd&lt;/b&gt;" in page
    assert re.search(r"[0-9a-f]{64}", page)
    assert auditor.get("/log/999999").status_code == 404


def test_the_history_of_a_comment_shows_what_an_amendment_changed(
    auditor: PageClient, browsers: Browsers, log: Log
) -> None:
    author = a_person(log)
    proposal = a_proposal(log, a_consultation(log))
    comment = a_comment(log, proposal, by=author, text="Mentorer behövs inte.")
    amend_comment(
        log,
        id=comment,
        kind="general",
        text="Mentorer behövs verkligen.",
        wording="",
        by=author,
        now=NOW,
    )
    browsers.catch_up()
    page = auditor.get(f"/history/{comment}").text
    assert "<del>inte</del>" in page
    assert "<ins>verkligen</ins>" in page
    assert auditor.get(f"/history/{uuid4()}").status_code == 404


def test_a_passage_leads_back_to_every_entry_that_made_it(
    auditor: PageClient, browsers: Browsers, log: Log
) -> None:
    round = a_consultation(log)
    proposal = a_proposal(log, round)
    behind = a_comment(log, proposal, 1, "mentor")
    elsewhere = a_comment(log, proposal, 3)
    issue = an_issue(log, round, proposal=proposal, comments=[behind])
    passage = text_of(log, proposal)[1].id
    change = replacing(
        log, proposal, 1, "Alla nyanställda får en mentor.", issues=[issue]
    )
    an_adopted_revision(log, proposal, [change])
    browsers.catch_up()
    address = f"/consultations/{round}/proposals/{proposal}/passages/{passage}/entries"
    page = auditor.get(address).text
    said = re.sub(r"<[^>]+>", "", page)
    assert "lade in utkastet" in said
    assert "tog upp sakfrågan" in said
    assert "ändrade ett stycke" in said
    assert f"/history/{behind}" in page
    assert f"/history/{elsewhere}" not in page


@pytest.mark.parametrize("address", ["/log", "/log/1", f"/history/{UUID(int=5)}"])
def test_the_log_is_for_auditors_and_the_secretariat(
    address: str, browsers: Browsers, log: Log
) -> None:
    citizen = browsers.of(a_person(log))
    assert citizen.get(address).status_code == 403
    anyone = browsers.anyone().get(address, follow_redirects=False)
    assert anyone.status_code == 303
    assert anyone.headers["location"].startswith("/sign-in?")


def test_a_role_in_one_consultation_shows_the_entries_of_that_one_only(
    browsers: Browsers, log: Log
) -> None:
    own, other = a_consultation(log, "Egen omgång"), a_consultation(log, "Annan omgång")
    theirs = a_comment(log, a_proposal(log, other), text="Inte för alla.")
    position = log.head()
    mine = a_comment(log, a_proposal(log, own, "Eget förslag"))
    officer = browsers.of(a_person(log, role="officer", consultation=own))
    page = officer.get("/log").text
    assert "Egen omgång" in page
    assert "Annan omgång" not in page
    assert "registrerades av" not in page, "people belong to no consultation"
    assert officer.get(f"/log/{position}").status_code == 404
    assert officer.get(f"/history/{theirs}").status_code == 404
    assert officer.get(f"/history/{mine}").status_code == 200
    everywhere = browsers.of(a_person(log, role="auditor"))
    assert everywhere.get(f"/log/{position}").status_code == 200
    assert everywhere.get(f"/history/{theirs}").status_code == 200
