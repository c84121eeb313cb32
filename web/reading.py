"""A proposal as it is read: which version, what portion, and what stands beside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from typing import Literal
from uuid import UUID

from markupsafe import Markup
from starlette.requests import Request

from domain.log import NotFound
from domain.text import Passage
from projections.proposal import EditionRow, ProposalRow
from web.access import works_on
from web.formats.html import passage_html
from web.portions import portion_of

State = Literal["current", "older", "upcoming"]


@dataclass(frozen=True, slots=True)
class Version:
    """An edition of a text, as its reader may choose it."""

    row: EditionRow
    state: State
    """The one that is valid, one before it, or one that is not published yet."""

    @property
    def number(self) -> int:
        return self.row.edition

    @property
    def at(self) -> datetime:
        """When it was published, or made if another one was before it could be."""
        return self.row.published_at or self.row.made_at


def versions_for(
    request: Request, proposal: ProposalRow, rows: Iterable[EditionRow]
) -> list[Version]:
    """The versions that the visitor may read, oldest first: what is published, and
    for those who work on the consultation what is not yet."""
    sees_all = works_on(request, proposal.consultation)
    return [
        Version(row, _state(row, proposal))
        for row in rows
        if sees_all or row.edition <= proposal.published
    ]


def _state(row: EditionRow, proposal: ProposalRow) -> State:
    if row.edition == proposal.published:
        return "current"
    return "older" if row.edition < proposal.published else "upcoming"


def chosen(request: Request, versions: Sequence[Version], name: str) -> Version | None:
    """The version that the query names, or None; one that is not there is not found."""
    asked = request.query_params.get(name)
    if not asked:
        return None
    for version in versions:
        if str(version.number) == asked:
            return version
    raise NotFound


def current(versions: Sequence[Version]) -> Version:
    """The version that is valid, or the newest draft while none is published."""
    for version in versions:
        if version.state == "current":
            return version
    if not versions:
        raise NotFound
    return versions[-1]


@dataclass(frozen=True, slots=True)
class Section:
    """A heading of the outline."""

    id: UUID
    label: str
    words: str
    depth: int
    """From 1."""
    portion: int
    comments: int
    """On the heading and what stands under it, up to the next heading."""


DEEPEST = 3
"""Levels of headings that the outline shows."""


def outline(
    passages: Sequence[Passage],
    labels: Sequence[str],
    parts: Sequence[range],
    counts: Mapping[UUID | None, int],
) -> list[Section]:
    """The headings of a text, with how much has been said under each."""
    places = [
        at
        for at, (passage, label) in enumerate(zip(passages, labels, strict=True))
        if passage.kind == "heading" and depth_of(label) <= DEEPEST
    ]
    return [
        Section(
            passages[at].id,
            "" if labels[at] == "0" else labels[at],
            passages[at].text,
            depth_of(labels[at]),
            portion_of(parts, at),
            sum(counts.get(passage.id, 0) for passage in passages[at:end]),
        )
        for at, end in pairwise([*places, len(passages)])
    ]


MANY = 80
"""Headings that an outline lists one and all."""


def around(sections: Sequence[Section], portion: int) -> list[Section]:
    """A long outline with only those sections open that the portion on the page is of.

    Of the others the heading of the first depth stands for all that is under it.
    """
    if len(sections) <= MANY:
        return list(sections)
    shown: list[Section] = []
    for chapter in _chapters(sections):
        if chapter[0].portion <= portion <= chapter[-1].portion:
            shown += chapter
        else:
            comments = sum(section.comments for section in chapter)
            shown.append(replace(chapter[0], comments=comments))
    return shown


def _chapters(sections: Sequence[Section]) -> list[list[Section]]:
    chapters: list[list[Section]] = []
    for section in sections:
        if section.depth == 1 or not chapters:
            chapters.append([])
        chapters[-1].append(section)
    return chapters


def depth_of(label: str) -> int:
    """How deep in the text a heading with this label stands, from 1."""
    return label.count(".") + 1


News = Literal["", "new", "changed"]
"""Whether a passage's words came in with a later version than the first."""


HERE = UUID(int=0)
"""Stands in the addresses below where each passage's id goes."""


@dataclass(frozen=True, slots=True)
class Ways:
    """Where the links beside the passages of a version lead, with HERE for their id."""

    why: str
    """To a passage's own page."""
    beside: str
    """To its comments."""
    reply: str
    """To the form to comment on it; "" when it is not offered."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A passage on the page, with what stands beside it.

    This is all that its mark-up is made of, and the mark-up is kept by it
    (`web.pages.KEPT_PASSAGES`). So nothing belongs here that may have to be forgotten:
    no name, and no word of a comment, only where comments stand and how many.
    """

    passage: Passage
    label: str
    quoted: tuple[tuple[int, int], ...]
    """The places of the words that comments quote."""
    comments: int
    news: News
    since: int
    """The version they came in with."""
    tag: str
    """The element of a heading: h2 to h6."""
    ways: Ways

    @property
    def html(self) -> Markup:
        """The words of the passage, those quoted marked."""
        return commented(self.passage, self.quoted)

    @property
    def address(self) -> str:
        """Of its own page."""
        return self._to(self.ways.why)

    @property
    def beside(self) -> str:
        """Of its comments."""
        return self._to(self.ways.beside)

    @property
    def reply(self) -> str:
        """Of the form to comment on it; "" when it is not offered."""
        return self._to(self.ways.reply)

    def _to(self, way: str) -> str:
        return way.replace(str(HERE), str(self.passage.id))


def without_title(
    passages: Sequence[Passage],
    labels: Sequence[str],
    title: str,
    counts: Mapping[UUID | None, int],
) -> tuple[list[Passage], list[str]]:
    """The passages and their labels, less a title that the page shows as its heading.

    A title that somebody has commented on stays, for its comments to stand beside.
    """
    again = (
        "0" in labels[:1]
        and passages[0].text.strip() == title.strip()
        and not counts.get(passages[0].id)
    )
    return list(passages[again:]), list(labels[again:])


def heading_tags(passages: Sequence[Passage], labels: Sequence[str]) -> dict[UUID, str]:
    """The element of each heading, without gaps; the page's own heading is the h1."""
    top = 2 if "0" in labels else 1
    return {
        passage.id: "h2" if label == "0" else f"h{min(6, depth_of(label) + top)}"
        for passage, label in zip(passages, labels, strict=True)
        if passage.kind == "heading"
    }


def commented(passage: Passage, spans: Sequence[tuple[int, int]]) -> Markup:
    """A passage's words, those that comments quote marked; spans that meet are one."""
    joined: list[tuple[int, int, str]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            first, last, name = joined.pop()
            joined.append((first, max(last, end), name))
        else:
            joined.append((start, min(end, len(passage.text)), "commented"))
    return passage_html(passage, highlights=joined)
