"""The auditor's page tells when the log last passed, and names what does not."""

from __future__ import annotations

import re

import psycopg
import pytest

from domain.log import Log
from ledger.alarm import Alarm, Reason
from ledger.audit import audit
from ledger.findings import Check
from ledger.spoken import spoken
from tests.client import PageClient
from tests.ledger.tampering import tamper
from tests.publishing import POLICY, alarm, publish
from tests.story import a_comment, a_consultation, a_person, a_proposal
from tests.web.conftest import Browsers
from tests.web.reading import words_of
from web.check import SAID, SOON

VERSION = "0.1.0"


@pytest.fixture
def auditor(browsers: Browsers, log: Log) -> PageClient:
    a_comment(log, a_proposal(log, a_consultation(log)))
    return browsers.of(a_person(log, "Revisor Ek", role="auditor"))


def text_of(client: PageClient) -> str:
    return words_of(client.get("/log/check").text)


def test_before_the_first_check_the_page_says_so(auditor: PageClient) -> None:
    said = text_of(auditor)
    assert "Loggen har inte kontrollerats än." in said
    assert "Loggen har inte signerats än." in said
    assert "Kontrollera nu" in said


def test_a_check_is_asked_for_and_its_result_appears_by_itself(
    auditor: PageClient, database: str, log: Log
) -> None:
    size = publish(database)
    page = auditor.post("/log/check")
    assert page.status_code == 200
    assert "En kontroll är begärd och börjar strax." in words_of(page.text)
    assert 'hx-trigger="every 1s"' in page.text
    again = page.text.partition('hx-get="')[2].partition('"')[0].replace("&amp;", "&")
    as_htmx = {"HX-Request": "true"}
    assert auditor.get(again, headers=as_htmx).status_code == 204

    audit(database, POLICY, VERSION)
    part = auditor.get(again, headers=as_htmx)
    assert part.status_code == 200
    said = words_of(part.text)
    assert f"Loggen är hel. Alla poster till och med nummer {size} är" in said
    assert f"med Samråd {VERSION}" in said
    assert "hx-get" not in part.text
    assert "Kontrollera nu" in said


def test_asking_twice_asks_once(auditor: PageClient, database: str) -> None:
    auditor.post("/log/check")
    auditor.post("/log/check")
    audit(database, POLICY, VERSION)
    with psycopg.connect(database) as connection:
        found = connection.execute(
            "SELECT outcome, asked_by IS NOT NULL FROM tlog.audit"
        ).fetchall()
    assert found == [("undecided", True)]


def test_a_changed_byte_is_named_with_a_link_to_the_entry_until_it_is_restored(
    auditor: PageClient, database: str
) -> None:
    size = publish(database)
    audit(database, POLICY, VERSION)
    one_byte = (
        "UPDATE log.entry SET state = set_byte(state, 9, get_byte(state, 9) # 1)"
        " WHERE position = 3"
    )
    tamper(database, one_byte)
    audit(database, POLICY, VERSION)
    page = auditor.get("/log/check")
    said = words_of(page.text)
    assert "Loggen är inte som när den sparades." in said
    assert "Den första posten som inte stämmer: post 3." in said
    assert "Det som är lagrat är inte det som sparades från början." in said
    assert 'href="/log/3"' in page.text
    assert f"till och med post {size}" in said
    assert "Senast utan anmärkning" in said
    tamper(database, one_byte)
    audit(database, POLICY, VERSION)
    assert "Loggen är hel." in text_of(auditor)


def test_an_entry_that_is_gone_is_named_without_a_link(
    auditor: PageClient, database: str
) -> None:
    publish(database)
    tamper(database, "DELETE FROM log.entry WHERE position = 3")
    audit(database, POLICY, VERSION)
    page = auditor.get("/log/check")
    assert "Post 3: Posten saknas." in words_of(page.text)
    assert 'href="/log/3"' not in page.text
    assert "Den har aldrig varit utan anmärkning." in words_of(page.text)


def test_what_is_signed_is_shown_with_its_witnesses_and_the_alarm(
    auditor: PageClient, database: str
) -> None:
    publish(database)
    alarm(database, Alarm(Reason.NO_QUORUM, "one is away"))
    with psycopg.connect(database) as connection:
        [root] = connection.execute("SELECT root FROM tlog.integrated").fetchone() or ()
    said = text_of(auditor)
    assert spoken(root) in said
    assert "witness-1.example.se, 15 januari 2027" in said
    assert "Just nu signeras inget nytt." in said
    assert "För få av vittnena" in said


def test_a_check_that_does_not_begin_is_not_waited_for_in_silence(
    auditor: PageClient, database: str
) -> None:
    auditor.post("/log/check")
    with psycopg.connect(database) as connection:
        connection.execute("UPDATE tlog.audit SET asked_at = now() - %s", (2 * SOON,))
    assert "verkar inte vara igång" in text_of(auditor)


def test_it_is_said_in_english_too(auditor: PageClient, database: str) -> None:
    publish(database)
    tamper(database, "UPDATE log.entry SET topic = 'a.b' WHERE position = 3")
    audit(database, POLICY, VERSION)
    page = auditor.get("/log/check", headers={"Accept-Language": "en"})
    assert "The first entry that is not right: entry 3." in words_of(page.text)


def test_there_is_a_way_to_it_from_the_log_and_from_the_menu(
    auditor: PageClient,
) -> None:
    assert auditor.get("/log").text.count('href="/log/check"') == 2


def test_only_those_who_read_the_log_may_look_or_ask(
    browsers: Browsers, log: Log
) -> None:
    somebody = browsers.of(a_person(log))
    assert somebody.get("/log/check").status_code == 403
    assert somebody.post("/log/check").status_code == 403


def test_an_audit_that_was_interrupted_is_made_again(
    auditor: PageClient, database: str
) -> None:
    publish(database)
    auditor.post("/log/check")
    with psycopg.connect(database) as connection:
        connection.execute("UPDATE tlog.audit SET began_at = now()")
    assert "En kontroll pågår sedan" in text_of(auditor)
    audit(database, POLICY, VERSION)
    assert "Loggen är hel." in text_of(auditor)


def test_everything_that_can_be_found_has_its_sentence() -> None:
    assert set(SAID) == set(Check)


def test_the_menu_marks_the_page_that_is_read_and_not_the_log_above_it(
    auditor: PageClient,
) -> None:
    for page, marked in (
        ("/log", [("/log", "page")]),
        ("/log/check", [("/log/check", "page")]),
        ("/log/1", [("/log", "true")]),
    ):
        menu = auditor.get(page).text.partition("</nav>")[0]
        found = re.findall(r'<a href="(/log[^"]*)"[^>]*aria-current="(\w+)"', menu)
        assert found == marked, page
