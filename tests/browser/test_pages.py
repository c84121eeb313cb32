"""Every page of the demo as its visitors see it, in both languages, wide and narrow."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page

from tests.browser import axe
from tests.browser.rounds import TEXT
from tests.browser.samples import SAMPLES, Sample, routes
from tests.browser.windows import PHONE, Scheme, Windows
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


@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_a_page_is_readable_by_everybody_and_fits_every_screen(
    demo_windows: Windows, sample: Sample, language: Language
) -> None:
    page = opened(demo_windows, sample, language=language)

    faults = axe.faults(page)
    for size in (SMALLEST, PHONE):
        resize(page, size)
        faults += [
            f"{size} is too narrow for {each}" for each in page.evaluate(TOO_WIDE)
        ]
    faults += axe.faults(page)
    assert not faults, "\n".join(faults)


def opened(
    windows: Windows, sample: Sample, *, language: Language = "sv", dark: bool = False
) -> Page:
    """The page with all that it hides unfolded."""
    scheme: Scheme = "dark" if dark else "light"
    page = windows.open(sample.person, language=language, scheme=scheme)
    response = page.goto(sample.address(windows.served))
    assert response is not None
    assert response.status == 200
    if sample.pasted_in:
        page.locator("textarea[name=text]").fill(TEXT)
        page.locator("form:has(textarea) button:not([formaction])").click()
        page.wait_for_url(re.compile(r"/[\w-]{43}$"))  # its token
    page.evaluate(OPEN_ALL)
    page.wait_for_function(IS_CALM)
    return page


def resize(page: Page, size: tuple[int, int]) -> None:
    """Give a window other measures, in CSS pixels."""
    width, height = size
    page.set_viewport_size({"width": width, "height": height})
