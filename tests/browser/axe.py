"""What axe, which checks accessibility by machine, has against a page."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import Page

FILE = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"

RUN = """async (source) => {
  if (!window.axe) (0, eval)(source);
  const found = await axe.run(document, {
    resultTypes: ["violations"],
    preload: false,
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    rules: { "target-size": { enabled: true } }, // 24 pixels, or room around it
  });
  return found.violations.flatMap(({ id, impact, help, nodes }) =>
    nodes.map(({ target, html, failureSummary }) => ({
      id, impact, help, where: target.join(" "), html, why: failureSummary,
    })));
}"""

GRAVE = ("serious", "critical")


def faults(page: Page) -> list[str]:
    """The grave faults of a page, in axe's words; what is minor is let pass."""
    found: list[dict[str, str]] = page.evaluate(RUN, _source())
    return [
        "{impact}, {id}: {help}\n  {where}\n  {html}\n  {why}".format_map(one)
        for one in found
        if one["impact"] in GRAVE
    ]


@cache
def _source() -> str:
    if not FILE.exists():
        pytest.skip("axe is not here: bin/setup assets, or make setup, fetches it")
    return FILE.read_text("utf-8")
