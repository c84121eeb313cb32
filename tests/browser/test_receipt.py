"""The receipt in a browser: sealed while one watches, saved, and checked without us."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from playwright.sync_api import Page, expect

from ledger.receipt import check_receipt
from tests.browser.axe import faults
from tests.browser.rounds import Round, a_round
from tests.browser.serving import Served
from tests.browser.windows import PHONE, Windows
from tests.publishing import POLICY, publish

TEXT = "Skriv **hur länge** mentorn finns.\n\nMinst <ett> år & gärna två."


@pytest.fixture
def round(served: Served) -> Round:
    return a_round(served.log)


def hand_in(page: Page, round: Round) -> None:
    """Come to the receipt of a comment."""
    passage = round.passage("en egen mentor").id
    page.goto(f"{round.text}/comments/new?version=1&passage={passage}")
    page.get_by_label("Din synpunkt").fill(TEXT)
    page.get_by_role("button", name="Lämna synpunkten").click()
    page.wait_for_url("**/receipt")


def saved(page: Page) -> bytes:
    """The receipt as the browser saves it."""
    with page.expect_download() as download:
        page.get_by_role("link", name="Spara kvittot som går att kontrollera").click()
    assert download.value.suggested_filename.startswith("kvitto-")
    return Path(download.value.path()).read_bytes()


def test_a_comment_is_sealed_while_its_sender_watches_and_the_receipt_checks(
    windows: Windows, served: Served, round: Round
) -> None:
    page = windows.open(round.stakeholder)
    hand_in(page, round)
    receipt = page.locator("#receipt")
    expect(receipt).to_contain_text("Den har löpnummer")
    expect(receipt).to_contain_text("Den förseglas nu.")
    publish(served.database)
    expect(receipt).to_contain_text("Förseglad:")
    expect(page.get_by_role("link", name="Titta igen")).to_have_count(0)

    checked = check_receipt(saved(page), POLICY)
    assert checked.fields == {"text": TEXT, "wording": ""}
    number = page.locator("#receipt strong").inner_text()
    assert str(checked.position) == number


def test_without_javascript_the_sender_looks_again_and_saves_it(
    windows: Windows, served: Served, round: Round
) -> None:
    page = windows.open(round.stakeholder, size=PHONE, javascript=False)
    hand_in(page, round)
    served.catch_up()
    publish(served.database)
    page.get_by_role("link", name="Titta igen").click()
    expect(page.locator("#receipt")).to_contain_text("Förseglad:")
    assert check_receipt(saved(page), POLICY).fields["text"] == TEXT


@pytest.mark.parametrize("name", ["kvitto.html", "receipt.html"])
def test_the_pages_in_the_file_read_well_and_ask_for_nothing(
    windows: Windows, served: Served, round: Round, name: str, tmp_path: Path
) -> None:
    page = windows.open(round.stakeholder)
    hand_in(page, round)
    publish(served.database)
    expect(page.locator("#receipt")).to_contain_text("Förseglad:")
    with ZipFile(BytesIO(saved(page))) as zipped:
        (tmp_path / name).write_bytes(zipped.read(name))

    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    address = (tmp_path / name).as_uri()
    page.goto(address)
    assert asked == [address]
    assert TEXT in page.locator("pre").first.inner_text()
    assert faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
