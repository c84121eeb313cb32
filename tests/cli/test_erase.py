"""Erasures, holds and the rotation of keys from the command line."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from rich.console import Console

from cli import erase, erasing
from cli.exporting import in_words
from cli.opening import NoSuch, Opened
from cli.vault import rotate
from domain.comment import Comment
from domain.erasing import approve_erasure
from domain.erasure import AlreadyApproved, Erasure, UnknownGround
from domain.hold import NotHeld, OnHold
from domain.log import SYSTEM, NotAllowed
from domain.person import Person
from ledger.keys import KeyFile
from ledger.sealing import ERASED, Erased
from ledger.session import Sessions
from projections import export
from projections.erasure import erasure_by_id
from projections.person import person_by_id
from tests import story
from tests.cli.test_main import samrad
from tests.story import NOW

DECISION = "Dnr 12/2026"


@pytest.fixture
def chairs(opened: Opened) -> list[UUID]:
    return [story.a_person(opened.log, role="chair") for _ in range(2)]


@pytest.fixture
def comment(opened: Opened) -> UUID:
    proposal = story.a_proposal(opened.log, story.a_consultation(opened.log, "Planen"))
    person = story.a_person(opened.log, "Frida Testare", email="frida@example.se")
    return story.a_comment(opened.log, proposal, text="Hemligt.", by=person)


def frida(opened: Opened) -> UUID:
    return erasing.person_named(opened, "frida@example.se")


def printed(opened: Opened, *, settled: bool = False) -> str:
    out = StringIO()
    erasing.show(opened, Console(file=out, width=250), settled=settled)
    return out.getvalue()


def test_a_person_is_erased_by_two_chairs_with_their_comments(
    opened: Opened, comment: UUID, chairs: list[UUID], database: str
) -> None:
    person = frida(opened)
    sessions = Sessions.at(database, size=1)
    sessions.begin(person)
    comments = erasing.comments_of(opened, person)
    assert comments == [comment]
    id = erasing.request(
        opened, kind="person", target=person, ground="gdpr_17_1_b", comments=comments
    )
    waiting = printed(opened)
    assert str(id) in waiting
    assert "0 of 2" in waiting
    assert "Frida" not in waiting

    first, second = chairs
    assert not erasing.would_decide(opened, id)
    assert not erasing.approve(opened, id=id, by=first, decision_ref=DECISION)
    assert erasing.would_decide(opened, id)
    with pytest.raises(AlreadyApproved):
        erasing.approve(opened, id=id, by=first)
    assert erasing.approve(opened, id=id, by=second)

    assert opened.log.look(Person, person).is_erased
    assert opened.log.look(Comment, comment).is_erased
    assert isinstance(opened.log.history(person)[0].name, Erased)
    assert isinstance(opened.log.history(comment)[0].text, Erased)
    with opened.reads() as reads:
        known = person_by_id(reads, person)
    assert known is not None
    assert "Frida" not in known.name
    assert sessions.of(person) == []
    sessions.close()
    assert "carried_out" in printed(opened, settled=True)
    with pytest.raises(NoSuch):
        frida(opened)


def test_a_comment_is_refused_with_its_ground(
    opened: Opened, comment: UUID, chairs: list[UUID]
) -> None:
    id = erasing.request(opened, kind="comment", target=comment, ground="ra_fs")
    erasing.refuse(
        opened, id=id, by=chairs[0], basis="archives_act_3", reason="Ska bevaras."
    )
    with opened.reads() as reads:
        row = erasure_by_id(reads, id)
    assert row is not None
    assert (row.state, row.basis, row.reason) == (
        "refused",
        "archives_act_3",
        "Ska bevaras.",
    )
    assert not opened.log.look(Comment, comment).is_erased


def test_the_operator_asks_and_never_decides(opened: Opened, comment: UUID) -> None:
    with pytest.raises(UnknownGround):
        erasing.request(opened, kind="comment", target=comment, ground="whim")
    id = erasing.request(opened, kind="comment", target=comment, ground="ra_fs")
    with pytest.raises(NotAllowed):
        erasing.approve(opened, id=id, by=SYSTEM, decision_ref=DECISION)
    with pytest.raises(NotAllowed):
        erasing.refuse(opened, id=id, by=SYSTEM, basis="no_ground", reason="Nej.")
    with pytest.raises(NoSuch):
        erasing.person_named(opened, str(SYSTEM))


def test_what_was_interrupted_is_finished_once(
    opened: Opened, comment: UUID, chairs: list[UUID]
) -> None:
    id = erasing.request(opened, kind="comment", target=comment, ground="ra_fs")
    for chair in chairs:
        approve_erasure(opened.log, id=id, decision_ref=DECISION, by=chair, now=NOW)
    assert erasing.finish_interrupted(opened) == [id]
    assert opened.log.look(Erasure, id).is_carried_out
    assert opened.log.look(Comment, comment).is_erased
    assert erasing.finish_interrupted(opened) == []


def test_tables_say_what_is_erased(
    opened: Opened, comment: UUID, chairs: list[UUID]
) -> None:
    id = erasing.request(opened, kind="comment", target=comment, ground="ra_fs")
    for chair in chairs:
        erasing.approve(opened, id=id, by=chair, decision_ref=DECISION)
    consultation = opened.log.look(Comment, comment).consultation
    with opened.reads() as reads:
        rows = [
            *export.comments(reads, consultation),
            *export.trace(reads, consultation, "{id}"),
        ]
    cells = [in_words(cell) for row in rows for cell in row]
    assert cells.count("Uppgiften raderad") >= 2
    assert ERASED not in cells
    assert "Hemligt." not in cells


@pytest.mark.parametrize("kind", ["person", "comment", "consultation"])
def test_a_hold_stops_the_erasure_until_it_is_lifted(
    opened: Opened, comment: UUID, chairs: list[UUID], kind: str
) -> None:
    names = {
        "person": "frida@example.se",
        "comment": str(comment),
        "consultation": "planen",
    }
    held = erasing.thing_named(opened, kind, names[kind])
    id = erasing.request(
        opened,
        kind="person",
        target=frida(opened),
        ground="gdpr_17_1_b",
        comments=[comment],
    )
    erasing.hold(opened, kind=kind, id=held, reason="Rättegång.", decision_ref="A 1")
    with pytest.raises(OnHold):
        erasing.approve(opened, id=id, by=chairs[0], decision_ref=DECISION)
    erasing.release(opened, kind=kind, id=held)
    with pytest.raises(NotHeld):
        erasing.release(opened, kind=kind, id=held)
    assert not erasing.approve(opened, id=id, by=chairs[0], decision_ref=DECISION)


def test_the_second_approval_is_confirmed_by_a_word() -> None:
    erase.require_confirmed("ERASE")
    with pytest.raises(NoSuch, match="Nothing is approved"):
        erase.require_confirmed("yes")


def test_the_keys_are_wrapped_anew_and_open_the_same(
    opened: Opened, comment: UUID, database: str, tmp_path: Path
) -> None:
    vault = opened.database.vault
    file = tmp_path / "keys"
    file.write_bytes(vault.file.read_bytes())
    file.chmod(0o600)
    copied = type(vault)(owner=vault.owner, url=vault.url, file=file)
    name, many = rotate(copied)
    assert KeyFile.read(file).current == name
    with psycopg.connect(database) as connection:
        rows = connection.execute("SELECT DISTINCT wrapped_by FROM vault.key")
        assert rows.fetchall() == [(name,)]
        kept = connection.execute("SELECT count(*) FROM vault.key").fetchone()
    assert kept == (many,)
    assert many >= 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("erase", "person"),
        ("erase", "approve", str(UUID(int=7))),
        ("hold", "place", "person", "x@example.se"),
        ("vault", "nonsense"),
    ],
    ids=" ".join,
)
def test_wrong_usage_ends_with_code_3(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    assert samrad(tmp_path, *arguments).returncode == 3


def test_the_commands_say_what_they_do(tmp_path: Path) -> None:
    told = samrad(tmp_path, "erase").stdout
    for command in ("person", "comment", "list", "approve", "refuse", "finish"):
        assert f"  {command} " in told, command
