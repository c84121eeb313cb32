"""A generated log to run benchmarks on, small enough for a test."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def ground() -> Iterator[Path]:
    """A directory for installations, where PostgreSQL's account can come."""
    room = Path(tempfile.mkdtemp(prefix="samrad-tests-bench-"))
    room.chmod(0o755)
    yield room
    shutil.rmtree(room, ignore_errors=True)
