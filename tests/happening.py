"""Things that happen, one after another, through the real commands.

What is refused just does not happen, so any list of numbers is a history that could be.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TypedDict, TypeVar
from uuid import UUID, uuid4

from domain import (
    answer,
    comment,
    consultation,
    consultee,
    disclosure,
    erasing,
    gathering,
    inbox,
    issue,
    notary,
    organisation,
    period,
    person,
    planning,
    proposal,
    revision,
    role,
    submission,
)
from domain.anchor import Anchor
from domain.change import PassageChange
from domain.comment import COMMENT_KINDS
from domain.consultation import ACCESSES, DISPLAYS
from domain.disclosure import HELD_KINDS
from domain.erasure import BASES, DATA_GROUNDS, GROUNDS, Erasure
from domain.issue import DISPOSITIONS
from domain.log import SYSTEM, Log, Refused
from domain.organisation import ORGANISATION_KINDS
from domain.person import ROLES
from domain.proposal import Proposal, Standing
from domain.revision import Revision
from domain.secrecy import REASSESSMENTS
from domain.text import Passage
from projections.comment import standings_on
from projections.follower import Follower
from projections.reads import ReadPool
from tests.story import (
    CLOSES_AT,
    NOW,
    a_comment,
    a_consultation,
    a_person,
    a_proposal,
    an_issue,
    an_organisation,
    passages,
    replacing,
    text_of,
)

TEXTS = (
    "Kort.",
    "Åtgärder behövs i öster.",
    "Skriv ”ska” i stället för ”bör”.",
    "Ja\n\nNej",
)
WORDS = ("mentor", "hundra", "varje år", "Regionerna ska", "")


T = TypeVar("T")


class _Act(TypedDict):
    by: UUID
    now: datetime


class World:
    """Everything there is so far, and what can happen next.

    An act takes three numbers, which it chooses with: whom, what, and how much.
    """

    def __init__(self, log: Log, follower: Follower, reads: ReadPool) -> None:
        self.log, self._follower, self._reads = log, follower, reads
        self._consultations = [a_consultation(log)]
        self._organisations = [an_organisation(log)]
        self._people = [a_person(log, role="chair"), a_person(log)]
        self._proposals = [a_proposal(log, self._consultations[0])]
        self._comments = [a_comment(log, self._proposals[0])]
        self._issues = [an_issue(log, self._consultations[0], self._comments)]
        self._revisions = [self._start(self._proposals[0])]
        self._erasures: list[UUID] = []
        self._decisions: dict[UUID, int] = {}
        self._chairs = [a_person(log, role="chair") for _ in range(2)]
        self.now = NOW
        self.actor = SYSTEM
        # By name, so that a number means the same act in every run.
        self.acts: list[Callable[[int, int, int], None]] = [
            getattr(self, name) for name in sorted(vars(World)) if name[0] != "_"
        ]

    # Who there is

    def register_organisation(self, a: int, b: int, _: int) -> None:
        self._organisations.append(
            an_organisation(self.log, f"Ö-bolag {a}", _of(ORGANISATION_KINDS, b))
        )

    def change_organisation(self, a: int, b: int, c: int) -> None:
        organisation.change_organisation(
            self.log,
            id=_of(self._organisations, a),
            name=f"Region {b}",
            kind=_of(ORGANISATION_KINDS, c),
            number="",
            county="Län",
            care_regions=["norra"][: c % 2],
            **self._by(),
        )

    def register_person(self, a: int, b: int, _: int) -> None:
        self._people.append(
            a_person(self.log, f"Person {a}", public_name=b % 2 == 0, role=None)
        )

    def rename_person(self, a: int, b: int, _: int) -> None:
        person.rename_person(
            self.log,
            id=_of(self._people, a),
            name=f"Öberg {b}",
            public_name=b % 2 == 0,
            **self._by(),
        )

    def give_mandate(self, a: int, b: int, c: int) -> None:
        organisation.give_mandate(
            self.log,
            person=_of(self._people, a),
            organisation=_of(self._organisations, b),
            begins=NOW,
            ends=self.now + timedelta(days=c) if c % 2 else None,
            **self._by(),
        )

    def end_mandate(self, a: int, b: int, _: int) -> None:
        organisation.end_mandate(
            self.log,
            person=_of(self._people, a),
            organisation=_of(self._organisations, b),
            **self._by(),
        )

    def grant_role(self, a: int, b: int, c: int) -> None:
        role.grant_role(
            self.log,
            person=_of(self._people, a),
            role=_of(ROLES, b),
            consultation=_of(self._consultations, c) if c % 2 else None,
            **self._by(),
        )

    def revoke_role(self, a: int, b: int, _: int) -> None:
        id = _of(self._people[1:], a)
        roles = sorted(self.log.look(person.Person, id).roles, key=str)
        if roles:
            place, name = _of(roles, b)
            role.revoke_role(
                self.log, person=id, role=name, consultation=place, **self._by()
            )

    # The round

    def plan_consultation(self, a: int, b: int, c: int) -> None:
        self._consultations.append(
            a_consultation(
                self.log,
                f"Samråd {a}",
                open=c % 4 > 0,
                access=_of(ACCESSES, b),
                display=_of(DISPLAYS, c),
            )
        )

    def change_details(self, a: int, b: int, c: int) -> None:
        planning.change_details(
            self.log,
            id=_of(self._consultations, a),
            title=f"Samråd {b}",
            access=_of(ACCESSES, b),
            display=_of(DISPLAYS, c),
            **self._by(),
        )

    def revise_codebook(self, a: int, b: int, c: int) -> None:
        keys = ("work", "cost", "ort", "lön")[: b % 4 + 1]
        planning.revise_codebook(
            self.log,
            id=_of(self._consultations, a),
            themes=[
                {"key": key, "title": f"{key} {c % 2}"}
                for key in (keys if c % 3 else keys[::-1])
            ],
            **self._by(),
        )

    def invite_consultees(self, a: int, b: int, _: int) -> None:
        consultee.invite_consultees(
            self.log,
            id=_of(self._consultations, a),
            organisations=_some(self._organisations, b),
            **self._by(),
        )

    def remove_consultees(self, a: int, b: int, _: int) -> None:
        id = _of(self._consultations, a)
        asked = self.log.look(consultation.Consultation, id).consultees
        chosen = _some(sorted(asked), b) if asked else []
        consultee.remove_consultees(
            self.log,
            id=id,
            organisations=chosen,
            commented=[],
            reason=f"Fel {a}",
            **self._by(),
        )

    def open_consultation(self, a: int, _: int, __: int) -> None:
        id = _of(self._consultations, a)
        period.open_consultation(self.log, id=id, **self._by())

    def extend_period(self, a: int, b: int, _: int) -> None:
        period.extend_period(
            self.log,
            id=_of(self._consultations, a),
            closes_at=CLOSES_AT + timedelta(days=b),
            reason="Sommar",
            **self._by(),
        )

    def close_consultation(self, a: int, _: int, c: int) -> None:
        # Not at every turn, or little else would happen.
        if c % 4 == 0:
            id = _of(self._consultations, a)
            period.close_consultation(self.log, id=id, **self._by())

    def reopen_consultation(self, a: int, b: int, _: int) -> None:
        period.reopen_consultation(
            self.log,
            id=_of(self._consultations, a),
            closes_at=CLOSES_AT + timedelta(days=b),
            reason="Fel",
            **self._by(),
        )

    def conclude_consultation(self, a: int, _: int, c: int) -> None:
        kind = consultation.Consultation
        closed = [
            id
            for id in self._consultations
            if self.log.look(kind, id).status == "closed"
        ]
        if closed and c % 4 == 0:
            id = _of(closed, a)
            period.conclude_consultation(self.log, id=id, **self._by())

    # The text

    def draft_proposal(self, a: int, b: int, c: int) -> None:
        self._proposals.append(
            a_proposal(
                self.log,
                _of(self._consultations, a),
                f"Förslag {b}",
                order=b,
                published=c % 3 > 0,
            )
        )

    def redraft_proposal(self, a: int, b: int, _: int) -> None:
        proposal.redraft_proposal(
            self.log,
            id=_of(self._proposals, a),
            title=f"Utkast {b}",
            passages=passages()[: b % 5 + 1],
            **self._by(),
        )

    def publish_proposal(self, a: int, _: int, __: int) -> None:
        id = _of(self._proposals, a)
        proposal.publish_proposal(self.log, id=id, **self._by())

    def withdraw_proposal(self, a: int, _: int, c: int) -> None:
        if c % 5 == 0:
            id = _of(self._proposals, a)
            proposal.withdraw_proposal(self.log, id=id, reason="Fel", **self._by())

    def start_revision(self, a: int, b: int, c: int) -> None:
        id = self._start(_of(self._proposals, a))
        self._revisions.append(id)
        changes = [self._change(id, b, c)]
        revision.make_change(self.log, id=id, changes=changes, **self._by())

    def make_change(self, a: int, b: int, c: int) -> None:
        revision.make_change(
            self.log,
            id=self._revision(a),
            changes=[self._change(self._revision(a), b, c)],
            **self._by(),
        )

    def make_another_change(self, a: int, b: int, c: int) -> None:
        self.make_change(a, b, c)

    def drop_change(self, a: int, b: int, _: int) -> None:
        found = (self.log.look(Revision, id) for id in self._revisions)
        if changed := [one for one in found if one.changes and not one.is_settled]:
            one = _of(changed, a)
            change = _of(list(one.changes), b)
            revision.drop_change(self.log, id=one.id, change=change, **self._by())

    def move_revision(self, a: int, _: int, __: int) -> None:
        revision.move_revision(self.log, id=self._revision(a), **self._by())

    def review_revision(self, a: int, b: int, _: int) -> None:
        id = self._revision(a)
        revision.review_revision(self.log, id=id, note=f"Läst {b}", **self._by())

    def adopt_revision(self, a: int, b: int, c: int) -> None:
        id = self._revision(a)
        if self.log.look(Revision, id).is_settled:
            id = self._start(_of(self._proposals, a))
            self._revisions.append(id)
        with suppress(Refused):
            revision.move_revision(self.log, id=id, **self._by())
        with suppress(Refused):
            changes = [self._change(id, b, c)]
            revision.make_change(self.log, id=id, changes=changes, **self._by())
        with suppress(Refused):
            revision.review_revision(self.log, id=id, note="", **self._by())
        found = self.log.look(Revision, id)
        anchors = self._standings(found.proposal, 1)
        # Some are missed, as those are that come in meanwhile.
        missed = dict(list(anchors.items())[b % 3 :])
        revision.adopt_revision(self.log, id=id, anchors=missed, **self._by())

    def place_stragglers(self, a: int, b: int, _: int) -> None:
        id = _of(self._proposals, a)
        anchors = self._standings(id, 0)
        if anchors and b % 2:
            # An officer is quicker with one of them.
            found = _of(list(anchors), b)
            inbox.confirm_anchor(self.log, id=found, anchor=None, **self._by())
        revision.place_stragglers(self.log, proposal=id, anchors=anchors, **self._by())

    def abandon_revision(self, a: int, b: int, c: int) -> None:
        if c % 3 == 0:
            id = self._revision(a)
            revision.abandon_revision(self.log, id=id, reason=f"Nej {b}", **self._by())

    # What is said about it

    def submit_comment(self, a: int, b: int, c: int) -> None:
        id, found = uuid4(), _of(self._proposals, a)
        published = self.log.look(Proposal, found).published
        submission.submit_comment(
            self.log,
            id=id,
            proposal=found,
            edition=max(1, published - c % 2),
            anchor=self._place(found, b, c, published - c % 2),
            kind=_of(COMMENT_KINDS, c),
            text=_of(TEXTS, b),
            wording=_of(TEXTS, c) if c % 2 else "",
            organisation=_of(self._organisations, c) if b % 2 else None,
            **self._by(),
        )
        self._comments.append(id)

    def submit_another_comment(self, a: int, b: int, c: int) -> None:
        self.submit_comment(a, b, c)

    def submit_a_third_comment(self, a: int, b: int, c: int) -> None:
        self.submit_comment(a, b, c)

    def submit_a_straggler(self, a: int, b: int, c: int) -> None:
        id, found = uuid4(), self.log.look(Proposal, _of(self._proposals, a))
        if found.published:
            # As if an edition had been adopted since its command read the text.
            anchor = self._place(found.id, b, c, found.published)
            late = comment.Comment.submit(
                id=id,
                consultation=found.consultation,
                proposal=found.id,
                edition=found.published,
                anchor=comment.anchored(anchor, found.texts[found.published]),
                kind="general",
                text=_of(TEXTS, c),
                **self._by(),
            )
            self.log.record(late)
            self._comments.append(id)

    def adopt_another_revision(self, a: int, b: int, c: int) -> None:
        self.adopt_revision(a, b, c)

    def amend_comment(self, a: int, b: int, c: int) -> None:
        submission.amend_comment(
            self.log,
            id=_of(self._comments, a),
            kind=_of(COMMENT_KINDS, b),
            text=_of(TEXTS, c),
            wording="",
            **self._by(),
        )

    def withdraw_comment(self, a: int, _: int, c: int) -> None:
        if c % 3 == 0:
            id = _of(self._comments, a)
            submission.withdraw_comment(self.log, id=id, **self._by())

    def clear_comments(self, a: int, _: int, __: int) -> None:
        ids = _some(self._comments, a)
        inbox.clear_comments(self.log, ids=ids, **self._by())

    def withhold_comments(self, a: int, _: int, __: int) -> None:
        ids = [_of(self._comments, a)]
        inbox.withhold_comments(self.log, ids=ids, reason="Skäl", **self._by())

    def code_comments(self, a: int, b: int, _: int) -> None:
        themes = ["work", "cost"][: b % 2 + 1]
        turn = {"add": themes} if b % 3 else {"remove": themes}
        ids = _some(self._comments, a)
        inbox.code_comments(self.log, ids=ids, **turn, **self._by())

    def assign_comments(self, a: int, b: int, _: int) -> None:
        officer = self._people[0] if b % 2 else None
        ids = _some(self._comments, a)
        inbox.assign_comments(self.log, ids=ids, officer=officer, **self._by())

    def confirm_anchor(self, a: int, b: int, c: int) -> None:
        id = _of(self._comments, a)
        found = self.log.look(comment.Comment, id).proposal
        edition = self.log.look(Proposal, found).edition
        anchor = self._place(found, b, c, edition) if c % 4 else None
        inbox.confirm_anchor(self.log, id=id, anchor=anchor, **self._by())

    # What is answered

    def raise_issue(self, a: int, b: int, c: int) -> None:
        self._issues.append(
            an_issue(
                self.log,
                (round := self._round_of(_of(self._comments, a))),
                _some(self._comments_in(round), b),
                f"Fråga {c}",
            )
        )

    def rename_issue(self, a: int, b: int, _: int) -> None:
        id = _of(self._issues, a)
        gathering.rename_issue(self.log, id=id, title=f"Ärende {b}", **self._by())

    def gather_comments(self, a: int, b: int, _: int) -> None:
        id = _of(self._issues, a)
        there = self._comments_in(self.log.look(issue.Issue, id).consultation)
        gathered = _some(there, b) if there else []
        gathering.gather_comments(self.log, id=id, comments=gathered, **self._by())

    def release_comments(self, a: int, b: int, _: int) -> None:
        id = _of(self._issues, a)
        gathered = self.log.look(issue.Issue, id).comments
        # Some are named twice: a form may send a box that is ticked twice.
        some = _some(gathered, b) * (b % 2 + 1) if gathered else []
        gathering.release_comments(self.log, id=id, comments=some, **self._by())

    def merge_issues(self, a: int, b: int, c: int) -> None:
        if c % 2:
            id, into = _of(self._issues, a), _of(self._issues, b)
            gathering.merge_issues(self.log, id=id, into=into, **self._by())

    def split_issue(self, a: int, b: int, c: int) -> None:
        id, new = _of(self._issues, a), uuid4()
        gathered = self.log.look(issue.Issue, id).comments
        if len(gathered) > 1:
            gathering.split_issue(
                self.log,
                id=id,
                new=new,
                title=f"Del {c}",
                comments=_some(gathered[:-1], b) * (b % 2 + 1),
                proposal=None,
                **self._by(),
            )
            self._issues.append(new)

    def decide_disposition(self, a: int, b: int, c: int) -> None:
        answer.decide_disposition(
            self.log,
            id=_of(self._issues, a),
            disposition=_of(DISPOSITIONS, b),
            reason=f"Skäl {c}",
            **self._by(),
        )

    def draft_answer(self, a: int, b: int, _: int) -> None:
        id = _of(self._issues, a)
        answer.draft_answer(self.log, id=id, text=f"Svar {b}", **self._by())

    def approve_answer(self, a: int, _: int, __: int) -> None:
        answer.approve_answer(self.log, id=_of(self._issues, a), **self._by())

    def publish_answers(self, a: int, b: int, _: int) -> None:
        id = _of(self._issues, a)
        with suppress(Refused):
            answer.approve_answer(self.log, id=id, **self._by())
        ids = [id] * (b % 2 + 1)
        answer.publish_answers(self.log, ids=ids, **self._by())

    # Who may see it, and what is erased

    def unpublish_comments(self, a: int, b: int, _: int) -> None:
        ids = _some(self._comments, a)
        disclosure.unpublish_comments(
            self.log, ids=ids, reason=f"Skäl {b}", decision_ref="7", **self._by()
        )

    def republish_comments(self, a: int, _: int, __: int) -> None:
        ids = [_of(self._comments, a)]
        disclosure.republish_comments(self.log, ids=ids, **self._by())

    def unpublish_answer(self, a: int, b: int, _: int) -> None:
        disclosure.unpublish_answer(
            self.log, id=_of(self._issues, a), reason=f"Skäl {b}", **self._by()
        )

    def republish_answer(self, a: int, _: int, __: int) -> None:
        id = _of(self._issues, a)
        disclosure.republish_answer(self.log, id=id, **self._by())

    def mark_secret(self, a: int, b: int, _: int) -> None:
        disclosure.mark_secret(
            self.log,
            ids=[_of(self._comments, a)],
            provision=f"21 kap. {b} § OSL",
            **self._by(),
        )

    def reassess_secrecy(self, a: int, b: int, _: int) -> None:
        disclosure.reassess_secrecy(
            self.log,
            id=_of(self._comments, a),
            outcome=_of(REASSESSMENTS, b),
            provision="25 kap. 1 § OSL",
            **self._by(),
        )

    def place_hold(self, a: int, b: int, c: int) -> None:
        # Not at every turn, or nothing would be erased.
        if c % 3 == 0:
            kind = _of(HELD_KINDS, a)
            disclosure.place_hold(
                self.log,
                kind=kind,
                id=_of(self._holdable(kind), b),
                reason="Tvist",
                **self._by(),
            )

    def lift_hold(self, a: int, _: int, __: int) -> None:
        kind = _of(HELD_KINDS, a)
        for id in self._holdable(kind):
            with suppress(Refused):
                disclosure.lift_hold(self.log, kind=kind, id=id, **self._by())

    def rotate_key(self, a: int, b: int, _: int) -> None:
        notary.rotate_key(
            self.log, old=f"log+{a}+A", new=f"log+{b}+B", by=SYSTEM, now=self.now
        )

    def submit_private_comment(self, a: int, b: int, _: int) -> None:
        by = _of(self._people, b)
        self._comments.append(a_comment(self.log, _of(self._proposals, a), 0, by=by))

    def request_erasure(self, a: int, b: int, c: int) -> None:
        self._request("comment", _of(self._comments, a), _of(GROUNDS, b))
        if c % 4 == 0:
            self._request("person", _of(self._people, b), _of(DATA_GROUNDS, a))

    def approve_erasure(self, a: int, _: int, c: int) -> None:
        if self._erasures:
            id = _of(self._erasures, a)
            for by in self._chairs[: c % 3]:
                with suppress(Refused):
                    receipt = erasing.approve_erasure(
                        self.log, id=id, by=by, now=self.now
                    )
                    if self.log.look(Erasure, id).is_decided:
                        self._decisions[id] = receipt.position

    def refuse_erasure(self, a: int, b: int, c: int) -> None:
        if self._erasures and c % 3 == 0:
            erasing.refuse_erasure(
                self.log,
                id=_of(self._erasures, a),
                basis=_of(BASES, b),
                reason="Ska bevaras",
                by=_of(self._chairs, b),
                now=self.now,
            )

    def carry_out_erasures(self, _: int, __: int, ___: int) -> None:
        destroy = self.log.destroy_key
        for id, decision in self._decisions.items():
            with suppress(Refused):
                erasing.carry_out(
                    self.log, id=id, decision=decision, destroy=destroy, now=self.now
                )

    def _holdable(self, kind: str) -> list[UUID]:
        return {
            "consultation": self._consultations,
            "person": self._people,
            "comment": self._comments,
        }[kind]

    def _request(self, kind: str, target: UUID, ground: str) -> None:
        known = (self.log.look(comment.Comment, id) for id in self._comments)
        private = [
            one.id
            for one in known
            if (one.author, one.organisation, one.is_erased) == (target, None, False)
        ]
        id = uuid4()
        erasing.request_erasure(
            self.log,
            id=id,
            kind=kind,
            target=target,
            comments=private,
            ground=ground,
            decision_ref="12/2026",
            **self._by(),
        )
        self._erasures.append(id)

    def _by(self) -> _Act:
        return {"by": self.actor, "now": self.now}

    def _somebody(self, number: int) -> UUID:
        """Mostly the operator, who may do anything; else somebody who perhaps may."""
        return SYSTEM if number % 3 != 2 else _of(self._people, number)

    def _round_of(self, id: UUID) -> UUID:
        return self.log.look(comment.Comment, id).consultation

    def _comments_in(self, round: UUID) -> list[UUID]:
        return [id for id in self._comments if self._round_of(id) == round]

    def _start(self, proposal: UUID) -> UUID:
        id = uuid4()
        revision.start_revision(
            self.log, id=id, proposal=proposal, title="Våren", by=SYSTEM, now=NOW
        )
        return id

    def _revision(self, a: int) -> UUID:
        """One of the newest: the others are most likely settled."""
        return _of(self._revisions[-3:], a)

    def _change(self, id: UUID, b: int, c: int) -> PassageChange:
        found = self.log.look(Revision, id)
        text = text_of(self.log, found.proposal)
        reworded = replacing(self.log, found.proposal, b % len(text), _of(TEXTS, c))
        issues = (self.log.look(issue.Issue, id) for id in self._issues)
        behind = [one.id for one in issues if one.consultation == found.consultation]
        change: PassageChange = {
            **reworded,
            # The same issue may be named twice, and ids spelt in more than one way.
            "issues": [_of(behind, c).hex] * (b % 2 + 1) if behind and c % 3 else [],
        }
        if c % 5 == 0 and found.changes:
            earlier = _of(list(found.changes), b)
            change["id"] = str(UUID(earlier)) if b % 2 else earlier
        match c % 4:
            case 1:
                after = None if c % 3 else _of(text, c).id.hex
                change |= {"op": "insert", "passage": uuid4().hex, "after": after}
            case 2:
                change |= {"op": "move", "after": _of(text, c).id.hex}
            case 3 if c % 3 == 0:
                change |= {"op": "delete"}
        return change

    def _place(self, proposal: UUID, b: int, c: int, edition: int) -> Anchor:
        if b % 5 == 0:
            return Anchor(None)
        texts = self.log.look(Proposal, proposal).texts
        text: Sequence[Passage] = texts.get(edition, texts[1])
        passage = _of(text, c)
        words = next((w for w in WORDS if w in passage.text), "") if b % 3 else ""
        return Anchor(passage.id, 0, len(words), words)

    def _standings(self, proposal: UUID, ahead: int) -> dict[UUID, Standing]:
        self._follower.catch_up()
        edition = self.log.look(Proposal, proposal).edition + ahead
        with self._reads() as reads:
            return standings_on(reads, proposal, not_in=edition)


def happen(world: World, steps: Sequence[tuple[int, int, int, int]]) -> None:
    """Have one act after another happen; each is its number, and what it chooses by."""
    for act, *numbers in steps:
        world.now += timedelta(minutes=1)
        who, act = divmod(act, len(world.acts))
        world.actor = world._somebody(who)
        with suppress(Refused):
            world.acts[act](*numbers)


def _of(things: Sequence[T], number: int) -> T:
    return things[number % len(things)]


def _some(things: Sequence[T], number: int) -> list[T]:
    """From one to three things, some of them perhaps twice."""
    return [things[(number + n) % len(things)] for n in range(number % 3 + 1)]
