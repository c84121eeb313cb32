"""A revision at work: the text as it would become, and what is changed in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from markupsafe import Markup
from starlette.requests import Request

from domain.change import ChangeDoesNotFit, apply_changes
from domain.log import NotFound
from domain.redline import Step, compare
from domain.text import Passage, Text
from projections.consultation import ConsultationRow
from projections.proposal import ProposalRow, passages_of, proposal_by_id
from projections.reads import Reads
from projections.revision import (
    ChangeRow,
    RevisionRow,
    changes_of,
    revision_by_id,
)
from projections.trace import TracedIssue, issues_behind
from web.access import consultation_for, editors, sight_of
from web.formats.redline import step_html
from web.visitor import visitor_of

UNSETTLED = ("started", "reviewed")


@dataclass(frozen=True, slots=True)
class Line:
    """A passage of the workspace: as it was, as it would become, and why."""

    step: Step
    label: str
    """Its printed reference as it would become; as it was where it goes."""
    html: Markup
    changes: list[ChangeRow]

    @property
    def id(self) -> UUID:
        return self.step.passage.id

    @property
    def stands(self) -> bool:
        """Whether the passage is there, at this place, in the text as it would be."""
        return self.step.kind not in ("deleted", "moved_away")


@dataclass(frozen=True)
class Workspace:
    """A revision with the text it started from and its changes, as of one moment."""

    consultation: ConsultationRow
    proposal: ProposalRow
    revision: RevisionRow
    base: Text
    current: Text
    """The proposal's newest text: another than `base` when it has moved on."""
    changes: list[ChangeRow]
    issues: Mapping[UUID, TracedIssue]
    """The issues that the changes name, by the id they are named with."""
    may_write: bool
    """Whether the visitor may change it, and it can be changed."""

    @property
    def is_open(self) -> bool:
        """Whether it is neither adopted nor abandoned."""
        return self.revision.state in UNSETTLED

    @property
    def has_moved_on(self) -> bool:
        """Whether the proposal got another version since the revision was started."""
        return self.is_open and self.proposal.edition != self.revision.base

    @cached_property
    def text(self) -> Text:
        """The text as it would become, or became; without changes that do not fit."""
        return _fitted(self.base, self.changes)[0]

    @cached_property
    def unfit(self) -> list[ChangeRow]:
        """The changes that do not fit the text that they are to be made to.

        Their passage went, or the one that they put it after, when the draft was
        replaced or another revision was adopted.
        """
        return _fitted(self.current, self.changes)[1] if self.is_open else []

    @property
    def may_change(self) -> bool:
        """Whether the visitor may make changes now: those there are fit the text."""
        return self.may_write and not self.has_moved_on and not self.unfit

    @cached_property
    def steps(self) -> list[Step]:
        """The redline of the whole text."""
        return compare(self.base, self.text)

    def label(self, id: UUID) -> str:
        """The printed reference of a passage: as it would become, else as it was."""
        return self.text.label(id) or self.base.label(id)

    @property
    def counts(self) -> Mapping[str, int]:
        """How many changes there are of each kind."""
        return Counter(change.op for change in self.changes)

    def lines(self, steps: Iterable[Step]) -> list[Line]:
        """The lines that show some of the steps."""
        changes: dict[UUID, list[ChangeRow]] = {}
        for change in self.changes:
            changes.setdefault(change.passage, []).append(change)
        return [
            Line(
                step,
                self.base.label(step.passage.id)
                if step.kind in ("deleted", "moved_away")
                else self.text.label(step.passage.id),
                step_html(step),
                [] if step.kind == "moved_away" else changes.get(step.passage.id, []),
            )
            for step in steps
        ]

    def passage(self, id: UUID) -> Passage | None:
        """A passage as it would become, or None if it is not there."""
        return self.text.passage(id)

    def predecessor(self, id: UUID) -> UUID | None:
        """The passage right before another as it would become; None: it is first."""
        at = self.text.places[id]
        return self.text[at - 1].id if at else None

    def before(self, id: UUID) -> Passage | None:
        """A passage as it was when the revision started, or None if it is new."""
        return self.base.passage(id)

    def change_of(self, id: UUID, *ops: str) -> ChangeRow | None:
        """The newest change of some kinds that is made to a passage, or None."""
        found = [one for one in self.changes if one.passage == id and one.op in ops]
        return found[-1] if found else None


def _fitted(base: Text, changes: Sequence[ChangeRow]) -> tuple[Text, list[ChangeRow]]:
    """The text after the changes that fit it, and those that do not."""
    try:
        stored = [change.stored() for change in changes]
        return Text(apply_changes(base, stored)), []
    except ChangeDoesNotFit:
        pass
    text, unfit = base, []
    for change in changes:
        try:
            text = Text(apply_changes(text, [change.stored()]))
        except ChangeDoesNotFit:
            unfit.append(change)
    return text, unfit


def workspace_for(request: Request, reads: Reads) -> Workspace:
    """The revision that the address names, in the consultation that it names."""
    consultation = consultation_for(request, reads)
    revision = revision_by_id(reads, request.path_params["revision"])
    if revision is None or revision.consultation != consultation.id:
        raise NotFound
    proposal = proposal_by_id(reads, revision.proposal)
    if proposal is None:
        raise NotFound
    changes = changes_of(reads, revision.id)
    named = {issue for change in changes for issue in change.issues}
    base = passages_of(reads, proposal.id, revision.base)
    has_moved_on = proposal.edition != revision.base
    return Workspace(
        consultation,
        proposal,
        revision,
        base,
        passages_of(reads, proposal.id, proposal.edition) if has_moved_on else base,
        changes,
        issues_behind(reads, named, sight_of(request, consultation.id)),
        may_write=revision.state in UNSETTLED
        and not proposal.is_withdrawn
        and reads.moment is None
        and editors(visitor_of(request), consultation.id),
    )
