"""A proposal: a structured text, sent out, worked up and published in versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from eventsourcing.domain import Aggregate

from domain.anchor import Anchor, Placement, place
from domain.change import PassageChange, apply_changes
from domain.consultation import AlreadyConcluded, Consultation, TitleIsMissing
from domain.log import Fact, Log, Receipt, Refused
from domain.person import EDITORS, SECRETARIAT, require_role
from domain.text import Passage


class NoText(Refused):
    """A proposal has at least one passage with words in it."""

    en = "There is no text to propose."
    sv = "Det finns ingen text att föreslå."


class PassageTwice(Refused):
    """A passage's id stands once in a proposal."""

    en = "A passage stands twice in the text."
    sv = "Ett stycke står två gånger i texten."


class AlreadyPublished(Refused):
    """A published version is changed by a revision only."""

    en = "This version is already published. Start a revision to change the text."
    sv = "Versionen är redan publicerad. Starta en revidering för att ändra texten."


class AlreadyRevised(Refused):
    """What a revision was adopted on is not replaced under it."""

    en = "A revision has been adopted on this draft. Start another one to change it."
    sv = "En revidering av utkastet har antagits. Starta en ny för att ändra texten."


class ProposalWithdrawn(Refused):
    """A withdrawn proposal is kept, but nothing more happens to it."""

    en = "The proposal has been withdrawn."
    sv = "Förslaget har dragits tillbaka."


class NotPublished(Refused):
    """Comments are made on a version that the public can read."""

    en = "That version of the proposal is not published."
    sv = "Den versionen av förslaget är inte publicerad."


class Standing(NamedTuple):
    """An anchor, and the edition whose words it quotes."""

    edition: int
    anchor: Anchor


def placed(
    proposal: Proposal, anchors: Mapping[UUID, Standing]
) -> list[dict[str, Any]]:
    """Where each comment's anchor stands in the proposal's text, as events keep it.

    Each has `comment`, the `edition`, and the rest as `Placement.stored()`.
    """
    found: dict[UUID, Placement] = {}
    for edition in {standing.edition for standing in anchors.values()}:
        here = {id: s.anchor for id, s in anchors.items() if s.edition == edition}
        found |= dict(
            zip(
                here,
                place(list(here.values()), proposal.texts[edition], proposal.passages),
                strict=True,
            )
        )
    return [
        {"comment": id.hex, "edition": proposal.edition, **found[id].stored()}
        for id in anchors
    ]


class Proposal(Aggregate):
    """A text of passages whose ids never change, from draft to published versions.

    `edition` numbers the text as it stands: 1 is the first draft, and each adopted
    revision makes the next. `published` is the newest edition that the public reads.
    `texts` has the passages of every edition.
    """

    TOPIC = "proposal"
    Event = Fact

    class Drafted(Fact, Aggregate.Created):
        """A first draft was entered."""

        TOPIC = "proposal.drafted"
        consultation: UUID
        title: str
        order: int
        passages: list[dict[str, Any]]
        source: str
        reference: str

    class Redrafted(Fact):
        """The draft was replaced before anybody had read it."""

        TOPIC = "proposal.redrafted"
        title: str
        passages: list[dict[str, Any]]
        source: str

        def apply(self, aggregate: Proposal) -> None:
            aggregate.title = self.title
            aggregate.texts[1] = tuple(map(Passage.of, self.passages))
            aggregate.redrafted_on = self.timestamp

    class Revised(Fact):
        """An adopted revision made the next edition of the text."""

        TOPIC = "proposal.revised"
        edition: int
        revision: UUID
        changes: list[dict[str, Any]]

        def apply(self, aggregate: Proposal) -> None:
            text = apply_changes(aggregate.passages, self.changes)
            aggregate.edition = self.edition
            aggregate.texts[self.edition] = text

    class AnchorsPlaced(Fact):
        """It was settled where comments on earlier editions stand in this one."""

        TOPIC = "proposal.anchors_placed"
        edition: int
        placements: list[dict[str, Any]]

    class Published(Fact):
        """An edition became a version that the public reads."""

        TOPIC = "proposal.published"
        edition: int

        def apply(self, aggregate: Proposal) -> None:
            aggregate.published = self.edition

    class Withdrawn(Fact):
        """The proposal was taken back."""

        TOPIC = "proposal.withdrawn"
        reason: str

        def apply(self, aggregate: Proposal) -> None:
            aggregate.is_withdrawn = True

    Created = Drafted

    def __init__(
        self, consultation: UUID, title: str, passages: list[dict[str, Any]]
    ) -> None:
        self.consultation = consultation
        self.title = title
        self.texts = {1: tuple(map(Passage.of, passages))}
        self.edition = 1
        self.redrafted_on: datetime | None = None
        self.published = 0
        self.is_withdrawn = False

    @property
    def passages(self) -> tuple[Passage, ...]:
        """The text as it stands, published or not."""
        return self.texts[self.edition]

    @classmethod
    def draft(
        cls,
        *,
        id: UUID,
        consultation: UUID,
        title: str,
        order: int,
        passages: Sequence[Passage],
        source: str = "",
        reference: str = "",
        by: UUID,
        now: datetime,
    ) -> Proposal:
        _require_sound(title, passages)
        return cls._create(
            cls.Drafted,
            id=id,
            consultation=consultation,
            title=title.strip(),
            order=order,
            passages=[passage.stored() for passage in passages],
            source=source,
            reference=reference,
            by=by,
            timestamp=now,
        )

    def redraft(
        self,
        *,
        title: str,
        passages: Sequence[Passage],
        source: str = "",
        by: UUID,
        now: datetime,
    ) -> None:
        self.require_standing()
        if self.published:
            raise AlreadyPublished
        if self.edition > 1:
            raise AlreadyRevised
        _require_sound(title, passages)
        self.trigger_event(
            self.Redrafted,
            title=title.strip(),
            passages=[passage.stored() for passage in passages],
            source=source,
            by=by,
            timestamp=now,
        )

    def revise(
        self,
        *,
        revision: UUID,
        changes: Sequence[PassageChange],
        by: UUID,
        now: datetime,
    ) -> None:
        self.require_standing()
        if not any(passage.text for passage in apply_changes(self.passages, changes)):
            raise NoText
        self.trigger_event(
            self.Revised,
            edition=self.edition + 1,
            revision=revision,
            changes=list(changes),
            by=by,
            timestamp=now,
        )

    def place_anchors(
        self, anchors: Mapping[UUID, Standing], *, by: UUID, now: datetime
    ) -> None:
        """Settle where comments stand in the text as it stands now."""
        if anchors:
            self.trigger_event(
                self.AnchorsPlaced,
                edition=self.edition,
                placements=placed(self, anchors),
                by=by,
                timestamp=now,
            )

    def publish(self, *, by: UUID, now: datetime) -> None:
        self.require_standing()
        if self.published == self.edition:
            raise AlreadyPublished
        self.trigger_event(self.Published, edition=self.edition, by=by, timestamp=now)

    def withdraw(self, *, reason: str, by: UUID, now: datetime) -> None:
        self.require_standing()
        self.trigger_event(self.Withdrawn, reason=reason, by=by, timestamp=now)

    def require_standing(self) -> None:
        """Refuse when the proposal has been withdrawn."""
        if self.is_withdrawn:
            raise ProposalWithdrawn


def _require_sound(title: str, passages: Sequence[Passage]) -> None:
    if not title.strip():
        raise TitleIsMissing
    if not any(passage.text.strip() for passage in passages):
        raise NoText
    if len({passage.id for passage in passages}) < len(passages):
        raise PassageTwice


def draft_proposal(
    log: Log,
    *,
    id: UUID,
    consultation: UUID,
    title: str,
    order: int,
    passages: Sequence[Passage],
    source: str = "",
    reference: str = "",
    by: UUID,
    now: datetime,
) -> Receipt:
    """Enter the first draft of a proposal in a consultation that is not concluded."""
    require_role(log, by, consultation, *SECRETARIAT)
    if log.look(Consultation, consultation).status == "concluded":
        raise AlreadyConcluded
    return log.record(
        Proposal.draft(
            id=id,
            consultation=consultation,
            title=title,
            order=order,
            passages=passages,
            source=source,
            reference=reference,
            by=by,
            now=now,
        )
    )


def redraft_proposal(
    log: Log,
    *,
    id: UUID,
    title: str,
    passages: Sequence[Passage],
    source: str = "",
    by: UUID,
    now: datetime,
) -> Receipt:
    """Replace a draft that is not published yet."""
    proposal = log.get(Proposal, id)
    require_role(log, by, proposal.consultation, *SECRETARIAT)
    proposal.redraft(title=title, passages=passages, source=source, by=by, now=now)
    return log.record(proposal)


def publish_proposal(log: Log, *, id: UUID, by: UUID, now: datetime) -> Receipt:
    """Make the text as it stands the version that the public reads."""
    proposal = log.get(Proposal, id)
    require_role(log, by, proposal.consultation, *EDITORS)
    proposal.publish(by=by, now=now)
    return log.record(proposal)


def withdraw_proposal(
    log: Log, *, id: UUID, reason: str, by: UUID, now: datetime
) -> Receipt:
    """Take a proposal back; it stays readable, marked as withdrawn."""
    proposal = log.get(Proposal, id)
    require_role(log, by, proposal.consultation, *EDITORS)
    proposal.withdraw(reason=reason, by=by, now=now)
    return log.record(proposal)
