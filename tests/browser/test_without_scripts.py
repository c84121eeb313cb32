"""What one does less often, without any script: the rest is in the comment's way."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests import story
from tests.browser.rounds import Round, a_round
from tests.browser.samples import C, P
from tests.browser.serving import Served
from tests.browser.windows import Windows


@pytest.fixture
def round(served: Served) -> Round:
    return a_round(served.log)


@pytest.fixture
def page(windows: Windows, round: Round) -> Page:
    story.a_comment(
        round.log, round.proposal, None, text="Bra förslag.", by=round.stakeholder
    )
    found = windows.open(round.stakeholder, javascript=False)
    found.goto("/my/comments")
    return found


def test_a_comment_is_amended(page: Page) -> None:
    page.get_by_role("link", name="Ändra synpunkt").click()
    page.get_by_label("Din synpunkt").fill("Bra förslag, med ett undantag.")
    page.get_by_role("button", name="Spara ändringen").click()

    expect(page.locator(".said")).to_have_text("Bra förslag, med ett undantag.")
    page.locator("summary", has_text="innan den ändrades").click()
    expect(page.locator("main")).to_contain_text("Bra förslag.")


def test_a_comment_is_taken_back(page: Page) -> None:
    page.get_by_role("link", name="Ta tillbaka synpunkt").click()
    page.get_by_role("button", name="Ta tillbaka synpunkten").click()

    expect(page.locator(".tags").first).to_contain_text("Tillbakadragen")


def test_two_versions_are_compared(demo_windows: Windows) -> None:
    page = demo_windows.open(javascript=False)
    page.goto("/consultations/{consultation}/proposals/{proposal}".format_map(P))
    page.get_by_role("link", name="Jämför versioner").click()

    expect(page.locator("ins").first).to_be_visible()
    expect(page.locator("del").first).to_be_visible()
    expect(page.locator(".why").first).to_be_visible()


def test_comments_beside_a_passage_are_a_page_away(demo_windows: Windows) -> None:
    page = demo_windows.open(javascript=False)
    page.goto("/consultations/{consultation}/proposals/{proposal}".format_map(P))
    page.locator("details.beside summary").first.click()
    page.locator(".beside-list a").first.click()

    expect(page.locator("#comments .prose").first).to_be_visible()


def test_lists_are_narrowed_and_paged(demo_windows: Windows) -> None:
    page = demo_windows.open(javascript=False)
    page.goto("/consultations/{consultation}/comments".format_map(C))
    first = page.locator("#comments li").first.inner_text()
    page.get_by_role("link", name="Äldre", exact=True).click()
    assert page.locator("#comments li").first.inner_text() != first

    page.get_by_label("Sök i synpunkterna").fill("handledare")
    page.get_by_role("button", name="Visa", exact=True).first.click()

    expect(page.locator("#comments li").first).to_contain_text("handled")


def test_a_page_is_seen_as_it_was(demo_windows: Windows) -> None:
    month_ago = date.today() - timedelta(days=30)
    page = demo_windows.open(javascript=False)
    page.goto("/consultations/{consultation}/proposals/{proposal}".format_map(P))
    expect(page.locator("main")).to_contain_text("Version 2")
    page.locator("summary", has_text="Se sidan som den var").click()
    page.get_by_label("Dag och klockslag").fill(f"{month_ago}T12:00")
    page.locator(".as-of-form button").click()

    expect(page.locator(".as-of")).to_contain_text("kl. 12.00 (svensk tid)")
    expect(page.locator("main")).not_to_contain_text("Version 2")


def test_the_language_is_switched(page: Page, round: Round) -> None:
    page.goto(round.text)
    page.get_by_role("button", name="English").click()

    assert page.url.endswith(round.text)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "en")
