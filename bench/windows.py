"""A window of a browser, and what each step that somebody takes in it costs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import perf_counter
from typing import Any

from playwright.sync_api import BrowserContext, Error, Page, Response

from bench.chromium import chromium
from bench.figures import Reading
from bench.installation import Running, until
from bench.spent import since, spent

PATIENCE = 60_000
"""Milliseconds."""

# Long tasks are those of 50 ms and more, in which a page answers nobody.
WATCH = """
window.benchLongest = 0;
new PerformanceObserver((list) => {
  for (const task of list.getEntries()) {
    window.benchLongest = Math.max(window.benchLongest, task.duration);
  }
}).observe({ type: "longtask", buffered: true });
"""
SHOWN = "() => new Promise((go) => requestAnimationFrame(() => setTimeout(go)))"
HAS_COME = """() => !window.benchIsLeft
  && performance.getEntriesByType("navigation")[0].loadEventEnd > 0"""
SEEN = """() => {
  const came = performance.getEntriesByType("navigation")[0];
  return { loaded: came.loadEventEnd, longest: window.benchLongest,
           elements: document.querySelectorAll("*").length };
}"""


@contextmanager
def window(installed: Running, cookie: str) -> Iterator[Page]:
    """A window of Chromium on an installation, of somebody who has signed in."""
    name, _, value = cookie.partition("=")
    address = f"http://127.0.0.1:{installed.port}"
    with chromium() as browser:
        context: BrowserContext = browser.new_context(
            base_url=address,
            locale="sv-SE",
            viewport={"width": 1280, "height": 900},
            reduced_motion="reduce",
        )
        context.set_default_timeout(PATIENCE)
        context.add_cookies([{"name": name, "value": value, "url": address}])
        context.add_init_script(WATCH)
        yield context.new_page()


class Steps:
    """Takes steps in a window, and keeps what each has cost by its name."""

    def __init__(self, page: Page, data: Path) -> None:
        self.page = page
        self.found: dict[str, Reading] = {}
        self._data = data

    def to_page(self, name: str, way: str | Callable[[], Any]) -> None:
        """A step to another page, by its address or by what leads there: from the
        beginning until all of it has loaded.

        Raises RuntimeError for a page that is not what was asked for.
        """
        before = spent(self._data)
        self.page.evaluate("() => { window.benchIsLeft = true; }")
        with self.page.expect_response(_is_page) as answered:
            self.page.goto(way) if isinstance(way, str) else way()
        if answered.value.status != 200:
            raise RuntimeError(f"{name}: {answered.value.status} {self.page.url}")
        until(self._has_come, name)
        self._keep(name, None, before)

    def _has_come(self) -> bool:
        with suppress(Error):  # While one page gives way to the other.
            return bool(self.page.evaluate(HAS_COME))
        return False

    def on_page(self, name: str, act: Callable[[], Any]) -> None:
        """A step that stays on the page: until what it brought is there to be seen."""
        self.page.evaluate("() => { window.benchLongest = 0; }")
        before = spent(self._data)
        began = perf_counter()
        act()
        self.page.evaluate(SHOWN)
        self._keep(name, (perf_counter() - began) * 1000, before)

    def _keep(self, name: str, taken: float | None, before: dict[int, float]) -> None:
        used = since(before, self._data) * 1000
        seen = self.page.evaluate(SEEN)
        self.found[name] = Reading(
            seen["loaded"] if taken is None else taken,
            {
                "processor ms each": used,
                "longest task ms": seen["longest"],
                "elements on the page": seen["elements"],
            },
        )


def _is_page(response: Response) -> bool:
    """Whether a response is a page that is shown, not one that leads on to another."""
    return response.request.is_navigation_request() and response.status // 100 != 3
