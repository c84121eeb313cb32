"""The numbers of a Word file's lists, which Word counts and does not write down."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final
from xml.etree.ElementTree import Element

from web.formats.wordxml import attribute, children, value, whole

_PLACE = re.compile(r"%([1-9])")
_ROMAN: Final = (
    *((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc")),
    *((50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")),
)


@dataclass(frozen=True, slots=True)
class _Level:
    """How one depth of a list counts, and the text around its number."""

    start: int = 1
    form: str = "bullet"
    text: str = ""


@dataclass(slots=True)
class _Count:
    """The levels of a list, and the number that each has come to."""

    levels: dict[int, _Level]
    numbers: dict[int, int] = field(default_factory=dict)


class WordLists:
    """The lists that word/numbering.xml defines, counted from a file's beginning."""

    def __init__(self, root: Element) -> None:
        counts = {
            attribute(abstract, "abstractNumId"): _Count(
                {
                    whole(attribute(level, "ilvl"), 0): _level(level)
                    for level in children(abstract, "lvl")
                }
            )
            for abstract in children(root, "abstractNum")
        }
        self._counts: dict[str | None, _Count] = {}
        self._restarts: dict[tuple[str | None, int], int] = {}
        for num in children(root, "num"):
            number = attribute(num, "numId")
            count = counts.get(value(num, "abstractNumId"))
            if count is not None:
                self._counts[number] = count
            for override in children(num, "lvlOverride"):
                if (start := value(override, "startOverride")) is not None:
                    depth = whole(attribute(override, "ilvl"), 0)
                    self._restarts[number, depth] = whole(start, 1)

    def label(self, number: str, depth: int) -> str:
        """What Word shows before the next item of a list at a depth, such as 2.1 or b).

        Empty for a bullet and for a list that is not defined.
        """
        count = self._counts.get(number, _Count({}))
        level = count.levels.get(depth, _Level())
        before = count.numbers.get(depth, level.start - 1)
        count.numbers[depth] = self._restarts.pop((number, depth), before + 1)
        for deeper in [each for each in count.numbers if each > depth]:
            del count.numbers[deeper]
        return "" if level.form == "bullet" else _shown(count, level.text)


def _level(level: Element) -> _Level:
    start, form = value(level, "start"), value(level, "numFmt")
    return _Level(whole(start, 1), form or "decimal", value(level, "lvlText") or "")


def _shown(count: _Count, text: str) -> str:
    def written(place: re.Match[str]) -> str:
        at = int(place[1]) - 1
        level = count.levels.get(at, _Level())
        return _written(count.numbers.get(at, level.start), level.form)

    return _PLACE.sub(written, text).strip()


def _written(number: int, form: str) -> str:
    """A number as Word writes it: 4, d, D, iv or IV."""
    if form == "none":
        return ""
    if form in ("lowerLetter", "upperLetter") and number > 0:
        times, letter = divmod(number - 1, 26)
        written = chr(ord("a") + letter) * (times + 1)
    elif form in ("lowerRoman", "upperRoman") and 0 < number < 4000:
        written = _roman(number)
    else:
        written = str(number)
    return written.upper() if form.startswith("upper") else written


def _roman(number: int) -> str:
    written = ""
    for worth, sign in _ROMAN:
        times, number = divmod(number, worth)
        written += sign * times
    return written
