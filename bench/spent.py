"""Processor time that the processes of an installation take, PostgreSQL's too.

Unlike time by the clock it hardly depends on what else a machine does.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


def spent(data: Path) -> dict[int, float]:
    """Seconds of processor time by process, of all that work for a directory."""
    mark = f"SAMRAD_DATA={data}\0".encode()
    found = {}
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            works_in = Path(os.readlink(place / "cwd"))
            if works_in.is_relative_to(data) or mark in _environment(place):
                fields = (place / "stat").read_bytes().rpartition(b")")[2].split()
                found[int(place.name)] = (int(fields[11]) + int(fields[12])) / TICK
    return found


def since(before: dict[int, float], data: Path) -> float:
    """Seconds that have been spent since then; a process that has ended is left out."""
    return sum(now - before.get(pid, 0.0) for pid, now in spent(data).items())


def _environment(place: Path) -> bytes:
    return (place / "environ").read_bytes()
