"""Progress that nobody watches."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cli.progress import Report


def unseen(done: int, of: int) -> None:
    """A report that goes nowhere."""


@contextmanager
def silently(_: str) -> Iterator[Report]:
    """A stage of the work that is not shown."""
    yield unseen
