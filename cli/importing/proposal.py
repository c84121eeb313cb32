"""A proposal from a file, and its later texts as revisions."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import NamedTuple
from uuid import UUID, uuid5

from cli.importing import content_of
from cli.opening import NoSuch, Opened
from domain.change import PassageChange
from domain.log import NotFound
from domain.proposal import Proposal, draft_proposal, publish_proposal
from domain.revision import (
    Revision,
    adopt_revision,
    make_change,
    review_revision,
    start_revision,
)
from domain.text import Passage
from projections.comment import standings_on
from projections.lookup import NamedProposal, proposals_to_name
from web.formats.document import read_document
from web.formats.revision import changes_between, continue_document


class Imported(NamedTuple):
    """The id of what was imported, and a sentence on what was done."""

    id: UUID
    said: str


def import_proposal(
    opened: Opened,
    file: Path,
    *,
    consultation: str,
    title: str = "",
    order: int | None = None,
    reference: str = "",
    publish: bool = False,
    by: str = "",
) -> Imported:
    """Make a Markdown or Word file a proposal. Raises WrongFile, NoSuch, Refused."""
    opened.catch_up()
    place = opened.consultation(consultation).id
    actor = opened.actor(by)
    reference = reference or file.stem
    id = uuid5(place, f"proposal {reference}")
    if _proposal(opened, id):
        said = f"“{reference}” is there already; a later text of it is a revision."
    else:
        document = read_document(file.name, content_of(file))
        with opened.reads() as reads:
            others = len(proposals_to_name(reads, place))
        draft_proposal(
            opened.log,
            id=id,
            consultation=place,
            title=title or document.title,
            order=order or document.order or others + 1,
            passages=[
                Passage(uuid5(id, f"passage {n}"), d.kind, d.level, d.text, d.marks)
                for n, d in enumerate(document.drafts)
            ],
            source=file.name,
            reference=reference,
            by=actor,
            now=datetime.now(UTC),
        )
        said = f"“{reference}” is a proposal of {len(document.drafts)} passages."
    if publish and not opened.log.look(Proposal, id).published:
        publish_proposal(opened.log, id=id, by=actor, now=datetime.now(UTC))
        said += " It is published as version 1."
    return Imported(id, said)


def import_revision(
    opened: Opened,
    file: Path,
    *,
    proposal: str,
    title: str = "",
    reference: str = "",
    reason: str = "",
    adopt: bool = False,
    publish: bool = False,
    by: str = "",
) -> Imported:
    """Make a later text of a proposal a revision of it, passage by passage.

    To publish is to adopt too. Raises WrongFile, NoSuch, Refused.
    """
    opened.catch_up()
    found = proposal_named(opened, proposal)
    actor = opened.actor(by)
    reference = reference or file.stem
    id = uuid5(found.id, f"revision {reference}")
    revision = _revision(opened, id)
    if revision is None or not revision.is_settled:
        changes = _changes(opened, found.id, id, file, reason)
        if not changes:
            return Imported(id, f"“{reference}” reads as the proposal does: no change.")
        if revision is None:
            start_revision(
                opened.log,
                id=id,
                proposal=found.id,
                title=title or reference,
                reference=reference,
                by=actor,
                now=datetime.now(UTC),
            )
        if revision is None or set(revision.changes) != {c["id"] for c in changes}:
            make_change(
                opened.log, id=id, changes=changes, by=actor, now=datetime.now(UTC)
            )
        many = "1 change" if len(changes) == 1 else f"{len(changes)} changes"
        said = f"“{reference}” is a revision of {many}."
        if adopt or publish:
            said += _adopt(opened, found.id, id, file, actor)
    else:
        said = f"“{reference}” is there already."
    if publish:
        said += _publish(opened, found.id, actor)
    return Imported(id, said)


def proposal_named(
    opened: Opened, named: str, consultation: UUID | None = None
) -> NamedProposal:
    """The one proposal with this id, reference, title or number. Raises NoSuch."""
    with opened.reads() as reads:
        known = proposals_to_name(reads, consultation)
    return choose(known, named)


def choose(known: list[NamedProposal], named: str) -> NamedProposal:
    """The one of these proposals that is meant. Raises NoSuch."""
    sought = named.strip().casefold()
    for names in (
        lambda p: (str(p.id), p.id.hex),
        lambda p: (p.reference,),
        lambda p: (p.title,),
        lambda p: (str(p.ord),),
    ):
        found = [p for p in known if sought in map(str.casefold, names(p))]
        if len(found) == 1:
            return found[0]
        if found:
            ids = "".join(f"\n  {p.id}  {p.title}" for p in found)
            raise NoSuch(f"Several proposals are called “{named}”; name an id:{ids}")
    names_known = ", ".join(f"“{p.reference or p.title}”" for p in known) or "none"
    raise NoSuch(f"There is no proposal “{named}”. There are: {names_known}.")


def _changes(
    opened: Opened, proposal: UUID, revision: UUID, file: Path, reason: str
) -> list[PassageChange]:
    document = read_document(file.name, content_of(file))
    old = opened.log.look(Proposal, proposal).passages
    numbers = count()
    new = continue_document(
        old, document.drafts, lambda: uuid5(revision, f"passage {next(numbers)}")
    )
    return [
        {
            "id": uuid5(revision, f"change {n}").hex,
            **change,
            "reason": reason,
            "issues": [],
        }
        for n, change in enumerate(changes_between(old, new))
    ]


def _adopt(opened: Opened, proposal: UUID, id: UUID, file: Path, by: UUID) -> str:
    if not opened.log.look(Revision, id).is_reviewed:
        note = f"Imported from {file.name}."
        review_revision(opened.log, id=id, note=note, by=by, now=datetime.now(UTC))
    edition = opened.log.look(Proposal, proposal).edition + 1
    opened.catch_up()
    with opened.reads() as reads:
        anchors = standings_on(reads, proposal, not_in=edition)
    adopt_revision(opened.log, id=id, anchors=anchors, by=by, now=datetime.now(UTC))
    return f" It is adopted as edition {edition}."


def _publish(opened: Opened, proposal: UUID, by: UUID) -> str:
    found = opened.log.look(Proposal, proposal)
    if found.published == found.edition:
        return ""
    publish_proposal(opened.log, id=proposal, by=by, now=datetime.now(UTC))
    return f" It is published as version {found.edition}."


def _proposal(opened: Opened, id: UUID) -> Proposal | None:
    try:
        return opened.log.look(Proposal, id)
    except NotFound:
        return None


def _revision(opened: Opened, id: UUID) -> Revision | None:
    try:
        return opened.log.look(Revision, id)
    except NotFound:
        return None
