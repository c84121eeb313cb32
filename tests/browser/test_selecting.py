"""Words selected in a proposal are taken to the comment form, exactly those."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.rounds import Round, a_round
from tests.browser.selecting import drag, select
from tests.browser.serving import Served
from tests.browser.windows import PHONE, Windows

BUTTON = "Kommentera markeringen"


@pytest.fixture
def round(served: Served) -> Round:
    return a_round(served.log)


@pytest.fixture
def page(windows: Windows, round: Round) -> Page:
    found = windows.open(round.stakeholder)
    found.goto(round.text)
    return found


@pytest.mark.parametrize(
    "words",
    [
        pytest.param("nyanställda en egen", id="in a paragraph"),
        pytest.param("minst tolv veckor", id="in a list item"),
        pytest.param("Kompetensrådet", id="in a table cell"),
        pytest.param("Stöd till nyanställda", id="a whole heading"),
        pytest.param("alla nyanställda enligt nationella", id="bold, plain and linked"),
        pytest.param("från i år.", id="after an emoji, to the end"),
        pytest.param("👩‍⚕️🏥 gäller", id="an emoji of several characters"),
    ],
)
def test_words_drawn_over_with_the_mouse_are_what_the_comment_is_about(
    page: Page, round: Round, words: str
) -> None:
    drag(page, words)
    page.get_by_role("button", name=BUTTON).click()

    expect_form_about(page, round, words)


def expect_form_about(page: Page, round: Round, words: str) -> None:
    """The form quotes the words, and marks them and no others in the passage."""
    page.wait_for_url("**/comments/new?*")
    expect(page.get_by_label("Ord som synpunkten gäller")).to_have_value(words)
    assert "".join(page.locator("figure mark").all_text_contents()) == words
    passage = round.passage(words)
    asked = parse_qs(urlsplit(page.url).query, keep_blank_values=True)
    assert asked["passage"] == [str(passage.id)]
    start = passage.text.index(words)
    assert asked["start"] == [str(start)]
    assert asked["end"] == [str(start + len(words))]
    (prefix,), (suffix,) = asked["prefix"], asked["suffix"]
    # A form sends a line break as two characters; the server minds no white space.
    assert prefix.split() == passage.text[max(0, start - 32) : start].split()
    end = start + len(words)
    assert suffix.split() == passage.text[end : end + 32].split()


def test_a_word_clicked_twice_is_taken_without_the_space_after_it(
    page: Page, round: Round
) -> None:
    page.get_by_text("Antalet platser på sjuksköterskeprogrammet").dblclick(
        position={"x": 20, "y": 10}
    )
    page.get_by_role("button", name=BUTTON).click()

    expect_form_about(page, round, "Antalet")


def test_a_paragraph_clicked_three_times_is_taken_whole_and_alone(
    page: Page, round: Round
) -> None:
    words = "Regionerna ska erbjuda alla nyanställda en egen mentor."
    page.get_by_text(words).click(click_count=3)
    page.get_by_role("button", name=BUTTON).click()

    expect_form_about(page, round, words)


def test_words_of_two_passages_are_not_offered_to_comment_on(page: Page) -> None:
    drag(page, "en egen mentor")
    button = page.get_by_role("button", name=BUTTON)
    expect(button).to_be_visible()

    drag(page, "alla nyanställda en", "Målet")

    expect(button).to_be_hidden()
    selected = page.evaluate("getSelection().toString()")
    assert selected.startswith("alla nyanställda en egen mentor.")
    assert selected.endswith("Målet")


def test_the_offer_goes_away_with_the_selection(page: Page) -> None:
    drag(page, "en egen mentor")
    button = page.get_by_role("button", name=BUTTON)
    expect(button).to_be_visible()

    page.get_by_role("heading", level=1).click()

    expect(button).to_be_hidden()


def test_the_offer_is_next_in_line_for_the_keyboard(page: Page, round: Round) -> None:
    drag(page, "en egen mentor")
    expect(page.get_by_role("button", name=BUTTON)).to_be_visible()
    for _ in range(6):
        page.keyboard.press("Tab")
        if page.locator(":focus").inner_text() == BUTTON:
            break
    page.keyboard.press("Enter")

    expect_form_about(page, round, "en egen mentor")


def test_a_finger_selects_a_word_by_resting_on_it(
    windows: Windows, round: Round
) -> None:
    page = windows.open(round.stakeholder, size=PHONE, touch=True)
    page.goto(round.text)
    select(page, "avsatt tid")
    page.get_by_role("button", name=BUTTON).tap()

    expect_form_about(page, round, "avsatt tid")


def test_nobody_is_offered_to_comment_on_words_of_another_time(
    windows: Windows, round: Round
) -> None:
    page = windows.open(round.stakeholder)
    before = windows.served.by_hand.catch_up() - 1
    page.goto(f"{round.text}?as_of={before}")
    drag(page, "en egen mentor")

    page.wait_for_timeout(400)  # longer than the page waits to see what is selected

    expect(page.get_by_role("button", name=BUTTON)).to_have_count(0)
