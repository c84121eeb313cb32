"""A comment: what one stakeholder says about a proposal, until it is settled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, get_args
from uuid import UUID

from eventsourcing.domain import Aggregate

from domain.anchor import Anchor
from domain.consultation import Consultation, UnknownChoice
from domain.hold import Holdable
from domain.log import SYSTEM, Conflict, Fact, Log, NotFound, Receipt, Refused
from domain.person import SECRETARIAT, NoMandate, Person, require_role
from domain.proposal import NotPublished, Proposal, Standing, placed
from domain.publicity import Unpublishable
from domain.text import Passage, find_quote, quote

CommentKind = Literal["general", "technical", "editorial"]
COMMENT_KINDS: tuple[CommentKind, ...] = get_args(CommentKind)

Reassessment = Literal["kept", "lifted"]
"""What became of a secrecy marking when somebody looked at it again."""
REASSESSMENTS: tuple[Reassessment, ...] = get_args(Reassessment)

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


class ProvisionIsMissing(Refused):
    """A secrecy marking names the provision that it rests on."""

    en = "Write which provision the secrecy rests on, as 21 kap. 1 § OSL."
    sv = "Skriv vilken bestämmelse sekretessen stöder sig på, som 21 kap. 1 § OSL."


class AlreadySecret(Refused):
    """A comment is marked once, and reassessed after that."""

    en = "The comment already has a secrecy marking."
    sv = "Synpunkten är redan sekretessmarkerad."


class NotSecret(Refused):
    """Only a marking that stands is reassessed."""

    en = "The comment has no secrecy marking."
    sv = "Synpunkten är inte sekretessmarkerad."


class Comment(Holdable, Unpublishable):
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

    class MarkedSecret(Fact):
        """Secrecy may apply: only the secretariat, auditors and the author read it.

        `note` is an official's and not sealed: no personal data belongs in it.
        """

        TOPIC = "comment.marked_secret"
        provision: str
        note: str

        def apply(self, aggregate: Comment) -> None:
            aggregate.is_secret = True

    class SecrecyReassessed(Fact):
        """Somebody looked at the marking again: it was kept, or lifted.

        `provision` is what it rests on from now on; empty when it was lifted.
        """

        TOPIC = "comment.secrecy_reassessed"
        outcome: str
        provision: str

        def apply(self, aggregate: Comment) -> None:
            aggregate.is_secret = self.outcome == "kept"

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
        self.is_secret = False
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
        if not provision.strip():
            raise ProvisionIsMissing
        if self.is_secret:
            raise AlreadySecret
        self.trigger_event(
            self.MarkedSecret,
            provision=provision.strip(),
            note=note.strip(),
            by=by,
            timestamp=now,
        )

    def reassess_secrecy(
        self, outcome: str, *, provision: str, by: UUID, now: datetime
    ) -> None:
        self.require_not_erased()
        if not self.is_secret:
            raise NotSecret
        if outcome not in REASSESSMENTS:
            raise UnknownChoice(choice=outcome)
        if outcome == "kept" and not provision.strip():
            raise ProvisionIsMissing
        self.trigger_event(
            self.SecrecyReassessed,
            outcome=outcome,
            provision=provision.strip() if outcome == "kept" else "",
            by=by,
            timestamp=now,
        )

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


def submit_comment(
    log: Log,
    *,
    id: UUID,
    proposal: UUID,
    edition: int,
    anchor: Anchor,
    kind: str,
    text: str,
    wording: str = "",
    organisation: UUID | None = None,
    reference: str = "",
    by: UUID,
    now: datetime,
) -> Receipt:
    """Submit a comment on a published version while the consultation is open.

    A second call with the same `id` by the same person records nothing more, so that
    a double click is harmless. The operator's import may also come after the close.
    """
    if (earlier := _submitted_before(log, id, by)) is not None:
        return earlier
    found = log.look(Proposal, proposal)
    found.require_standing()
    consultation = log.look(Consultation, found.consultation)
    if by != SYSTEM:
        consultation.require_open(now)
        person = log.look(Person, by)
        person.require_not_erased()
        if organisation is not None and not person.may_speak_for(organisation, now):
            raise NoMandate
        consultation.require_may_comment(person, organisation, now)
    if not 0 < edition <= found.published:
        raise NotPublished
    anchor = anchored(anchor, found.texts[edition])
    placement = None
    if edition < found.edition:
        (placement,) = placed(found, {id: Standing(edition, anchor)})
    submitted = Comment.submit(
        id=id,
        consultation=found.consultation,
        proposal=proposal,
        edition=edition,
        anchor=anchor,
        placement=placement,
        kind=kind,
        text=text,
        wording=wording,
        organisation=organisation,
        reference=reference,
        by=by,
        now=now,
    )
    try:
        return log.record(submitted)
    except Conflict:
        # Perhaps the same form, sent twice at the same time.
        if (earlier := _submitted_before(log, id, by)) is None:
            raise
        return earlier


def _submitted_before(log: Log, id: UUID, by: UUID) -> Receipt | None:
    try:
        earlier = log.look(Comment, id)
    except NotFound:
        return None
    if earlier.author != by:
        raise NotTheAuthor
    return Receipt(0, earlier.created_on)


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


def amend_comment(
    log: Log,
    *,
    id: UUID,
    kind: str,
    text: str,
    wording: str,
    by: UUID,
    now: datetime,
) -> Receipt:
    """Change what a comment says, until the consultation closes."""
    comment = _own(log, id, by, now)
    comment.amend(kind=kind, text=text, wording=wording, by=by, now=now)
    return log.record(comment)


def withdraw_comment(log: Log, *, id: UUID, by: UUID, now: datetime) -> Receipt:
    """Take a comment back, until the close; it stays in the log as withdrawn."""
    comment = _own(log, id, by, now)
    comment.withdraw(by=by, now=now)
    return log.record(comment)


def _own(log: Log, id: UUID, by: UUID, now: datetime) -> Comment:
    """The comment, if it is the person's own: an organisation's is so for those who
    speak for it now, not for who wrote it once and has left."""
    comment = log.get(Comment, id)
    if by == SYSTEM:
        return comment
    person = log.look(Person, by)
    person.require_not_erased()
    if comment.organisation is None:
        is_own = by == comment.author
    else:
        is_own = person.may_speak_for(comment.organisation, now)
    if not is_own:
        raise NotTheAuthor
    log.look(Consultation, comment.consultation).require_open(now)
    return comment


def clear_comments(
    log: Log,
    *,
    ids: Sequence[UUID],
    read: Mapping[UUID, int] | None = None,
    by: UUID,
    now: datetime,
) -> Receipt:
    """Let the public see comments that wait for review.

    `read` are the versions in which somebody read them. Raises Conflict when one has
    another version by now, so that nobody lets out words that nobody has read.
    """
    comments = _in_the_inbox(log, ids, by)
    for comment in comments:
        if read is not None and comment.version != read[comment.id]:
            raise Conflict
        comment.clear(by=by, now=now)
    return log.record(*comments)


def withhold_comments(
    log: Log, *, ids: Sequence[UUID], reason: str, by: UUID, now: datetime
) -> Receipt:
    """Keep comments from the public, for a reason that the log keeps."""
    comments = _in_the_inbox(log, ids, by)
    for comment in comments:
        comment.withhold(reason=reason, by=by, now=now)
    return log.record(*comments)


def code_comments(
    log: Log,
    *,
    ids: Sequence[UUID],
    add: Sequence[str] = (),
    remove: Sequence[str] = (),
    by: UUID,
    now: datetime,
) -> Receipt:
    """Add themes to comments and take others away; the opposite call undoes it."""
    comments = _in_the_inbox(log, ids, by)
    for comment in comments:
        log.look(Consultation, comment.consultation).require_themes(list(add))
        comment.code({*comment.themes, *add} - set(remove), by=by, now=now)
    return log.record(*comments)


def assign_comments(
    log: Log, *, ids: Sequence[UUID], officer: UUID | None, by: UUID, now: datetime
) -> Receipt:
    """Give comments to an officer of the secretariat, or to nobody."""
    comments = _in_the_inbox(log, ids, by)
    for comment in comments:
        if officer is not None:
            require_role(log, officer, comment.consultation, *SECRETARIAT)
        comment.assign(officer, by=by, now=now)
    return log.record(*comments)


def confirm_anchor(
    log: Log, *, id: UUID, anchor: Anchor | None, by: UUID, now: datetime
) -> Receipt:
    """Settle where a comment stands in the proposal's current edition.

    None says that the words it was about are gone.
    """
    (comment,) = _in_the_inbox(log, [id], by)
    proposal = log.look(Proposal, comment.proposal)
    if anchor is not None:
        anchor = anchored(anchor, proposal.passages)
    comment.confirm_anchor(proposal.edition, anchor, by=by, now=now)
    return log.record(comment)


def _in_the_inbox(log: Log, ids: Sequence[UUID], by: UUID) -> list[Comment]:
    comments = [log.get(Comment, id) for id in dict.fromkeys(ids)]
    for consultation in {comment.consultation for comment in comments}:
        require_role(log, by, consultation, *SECRETARIAT)
    return comments
