"""A person's data is erased in the browser: by keyboard alone, and without scripts."""

from __future__ import annotations

from uuid import UUID

import pytest
from playwright.sync_api import Page, expect

from domain.erasure import Erasure
from domain.person import Person
from ledger.sealing import ERASED
from tests import story
from tests.browser import axe
from tests.browser.rounds import Round, a_round
from tests.browser.serving import Served
from tests.browser.test_keyboard import tab_to
from tests.browser.windows import Windows

NAME, EMAIL = "Frida Testare", "frida.testare@example.se"
SAID = "Mormors hemliga recept på kanelbullar."
NOTE = "Uppgiften raderad"


@pytest.fixture
def round(served: Served) -> Round:
    return a_round(served.log)


@pytest.fixture
def frida(round: Round) -> UUID:
    return story.a_person(round.log, NAME, email=EMAIL)


@pytest.fixture
def comment(round: Round, frida: UUID) -> UUID:
    return story.a_comment(round.log, round.proposal, None, text=SAID, by=frida)


def tab_into(page: Page, name: str) -> None:
    """Press Tab until a field has the focus."""
    for _ in range(200):
        page.keyboard.press("Tab")
        if page.locator(":focus").get_attribute("name") == name:
            return
    raise AssertionError(f"Tab never came to the field {name}")


@pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no scripts"])
def test_a_person_is_erased_from_the_request_to_the_scrubbed_pages(
    windows: Windows, round: Round, frida: UUID, comment: UUID, *, javascript: bool
) -> None:
    chairs = [
        story.a_person(round.log, f"Ordförande {n}", role="chair") for n in (1, 2)
    ]
    home = f"/consultations/{round.consultation}/comments/{comment}"

    # The person asks.
    me = windows.open(frida, javascript=javascript)
    me.goto("/my/profile")
    tab_to_link(me, "Begär radering av mina uppgifter", javascript=javascript)
    me.wait_for_url("**/my/erasure")
    tab_into(me, "comments")
    expect(me.locator(":focus")).to_be_checked()
    tab_into(me, "ground")
    me.keyboard.press("ArrowDown")
    press(me, "Skicka begäran", javascript=javascript)
    expect(me.get_by_role("heading", level=1)).to_contain_text("Radering")
    expect(me.locator("main")).to_contain_text("väntar på beslut")
    request = UUID(me.url.rpartition("/")[2])

    # The first chair finds it among what waits, and approves.
    first = windows.open(chairs[0], javascript=javascript)
    first.goto("/work")
    tab_to_link(first, "begäran om radering väntar", javascript=javascript)
    first.wait_for_url("**/erasures")
    tab_to_link(first, "Radering", javascript=javascript)
    tab_to_link(first, "Godkänn", javascript=javascript)
    first.wait_for_url("**/approve")
    assert not axe.faults(first) if javascript else True
    tab_into(first, "decision_ref")
    first.keyboard.type("Dnr 12/2026")
    press(first, "Godkänn", javascript=javascript)
    expect(first.locator("#alerts")).to_contain_text("Det krävs en person till.")

    # The second chair has to type a word.
    second = windows.open(chairs[1], javascript=javascript)
    second.goto(f"/erasures/{request}/approve")
    tab_into(second, "word")
    second.keyboard.type("RADERA")
    press(second, "Godkänn och radera", javascript=javascript)
    expect(second.locator("#alerts")).to_contain_text("Raderingen är genomförd.")
    assert not axe.faults(second) if javascript else True
    assert round.log.look(Erasure, request).is_carried_out
    assert round.log.look(Person, frida).is_erased

    # Nothing shows the name or the words, and the person is signed out.
    for page in (windows.open(javascript=javascript), second):
        page.goto(home)
        expect(page.locator(".said")).to_contain_text(f"{NOTE} ")
        expect(page.locator(".said")).to_contain_text("enligt beslut Dnr 12/2026")
        expect(page.locator(".lead")).to_contain_text(NOTE)
        for gone in (NAME, SAID, ERASED):
            expect(page.locator("body")).not_to_contain_text(gone)
        page.locator(".said").get_by_role("link").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Radering")
        expect(page.locator("main")).to_contain_text("Ordförande 1, Ordförande 2")
    me.goto("/my/profile")
    assert "/sign-in" in me.url


def tab_to_link(page: Page, words: str, *, javascript: bool) -> None:
    """Follow a link by keyboard; without scripts the focus is asked for otherwise."""
    if javascript:
        tab_to(page, words)
        with page.expect_navigation():
            page.keyboard.press("Enter")
    else:
        page.locator("main").get_by_role("link", name=words).first.press("Enter")


def press(page: Page, words: str, *, javascript: bool) -> None:
    """Press a button by keyboard."""
    if javascript:
        tab_to(page, words)
        with page.expect_navigation():
            page.keyboard.press("Enter")
    else:
        button = page.locator("main").get_by_role("button", name=words, exact=True)
        button.press("Enter")
