"""An issue: comments that say the same thing, and the one answer that they get."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

from eventsourcing.domain import Aggregate

from domain.consultation import TitleIsMissing
from domain.log import Conflict, Fact, Log, Refused
from domain.person import SECRETARIAT, require_role
from domain.publicity import Unpublishable

Disposition = Literal[
    "accepted",
    "accepted_in_part",
    "not_accepted",
    "noted",
    "out_of_scope",
    "already_covered",
]
DISPOSITIONS: tuple[Disposition, ...] = get_args(Disposition)


class UnknownDisposition(Refused):
    """A disposition is one of the six that reports are broken down by."""

    en = "Choose one of the dispositions."
    sv = "Välj en av bedömningarna."


class ReasonIsMissing(Refused):
    """A disposition other than noted says why."""

    en = "Write the reason for the disposition."
    sv = "Skriv varför bedömningen blev så."


class IssueIsMerged(Refused):
    """What is merged lives on in the issue it was merged into."""

    en = "This issue has been merged into another one. Work there instead."
    sv = "Sakfrågan har slagits ihop med en annan. Arbeta vidare där."


class AlreadyGathered(Refused):
    """A comment is gathered in an issue once."""

    en = "The comment is already gathered in this issue."
    sv = "Synpunkten är redan samlad i sakfrågan."


class NotGathered(Refused):
    """Only comments that are in an issue are released from it."""

    en = "The comment is not in this issue."
    sv = "Synpunkten finns inte i sakfrågan."


class OtherConsultation(Refused):
    """An issue gathers comments of its own consultation."""

    en = "That belongs to another consultation."
    sv = "Det hör till ett annat samråd."


class AnswerIsMissing(Refused):
    """An answer is written before it is approved."""

    en = "Write the answer first."
    sv = "Skriv bemötandet först."


class DispositionIsMissing(Refused):
    """An answer is approved together with a disposition."""

    en = "Decide the disposition first."
    sv = "Bestäm bedömningen först."


class NotApproved(Refused):
    """Only an approved answer is published."""

    en = "The answer must be approved before it is published."
    sv = "Bemötandet måste godkännas innan det publiceras."


class NothingToSplit(Refused):
    """A split leaves comments in both issues."""

    en = "Choose some of the issue's comments, but not all of them."
    sv = "Välj några av sakfrågans synpunkter, men inte alla."


class SameIssue(Refused):
    """An issue is merged into another issue."""

    en = "Choose another issue to merge into."
    sv = "Välj en annan sakfråga att slå ihop med."


class AnswerNotPublished(Refused):
    """Only an answer that was published is taken down."""

    en = "The answer has not been published."
    sv = "Bemötandet är inte publicerat."


class IssueHasChanged(Conflict):
    """What is decided, answered or approved is the issue as it was read."""

    en = (
        "Someone else has changed this issue since you opened the page, so nothing was"
        " saved. Read how it stands now, and send again if you still want to."
    )
    sv = (
        "Någon annan har ändrat sakfrågan sedan du öppnade sidan, så inget sparades."
        " Läs hur den står nu och skicka igen om du fortfarande vill det."
    )


class Issue(Unpublishable):
    """Comments gathered for one disposition and one answer; nobody is lost in it."""

    TOPIC = "issue"
    Event = Fact

    class Raised(Fact, Aggregate.Created):
        """An issue was raised, alone or by splitting another."""

        TOPIC = "issue.raised"
        consultation: UUID
        proposal: UUID | None
        title: str
        comments: list[UUID]
        split_from: UUID | None
        reference: str

    class Renamed(Fact):
        """The issue got another title."""

        TOPIC = "issue.renamed"
        title: str

    class CommentsGathered(Fact):
        """Comments were gathered in the issue."""

        TOPIC = "issue.comments_gathered"
        comments: list[UUID]

        def apply(self, aggregate: Issue) -> None:
            aggregate.comments.extend(self.comments)

    class CommentsReleased(Fact):
        """Comments were taken out of the issue."""

        TOPIC = "issue.comments_released"
        comments: list[UUID]

        def apply(self, aggregate: Issue) -> None:
            gone = set(self.comments)
            aggregate.comments = [one for one in aggregate.comments if one not in gone]

    class Absorbed(Fact):
        """Another issue was merged into this one, with all its comments."""

        TOPIC = "issue.absorbed"
        issue: UUID
        comments: list[UUID]

        def apply(self, aggregate: Issue) -> None:
            have = set(aggregate.comments)
            aggregate.comments.extend(one for one in self.comments if one not in have)

    class Merged(Fact):
        """The issue was merged into another one and ended."""

        TOPIC = "issue.merged"
        into: UUID

        def apply(self, aggregate: Issue) -> None:
            aggregate.merged_into = self.into
            aggregate.comments = []

    class DispositionDecided(Fact):
        """It was decided what becomes of the point."""

        TOPIC = "issue.disposition_decided"
        disposition: str
        reason: str

        def apply(self, aggregate: Issue) -> None:
            aggregate.disposition = self.disposition
            aggregate.is_approved = False

    class AnswerDrafted(Fact):
        """An answer was written, or rewritten."""

        TOPIC = "issue.answer_drafted"
        text: str

        def apply(self, aggregate: Issue) -> None:
            aggregate.has_answer = bool(self.text)
            aggregate.is_approved = False

    class AnswerApproved(Fact):
        """The answer was found ready to publish."""

        TOPIC = "issue.answer_approved"

        def apply(self, aggregate: Issue) -> None:
            aggregate.is_approved = True

    class AnswerPublished(Fact):
        """The disposition and the answer became public."""

        TOPIC = "issue.answer_published"

        def apply(self, aggregate: Issue) -> None:
            aggregate.is_published = True

    class Unpublished(Unpublishable.Unpublished):
        """The public no longer sees the disposition and the answer, for a reason.

        It stays so when another answer is published, until it is put back.
        """

        TOPIC = "issue.unpublished"

    class Republished(Unpublishable.Republished):
        """The public sees the published disposition and answer again."""

        TOPIC = "issue.republished"

    Created = Raised

    def __init__(self, consultation: UUID, comments: list[UUID]) -> None:
        self.consultation = consultation
        self.comments = list(comments)
        self.merged_into: UUID | None = None
        self.disposition = ""
        self.has_answer = False
        self.is_approved = False
        self.is_published = False

    @classmethod
    def raise_issue(
        cls,
        *,
        id: UUID,
        consultation: UUID,
        proposal: UUID | None,
        title: str,
        comments: list[UUID],
        split_from: UUID | None = None,
        reference: str = "",
        by: UUID,
        now: datetime,
    ) -> Issue:
        if not title.strip():
            raise TitleIsMissing
        return cls._create(
            cls.Raised,
            id=id,
            consultation=consultation,
            proposal=proposal,
            title=title.strip(),
            comments=comments,
            split_from=split_from,
            reference=reference,
            by=by,
            timestamp=now,
        )

    def rename(self, title: str, *, by: UUID, now: datetime) -> None:
        self.require_standing()
        if not title.strip():
            raise TitleIsMissing
        self.trigger_event(self.Renamed, title=title.strip(), by=by, timestamp=now)

    def gather(self, comments: Sequence[UUID], *, by: UUID, now: datetime) -> None:
        self.require_standing()
        new = [one for one in dict.fromkeys(comments) if one not in self.comments]
        if not new:
            raise AlreadyGathered
        self.trigger_event(self.CommentsGathered, comments=new, by=by, timestamp=now)

    def release(self, comments: Sequence[UUID], *, by: UUID, now: datetime) -> None:
        self.require_standing()
        gone = list(dict.fromkeys(comments))
        if not gone or any(one not in self.comments for one in gone):
            raise NotGathered
        self.trigger_event(self.CommentsReleased, comments=gone, by=by, timestamp=now)

    def merge(self, into: Issue, *, by: UUID, now: datetime) -> None:
        self.require_standing()
        into.require_standing()
        if into.id == self.id:
            raise SameIssue
        if into.consultation != self.consultation:
            raise OtherConsultation
        into.trigger_event(
            self.Absorbed,
            issue=self.id,
            comments=list(self.comments),
            by=by,
            timestamp=now,
        )
        self.trigger_event(self.Merged, into=into.id, by=by, timestamp=now)

    def split(
        self,
        *,
        id: UUID,
        title: str,
        comments: list[UUID],
        proposal: UUID | None,
        by: UUID,
        now: datetime,
    ) -> Issue:
        self.require_standing()
        if not 0 < len(set(comments)) < len(self.comments):
            raise NothingToSplit
        other = Issue.raise_issue(
            id=id,
            consultation=self.consultation,
            proposal=proposal,
            title=title,
            comments=list(dict.fromkeys(comments)),
            split_from=self.id,
            by=by,
            now=now,
        )
        self.release(comments, by=by, now=now)
        return other

    def decide(self, disposition: str, *, reason: str, by: UUID, now: datetime) -> None:
        self.require_standing()
        if disposition not in DISPOSITIONS:
            raise UnknownDisposition
        if disposition != "noted" and not reason.strip():
            raise ReasonIsMissing
        self.trigger_event(
            self.DispositionDecided,
            disposition=disposition,
            reason=reason.strip(),
            by=by,
            timestamp=now,
        )

    def draft_answer(self, text: str, *, by: UUID, now: datetime) -> None:
        self.require_standing()
        if not text.strip():
            raise AnswerIsMissing
        self.trigger_event(self.AnswerDrafted, text=text.strip(), by=by, timestamp=now)

    def approve_answer(self, *, by: UUID, now: datetime) -> None:
        self.require_standing()
        if not self.disposition:
            raise DispositionIsMissing
        if not self.has_answer:
            raise AnswerIsMissing
        self.trigger_event(self.AnswerApproved, by=by, timestamp=now)

    def publish_answer(self, *, by: UUID, now: datetime) -> None:
        self.require_standing()
        if not self.is_approved:
            raise NotApproved
        self.trigger_event(self.AnswerPublished, by=by, timestamp=now)

    def unpublish(
        self, *, reason: str, decision_ref: str, by: UUID, now: datetime
    ) -> None:
        if not self.is_published:
            raise AnswerNotPublished
        super().unpublish(reason=reason, decision_ref=decision_ref, by=by, now=now)

    def require_standing(self) -> None:
        """Refuse when the issue has been merged into another one."""
        if self.merged_into is not None:
            raise IssueIsMerged

    def require_version(self, read: int | None) -> None:
        """Refuse when the issue has changed since this version of it was read."""
        if read is not None and read != self.version:
            raise IssueHasChanged


def issue_to_change(log: Log, id: UUID, by: UUID) -> Issue:
    """An issue to act on, for those of its consultation's secretariat only."""
    issue = log.get(Issue, id)
    require_role(log, by, issue.consultation, *SECRETARIAT)
    return issue
