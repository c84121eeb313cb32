"""Everything by keyboard alone: one sees where one is, and is nowhere stuck."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.rounds import Round, a_round
from tests.browser.samples import SAMPLES, Sample
from tests.browser.serving import Served
from tests.browser.windows import Windows

SAID = "Skrivet utan mus."
MOST = 400
"""Times that Tab may have to be pressed to go round the longest page."""

FOCUSED = """() => {
  const one = document.activeElement;
  if (!one || one === document.body || one === document.documentElement) return null;
  window.seen ??= new Map();
  if (!window.seen.has(one)) window.seen.set(one, window.seen.size);
  const box = one.getBoundingClientRect();
  const shows = (e) => {
    if (!e) return false;
    const { outlineStyle, outlineWidth } = getComputedStyle(e);
    return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
  };
  return {
    number: window.seen.get(one),
    html: one.outerHTML.slice(0, 120),
    words: (one.innerText || one.value || "").split(/\\s+/).join(" "),
    // What is only there while it has the focus needs no other mark.
    marked: one.matches(".ds-skip-link") || [one, one.closest(".ds-field")].some(shows),
    inside: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight,
  };
}"""


@pytest.fixture
def round(served: Served) -> Round:
    return a_round(served.log)


def tab_to(page: Page, words: str) -> None:
    """Press Tab until what has these words has the focus."""
    for _ in range(MOST):
        page.keyboard.press("Tab")
        at = page.evaluate(FOCUSED)
        if at and words in at["words"]:
            assert at["marked"], at
            return
    raise AssertionError(f"Tab never came to “{words}”")


def test_a_comment_is_made_from_the_front_page_on(
    windows: Windows, round: Round
) -> None:
    page = windows.open(round.stakeholder)
    page.goto("/")
    tab_to(page, "Nationell plan för kompetensförsörjning")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{round.address}")
    tab_to(page, "Förslag om arbetsmiljö")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{round.text}")
    tab_to(page, "Kommentera på 1:3")
    page.keyboard.press("Enter")
    page.wait_for_url("**/comments/new?*")
    expect(page.locator("figure")).to_contain_text(
        "Introduktionen är minst tolv veckor"
    )

    page.keyboard.press("Tab")
    while page.locator(":focus").get_attribute("name") != "text":
        page.keyboard.press("Tab")
    page.keyboard.type(SAID)
    while page.locator(":focus").get_attribute("type") != "radio":
        page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("I sak")).to_be_checked()
    tab_to(page, "Lämna synpunkten")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text(
        "Din synpunkt är registrerad"
    )
    expect(page.locator(".said")).to_have_text(SAID)


def test_the_menu_can_be_skipped(windows: Windows, round: Round) -> None:
    page = windows.open()
    page.goto(round.text)
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Hoppa till innehållet")
    expect(skip).to_be_focused()
    assert page.evaluate(FOCUSED)["inside"]
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")

    assert page.evaluate("document.activeElement.closest('main') !== null")


def test_what_is_wrong_with_a_form_is_where_one_lands(
    windows: Windows, round: Round
) -> None:
    page = windows.open(round.stakeholder)
    page.goto(f"{round.text}/comments/new")
    page.locator("form#comment-form").evaluate("(form) => { form.noValidate = true; }")
    page.get_by_label("Föreslagen lydelse").fill("Så här.")
    page.get_by_role("button", name="Lämna synpunkten").press("Enter")

    summary = page.locator("#wrong")
    expect(summary).to_be_focused()
    assert page.title().startswith("Fel")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Din synpunkt")).to_be_focused()
    expect(page.get_by_label("Föreslagen lydelse")).to_have_value("Så här.")
    windows.forgive("422")


DIFFERENT = (
    "session.ask",
    "consultation.home",
    "consultation.show",
    "proposal.show",
    "passage.show",
    "comment.new",
    "comment.show",
    "inbox.index",
    "issue.show",
    "revision.show",
    "change.edit",
    "planning.course",
    "codebook.edit",
    "person.index",
    "log.index",
)
"""Pages that have little in common with each other."""


@pytest.mark.parametrize("name", DIFFERENT)
def test_focus_is_seen_and_goes_all_the_way_round(
    demo_windows: Windows, name: str
) -> None:
    goes_round(demo_windows, next(one for one in SAMPLES if one.name == name))


def goes_round(windows: Windows, sample: Sample) -> None:
    """Tab through a page, and back out of it."""
    page = windows.reading(sample.person)
    page.goto(sample.address(windows.served))
    reached: list[str] = []
    for _ in range(MOST):
        page.keyboard.press("Tab")
        at = page.evaluate(FOCUSED)
        if at is None or at["number"] < len(reached):
            break
        assert at["marked"], f"where is it? {at['html']}"
        assert at["inside"], f"out of sight: {at['html']}"
        reached.append(at["html"])
    else:
        raise AssertionError(f"no way out after {reached[-3:]}")
    assert len(reached) > 4
