"""Made-up consultations, event by event, through the rules that hold for real ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import log
from random import Random
from typing import Any
from uuid import UUID

from eventsourcing.domain import Aggregate

from bench.words import Prose, title
from domain.anchor import Anchor
from domain.change import PassageChange
from domain.comment import COMMENT_KINDS, Comment
from domain.consultation import Consultation
from domain.issue import DISPOSITIONS, Issue
from domain.organisation import ORGANISATION_KINDS, Organisation
from domain.person import Person
from domain.proposal import Proposal, Standing
from domain.revision import Revision
from domain.text import Passage

PASSAGES = 30
"""Of a proposal; about 900 words."""
LASTS = timedelta(days=120)
"""From planning a round to concluding it, unless there are many more of them."""
MEDIAN_COMMENTS = 250
MOST_COMMENTS = 10_000

Events = Iterator[Any]


def some_id(chance: Random) -> UUID:
    """A random id that is the same by seed."""
    return UUID(int=chance.getrandbits(128), version=4)


def said(*things: Aggregate) -> Events:
    """What has just happened to things, which then forget that it is new."""
    for thing in things:
        yield from thing.collect_events()


class Office:
    """Who is there in all rounds: the secretariat, an auditor, and organisations."""

    def __init__(self, seed: str, begins: datetime, organisations: int) -> None:
        chance = Random(f"{seed} office")  # noqa: S311
        self.officer, self.editor, self.chair, self.auditor = (
            some_id(chance) for _ in range(4)
        )
        self.organisations = [some_id(chance) for _ in range(organisations)]
        self._chance = chance
        self._begins = begins

    def events(self) -> Events:
        """How they came to be."""
        now, by = self._begins, self.chair
        for role in ("officer", "editor", "chair", "auditor"):
            id = getattr(self, role)
            name, email = f"{role.title()} Exempel", f"{role}@example.se"
            person = Person.register(
                id=id, name=name, email=email, public_name=True, by=by, now=now
            )
            person.grant(role, consultation=None, by=by, now=now)
            yield from said(person)
        for number, id in enumerate(self.organisations):
            yield from said(
                Organisation.register(
                    id=id,
                    name=f"{title(self._chance)} {number}",
                    kind=ORGANISATION_KINDS[number % len(ORGANISATION_KINDS)],
                    by=by,
                    now=now,
                )
            )


@dataclass(frozen=True, slots=True)
class Sender:
    """Somebody who comments, on a day; speaks for an organisation or for nobody."""

    id: UUID
    organisation: UUID | None


class Round:
    """One consultation: its texts, what people say of them, and what becomes of it.

    `comments` is how many there are, or None for as many as chance has it. An `open`
    round has come half its way: a revision is adopted, and it takes comments still.
    """

    def __init__(
        self,
        seed: str,
        prose: Prose,
        office: Office,
        begins: datetime,
        *,
        comments: int | None = None,
        proposals: int | None = None,
        words: int = 0,
        lasts: timedelta = LASTS,
        is_open: bool = False,
    ) -> None:
        self.chance = chance = Random(seed)  # noqa: S311
        self.prose = prose
        self.office = office
        self.now = begins
        self.is_open = is_open
        drawn = chance.lognormvariate(log(MEDIAN_COMMENTS), 1.0)
        self.comments = comments or min(max(int(drawn), 20), MOST_COMMENTS)
        self.step = lasts / (self.comments * 4)
        self.id = some_id(chance)
        self.themes = [f"tema-{n}" for n in range(1, chance.randint(8, 12))]
        self.words = words
        self.how_many = proposals or chance.choice((1, 1, 2, 3))
        self.proposals: list[Proposal] = []
        self.senders: list[Sender] = []
        self.said: list[Comment] = []
        self.standings: dict[UUID, dict[UUID, Standing]] = {}

    def events(self) -> Events:
        """All that happens in it, in order."""
        yield from self._begun()
        # Comments come before and after the first revision, as texts are worked on.
        half = self.comments // 2
        yield from self._commented(half)
        yield from self._worked_up(self.said[:])
        yield from self._revised()
        yield from self._commented(self.comments - half)
        if not self.is_open:
            yield from self._worked_up(self.said[half:])
            self.round.close(by=self.office.chair, now=self._later())
            self.round.conclude(by=self.office.chair, now=self._later())
            yield from said(self.round)

    def _later(self) -> datetime:
        self.now += self.step
        return self.now

    def _begun(self) -> Events:
        chance, office = self.chance, self.office
        by, now = office.officer, self.now
        self.round = Consultation.plan(
            id=self.id,
            title=f"{title(chance)} {now:%Y}",
            summary=self.prose.text(chance, 60),
            diary_number=f"{now:%Y}/{chance.randrange(10_000)}",
            closes_at=now + LASTS * 3,
            by=by,
            now=now,
        )
        themes = [
            {"key": key, "title": title(chance), "title_en": "", "description": ""}
            for key in self.themes
        ]
        self.round.revise_codebook(themes, by=by, now=now)
        most = min(40, self.comments, len(office.organisations))
        asked = chance.sample(office.organisations, most)
        self.round.invite(asked, by=by, now=now)
        self.asked = asked
        yield from said(self.round)
        for order in range(1, self.how_many + 1):
            proposal = Proposal.draft(
                id=some_id(chance),
                consultation=self.id,
                title=title(chance),
                order=order,
                passages=list(self._passages(self.words if order == 1 else 0)),
                by=by,
                now=self._later(),
            )
            proposal.publish(by=office.editor, now=self.now)
            self.proposals.append(proposal)
            self.standings[proposal.id] = {}
            yield from said(proposal)
        self.round.open(by=by, now=self._later())
        yield from said(self.round)

    def _passages(self, words: int) -> Iterator[Passage]:
        chance = self.chance
        number = 0
        while number < PASSAGES or words > 0:
            is_heading = number % 6 == 0
            text = title(chance) if is_heading else self._paragraph()
            words -= text.count(" ") + 1
            kind, level = ("heading", 2) if is_heading else ("paragraph", 0)
            yield Passage(some_id(chance), kind, level, text)  # type: ignore[arg-type]
            number += 1

    def _paragraph(self) -> str:
        return self.prose.text(self.chance, self.chance.uniform(15, 55))

    def _commented(self, comments: int) -> Events:
        chance = self.chance
        for _ in range(comments):
            if len(self.senders) < 4 or chance.random() < 0.3:
                yield from self._arrived()
            sender = self.senders[int(chance.random() ** 2 * len(self.senders))]
            # Most is said of the first text, and of what stands early in it.
            proposal = self.proposals[int(chance.random() ** 2 * len(self.proposals))]
            anchor = self._anchor(proposal.passages)
            has_wording = anchor.quote and chance.random() < 0.2
            comment = Comment.submit(
                id=some_id(chance),
                consultation=self.id,
                proposal=proposal.id,
                edition=proposal.edition,
                anchor=anchor,
                kind=chance.choices(COMMENT_KINDS, (6, 3, 1))[0],
                text=self.prose.comment(chance),
                wording=self.prose.text(chance, 15) if has_wording else "",
                organisation=sender.organisation,
                by=sender.id,
                now=self._later(),
            )
            self._standing(proposal)[comment.id] = Standing(proposal.edition, anchor)
            self.said.append(comment)
            yield from said(comment)
            if chance.random() < 0.04:
                yield from self._changed(chance.choice(self.said[-20:]), sender)

    def _standing(self, proposal: Proposal) -> dict[UUID, Standing]:
        return self.standings[proposal.id]

    def _arrived(self) -> Events:
        chance = self.chance
        id = some_id(chance)
        speaks = bool(self.asked) and chance.random() < 0.4
        organisation = chance.choice(self.asked) if speaks else None
        person = Person.register(
            id=id,
            name=f"{title(chance)} Exempel",
            email=f"{id.hex[:12]}@example.se",
            public_name=chance.random() < 0.5,
            by=id,
            now=self._later(),
        )
        if organisation is not None:
            by = self.office.officer
            person.give_mandate(
                organisation, begins=self.now, ends=None, by=by, now=self.now
            )
        self.senders.append(Sender(id, organisation))
        yield from said(person)

    def _anchor(self, passages: Sequence[Passage]) -> Anchor:
        chance = self.chance
        drawn = chance.random()
        if drawn < 0.15:
            return Anchor(None)
        passage = passages[int(chance.random() ** 1.5 * len(passages))]
        if drawn < 0.45 or passage.kind == "heading":
            return Anchor(passage.id)
        start = chance.randrange(max(1, len(passage.text) - 40))
        start = passage.text.find(" ", start) + 1
        end = min(len(passage.text), start + chance.randint(15, 90))
        if not passage.text[start:end].strip():
            return Anchor(passage.id)
        return Anchor.at(passage.id, passage.text, start, end)

    def _changed(self, comment: Comment, sender: Sender) -> Events:
        if comment.is_withdrawn:
            return
        by, now = comment.author, self._later()
        if self.chance.random() < 0.25:
            comment.withdraw(by=by, now=now)
        else:
            text = self.prose.comment(self.chance)
            comment.amend(kind=comment.kind, text=text, wording="", by=by, now=now)
        yield from said(comment)

    def _worked_up(self, comments: Sequence[Comment]) -> Events:
        """Code, assign and gather comments; decide and answer what they say."""
        chance, by = self.chance, self.office.officer
        for comment in comments:
            if chance.random() < 0.9:
                themes = chance.sample(self.themes, chance.choice((1, 1, 1, 2, 3)))
                comment.code(themes, by=by, now=self._later())
            if chance.random() < 0.6:
                comment.assign(by, by=by, now=self._later())
            yield from said(comment)
        at = 0
        while at < len(comments):
            many = min(1 + int(chance.expovariate(1 / 5)), 60)
            yield from self._answered([one.id for one in comments[at : at + many]])
            at += many

    def _answered(self, comments: list[UUID]) -> Events:
        chance, by, now = self.chance, self.office.officer, self._later()
        proposal = self.proposals[0].id
        first, rest = comments[:2], comments[2:]
        issue = Issue.raise_issue(
            id=some_id(chance),
            consultation=self.id,
            proposal=proposal,
            title=title(chance),
            comments=first,
            by=by,
            now=now,
        )
        if rest:
            issue.gather(rest, by=by, now=now)
        if chance.random() < 0.9:
            reason = self.prose.text(chance, 20)
            issue.decide(chance.choice(DISPOSITIONS), reason=reason, by=by, now=now)
            issue.draft_answer(self.prose.text(chance, 50), by=by, now=self._later())
            chair = self.office.chair
            issue.approve_answer(by=chair, now=self.now)
            if chance.random() < 0.8:
                issue.publish_answer(by=chair, now=self.now)
        self.last_issue = issue.id
        yield from said(issue)

    def _revised(self) -> Events:
        """Change each text a little, and say where every comment stands in it."""
        by = self.office.editor
        for proposal in self.proposals:
            revision = Revision.start(
                proposal,
                id=some_id(self.chance),
                title=title(self.chance),
                by=by,
                now=self._later(),
            )
            changes = list(self._changes(proposal.passages))
            revision.make_changes(changes, proposal.passages, by=by, now=self._later())
            revision.review(note="", by=by, now=self._later())
            revision.adopt(proposal, by=by, now=self._later())
            proposal.place_anchors(self._standing(proposal), by=by, now=self.now)
            proposal.publish(by=by, now=self.now)
            yield from said(revision, proposal)

    def _changes(self, passages: Sequence[Passage]) -> Iterable[PassageChange]:
        chance = self.chance
        issues = [self.last_issue.hex]
        body = [one for one in passages if one.kind == "paragraph"]
        chosen = chance.sample(body, min(8, len(body)))
        for number, passage in enumerate(chosen):
            change: PassageChange = {
                "id": some_id(chance).hex,
                "passage": passage.id.hex,
                "reason": self.prose.text(chance, 15),
                "issues": issues,
            }
            if number == 0:
                yield {**change, "op": "delete"}
                continue
            words = passage.text
            if number == 1:
                words = self._paragraph()
                change["passage"] = some_id(chance).hex
                change["after"] = passages[0].id.hex
            else:
                words += " " + self.prose.text(chance, 8)
            yield {
                **change,
                "op": "insert" if number == 1 else "replace",
                "kind": passage.kind,
                "level": passage.level,
                "text": words,
                "marks": [],
            }
