"""Signing in by the link in a real e-mail, and what was being written meanwhile."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.rounds import Round, a_round
from tests.browser.serving import Served, serving
from tests.browser.windows import Windows
from tests.mailbox import Mailbox, mail_server

SAID = "Det här vill jag säga innan jag har loggat in."


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with mail_server() as found:
        yield found


@pytest.fixture
def served(database: str, mailbox: Mailbox) -> Iterator[Served]:
    with serving(database, mailbox=mailbox) as found:
        yield found


@pytest.fixture
def round(served: Served) -> Round:
    return a_round(served.log)


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_a_comment_waits_while_its_sender_signs_in_for_the_first_time(
    windows: Windows, round: Round, mailbox: Mailbox, scripts: bool
) -> None:
    page = windows.open(javascript=scripts)
    page.goto(round.text)
    page.get_by_role("link", name="Kommentera hela förslaget").click()
    page.get_by_label("Din synpunkt").fill(SAID)
    page.get_by_role("button", name="Logga in och lämna").click()

    ask_for_link(page, "ny@example.se")
    page.goto(mailbox.link(windows.served.address))
    page.get_by_role("button", name="Logga in").click()
    page.get_by_label("Ditt namn").fill("Nora Ny")
    page.get_by_label("Ja, visa mitt namn").check()
    page.get_by_role("button", name="Spara och logga in").click()

    expect(page.get_by_label("Din synpunkt")).to_have_value(SAID)
    page.get_by_role("button", name="Lämna synpunkten").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "Din synpunkt är registrerad"
    )
    expect(page.locator(".said")).to_have_text(SAID)


def ask_for_link(page: Page, email: str) -> None:
    """Ask for a link by e-mail."""
    page.get_by_label("Din e-postadress").fill(email)
    page.get_by_role("button", name="Skicka länken").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Titta i din e-post")


def test_who_signs_out_in_a_shared_browser_leaves_no_words_behind(
    windows: Windows, round: Round
) -> None:
    page = windows.open(round.stakeholder)
    page.goto(f"{round.text}/comments/new")
    page.get_by_label("Din synpunkt").fill(SAID)
    assert page.evaluate("sessionStorage.length") == 1

    page.on("dialog", lambda dialog: dialog.accept())  # that something is not sent
    page.get_by_role("button", name="Logga ut").click()

    expect(page.get_by_role("link", name="Logga in").first).to_be_visible()
    assert page.evaluate("sessionStorage.length") == 0


@pytest.mark.parametrize("role", ["stakeholder", "officer", "chair", "auditor"])
def test_a_visitor_of_the_demo_becomes_any_of_its_people_with_one_click(
    demo_windows: Windows, role: str
) -> None:
    page = demo_windows.open()
    page.goto("/sign-in")
    page.locator(f"form[action*='/{role}'] button").click()

    expect(page.locator("#alerts")).to_contain_text("Du är inloggad")
    expect(page.get_by_role("button", name="Logga ut")).to_be_visible()
