"""`python -m bench [N] [--json FILE]`: every benchmark, or one by its number.

Both sides of each run in turn on the same PostgreSQL, with fsync and synchronous_commit
on; a figure is the median of the rounds with its smallest and largest, and what counts
is the ratio. Each checks that the work was really done.
"""

from __future__ import annotations

import argparse
import importlib
import json
import tempfile
from pathlib import Path

from cli.postgres import embedded

HERE = Path(__file__).parent


def main() -> None:
    """Run what was asked for, one benchmark after the other."""
    found = sorted(int(file.stem[1:]) for file in HERE.glob("p[0-9]*.py"))
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("number", nargs="?", type=int, choices=found)
    parser.add_argument("--json", type=Path, help="append the figures as JSON lines")
    asked = parser.parse_args()
    directory = Path(tempfile.mkdtemp(prefix="samrad-bench-"))
    directory.chmod(0o755)
    with embedded(directory / "data", durable=True) as server:
        for number in [asked.number] if asked.number else found:
            benchmark = importlib.import_module(f"bench.p{number}")
            print(f"P{number}: {benchmark.__doc__}")
            for figure in benchmark.run(server):
                print(figure)
                if asked.json:
                    with asked.json.open("a") as lines:
                        print(json.dumps(figure.as_dict()), file=lines)


main()
