"""What waits for the secretariat."""

from __future__ import annotations

import re

from domain.inbox import assign_comments
from domain.log import SYSTEM, Log
from domain.period import close_consultation, conclude_consultation
from tests.story import (
    NOW,
    a_comment,
    a_consultation,
    a_person,
    a_proposal,
    a_revision,
    an_issue,
)
from tests.web.conftest import Browsers


def test_what_waits_is_counted_and_leads_to_where_it_is(
    browsers: Browsers, log: Log
) -> None:
    round = a_consultation(log, "Planen")
    proposal = a_proposal(log, round)
    comments = [a_comment(log, proposal) for _ in range(3)]
    an_issue(log, round, comments[:1], disposition="accepted", answer="Ja.")
    a_revision(log, proposal)
    person = a_person(log, role="officer", consultation=round)
    assign_comments(log, ids=comments[1:2], officer=person, by=SYSTEM, now=NOW)
    officer = browsers.of(person)
    page = officer.get("/work").text
    tasks = {
        re.sub(r"\s+", " ", said).strip(): (int(many), address.replace("&amp;", "&"))
        for address, many, said in re.findall(
            r'<a class="ds-card task" href="([^"]+)"><strong>(\d+)</strong>([^<]+)</a>',
            page,
        )
    }
    inbox = f"/consultations/{round}/inbox"
    assert tasks["synpunkt som du har fått saknar bedömning"] == (
        1,
        f"{inbox}?waiting=undecided&officer={person}",
    )
    assert tasks["synpunkter utan handläggare"] == (2, f"{inbox}?waiting=unassigned")
    assert tasks["synpunkter utan tema"] == (3, f"{inbox}?waiting=uncoded")
    assert tasks["synpunkter utan bedömning"] == (2, f"{inbox}?waiting=undecided")
    assert tasks["godkänt bemötande att publicera"][0] == 1
    assert tasks["revidering pågår"][0] == 1
    assert "granska innan" not in page
    for many, address in tasks.values():
        assert officer.get(address).status_code == 200, (many, address)


def test_only_consultations_that_one_works_on_are_listed(
    browsers: Browsers, log: Log
) -> None:
    mine = a_consultation(log, "Mitt samråd")
    a_consultation(log, "Ett annat samråd")
    page = browsers.of(a_person(log, role="editor", consultation=mine)).get("/work")
    assert "Mitt samråd" in page.text
    assert "Ett annat samråd" not in page.text


def test_what_is_concluded_stands_apart(browsers: Browsers, log: Log) -> None:
    round = a_consultation(log, "Förra årets plan")
    close_consultation(log, id=round, by=SYSTEM, now=NOW)
    conclude_consultation(log, id=round, by=SYSTEM, now=NOW)
    page = browsers.of(a_person(log, role="officer")).get("/work").text
    assert "Avslutade samråd" in page
    assert "Det finns inget samråd att arbeta med." in page


def test_a_secretariat_without_work_is_told_where_to_begin(
    browsers: Browsers, log: Log
) -> None:
    page = browsers.of(a_person(log, role="chair")).get("/work").text
    assert "Planera ett, och lägg till" in page
    assert 'href="/consultations/new"' in page


def test_what_waits_is_the_secretariats_own(browsers: Browsers, log: Log) -> None:
    assert browsers.of(a_person(log)).get("/work").status_code == 403
