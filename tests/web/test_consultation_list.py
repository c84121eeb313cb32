"""Lists of consultations: what they show is what may be opened, page by page."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

from domain.consultee import invite_consultees
from domain.log import SYSTEM, Log
from domain.period import close_consultation, conclude_consultation
from tests.story import (
    NOW,
    a_comment,
    a_consultation,
    a_person,
    a_proposal,
    an_organisation,
)
from tests.web.conftest import Browsers
from tests.web.reading import way_to, words_of


def listed(page: str) -> list[UUID]:
    """The consultations that a page lists under headings, in its order."""
    found = re.findall(r'<h[23][^>]*><a href="/consultations/([0-9a-f-]{36})', page)
    return [UUID(id) for id in found]


def test_the_list_shows_what_may_be_opened_and_nothing_else(
    browsers: Browsers, log: Log
) -> None:
    asked = an_organisation(log, "Region Norrskog")
    rounds = [
        a_consultation(log, open=open, access=access)
        for open in (True, False)
        for access in ("open", "invited", "internal")
    ]
    for round in rounds:
        invite_consultees(log, id=round, organisations=[asked], by=SYSTEM, now=NOW)
    rounds.append(a_consultation(log, access="internal"))
    readers = {
        "anyone": browsers.anyone(),
        "a person": browsers.of(a_person(log)),
        "a member": browsers.of(a_person(log, speaks_for=asked)),
        "a stranger": browsers.of(
            a_person(log, speaks_for=an_organisation(log, "Region Sund"))
        ),
    }
    for role in ("officer", "auditor", "reader"):
        readers[role] = browsers.of(a_person(log, role=role))
        readers[f"{role} of some"] = browsers.of(
            a_person(log, role=role, consultation=rounds[3])
        )
    browsers.catch_up()
    shown, opened = {}, {}
    for name, reader in readers.items():
        shown[name] = set(listed(reader.get("/consultations").text))
        answers = {id: reader.get(f"/consultations/{id}").status_code for id in rounds}
        opened[name] = {id for id, status in answers.items() if status == 200}
    assert shown == opened
    assert {len(some) for some in shown.values()} == {2, 3, 7}


def test_the_open_come_first_by_deadline_and_the_others_page_by_page(
    browsers: Browsers, log: Log
) -> None:
    today = datetime.now(UTC)
    past = [
        a_consultation(log, f"Samråd {n}", closes_at=today - timedelta(days=n + 1))
        for n in range(23)
    ]
    later, sooner = (
        a_consultation(log, closes_at=today + timedelta(days=days)) for days in (9, 4)
    )
    closed = a_consultation(log, closes_at=today + timedelta(days=2))
    close_consultation(log, id=closed, by=SYSTEM, now=NOW)
    anyone = browsers.anyone()
    first = anyone.get("/consultations").text
    second = anyone.get(way_to(first, "Äldre")).text
    assert listed(first) == [sooner, later, closed, *past[:19]]
    assert listed(second) == past[19:]
    assert listed(anyone.get(way_to(second, "Nyare")).text) == listed(first)
    front = anyone.get("/").text
    assert listed(front) == [sooner, later, closed, *past[:4]]
    assert way_to(front, "Alla samråd") == "/consultations"


def test_the_front_page_shows_so_many_that_are_open_and_leads_to_the_rest(
    browsers: Browsers, log: Log
) -> None:
    today = datetime.now(UTC)
    rounds = [
        a_consultation(log, closes_at=today + timedelta(days=n + 1)) for n in range(11)
    ]
    front = browsers.anyone().get("/").text
    assert listed(front) == rounds[:10]
    assert way_to(front, "Alla samråd") == "/consultations"
    assert listed(browsers.anyone().get("/consultations").text) == rounds


def test_the_secretariat_meets_its_rounds_page_by_page(
    browsers: Browsers, log: Log
) -> None:
    today = datetime.now(UTC)
    past = [
        a_consultation(log, closes_at=today - timedelta(days=n + 1)) for n in range(12)
    ]
    ahead = a_consultation(log)
    done = [
        a_consultation(log, f"Klart {n:02}", closes_at=NOW + timedelta(days=n + 1))
        for n in range(11)
    ]
    for round in done:
        close_consultation(log, id=round, by=SYSTEM, now=NOW)
        conclude_consultation(log, id=round, by=SYSTEM, now=NOW)
    officer = browsers.of(a_person(log, role="officer"))
    first = officer.get("/work").text
    assert listed(first) == [ahead, *past[:10]]
    second = officer.get(way_to(first, "Äldre")).text
    assert listed(second) == past[10:]
    said = words_of(first)
    assert "Klart 10" in said
    assert "Klart 00" not in said
    assert way_to(first, "Alla samråd") == "/consultations"


def test_an_organisation_shows_what_it_said_where_one_may_read(
    browsers: Browsers, log: Log
) -> None:
    region = an_organisation(log)
    speaker = a_person(log, speaks_for=region)
    public, internal = a_consultation(log), a_consultation(log, access="internal")
    invite_consultees(log, id=internal, organisations=[region], by=SYSTEM, now=NOW)
    said = {
        round: a_comment(log, a_proposal(log, round), by=speaker, organisation=region)
        for round in (public, internal)
    }
    elsewhere = a_person(log, role="officer", consultation=public)
    there = a_person(log, role="officer", consultation=internal)

    def found(person: UUID) -> set[UUID]:
        page = browsers.of(person).get(f"/organisations/{region}").text
        return {id for id in said.values() if str(id) in page}

    assert found(elsewhere) == {said[public]}
    assert found(there) == set(said.values())
