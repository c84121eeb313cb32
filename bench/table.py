"""`python -m bench.table FILE [PICTURE]`: figures in JSON lines, as a Markdown table.

Of each work the latest figure is shown. PICTURE is where the curves of growth are
drawn, as SVG.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from bench.growth import curves, picture

MOST = 1.5
"""Times as long as in a short log that a request may take in a long one."""


def read(file: Path) -> list[dict[str, Any]]:
    """The latest figure of each work, in the order of their benchmarks."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for line in file.read_text().splitlines():
        figure = json.loads(line)
        figure["benchmark"] = str(figure["benchmark"])
        found[figure["benchmark"], figure["work"]] = figure
    return sorted(found.values(), key=lambda one: one["benchmark"])


def table(figures: list[dict[str, Any]]) -> str:
    """The figures as rows: ours, the reference, the ratio with its range, the goal."""
    lines = [
        "| # | Work | Unit | Ours | Reference | Ratio (range) | p99 ms | Processor ms"
        " each | Goal |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for one in figures:
        ratio = one["ratio"]
        told = (
            f"{ratio['mid']:.2f} ({ratio['low']:.2f} to {ratio['high']:.2f})"
            if ratio
            else ""
        )
        goal = one["goal"] and f"{one['goal']}: {'met' if one['is_met'] else 'missed'}"
        cells = (
            "P8" if one["benchmark"] == "act" else f"P{one['benchmark']}",
            one["work"],
            one["unit"],
            _number(one["ours"]),
            _number(one["theirs"]),
            told,
            _both(one, "p99 ms"),
            _both(one, "processor ms each"),
            goal,
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _number(spread: dict[str, float] | None) -> str:
    return f"{spread['mid']:,.1f}" if spread else ""


def _both(figure: dict[str, Any], ending: str) -> str:
    """Ours and theirs of what was measured beside a figure, by how its name ends."""
    for name, sides in figure["more"].items():
        if name.endswith(ending):
            theirs = _number(sides["theirs"])
            return _number(sides["ours"]) + (f" / {theirs}" if theirs else "")
    return ""


if __name__ == "__main__":
    shown = read(Path(sys.argv[1]))
    print(f"{shown[-1]['machine']}, {shown[-1]['at']}\n\n{table(shown)}")
    if len(sys.argv) > 2:
        grown = curves(one for one in shown if one["benchmark"] == "8")
        Path(sys.argv[2]).write_text(picture(grown, MOST))
