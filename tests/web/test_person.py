"""Roles in a consultation, and a person's own page."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from domain.log import SYSTEM, Log
from domain.organisation import give_mandate
from domain.person import Person
from projections.person import person_by_email
from projections.reads import ReadPool
from tests.client import PageClient
from tests.story import NOW, a_consultation, a_person, an_organisation
from tests.web.conftest import Browsers


@pytest.fixture
def round(log: Log) -> UUID:
    return a_consultation(log, "Planen")


@pytest.fixture
def chair(browsers: Browsers, log: Log, round: UUID) -> PageClient:
    return browsers.of(a_person(log, "Karin Ordförande", role="chair"))


def known(reads: ReadPool, email: str) -> UUID | None:
    with reads() as now:
        found = person_by_email(now, email)
    return found.id if found else None


def test_somebody_known_gets_a_role_in_one_consultation(
    chair: PageClient, browsers: Browsers, log: Log, round: UUID
) -> None:
    person = a_person(log, "Berit Holm", email="berit@example.se")
    browsers.catch_up()
    address = f"/consultations/{round}/people"
    page = chair.post(address, data={"email": "Berit@Example.se", "role": "officer"})
    assert "Rollen är given." in page.text
    assert "Berit Holm" in page.text
    assert log.look(Person, person).roles == {(round, "officer")}


def test_somebody_new_is_registered_with_the_role_and_without_consent(
    chair: PageClient, browsers: Browsers, log: Log, reads: ReadPool, round: UUID
) -> None:
    address = f"/consultations/{round}/people"
    sent = {"email": "ny@example.se", "role": "editor"}
    nameless = chair.post(address, data=sent)
    assert nameless.status_code == 422
    assert "Skriv namnet också." in nameless.text
    assert 'value="ny@example.se"' in nameless.text
    page = chair.post(address, data={**sent, "name": "Nya Nilsson"})
    assert "Nya Nilsson" in page.text
    person = known(reads, "ny@example.se")
    assert person is not None
    assert log.look(Person, person).has_role(round, "editor")
    with reads() as now:
        found = person_by_email(now, "ny@example.se")
    assert found is not None
    assert not found.public_name


def test_a_chair_of_one_consultation_cannot_register_people(
    browsers: Browsers, log: Log, round: UUID, reads: ReadPool
) -> None:
    local = browsers.of(a_person(log, role="chair", consultation=round))
    address = f"/consultations/{round}/people"
    page = local.post(
        address, data={"email": "ny@example.se", "name": "Ny", "role": "officer"}
    )
    assert page.status_code == 422
    assert "Be personen att logga in en gång." in page.text
    browsers.catch_up()
    assert known(reads, "ny@example.se") is None


def test_a_role_is_taken_back(
    chair: PageClient, browsers: Browsers, log: Log, round: UUID
) -> None:
    person = a_person(log, "Olle Ek", role="officer", consultation=round)
    browsers.catch_up()
    address = f"/consultations/{round}/people"
    assert "Olle Ek" in chair.get(address).text
    page = chair.post(address + "/revoke", data={"person": person, "role": "officer"})
    assert "Rollen är tillbakatagen." in page.text
    assert "Olle Ek" not in page.text
    assert not log.look(Person, person).roles
    again = chair.post(address + "/revoke", data={"person": person, "role": "officer"})
    assert again.status_code == 422
    assert "Personen har inte den rollen." in again.text


def test_the_last_chair_stays_until_somebody_else_is_one(
    browsers: Browsers, log: Log, round: UUID
) -> None:
    last = a_person(log, role="chair", consultation=round)
    address = f"/consultations/{round}/people"
    taken = {"person": last, "role": "chair"}
    refused = browsers.of(last).post(address + "/revoke", data=taken)
    assert refused.status_code == 422
    assert "Ingen annan är ordförande här" in refused.text
    a_person(log, role="chair")
    browsers.of(last).post(address + "/revoke", data=taken)
    assert not log.look(Person, last).roles


def test_a_role_that_is_held_is_not_given_twice(
    chair: PageClient, browsers: Browsers, log: Log, round: UUID
) -> None:
    a_person(log, email="o@example.se", role="officer", consultation=round)
    browsers.catch_up()
    sent = {"email": "o@example.se", "role": "officer"}
    page = chair.post(f"/consultations/{round}/people", data=sent)
    assert page.status_code == 422
    assert "har redan den rollen" in page.text


@pytest.mark.parametrize("sent", [{"email": "inte en adress"}, {"role": "kung"}, {}])
def test_nonsense_is_told_and_kept(
    chair: PageClient, round: UUID, sent: dict[str, str]
) -> None:
    sent = {"name": "Lisa", **sent}
    page = chair.post(f"/consultations/{round}/people", data=sent)
    assert page.status_code == 422
    assert 'value="Lisa"' in page.text


def test_only_those_who_decide_give_roles(
    browsers: Browsers, log: Log, round: UUID
) -> None:
    editor = browsers.of(a_person(log, role="editor"))
    address = f"/consultations/{round}/people"
    assert editor.get(address).status_code == 403
    sent = {"email": "e@example.se", "role": "chair"}
    assert editor.post(address, data=sent).status_code == 403


def test_ones_own_page_shows_roles_and_mandates(browsers: Browsers, log: Log) -> None:
    round = a_consultation(log, "Planen")
    region = an_organisation(log, "Region Norrskog")
    past = an_organisation(log, "Gamla rådet")
    person = a_person(
        log, "Berit Holm", role="officer", consultation=round, speaks_for=region
    )
    give_mandate(
        log,
        person=person,
        organisation=past,
        begins=NOW,
        ends=NOW + timedelta(days=1),
        by=SYSTEM,
        now=NOW,
    )
    page = browsers.of(person).get("/my/profile").text
    assert "Region Norrskog" in page
    assert "tills vidare" in page
    assert "Har gått ut" in page
    assert "Planen" in page
    assert "Handläggare" in page
    assert 'href="/my/sessions"' in page


def test_a_person_changes_name_and_consent(
    browsers: Browsers, log: Log, reads: ReadPool
) -> None:
    person = a_person(log, "Berit Holm", email="b@example.se", public_name=True)
    mine = browsers.of(person)
    sent = {"name": "Berit Ek", "public_name": "no"}
    page = mine.post("/my/profile", data=sent)
    assert "Ändringarna är sparade." in page.text
    assert "Berit Ek" in page.text
    with reads() as now:
        found = person_by_email(now, "b@example.se")
    assert found is not None
    assert (found.name, found.public_name) == ("Berit Ek", False)
    empty = mine.post("/my/profile", data={"name": " ", "public_name": "yes"})
    assert empty.status_code == 422
    assert "Skriv ditt namn." in empty.text


def test_ones_own_page_takes_signing_in(anyone: PageClient) -> None:
    page = anyone.get("/my/profile", follow_redirects=False)
    assert page.headers["location"].startswith("/sign-in?")


def test_a_consultation_that_is_not_there_has_no_people(chair: PageClient) -> None:
    assert chair.get(f"/consultations/{uuid4()}/people").status_code == 404
