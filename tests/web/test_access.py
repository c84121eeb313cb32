"""Every role on every route: those who may get in, and nobody else does."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from starlette.routing import Route

from domain.log import Log
from domain.revision import Revision
from tests.client import PageClient
from tests.story import (
    a_comment,
    a_consultation,
    a_person,
    a_proposal,
    a_revision,
    an_erasure,
    an_issue,
    an_organisation,
    replacing,
    text_of,
)
from tests.web.conftest import Browsers
from web.app import ROUTES

LIST = Path(__file__).with_name("routes.txt")
"""Every route with who may use it. A route that disappears strands old links."""

ROLES = (
    "anyone",
    "person",
    "reader",
    "auditor",
    "officer",
    "editor",
    "chair",
    "office",
)
"""The roles are held in one consultation, but `office`: an officer of them all."""

ALLOWED: dict[str, set[str]] = {
    "anyone": set(ROLES),
    "person": set(ROLES) - {"anyone"},
    "auditors": {"auditor", "officer", "editor", "chair", "office"},
    "secretariat": {"officer", "editor", "chair", "office"},
    "editors": {"editor", "chair"},
    "deciders": {"chair"},
    "office": {"office"},
}
"""Who has each need, written out once more than the code does."""


KEEPS_TEXT = {"comment.save"}
"""Asks to sign in too, but by itself, since it takes along what was typed."""


def guarded() -> list[Route]:
    return [r for r in ROUTES if isinstance(r, Route) and hasattr(r, "need")]


def test_the_list_of_routes_is_the_one_that_was_reviewed() -> None:
    lines = [
        f"{'POST' if 'POST' in (route.methods or ()) else 'GET ':4} {route.path}"
        f"  {route.name}  {route.need.__name__}"  # type: ignore[attr-defined]
        for route in guarded()
    ]
    assert LIST.read_text().splitlines() == sorted(lines)


def test_every_route_says_who_may_use_it() -> None:
    assert {route.name for route in ROUTES if isinstance(route, Route)} - {
        route.name for route in guarded()
    } == {"static"}


@dataclass
class World:
    """One of everything, so that every route has something to be about."""

    browsers: Browsers
    params: dict[str, object]
    clients: dict[str, PageClient]

    def address(self, route: Route) -> str:
        wanted = {name: self.params[name] for name in route.param_convertors}
        return str(route.url_path_for(route.name, **wanted))


@pytest.fixture
def world(browsers: Browsers, log: Log) -> World:
    round = a_consultation(log)
    proposal = a_proposal(log, round)
    author = a_person(log)
    comment = a_comment(log, proposal, by=author)
    revision = a_revision(
        log, proposal, [replacing(log, proposal, 1, "En mentor var i två år.")]
    )
    erasure = an_erasure(log, comment, by=author)
    change = next(iter(log.look(Revision, revision).changes))
    params: dict[str, object] = {
        "consultation": round,
        "proposal": proposal,
        "passage": text_of(log, proposal)[1].id,
        "comment": comment,
        "issue": an_issue(
            log, round, [comment], disposition="noted", answer="Tack.", published=True
        ),
        "revision": revision,
        "change": UUID(change),
        "erasure": erasure,
        "organisation": an_organisation(log),
        "person": author,
        "thing": comment,
        "position": 1,
        "session": uuid4(),
        "token": "none",
        "role": "officer",
        "theme": "work",
        "key": "work",
        "edition": 1,
        "path": "samrad.css",
    }
    clients = {"anyone": browsers.anyone(), "person": browsers.of(a_person(log))}
    clients["office"] = browsers.of(a_person(log, role="officer"))
    for role in ROLES[2:-1]:
        someone = a_person(log, role=role, consultation=round)  # type: ignore[arg-type]
        clients[role] = browsers.of(someone)
    return World(browsers, params, clients)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_gets_in_where_it_may_and_nowhere_else(role: str, world: World) -> None:
    client = world.clients[role]
    wrong = []
    for route in guarded():
        if route.name in ("session.leave", "session.leave_everywhere", "session.end"):
            continue  # These end the session that the rest of the walk needs.
        posting = "POST" in (route.methods or ())
        address = world.address(route)
        answer = (
            client.post(address, data={}, follow_redirects=False)
            if posting
            else client.get(address, follow_redirects=False)
        )
        need = route.need.__name__  # type: ignore[attr-defined]
        location = answer.headers.get("location", "")
        if role == "anyone" and route.name in KEEPS_TEXT:
            continue
        turned_away = answer.status_code == 403 or location.startswith("/sign-in?")
        if role in ALLOWED[need] and (turned_away or answer.status_code >= 500):
            wrong.append(f"{role} is kept from {route.name}: {answer.status_code}")
        if role not in ALLOWED[need] and not turned_away:
            wrong.append(f"{role} gets into {route.name}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)


def test_a_role_in_one_consultation_is_none_in_another(
    world: World, browsers: Browsers, log: Log
) -> None:
    elsewhere = a_consultation(log, "En annan omgång")
    browsers.catch_up()
    chair = world.clients["chair"]
    for page in ("inbox", "issues"):
        address = f"/consultations/{elsewhere}/{page}"
        assert chair.get(address).status_code == 403, page


def test_what_is_only_planned_is_seen_by_the_secretariat_alone(
    browsers: Browsers, log: Log
) -> None:
    round = a_consultation(log, "Inte öppnad än", open=False)
    reader = browsers.of(a_person(log, role="reader", consultation=round))
    officer = browsers.of(a_person(log, role="officer", consultation=round))
    address = f"/consultations/{round}"
    assert browsers.anyone().get(address).status_code == 404
    assert officer.get(address).status_code == 200
    assert reader.get(address).status_code == 200
    assert "Inte öppnad än" not in browsers.anyone().get("/").text
