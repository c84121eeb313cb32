"""Where the words that a comment quotes stand now: exact, moved, changed or removed."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import accumulate
from typing import Any
from uuid import UUID

from domain.alignment import longest_increasing
from domain.ancestry import align as align
from domain.placer import FlatPlacer, State
from domain.text import Passage, find_quote, quote

GAP = "\n\n"
"""What stands between two passages when they are laid out as one text."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """The words a comment is about, in the version it was made on.

    `passage` is None for the whole proposal. Offsets count code points in the
    passage's text; both 0 with an empty quote is the whole passage. `prefix` and
    `suffix` are up to 32 characters around the quote.
    """

    passage: UUID | None
    start: int = 0
    end: int = 0
    quote: str = ""
    prefix: str = ""
    suffix: str = ""

    @classmethod
    def at(cls, passage: UUID, text: str, start: int, end: int) -> Anchor:
        """The anchor at `start` to `end` of a passage that reads `text`."""
        return cls(passage, start, end, *quote(text, start, end))

    def stored(self) -> dict[str, Any]:
        """The anchor as an event keeps it: strings and numbers only."""
        return _stored(self)

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Anchor:
        """The anchor that `stored` was made from."""
        return cls(**{**stored, "passage": _id(stored["passage"])})


@dataclass(frozen=True, slots=True)
class Placement:
    """Where an anchor's words stand in a later version.

    `exact`: the same words in the same passage. `moved`: the same words in another
    passage, or the passage has moved. `changed`: reworded but still there. `removed`:
    gone; `passage` is then the nearest one before that remains, and the offsets are 0.
    What is not `certain` asks an officer.
    """

    passage: UUID | None
    start: int
    end: int
    state: State
    certain: bool

    def stored(self) -> dict[str, Any]:
        """The placement as an event keeps it: strings, numbers and truth values."""
        return _stored(self)

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Placement:
        """The placement that `stored` was made from."""
        return cls(**{**stored, "passage": _id(stored["passage"])})


def _stored(value: Anchor | Placement) -> dict[str, Any]:
    return {
        **asdict(value),
        "passage": None if value.passage is None else value.passage.hex,
    }


def _id(stored: str | None) -> UUID | None:
    return None if stored is None else UUID(stored)


def place(
    anchors: Sequence[Anchor], old: Sequence[Passage], new: Sequence[Passage]
) -> list[Placement]:
    """Where each of `anchors`, made on `old`, stands in `new`: aligned with anchors.

    A passage that reads as before and has not moved keeps every anchor. In others, the
    id says where words are looked for first; those that have left are followed to
    passages that were touched too.
    """
    versions = _Versions(old, new)
    return [versions.place(anchor) for anchor in anchors]


class _Versions:
    """Two versions of a proposal; what was touched is laid out flat and aligned once.

    To leave out what is untouched is what makes a long text with few changes quick.
    """

    def __init__(self, old: Sequence[Passage], new: Sequence[Passage]) -> None:
        self._old = old
        self._was = {passage.id: k for k, passage in enumerate(old)}
        self._now = {passage.id: k for k, passage in enumerate(new)}
        self._new = new
        lasting = [passage for passage in new if passage.id in self._was]
        kept = longest_increasing([self._was[passage.id] for passage in lasting])
        self._in_order = {lasting[k].id for k in kept}
        self._untouched = {
            lasting[k].id
            for k in kept
            if old[self._was[lasting[k].id]].text == lasting[k].text
        }
        nearest: UUID | None = None
        self._remaining = [
            nearest := passage.id if passage.id in self._now else nearest
            for passage in old
        ]
        self._before, self._after = self._touched(old), self._touched(new)
        self._placer = FlatPlacer(
            self._before.text,
            self._after.text,
            [
                (self._before.extent(passage), self._after.extent(passage))
                for passage in lasting
                if passage.id not in self._untouched
            ],
            self._after.starts,
            GAP.join(passage.text for passage in new if passage.id in self._untouched),
            self._before.starts,
        )

    def _touched(self, passages: Sequence[Passage]) -> _Layout:
        return _Layout([p for p in passages if p.id not in self._untouched])

    def place(self, anchor: Anchor) -> Placement:
        if anchor.passage is None:
            return Placement(None, 0, 0, "exact", True)
        if anchor.passage not in self._was:
            return Placement(None, 0, 0, "removed", False)
        if not anchor.quote and anchor.start == anchor.end == 0:
            return self._place_whole(anchor.passage)
        k = self._was[anchor.passage]
        text = self._old[k].text
        span: tuple[int, int] | None = (anchor.start, anchor.end)
        if text[anchor.start : anchor.end] != anchor.quote:
            span = find_quote(text, anchor.quote, anchor.prefix, anchor.suffix)
        if span is None:
            return self._removed(k, certain=False)
        if anchor.passage in self._untouched:
            return Placement(anchor.passage, *span, "exact", True)
        return self._place_words(k, *span)

    def _place_whole(self, id: UUID) -> Placement:
        k = self._was[id]
        if id not in self._now:
            return self._place_words(k, 0, len(self._old[k].text))
        if self._old[k].text != self._new[self._now[id]].text:
            return Placement(id, 0, 0, "changed", True)
        state: State = "exact" if id in self._in_order else "moved"
        return Placement(id, 0, 0, state, True)

    def _place_words(self, k: int, start: int, end: int) -> Placement:
        at = self._before.start(self._old[k])
        spot = self._placer.place(at + start, at + end)
        if spot.state == "removed":
            return self._removed(k, certain=spot.certain)
        passage, offset = self._after.at(spot.start)
        elsewhere = passage != self._old[k].id or passage not in self._in_order
        state: State = spot.state
        if state != "changed":
            state = "moved" if elsewhere else "exact"
        return Placement(
            passage, spot.start - offset, spot.end - offset, state, spot.certain
        )

    def _removed(self, k: int, *, certain: bool) -> Placement:
        return Placement(self._remaining[k], 0, 0, "removed", certain)


class _Layout:
    """Passages laid out as one text, and the offset at which each of them begins."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        lengths = (len(passage.text) + len(GAP) for passage in passages)
        self.starts = list(accumulate(lengths, initial=0))[:-1]
        self.text = GAP.join(passage.text for passage in passages)
        self._passages = passages
        self._place = {passage.id: k for k, passage in enumerate(passages)}

    def start(self, passage: Passage) -> int:
        """The offset of a passage's first character."""
        return self.starts[self._place[passage.id]]

    def extent(self, passage: Passage) -> range:
        """The offsets of a passage's text, as it reads here."""
        k = self._place[passage.id]
        return range(self.starts[k], self.starts[k] + len(self._passages[k].text))

    def at(self, offset: int) -> tuple[UUID, int]:
        """The passage that stands at an offset, and the offset where it begins."""
        k = bisect_right(self.starts, offset) - 1
        return self._passages[k].id, self.starts[k]
