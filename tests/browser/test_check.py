"""The auditor has the log checked in a browser, and sees what was found."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from ledger.audit import audit
from tests import story
from tests.browser.axe import faults
from tests.browser.rounds import Round, a_round
from tests.browser.serving import Served
from tests.browser.windows import PHONE, Windows
from tests.ledger.tampering import tamper
from tests.publishing import POLICY, publish

VERSION = "0.1.0"


@pytest.fixture
def round(served: Served) -> Round:
    return a_round(served.log)


def test_the_result_comes_while_the_auditor_watches_and_names_the_entry(
    windows: Windows, served: Served, round: Round
) -> None:
    page = windows.open(story.a_person(served.log, "Revisor Ek", role="auditor"))
    publish(served.database)
    page.goto("/log")
    page.get_by_role("link", name="Kontrollera att loggen är hel").click()
    result = page.locator("#check")
    expect(result).to_contain_text("Loggen har inte kontrollerats än.")
    page.get_by_role("button", name="Kontrollera nu").click()
    expect(result).to_contain_text("En kontroll är begärd")
    audit(served.database, POLICY, VERSION)
    expect(result).to_contain_text("Loggen är hel.")
    assert faults(page) == []

    tamper(
        served.database, "UPDATE log.entry SET state = state || ' ' WHERE position = 4"
    )
    page.get_by_role("button", name="Kontrollera nu").click()
    audit(served.database, POLICY, VERSION)
    expect(result).to_contain_text("Loggen är inte som när den sparades.")
    assert faults(page) == []
    result.get_by_role("link", name="post 4", exact=True).click()
    expect(page.locator("h1")).to_have_text("Post 4")


def test_without_javascript_the_auditor_looks_again(
    windows: Windows, served: Served, round: Round
) -> None:
    auditor = story.a_person(served.log, "Revisor Ek", role="auditor")
    page = windows.open(auditor, size=PHONE, javascript=False)
    publish(served.database)
    page.goto("/log/check")
    page.get_by_role("button", name="Kontrollera nu").click()
    audit(served.database, POLICY, VERSION)
    page.get_by_role("link", name="Titta igen").click()
    expect(page.locator("#check")).to_contain_text("Loggen är hel.")
