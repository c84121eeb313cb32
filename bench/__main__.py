"""`python -m bench [N] [--json FILE] [--data DIR]`: every benchmark, or one: 1 to 9, or
`act`, which needs Chromium.

Both sides of each run in turn on the same PostgreSQL, with fsync and synchronous_commit
on; a figure is the median of the rounds with its smallest and largest, and what counts
is the ratio. Each checks that the work was really done.

DIR keeps the logs that are generated, for the next run.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import signal
import tempfile
from contextlib import ExitStack
from datetime import UTC, datetime
from inspect import signature
from pathlib import Path
from typing import Any

from cli.postgres import embedded

HERE = Path(__file__).parent


def main() -> None:
    """Run what was asked for, one benchmark after the other."""
    found = [*sorted(file.stem[1:] for file in HERE.glob("p[0-9].py")), "act"]
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("which", nargs="?", choices=found)
    parser.add_argument("--json", type=Path, help="append the figures as JSON lines")
    parser.add_argument("--data", type=Path, help="where generated logs are kept")
    parser.add_argument(
        "--workers", type=int, default=2, help="web processes, on either side"
    )
    asked = parser.parse_args()
    # Whoever stops us stops what we have started, too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    at = datetime.now(UTC).isoformat(timespec="seconds")
    with ExitStack() as stack:
        rooms = _Rooms(stack, asked.data, asked.workers)
        for which in [asked.which] if asked.which else found:
            module = f"p{which}" if which.isdecimal() else which
            benchmark = importlib.import_module(f"bench.{module}")
            print(f"{module.capitalize()}: {benchmark.__doc__}")
            for figure in benchmark.run(**rooms.for_(benchmark.run)):
                print(figure, flush=True)
                if asked.json:
                    line = {"benchmark": which, "at": at, "machine": machine()}
                    with asked.json.open("a") as lines:
                        print(json.dumps(line | figure.as_dict()), file=lines)


class _Rooms:
    """What a benchmark may ask for by the name of a parameter of its `run`.

    `server` is an empty PostgreSQL, `data` a directory for installations, and `workers`
    how many web processes there are to be on either side.
    """

    def __init__(self, stack: ExitStack, data: Path | None, workers: int) -> None:
        self._stack = stack
        self._kept = data
        self._there: dict[str, Any] = {"workers": workers}

    def for_(self, run: Any) -> dict[str, Any]:
        for name in signature(run).parameters:
            if name not in self._there:
                self._there[name] = getattr(self, f"_{name}")()
        return {name: self._there[name] for name in signature(run).parameters}

    def _server(self) -> Any:
        return self._stack.enter_context(embedded(self._room() / "data", durable=True))

    def _data(self) -> Path:
        if self._kept is None:
            return self._room()
        self._kept.mkdir(parents=True, exist_ok=True)
        return self._kept.resolve()

    def _room(self) -> Path:
        """A directory of its own, which PostgreSQL's account can enter."""
        given = tempfile.TemporaryDirectory(prefix="samrad-bench-")
        room = Path(self._stack.enter_context(given))
        room.chmod(0o755)
        return room


def machine() -> str:
    """What the figures were measured on, in words."""
    cpu = platform.processor() or platform.machine()
    with Path("/proc/cpuinfo").open() as lines:
        names = [one.partition(":")[2].strip() for one in lines if "model name" in one]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} x {names[0] if names else cpu}, {memory:.0f} GB"


if __name__ == "__main__":
    main()
