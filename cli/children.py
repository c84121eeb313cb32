"""Processes that belong to this one: started, started again, and stopped by id."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from time import monotonic
from types import ModuleType, TracebackType
from typing import Any, Self

import structlog

log = structlog.get_logger("children")

_spawning = get_context("spawn")

GRACE = 30.0
"""Seconds that a child gets to stop in before it is killed."""
STEADY = 10.0
"""Seconds after which a child that ends is started again at once."""
LONGEST_PAUSE = 30.0


def stopped_by_signals() -> threading.Event:
    """An event that SIGINT, SIGTERM and SIGHUP set."""
    stop = threading.Event()
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, lambda *_: stop.set())
    return stop


class Child:
    """One process, and how to start it again."""

    def __init__(self, name: str, work: Callable[..., object], *given: Any) -> None:
        self.name = name
        self._work = work
        self._given = given
        self._pause = 0.5
        self._start_at = 0.0
        self._started_at = 0.0
        self.process: BaseProcess | None = None

    def start(self) -> None:
        """Start it, out of reach of the terminal's Ctrl-C: that is for the parent."""
        self._started_at = monotonic()
        self.process = _spawning.Process(
            target=_alone, args=(self._work, self._given), name=self.name
        )
        with _no_interrupts(), _nothing_inherited():
            self.process.start()

    def tend(self) -> None:
        """Start it again if it has ended; later and later if it keeps ending."""
        if self.process is not None:
            if self.process.is_alive():
                return
            ran = monotonic() - self._started_at
            self._pause = 0.5 if ran > STEADY else min(self._pause * 2, LONGEST_PAUSE)
            self._start_at = monotonic() + self._pause
            log.error(
                "process ended",
                name=self.name,
                exit_code=self.process.exitcode,
                again_in=self._pause,
            )
            self.process.close()
            self.process = None
        if monotonic() >= self._start_at:
            self.start()


class Children:
    """Keeps processes going until it is left; then stops them, each by its id."""

    def __init__(self, *children: Child) -> None:
        self.children = children

    def __enter__(self) -> Self:
        for child in self.children:
            child.start()
        return self

    def add(self, *children: Child) -> None:
        """Have more of them."""
        for child in children:
            child.start()
            self.children = (*self.children, child)

    def tend(self, timeout: float = 0.5) -> None:
        """Wait a moment for a process to end, and start again those that have."""
        sentinels = [c.process.sentinel for c in self.children if c.process]
        wait(sentinels, timeout)
        for child in self.children:
            child.tend()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        running = [c.process for c in self.children if c.process]
        for process in running:
            process.terminate()
        for process in running:
            process.join(GRACE)
            if process.is_alive():
                log.warning("process killed", name=process.name)
                process.kill()
                process.join()


def _alone(work: Callable[..., object], given: tuple[Any, ...]) -> None:
    """Do the work in a session of its own, and no longer than the parent lives."""
    os.setsid()
    end_with_parent()
    work(*given)


def end_with_parent() -> None:
    """Have this process stopped when the one that started it is gone.

    A parent that is killed can not stop its children, which would keep its port.
    """
    parent = parent_process()
    if parent is None:
        return

    def watch() -> None:
        wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True, name="parent watch").start()


@contextmanager
def _nothing_inherited() -> Iterator[None]:
    """Have a process that is started here import its own work only.

    Else it first imports what the parent's command line is made of, all of Samråd: a
    second of work, and 40 MB of what a process that holds a key has no business with.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


@contextmanager
def _no_interrupts() -> Iterator[None]:
    """Have a process that is started here ignore SIGINT from its first moment."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
