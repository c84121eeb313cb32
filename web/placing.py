"""What a revision does to comments: where each stands now, and where it would."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from markupsafe import Markup

from domain.anchor import place
from domain.text import Passage, Text
from projections.comment import CommentRow, standings_on
from projections.proposal import passages_of
from projections.reads import Reads
from projections.revision import PlacedRow, comments_named, placed_in
from web.formats.html import passage_html
from web.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Place:
    """Where a comment stands, or would stand, in a version."""

    row: PlacedRow

    @property
    def asks_for_a_look(self) -> bool:
        """Whether it is not simply where and as it was."""
        return self.row.state not in ("made", "exact") or not self.row.certain


@dataclass(frozen=True, slots=True)
class Placed:
    """A comment as it was made, beside where it stands or would stand."""

    comment: CommentRow
    place: PlacedRow
    made_at: str
    """The printed reference of its passage as commented; "" for the whole proposal."""
    label: str
    """That of the passage it stands on; "" for the whole or where that is unknown."""
    html: Markup
    """The passage it stands on, with its words marked."""


def places_of(reads: Reads, space: Workspace) -> list[Place]:
    """Where the comments would stand if the revision were adopted now; for an adopted
    one, where they stand in the version that it made."""
    if space.revision.edition is not None:
        rows = placed_in(reads, space.proposal.id, space.revision.edition)
        return [Place(row) for row in rows]
    if not space.is_open:
        return []
    proposal = space.proposal.id
    standings = standings_on(reads, proposal, not_in=space.revision.base + 1)
    withdrawn = {
        id for id, row in comments_named(reads, standings).items() if row.is_withdrawn
    }
    found: dict[UUID, PlacedRow] = {}
    for edition in {standing.edition for standing in standings.values()}:
        here = {
            id: standing.anchor
            for id, standing in standings.items()
            if standing.edition == edition
        }
        old = passages_of(reads, proposal, edition)
        placements = place(list(here.values()), old, space.text)
        for id, found_at in zip(here, placements, strict=True):
            found[id] = PlacedRow(
                id,
                found_at.passage,
                found_at.start,
                found_at.end,
                found_at.state,
                found_at.certain,
            )
    return [Place(found[id]) for id in standings if id not in withdrawn]


def tally(places: Iterable[Place]) -> Mapping[str, int]:
    """How many comments are in each state; `uncertain` are counted apart as well."""
    counts: Counter[str] = Counter()
    for each in places:
        counts["exact" if each.row.state == "made" else each.row.state] += 1
        counts["uncertain"] += not each.row.certain
        counts["all"] += 1
    return counts


def shown(reads: Reads, space: Workspace, places: Sequence[Place]) -> list[Placed]:
    """Comments as made beside where they would stand in the revised text."""
    return beside(reads, space.proposal.id, [place.row for place in places], space.text)


def beside(
    reads: Reads, proposal: UUID, rows: Sequence[PlacedRow], text: Text
) -> list[Placed]:
    """Comments as made beside where they stand in a text, in the order given."""
    comments = comments_named(reads, [row.comment for row in rows])
    editions = {comment.edition for comment in comments.values()}
    made = {edition: passages_of(reads, proposal, edition) for edition in editions}
    found = []
    for row in rows:
        comment = comments[row.comment]
        passage = text.passage(row.passage)
        found.append(
            Placed(
                comment,
                row,
                made[comment.edition].label(comment.passage) if comment.passage else "",
                text.label(row.passage) if row.passage else "",
                marked(passage, row.start_at, row.end_at) if passage else Markup(),
            )
        )
    return found


def marked(passage: Passage, start: int, end: int) -> Markup:
    """A passage with some of its words marked; none when the offsets are both 0."""
    highlights = [(start, end, "commented")] if start < end else []
    return passage_html(passage, highlights=highlights)
