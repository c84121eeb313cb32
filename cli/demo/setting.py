"""Before the demo's consultation, and around it: people, proposals and the period."""

from __future__ import annotations

from typing import Final
from uuid import uuid5

from cli.demo import CONSULTATION, thing
from cli.demo.content import Content
from cli.demo.telling import BEFORE_TODAY, Telling
from domain.consultee import invite_consultees
from domain.log import SYSTEM
from domain.organisation import give_mandate, register_organisation
from domain.period import extend_period, open_consultation
from domain.person import register_person
from domain.planning import plan_consultation, revise_codebook
from domain.proposal import draft_proposal, publish_proposal
from domain.role import grant_role
from domain.text import Passage

CHAIR, EDITOR = thing("s-ordforande"), thing("s-redaktor")
OFFICERS: Final = {
    "1": thing("s-arbetsmiljo"),
    "2": thing("s-utbildning"),
    "3": thing("s-utbildning"),
    "4": thing("s-arbetsmiljo"),
}
"""Who works on which proposal."""
EXTENDED: Final = (
    "Flera kommuner och fackliga organisationer har bett om mer tid för att förankra"
    " sina synpunkter. Rådet vill också få in synpunkter på den reviderade texten."
)


class Setting:
    """Who there is, and how the round was planned, opened and extended."""

    def __init__(self, content: Content, told: Telling) -> None:
        self._content = content
        self._told = told

    def tell_of_people(self) -> None:
        """Who was entered in the register, and what each may do."""
        for one in self._content.organisations:
            self._told.tell(
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
        self._told.tell(
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
            self._told.tell(
                -20,
                "09:10",
                give_mandate,
                person=person,
                organisation=thing(one["organisation_key"]),
                begins=self._told.moment(-20, "00:00"),
                ends=None,
                by=SYSTEM,
            )
        if one["role"] in ("officer", "editor", "chair", "auditor"):
            # The chair plans consultations, and the auditor sees all of them.
            everywhere = one["role"] in ("chair", "auditor")
            self._told.tell(
                -20 if everywhere else -13,
                "09:20",
                grant_role,
                person=person,
                role=one["role"],
                consultation=None if everywhere else CONSULTATION,
                by=SYSTEM if everywhere else CHAIR,
            )

    def tell_of_the_round(self) -> None:
        """The consultation and its proposals, from the plan to the extension."""
        said = dict(self._content.consultation)
        themes = said.pop("themes")
        self._told.tell(
            -14,
            "10:00",
            plan_consultation,
            id=CONSULTATION,
            closes_at=self._told.moment(40, "23:59"),
            access="open",
            display="at_once",
            by=CHAIR,
            **said,
        )
        here = {"id": CONSULTATION, "by": EDITOR}
        self._told.tell(-12, "13:00", revise_codebook, themes=themes[:-1], **here)
        # What the first comments were about had no theme of its own.
        self._told.tell(12, "10:30", revise_codebook, themes=themes, **here)
        for number, document in self._content.proposals.items():
            proposal = thing(f"proposal-{number}")
            self._told.tell(
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
            self._told.tell(-1, "16:00", publish_proposal, id=proposal, by=CHAIR)
        asked = [
            thing(one["key"])
            for one in self._content.organisations
            if one["kind"] not in ("company", "other")
        ]
        self._told.tell(-2, "10:00", invite_consultees, organisations=asked, **here)
        self._told.tell(0, "07:30", open_consultation, id=CONSULTATION, by=CHAIR)
        self._told.tell(
            38,
            "11:00",
            extend_period,
            id=CONSULTATION,
            closes_at=self._told.moment(BEFORE_TODAY + 21, "23:59"),
            reason=EXTENDED,
            by=CHAIR,
        )
