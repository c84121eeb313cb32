"""An act of 100,000 words as one proposal: an officer's way with it, and a reader's.

Each step is taken in Chromium, from its beginning until the page has loaded or shows
what was asked for. The reference is the same step with a text of 1,000 words.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import psycopg
from playwright.sync_api import Page

from bench.acts import CHOSEN, act
from bench.figures import ROUNDS, Figure, Reading, compared
from bench.generate import append
from bench.installation import Running, running, until
from bench.rounds import some_id
from bench.windows import Steps, window
from bench.words import Prose, title
from domain.anchor import Anchor
from domain.comment import Comment
from domain.consultation import Consultation
from domain.log import Log
from domain.proposal import Proposal

SHORT, LONG = 1_000, 100_000
COMMENTS = 500
"""On each text before it is revised."""
GOAL = "≤ 1000 ms"
"""For each step, whatever the shorter text takes."""

SELECT = """(words) => {
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const at = node.data.indexOf(words);
    if (at < 0) continue;
    const range = document.createRange();
    range.setStart(node, at);
    range.setEnd(node, at + words.length);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    return;
  }
  throw new Error("the words are not on the page");
}"""


def run(data: Path, workers: int) -> Iterator[Figure]:
    """The whole way with the long text and with the short one, in turn."""
    room = data / "texts"
    room.mkdir(parents=True, exist_ok=True)
    with running(data, entries=1_000, comments=250, workers=workers, copy=True) as here:
        (cookie,) = here.sign_in(here.scene.chair)
        with window(here, cookie) as page:
            taken = [
                (Way(here, page, room, LONG).all(), Way(here, page, room, SHORT).all())
                for _ in range(ROUNDS + 1)
            ]
    for name in taken[0][0]:
        pairs = [(long[name], short[name]) for long, short in taken[1:]]
        yield compared(f"an act: {name}", "ms", pairs, goal=GOAL)


class Way:
    """All that is done with one text, from the file to the second version of it."""

    def __init__(self, here: Running, page: Page, room: Path, words: int) -> None:
        self._here, self._page = here, page
        self._steps = Steps(page, here.server.data)
        self._files = room / f"{words}.md", room / f"{words}-later.md"
        made = act(words)
        for file, text in zip(self._files, (made.first, made.later), strict=True):
            file.write_text(text)
        self._round = _new_round(here)
        self._place = f"/consultations/{self._round}"

    def all(self) -> dict[str, Reading]:
        """Take every step; gives what each cost."""
        self._drafted()
        self._read()
        self._commented()
        self._revised()
        self._reworded()
        self._adopted()
        self._looked_back()
        return self._steps.found

    def _drafted(self) -> None:
        page, to_page = self._page, self._steps.to_page
        page.goto(f"{self._place}/proposals/new")
        page.set_input_files("#f-file", self._files[0])
        to_page("a file is read", lambda: _press(page, "proposals/new"))
        to_page("the draft is saved", lambda: _press(page, "proposals/new/"))
        self._proposal = _id_in(page, f"{self._place}/proposals/", "redraft")
        self._text = f"{self._place}/proposals/{self._proposal}"
        page.goto(f"{self._text}/publish")
        if page.locator("#f-anyway").count():
            page.check("#f-anyway")
        to_page("it is published", lambda: _press(page, "/publish"))

    def _read(self) -> None:
        page, to_page = self._page, self._steps.to_page
        to_page("its page", self._text)
        to_page("its page again", f"{self._text}?")
        self._middle = self._passage_with(CHOSEN)
        to_page(
            "a jump to a passage",
            f"{self._text}?passage={self._middle}#p-{self._middle}",
        )
        links = page.locator(".outline li a")
        far = links.nth(links.count() // 4)
        if "part=" in (far.get_attribute("href") or ""):
            to_page("a jump by the contents", far.click)
        else:
            to_page("a jump by the contents", page.reload)
        self._read_on()

    def _read_on(self) -> None:
        page = self._page
        before = page.locator(".passage").count()

        def on() -> None:
            link = page.locator("article .portion-link a[hx-get]")
            if link.count():
                link.scroll_into_view_if_needed()
                page.locator(".passage").nth(before).wait_for()

        self._steps.on_page("reading on", on)

    def _commented(self) -> None:
        page, to_page = self._page, self._steps.to_page
        page.goto(f"{self._text}?passage={self._middle}#p-{self._middle}")

        def choose() -> None:
            page.evaluate(SELECT, CHOSEN)
            page.locator(".comment-selection").wait_for()

        self._steps.on_page("words are selected", choose)
        to_page("the form for a comment", lambda: page.click(".comment-selection"))
        page.fill("#f-text", "Vilka skäl är det? Säg det här.")
        preview = "#comment-form button[formaction]"
        to_page("a preview of it", lambda: page.click(preview))
        send = "#comment-form button:not([formaction])"
        to_page("it is submitted", lambda: page.click(send))
        _comment(self._here, UUID(self._proposal))

    def _revised(self) -> None:
        page, to_page = self._page, self._steps.to_page
        to_page("its page with comments", self._text)
        page.goto(f"{self._text}/revise-from-file")
        page.set_input_files("#f-file", self._files[1])
        to_page("a later file is read", lambda: _press(page, "/revise-from-file"))
        to_page(
            "a revision is started of it", lambda: _press(page, "/revise-from-file/")
        )
        self._revision = page.url.partition("?")[0]

    def _reworded(self) -> None:
        page, to_page = self._page, self._steps.to_page
        passage = f"?passage={self._middle}#p-{self._middle}"
        to_page("a place in the revision", self._revision + passage)
        here = page.locator(f"#p-{self._middle}")

        def open_form() -> None:
            here.locator("a[href*='/edit']").click()
            page.locator("textarea[name=text]").wait_for()

        self._steps.on_page("the form for a change", open_form)
        words = page.locator("textarea[name=text]")
        words.fill(words.input_value() + " De ska vara synnerliga.")
        form = f"form[action*='{self._middle}/edit'] button:not([name])"
        to_page("the change is saved", lambda: page.locator(form).last.click())

    def _adopted(self) -> None:
        page, to_page = self._page, self._steps.to_page
        to_page("the preview", f"{self._revision}/preview")
        comments = f"{self._revision}/preview/comments"
        to_page("what it does to comments", comments)
        page.goto(f"{self._revision}/preview")
        to_page("it is reviewed", lambda: _press(page, "/review"))
        to_page("before adopting", f"{self._revision}/adopt")
        to_page("it is adopted", lambda: _press(page, "/adopt"))
        page.goto(f"{self._text}/publish")
        if page.locator("#f-anyway").count():
            page.check("#f-anyway")
        to_page("version 2 is published", lambda: _press(page, "/publish"))

    def _looked_back(self) -> None:
        page, to_page, text = self._page, self._steps.to_page, self._text
        why = f"{text}/passages/{self._middle}"
        to_page("version 2", text)
        to_page("two versions compared", f"{text}/compare")
        to_page("why a passage reads so", why)
        to_page("where comments stand", f"{text}/anchors")
        choice = page.locator(f"a[href*='{self._proposal}/anchors/']").first
        if choice.count():
            to_page("choosing a place", choice.click)
        else:
            to_page("choosing a place", page.reload)

    def _passage_with(self, words: str) -> str:
        """The id of the passage that the words stand in, as the read tables say."""
        with closing(Log(self._here.database.log)) as log:
            found = log.look(Proposal, UUID(self._proposal))
        return str(next(one.id for one in found.passages if words in one.text))


def _press(page: Page, action: str) -> None:
    """Send the form whose address ends so, or has it in it where it ends with a /."""
    match = "*=" if action.endswith("/") else "$="
    page.locator(
        f"main form[method=post][action{match}'{action}'] button"
    ).first.click()


def _id_in(page: Page, before: str, after: str) -> str:
    """The id that stands in a link of the page, between two parts of its address."""
    link = page.locator(f"a[href^='{before}'][href$='{after}']").first
    return (link.get_attribute("href") or "").removeprefix(before).split("/")[0]


def _new_round(here: Running) -> UUID:
    """A consultation that takes comments, without a text as yet."""
    chance, now, by = Random(), datetime.now(UTC), UUID(here.scene.chair)  # noqa: S311
    round = Consultation.plan(
        id=some_id(chance),
        title=title(chance),
        closes_at=now + timedelta(days=30),
        by=by,
        now=now,
    )
    round.open(by=by, now=now)
    with closing(Log(here.database.log)) as log:
        append(log, list(round.collect_events()))
        _wait_for_pages(here, log)
    return round.id


def _comment(here: Running, proposal: UUID) -> None:
    """Have many comment on a text: the first passages most."""
    chance, prose = Random(proposal.int), Prose("act")  # noqa: S311
    with closing(Log(here.database.log)) as log:
        text = log.look(Proposal, proposal)
        events: list[Any] = []
        for _ in range(COMMENTS):
            passage = text.passages[int(chance.random() ** 1.5 * len(text.passages))]
            end = min(len(passage.text), 60)
            comment = Comment.submit(
                id=some_id(chance),
                consultation=text.consultation,
                proposal=proposal,
                edition=text.edition,
                anchor=Anchor.at(passage.id, passage.text, 0, end),
                kind="general",
                text=prose.comment(chance),
                by=UUID(chance.choice(here.scene.senders)),
                now=datetime.now(UTC),
            )
            events += comment.collect_events()
        append(log, events)
        _wait_for_pages(here, log)


def _wait_for_pages(here: Running, log: Log) -> None:
    """Wait until the read tables have all that is in the log."""
    until(partial(_shown, here, log.head()), "the follower")


def _shown(here: Running, position: int) -> bool:
    with psycopg.connect(here.server.url) as connection:
        found = connection.execute("SELECT position FROM read.follower").fetchone()
    return found is not None and found[0] >= position
