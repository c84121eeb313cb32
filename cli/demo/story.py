"""How the demo consultation came to be: who did what, day by day until today.

Days count from the opening, ten weeks ago. The first deadline was day 40; it was
extended to three weeks from now. Version 2 of the first proposal came on day 61.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from typing import Any, Final
from uuid import UUID, uuid5

from cli.demo import CONSULTATION, thing
from cli.demo.acts import Standings, adopt, change, submit
from cli.demo.content import Commented, Content, Raised, Revised
from domain.comment import (
    amend_comment,
    assign_comments,
    code_comments,
    withdraw_comment,
)
from domain.consultation import (
    extend_period,
    invite_consultees,
    open_consultation,
    plan_consultation,
    revise_codebook,
)
from domain.issue import (
    approve_answer,
    decide_disposition,
    draft_answer,
    gather_comments,
    merge_issues,
    publish_answers,
    raise_issue,
    split_issue,
)
from domain.log import STOCKHOLM, SYSTEM
from domain.organisation import give_mandate, register_organisation
from domain.person import grant_role, register_person
from domain.proposal import draft_proposal, publish_proposal
from domain.revision import review_revision, start_revision
from domain.text import Passage

BEFORE_TODAY: Final = 70
"""Days since the opening."""
CODED: Final = (14, 21, 28, 35, 42, 49, 55, 61, 66)
"""The days when officers assign and code what has come in."""
GATHERED: Final = (50, 56, 61)
"""The days when they gather late comments in issues."""
RAISED, MERGED, SPLIT, DECIDED, ADOPTED, ANSWERED = 43, 55, 57, 59, 61, 64

CHAIR, EDITOR = thing("s-ordforande"), thing("s-redaktor")
OFFICERS: Final = {
    "1": thing("s-arbetsmiljo"),
    "2": thing("s-utbildning"),
    "3": thing("s-utbildning"),
    "4": thing("s-arbetsmiljo"),
}
EXTENDED: Final = (
    "Flera kommuner och fackliga organisationer har bett om mer tid för att förankra"
    " sina synpunkter. Rådet vill också få in synpunkter på den reviderade texten."
)


@dataclass(frozen=True, slots=True)
class Act:
    """A command, with what it is given, and when it was."""

    at: datetime
    command: Callable[..., object]
    given: dict[str, Any]


class Story:
    """Everything that happened, in order."""

    def __init__(self, content: Content, today: date, standings: Standings) -> None:
        self._content = content
        self._opening = today - timedelta(BEFORE_TODAY)
        self._standings = standings
        self._acts: list[Act] = []
        self._persons = {one["key"]: one for one in content.persons}

    def acts(self) -> list[Act]:
        """What to do, the oldest first."""
        self._register()
        self._prepare()
        for comment in self._content.comments:
            self._comment(comment)
        for day in CODED:
            self._code(day)
        for number, issue in enumerate(self._content.issues):
            self._work_up(issue, number)
        self._publish_answers()
        for revision in self._content.revisions:
            self._revise(revision)
        return sorted(self._acts, key=lambda act: act.at)

    def _tell(
        self, day: int, clock: str, command: Callable[..., object], **given: Any
    ) -> None:
        self._acts.append(Act(self._moment(day, clock), command, given))

    def _moment(self, day: int, clock: str) -> datetime:
        there = datetime.combine(
            self._opening + timedelta(day), time.fromisoformat(clock), STOCKHOLM
        )
        return there.astimezone(UTC)

    def _register(self) -> None:
        for one in self._content.organisations:
            self._tell(
                -20,
                "08:30",
                register_organisation,
                id=thing(one["key"]),
                name=one["name"],
                kind=one["kind"],
                number=one["number"],
                county=one["county"],
                care_regions=[one["care_region"]] if one["care_region"] else [],
                reference=one["key"],
                by=SYSTEM,
            )
        shy = {one.person for one in self._content.comments if not one.public_name}
        for one in self._content.persons:
            self._register_person(one, public_name=one["key"] not in shy)

    def _register_person(self, one: dict[str, str], *, public_name: bool) -> None:
        person = thing(one["key"])
        self._tell(
            -20,
            "09:00",
            register_person,
            id=person,
            name=one["name"],
            email=one["email"],
            public_name=public_name,
            by=SYSTEM,
        )
        if one["organisation_key"]:
            self._tell(
                -20,
                "09:10",
                give_mandate,
                person=person,
                organisation=thing(one["organisation_key"]),
                begins=self._moment(-20, "00:00"),
                ends=None,
                by=SYSTEM,
            )
        if one["role"] in ("officer", "editor", "chair", "auditor"):
            # The chair plans consultations, and the auditor sees all of them.
            everywhere = one["role"] in ("chair", "auditor")
            self._tell(
                -20 if everywhere else -13,
                "09:20",
                grant_role,
                person=person,
                role=one["role"],
                consultation=None if everywhere else CONSULTATION,
                by=SYSTEM if everywhere else CHAIR,
            )

    def _prepare(self) -> None:
        said = dict(self._content.consultation)
        themes = said.pop("themes")
        self._tell(
            -14,
            "10:00",
            plan_consultation,
            id=CONSULTATION,
            closes_at=self._moment(40, "23:59"),
            access="open",
            display="at_once",
            by=CHAIR,
            **said,
        )
        here = {"id": CONSULTATION, "by": EDITOR}
        self._tell(-12, "13:00", revise_codebook, themes=themes[:-1], **here)
        # What the first comments were about had no theme of its own.
        self._tell(12, "10:30", revise_codebook, themes=themes, **here)
        for number, document in self._content.proposals.items():
            proposal = thing(f"proposal-{number}")
            self._tell(
                -10 + int(number),
                "15:00",
                draft_proposal,
                id=proposal,
                consultation=CONSULTATION,
                title=document.title,
                order=document.order or int(number),
                passages=[
                    Passage(uuid5(proposal, str(n)), d.kind, d.level, d.text, d.marks)
                    for n, d in enumerate(document.drafts)
                ],
                source=f"{document.title}.md",
                reference=number,
                by=OFFICERS[number],
            )
            self._tell(-1, "16:00", publish_proposal, id=proposal, by=CHAIR)
        asked = [
            thing(one["key"])
            for one in self._content.organisations
            if one["kind"] not in ("company", "other")
        ]
        self._tell(-2, "10:00", invite_consultees, organisations=asked, **here)
        self._tell(0, "07:30", open_consultation, id=CONSULTATION, by=CHAIR)
        self._tell(
            38,
            "11:00",
            extend_period,
            id=CONSULTATION,
            closes_at=self._moment(BEFORE_TODAY + 21, "23:59"),
            reason=EXTENDED,
            by=CHAIR,
        )

    def _comment(self, comment: Commented) -> None:
        author, id = thing(comment.person), thing(comment.key)
        clock = self._clock(comment)
        self._tell(
            comment.days,
            clock,
            submit,
            comment=comment,
            proposal=thing(f"proposal-{comment.proposal}"),
            by=author,
        )
        if comment.amended:
            self._tell(
                comment.days + 2,
                clock,
                amend_comment,
                id=id,
                kind=comment.kind,
                text=comment.amended["text"],
                wording=comment.wording or "",
                by=author,
            )
        if comment.withdrawn:
            self._tell(comment.days + 3, clock, withdraw_comment, id=id, by=author)

    def _clock(self, comment: Commented) -> str:
        """Office hours for organisations, evenings for private persons; always the
        same for one comment."""
        alone = self._persons[comment.person]["role"] == "private"
        first, hours = (18, 4) if alone else (8, 9)
        minute = int.from_bytes(sha256(comment.key.encode()).digest()[:4]) % (
            hours * 60
        )
        return f"{first + minute // 60:02}:{minute % 60:02}"

    def _code(self, day: int) -> None:
        """Assign what came in since the last time, and code what can be."""
        last = max((before for before in CODED if before < day), default=-1)
        came = [
            one
            for one in self._content.comments
            if last <= one.days < day and not one.withdrawn and one.themes
        ]
        for officer in dict.fromkeys(OFFICERS.values()):
            mine = [one for one in came if OFFICERS[one.proposal] == officer]
            if not mine:
                continue
            self._tell(
                day,
                "08:30",
                assign_comments,
                ids=[thing(one.key) for one in mine],
                officer=officer,
                by=EDITOR,
            )
            for n, themes in enumerate(sorted({tuple(one.themes) for one in mine})):
                self._tell(
                    day,
                    f"{9 + n // 60:02}:{n % 60:02}",
                    code_comments,
                    ids=[thing(o.key) for o in mine if tuple(o.themes) == themes],
                    add=themes,
                    by=officer,
                )

    def _work_up(self, issue: Raised, number: int) -> None:
        id, officer = thing(issue.key), OFFICERS[issue.proposal]
        days = {one.key: one.days for one in self._content.comments}
        raised = RAISED + number // 6
        clock = f"{13 + number % 4}:{number * 7 % 60:02}"
        ready = sorted(issue.comments, key=lambda key: days[key])
        first = [thing(key) for key in ready if days[key] < raised]
        if issue.split_from:
            # Its first comments were gathered in the issue that it was split from.
            raised = SPLIT
            first = [thing(key) for key in ready if days[key] < GATHERED[0]]
            self._tell(
                SPLIT,
                "10:00",
                split_issue,
                id=thing(issue.split_from),
                new=id,
                title=issue.title,
                comments=first,
                proposal=thing(f"proposal-{issue.proposal}"),
                by=officer,
            )
        else:
            first += [
                thing(key)
                for other in self._content.issues
                if other.split_from == issue.key
                for key in other.comments
                if days[key] < GATHERED[0]
            ]
            self._tell(
                raised,
                clock,
                raise_issue,
                id=id,
                consultation=CONSULTATION,
                proposal=thing(f"proposal-{issue.proposal}"),
                title=issue.title,
                comments=first,
                reference=issue.key,
                by=officer,
            )
        self._gather_late(issue, {thing(key): days[key] for key in ready}, first)
        if issue.merged_into:
            self._tell(
                MERGED,
                "15:00",
                merge_issues,
                id=id,
                into=thing(issue.merged_into),
                by=officer,
            )
        self._answer(issue, number)

    def _gather_late(
        self, issue: Raised, days: dict[UUID, int], first: list[UUID]
    ) -> None:
        into = thing(issue.merged_into or issue.key)
        waiting = {id: day for id, day in days.items() if id not in first}
        for gathered in GATHERED:
            late = [id for id, day in waiting.items() if day < gathered]
            for id in late:
                del waiting[id]
            if late:
                self._tell(
                    gathered,
                    "10:15",
                    gather_comments,
                    id=into if gathered > MERGED else thing(issue.key),
                    comments=late,
                    by=OFFICERS[issue.proposal],
                )

    def _answer(self, issue: Raised, number: int) -> None:
        id, officer = thing(issue.key), OFFICERS[issue.proposal]
        minute = f"{number * 2:02}"
        if issue.disposition:
            self._tell(
                DECIDED,
                f"14:{minute}",
                decide_disposition,
                id=id,
                disposition=issue.disposition,
                reason=issue.reason or "",
                by=officer,
            )
        if issue.answer:
            self._tell(
                DECIDED + 1,
                f"15:{minute}",
                draft_answer,
                id=id,
                text=issue.answer,
                by=officer,
            )
        if issue.answer_state in ("approved", "published"):
            self._tell(ADOPTED, f"11:{minute}", approve_answer, id=id, by=CHAIR)

    def _publish_answers(self) -> None:
        """With the new version those it is about, the others a few days later."""
        done = [one for one in self._content.issues if one.answer_state == "published"]
        new = {one.proposal for one in self._content.revisions if one.published}
        for day, clock, ids in (
            (ADOPTED, "13:20", [thing(i.key) for i in done if i.proposal in new]),
            (ANSWERED, "14:00", [thing(i.key) for i in done if i.proposal not in new]),
        ):
            self._tell(day, clock, publish_answers, ids=ids, by=CHAIR)

    def _revise(self, revision: Revised) -> None:
        proposal = thing(f"proposal-{revision.proposal}")
        id = thing(f"revision-{revision.proposal}")
        started = SPLIT if revision.adopted else ANSWERED
        self._tell(
            started,
            "09:40",
            start_revision,
            id=id,
            proposal=proposal,
            title=revision.title,
            reference=revision.proposal,
            by=EDITOR,
        )
        for n, one in enumerate(revision.changes):
            self._tell(
                started + n // 4,
                f"{11 + n % 4}:{n * 5:02}",
                change,
                id=id,
                proposal=proposal,
                number=n,
                planned=one,
                by=EDITOR,
            )
        if revision.adopted:
            note = "Hela förslaget är genomläst. Alla ändringar har skäl."
            self._tell(ADOPTED, "10:30", review_revision, id=id, note=note, by=CHAIR)
            self._tell(
                ADOPTED,
                "13:00",
                adopt,
                id=id,
                proposal=proposal,
                standings=self._standings,
                by=EDITOR,
            )
        if revision.published:
            self._tell(ADOPTED, "13:15", publish_proposal, id=proposal, by=CHAIR)
