"""Planning a consultation, running its period, its themes, and whom it asks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from domain.consultation import Consultation
from domain.consultee import invite_consultees
from domain.inbox import code_comments
from domain.log import SYSTEM, Log
from domain.organisation import register_organisation
from domain.submission import withdraw_comment
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

PLAN = {
    "title": "Nationell plan",
    "title_en": "National plan",
    "summary": "Vi vill veta vad ni tycker.",
    "diary_number": "S2026/1",
    "access": "invited",
    "display": "after_close",
    "closes_at": "2099-06-30T23:59",
}


def words(page: str) -> str:
    """What a reader sees of a page."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


@pytest.fixture
def officer(browsers: Browsers, log: Log) -> PageClient:
    return browsers.of(a_person(log, "Olle Ek", role="officer"))


def test_a_plan_is_saved_with_its_deadline_in_swedish_time(
    officer: PageClient, log: Log
) -> None:
    id = uuid4()
    page = officer.post("/consultations/new", data={"id": id.hex, **PLAN})
    assert page.status_code == 200
    assert "Planen är sparad." in page.text
    planned = log.look(Consultation, id)
    assert planned.status == "planned"
    assert planned.closes_at == datetime(2099, 6, 30, 21, 59, tzinfo=UTC)
    assert (planned.access, planned.display) == ("invited", "after_close")


def test_htmx_is_sent_on_as_a_browser_is(officer: PageClient) -> None:
    asked = {"HX-Request": "true"}
    sent = {"id": uuid4().hex, **PLAN}
    done = officer.post("/consultations/new", data=sent, headers=asked)
    assert done.status_code == 204
    assert done.headers["HX-Redirect"].endswith("/course")
    assert "Planen är sparad." in officer.get(done.headers["HX-Redirect"]).text
    wrong = officer.post(
        "/consultations/new", data={**sent, "title": ""}, headers=asked
    )
    assert wrong.status_code == 422
    assert wrong.text.lstrip().startswith("<form")


def test_a_plan_sent_twice_is_one_plan(officer: PageClient, log: Log) -> None:
    sent = {"id": uuid4().hex, **PLAN}
    officer.post("/consultations/new", data=sent)
    again = officer.post("/consultations/new", data=sent)
    assert again.status_code == 200
    assert "Nationell plan" in again.text


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"title": " "}, "Skriv en rubrik."),
        ({"closes_at": ""}, "Välj när samrådet stänger."),
        ({"closes_at": "i morgon"}, "Skriv dag och klockslag"),
        ({"closes_at": "0001-01-01T00:00"}, "Skriv dag och klockslag"),
        ({"closes_at": "2020-01-01T12:00"}, "Välj en senare sista dag"),
        ({"access": "alla"}, "Välj ett av alternativen."),
    ],
)
def test_a_plan_that_is_wrong_comes_back_with_everything_typed(
    officer: PageClient, wrong: Mapping[str, str], said: str
) -> None:
    page = officer.post("/consultations/new", data={"id": uuid4().hex, **PLAN, **wrong})
    assert page.status_code == 422
    assert said in page.text
    assert "Vi vill veta vad ni tycker." in page.text


def test_only_the_secretariat_of_all_consultations_plans(
    browsers: Browsers, log: Log
) -> None:
    round = a_consultation(log)
    local = browsers.of(a_person(log, role="chair", consultation=round))
    assert local.get("/consultations/new").status_code == 403
    refused = local.post("/consultations/new", data={"id": uuid4().hex, **PLAN})
    assert refused.status_code == 403
    assert "/consultations/new" not in local.get("/work").text


def test_details_are_changed(officer: PageClient, browsers: Browsers, log: Log) -> None:
    round = a_consultation(log)
    browsers.catch_up()
    address = f"/consultations/{round}/edit"
    assert "Nationell plan för kompetens" in officer.get(address).text
    page = officer.post(address, data={**PLAN, "title": "En bättre plan"})
    assert "Ändringarna är sparade." in page.text
    assert "En bättre plan" in page.text


def test_what_is_missing_before_opening_is_said(
    officer: PageClient, browsers: Browsers, log: Log
) -> None:
    round = a_consultation(log, open=False, themes={}, access="invited")
    browsers.catch_up()
    course = f"/consultations/{round}/course"
    page = officer.get(course).text
    assert "Det finns inget förslag än." in page
    assert "Kodboken saknar teman" in page
    assert "Ingen organisation är inbjuden" in page
    a_proposal(log, round, published=False)
    browsers.catch_up()
    assert "Inget förslag är publicerat" in officer.get(course).text


def test_a_consultation_is_opened_extended_closed_reopened_and_concluded(
    officer: PageClient, browsers: Browsers, log: Log
) -> None:
    round = a_consultation(log, open=False)
    a_proposal(log, round)
    browsers.catch_up()
    course = f"/consultations/{round}/course"
    assert "Publicerade förslag: 1. Teman: 3." in officer.get(course).text

    assert "Samrådet är öppet." in officer.post(course + "/open").text
    extended = officer.post(
        course + "/extend",
        data={"closes_at": "2100-02-01T12:00", "reason": "Många har bett om det."},
    )
    assert "Sista dagen är flyttad." in extended.text
    assert "Många har bett om det." in extended.text
    assert "1 februari 2100 kl. 12.00" in extended.text
    assert "Samrådet är stängt." in officer.post(course + "/close").text
    reopened = officer.post(
        course + "/reopen",
        data={"closes_at": "2100-03-01T12:00", "reason": "Ett svar kom bort."},
    )
    assert "Samrådet är öppet igen." in reopened.text
    officer.post(course + "/close")
    concluded = officer.post(course + "/conclude")
    assert "Samrådet är avslutat." in concluded.text
    history = words(concluded.text[concluded.text.index("Svarstidens historia") :])
    turns = ["Öppnade", "Förlängdes", "Stängde", "Ett svar kom bort.", "Avslutades"]
    places = [history.index(turn) for turn in turns]
    assert places == sorted(places)
    assert log.look(Consultation, round).status == "concluded"


def test_the_deadline_of_a_plan_can_be_moved_either_way(
    officer: PageClient, browsers: Browsers, log: Log
) -> None:
    round = a_consultation(log, open=False)
    browsers.catch_up()
    course = f"/consultations/{round}/course"
    page = officer.post(course + "/reschedule", data={"closes_at": "2098-05-01T12:00"})
    assert "1 maj 2098" in page.text


def test_a_deadline_is_refused_with_what_was_typed_when_it_is_not_later(
    officer: PageClient, browsers: Browsers, log: Log
) -> None:
    round = a_consultation(log)
    browsers.catch_up()
    page = officer.post(
        f"/consultations/{round}/course/extend",
        data={"closes_at": "2098-05-01T12:00", "reason": "Vi hinner inte."},
    )
    assert page.status_code == 422
    assert "Välj en senare sista dag" in page.text
    assert "Vi hinner inte." in page.text
    unexplained = officer.post(
        f"/consultations/{round}/course/extend", data={"closes_at": "2100-05-01T12:00"}
    )
    assert "Skriv varför. Alla kan läsa det." in unexplained.text


def test_a_turn_that_does_not_fit_is_refused_on_the_page(
    officer: PageClient, browsers: Browsers, log: Log
) -> None:
    round = a_consultation(log)
    browsers.catch_up()
    page = officer.post(f"/consultations/{round}/course/open")
    assert page.status_code == 422
    assert "Samrådet är redan öppet." in page.text


def test_what_is_left_is_said_before_concluding(
    officer: PageClient, browsers: Browsers, log: Log
) -> None:
    round = a_consultation(log)
    proposal = a_proposal(log, round)
    a_comment(log, proposal)
    answered = a_comment(log, proposal)
    an_issue(log, round, [answered], disposition="accepted", answer="Ja.")
    browsers.catch_up()
    page = officer.post(f"/consultations/{round}/course/close").text
    assert "1 synpunkt saknar bedömning" in page
    assert "1 bemötande är inte publicerat" in page


def test_the_past_shows_no_buttons(
    officer: PageClient, browsers: Browsers, log: Log
) -> None:
    round = a_consultation(log)
    then = log.recorder.max_notification_id()
    a_proposal(log, round)
    browsers.catch_up()
    for page in ("course", "themes", "consultees", "edit", "proposals"):
        shown = officer.get(f"/consultations/{round}/{page}?as_of={then}").text
        main = shown[shown.index("<main") : shown.index("</main>")]
        assert 'method="post"' not in main, page


def themes_form(page: str) -> dict[str, str]:
    """What a browser would send of the codebook's form, with nothing ticked."""
    form = page[page.index('id="themes-form"') :]
    fields = re.findall(r'<input([^>]*) name="([^"]+)"[^>]* value="([^"]*)"', form)
    sent = {name: value for kind, name, value in fields if "checkbox" not in kind}
    areas = r'<textarea[^>]* name="([^"]+)"[^>]*>\n([^<]*)</textarea>'
    return sent | dict(re.findall(areas, form))


def keys_of(log: Log, round: UUID) -> set[str]:
    return log.look(Consultation, round).themes


def test_themes_are_rearranged_in_the_form_and_saved_as_one_edition(
    officer: PageClient, browsers: Browsers, log: Log
) -> None:
    round = a_consultation(log)
    browsers.catch_up()
    address = f"/consultations/{round}/themes"
    sent = themes_form(officer.get(address).text)
    assert sent["title-0"] == "Arbetsmiljö"
    moved = officer.post(address, data={**sent, "do": "down 0"}).text
    sent = themes_form(moved)
    assert [sent["title-0"], sent["title-1"]] == ["Utbildning", "Arbetsmiljö"]
    assert "inte sparat än" in moved
    sent = themes_form(officer.post(address, data={**sent, "do": "add"}).text)
    sent |= {"title-3": "Så här: åäö & co", "title_en-3": "Like this"}
    saved = officer.post(address, data={**sent, "do": "save"}).text
    assert "Kodboken är sparad." in saved
    assert "utgåva 2" in saved
    assert keys_of(log, round) == {"work", "education", "cost", "sa-har-aao-co"}
    assert themes_form(saved)["title-0"] == "Utbildning"


def test_a_theme_that_stands_on_comments_goes_only_when_that_is_said(
    officer: PageClient, browsers: Browsers, log: Log
) -> None:
    round = a_consultation(log)
    proposal = a_proposal(log, round)
    coded = [a_comment(log, proposal), a_comment(log, proposal)]
    code_comments(log, ids=coded, add=["work"], remove=[], by=SYSTEM, now=NOW)
    browsers.catch_up()
    address = f"/consultations/{round}/themes"
    page = officer.get(address).text
    assert "Används på 2 synpunkter" in page
    sent = themes_form(
        officer.post(address, data={**themes_form(page), "do": "remove 0"}).text
    )
    refused = officer.post(address, data={**sent, "do": "save"})
    assert refused.status_code == 422
    assert "används på 2 synpunkter. Kryssa" in refused.text
    assert "work" in keys_of(log, round)
    officer.post(address, data={**sent, "do": "save", "sure": "yes"})
    assert keys_of(log, round) == {"education", "cost"}


def test_a_button_that_names_no_theme_moves_none(
    officer: PageClient, browsers: Browsers, log: Log
) -> None:
    address = f"/consultations/{a_consultation(log)}/themes"
    browsers.catch_up()
    astray = officer.post(address, data={"do": "up " + "5" * 5000, "rows": "1"})
    assert astray.status_code == 200


def test_two_themes_with_one_title_get_keys_of_their_own(
    officer: PageClient, browsers: Browsers, log: Log
) -> None:
    round = a_consultation(log, themes={})
    browsers.catch_up()
    sent = {"count": "2", "edition": "0", "title-0": "Vård", "title-1": "Vård"}
    officer.post(f"/consultations/{round}/themes", data={**sent, "do": "save"})
    assert keys_of(log, round) == {"vard", "vard-2"}


def test_an_edition_saved_by_somebody_else_meanwhile_is_not_overwritten(
    officer: PageClient, browsers: Browsers, log: Log
) -> None:
    round = a_consultation(log)
    browsers.catch_up()
    address = f"/consultations/{round}/themes"
    sent = themes_form(officer.get(address).text)
    officer.post(address, data={**sent, "do": "save"})
    late = officer.post(address, data={**sent, "title-0": "Annat", "do": "save"})
    assert late.status_code == 422
    assert "en ny utgåva under tiden" in late.text
    assert 'value="Annat"' in late.text


def an_asked_region(log: Log, name: str, county: str, *regions: str) -> UUID:
    id = uuid4()
    register_organisation(
        log,
        id=id,
        name=name,
        kind="region",
        county=county,
        care_regions=list(regions),
        by=SYSTEM,
        now=NOW,
    )
    return id


def test_organisations_are_found_and_invited(
    officer: PageClient, browsers: Browsers, log: Log
) -> None:
    round = a_consultation(log)
    halland = an_asked_region(log, "Region Halland", "Hallands län", "Västra", "Södra")
    skane = an_asked_region(log, "Region Skåne", "Skåne län", "Södra")
    an_organisation(log, "Umeå kommun", "municipality")
    browsers.catch_up()
    address = f"/consultations/{round}/consultees"

    def names(**asked: str) -> str:
        page = officer.get(address, params=asked).text
        return page[page.index('id="organisations"') :]

    assert "Umeå kommun" in names()
    assert "Umeå kommun" not in names(kind="region")
    assert "Region Skåne" not in names(county="Hallands län")
    assert "Region Skåne" in names(care_region="Södra")
    assert "Region Skåne" not in names(words="halland")
    assert "Ingen organisation stämmer." in names(words="finns inte")

    page = officer.post(
        address, data={"organisation": [halland.hex, skane.hex], "next": address}
    )
    assert "2 organisationer är inbjudna." in page.text
    assert log.look(Consultation, round).consultees == {halland, skane}
    assert "Umeå kommun" not in names(standing="asked")
    assert "Region Skåne" in names(standing="silent")


def test_all_that_the_filter_finds_are_invited_at_once(
    officer: PageClient, browsers: Browsers, log: Log
) -> None:
    round = a_consultation(log)
    for number in range(60):
        an_organisation(log, f"Kommun {number}", "municipality")
    union = an_organisation(log, "Facket", "union")
    browsers.catch_up()
    address = f"/consultations/{round}/consultees"
    page = officer.post(
        address, data={"kind": "municipality", "everyone": "yes", "next": address}
    )
    assert "60 organisationer är inbjudna." in page.text
    asked = log.look(Consultation, round).consultees
    assert len(asked) == 60
    assert union not in asked


def test_nobody_ticked_is_said(
    officer: PageClient, browsers: Browsers, log: Log
) -> None:
    round = a_consultation(log)
    an_organisation(log)
    browsers.catch_up()
    page = officer.post(
        f"/consultations/{round}/consultees", data={"organisation": "inte ett id"}
    )
    assert page.status_code == 422
    assert "Kryssa för minst en organisation" in page.text


def test_an_organisation_invited_by_mistake_is_taken_off_for_a_reason(
    officer: PageClient, browsers: Browsers, log: Log
) -> None:
    round = a_consultation(log)
    proposal = a_proposal(log, round)
    wrong = an_asked_region(log, "Region Halland", "Hallands län", "Västra")
    answered = an_asked_region(log, "Region Skåne", "Skåne län", "Södra")
    asked = [wrong, answered]
    invite_consultees(log, id=round, organisations=asked, by=SYSTEM, now=NOW)
    comment = a_comment(log, proposal, organisation=answered)
    browsers.catch_up()
    address = f"/consultations/{round}/consultees"
    page = officer.get(address).text
    choices = page.partition('id="f-removed"')[2].partition("</select>")[0]
    assert str(wrong) in choices
    assert str(answered) not in choices

    unexplained = officer.post(
        address + "/remove", data={"removed": str(wrong), "reason": " "}
    )
    assert unexplained.status_code == 422
    assert "Skriv varför den tas bort." in unexplained.text
    sent = {"removed": str(wrong), "reason": "Fel region."}
    page = officer.post(address + "/remove", data=sent).text
    assert "Organisationen är borttagen från listan." in page
    assert log.look(Consultation, round).consultees == {answered}
    log_page = words(officer.get(f"/history/{round}").text)
    assert "tog bort organisationer från listan i" in log_page
    assert "Skäl: Fel region." in log_page

    withdraw_comment(log, id=comment, by=SYSTEM, now=NOW)
    sent = {"removed": str(answered), "reason": "Fel region."}
    kept = officer.post(address + "/remove", data=sent)
    assert kept.status_code == 422
    assert "En organisation som har lämnat synpunkter står kvar" in kept.text
    assert log.look(Consultation, round).consultees == {answered}


def test_coverage_counts_who_has_answered_by_kind_and_care_region(
    officer: PageClient, browsers: Browsers, log: Log
) -> None:
    round = a_consultation(log)
    proposal = a_proposal(log, round)
    both = an_asked_region(log, "Region Halland", "Hallands län", "Västra", "Södra")
    silent = an_asked_region(log, "Region Skåne", "Skåne län", "Södra")
    volunteer = an_organisation(log, "Facket", "union")
    invite_consultees(log, id=round, organisations=[both, silent], by=SYSTEM, now=NOW)
    a_comment(log, proposal, organisation=both)
    a_comment(log, proposal, organisation=volunteer)
    browsers.catch_up()
    page = words(officer.get(f"/consultations/{round}/consultees").text)
    assert "2 inbjudna 1 har svarat 1 har inte svarat 1 har svarat utan" in page
    assert re.search(r"Region 2 1 \(50\s%\) 1 0 1", page)
    assert re.search(r"Södra 2 1 \(50\s%\) 1 0 1", page)
    assert re.search(r"Västra 1 1 \(100\s%\) 0 0 1", page)
    assert re.search(r"Fackförbund 0 0 0 1 1", page)
    assert "Ingen är inbjuden från: Norra, Mellansverige" in page


@pytest.mark.parametrize("page", ["edit", "course", "themes", "consultees"])
def test_planning_is_for_the_secretariat_of_that_consultation(
    page: str, browsers: Browsers, log: Log
) -> None:
    round, other = a_consultation(log), a_consultation(log, "Ett annat")
    there = browsers.of(a_person(log, role="officer", consultation=other))
    assert there.get(f"/consultations/{other}/{page}").status_code == 200
    assert there.get(f"/consultations/{round}/{page}").status_code == 403
    citizen = browsers.of(a_person(log))
    assert citizen.get(f"/consultations/{round}/{page}").status_code == 403


def test_pages_of_a_consultation_that_is_not_there_are_not_found(
    officer: PageClient,
) -> None:
    for page in ("edit", "course", "themes", "consultees", "proposals"):
        assert officer.get(f"/consultations/{uuid4()}/{page}").status_code == 404
