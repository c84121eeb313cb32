"""A small consultation for tests that write in it, with words of every kind."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from uuid import UUID, uuid4

from domain.log import SYSTEM, Log
from domain.person import Role
from domain.proposal import Proposal, draft_proposal, publish_proposal
from domain.text import Passage
from tests import story
from web.formats.markdown import read_markdown

TEXT = """\
# Förslag om arbetsmiljö

## Stöd till nyanställda

Regionerna ska erbjuda alla nyanställda en egen mentor.

Målet 👩‍⚕️🏥 gäller **alla nyanställda** enligt [nationella riktlinjer](/) från i år.

- Introduktionen är minst tolv veckor.
- Mentorn har avsatt tid varje vecka.

| Åtgärd | Ansvarig |
|---|---|
| Mentorskap | Regionerna |
| Uppföljning | Kompetensrådet |

## Utbildning

Antalet platser på sjuksköterskeprogrammet ökar med hundra.
"""


@dataclass(frozen=True)
class Round:
    """An open consultation on one proposal, and the people of one test."""

    log: Log
    consultation: UUID
    proposal: UUID

    @property
    def address(self) -> str:
        """The path of the consultation."""
        return f"/consultations/{self.consultation}"

    @property
    def text(self) -> str:
        """The path of the proposal."""
        return f"{self.address}/proposals/{self.proposal}"

    def passage(self, words: str) -> Passage:
        """The passage of the newest text that has the words."""
        text = self.log.look(Proposal, self.proposal).passages
        (found,) = [one for one in text if words in one.text]
        return found

    @cached_property
    def stakeholder(self) -> UUID:
        return story.a_person(self.log, "Astrid Lind", email="astrid@example.se")

    @cached_property
    def officer(self) -> UUID:
        return self._member("officer", "Omar Handläggare")

    @cached_property
    def editor(self) -> UUID:
        return self._member("editor", "Eva Redaktör")

    @cached_property
    def chair(self) -> UUID:
        return self._member("chair", "Carin Ordförande")

    @cached_property
    def auditor(self) -> UUID:
        return story.a_person(self.log, "Rut Revisor", role="auditor")

    def _member(self, role: Role, name: str) -> UUID:
        return story.a_person(self.log, name, role=role, consultation=self.consultation)


def a_round(log: Log, markdown: str = TEXT) -> Round:
    """An open consultation with a published proposal."""
    consultation, proposal = story.a_consultation(log), uuid4()
    a_draft(log, consultation, markdown, id=proposal)
    publish_proposal(log, id=proposal, by=SYSTEM, now=story.NOW)
    return Round(log, consultation, proposal)


def a_draft(
    log: Log, consultation: UUID, markdown: str = TEXT, *, id: UUID, order: int = 1
) -> None:
    """A proposal that is not published, as it is read from a file."""
    draft_proposal(
        log,
        id=id,
        consultation=consultation,
        title="Förslag om arbetsmiljö",
        order=order,
        passages=[
            Passage(uuid4(), one.kind, one.level, one.text, one.marks)
            for one in read_markdown(markdown)
        ],
        by=SYSTEM,
        now=story.NOW,
    )
