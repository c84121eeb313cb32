"""What the commands work with, on the test's own database."""

from __future__ import annotations

import pytest

from cli.opening import Opened
from domain.log import Log
from projections.reads import ReadPool
from tests.vault import everywhere


@pytest.fixture
def opened(database: str, log: Log, reads: ReadPool) -> Opened:
    """The log and the read tables as a command has them."""
    return Opened(everywhere(database), log, reads)
