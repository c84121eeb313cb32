"""Plain text with marks, gathered piece by piece while a file is read."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from markdown_it.common.normalize_url import normalizeLink

from domain.text import Mark, MarkKind

MARK_OF_TAG: Final[dict[str, MarkKind]] = {
    "a": "link",
    "b": "strong",
    "code": "code",
    "em": "emphasis",
    "i": "emphasis",
    "kbd": "code",
    "samp": "code",
    "strong": "strong",
    "tt": "code",
    "var": "emphasis",
}
LINE_OF_TAG: Final = {
    "sup": str.maketrans("0123456789+-=", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼"),
    "sub": str.maketrans("0123456789+-=", "₀₁₂₃₄₅₆₇₈₉₊₋₌"),
}
"""Plain text has no raised and lowered digits but these: 10⁶ is not 106."""
LONGEST_TARGET: Final = 2_000

LABEL_STARTS: Final = "\ufdd0"
LABEL_ENDS: Final = "\ufdd1"
"""What stands around the number that a file itself gives an item: no text has them."""

_LINE_ENDS = re.compile("\r\n|[\r\x0b\x85\u2028\u2029]")
_CONTROLS = re.compile("[\x00-\x08\x0c\x0e-\x1f\x7f-\x9f\ufeff]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_SPACES = re.compile(r"[ \t]*\n[ \t\n]*|[ \t]+")
_NUMBER = re.compile(r"\s*[0-9+=-]+\s*")
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")


def clean(text: str) -> str:
    """The text in composed letters (NFC), with \\n line ends and no control characters.

    A tab stays; a lone surrogate, which no database keeps, becomes U+FFFD.
    """
    text = _LINE_ENDS.sub("\n", unicodedata.normalize("NFC", text))
    return _SURROGATES.sub("\ufffd", _CONTROLS.sub("", text))


def one_line(text: str) -> str:
    """The text on one line: every run of spaces, tabs and line ends is one space."""
    return " ".join(re.split(r"[ \t\n]+", text.strip(" \t\n")))


def safe_target(target: str) -> str | None:
    """The address of a link that may be followed, or None.

    Only http, https, mailto, a #fragment and a relative address may. Browsers skip
    control characters in an address, so they are taken out first.
    """
    target = _CONTROLS.sub("", _LINE_ENDS.sub("", target))
    target = target.replace("\t", "").replace("\n", "").strip()
    scheme = _SCHEME.match(target)
    if scheme and scheme[0].lower() not in ("http:", "https:", "mailto:"):
        return None
    if not target or len(target) > LONGEST_TARGET:
        return None
    try:
        return normalizeLink(target)
    except ValueError:
        return None


class MarkedText:
    """A passage's text while it is being read: pieces of text between open marks."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._length = 0
        self._open: list[tuple[MarkKind, str | None, int]] = []
        self._marks: list[Mark] = []
        self._line = ""

    def set_line(self, tag: str) -> None:
        """Numbers added from here on are raised (`sup`), lowered (`sub`) or neither."""
        self._line = tag

    def add(self, text: str) -> None:
        """Put `text` last."""
        if self._line and _NUMBER.fullmatch(text):
            text = text.translate(LINE_OF_TAG[self._line])
        self._pieces.append(text)
        self._length += len(text)

    def append(self, text: str, marks: Iterable[Mark]) -> None:
        """Put a text that already has marks last."""
        at = self._length
        self._marks.extend(
            Mark(m.start + at, m.end + at, m.kind, m.target) for m in marks
        )
        self.add(text)

    def open(self, kind: MarkKind, target: str = "") -> None:
        """What is added from here on has the mark; a link that may not be followed
        is left out."""
        kept = safe_target(target) if kind == "link" else ""
        self._open.append((kind, kept, self._length))

    def close(self, kind: MarkKind) -> None:
        """End the last mark opened of this kind; without one nothing happens."""
        for at in reversed(range(len(self._open))):
            opened, target, start = self._open[at]
            if opened == kind:
                del self._open[at]
                if target is not None:
                    self._marks.append(Mark(start, self._length, kind, target))
                return

    def taken(self) -> tuple[str, tuple[Mark, ...]]:
        """The text and its marks so far, tidy."""
        for kind, _, _ in reversed(self._open):
            self.close(kind)
        return tidy("".join(self._pieces), self._marks)

    def raw(self) -> tuple[str, tuple[Mark, ...]]:
        """The text as it was added, spaces and all: for a table, cells are tidy."""
        return "".join(self._pieces), tidy_marks("".join(self._pieces), self._marks)


def tidy(text: str, marks: Iterable[Mark] = ()) -> tuple[str, tuple[Mark, ...]]:
    """The text as a reader sees it, and the marks moved to match.

    A run of spaces is one space, none stand at either end or around a line end, and
    there are no empty lines.
    """
    pieces: list[str] = []
    moved: list[int] = []
    at = length = 0
    for run in _SPACES.finditer(text):
        moved.extend(range(length, length + run.start() - at))
        length += run.start() - at
        pieces.append(text[at : run.start()])
        at = run.end()
        outermost = length == 0 or at == len(text)
        pieces.append("" if outermost else "\n" if "\n" in run[0] else " ")
        moved.extend([length] * len(run[0]))
        length += len(pieces[-1])
    pieces.append(text[at:])
    moved.extend(range(length, length + len(text) - at + 1))
    tidied = "".join(pieces)
    placed = (Mark(moved[m.start], moved[m.end], m.kind, m.target) for m in marks)
    return tidied, tidy_marks(tidied, placed)


def tidy_marks(text: str, marks: Iterable[Mark]) -> tuple[Mark, ...]:
    """The marks in their one written form.

    Marks of one kind and target that meet are one, no mark begins or ends with a space
    or is empty, links do not overlap, and they are sorted by where they begin, the
    longest first.
    """
    spans: dict[tuple[MarkKind, str], list[tuple[int, int]]] = defaultdict(list)
    for mark in marks:
        spans[mark.kind, mark.target].append((mark.start, mark.end))
    tidied = [
        Mark(*trimmed, kind, target)
        for (kind, target), found in spans.items()
        for span in _joined(found)
        if (trimmed := _trimmed(text, *span))
    ]
    tidied.sort(key=lambda m: (m.start, -m.end, m.kind, m.target))
    return tuple(_without_overlapping_links(tidied))


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _trimmed(text: str, start: int, end: int) -> tuple[int, int] | None:
    words = text[start:end].strip(" \t\n")
    if not words:
        return None
    start = text.index(words, start)
    return start, start + len(words)


def _without_overlapping_links(marks: list[Mark]) -> list[Mark]:
    kept: list[Mark] = []
    linked_to = 0
    for mark in marks:
        if mark.kind == "link":
            if mark.start < linked_to:
                continue
            linked_to = mark.end
        kept.append(mark)
    return kept
