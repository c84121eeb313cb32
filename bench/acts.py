"""Texts as long as an act of parliament, as files that an officer sends in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from bench.words import Prose, title

CHANGED = 0.04
"""The share of a text's blocks that a later one rewords."""
A_SECTION = 11
"""Blocks under a heading, at most."""
CHOSEN = "Särskilda skäl krävs för undantag härifrån."
"""Words that stand once in each text, about its middle, for somebody to comment on."""


@dataclass(frozen=True, slots=True)
class Act:
    """A text in Markdown and a later one of the same document."""

    first: str
    later: str


def act(words: int, seed: str = "act") -> Act:
    """A text of so many words with headings, lists and tables; some 30 a passage."""
    chance = Random(f"{seed} {words}")  # noqa: S311
    prose = Prose(seed)
    blocks: list[str] = []
    left = words
    while left > 0:
        made = list(_section(chance, prose, len(blocks)))
        left -= sum(len(block.split()) for block in made)
        blocks += made
    middle = next(
        at for at in range(len(blocks) // 2, 0, -1) if blocks[at][:1].isalpha()
    )
    blocks[middle] += f" {CHOSEN}"
    later = list(_revised(chance, prose, blocks, middle))
    head = f"# {title(chance)}"
    return Act("\n\n".join([head, *blocks]), "\n\n".join([head, *later]))


def _section(chance: Random, prose: Prose, at: int) -> Iterator[str]:
    depth = 2 if at % (6 * A_SECTION) < A_SECTION else 3
    yield f"{'#' * depth} {title(chance)}"
    for number in range(chance.randint(5, A_SECTION)):
        drawn = chance.random()
        if drawn < 0.1 and number:
            sign = chance.choice(("-", "1."))
            yield "\n".join(
                f"{sign} {prose.text(chance, 12)}" for _ in range(chance.randint(2, 6))
            )
        elif drawn < 0.12:
            rows = [[title(chance) for _ in range(3)] for _ in range(4)]
            lines = [f"| {' | '.join(row)} |" for row in rows]
            yield "\n".join([lines[0], "|---|---|---|", *lines[1:]])
        else:
            yield prose.text(chance, chance.uniform(15, 50))


def _revised(
    chance: Random, prose: Prose, blocks: list[str], kept: int
) -> Iterator[str]:
    """Some blocks reworded, a few gone, new or elsewhere."""
    moved = ""
    for at, block in enumerate(blocks):
        drawn = chance.random()
        if at == kept or not block[:1].isalpha() or drawn > CHANGED * 2:
            yield block
        elif drawn < CHANGED:
            before, _, after = block.partition(". ")
            yield f"{before}. {prose.text(chance, 8)} {after}".rstrip()
        elif drawn < CHANGED * 1.3:
            yield f"{block}\n\n{prose.text(chance, 30)}"
        elif drawn < CHANGED * 1.6:
            pass
        else:
            if moved:
                yield moved
            moved = block
    if moved:
        yield moved
