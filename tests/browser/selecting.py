"""Selecting words on a page as people do it: with the mouse, and with a finger."""

from __future__ import annotations

from typing import TypedDict

from playwright.sync_api import Page


class Ends(TypedDict):
    """Where words begin and end in the window, in CSS pixels."""

    x1: float
    y1: float
    x2: float
    y2: float


FIND = """([first, last]) => {
  const place = (words, atEnd) => {
    for (const text of document.querySelectorAll(".passage-text")) {
      const at = text.textContent.indexOf(words);
      if (at < 0) continue;
      let left = at + (atEnd ? words.length : 0);
      const walk = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
      for (let node = walk.nextNode(); node; node = walk.nextNode()) {
        if (left < node.length || (atEnd && left === node.length)) return [node, left];
        left -= node.length;
      }
    }
    throw new Error(`not on the page: ${words}`);
  };
  const range = document.createRange();
  range.setStart(...place(first, false));
  range.setEnd(...place(last, true));
  return range;
}"""
ENDS = (
    "(words) => { const range = ("
    + FIND
    + """)(words);
  range.startContainer.parentElement.scrollIntoView({ block: "center" });
  const rects = [...range.getClientRects()].filter((one) => one.width);
  const start = rects[0], end = rects.at(-1);
  return { x1: start.left, y1: start.top + start.height / 2,
           x2: end.right, y2: end.top + end.height / 2 };
}"""
)
SELECT = (
    "(words) => { const range = ("
    + FIND
    + """)(words);
  getSelection().removeAllRanges();
  getSelection().addRange(range);
}"""
)


def drag(page: Page, first: str, last: str = "") -> None:
    """Draw the mouse over words, or from the first words to the last."""
    ends: Ends = page.evaluate(ENDS, [first, last or first])
    page.mouse.move(ends["x1"] + 0.5, ends["y1"])
    page.mouse.down()
    page.mouse.move((ends["x1"] + ends["x2"]) / 2, (ends["y1"] + ends["y2"]) / 2)
    page.mouse.move(ends["x2"], ends["y2"])
    page.mouse.up()


def select(page: Page, words: str) -> None:
    """Have words selected, as by the handles of a touch screen."""
    page.evaluate(SELECT, [words, words])
