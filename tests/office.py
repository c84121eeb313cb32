"""The people who erase, and what they are asked to erase, through the real commands."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any
from uuid import UUID, uuid4

from domain.erasing import approve_erasure, carry_out, request_erasure
from domain.log import Log, Refused
from tests.story import NOW, a_comment, a_consultation, a_person, a_proposal


class Office:
    """A round with two chairs everywhere, two there, and what they are asked about."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.round = a_consultation(log)
        self.proposal = a_proposal(log, self.round)
        self.author = a_person(log)
        self.comment = self.said()
        self.first, self.second = (a_person(log, role="chair") for _ in range(2))
        self.here, self.there = (
            a_person(log, role="chair", consultation=self.round) for _ in range(2)
        )
        self.officer = a_person(log, role="officer")
        self.destroyed: list[UUID] = []

    def said(self, **how: Any) -> UUID:
        """One more private comment of the author."""
        return a_comment(
            self.log, self.proposal, text="Hemligt.", by=self.author, **how
        )

    def request(self, kind: str, by: UUID | None = None, **details: Any) -> UUID:
        """Ask for the author or the comment to be erased; the officer does it."""
        id = uuid4()
        request_erasure(
            self.log,
            id=id,
            kind=kind,
            **{
                "target": self.author if kind == "person" else self.comment,
                "ground": "gdpr_17_1_b",
                "decision_ref": "12/2026",
                "by": by or self.officer,
                "now": NOW,
                **details,
            },
        )
        return id

    def decide(self, id: UUID) -> int:
        """Both chairs approve; gives the position of the decision."""
        approve_erasure(self.log, id=id, by=self.first, now=NOW)
        return approve_erasure(self.log, id=id, by=self.second, now=NOW).position

    def carry_out(self, id: UUID, decision: int) -> int:
        """Carry it out; gives the position of the last entry, or 0."""
        return carry_out(
            self.log, id=id, decision=decision, destroy=self.destroy, now=NOW
        ).position

    def finish(self, decided: Iterable[tuple[UUID, int]]) -> list[UUID]:
        """Carry out each that can be; gives those."""
        done = []
        for id, decision in decided:
            with suppress(Refused):
                self.carry_out(id, decision)
                done.append(id)
        return done

    def destroy(self, scope: UUID, *, decision: UUID, position: int) -> None:
        """Destroy a key, and remember whose."""
        self.log.destroy_key(scope, decision=decision, position=position)
        self.destroyed.append(scope)

    def erase(self, kind: str, **details: Any) -> UUID:
        """From the request to the end."""
        id = self.request(kind, **details)
        self.carry_out(id, self.decide(id))
        return id
