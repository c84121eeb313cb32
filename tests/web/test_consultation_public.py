"""The front page, the list of consultations, and what one of them tells everybody."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from domain.consultee import invite_consultees
from domain.log import SYSTEM, Log
from domain.period import (
    close_consultation,
    conclude_consultation,
    extend_period,
    reopen_consultation,
)
from domain.submission import withdraw_comment
from projections.reads import ReadPool
from tests.story import (
    CLOSES_AT,
    NOW,
    a_comment,
    a_consultation,
    a_person,
    a_proposal,
    an_adopted_revision,
    an_issue,
    an_organisation,
    replacing,
)
from tests.web.conftest import Browsers
from tests.web.reading import words_of


def page_of(round: UUID) -> str:
    return f"/consultations/{round}"


def test_the_list_tells_status_deadline_and_how_much_has_come_in(
    browsers: Browsers, log: Log
) -> None:
    round = a_consultation(log, "Kompetensplan", diary_number="S2026/01482")
    proposal = a_proposal(log, round)
    a_proposal(log, round, "Ett utkast", order=2, published=False)
    a_comment(log, proposal)
    kept = a_person(log)
    taken_back = a_comment(log, proposal, by=kept)
    withdraw_comment(log, id=taken_back, by=kept, now=NOW)
    said = words_of(browsers.anyone().get("/consultations").text)
    assert "Kompetensplan Öppet" in said
    assert "Svara senast 31 december 2099 kl. 23.59 (svensk tid)" in said
    assert "dagar kvar" in said
    assert "1 förslag · 1 synpunkt · Dnr S2026/01482" in said


@pytest.mark.parametrize(
    ("at", "words"),
    [
        ("2026-03-03T00:30", "9 dagar kvar"),
        ("2026-03-10T23:00", "2 dagar kvar"),
        ("2026-03-11T00:01", "Stänger i morgon kl. 23.59"),
        ("2026-03-12T23:58", "Stänger i dag kl. 23.59"),
        ("2026-03-12T23:59", "Samrådet har stängt."),
    ],
)
def test_the_time_left_is_said_in_days_of_the_swedish_calendar(
    browsers: Browsers, log: Log, at: str, words: str
) -> None:
    round = a_consultation(log, closes_at=datetime(2026, 3, 12, 22, 59, tzinfo=UTC))
    a_consultation(log, "Långt senare", now=NOW + timedelta(days=30))
    page = browsers.anyone().get(f"{page_of(round)}?as_of={at}")
    assert words in words_of(page.text)


def test_a_consultation_past_its_deadline_is_shown_as_closed(
    browsers: Browsers, log: Log
) -> None:
    past = NOW + timedelta(days=2)
    assert past < datetime.now(UTC)
    round = a_consultation(log, closes_at=past)
    a_proposal(log, round)
    said = words_of(browsers.anyone().get(page_of(round)).text)
    assert "Samrådet har stängt." in said
    assert "Svarstiden gick ut 4 mars 2026" in said
    assert "kvar" not in said


def test_nobody_but_the_secretariat_sees_what_is_only_planned(
    browsers: Browsers, log: Log
) -> None:
    round = a_consultation(log, "Hemligt än", open=False)
    officer = a_person(log, role="officer", consultation=round)
    anyone = browsers.anyone()
    assert "Hemligt än" not in anyone.get("/").text
    assert "Hemligt än" not in anyone.get("/consultations").text
    assert anyone.get(page_of(round)).status_code == 404
    page = browsers.of(officer).get(page_of(round))
    assert "Samrådet är planerat och ännu inte offentligt." in words_of(page.text)


def test_an_internal_round_is_for_those_invited(browsers: Browsers, log: Log) -> None:
    round = a_consultation(log, "Referensgruppen", access="internal")
    asked = an_organisation(log, "Region Norrskog")
    invite_consultees(log, id=round, organisations=[asked], by=SYSTEM, now=NOW)
    member = a_person(log, speaks_for=asked)
    assert browsers.anyone().get(page_of(round)).status_code == 404
    assert "Referensgruppen" not in browsers.anyone().get("/consultations").text
    assert "Internt:" in browsers.of(member).get(page_of(round)).text


def test_the_page_tells_who_is_asked_and_who_has_answered(
    browsers: Browsers, log: Log
) -> None:
    round = a_consultation(log)
    proposal = a_proposal(log, round)
    names = ("Region Östervik", "Region Almdal", "Region Åsunda")
    regions = [an_organisation(log, name) for name in names]
    union = an_organisation(log, "Vårdfacket", "union")
    asked = [*regions, union]
    invite_consultees(log, id=round, organisations=asked, by=SYSTEM, now=NOW)
    a_comment(log, proposal, organisation=union)
    a_comment(log, proposal, organisation=union)
    a_comment(log, proposal)
    said = words_of(browsers.anyone().get(page_of(round)).text)
    assert said.index("Region Almdal") < said.index("Region Åsunda")
    assert said.index("Region Åsunda") < said.index("Region Östervik")
    assert "Vårdfacket · har lämnat synpunkter" in said
    assert "Fackförbund 1 2" in said
    assert "Privatpersoner 1 1" in said


def test_who_has_answered_is_not_told_before_comments_are_shown(
    browsers: Browsers, log: Log
) -> None:
    round = a_consultation(log, display="after_close")
    proposal = a_proposal(log, round)
    union = an_organisation(log, "Vårdfacket", "union")
    invite_consultees(log, id=round, organisations=[union], by=SYSTEM, now=NOW)
    a_comment(log, proposal, organisation=union)
    said = words_of(browsers.anyone().get(page_of(round)).text)
    assert "Synpunkterna visas när samrådet har stängt." in said
    assert "har lämnat synpunkter ·" not in said
    assert "Vårdfacket · har" not in said


def test_every_turn_of_the_period_is_told(browsers: Browsers, log: Log) -> None:
    round = a_consultation(log, closes_at=NOW + timedelta(days=30))
    later = CLOSES_AT - timedelta(days=365)
    extend_period(
        log, id=round, closes_at=later, reason="Flera bad om tid.", by=SYSTEM, now=NOW
    )
    close_consultation(log, id=round, by=SYSTEM, now=NOW)
    reopen_consultation(
        log, id=round, closes_at=CLOSES_AT, reason="Fel text.", by=SYSTEM, now=NOW
    )
    said = words_of(browsers.anyone().get(page_of(round)).text)
    turns = ["Öppnade", "Förlängdes", "Flera bad om tid.", "Stängde", "Öppnades igen"]
    places = [said.index(turn) for turn in turns]
    assert places == sorted(places)
    assert "Ny sista dag: 31 december 2098" in said
    assert "Sista dag att svara 31 december 2099" in said


def test_a_concluded_consultation_says_so_and_takes_no_comments(
    browsers: Browsers, log: Log
) -> None:
    round = a_consultation(log)
    a_proposal(log, round)
    close_consultation(log, id=round, by=SYSTEM, now=NOW)
    conclude_consultation(log, id=round, by=SYSTEM, now=NOW)
    said = words_of(browsers.anyone().get(page_of(round)).text)
    assert "Samrådet är avslutat." in said
    assert "Det går inte längre att lämna synpunkter." in said
    assert "Så svarar du" not in said


def test_those_not_asked_are_told_that_a_round_is_for_others(
    browsers: Browsers, log: Log
) -> None:
    round = a_consultation(log, access="invited")
    asked, other = an_organisation(log), an_organisation(log, "Bolaget", "company")
    invite_consultees(log, id=round, organisations=[asked], by=SYSTEM, now=NOW)
    invited, uninvited = (
        a_person(log, speaks_for=asked),
        a_person(log, speaks_for=other),
    )
    assert "Så svarar du" in browsers.of(invited).get(page_of(round)).text
    assert "Bara inbjudna svarar" in browsers.of(uninvited).get(page_of(round)).text


def test_proposals_are_listed_with_version_and_comments_and_drafts_are_not(
    browsers: Browsers, log: Log
) -> None:
    round = a_consultation(log)
    first = a_proposal(log, round, "Förslag om arbetsmiljö")
    a_proposal(log, round, "Ett hemligt utkast", order=2, published=False)
    a_comment(log, first)
    an_adopted_revision(log, first)
    said = words_of(browsers.anyone().get(page_of(round)).text)
    assert "Förslag om arbetsmiljö Version 2, 2 mars 2026" in said
    assert "1 synpunkt på Förslag om arbetsmiljö" in said
    assert "Vad som har ändrats i Förslag om arbetsmiljö" in said
    assert "hemligt utkast" not in said
    editor = a_person(log, role="editor", consultation=round)
    inside = words_of(browsers.of(editor).get(page_of(round)).text)
    assert "Ett hemligt utkast Inte publicerad än" in inside
    assert "För den som arbetar med samrådet" in inside
    assert "För den som arbetar med samrådet" not in said


def test_everybody_is_led_only_to_pages_that_they_may_open(
    browsers: Browsers, log: Log
) -> None:
    round = a_consultation(log)
    for role in ("officer", "auditor"):
        person = browsers.of(a_person(log, role=role, consultation=round))
        html = person.get(page_of(round)).text
        ways = html[html.index("För den som arbetar med samrådet") :].split("</ul>")[0]
        addresses = re.findall(r'href="([^"]*)"', ways)
        assert addresses
        assert {person.get(way).status_code for way in addresses} == {200}
        assert ("/inbox" in ways) == (role == "officer")


def test_the_front_page_follows_a_comment_to_the_words_it_changed(
    browsers: Browsers, log: Log, reads: ReadPool
) -> None:
    round = a_consultation(log)
    proposal = a_proposal(log, round)
    region = an_organisation(log, "Region Norrskog")
    comment = a_comment(
        log, proposal, 1, "en egen mentor", organisation=region, text="Säg hur länge."
    )
    issue = an_issue(
        log, round, [comment], "Hur länge", disposition="accepted",
        answer="Vi skriver två år.", published=True,
    )  # fmt: skip
    longer = "Regionerna ska erbjuda alla nyanställda en egen mentor i två år."
    browsers.catch_up()
    with reads() as now:
        change = replacing(log, proposal, 1, longer, issues=[issue])
        an_adopted_revision(log, proposal, [change], reads=now, published=False)
    anyone = browsers.anyone()
    assert "Följ en synpunkt" not in anyone.get("/").text, "not published yet"

    an_adopted_revision(log, proposal, [replacing(log, proposal, 4, "Slut.")])
    page = browsers.anyone().get("/")
    said = words_of(page.text)
    steps = [
        "Synpunkten Region Norrskog skrev den 2 mars 2026 om orden ”en egen mentor”:",
        "Säg hur länge.",
        "Sakfrågan Sekretariatet bemöter den i sakfrågan ”Hur länge”.",
        "Tillgodoses",
        "Vi skriver två år.",
        "Ändringen I version 2 fick stycke 1:1 en ny lydelse:",
        "Stycket i dag " + longer,
    ]
    places = [said.index(step) for step in steps]
    assert places == sorted(places)
    assert "<ins> i två år</ins>" in page.text
    for way in (f"/comments/{comment}", f"/issues/{issue}", "/compare?", "/passages/"):
        assert way in page.text

    secret = replacing(log, proposal, 1, "Hemliga ord, inte publicerade.")
    an_adopted_revision(log, proposal, [secret], published=False)
    said = words_of(browsers.anyone().get("/").text)
    assert "Hemliga ord" not in said
    assert "Stycket i dag " + longer in said

    hidden = "Ett utkast som ingen har publicerat."
    later = [replacing(log, proposal, 1, hidden)]
    an_adopted_revision(log, proposal, later, published=False)
    said = words_of(browsers.anyone().get("/").text)
    assert hidden not in said
    assert "Stycket i dag " + longer in said


def test_the_front_page_follows_nobody_whose_comment_is_not_public(
    browsers: Browsers, log: Log, reads: ReadPool
) -> None:
    round = a_consultation(log, display="after_review")
    proposal = a_proposal(log, round)
    comment = a_comment(log, proposal, 1)
    issue = an_issue(
        log, round, [comment], disposition="accepted", answer="Ja.", published=True
    )
    browsers.catch_up()
    with reads() as now:
        change = replacing(log, proposal, 1, "Nya ord.", issues=[issue])
        an_adopted_revision(log, proposal, [change], reads=now)
    assert "Följ en synpunkt" not in browsers.anyone().get("/").text


def test_an_empty_installation_says_what_to_expect(browsers: Browsers) -> None:
    anyone = browsers.anyone()
    assert "Inget samråd är öppet just nu." in anyone.get("/").text
    assert "Det finns inga samråd att läsa än." in anyone.get("/consultations").text


def test_the_page_can_be_read_as_it_was_and_then_offers_nothing(
    browsers: Browsers, log: Log
) -> None:
    round = a_consultation(log, "Kompetensplan")
    a_proposal(log, round, "Första förslaget")
    before = log.recorder.max_notification_id()
    a_proposal(log, round, "Andra förslaget", order=2)
    page = browsers.anyone().get(f"{page_of(round)}?as_of={before}")
    assert "Första förslaget" in page.text
    assert "Andra förslaget" not in page.text
    assert "Du läser hur det var" in page.text
    assert "Så svarar du" not in page.text
    assert f"as_of={before}" in page.text


def test_what_is_not_there_is_not_found(browsers: Browsers, log: Log) -> None:
    assert browsers.anyone().get(page_of(uuid4())).status_code == 404


def test_an_english_reader_gets_english_titles(browsers: Browsers, log: Log) -> None:
    round = a_consultation(log, "Plan", title_en="A plan", summary_en="In short.")
    client = browsers.anyone()
    client.headers["Accept-Language"] = "en"
    said = words_of(client.get(page_of(round)).text)
    assert "A plan" in said
    assert "In short." in said
    assert "Open: anyone may comment." in said
