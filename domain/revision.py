"""A revision: passage changes, each with its reason and the issues behind it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from eventsourcing.domain import Aggregate

from domain.change import ChangeDoesNotFit, PassageChange, apply_changes
from domain.comment import Comment
from domain.consultation import TitleIsMissing
from domain.issue import Issue, OtherConsultation
from domain.log import Fact, Log, NotFound, Receipt, Refused
from domain.person import EDITORS, require_role
from domain.proposal import Proposal, Standing
from domain.text import Passage


class ProposalMovedOn(Refused):
    """A revision is adopted on the edition that it was started on."""

    en = (
        "The proposal has moved on to another version since this revision was started."
        " Move the revision to the current version first."
    )
    sv = (
        "Förslaget har fått en ny version sedan revideringen startades. Flytta först"
        " revideringen till den aktuella versionen."
    )


class RevisionIsSettled(Refused):
    """An adopted or abandoned revision is not changed."""

    en = "The revision is already adopted or abandoned."
    sv = "Revideringen är redan antagen eller avbruten."


class NothingChanged(Refused):
    """A revision that is adopted changes something."""

    en = "The revision has no changes yet."
    sv = "Revideringen har inga ändringar än."


class NoSuchChange(Refused):
    """Only a change that is in the revision can be dropped."""

    en = "That change is not in the revision."
    sv = "Den ändringen finns inte i revideringen."


class ChangesAfterReview(Refused):
    """What is adopted is what was reviewed."""

    en = "Review the revision before you adopt it."
    sv = "Granska revideringen innan du antar den."


class Revision(Aggregate):
    """Changes to one edition of a proposal, on their way to being the next."""

    TOPIC = "revision"
    Event = Fact

    class Started(Fact, Aggregate.Created):
        """Work on the next edition began."""

        TOPIC = "revision.started"
        consultation: UUID
        proposal: UUID
        base: int
        title: str
        reference: str

    class ChangeMade(Fact):
        """A passage was inserted, replaced, deleted or moved, for a reason."""

        TOPIC = "revision.change_made"
        change: PassageChange

        def apply(self, aggregate: Revision) -> None:
            aggregate.changes[self.change["id"]] = self.change
            aggregate.is_reviewed = False

    class ChangeDropped(Fact):
        """A change was taken out of the revision again."""

        TOPIC = "revision.change_dropped"
        change: str

        def apply(self, aggregate: Revision) -> None:
            del aggregate.changes[self.change]
            aggregate.is_reviewed = False

    class Moved(Fact):
        """The revision was moved to a newer edition, on which its changes still fit."""

        TOPIC = "revision.moved"
        base: int

        def apply(self, aggregate: Revision) -> None:
            aggregate.base = self.base
            aggregate.is_reviewed = False

    class Reviewed(Fact):
        """Somebody read the whole revision and found it ready."""

        TOPIC = "revision.reviewed"
        note: str

        def apply(self, aggregate: Revision) -> None:
            aggregate.is_reviewed = True
            aggregate.reviewed_on = self.timestamp

    class Adopted(Fact):
        """The changes became an edition of the proposal."""

        TOPIC = "revision.adopted"
        edition: int

        def apply(self, aggregate: Revision) -> None:
            aggregate.is_settled = True

    class Abandoned(Fact):
        """The work was given up; its changes stay in the log."""

        TOPIC = "revision.abandoned"
        reason: str

        def apply(self, aggregate: Revision) -> None:
            aggregate.is_settled = True

    Created = Started

    def __init__(self, consultation: UUID, proposal: UUID, base: int) -> None:
        self.consultation = consultation
        self.proposal = proposal
        self.base = base
        self.changes: dict[str, PassageChange] = {}
        self.is_reviewed = False
        self.reviewed_on: datetime | None = None
        self.is_settled = False

    @classmethod
    def start(
        cls,
        proposal: Proposal,
        *,
        id: UUID,
        title: str,
        reference: str = "",
        by: UUID,
        now: datetime,
    ) -> Revision:
        proposal.require_standing()
        if not title.strip():
            raise TitleIsMissing
        return cls._create(
            cls.Started,
            id=id,
            consultation=proposal.consultation,
            proposal=proposal.id,
            base=proposal.edition,
            title=title.strip(),
            reference=reference,
            by=by,
            timestamp=now,
        )

    def make_changes(
        self,
        changes: Iterable[PassageChange],
        base: Sequence[Passage],
        *,
        by: UUID,
        now: datetime,
    ) -> None:
        """Add changes, or replace those with the same ids; `base` is the old text."""
        self._require_unsettled()
        made = [_tidy(change) for change in changes]
        standing = {**self.changes, **{change["id"]: change for change in made}}
        apply_changes(base, list(standing.values()))
        for change in made:
            self.trigger_event(self.ChangeMade, change=change, by=by, timestamp=now)

    def drop_change(
        self, change: str, base: Sequence[Passage], *, by: UUID, now: datetime
    ) -> None:
        self._require_unsettled()
        change = UUID(change).hex
        if change not in self.changes:
            raise NoSuchChange
        rest = [one for id, one in self.changes.items() if id != change]
        if _fit(base, self.changes.values()):
            apply_changes(base, rest)
        self.trigger_event(self.ChangeDropped, change=change, by=by, timestamp=now)

    def move(self, proposal: Proposal, *, by: UUID, now: datetime) -> None:
        self._require_unsettled()
        apply_changes(proposal.passages, list(self.changes.values()))
        self.trigger_event(self.Moved, base=proposal.edition, by=by, timestamp=now)

    def review(self, *, note: str, by: UUID, now: datetime) -> None:
        self._require_unsettled()
        if not self.changes:
            raise NothingChanged
        self.trigger_event(self.Reviewed, note=note, by=by, timestamp=now)

    def adopt(self, proposal: Proposal, *, by: UUID, now: datetime) -> None:
        self._require_unsettled()
        if not self.changes:
            raise NothingChanged
        if proposal.edition != self.base:
            raise ProposalMovedOn
        if not self.is_reviewed or self._was_reviewed_before_a_redraft(proposal):
            raise ChangesAfterReview
        proposal.revise(
            revision=self.id, changes=list(self.changes.values()), by=by, now=now
        )
        self.trigger_event(self.Adopted, edition=proposal.edition, by=by, timestamp=now)

    def abandon(self, *, reason: str, by: UUID, now: datetime) -> None:
        self._require_unsettled()
        self.trigger_event(self.Abandoned, reason=reason, by=by, timestamp=now)

    def _was_reviewed_before_a_redraft(self, proposal: Proposal) -> bool:
        """Whether the draft was replaced under the revision after it was read."""
        read, redrafted = self.reviewed_on, proposal.redrafted_on
        return read is not None and redrafted is not None and redrafted > read

    def _require_unsettled(self) -> None:
        if self.is_settled:
            raise RevisionIsSettled


def _tidy(change: PassageChange) -> PassageChange:
    """The change with its ids in one spelling, and each issue behind it once."""
    tidy: PassageChange = {
        **change,
        "id": UUID(change["id"]).hex,
        "passage": UUID(change["passage"]).hex,
    }
    if after := change.get("after"):
        tidy["after"] = UUID(after).hex
    if issues := change.get("issues"):
        tidy["issues"] = list(dict.fromkeys(UUID(issue).hex for issue in issues))
    return tidy


def _fit(base: Sequence[Passage], changes: Iterable[PassageChange]) -> bool:
    try:
        apply_changes(base, list(changes))
    except ChangeDoesNotFit:
        return False
    return True


def start_revision(
    log: Log,
    *,
    id: UUID,
    proposal: UUID,
    title: str,
    reference: str = "",
    by: UUID,
    now: datetime,
) -> Receipt:
    """Begin work on the proposal's next edition."""
    found = log.look(Proposal, proposal)
    require_role(log, by, found.consultation, *EDITORS)
    return log.record(
        Revision.start(found, id=id, title=title, reference=reference, by=by, now=now)
    )


def make_change(
    log: Log, *, id: UUID, changes: Sequence[PassageChange], by: UUID, now: datetime
) -> Receipt:
    """Put changes into the revision, or replace those with the same ids."""
    revision, proposal = _to_change(log, id, by)
    for change in changes:
        for issue in change.get("issues", []):
            found = log.look(Issue, UUID(issue))
            found.require_standing()
            if found.consultation != revision.consultation:
                raise OtherConsultation
    revision.make_changes(changes, proposal.passages, by=by, now=now)
    return log.record(revision)


def drop_change(log: Log, *, id: UUID, change: str, by: UUID, now: datetime) -> Receipt:
    """Take a change out again, unless others build on it.

    Also when the proposal has moved on: what no longer fits is dropped, and then the
    revision moved.
    """
    revision = log.get(Revision, id)
    require_role(log, by, revision.consultation, *EDITORS)
    proposal = log.look(Proposal, revision.proposal)
    revision.drop_change(change, proposal.passages, by=by, now=now)
    return log.record(revision)


def move_revision(log: Log, *, id: UUID, by: UUID, now: datetime) -> Receipt:
    """Move the work to the proposal's current edition, if every change still fits."""
    revision = log.get(Revision, id)
    require_role(log, by, revision.consultation, *EDITORS)
    revision.move(log.look(Proposal, revision.proposal), by=by, now=now)
    return log.record(revision)


def review_revision(
    log: Log, *, id: UUID, note: str, by: UUID, now: datetime
) -> Receipt:
    """Declare that the whole revision has been read and is ready."""
    revision, _ = _to_change(log, id, by)
    revision.review(note=note, by=by, now=now)
    return log.record(revision)


def adopt_revision(
    log: Log,
    *,
    id: UUID,
    anchors: Mapping[UUID, Standing],
    by: UUID,
    now: datetime,
) -> Receipt:
    """Make the changes the proposal's next edition, and place every comment in it.

    `anchors` are those of the comments on the proposal, by comment. All is recorded as
    one, or refused if the proposal has moved on. Raises NotFound for what is no comment
    on it.
    """
    revision = log.get(Revision, id)
    require_role(log, by, revision.consultation, *EDITORS)
    proposal = log.get(Proposal, revision.proposal)
    _require_comments_on(log, proposal, anchors)
    revision.adopt(proposal, by=by, now=now)
    proposal.place_anchors(anchors, by=by, now=now)
    return log.record(revision, proposal)


def place_stragglers(
    log: Log,
    *,
    proposal: UUID,
    anchors: Mapping[UUID, Standing],
    by: UUID,
    now: datetime,
) -> Receipt:
    """Place comments that came in while the edition they are on was being replaced.

    Raises NotFound for what is no comment on the proposal.
    """
    found = log.get(Proposal, proposal)
    require_role(log, by, found.consultation, *EDITORS)
    _require_comments_on(log, found, anchors)
    found.place_anchors(anchors, by=by, now=now)
    return log.record(found)


def _require_comments_on(
    log: Log, proposal: Proposal, comments: Collection[UUID]
) -> None:
    """Refuse anything else: what has no row in the tables would stop them."""
    begun = log.beginnings(comments)
    for id in comments:
        first = begun.get(id)
        if not isinstance(first, Comment.Submitted) or first.proposal != proposal.id:
            raise NotFound


def abandon_revision(
    log: Log, *, id: UUID, reason: str, by: UUID, now: datetime
) -> Receipt:
    """Give the work up; the proposal stays as it is."""
    revision = log.get(Revision, id)
    require_role(log, by, revision.consultation, *EDITORS)
    revision.abandon(reason=reason, by=by, now=now)
    return log.record(revision)


def _to_change(log: Log, id: UUID, by: UUID) -> tuple[Revision, Proposal]:
    revision = log.get(Revision, id)
    require_role(log, by, revision.consultation, *EDITORS)
    proposal = log.look(Proposal, revision.proposal)
    if proposal.edition != revision.base:
        raise ProposalMovedOn
    return revision, proposal
