"""How the demo's secretariat worked comments up: issues, answers and revisions."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from cli.demo import CONSULTATION, thing
from cli.demo.acts import Standings, adopt, change
from cli.demo.content import Content, Raised, Revised
from cli.demo.setting import CHAIR, EDITOR, OFFICERS
from cli.demo.telling import Telling
from domain.answer import (
    approve_answer,
    decide_disposition,
    draft_answer,
    publish_answers,
)
from domain.gathering import gather_comments, merge_issues, raise_issue, split_issue
from domain.proposal import publish_proposal
from domain.revision import review_revision, start_revision

GATHERED: Final = (50, 56, 61)
"""The days when late comments are gathered in issues."""
RAISED, MERGED, SPLIT, DECIDED, ADOPTED, ANSWERED = 43, 55, 57, 59, 61, 64


class WorkingUp:
    """What became of the comments."""

    def __init__(self, content: Content, told: Telling, standings: Standings) -> None:
        self._content = content
        self._told = told
        self._standings = standings

    def tell_of_issue(self, issue: Raised, number: int) -> None:
        """One issue: raised or split off, gathered in, decided and answered."""
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
            self._told.tell(
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
            self._told.tell(
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
            self._told.tell(
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
                self._told.tell(
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
            self._told.tell(
                DECIDED,
                f"14:{minute}",
                decide_disposition,
                id=id,
                disposition=issue.disposition,
                reason=issue.reason or "",
                by=officer,
            )
        if issue.answer:
            self._told.tell(
                DECIDED + 1,
                f"15:{minute}",
                draft_answer,
                id=id,
                text=issue.answer,
                by=officer,
            )
        if issue.answer_state in ("approved", "published"):
            self._told.tell(ADOPTED, f"11:{minute}", approve_answer, id=id, by=CHAIR)

    def tell_of_published_answers(self) -> None:
        """Those about the new version with it, the others a few days later."""
        done = [one for one in self._content.issues if one.answer_state == "published"]
        new = {one.proposal for one in self._content.revisions if one.published}
        for day, clock, ids in (
            (ADOPTED, "13:20", [thing(i.key) for i in done if i.proposal in new]),
            (ANSWERED, "14:00", [thing(i.key) for i in done if i.proposal not in new]),
        ):
            self._told.tell(day, clock, publish_answers, ids=ids, by=CHAIR)

    def tell_of_revision(self, revision: Revised) -> None:
        """One revision: its changes, and perhaps that it became a version."""
        proposal = thing(f"proposal-{revision.proposal}")
        id = thing(f"revision-{revision.proposal}")
        started = SPLIT if revision.adopted else ANSWERED
        self._told.tell(
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
            self._told.tell(
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
            self._told.tell(
                ADOPTED, "10:30", review_revision, id=id, note=note, by=CHAIR
            )
            self._told.tell(
                ADOPTED,
                "13:00",
                adopt,
                id=id,
                proposal=proposal,
                standings=self._standings,
                by=EDITOR,
            )
        if revision.published:
            self._told.tell(ADOPTED, "13:15", publish_proposal, id=proposal, by=CHAIR)
