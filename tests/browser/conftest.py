"""Chromium on the real application: served on a port, with the real follower beside."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from bench.chromium import chromium
from cli.demo import CONSULTATION, people
from cli.demo.load import load
from cli.postgres import Server
from tests import story
from tests.browser.rounds import a_draft
from tests.browser.samples import ASKED_FOR, OWN_COMMENT, UNPUBLISHED
from tests.browser.serving import Served, serving
from tests.browser.windows import PATIENCE, Windows
from tests.conftest import new_database
from tests.vault import everywhere

expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for a file of tests: while it runs, nothing else here can use
    asyncio in the main thread."""
    with chromium() as found:
        yield found


@pytest.fixture(scope="session")
def demo(postgres: Server, template: str) -> Iterator[Served]:
    """The demo consultation, for tests that only read: they share it."""
    with new_database(postgres, template) as url:
        load(everywhere(url), lambda done, total: None)
        with serving(url, demo_people=people) as served:
            a_draft(served.log, CONSULTATION, id=UNPUBLISHED, order=5)
            story.an_erasure(served.log, OWN_COMMENT, id=ASKED_FOR)
            yield served


@pytest.fixture
def served(database: str) -> Iterator[Served]:
    """An application with an empty log."""
    with serving(database) as found:
        yield found


@pytest.fixture
def windows(browser: Browser, served: Served) -> Iterator[Windows]:
    """Windows on an application of the test's own."""
    found = Windows(browser, served)
    yield found
    found.end_test()


@pytest.fixture(scope="module")
def reading_windows(browser: Browser, demo: Served) -> Iterator[Windows]:
    found = Windows(browser, demo)
    yield found
    found.close()


@pytest.fixture
def demo_windows(reading_windows: Windows) -> Iterator[Windows]:
    """Windows on the demo, to look and not to touch."""
    yield reading_windows
    reading_windows.end_test()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Say what the windows showed when a test failed."""
    report = yield
    given: dict[str, Any] = getattr(item, "funcargs", {})
    if call.when == "call" and report.failed:
        for windows in (one for one in given.values() if isinstance(one, Windows)):
            report.sections += windows.shown()
    return report
