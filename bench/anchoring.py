"""How often a comment finds its words again in a later version, and how fast.

Run as ``python -m bench.anchoring DIR [--json FILE] [--at-once]``. DIR holds real
documents as ``<doc>/versions.jsonl.xz`` and quotes from them with the true place in a
later version as ``anchoring_*/pairs.jsonl.xz``; offsets count code points. A place is
right when it overlaps the true one by at least half of what the two cover together;
words that were deleted must be reported as removed.

Quotes are carried from version to version, as each adoption carries comments on from
the version before; ``--at-once`` goes to the later version in one step instead.
"""

from __future__ import annotations

import json
import lzma
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any
from uuid import UUID, uuid4

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from domain.anchor import Anchor, place
from domain.placer import FlatPlacer, Spot
from domain.text import Passage

OVERLAP = 0.5
LONG_TEXT_WORDS = 10_000


@dataclass
class Tally:
    """How many quotes were placed rightly, in a wrong place, and asked about."""

    right: int = 0
    of: int = 0
    wrong_place: int = 0
    uncertain: int = 0
    uncertain_right: int = 0

    def count(self, spot: Spot, expected: dict[str, Any]) -> None:
        """Counts one quote, placed at `spot`."""
        right = _is_right(spot, expected)
        self.of += 1
        self.right += right
        self.wrong_place += not right and spot.state != "removed"
        self.uncertain += not spot.certain
        self.uncertain_right += not spot.certain and right


@dataclass
class Score:
    """The tallies of one run, by status over all documents and by document."""

    statuses: dict[str, Tally] = field(default_factory=dict)
    documents: dict[str, Tally] = field(default_factory=dict)
    overall: Tally = field(default_factory=Tally)
    seconds: float = 0.0


def _is_right(spot: Spot, expected: dict[str, Any]) -> bool:
    if expected["status"] == "deleted" or spot.state == "removed":
        return expected["status"] == "deleted" and spot.state == "removed"
    start, end = int(expected["start"]), int(expected["end"])
    shared = max(0, min(spot.end, end) - max(spot.start, start))
    return shared / (max(spot.end, end) - min(spot.start, start)) >= OVERLAP


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def score(
    pairs: list[dict[str, Any]],
    texts: dict[str, dict[int, str]],
    console: Console,
    *,
    at_once: bool = False,
) -> Score:
    """Places every pair's quote; each two versions of a document are aligned once."""
    result = Score()
    begun = perf_counter()
    placed = (
        found
        for doc, versions in texts.items()
        for found in (_placed_at_once if at_once else _carried)(
            [pair for pair in pairs if pair["doc"] == doc], versions
        )
    )
    for pair, spot in track(
        placed,
        "Placing quotes",
        total=len(pairs),
        console=console,
        disable=not console.is_terminal,
    ):
        expected = pair["expect"]
        for tally in (
            result.statuses.setdefault(expected["status"], Tally()),
            result.documents.setdefault(pair["doc"], Tally()),
            result.overall,
        ):
            tally.count(spot, expected)
    result.seconds = perf_counter() - begun
    return result


def _placed_at_once(
    pairs: list[dict[str, Any]], versions: dict[int, str]
) -> Iterator[tuple[dict[str, Any], Spot]]:
    """Each pair and where its quote stands, by its two versions alone."""
    placers: dict[tuple[int, int], FlatPlacer] = {}
    for pair in pairs:
        key = pair["from"], pair["to"]
        if key not in placers:
            placers[key] = FlatPlacer(versions[key[0]], versions[key[1]])
        yield pair, placers[key].place(pair["start"], pair["end"])


def _carried(
    pairs: list[dict[str, Any]], versions: dict[int, str]
) -> Iterator[tuple[dict[str, Any], Spot]]:
    """Each pair and where its quote stands, carried through the versions between."""
    on_the_way: list[tuple[dict[str, Any], Spot]] = []
    for here, there in pairwise(sorted(versions)):
        on_the_way += [
            (pair, Spot(pair["start"], pair["end"], "exact", True))
            for pair in pairs
            if pair["from"] == here
        ]
        if on_the_way and versions[here] != versions[there]:
            placer = FlatPlacer(versions[here], versions[there])
            on_the_way = [(pair, _carry(placer, spot)) for pair, spot in on_the_way]
        yield from (found for found in on_the_way if found[0]["to"] == there)
        on_the_way = [found for found in on_the_way if found[0]["to"] != there]


def _carry(placer: FlatPlacer, spot: Spot) -> Spot:
    """A quote's next place; what was removed stays so, and a doubt stays a doubt."""
    if spot.state == "removed":
        return spot
    found = placer.place(spot.start, spot.end)
    return found._replace(certain=found.certain and spot.certain)


def anchors_per_second(old_text: str, new_text: str) -> dict[str, Any]:
    """Places an anchor on each sentence of a text, as a revision's adoption does.

    The two versions are cut into passages at blank lines; passages keep their id when
    their text is the same. The alignment is part of the time.
    """
    ids: defaultdict[str, UUID] = defaultdict(uuid4)
    old, new = (
        [Passage(ids[block], "paragraph", 0, block) for block in dict.fromkeys(blocks)]
        for blocks in (old_text.split("\n\n"), new_text.split("\n\n"))
    )
    anchors = [
        Anchor.at(passage.id, passage.text, at, min(at + 80, len(passage.text)))
        for passage in old
        for at in range(0, len(passage.text), 80)
    ]
    begun = perf_counter()
    place(anchors, old, new)
    seconds = perf_counter() - begun
    return {
        "words": len(old_text.split()),
        "anchors": len(anchors),
        "seconds": round(seconds, 3),
        "anchors_per_second": round(len(anchors) / seconds),
    }


def _long_pair(texts: dict[str, dict[int, str]]) -> tuple[str, str]:
    """The two neighbouring, differing versions whose first is nearest 10,000 words."""
    neighbours = [
        (versions[n], versions[n + 1])
        for versions in texts.values()
        for n in versions
        if n + 1 in versions and versions[n] != versions[n + 1]
    ]
    return min(neighbours, key=lambda pair: abs(len(pair[0].split()) - LONG_TEXT_WORDS))


def _table(title: str, tallies: dict[str, Tally]) -> Table:
    table = Table("", "right", "of", "", "wrong place", "", "asked", title=title)
    for column in table.columns[1:]:
        column.justify = "right"
    for name, tally in sorted(tallies.items()):
        table.add_row(
            name,
            f"{tally.right}",
            f"{tally.of}",
            f"{tally.right / tally.of:.1%}",
            f"{tally.wrong_place}",
            f"{tally.wrong_place / tally.of:.1%}",
            f"{tally.uncertain} ({tally.uncertain_right} right)",
        )
    return table


def main(
    directory: Annotated[Path, typer.Argument(metavar="DIR")],
    json_file: Annotated[Path | None, typer.Option("--json")] = None,
    at_once: Annotated[bool, typer.Option("--at-once")] = False,
) -> None:
    """Score how well quotes are found again in later versions of real documents."""
    console = Console()
    files = sorted(directory.glob("anchoring_*/pairs.jsonl.xz"))
    if not files:
        console.print(
            f"No pairs in {directory}: expected anchoring_*/pairs.jsonl.xz there, and "
            "the documents as <doc>/versions.jsonl.xz."
        )
        raise typer.Exit(2)
    pairs = [pair for file in files for pair in _rows(file)]
    texts = {
        doc: {
            row["n"]: row["text"]
            for row in _rows(directory / doc / "versions.jsonl.xz")
        }
        for doc in sorted({pair["doc"] for pair in pairs})
    }
    result = score(pairs, texts, console, at_once=at_once)
    speed = anchors_per_second(*_long_pair(texts))
    console.print(_table("By what became of the words", result.statuses))
    console.print(_table("By document", result.documents))
    console.print(_table("Overall", {"all": result.overall}))
    console.print(
        f"{len(pairs) / result.seconds:,.0f} quotes/s with all alignments; "
        f"{speed['anchors_per_second']:,} anchors/s on a text of {speed['words']:,} "
        f"words ({speed['anchors']:,} anchors, aligned and placed in "
        f"{speed['seconds']} s)."
    )
    if json_file is not None:
        json_file.write_text(json.dumps({**asdict(result), "speed": speed}, indent=2))


if __name__ == "__main__":
    typer.run(main)
