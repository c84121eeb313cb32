"""A comment: what one stakeholder says about a proposal, until it is settled."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Literal, get_args
from uuid import UUID

from eventsourcing.domain import Aggregate

from domain.anchor import Anchor
from domain.hold import Holdable
from domain.log import Fact, Refused
from domain.publicity import Unpublishable
from domain.secrecy import Classifiable
from domain.text import Passage, find_quote, quote

CommentKind = Literal["general", "technical", "editorial"]
COMMENT_KINDS: tuple[CommentKind, ...] = get_args(CommentKind)

LONGEST_TEXT = 20_000
"""Characters; a longer answer is a response, filed as a document."""


class TextIsMissing(Refused):
    """A comment says something."""

    en = "Write your comment."
    sv = "Skriv din synpunkt."


class TextIsTooLong(Refused):
    """A comment is one point, of at most LONGEST_TEXT characters."""

    en = "The text is too long: at most {limit} characters, now {length}."
    sv = "Texten är för lång: högst {limit} tecken, nu {length}."


class UnknownCommentKind(Refused):
    """A comment is general, technical or editorial."""

    en = "Choose a kind of comment."
    sv = "Välj slag av synpunkt."


class QuoteNotFound(Refused):
    """The quoted words stand in the passage that is commented on."""

    en = (
        "The quoted words were not found in the passage. Select them again, or comment"
        " on the whole passage."
    )
    sv = (
        "De citerade orden hittades inte i stycket. Markera dem igen eller kommentera"
        " hela stycket."
    )


class NotTheAuthor(Refused):
    """A comment is changed by its author, or by who speaks for its organisation."""

    en = "Only the author can change this comment."
    sv = "Bara den som lämnade synpunkten kan ändra den."


class CommentIsWithdrawn(Refused):
    """A withdrawn comment stays in the log, but nobody can change it."""

    en = "The comment has been withdrawn."
    sv = "Synpunkten är tillbakadragen."


class NothingAmended(Refused):
    """An amendment changes something."""

    en = "Nothing is changed."
    sv = "Inget är ändrat."


class WithholdingNeedsReason(Refused):
    """What the public may not see is kept back for a stated reason."""

    en = "Write why the comment is withheld."
    sv = "Skriv varför synpunkten hålls inne."


class CommentIsErased(Refused):
    """What an erased comment said is gone for good; nothing more is done with it."""

    en = "The comment has been erased."
    sv = "Synpunkten är raderad."


class Comment(Holdable, Unpublishable, Classifiable):
    """One separable viewpoint. Nothing here is ever overwritten, only added to."""

    TOPIC = "comment"
    Event = Fact

    class Submitted(Fact, Aggregate.Created):
        """A stakeholder submitted a comment.

        `placement` says where the anchor stands in the newest `edition`, when the
        comment was made on an older one. A comment that somebody else filed has its
        `author`, unless that is an organisation only, and when it was made.
        """

        TOPIC = "comment.submitted"
        SEALED = ("text", "wording")
        consultation: UUID
        proposal: UUID
        edition: int
        anchor: dict[str, Any]
        placement: dict[str, Any] | None
        kind: str
        text: str
        wording: str
        organisation: UUID | None
        author: UUID | None
        made_at: datetime | None
        reference: str

    class Amended(Fact):
        """The author changed what the comment says."""

        TOPIC = "comment.amended"
        SEALED = ("text", "wording")
        kind: str
        text: str
        wording: str

        def apply(self, aggregate: Comment) -> None:
            aggregate.kind = self.kind
            aggregate.text = self.text
            aggregate.wording = self.wording

    class Withdrawn(Fact):
        """The author took the comment back."""

        TOPIC = "comment.withdrawn"

        def apply(self, aggregate: Comment) -> None:
            aggregate.is_withdrawn = True

    class Cleared(Fact):
        """The secretariat reviewed the comment and lets the public see it."""

        TOPIC = "comment.cleared"

    class Withheld(Fact):
        """The secretariat keeps the comment from the public, for a reason."""

        TOPIC = "comment.withheld"
        SEALED = ("reason",)
        reason: str

    class Coded(Fact):
        """The comment was coded with these themes, in place of those before."""

        TOPIC = "comment.coded"
        themes: list[str]

        def apply(self, aggregate: Comment) -> None:
            aggregate.themes = tuple(self.themes)

    class Assigned(Fact):
        """An officer got the comment to work on, or nobody has it (None)."""

        TOPIC = "comment.assigned"
        officer: UUID | None

        def apply(self, aggregate: Comment) -> None:
            aggregate.officer = self.officer

    class AnchorConfirmed(Fact):
        """An officer settled where the comment stands in an edition, or that the words
        it was about are gone (None)."""

        TOPIC = "comment.anchor_confirmed"
        edition: int
        anchor: dict[str, Any] | None

    class Unpublished(Unpublishable.Unpublished):
        """The comment was taken down: its author and the secretariat still read it."""

        TOPIC = "comment.unpublished"

    class Republished(Unpublishable.Republished):
        """The comment was put back where the public sees it."""

        TOPIC = "comment.republished"

    class MarkedSecret(Classifiable.MarkedSecret):
        """Secrecy may apply: only the secretariat, auditors and the author read it.

        `note` is an official's and not sealed: no personal data belongs in it.
        """

        TOPIC = "comment.marked_secret"

    class SecrecyReassessed(Classifiable.SecrecyReassessed):
        """Somebody looked at the marking again: it was kept, or lifted.

        `provision` is what it rests on from now on; empty when it was lifted.
        """

        TOPIC = "comment.secrecy_reassessed"

    class HoldPlaced(Holdable.HoldPlaced):
        """The comment may not be erased, for a reason."""

        TOPIC = "comment.hold_placed"

    class HoldLifted(Holdable.HoldLifted):
        """The hold on the comment was lifted."""

        TOPIC = "comment.hold_lifted"

    class Erased(Fact):
        """What the comment said can no longer be read, nor be brought back."""

        TOPIC = "comment.erased"
        erasure: UUID

        def apply(self, aggregate: Comment) -> None:
            aggregate.is_erased = True
            # What is kept in memory of the thing forgets it too.
            aggregate.text = aggregate.wording = ""

    Created = Submitted

    def __init__(
        self,
        by: UUID,
        consultation: UUID,
        proposal: UUID,
        kind: str,
        text: str,
        wording: str,
        organisation: UUID | None,
        author: UUID | None,
    ) -> None:
        self.author = author or by
        self.consultation = consultation
        self.proposal = proposal
        self.kind = kind
        self.text = text
        self.wording = wording
        self.organisation = organisation
        self.themes: tuple[str, ...] = ()
        self.officer: UUID | None = None
        self.is_withdrawn = False
        self.is_erased = False

    @classmethod
    def submit(
        cls,
        *,
        id: UUID,
        consultation: UUID,
        proposal: UUID,
        edition: int,
        anchor: Anchor,
        kind: str,
        text: str,
        placement: dict[str, Any] | None = None,
        wording: str = "",
        organisation: UUID | None = None,
        author: UUID | None = None,
        made_at: datetime | None = None,
        reference: str = "",
        by: UUID,
        now: datetime,
    ) -> Comment:
        _require_sound(kind, text, wording)
        return cls._create(
            cls.Submitted,
            id=id,
            consultation=consultation,
            proposal=proposal,
            edition=edition,
            anchor=anchor.stored(),
            placement=placement,
            kind=kind,
            text=text.strip(),
            wording=wording.strip(),
            organisation=organisation,
            author=author,
            made_at=made_at,
            reference=reference,
            by=by,
            timestamp=now,
        )

    def amend(
        self, *, kind: str, text: str, wording: str, by: UUID, now: datetime
    ) -> None:
        self.require_standing()
        _require_sound(kind, text, wording)
        new = kind, text.strip(), wording.strip()
        if new == (self.kind, self.text, self.wording):
            raise NothingAmended
        self.trigger_event(
            self.Amended, kind=new[0], text=new[1], wording=new[2], by=by, timestamp=now
        )

    def withdraw(self, *, by: UUID, now: datetime) -> None:
        self.require_standing()
        self.trigger_event(self.Withdrawn, by=by, timestamp=now)

    def clear(self, *, by: UUID, now: datetime) -> None:
        self.require_standing()
        self.trigger_event(self.Cleared, by=by, timestamp=now)

    def withhold(self, *, reason: str, by: UUID, now: datetime) -> None:
        self.require_standing()
        if not reason.strip():
            raise WithholdingNeedsReason
        self.trigger_event(self.Withheld, reason=reason.strip(), by=by, timestamp=now)

    def code(self, themes: Iterable[str], *, by: UUID, now: datetime) -> None:
        self.require_not_erased()
        new = sorted(set(themes))
        if tuple(new) != self.themes:
            self.trigger_event(self.Coded, themes=new, by=by, timestamp=now)

    def assign(self, officer: UUID | None, *, by: UUID, now: datetime) -> None:
        self.require_not_erased()
        if officer != self.officer:
            self.trigger_event(self.Assigned, officer=officer, by=by, timestamp=now)

    def confirm_anchor(
        self, edition: int, anchor: Anchor | None, *, by: UUID, now: datetime
    ) -> None:
        self.trigger_event(
            self.AnchorConfirmed,
            edition=edition,
            anchor=anchor and anchor.stored(),
            by=by,
            timestamp=now,
        )

    def unpublish(
        self, *, reason: str, decision_ref: str, by: UUID, now: datetime
    ) -> None:
        self.require_not_erased()
        super().unpublish(reason=reason, decision_ref=decision_ref, by=by, now=now)

    def mark_secret(
        self, *, provision: str, note: str, by: UUID, now: datetime
    ) -> None:
        self.require_not_erased()
        super().mark_secret(provision=provision, note=note, by=by, now=now)

    def reassess_secrecy(
        self, outcome: str, *, provision: str, by: UUID, now: datetime
    ) -> None:
        self.require_not_erased()
        super().reassess_secrecy(outcome, provision=provision, by=by, now=now)

    def erase(self, *, erasure: UUID, by: UUID, now: datetime) -> None:
        self.require_not_erased()
        self.trigger_event(self.Erased, erasure=erasure, by=by, timestamp=now)

    def require_not_erased(self) -> None:
        """Refuse when what the comment said has been erased."""
        if self.is_erased:
            raise CommentIsErased

    def require_standing(self) -> None:
        """Refuse when the comment has been erased or withdrawn."""
        self.require_not_erased()
        if self.is_withdrawn:
            raise CommentIsWithdrawn


def _require_sound(kind: str, text: str, wording: str) -> None:
    if not text.strip():
        raise TextIsMissing
    for each in (text, wording):
        if len(each) > LONGEST_TEXT:
            raise TextIsTooLong(limit=LONGEST_TEXT, length=len(each))
    if kind not in COMMENT_KINDS:
        raise UnknownCommentKind


def anchored(anchor: Anchor, passages: Sequence[Passage]) -> Anchor:
    """The anchor with its offsets and context as the text itself has them."""
    if anchor.passage is None:
        return Anchor(None)
    text = next((p.text for p in passages if p.id == anchor.passage), None)
    if text is None:
        raise QuoteNotFound
    if not anchor.quote:
        return Anchor(anchor.passage)
    span = find_quote(text, anchor.quote, anchor.prefix, anchor.suffix)
    if span is None:
        raise QuoteNotFound
    return Anchor(anchor.passage, *span, *quote(text, *span))
