"""Writing a comment in a browser: nothing typed is lost, with scripts or without."""

from __future__ import annotations

from uuid import UUID

import psycopg
import pytest
from playwright.sync_api import Page, expect

from domain.comment import Comment
from projections.rebuild import WRITING
from tests.browser.rounds import Round, a_round
from tests.browser.serving import Served
from tests.browser.windows import PHONE, Windows

MENTORS = "en egen mentor"
SEATS = "Antalet platser"
TEXT = "Skriv **hur länge** mentorn finns.\n\n- ett år\n- två år"


@pytest.fixture
def round(served: Served) -> Round:
    return a_round(served.log)


def form_on(page: Page, round: Round, words: str) -> None:
    """Open the form for a comment on the passage with the words."""
    passage = round.passage(words).id
    page.goto(f"{round.text}/comments/new?version=1&passage={passage}")


def test_the_whole_way_is_walked_on_a_phone_without_javascript(
    windows: Windows, round: Round
) -> None:
    page = windows.open(round.stakeholder, size=PHONE, javascript=False)
    page.goto(round.text)
    passage = page.locator(f"#p-{round.passage(MENTORS).id}")
    passage.get_by_role("link", name="Kommentera").click()
    page.get_by_label("Ord som synpunkten gäller").fill(MENTORS)
    page.get_by_label("Din synpunkt").fill(TEXT)
    page.get_by_role("button", name="Förhandsgranska").click()

    preview = page.locator("#preview")
    expect(preview.locator("strong")).to_have_text(["Astrid Lind", "hur länge"])
    expect(preview.locator("li")).to_have_count(2)
    expect(page.locator("figure mark")).to_have_text(MENTORS)
    page.get_by_role("button", name="Lämna synpunkten").click()

    expect(page.get_by_role("heading", level=1)).to_have_text(
        "Din synpunkt är registrerad"
    )
    expect(page.locator("#receipt")).to_contain_text("löpnummer")
    page.get_by_role("link", name="Följ synpunkten").click()
    expect(page.locator("figure mark")).to_have_text(MENTORS)


def test_what_is_typed_outlives_the_page_but_stays_with_its_passage(
    windows: Windows, round: Round
) -> None:
    page = windows.open(round.stakeholder)
    page.on("dialog", lambda asked: asked.accept())
    form_on(page, round, MENTORS)
    text = page.get_by_label("Din synpunkt")
    text.fill(TEXT)
    form_on(page, round, SEATS)
    expect(text).to_have_value("")

    form_on(page, round, MENTORS)
    expect(text).to_have_value(TEXT)
    page.get_by_role("button", name="Förhandsgranska").click()
    expect(page.locator("#preview")).to_be_visible()
    form_on(page, round, MENTORS)
    expect(text).to_have_value(TEXT)

    page.get_by_role("button", name="Lämna synpunkten").click()
    page.wait_for_url("**/receipt")
    form_on(page, round, MENTORS)
    expect(text).to_have_value("")


def test_the_receipt_finds_its_number_by_itself(
    windows: Windows, served: Served, round: Round
) -> None:
    page = windows.open(round.stakeholder)
    form_on(page, round, MENTORS)
    page.get_by_label("Din synpunkt").fill(TEXT)
    with psycopg.connect(served.database) as held_up:
        held_up.execute("SELECT pg_advisory_lock(%s)", (WRITING,))
        page.get_by_role("button", name="Lämna synpunkten").click()
        page.wait_for_url("**/receipt")
        expect(page.locator("#receipt")).to_contain_text("Löpnumret kommer strax")
        page.wait_for_timeout(1500)
        expect(page.locator("#receipt")).to_contain_text("Löpnumret kommer strax")

    expect(page.locator("#receipt")).to_contain_text("Den har löpnummer")
    expect(page.get_by_role("link", name="Följ synpunkten")).to_be_visible()


def test_who_signs_in_on_the_way_finds_the_text_again(
    windows: Windows, served: Served, round: Round
) -> None:
    page = windows.open()
    form_on(page, round, MENTORS)
    page.get_by_label("Din synpunkt").fill(TEXT)
    page.get_by_role("button", name="Logga in och lämna").click()
    expect(page.get_by_text("Det du skrev finns kvar.")).to_be_visible()
    windows.sign_in(page.context, round.stakeholder)
    back: str = page.evaluate("new URL(location.href).searchParams.get('next')")

    page.goto(back)
    expect(page.get_by_label("Din synpunkt")).to_have_value(TEXT)
    page.get_by_role("button", name="Lämna synpunkten").click()
    page.wait_for_url("**/receipt")
    id = page.url.split("/")[-2]
    assert served.log.look(Comment, UUID(id)).text == TEXT
