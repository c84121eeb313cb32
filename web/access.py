"""Who may open which page: decided before the page is asked, for every route."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.routing import Route

from domain.log import NotAllowed, NotFound
from domain.person import DECIDERS, EDITORS, SECRETARIAT
from projections.consultation import (
    ConsultationRow,
    consultation_by_id,
    consultees_of,
)
from projections.consultation_list import Reach
from projections.proposal import ProposalRow, proposal_by_id
from projections.reads import Reads
from projections.sight import Sight
from web.visitor import Visitor, signed_in, visitor_of

_AUDITING = ("auditor", *SECRETARIAT)

Need = Callable[[Visitor, UUID | None], bool]
"""Whether a visitor may, in the consultation that the address names (None: none)."""


def anyone(_: Visitor, __: UUID | None) -> bool:
    """Everybody, signed in or not."""
    return True


def person(visitor: Visitor, _: UUID | None) -> bool:
    """Whoever has signed in."""
    return visitor.person is not None


def secretariat(visitor: Visitor, consultation: UUID | None) -> bool:
    """Those who work up comments, there or (in no particular place) anywhere."""
    return _has(visitor, consultation, SECRETARIAT)


def editors(visitor: Visitor, consultation: UUID | None) -> bool:
    """Those who write and adopt revisions."""
    return _has(visitor, consultation, EDITORS)


def deciders(visitor: Visitor, consultation: UUID | None) -> bool:
    """Those who approve and publish."""
    return _has(visitor, consultation, DECIDERS)


def office(visitor: Visitor, _: UUID | None) -> bool:
    """The secretariat of all consultations: plans rounds and keeps the register."""
    return visitor.has(*SECRETARIAT)


def auditors(visitor: Visitor, consultation: UUID | None) -> bool:
    """Those who read the log: auditors, and the secretariat whose work it shows."""
    return _has(visitor, consultation, _AUDITING)


def audited(visitor: Visitor) -> list[UUID] | None:
    """The consultations whose entries a visitor may read; None is the whole log.

    Only a role in all of them shows what belongs to none: people and organisations.
    """
    places = {place for place, role in visitor.roles if role in _AUDITING}
    return None if None in places else [place for place in places if place]


def _has(visitor: Visitor, consultation: UUID | None, roles: tuple[str, ...]) -> bool:
    if consultation is None:
        return any(role in roles for _, role in visitor.roles)
    return visitor.has(*roles, consultation=consultation)


def route(
    path: str,
    endpoint: Callable[..., Any],
    name: str,
    need: Need = anyone,
    *,
    post: bool = False,
) -> Route:
    """A route that only those with the need pass; others are asked to sign in first."""

    def admit(request: Request) -> None:
        if not need(visitor_of(request), request.path_params.get("consultation")):
            signed_in(request)
            raise NotAllowed

    if inspect.iscoroutinefunction(endpoint):

        @functools.wraps(endpoint)
        async def guarded(request: Request) -> Any:
            if need is not anyone:
                await run_in_threadpool(admit, request)
            return await endpoint(request)

    else:

        @functools.wraps(endpoint)
        def guarded(request: Request) -> Any:
            admit(request)
            return endpoint(request)

    found = Route(path, guarded, name=name, methods=["POST"] if post else ["GET"])
    found.need = need  # type: ignore[attr-defined]
    return found


def consultation_for(request: Request, reads: Reads) -> ConsultationRow:
    """The consultation that the address names, if this visitor may see it.

    What is only planned is for the secretariat; an internal round is for those invited
    too. To everybody else there is no such page.
    """
    id: UUID = request.path_params["consultation"]
    found = consultation_by_id(reads, id)
    if found is None or not may_see(reads, visitor_of(request), found):
        raise NotFound
    return found


def may_see(reads: Reads, visitor: Visitor, found: ConsultationRow) -> bool:
    """Whether a visitor may read about a consultation at all."""
    if found.status != "planned" and found.access != "internal":
        return True
    if visitor.has(*SECRETARIAT, "auditor", "reader", consultation=found.id):
        return True
    if found.status == "planned":
        return False
    return bool(consultees_of(reads, found.id) & {id for id, _ in visitor.mandates})


def reach_of(visitor: Visitor) -> Reach:
    """The consultations that lists show to a visitor: those that `may_see` allows."""
    at_work = _where(visitor, (*SECRETARIAT, "auditor", "reader"))
    return replace(at_work, organisations=tuple(id for id, _ in visitor.mandates))


def desks_of(visitor: Visitor) -> Reach:
    """The consultations where a visitor is of the secretariat."""
    return replace(_where(visitor, tuple(SECRETARIAT)), at_work=True)


def audits_of(visitor: Visitor) -> Reach:
    """The consultations whose entries a visitor may read."""
    return replace(_where(visitor, _AUDITING), at_work=True)


def _where(visitor: Visitor, roles: tuple[str, ...]) -> Reach:
    places = {place for place, role in visitor.roles if role in roles}
    return Reach(None in places, tuple(place for place in places if place))


def proposal_for(request: Request, reads: Reads) -> ProposalRow:
    """The proposal that the address names, in the consultation it names."""
    found = proposal_by_id(reads, request.path_params["proposal"])
    consultation = request.path_params["consultation"]
    if found is None or found.consultation != consultation:
        raise NotFound
    if not found.published and not works_on(request, consultation):
        raise NotFound
    return found


def works_on(request: Request, consultation: UUID) -> bool:
    """Whether the visitor sees what is not published yet."""
    return visitor_of(request).has(
        *SECRETARIAT, "auditor", "reader", consultation=consultation
    )


def sight_of(request: Request, consultation: UUID | None = None) -> Sight:
    """Whose eyes a list of comments is for, and at which moment the page stands."""
    visitor = visitor_of(request)
    return Sight(
        at=request.state.moment_at or clock(),
        person=visitor.person,
        organisations=tuple(id for id, _ in visitor.mandates),
        sees_all=consultation is not None and works_on(request, consultation),
        reads_secrets=consultation is not None and auditors(visitor, consultation),
    )


def clock() -> datetime:
    """This moment, as commands want it."""
    return datetime.now(UTC)
