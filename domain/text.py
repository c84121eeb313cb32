"""The text of a proposal: passages with lasting ids, made of plain text and marks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import takewhile
from typing import Any, Literal
from unicodedata import combining, normalize
from uuid import UUID

Kind = Literal["heading", "paragraph", "item", "numbered", "quote", "code", "table"]
KINDS: tuple[Kind, ...] = (
    "heading",
    "paragraph",
    "item",
    "numbered",
    "quote",
    "code",
    "table",
)

MarkKind = Literal["strong", "emphasis", "code", "link"]


@dataclass(frozen=True, slots=True)
class Mark:
    """How a stretch of a passage's text is shown; `target` is a link's address."""

    start: int
    end: int
    kind: MarkKind
    target: str = ""


@dataclass(frozen=True, slots=True)
class Passage:
    """The smallest addressable unit of a proposal.

    `text` is what a reader sees and quotes, without mark-up; offsets count Unicode
    code points. `level` is 1 to 6 for a heading, the depth from 1 for an item or a
    numbered item, for what else stands in an item the depth of its list, else 0. In a
    table a newline stands between rows and a tab between cells; the first row is the
    header.
    """

    id: UUID
    kind: Kind
    level: int
    text: str
    marks: tuple[Mark, ...] = ()

    def __deepcopy__(self, memo: object) -> Passage:
        """Itself: a text of 100,000 words is shared by all copies of its proposal."""
        return self

    def reads_as(self, other: Passage) -> bool:
        """Whether another passage reads and looks the same."""
        return (
            self.text == other.text
            and self.marks == other.marks
            and (self.kind, self.level) == (other.kind, other.level)
        )

    def stored(self) -> dict[str, Any]:
        """The passage as an event keeps it: strings, numbers and lists only."""
        return {
            "id": self.id.hex,
            "kind": self.kind,
            "level": self.level,
            "text": self.text,
            "marks": [[m.start, m.end, m.kind, m.target] for m in self.marks],
        }

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Passage:
        """The passage that `stored` was made from."""
        return cls(
            UUID(stored["id"]),
            stored["kind"],
            stored["level"],
            stored["text"],
            tuple(Mark(*mark) for mark in stored["marks"]),
        )


class Text(tuple[Passage, ...]):
    """The passages of one edition in reading order, and what is found out of all of
    them once: a text of 100,000 words has some three thousand."""

    @cached_property
    def labels(self) -> Sequence[str]:
        """The printed reference of each passage."""
        return tuple(labels(self))

    @cached_property
    def places(self) -> Mapping[UUID, int]:
        """Where each passage stands, by its id."""
        return {passage.id: at for at, passage in enumerate(self)}

    def passage(self, id: UUID | None) -> Passage | None:
        """A passage by its id; None where it does not stand."""
        at = None if id is None else self.places.get(id)
        return None if at is None else self[at]

    def label(self, id: UUID) -> str:
        """The printed reference of a passage; "" where it does not stand."""
        at = self.places.get(id)
        return "" if at is None else self.labels[at]


CONTEXT = 32
"""Characters kept on each side of a quote, enough to tell equal quotes apart."""


def labels(passages: Sequence[Passage]) -> list[str]:
    """The printed reference of each passage: heading 2.1, its first paragraph 2.1:1.

    What stands before the first heading, and under a title, is numbered from 0:1. A
    title is a first heading that alone has level 1; its own label is 0. A skipped
    level counts as the next one down, so that no number is missing.
    """
    title = _title(passages)
    open_levels: list[int] = []
    numbers: list[int] = []
    section, follower = "0", 0
    found: list[str] = []
    for passage in passages:
        if passage is title:
            found.append("0")
        elif passage.kind == "heading":
            while open_levels and open_levels[-1] >= passage.level:
                open_levels.pop()
            depth = len(open_levels)
            open_levels.append(passage.level)
            numbers = [*numbers, 0][: depth + 1]
            numbers[depth] += 1
            section, follower = ".".join(map(str, numbers)), 0
            found.append(section)
        else:
            follower += 1
            found.append(f"{section}:{follower}")
    return found


def _title(passages: Sequence[Passage]) -> Passage | None:
    headings = [passage for passage in passages if passage.kind == "heading"]
    tops = [heading for heading in headings if heading.level == 1]
    return tops[0] if len(tops) == 1 and headings[0] is tops[0] else None


def quote(passage_text: str, start: int, end: int) -> tuple[str, str, str]:
    """The quoted words, and up to 32 characters before and after them."""
    return (
        passage_text[start:end],
        passage_text[max(0, start - CONTEXT) : start],
        passage_text[end : end + CONTEXT],
    )


def find_quote(
    passage_text: str, quote: str, prefix: str, suffix: str
) -> tuple[int, int] | None:
    """Where the words that a browser selection gave stand: start and end offsets.

    White space is left out of account, since a selection across cells or items has
    other white space than the passage. Among several places the one whose
    surroundings agree most with `prefix` and `suffix` is chosen, then the first.
    """
    offsets = [at for at, sign in enumerate(passage_text) if _is_ink(sign)]
    inked = "".join(passage_text[at] for at in offsets)
    sought, before, after = ink(quote), ink(prefix), ink(suffix)
    if not sought:
        return None
    best, best_agreement = -1, -1
    at = inked.find(sought)
    while at >= 0:
        agreement = _agreement(inked[max(0, at - len(before)) : at][::-1], before[::-1])
        end = at + len(sought)
        agreement += _agreement(inked[end : end + len(after)], after)
        if agreement > best_agreement:
            best, best_agreement = at, agreement
        at = inked.find(sought, at + 1)
    if best < 0:
        return None
    return offsets[best], offsets[best + len(sought) - 1] + 1


def _is_ink(sign: str) -> bool:
    return not sign.isspace() and sign not in "\u00ad\u200b\u2060\ufeff"


def ink(text: str) -> str:
    """The text without white space and what nobody sees."""
    return "".join(filter(_is_ink, text))


def _agreement(text: str, expected: str) -> int:
    """How many characters the two have in common from their beginning."""
    agreed = takewhile(
        lambda pair: pair[0] == pair[1], zip(text, expected, strict=False)
    )
    return sum(1 for _ in agreed)


def swedish_key(name: str) -> str:
    """A sort key in Swedish order, to be compared code point by code point.

    Å, ä and ö come after z; é sorts as e and ü as y; case and punctuation do not
    count; numbers sort by size. Other letters with accents sort as without.
    """
    folded = "".join(map(_sorted_as, normalize("NFC", name).casefold()))
    return " ".join(NUMBER.sub(_by_size, folded).split())


AFTER_Z = {"å": "{", "ä": "|", "æ": "|", "ö": "}", "ø": "}", "œ": "}"}
AS_OTHERS = {"ü": "y", "đ": "d", "ð": "d", "þ": "th", "ł": "l"}
NUMBER = re.compile(r"[0-9]+")


@lru_cache
def _sorted_as(letter: str) -> str:
    known = AFTER_Z.get(letter) or AS_OTHERS.get(letter)
    if known:
        return known
    plain = normalize("NFKD", letter)
    return "".join(
        sign if sign.isalnum() else " " for sign in plain if not combining(sign)
    )


def _by_size(number: re.Match[str]) -> str:
    """The number without leading zeros behind its length, so that 9 precedes 10."""
    digits = number[0].lstrip("0") or "0"
    return f"{min(len(digits), 99):02}{digits}"
