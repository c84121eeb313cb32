"""The register of organisations, and who speaks for each."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from domain.consultee import invite_consultees
from domain.log import SYSTEM, Log
from domain.organisation import Organisation
from domain.person import Person
from projections.person import person_by_email
from projections.reads import ReadPool
from tests.client import PageClient
from tests.story import (
    NOW,
    a_comment,
    a_consultation,
    a_person,
    a_proposal,
    an_organisation,
)
from tests.web.conftest import Browsers
from tests.web.reading import way_to

REGION = {
    "name": "Region Halland",
    "kind": "region",
    "number": "232100-0115",
    "county": "Hallands län",
    "care_regions": ["Västra", "Södra"],
}


@pytest.fixture
def officer(browsers: Browsers, log: Log) -> PageClient:
    return browsers.of(a_person(log, "Olle Ek", role="officer"))


def test_an_organisation_is_registered_and_changed(
    officer: PageClient, log: Log
) -> None:
    id = uuid4()
    page = officer.post("/organisations/new", data={"id": id.hex, **REGION})
    assert "Organisationen är registrerad." in page.text
    assert "232100-0115" in page.text
    assert "Västra, Södra" in page.text
    form = officer.get(f"/organisations/{id}/edit").text
    assert form.count(" checked") == 2
    changed = officer.post(
        f"/organisations/{id}/edit",
        data={**REGION, "name": "Hallands region", "care_regions": ["Södra"]},
    )
    assert "Hallands region" in changed.text
    assert "Västra" not in changed.text
    assert officer.get("/organisations?words=232100").text.count("Hallands region") == 0
    assert "Hallands region" in officer.get("/organisations?words=2321000115").text
    assert log.look(Organisation, id).version == 2


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": ""}, "Skriv organisationens namn."),
        ({"kind": "kungarike"}, "Välj ett av alternativen."),
        ({"county": "Atlantis län"}, "Välj ett av alternativen."),
    ],
)
def test_what_is_wrong_is_told_and_the_rest_kept(
    officer: PageClient, wrong: dict[str, str], said: str
) -> None:
    sent = {"id": uuid4().hex, **REGION, **wrong}
    page = officer.post("/organisations/new", data=sent)
    assert page.status_code == 422
    assert said in page.text
    assert 'value="232100-0115"' in page.text


def test_the_register_stands_in_swedish_order_and_is_paged(
    officer: PageClient, browsers: Browsers, log: Log
) -> None:
    for name in ("Ödeshögs kommun", "Zetafacket", "Åre kommun", "Ängelholms kommun"):
        an_organisation(log, name, "municipality")
    for number in range(50):
        an_organisation(log, f"Bolag {number:02}", "company")
    browsers.catch_up()
    first = officer.get("/organisations").text
    assert "50 av 54" in first
    second = officer.get(way_to(first, "Nästa")).text
    names = ["Zetafacket", "Åre", "Ängelholms", "Ödeshögs"]
    places = [second.index(name) for name in names]
    assert places == sorted(places)
    assert "Zetafacket" not in officer.get("/organisations?kind=company").text


def mandates(log: Log, person: UUID) -> dict[UUID, tuple[datetime, datetime | None]]:
    return log.look(Person, person).mandates


def test_a_mandate_is_given_by_address_from_a_day_to_a_day_and_ended(
    officer: PageClient, browsers: Browsers, log: Log, reads: ReadPool
) -> None:
    region = an_organisation(log, "Region Norrskog")
    browsers.catch_up()
    address = f"/organisations/{region}"
    page = officer.post(
        f"{address}/mandates",
        data={
            "email": "ny@norrskog.example",
            "name": "Nils Norr",
            "begins": "2026-07-01",
            "last": "2099-07-31",
        },
    )
    assert "Mandatet är givet." in page.text
    said = re.sub(r"<[^>]+>", "", page.text)
    assert "Från 1 juli 2026 till och med 31 juli 2099" in said
    with reads() as now:
        person = person_by_email(now, "ny@norrskog.example")
    assert person is not None
    begins, ends = mandates(log, person.id)[region]
    assert begins == datetime(2026, 6, 30, 22, tzinfo=UTC)
    assert ends == datetime(2099, 7, 31, 22, tzinfo=UTC)

    ended = officer.post(f"{address}/mandates/end", data={"person": person.id})
    assert "Mandatet är avslutat." in ended.text
    assert "Nils Norr" not in ended.text
    assert region not in mandates(log, person.id)
    again = officer.post(f"{address}/mandates/end", data={"person": person.id})
    assert again.status_code == 422


def test_a_mandate_that_ends_before_it_begins_registers_nobody(
    officer: PageClient, browsers: Browsers, log: Log, reads: ReadPool
) -> None:
    region = an_organisation(log)
    browsers.catch_up()
    page = officer.post(
        f"/organisations/{region}/mandates",
        data={
            "email": "ny@norrskog.example",
            "name": "Nils Norr",
            "begins": "2026-07-02",
            "last": "2026-07-01",
        },
    )
    assert page.status_code == 422
    assert "Sista dagen får inte komma före den första." in page.text
    assert 'value="Nils Norr"' in page.text
    browsers.catch_up()
    with reads() as now:
        assert person_by_email(now, "ny@norrskog.example") is None


def test_an_organisation_shows_where_it_is_asked_and_what_it_has_said(
    officer: PageClient, browsers: Browsers, log: Log
) -> None:
    region, union = an_organisation(log), an_organisation(log, "Facket", "union")
    silent = a_consultation(log, "Den tysta rundan")
    lively = a_consultation(log, "Den livliga rundan")
    invite_consultees(log, id=silent, organisations=[region], by=SYSTEM, now=NOW)
    proposal = a_proposal(log, lively)
    a_comment(log, proposal, text="Regionens egna ord.", organisation=region)
    a_comment(log, proposal, text="Fackets ord.", organisation=union)
    browsers.catch_up()
    page = officer.get(f"/organisations/{region}").text
    assert "Den tysta rundan" in page
    assert "Den livliga rundan" in page
    assert "Regionens egna ord." in page
    assert "Fackets ord." not in page


def test_what_waits_for_review_elsewhere_is_not_shown_to_other_secretariats(
    browsers: Browsers, log: Log
) -> None:
    region = an_organisation(log)
    mine = a_consultation(log, "Min runda")
    other = a_consultation(log, "En annan runda", display="after_review")
    hidden = a_consultation(log, "En intern runda", access="internal")
    invite_consultees(log, id=hidden, organisations=[region], by=SYSTEM, now=NOW)
    a_comment(log, a_proposal(log, mine), text="Öppna ord.", organisation=region)
    a_comment(log, a_proposal(log, other), text="Väntande ord.", organisation=region)
    a_comment(log, a_proposal(log, hidden), text="Interna ord.", organisation=region)
    local = browsers.of(a_person(log, role="officer", consultation=mine))
    page = local.get(f"/organisations/{region}").text
    assert "Öppna ord." in page
    assert "Väntande ord." not in page
    assert "Interna ord." not in page
    assert "En intern runda" not in page


def test_the_register_is_kept_by_the_secretariat_of_all_consultations(
    browsers: Browsers, log: Log
) -> None:
    region = an_organisation(log)
    round = a_consultation(log)
    local = browsers.of(a_person(log, role="chair", consultation=round))
    page = local.get(f"/organisations/{region}")
    assert page.status_code == 200
    assert "/mandates" not in page.text
    for address in ("/organisations/new", f"/organisations/{region}/edit"):
        assert local.get(address).status_code == 403
    sent = {"email": "x@example.se", "begins": "2026-01-01"}
    assert local.post(f"/organisations/{region}/mandates", data=sent).status_code == 403
    citizen = browsers.of(a_person(log))
    assert citizen.get("/organisations").status_code == 403
    assert citizen.get(f"/organisations/{region}").status_code == 403


def test_an_organisation_that_is_not_there_is_not_found(officer: PageClient) -> None:
    for page in ("", "/edit"):
        assert officer.get(f"/organisations/{uuid4()}{page}").status_code == 404
    sent = {"email": "x@example.se", "name": "X", "begins": "2026-01-01"}
    missing = officer.post(f"/organisations/{uuid4()}/mandates", data=sent)
    assert missing.status_code == 404


def test_the_past_of_an_organisation_shows_what_stood_then(
    officer: PageClient, browsers: Browsers, log: Log
) -> None:
    region = an_organisation(log, "Norrskogs landsting")
    then = log.recorder.max_notification_id()
    browsers.catch_up()
    sent = {**REGION, "name": "Region Norrskog"}
    officer.post(f"/organisations/{region}/edit", data=sent)
    page = officer.get(f"/organisations/{region}?as_of={then}").text
    assert "<h1>Norrskogs landsting</h1>" in page
    assert "Ge ett mandat" not in page
