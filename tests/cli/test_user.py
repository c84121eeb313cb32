"""The operator enters people and gives them roles."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from cli import user
from cli.opening import NoSuch, Opened
from cli.user import AlreadyThere
from domain.log import Refused
from domain.person import AlreadyHasRole, HasNotRole, Person, UnknownRole
from projections.lookup import accounts
from tests import story


def roles(opened: Opened) -> dict[str, list[str]]:
    with opened.reads() as reads:
        return {one.name: one.roles for one in accounts(reads)}


def test_a_person_is_entered_with_a_role_in_all_consultations(opened: Opened) -> None:
    id = user.add(
        opened,
        email="chef@example.se",
        name="Karin Ek",
        public_name=False,
        role="chair",
    )
    assert opened.log.get(Person, id).has_role(None, "chair")
    assert roles(opened) == {"Karin Ek": ["chair"]}


def test_a_role_is_given_and_taken_back_in_one_consultation(opened: Opened) -> None:
    story.a_consultation(opened.log, "Mentorer i vården")
    user.add(opened, email="karin@example.se", name="Karin Ek", public_name=True)
    place = {"email": "KARIN@example.se", "consultation": "mentorer i VÅRDEN"}

    user.grant(opened, role="officer", **place)
    assert roles(opened) == {"Karin Ek": ["officer: Mentorer i vården"]}
    with pytest.raises(AlreadyHasRole):
        user.grant(opened, role="officer", **place)

    user.revoke(opened, role="officer", **place)
    assert roles(opened) == {"Karin Ek": []}
    with pytest.raises(HasNotRole):
        user.revoke(opened, role="officer", **place)


def test_an_address_belongs_to_one_person(opened: Opened) -> None:
    user.add(opened, email="karin@example.se", name="Karin Ek", public_name=True)
    with pytest.raises(AlreadyThere, match=r"KARIN@example\.se"):
        user.add(opened, email="KARIN@example.se", name="Någon annan", public_name=True)


def test_what_is_not_there_is_refused_and_nothing_is_recorded(opened: Opened) -> None:
    with pytest.raises(NoSuch):
        user.grant(opened, email="nobody@example.se", role="chair")
    with pytest.raises(NoSuch):
        user.add(
            opened,
            email="a@example.se",
            name="A",
            public_name=True,
            role="chair",
            consultation="Ingen",
        )
    assert opened.log.head() == 0
    user.add(opened, email="a@example.se", name="A", public_name=True)
    with pytest.raises(UnknownRole):
        user.grant(opened, email="a@example.se", role="king")
    assert opened.log.head() == 1


def test_everybody_is_listed_in_swedish_order_with_whom_they_speak_for(
    opened: Opened,
) -> None:
    region = story.an_organisation(opened.log, "Region Norrskog")
    story.a_person(opened.log, "Örjan Åkerlind", speaks_for=region)
    story.a_person(opened.log, "Zara Berg")
    said = StringIO()

    user.show(opened, Console(file=said, width=120))

    lines = said.getvalue().splitlines()
    order = [name for line in lines for name in ("Zara", "Örjan") if name in line]
    assert order == ["Zara", "Örjan"]
    assert any("Örjan" in line and "Region Norrskog" in line for line in lines)


def test_a_role_that_is_refused_leaves_no_half_entered_person(opened: Opened) -> None:
    with pytest.raises(Refused):
        user.add(opened, email="a@example.se", name="A", public_name=True, role="king")
    assert opened.log.head() == 0
