"""Waits, after something was recorded, for the pages to show it."""

from __future__ import annotations

from contextlib import suppress
from time import monotonic

from starlette.requests import Request

from domain.log import Receipt, Unavailable

LONGEST = 1.5
"""Seconds; after that the page is shown as it stands, and says what is on its way."""

UNHEARD, SELDOM = 0.05, 0.25
"""Seconds after which it is asked for what was not heard, at first and in the end."""


def settled(request: Request, receipt: Receipt) -> bool:
    """Whether the read tables have reached what was recorded. Blocks: runs in a thread.

    The follower is told of every append and needs some milliseconds, so that the page
    a form leads to nearly always shows what was sent. It tells every web process; the
    tables are asked only when nothing is heard.
    """
    until = monotonic() + LONGEST
    pause = UNHEARD
    while not request.state.shown.wait(receipt.position, pause):
        # What is recorded is recorded, also when the database goes away just after.
        with suppress(Unavailable), request.state.reads(None) as reads:
            if reads.position >= receipt.position:
                return True
        if monotonic() > until:
            return False
        pause = min(pause * 1.5, SELDOM)
    return True
