"""Every page of the demo as its visitors see it, in both languages, wide and narrow."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page

from cli.demo import people
from tests import story
from tests.browser import axe
from tests.browser.rounds import TEXT, a_round
from tests.browser.samples import SAMPLES, Sample, routes
from tests.browser.windows import PHONE, Scheme, Windows, resize
from web.language import Language

SMALLEST = (320, 640)
"""What WCAG's reflow asks for: 1280 pixels at 400 %."""

OPEN_ALL = """() => {
  const seen = new Set();
  for (const one of document.querySelectorAll("details")) {
    one.open ||= !one.name || !seen.has(one.name); // of a group only one can be open
    seen.add(one.name);
  }
}"""
IS_CALM = "() => !document.querySelector('.htmx-request')"
IS_LAID_OUT = """async () => {
  await document.fonts.ready;
  await Promise.allSettled(document.getAnimations().map((each) => each.finished));
  for (const _ of [1, 2]) await new Promise((go) => requestAnimationFrame(go));
}"""
"""What is unfolded takes a frame or two to push aside what stands below it."""

TOO_WIDE = """() => {
  const most = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= most) return [];
  const scrolls = (e) => e && (getComputedStyle(e).overflowX !== "visible"
                               || scrolls(e.parentElement));
  return [...document.body.querySelectorAll("*")]
    .filter((e) => e.getBoundingClientRect().right > most + 1)
    .filter((e) => !scrolls(e.parentElement))
    .map((e) => e.outerHTML.slice(0, 120));
}"""


def test_every_page_has_a_sample_here() -> None:
    assert {one.name for one in SAMPLES} == set(routes())


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_a_page_is_accessible_and_fits_small_screens(
    demo_windows: Windows, sample: Sample
) -> None:
    page = opened(demo_windows, sample)

    expect_no(axe.faults(page) + too_wide(page))


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_a_page_is_accessible_in_english_on_a_phone(
    demo_windows: Windows, sample: Sample
) -> None:
    page = opened(demo_windows, sample, language="en")

    expect_no(too_wide(page) + axe.faults(page))


def expect_no(faults: list[str]) -> None:
    assert not faults, "\n".join(faults)


def too_wide(page: Page) -> list[str]:
    """What makes a page scroll sideways on a small screen; it ends up on a phone."""
    faults: list[str] = []
    for size in (SMALLEST, PHONE):
        resize(page, size)
        faults += [f"too wide for {size}: {it}" for it in page.evaluate(TOO_WIDE)]
    return faults


def opened(
    windows: Windows, sample: Sample, *, language: Language = "sv", dark: bool = False
) -> Page:
    """The page with all that it hides unfolded."""
    scheme: Scheme = "dark" if dark else "light"
    page = windows.reading(sample.person, language=language, scheme=scheme)
    response = page.goto(sample.address(windows.served))
    assert response is not None
    assert response.status == 200
    if sample.pasted_in:
        page.locator("textarea[name=text]").fill(TEXT)
        page.locator("form:has(textarea) button:not([formaction])").click()
        page.wait_for_url(re.compile(r"/[\w-]{43}$"))  # its token
    page.evaluate(OPEN_ALL)
    page.wait_for_function(IS_CALM)
    page.evaluate(IS_LAID_OUT)
    return page


@pytest.mark.parametrize("sample", SAMPLES[4::5], ids=str)
def test_a_page_can_be_read_in_the_dark(demo_windows: Windows, sample: Sample) -> None:
    expect_no(axe.faults(opened(demo_windows, sample, dark=True)))


@pytest.mark.parametrize("address", ["/finns/inte", "/log", "/consultations/new"])
def test_a_page_that_is_refused_is_a_page_too(
    demo_windows: Windows, address: str
) -> None:
    page = demo_windows.open(people()["stakeholder"])
    page.goto(address)

    expect_no(axe.faults(page) + too_wide(page))
    demo_windows.forgive("40")


LONG = "Sjuksköterskespecialistutbildningssamordnarbefattning" * 4
WIDE = f"""\
## {LONG}

{LONG} och [{LONG}](/).

| {LONG} | Ansvarig |
|---|---|
| {LONG} | {LONG} |

```
{LONG} {LONG}
```
"""


def test_words_and_tables_of_any_width_break_no_page(windows: Windows) -> None:
    round = a_round(windows.served.log, WIDE)
    comment = story.a_comment(
        round.log,
        round.proposal,
        1,
        LONG,
        text=LONG,
        wording=LONG,
        kind="editorial",
        by=story.a_person(round.log, LONG[:190]),
    )
    issue = story.an_issue(
        round.log, round.consultation, [comment], LONG[:190], disposition="accepted"
    )
    revision = story.a_revision(round.log, round.proposal, title=LONG[:190])
    page = windows.open(round.editor, size=SMALLEST)
    wide = []
    for address in (
        round.text,
        f"{round.text}/passages/{round.passage('Ansvarig').id}",
        f"{round.text}/comments/new?passage={round.passage('Ansvarig').id}",
        f"{round.address}/comments",
        f"{round.address}/comments/{comment}",
        f"{round.address}/inbox",
        f"{round.address}/issues",
        f"{round.address}/issues/{issue}",
        f"{round.address}/revisions",
        f"{round.address}/revisions/{revision}",
        f"{round.address}/completeness",
        f"/history/{comment}",
        "/log",
    ):
        page.goto(address)
        wide += [f"{address}: {each}" for each in page.evaluate(TOO_WIDE)]
    expect_no(wide)
