"""Filing comments that came in another way: in a letter, by e-mail, or in a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.anchor import Anchor
from domain.comment import Comment, anchored
from domain.consultation import AlreadyConcluded, Consultation
from domain.log import Log, NotFound, Receipt, Refused
from domain.person import SECRETARIAT, require_role
from domain.proposal import NotPublished, Proposal, Standing, placed


@dataclass(frozen=True, slots=True)
class Filing:
    """A comment as it came in; `author` and `organisation` are whose it is."""

    id: UUID
    proposal: UUID
    edition: int
    anchor: Anchor
    kind: str
    text: str
    wording: str = ""
    themes: tuple[str, ...] = ()
    author: UUID | None = None
    organisation: UUID | None = None
    made_at: datetime | None = None
    reference: str = ""


Examined = Comment | Refused | None
"""A comment ready to record, why it can not be, or None for one that is there."""


def examine_filings(
    log: Log, filings: Sequence[Filing], *, by: UUID, now: datetime
) -> list[Examined]:
    """What would come of each; nothing is recorded yet.

    Nobody's mandate is asked for, nor whether the consultation is still open: whoever
    files answers for that. Comments on older editions are placed in the newest
    together, which compares each pair of texts once instead of once a comment.
    """
    proposals = {
        id: log.look(Proposal, id)
        for id in dict.fromkeys(filing.proposal for filing in filings)
    }
    for consultation in {found.consultation for found in proposals.values()}:
        require_role(log, by, consultation, *SECRETARIAT)
    anchors: dict[UUID, Anchor] = {}
    found: dict[UUID, Examined] = {}
    for filing in filings:
        try:
            if not _is_there(log, filing):
                anchors[filing.id] = _anchor(log, filing, proposals[filing.proposal])
        except Refused as refusal:
            found[filing.id] = refusal
    ready = [filing for filing in filings if filing.id in anchors]
    places = _places(ready, proposals, anchors)
    for filing in ready:
        proposal = proposals[filing.proposal]
        try:
            found[filing.id] = _comment(
                filing, proposal, anchors[filing.id], places.get(filing.id), by, now
            )
        except Refused as refusal:
            found[filing.id] = refusal
    return [found.get(filing.id) for filing in filings]


def file_comments(log: Log, comments: Sequence[Comment]) -> Receipt:
    """Record comments that were found to be ready, all of them or none."""
    return log.record(*comments)


def _is_there(log: Log, filing: Filing) -> bool:
    try:
        log.look(Comment, filing.id)
    except NotFound:
        return False
    return True


def _anchor(log: Log, filing: Filing, proposal: Proposal) -> Anchor:
    proposal.require_standing()
    consultation = log.look(Consultation, proposal.consultation)
    if consultation.status == "concluded":
        raise AlreadyConcluded
    consultation.require_themes(list(filing.themes))
    if not 0 < filing.edition <= proposal.published:
        raise NotPublished
    return anchored(filing.anchor, proposal.texts[filing.edition])


def _places(
    filings: Sequence[Filing],
    proposals: Mapping[UUID, Proposal],
    anchors: Mapping[UUID, Anchor],
) -> dict[UUID, dict[str, Any]]:
    """Where those on older editions stand in the newest, by comment."""
    places: dict[UUID, dict[str, Any]] = {}
    for id, proposal in proposals.items():
        older = {
            filing.id: Standing(filing.edition, anchors[filing.id])
            for filing in filings
            if filing.proposal == id and filing.edition < proposal.edition
        }
        places |= dict(zip(older, placed(proposal, older), strict=True))
    return places


def _comment(
    filing: Filing,
    proposal: Proposal,
    anchor: Anchor,
    placement: dict[str, Any] | None,
    by: UUID,
    now: datetime,
) -> Comment:
    comment = Comment.submit(
        id=filing.id,
        consultation=proposal.consultation,
        proposal=proposal.id,
        edition=filing.edition,
        anchor=anchor,
        placement=placement,
        kind=filing.kind,
        text=filing.text,
        wording=filing.wording,
        organisation=filing.organisation,
        author=filing.author,
        made_at=filing.made_at,
        reference=filing.reference,
        by=by,
        now=now,
    )
    comment.code(filing.themes, by=by, now=now)
    return comment
