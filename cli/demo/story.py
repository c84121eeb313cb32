"""How the demo consultation came to be: who did what, day by day until today.

Days count from the opening, ten weeks ago. The first deadline was day 40; it was
extended to three weeks from now. Version 2 of the first proposal came on day 61.
"""

from __future__ import annotations

from datetime import date
from hashlib import sha256
from typing import Final

from cli.demo import thing
from cli.demo.acts import Standings, submit
from cli.demo.content import Commented, Content
from cli.demo.setting import EDITOR, OFFICERS, Setting
from cli.demo.telling import Act, Telling
from cli.demo.working import WorkingUp
from domain.inbox import assign_comments, code_comments
from domain.submission import amend_comment, withdraw_comment

CODED: Final = (14, 21, 28, 35, 42, 49, 55, 61, 66)
"""The days when officers assign and code what has come in."""


class Story:
    """Everything that happened, in order."""

    def __init__(self, content: Content, today: date, standings: Standings) -> None:
        self._content = content
        self._standings = standings
        self._told = Telling(today)
        self._persons = {one["key"]: one for one in content.persons}

    def acts(self) -> list[Act]:
        """What to do, the oldest first."""
        setting = Setting(self._content, self._told)
        setting.tell_of_people()
        setting.tell_of_the_round()
        for comment in self._content.comments:
            self._comment(comment)
        for day in CODED:
            self._code(day)
        working = WorkingUp(self._content, self._told, self._standings)
        for number, issue in enumerate(self._content.issues):
            working.tell_of_issue(issue, number)
        working.tell_of_published_answers()
        for revision in self._content.revisions:
            working.tell_of_revision(revision)
        return self._told.acts()

    def _comment(self, comment: Commented) -> None:
        author, id = thing(comment.person), thing(comment.key)
        clock = self._clock(comment)
        self._told.tell(
            comment.days,
            clock,
            submit,
            comment=comment,
            proposal=thing(f"proposal-{comment.proposal}"),
            by=author,
        )
        if comment.amended:
            self._told.tell(
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
            self._told.tell(comment.days + 3, clock, withdraw_comment, id=id, by=author)

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
            self._told.tell(
                day,
                "08:30",
                assign_comments,
                ids=[thing(one.key) for one in mine],
                officer=officer,
                by=EDITOR,
            )
            for n, themes in enumerate(sorted({tuple(one.themes) for one in mine})):
                self._told.tell(
                    day,
                    f"{9 + n // 60:02}:{n % 60:02}",
                    code_comments,
                    ids=[thing(o.key) for o in mine if tuple(o.themes) == themes],
                    add=themes,
                    by=officer,
                )
