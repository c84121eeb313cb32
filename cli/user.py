"""People and their roles, as the operator enters them."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid4

from rich.console import Console
from rich.table import Table

from cli.opening import NoSuch, Opened
from domain.log import SYSTEM
from domain.person import Person
from domain.role import grant_role, revoke_role
from ledger.sealing import ERASED
from projections.lookup import accounts, addresses


class AlreadyThere(Exception):
    """Somebody has the address already."""


def add(
    opened: Opened,
    *,
    email: str,
    name: str,
    public_name: bool,
    role: str = "",
    consultation: str = "",
) -> UUID:
    """Enter a person, perhaps with a role. Raises AlreadyThere, NoSuch, Refused."""
    opened.catch_up()
    place = _place(opened, consultation)
    with opened.reads() as reads:
        if email.strip().casefold() in addresses(reads):
            raise AlreadyThere(f"Somebody has the address {email} already.")
    now = datetime.now(UTC)
    person = Person.register(
        id=uuid4(), name=name, email=email, public_name=public_name, by=SYSTEM, now=now
    )
    if role:
        person.grant(role, consultation=place, by=SYSTEM, now=now)
    opened.log.record(person)
    opened.catch_up()
    return person.id


def grant(opened: Opened, *, email: str, role: str, consultation: str = "") -> None:
    """Give a person a role, in one consultation or in all. Raises NoSuch, Refused."""
    person, place = _named(opened, email, consultation)
    grant_role(
        opened.log,
        person=person,
        role=role,
        consultation=place,
        by=SYSTEM,
        now=datetime.now(UTC),
    )
    opened.catch_up()


def revoke(opened: Opened, *, email: str, role: str, consultation: str = "") -> None:
    """Take a role back, with the consultation it was given in."""
    person, place = _named(opened, email, consultation)
    revoke_role(
        opened.log,
        person=person,
        role=role,
        consultation=place,
        by=SYSTEM,
        now=datetime.now(UTC),
    )
    opened.catch_up()


def show(opened: Opened, console: Console) -> None:
    """Print everybody with their roles and whom they speak for."""
    opened.catch_up()
    table = Table("Name", "E-mail", "Roles", "Speaks for")
    with opened.reads() as reads:
        for one in accounts(reads):
            is_erased = one.name == ERASED
            table.add_row(
                "(erased)" if is_erased else one.name,
                "" if is_erased else one.email,
                "\n".join(one.roles),
                "\n".join(one.mandates),
            )
    console.print(table)


def _named(opened: Opened, email: str, consultation: str) -> tuple[UUID, UUID | None]:
    opened.catch_up()
    person = opened.actor(email)
    if person == SYSTEM:
        raise NoSuch("Name a person by e-mail address.")
    return person, _place(opened, consultation)


def _place(opened: Opened, consultation: str) -> UUID | None:
    return opened.consultation(consultation).id if consultation else None
