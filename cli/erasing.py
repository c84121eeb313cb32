"""Erasures and holds from the command line, by the functions that the pages use."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from uuid import UUID, uuid4

from rich.console import Console
from rich.table import Table

from cli.opening import NoSuch, Opened
from domain.disclosure import lift_hold, place_hold
from domain.erasing import approve_erasure, refuse_erasure, request_erasure
from domain.erasure import APPROVALS, Erasure
from domain.log import SYSTEM
from domain.person import Person
from ledger.session import Sessions
from projections.erasure import erasures, private_comments_of
from projections.paged import Stretch
from web.erasing import finish, finish_all


def request(
    opened: Opened,
    *,
    kind: str,
    target: UUID,
    ground: str,
    comments: Sequence[UUID] = (),
    decision_ref: str = "",
    note: str = "",
    by: UUID = SYSTEM,
) -> UUID:
    """Ask for an erasure; returns the id that it is decided on by. Raises Refused."""
    id = uuid4()
    request_erasure(
        opened.log,
        id=id,
        kind=kind,
        target=target,
        ground=ground,
        comments=comments,
        decision_ref=decision_ref,
        note=note,
        by=by,
        now=datetime.now(UTC),
    )
    opened.catch_up()
    return id


def approve(opened: Opened, *, id: UUID, by: UUID, decision_ref: str = "") -> bool:
    """Approve an erasure; whether it was the decision, and it has been carried out."""
    now = datetime.now(UTC)
    receipt = approve_erasure(
        opened.log, id=id, decision_ref=decision_ref, by=by, now=now
    )
    opened.catch_up()
    if not opened.log.look(Erasure, id).is_decided:
        return False
    with closing(_sessions(opened)) as sessions:
        finish(
            opened.log,
            opened.reads,
            sessions,
            id=id,
            decision=receipt.position,
            by=by,
            now=now,
        )
    opened.catch_up()
    return True


def would_decide(opened: Opened, id: UUID) -> bool:
    """Whether one more approval is the decision."""
    return len(opened.log.look(Erasure, id).approvers) == APPROVALS - 1


def refuse(opened: Opened, *, id: UUID, by: UUID, basis: str, reason: str) -> None:
    """Refuse an erasure on a legal ground."""
    refuse_erasure(
        opened.log, id=id, basis=basis, reason=reason, by=by, now=datetime.now(UTC)
    )
    opened.catch_up()


def finish_interrupted(opened: Opened) -> list[UUID]:
    """Carry out what was decided and then interrupted; returns what now is done."""
    opened.catch_up()
    with closing(_sessions(opened)) as sessions:
        done = finish_all(opened.log, opened.reads, sessions, now=datetime.now(UTC))
    opened.catch_up()
    return done


def show(opened: Opened, console: Console, *, settled: bool = False) -> None:
    """Print the requests that wait, or those that are settled. Without names."""
    opened.catch_up()
    table = Table("Id", "Number", "State", "About", "Ground", "Decision", "Approvals")
    with opened.reads() as reads:
        found = erasures(reads, None, Stretch(1_000), waiting=not settled)
    for row in found.rows:
        about = f"{row.kind} {row.target}"
        if row.comments:
            about += f" with {len(row.comments)} comments"
        table.add_row(
            str(row.id),
            str(row.position),
            row.state,
            about,
            row.ground,
            row.decision_ref,
            f"{len(row.approvers)} of {APPROVALS}",
        )
    console.print(table)


def hold(
    opened: Opened, *, kind: str, id: UUID, reason: str, decision_ref: str = ""
) -> None:
    """Place a hold on a consultation, a person or a comment."""
    place_hold(
        opened.log,
        kind=kind,
        id=id,
        reason=reason,
        decision_ref=decision_ref,
        by=SYSTEM,
        now=datetime.now(UTC),
    )
    opened.catch_up()


def release(opened: Opened, *, kind: str, id: UUID) -> None:
    """Lift a hold."""
    lift_hold(opened.log, kind=kind, id=id, by=SYSTEM, now=datetime.now(UTC))
    opened.catch_up()


def person_named(opened: Opened, named: str) -> UUID:
    """Whom an e-mail address or an id means. Raises NoSuch."""
    opened.catch_up()
    try:
        id = UUID(named)
    except ValueError:
        id = opened.actor(named)
    if id == SYSTEM:
        raise NoSuch("Name a person by e-mail address or id.")
    opened.log.look(Person, id)
    return id


def thing_named(opened: Opened, kind: str, named: str) -> UUID:
    """What a kind and a name on the command line mean. Raises NoSuch."""
    match kind:
        case "person":
            return person_named(opened, named)
        case "consultation":
            opened.catch_up()
            return opened.consultation(named).id
    return id_named(named)


def id_named(named: str) -> UUID:
    """An id as it is written. Raises NoSuch."""
    try:
        return UUID(named)
    except ValueError:
        raise NoSuch(f"“{named}” is not an id.") from None


def comments_of(opened: Opened, person: UUID) -> list[UUID]:
    """All that somebody has said as a private person."""
    with opened.reads() as reads:
        return [comment.id for comment in private_comments_of(reads, person)]


def _sessions(opened: Opened) -> Sessions:
    return Sessions.at(opened.database.web, size=1)
