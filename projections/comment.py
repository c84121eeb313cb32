"""Comments as they stand, and where each stands in every later version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from domain.anchor import Anchor
from domain.comment import Comment
from domain.log import Entry
from domain.proposal import Proposal, Standing
from ledger.sealing import ERASED
from projections.proposal import passages_of
from projections.reads import Reads
from projections.rows import Rows
from projections.sight import SEEN, Sight, readable
from projections.sight import visible_to_public as visible_to_public


def project(entry: Entry, rows: Rows) -> None:
    """Keep comments and their placements in step with one event."""
    event = entry.event
    match event:
        case Comment.Submitted():
            _submit(event, entry.position, rows)
        case Comment.Amended():
            rows.change(
                "comment",
                event.originator_id,
                kind=event.kind,
                text=event.text,
                wording=event.wording,
                amended_at=event.timestamp,
                review=_after_amendment(event.originator_id, rows),
            )
        case Comment.Withdrawn():
            rows.change("comment", event.originator_id, is_withdrawn=True)
        case Comment.Cleared():
            rows.change("comment", event.originator_id, review="cleared", withheld="")
        case Comment.Withheld():
            rows.change(
                "comment", event.originator_id, review="withheld", withheld=event.reason
            )
        case Comment.Coded():
            rows.change("comment", event.originator_id, themes=event.themes)
        case Comment.Assigned():
            rows.change("comment", event.originator_id, officer=event.officer)
        case Comment.Unpublished():
            rows.change(
                "comment",
                event.originator_id,
                unpublished=event.reason,
                unpublished_ref=event.decision_ref,
            )
        case Comment.Republished():
            rows.change(
                "comment", event.originator_id, unpublished="", unpublished_ref=""
            )
        case Comment.MarkedSecret():
            rows.change(
                "comment",
                event.originator_id,
                secrecy=event.provision,
                secrecy_note=event.note,
            )
        case Comment.SecrecyReassessed():
            rows.change("comment", event.originator_id, secrecy=event.provision)
        case Comment.Erased():
            _erase(event.originator_id, rows)
        case Comment.AnchorConfirmed():
            settled = (
                {**event.anchor, "state": "confirmed"}
                if event.anchor
                else {"passage": None, "start": 0, "end": 0, "state": "removed"}
            )
            settled["certain"] = True
            _place(event.originator_id, event.edition, settled, rows)
        case Proposal.AnchorsPlaced():
            _place_all(event, rows)


def _after_amendment(comment: UUID, rows: Rows) -> str:
    """Words that nobody has let through are reviewed anew; withheld stays withheld."""
    review = rows.get("comment", comment)["review"]
    return "withheld" if review == "withheld" else "waiting"


def _erase(comment: UUID, rows: Rows) -> None:
    """Its words are gone from every row; where it stood and what became of it stays."""
    rows.change("comment", comment, is_erased=True)
    rows.scrub(
        "comment",
        comment,
        unless_empty=["withheld"],
        text=ERASED,
        wording=ERASED,
        withheld=ERASED,
    )


def _submit(event: Comment.Submitted, position: int, rows: Rows) -> None:
    anchor = Anchor.of(event.anchor)
    rows.insert(
        "comment",
        id=event.originator_id,
        consultation=event.consultation,
        proposal=event.proposal,
        position=position,
        edition=event.edition,
        passage=anchor.passage,
        start_at=anchor.start,
        end_at=anchor.end,
        quote=anchor.quote,
        prefix=anchor.prefix,
        suffix=anchor.suffix,
        kind=event.kind,
        text=event.text,
        wording=event.wording,
        author=event.author or event.by,
        organisation=event.organisation,
        submitted_at=event.made_at or event.timestamp,
        is_withdrawn=False,
        review="waiting",
        withheld="",
        unpublished="",
        unpublished_ref="",
        secrecy="",
        secrecy_note="",
        is_erased=False,
        themes=[],
        reference=event.reference,
    )
    made = {**event.anchor, "state": "made", "certain": True}
    _insert_placement(event.originator_id, event.edition, _placed(made), rows)
    if event.placement:
        later = event.placement["edition"]
        _insert_placement(event.originator_id, later, _placed(event.placement), rows)


def _place_all(event: Proposal.AnchorsPlaced, rows: Rows) -> None:
    """Place the comments that have no place in the edition yet.

    One that an officer gave a place meanwhile keeps that: a person has looked.
    """
    comments = [UUID(placement["comment"]) for placement in event.placements]
    rows.foresee("comment", [(comment,) for comment in comments])
    rows.foresee("placement", [(comment, event.edition) for comment in comments])
    for comment, placement in zip(comments, event.placements, strict=True):
        if rows.find("placement", comment, event.edition) is None:
            _insert_placement(comment, event.edition, _placed(placement), rows)


def _place(
    comment: UUID, edition: int, placement: Mapping[str, Any], rows: Rows
) -> None:
    values = _placed(placement)
    if rows.find("placement", comment, edition):
        rows.change("placement", comment, edition, **values)
    else:
        _insert_placement(comment, edition, values, rows)


def _placed(placement: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "passage": UUID(placement["passage"]) if placement["passage"] else None,
        "start_at": placement["start"],
        "end_at": placement["end"],
        "state": placement["state"],
        "certain": placement["certain"],
    }


def _insert_placement(
    comment: UUID, edition: int, values: Mapping[str, Any], rows: Rows
) -> None:
    made_on = rows.get("comment", comment)
    rows.insert(
        "placement",
        comment=comment,
        proposal=made_on["proposal"],
        edition=edition,
        position=made_on["position"],
        **values,
    )


@dataclass(frozen=True, slots=True)
class CommentRow:
    """A comment with the names that stand beside it."""

    id: UUID
    consultation: UUID
    proposal: UUID
    position: int
    edition: int
    passage: UUID | None
    start_at: int
    end_at: int
    quote: str
    kind: str
    text: str
    wording: str
    author: UUID
    organisation: UUID | None
    organisation_kind: str | None
    submitted_at: datetime
    amended_at: datetime | None
    is_withdrawn: bool
    review: str
    withheld: str
    unpublished: str
    """Why it was taken down, or empty."""
    unpublished_ref: str
    secrecy: str
    """The provision that it is marked secret under, or empty."""
    secrecy_note: str
    is_erased: bool
    officer: UUID | None
    themes: list[str]
    sender: str | None
    """The organisation's name, or the person's who consents to it; None: private."""
    is_readable: bool
    """Whether the reader may read what it says: quote, text and wording are empty else.

    What is withdrawn, or marked secret, is only mentioned to others.
    """


_FACTS: LiteralString = """
    c.id, c.consultation, c.proposal, c.position, c.edition, c.passage, c.start_at,
    c.end_at, c.kind, c.author, c.organisation, o.kind AS organisation_kind,
    c.submitted_at, c.amended_at, c.is_withdrawn, c.review, c.withheld, c.unpublished,
    c.unpublished_ref, c.secrecy, c.secrecy_note,
    EXISTS (SELECT FROM now.erased e WHERE e.thing = c.id) AS is_erased,
    c.officer, c.themes,
    coalesce(o.name, CASE WHEN p.public_name AND q.public_name THEN p.name END)
        AS sender
"""
COMMENT_COLUMNS: LiteralString = (
    _FACTS + ", c.quote, c.text, c.wording, true AS is_readable"
)
"""A CommentRow with everything in it, for those who see all."""

COMMENT_NAMES: LiteralString = """
    LEFT JOIN organisation o ON o.id = c.organisation
    LEFT JOIN person p ON p.id = c.author
    LEFT JOIN now.person q ON q.id = c.author
"""
"""`q` is the author today: consent that is taken back is so for the past too."""

COMMENT_TABLES: LiteralString = " comment c " + COMMENT_NAMES


def submitted_by(moment: int | None, position: LiteralString) -> LiteralString:
    """What is true of every comment of that moment, by the column of its position.

    With it an index is entered at the newest of them, not above all that came later.
    """
    if moment is None:
        return "true"
    return position + " <= current_setting('samrad.as_of')::bigint"


def seen_columns(moment: int | None) -> LiteralString:
    """A CommentRow with the words that the reader may read; takes a Sight's params."""
    may_read = readable(moment)
    return _FACTS + (
        ", CASE WHEN " + may_read + " THEN c.quote ELSE '' END AS quote"
        ", CASE WHEN " + may_read + " THEN c.text ELSE '' END AS text"
        ", CASE WHEN " + may_read + " THEN c.wording ELSE '' END AS wording"
        ", " + may_read + " AS is_readable"
    )


def comment_by_id(reads: Reads, id: UUID) -> CommentRow | None:
    """One comment with everything in it, or None while the follower is behind."""
    return reads.one(
        CommentRow,
        "SELECT " + COMMENT_COLUMNS + " FROM " + COMMENT_TABLES + " WHERE c.id = %s",
        (id,),
    )


def comment_seen(reads: Reads, id: UUID, sight: Sight) -> CommentRow | None:
    """One comment as the reader may see it, or None."""
    return reads.one(
        CommentRow,
        "SELECT "
        + seen_columns(reads.moment)
        + " FROM "
        + COMMENT_TABLES
        + " WHERE c.id = %(id)s AND "
        + SEEN,
        {"id": id, **sight.params},
    )


@dataclass(frozen=True, slots=True)
class PlacementRow:
    edition: int
    passage: UUID | None
    start_at: int
    end_at: int
    state: str
    certain: bool


def placements_of(reads: Reads, comment: UUID) -> list[PlacementRow]:
    """Where a comment stands in each edition, that it was made on first."""
    return reads.all(
        PlacementRow,
        "SELECT edition, passage, start_at, end_at, state, certain FROM placement"
        " WHERE comment = %s ORDER BY edition",
        (comment,),
    )


def standings_on(reads: Reads, proposal: UUID, *, not_in: int) -> dict[UUID, Standing]:
    """The anchors of a proposal's comments that have no place in an edition yet.

    Each is taken from the newest edition that it certainly stands in, or else as it
    was made. Withdrawn comments are placed too: the audit trail follows them.
    """
    rows = reads.tuples(
        """
        SELECT c.id, coalesce(s.edition, c.edition), coalesce(s.state, 'made'),
               CASE WHEN s.comment IS NULL THEN c.passage ELSE s.passage END,
               coalesce(s.start_at, c.start_at), coalesce(s.end_at, c.end_at),
               c.quote, c.prefix, c.suffix
          FROM comment c
          LEFT JOIN LATERAL (
               SELECT * FROM placement s
                WHERE s.comment = c.id AND s.certain AND s.state <> 'removed'
                ORDER BY s.edition DESC LIMIT 1) AS s ON true
         WHERE c.proposal = %s
           AND NOT EXISTS (SELECT FROM placement t
                            WHERE t.comment = c.id AND t.edition = %s)
         ORDER BY c.position
        """,
        (proposal, not_in),
    )
    placed_in = {edition for _, edition, state, *_ in rows if state != "made"}
    texts = {
        (edition, passage.id): passage.text
        for edition in placed_in
        for passage in passages_of(reads, proposal, edition)
    }
    return {
        comment: Standing(
            edition,
            Anchor(passage, start, end, *words)
            if state == "made" or passage is None
            else Anchor.at(passage, texts[edition, passage], start, end),
        )
        for comment, edition, state, passage, start, end, *words in rows
    }
