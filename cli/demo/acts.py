"""What in the demo's story depends on the texts as they stood at the time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from cli.demo import thing
from cli.demo.content import Commented
from domain.anchor import Anchor
from domain.change import PassageChange
from domain.log import Log
from domain.proposal import Proposal, Standing
from domain.revision import adopt_revision, make_change
from domain.submission import submit_comment
from domain.text import Passage
from web.formats.markdown import read_markdown

Standings = Callable[[UUID, int], Mapping[UUID, Standing]]
"""The anchors of a proposal's comments that have no place in an edition yet."""


def submit(
    log: Log, *, comment: Commented, proposal: UUID, by: UUID, now: datetime
) -> None:
    """Submit a comment on the newest version that has the words it is about."""
    found = log.look(Proposal, proposal)
    for edition in range(found.published, 0, -1):
        anchor = anchor_of(comment, found.texts[edition])
        if anchor is not None:
            break
    else:
        raise LookupError(f"{comment.key}: its words are not in the proposal")
    submit_comment(
        log,
        id=thing(comment.key),
        proposal=proposal,
        edition=edition,
        anchor=anchor,
        kind=comment.kind,
        text=comment.text,
        wording=comment.wording or "",
        organisation=thing(comment.organisation) if comment.organisation else None,
        reference=comment.key,
        by=by,
        now=now,
    )


def anchor_of(comment: Commented, passages: Sequence[Passage]) -> Anchor | None:
    """Where a comment stands in a text, or None where it does not."""
    if comment.heading is None:
        return Anchor(None)
    for passage in _under(comment.heading, passages):
        if comment.quote is None:
            if passage.text.startswith(comment.passage or ""):
                return Anchor(passage.id)
        elif (at := passage.text.find(comment.quote)) >= 0:
            return Anchor.at(passage.id, passage.text, at, at + len(comment.quote))
    return None


def _under(heading: str, passages: Sequence[Passage]) -> Iterator[Passage]:
    """The passages from a heading to the next one."""
    inside = False
    for passage in passages:
        if passage.kind == "heading":
            inside = passage.text == heading
        if inside:
            yield passage


def change(
    log: Log,
    *,
    id: UUID,
    proposal: UUID,
    number: int,
    planned: Mapping[str, Any],
    by: UUID,
    now: datetime,
) -> None:
    """Make a planned change, whose passages are named by how they begin."""
    passages = log.look(Proposal, proposal).passages

    def beginning(words: str) -> Passage:
        (found,) = [each for each in passages if each.text.startswith(words)]
        return found

    made: PassageChange = {
        "id": uuid5(id, f"change {number}").hex,
        "op": planned["op"],
        "reason": planned["reason"],
        "issues": [thing(key).hex for key in planned["issues"]],
    }
    old = beginning(planned["passage"]) if "passage" in planned else None
    made["passage"] = (old.id if old else uuid5(id, f"passage {number}")).hex
    if "after" in planned:
        made["after"] = beginning(planned["after"]).id.hex
    if "text" in planned:
        (draft,) = read_markdown(planned["text"])
        as_before = old is not None and draft.kind == "paragraph"
        made["kind"] = old.kind if old and as_before else draft.kind
        made["level"] = old.level if old and as_before else draft.level
        made["text"] = draft.text
        made["marks"] = Passage(UUID(int=0), draft.kind, 0, "", draft.marks).stored()[
            "marks"
        ]
    make_change(log, id=id, changes=[made], by=by, now=now)


def adopt(
    log: Log,
    *,
    id: UUID,
    proposal: UUID,
    standings: Standings,
    by: UUID,
    now: datetime,
) -> None:
    """Adopt a revision, and say where every comment stands in the new text."""
    edition = log.look(Proposal, proposal).edition + 1
    anchors = standings(proposal, edition)
    adopt_revision(log, id=id, anchors=anchors, by=by, now=now)
