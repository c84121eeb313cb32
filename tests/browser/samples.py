"""One address or more for every page of the demo, and who looks at it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode
from uuid import UUID, uuid5

from starlette.routing import Route

from cli.demo import CONSULTATION, people, thing
from ledger.session import Step
from tests.browser.serving import Served
from web.app import ROUTES

NOT_PAGES = frozenset(
    {
        *("comment.receipt_file", "comment.receipt_zip", "held.save"),
        *("health.live", "health.ready", "health.metrics"),
        *("tile.checkpoint", "tile.policy", "tile.show"),
    }
)
"""What is fetched and not looked at."""

FOLLOWED = thing("s1-01")
"""A comment whose words came into the text."""
REVISED, WORKED_ON = thing("proposal-1"), thing("proposal-2")
"""A proposal with two published versions, and one with a revision under way."""
UNPUBLISHED = thing("proposal-5")
"""A draft, which these tests add to the demo."""
REWORDED, DROPPED = uuid5(REVISED, "25"), uuid5(REVISED, "6")
TABLE = uuid5(REVISED, "47")
"""Passages of the first: one that was reworded, one that was deleted, and a table."""


@dataclass(frozen=True)
class Sample:
    """A page as one visitor opens it."""

    name: str
    role: str = ""
    """Whose role it is seen in; "" is nobody's."""
    places: Mapping[str, object] = field(default_factory=dict)
    query: Mapping[str, object] = field(default_factory=dict)
    pasted_in: str = ""
    """The page with the form that a text is pasted in to get here, where that is so."""

    @property
    def person(self) -> UUID | None:
        return people()[self.role] if self.role else None

    def address(self, served: Served) -> str:
        """The path and query to open it by."""
        name, places = self.pasted_in or self.name, {**self.places}
        if "token" in route(name).param_convertors:
            email = "ny.person@example.se"
            step: Step = "give name" if name == "session.name" else "sign in"
            places["token"] = served.sessions.make_link(email, "", step)
        path = str(route(name).url_path_for(name, **places))
        return path + ("?" + urlencode(self.query) if self.query else "")

    def __str__(self) -> str:
        query = "-".join(f"{key}={value}" for key, value in self.query.items())
        return "-".join(filter(None, (self.name, self.role, query[:30])))


def routes() -> dict[str, Route]:
    """Every page that there is, by its name."""
    return {
        one.name: one
        for one in ROUTES
        if isinstance(one, Route)
        and "GET" in (one.methods or ())
        and one.name not in NOT_PAGES
    }


def route(name: str) -> Route:
    """The page with that name."""
    return routes()[name]


C: Mapping[str, object] = {"consultation": CONSULTATION}
P = {**C, "proposal": REVISED}
W = {**C, "proposal": WORKED_ON}
D = {**C, "proposal": UNPUBLISHED}
R = {**C, "revision": thing("revision-2")}
ADOPTED = {**C, "revision": thing("revision-1")}
REGION = {"organisation": thing("norrskog")}
LONG_AGO = {"as_of": 400}
"""A position when the first version was valid and comments were coming in."""
OWN_COMMENT = thing("s1-03")
OWN = {**C, "comment": OWN_COMMENT}
"""A comment of the stakeholder's."""
WITHDRAWN = {**C, "comment": thing("s2-43")}
ASKED_FOR = thing("erasure")
"""A request for an erasure, which these tests add to the demo."""
E = {"erasure": ASKED_FOR}
ANSWERED, DRAFTED = thing("i-erfaren"), thing("i-vfu-kommun")

SAMPLES = [
    Sample("session.ask"),
    Sample("session.link"),
    Sample("session.name"),
    Sample("session.mine", "stakeholder"),
    Sample("consultation.home"),
    Sample("consultation.index"),
    Sample("consultation.show", places=C),
    Sample("consultation.show", "chair", C),
    Sample("consultation.show", places=C, query=LONG_AGO),
    Sample("proposal.show", places=P),
    Sample("proposal.show", "stakeholder", P),
    Sample("proposal.show", "editor", W),
    Sample("proposal.show", "officer", D),
    Sample("proposal.show", places=P, query={"version": 1}),
    Sample("proposal.show", places=P, query=LONG_AGO),
    Sample("proposal.compare", places=P),
    Sample("passage.show", places={**P, "passage": REWORDED}),
    Sample("passage.show", "auditor", {**P, "passage": TABLE}),
    Sample("passage.show", places={**P, "passage": DROPPED}),
    Sample("comment.index", places=C),
    Sample("comment.index", places=C, query={"words": "handledare"}),
    Sample("comment.on_passage", places={**P, "passage": REWORDED}),
    Sample("comment.mine", "stakeholder"),
    Sample("comment.new", places=P),
    Sample("comment.new", "stakeholder", P, {"passage": REWORDED}),
    Sample("comment.new", "stakeholder", P, {"passage": TABLE}),
    Sample("comment.show", places={**C, "comment": FOLLOWED}),
    Sample("comment.show", "stakeholder", OWN),
    Sample("comment.show", "officer", WITHDRAWN),
    Sample("comment.show", places=WITHDRAWN),
    Sample("comment.receipt", "stakeholder", OWN),
    Sample("comment.amend", "stakeholder", OWN),
    Sample("comment.withdraw", "stakeholder", OWN),
    Sample("inbox.index", "officer", C),
    Sample("inbox.index", "officer", C, {"words": "finns inte alls"}),
    Sample("issue.index", "officer", C),
    Sample("issue.new", "officer", C),
    Sample("issue.show", places={**C, "issue": ANSWERED}),
    Sample("issue.show", "officer", {**C, "issue": DRAFTED}),
    Sample("issue.show", "chair", {**C, "issue": thing("i-bindning")}),
    Sample("revision.index", "editor", C),
    Sample("revision.new", "editor", C),
    Sample("revision.show", "editor", R),
    Sample("revision.show", "auditor", ADOPTED),
    Sample("revision.preview", "editor", R),
    Sample("revision.preview", "auditor", ADOPTED),
    Sample("revision.comments", "editor", R),
    Sample("revision.confirm", "editor", R),
    Sample("revision.leave", "editor", R),
    Sample("change.blank", "editor", R, {"after": uuid5(WORKED_ON, "4")}),
    Sample("change.edit", "editor", {**R, "passage": uuid5(WORKED_ON, "38")}),
    Sample("change.going", "editor", {**R, "passage": uuid5(WORKED_ON, "4")}),
    Sample("change.place", "editor", {**R, "passage": uuid5(WORKED_ON, "4")}),
    Sample("anchors.index", "editor", P),
    Sample("anchors.choose", "officer", {**P, "comment": FOLLOWED}),
    Sample("completeness.show", "editor", C),
    Sample("completeness.publishing", "editor", P),
    Sample("work.index", "officer"),
    Sample("work.index", "chair"),
    Sample("planning.new", "chair"),
    Sample("planning.edit", "chair", C),
    Sample("planning.course", "chair", C),
    Sample("codebook.edit", "officer", C),
    Sample("consultee.index", "officer", C),
    Sample("person.index", "chair", C),
    Sample("person.mine", "stakeholder"),
    Sample("organisation.index", "officer"),
    Sample("organisation.new", "chair"),
    Sample("organisation.show", "officer", REGION),
    Sample("organisation.edit", "chair", REGION),
    Sample("comment.unpublishing", "chair", OWN),
    Sample("comment.republishing", "chair", OWN),
    Sample("comment.secrecy", "officer", OWN),
    Sample("issue.unpublishing", "chair", {**C, "issue": ANSWERED}),
    Sample("issue.republishing", "chair", {**C, "issue": ANSWERED}),
    Sample("hold.consultation", "chair", C),
    Sample("hold.comment", "chair", OWN),
    Sample("hold.person", "chair", {"person": people()["stakeholder"]}),
    Sample("person.show", "chair", {"person": people()["stakeholder"]}),
    Sample("erasure.of_me", "stakeholder"),
    Sample("erasure.of_person", "chair", {"person": people()["stakeholder"]}),
    Sample("erasure.of_comment", "officer", {**C, "comment": FOLLOWED}),
    Sample("erasure.index", "chair"),
    Sample("erasure.show", "chair", E),
    Sample("erasure.approval", "chair", E),
    Sample("erasure.refusal", "chair", E),
    Sample("drafting.index", "officer", C),
    Sample("drafting.new", "officer", C),
    Sample("drafting.look_over", "officer", C, pasted_in="drafting.new"),
    Sample("drafting.replace", "officer", D),
    Sample(
        "drafting.look_over_replacement", "officer", D, pasted_in="drafting.replace"
    ),
    Sample("drafting.confirm_withdrawal", "editor", W),
    Sample("continuing.new", "editor", P),
    Sample("continuing.look_over", "editor", P, pasted_in="continuing.new"),
    Sample("log.index", "auditor"),
    Sample("log.index", "auditor", query=LONG_AGO),
    Sample("log.show", "auditor", {"position": 300}),
    Sample("check.show", "auditor"),
    Sample("log.history", "auditor", {"thing": FOLLOWED}),
    Sample("log.passage", "auditor", {**P, "passage": REWORDED}),
]
