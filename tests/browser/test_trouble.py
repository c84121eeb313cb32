"""When something goes wrong between a person and the log, nothing typed is lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Dialog, Page, expect

from domain.log import SYSTEM
from domain.period import close_consultation
from tests.browser.rounds import Round, a_round
from tests.browser.serving import Process, Served, beside
from tests.browser.windows import Windows
from web.site import Site

SAID = "Det här har jag funderat på i en timme."
RECEIPT = "Din synpunkt är registrerad"


@pytest.fixture
def round(served: Served) -> Round:
    return a_round(served.log)


@pytest.fixture
def page(windows: Windows, round: Round) -> Page:
    found = windows.open(round.stakeholder)
    written(found, round)
    return found


def written(page: Page, round: Round) -> None:
    """Come from the proposal to the form for a comment, and write one."""
    page.goto(round.text)
    page.get_by_role("link", name="Kommentera hela förslaget").click()
    page.get_by_label("Din synpunkt").fill(SAID)


def send(page: Page) -> None:
    page.get_by_role("button", name="Lämna synpunkten").click()


def expect_receipt(page: Page) -> str:
    """The number on it."""
    expect(page.get_by_role("heading", level=1)).to_have_text(RECEIPT)
    return page.locator("#receipt strong").inner_text()


def expect_comments(page: Page, many: int) -> None:
    page.goto("/my/comments")
    expect(page.locator("#comments li h2")).to_have_count(many)


class TestTheWebProcessDies:
    @pytest.fixture
    def process(self, database: str) -> Iterator[Process]:
        found = Process(database)
        found.start()
        yield found
        found.kill()

    @pytest.fixture
    def served(self, database: str, process: Process) -> Iterator[Served]:
        with beside(database, Site(address=process.address)) as found:
            yield found

    def test_while_a_comment_is_sent_and_its_words_are_there_on_the_way_back(
        self, process: Process, windows: Windows, page: Page
    ) -> None:
        process.kill()
        with page.expect_event("requestfailed"):
            send(page)
        process.start()
        page.go_back()

        expect(page.get_by_label("Din synpunkt")).to_have_value(SAID)
        send(page)
        expect_receipt(page)
        expect_comments(page, 1)
        windows.forgive("ERR_")

    def test_while_a_comment_is_written_and_nobody_notices(
        self, process: Process, page: Page
    ) -> None:
        process.kill()
        process.start()
        send(page)

        expect_receipt(page)


def test_a_double_click_makes_one_comment(page: Page) -> None:
    page.get_by_role("button", name="Lämna synpunkten").dblclick()

    expect_receipt(page)
    expect_comments(page, 1)


def test_the_form_sent_again_after_going_back_is_the_same_comment(page: Page) -> None:
    send(page)
    number = expect_receipt(page)
    page.go_back()
    page.get_by_label("Din synpunkt").fill(SAID)
    send(page)

    assert expect_receipt(page) == number
    expect_comments(page, 1)


def test_other_words_after_going_back_are_asked_about_and_not_lost(
    windows: Windows, page: Page
) -> None:
    send(page)
    expect_receipt(page)
    page.go_back()
    page.get_by_label("Din synpunkt").fill("Något helt annat.")
    send(page)
    expect(page.locator("#wrong")).to_contain_text("redan lämnat")
    expect(page.get_by_label("Din synpunkt")).to_have_value("Något helt annat.")
    windows.forgive("4")
    send(page)

    expect_receipt(page)
    expect_comments(page, 2)


def test_words_not_sent_yet_survive_a_reload(page: Page) -> None:
    page.on("dialog", lambda dialog: dialog.accept())  # that something is not sent
    page.reload()

    expect(page.get_by_label("Din synpunkt")).to_have_value(SAID)


def test_the_browser_asks_before_words_are_left_behind(page: Page) -> None:
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.get_by_role("link", name="Mina synpunkter").click(no_wait_after=True)

    expect(page.get_by_label("Din synpunkt")).to_have_value(SAID)
    assert asked == ["beforeunload"]


def test_a_session_that_ended_meanwhile_costs_nothing_but_signing_in(
    windows: Windows, page: Page, round: Round
) -> None:
    windows.served.sessions.end(round.stakeholder)
    send(page)
    expect(page.get_by_label("Din e-postadress")).to_be_visible()
    windows.sign_in(page.context, round.stakeholder)
    page.goto(parse_qs(urlsplit(page.url).query)["next"][0])

    expect(page.get_by_label("Din synpunkt")).to_have_value(SAID)
    send(page)
    expect_receipt(page)


def test_a_round_that_closed_meanwhile_says_so_and_keeps_the_words(
    windows: Windows, page: Page, round: Round
) -> None:
    now = datetime.now(UTC)
    close_consultation(round.log, id=round.consultation, by=SYSTEM, now=now)
    windows.served.catch_up()
    send(page)

    expect(page.locator("#wrong")).to_be_visible()
    expect(page.get_by_label("Din synpunkt")).to_have_value(SAID)
    windows.forgive("4")
