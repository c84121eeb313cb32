"""Growth as a picture: what each request takes as the log gets longer, in small charts.

The sizes lie as far apart as their logarithms; every chart begins at no time at all, so
that a line that looks flat is flat.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from html import escape
from math import log10
from typing import Any

SHORT = 1_000
"""Entries of the log that the longer ones are measured beside."""
COLUMNS = 4
WIDE, HIGH = 230, 120
LEFT, RIGHT, TOP, BOTTOM = 16, 60, 40, 22

Curve = dict[int, float]
"""Milliseconds by the entries of the log."""

STYLE = """
text { font: 12px system-ui, sans-serif; fill: #333 }
.works { font-weight: 600 } .size { fill: #767676; font-size: 10px }
.line { fill: none; stroke: #1a5fb4; stroke-width: 2 } .dot { fill: #1a5fb4 }
.slow .line { stroke: #b3261e } .slow .dot { fill: #b3261e }
.axis { stroke: #c4c4c4 }
@media (prefers-color-scheme: dark) {
  text { fill: #ddd } .size { fill: #a0a0a0 } .axis { stroke: #555 }
  .line { stroke: #78aeed } .dot { fill: #78aeed }
  .slow .line { stroke: #f28b82 } .slow .dot { fill: #f28b82 }
}
"""


def curves(figures: Iterable[Mapping[str, Any]]) -> dict[str, Curve]:
    """The curve of each request among figures of "work, N entries" beside SHORT."""
    found: dict[str, Curve] = {}
    for figure in figures:
        work, _, size = str(figure["work"]).rpartition(", ")
        if not figure["theirs"] or not size.endswith(" entries"):
            continue
        curve = found.setdefault(work, {})
        # The short log is measured anew beside each of the longer ones: the ratio is
        # true of its own run, so the curve is drawn through it.
        start = curve.setdefault(SHORT, figure["theirs"]["mid"])
        entries = int(size.removesuffix(" entries").replace(",", ""))
        curve[entries] = start * figure["ratio"]["mid"]
    return found


def picture(found: Mapping[str, Curve], bound: float) -> str:
    """An SVG of the curves, those that end above `bound` times their start in red."""
    rows = -(-len(found) // COLUMNS)
    size = f'width="{COLUMNS * WIDE}" height="{rows * HIGH}"'
    charts = (
        f'<g transform="translate({n % COLUMNS * WIDE} {n // COLUMNS * HIGH})"'
        f"{' class=' + chr(34) + 'slow' + chr(34) if _grown(curve) > bound else ''}>"
        f"{''.join(_chart(work, curve))}</g>"
        for n, (work, curve) in enumerate(found.items())
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">'
        f"<title>What a request takes as the log grows</title><style>{STYLE}</style>\n"
        + "\n".join(charts)
        + "\n</svg>\n"
    )


def _grown(curve: Curve) -> float:
    return curve[max(curve)] / curve[SHORT]


def _chart(work: str, curve: Curve) -> Iterator[str]:
    sizes = sorted(curve)
    longest = max(log10(sizes[-1] / sizes[0]), 1e-9)
    across, down = WIDE - LEFT - RIGHT, HIGH - TOP - BOTTOM
    floor, top = HIGH - BOTTOM, max(curve.values()) or 1.0
    points = [
        (
            LEFT + across * log10(size / sizes[0]) / longest,
            floor - down * curve[size] / top,
        )
        for size in sizes
    ]
    yield f'<text class="works" x="{LEFT}" y="16">{escape(work)}</text>'
    yield f'<path class="axis" d="M{LEFT} {floor}H{LEFT + across}"/>'
    told = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    yield f'<polyline class="line" points="{told}"/>'
    for size, (x, y) in zip(sizes, points, strict=True):
        yield f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="3"/>'
        yield (
            f'<text class="size" x="{x:.1f}" y="{HIGH - 8}" text-anchor="middle">'
            f"{_short(size)}</text>"
        )
    (x, y), last = points[-1], curve[sizes[-1]]
    yield f'<text x="{x + 8:.1f}" y="{y + 2:.1f}">{last:.1f} ms</text>'
    yield (
        f'<text class="size" x="{x + 8:.1f}" y="{y + 15:.1f}">'
        f"{_grown(curve):.2f} \N{MULTIPLICATION SIGN}</text>"
    )


def _short(size: int) -> str:
    return f"{size // 1_000_000} M" if size >= 1_000_000 else f"{size // 1_000} k"
