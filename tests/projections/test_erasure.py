"""What has been erased is in no row of any day, and everyone is told why."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from domain.disclosure import place_hold
from domain.erasing import approve_erasure, refuse_erasure
from domain.inbox import withhold_comments
from domain.log import SYSTEM, Log
from domain.organisation import give_mandate
from domain.person import register_person, rename_person
from domain.role import grant_role
from domain.submission import amend_comment
from ledger.sealing import ERASED
from projections.comment import comment_by_id, comment_seen
from projections.comment_list import Wanted, comments_of
from projections.erasure import (
    decided_erasures,
    erased_among,
    erasure_by_id,
    erasures,
    erasures_of,
    holds_against,
    holds_on,
    private_comments_of,
)
from projections.follower import Follower, rebuild
from projections.history import names_of
from projections.inbox import Asked, figures, inbox
from projections.lookup import addresses
from projections.paged import Stretch
from projections.person import mandates_of, person_by_email, person_by_id, roles_of
from projections.personal import held_on
from projections.reads import ReadPool
from projections.rows import Rows
from projections.sight import Sight
from tests.office import Office
from tests.projections.tables import replayed
from tests.projections.test_rows import rows as rows
from tests.projections.test_rows import theme
from tests.story import NOW, an_organisation

SECRETS = ("Berit", "Holm", "berit@example.se", "Vattenprov", "Skrivelse", "Sjukdom")


@pytest.fixture
def office(log: Log) -> Office:
    return Office(log)


@pytest.fixture
def berit(office: Office, log: Log) -> UUID:
    """Somebody who left traces wherever one can."""
    id = uuid4()
    register_person(
        log,
        id=id,
        name="Berit Holm",
        email="Berit@example.se",
        public_name=True,
        by=id,
        now=NOW,
    )
    office.author = id
    office.comment = office.said(wording="Skrivelse")
    said: dict[str, Any] = {"id": office.comment, "by": id, "now": NOW}
    amend_comment(log, kind="general", text="Vattenprov", wording="", **said)
    act: dict[str, Any] = {"ids": [office.comment], "by": SYSTEM, "now": NOW}
    withhold_comments(log, reason="Sjukdom", **act)
    rename_person(log, id=id, name="Berit Holm-Ek", public_name=True, by=id, now=NOW)
    grant_role(log, person=id, role="reader", consultation=None, by=SYSTEM, now=NOW)
    give_mandate(
        log,
        person=id,
        organisation=an_organisation(log),
        begins=NOW,
        ends=None,
        by=SYSTEM,
        now=NOW,
    )
    return id


def traces(url: str) -> set[str]:
    """Which of the secrets stand anywhere in the read tables, search words too."""
    with psycopg.connect(url) as connection:
        tables = connection.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r'"
            " AND relnamespace = 'read'::regnamespace"
        ).fetchall()
        text = "".join(
            str(row)
            for (table,) in tables
            for row in connection.execute(
                SQL("SELECT t::text FROM {} AS t").format(Identifier("read", table))
            )
        )
    return {word for word in SECRETS if word.lower() in text.lower()}


# Scrubbing rows


def titles(rows: Rows) -> list[str]:
    found = rows.connection.execute(
        "SELECT title FROM read.theme WHERE key = 'a' ORDER BY valid_from"
    ).fetchall()
    return [title for (title,) in found]


@pytest.mark.parametrize("written", [set(), {1}, {2}, {1, 2}])
def test_scrubbing_reaches_ended_rows_and_new_ones_written_or_not(
    rows: Rows, written: set[int]
) -> None:
    rows.position = 1
    rows.insert("theme", **theme("a", "Först"))
    rows.insert("theme", **theme("b", "Annat"))
    if 1 in written:
        rows.write()
    rows.position = 2
    rows.change("theme", UUID(int=1), "a", title="Sedan")
    if 2 in written:
        rows.write()
    rows.position = 3
    rows.change("theme", UUID(int=1), "a", title="Nu")
    rows.scrub("theme", UUID(int=1), "a", title=ERASED)
    rows.position = 4
    rows.change("theme", UUID(int=1), "a", ord=7)
    rows.write()
    assert titles(rows) == [ERASED] * 4
    assert rows.get("theme", UUID(int=1), "a")["title"] == ERASED
    assert rows.get("theme", UUID(int=1), "b")["title"] == "Annat"


def test_what_was_empty_may_stay_so_and_an_unknown_column_is_refused(
    rows: Rows,
) -> None:
    rows.position = 1
    rows.insert("theme", **theme("a", "Ord"))
    rows.write()
    rows.position = 2
    rows.change("theme", UUID(int=1), "a", title="")
    rows.scrub("theme", UUID(int=1), "a", unless_empty=["title"], title=ERASED)
    assert rows.get("theme", UUID(int=1), "a")["title"] == ""
    rows.write()
    assert titles(rows) == [ERASED, ""]
    with pytest.raises(LookupError):
        rows.scrub("theme", UUID(int=1), "a", heading=ERASED)


# Live and rebuilt


def test_no_trace_is_left_in_any_table_and_a_rebuild_gives_the_same(
    office: Office, berit: UUID, log: Log, follower: Follower, database: str
) -> None:
    follower.catch_up()
    assert traces(database) == set(SECRETS)
    office.erase("person", comments=[office.comment])
    head = follower.catch_up()
    assert traces(database) == set()
    with replayed(log, database) as tables:
        for position in range(1, head + 1):
            tables.apply(position)
            assert tables.differences_from_the_past() == []
        assert tables.differences_from_live() == []
    rebuild(log, database)
    assert traces(database) == set()


def test_a_key_that_is_destroyed_is_enough_for_a_rebuild_to_forget(
    office: Office, berit: UUID, log: Log, follower: Follower, database: str
) -> None:
    id = office.request("person", comments=[office.comment])
    decision = office.decide(id)
    for scope in (berit, office.comment):
        log.destroy_key(scope, decision=id, position=decision)
    rebuild(log, database)
    assert traces(database) == set()
    office.carry_out(id, decision)
    follower.catch_up()
    with replayed(log, database) as tables:
        tables.apply(log.head())
        assert tables.differences_from_live() == []


def test_other_peoples_names_and_words_stay(
    office: Office, berit: UUID, log: Log, follower: Follower, reads: ReadPool
) -> None:
    mine = office.said()
    office.erase("person", comments=[office.comment])
    follower.catch_up()
    with reads() as now:
        kept = comment_by_id(now, mine)
        other = person_by_id(now, office.first)
    assert kept
    assert (kept.text, kept.is_erased, kept.sender) == ("Hemligt.", False, ERASED)
    assert other
    assert other.name == "Astrid Lind"


# What pages are told


def test_the_past_shows_the_placeholder_and_tells_by_which_decision(
    office: Office, berit: UUID, log: Log, follower: Follower, reads: ReadPool
) -> None:
    before = follower.catch_up()
    id = office.erase("person", comments=[office.comment])
    follower.catch_up()
    for moment in (before, None):
        with reads(moment) as asked:
            comment = comment_by_id(asked, office.comment)
            person = person_by_id(asked, berit)
            told = erased_among(asked, [berit, office.comment, office.first])
        assert comment
        assert comment.is_erased
        assert comment.text == comment.wording == comment.withheld == ERASED
        assert person
        assert person.name == person.email == ERASED
        assert told.keys() == {berit, office.comment}
        assert {row.erasure for row in told.values()} == {id}
        assert told[berit].kind == "person"
        assert told[office.comment].kind == "comment"
        assert told[berit].ground == "gdpr_17_1_b"
        assert told[berit].decision_ref == "12/2026"
        assert told[berit].approvers == [office.first, office.second]


def test_an_erased_person_has_no_rights_and_no_address(
    office: Office, berit: UUID, log: Log, follower: Follower, reads: ReadPool
) -> None:
    before = follower.catch_up()
    office.erase("person")
    follower.catch_up()
    with reads() as now:
        assert not roles_of(now, berit)
        assert not mandates_of(now, berit)
        assert person_by_email(now, "berit@example.se") is None
        assert person_by_email(now, ERASED) is None
        assert berit not in addresses(now).values()
        assert names_of(now, [berit]) == {berit: ("person", ERASED)}
    with reads(before) as then:
        assert roles_of(then, berit)


def test_an_erased_comment_is_found_by_no_word_and_waits_for_nobody(
    office: Office, log: Log, follower: Follower, reads: ReadPool
) -> None:
    sight = Sight(NOW, sees_all=True, reads_secrets=True)

    def found(words: str) -> int:
        with reads() as now:
            by_search = comments_of(
                now, office.round, sight, Wanted(words=words), Stretch(10)
            )
            in_inbox = inbox(now, office.round, Asked(words=words), Stretch(10))
        assert by_search.total == in_inbox.total
        return by_search.total

    follower.catch_up()
    assert found("hemligt") == 1
    office.erase("comment")
    follower.catch_up()
    assert found("hemligt") == found(ERASED) == 0
    with reads() as now:
        waiting = figures(now, office.round, None)
        rows = inbox(now, office.round, Asked(waiting="uncoded"), Stretch(10)).rows
        (one,) = inbox(now, office.round, Asked(), Stretch(10)).rows
    assert (waiting.comments, waiting.uncoded, waiting.unreviewed) == (0, 0, 0)
    assert rows == []
    assert one.is_erased


def test_the_public_is_told_that_a_comment_was_erased(
    office: Office, log: Log, follower: Follower, reads: ReadPool
) -> None:
    office.erase("comment")
    follower.catch_up()
    with reads() as now:
        seen = comment_seen(now, office.comment, Sight(NOW))
    assert seen
    assert (seen.text, seen.is_erased, seen.is_readable) == (ERASED, True, True)


# Requests


def test_a_request_is_followed_from_asking_to_done(
    office: Office, log: Log, follower: Follower, reads: ReadPool
) -> None:
    id = office.request("comment", by=office.author, decision_ref="", note="Fel ärende")

    def row() -> Any:
        follower.catch_up()
        with reads() as now:
            return erasure_by_id(now, id)

    asked = row()
    assert (asked.state, asked.note, asked.requested_by) == (
        "requested",
        "Fel ärende",
        office.author,
    )
    assert asked.consultation == office.round
    approve_erasure(log, id=id, decision_ref="9", by=office.here, now=NOW)
    halfway = row()
    assert (halfway.state, halfway.decision_ref, halfway.decision) == (
        "requested",
        "9",
        None,
    )
    decision = approve_erasure(log, id=id, by=office.there, now=NOW).position
    decided = row()
    assert (decided.state, decided.decision) == ("decided", decision)
    assert decided.approvers == [office.here, office.there]
    with reads() as now:
        assert decided_erasures(now) == [(id, decision)]
    office.carry_out(id, decision)
    assert (row().state, row().carried_out_at) == ("carried_out", NOW)
    with reads() as now:
        assert decided_erasures(now) == []


def test_requests_are_listed_by_whether_they_wait_and_where(
    office: Office, log: Log, follower: Follower, reads: ReadPool
) -> None:
    person, comment = office.request("person"), office.request("comment")
    refused = office.request("comment")
    refuse_erasure(
        log,
        id=refused,
        basis="archives_act_3",
        reason="Ska bevaras.",
        by=office.here,
        now=NOW,
    )
    follower.catch_up()

    def listed(where: list[UUID] | None, *, waiting: bool) -> list[UUID]:
        with reads() as now:
            found = erasures(now, where, Stretch(50), waiting=waiting)
        assert len(found.rows) == found.total
        return [row.id for row in found.rows]

    assert listed(None, waiting=True) == [person, comment]
    assert listed([office.round], waiting=True) == [comment]
    assert listed([], waiting=True) == []
    assert listed(None, waiting=False) == [refused]
    with reads() as now:
        found = erasure_by_id(now, refused)
        of_comment = erasures_of(now, office.comment)
        assert names_of(now, [refused])[refused] == ("erasure", str(found.position))  # type: ignore[union-attr]
    assert [row.id for row in of_comment] == [refused, comment]
    assert found
    assert (found.state, found.basis, found.reason, found.refused_by) == (
        "refused",
        "archives_act_3",
        "Ska bevaras.",
        office.here,
    )


def test_holds_stand_against_what_they_cover(
    office: Office, log: Log, follower: Follower, reads: ReadPool
) -> None:
    id = office.request("person", comments=[office.comment])
    place_hold(
        log,
        kind="consultation",
        id=office.round,
        reason="Tvist",
        decision_ref="4",
        by=office.here,
        now=NOW,
    )
    follower.catch_up()
    with reads() as now:
        asked = erasure_by_id(now, id)
        assert asked
        (hold,) = holds_against(now, asked)
        assert holds_on(now, [office.round, office.comment]) == {office.round: hold}
        (private,) = private_comments_of(now, office.author)
    assert (hold.kind, hold.reason, hold.decision_ref) == ("consultation", "Tvist", "4")
    assert private.id == office.comment
    assert private.is_held


# What is held on somebody


def test_a_person_gets_all_that_is_held_on_them(
    office: Office, berit: UUID, log: Log, follower: Follower, reads: ReadPool
) -> None:
    office.request("person", by=berit)
    follower.catch_up()
    with reads() as now:
        held = held_on(now, log, berit)
    assert json.loads(json.dumps(held)) == held
    assert [person["email"] for person in held["person"]] == ["Berit@example.se"]
    assert [comment["text"] for comment in held["comments"]] == ["Vattenprov"]
    assert [role["role"] for role in held["roles"]] == ["reader"]
    assert len(held["mandates"]) == len(held["erasures"]) == 1
    said = json.dumps(held["events"], ensure_ascii=False)
    assert all(word in said for word in ("Hemligt.", "Holm-Ek", "Skrivelse", "Sjukdom"))
    topics = {entry["topic"] for entry in held["entries"]}
    assert topics >= {"person.registered", "comment.amended", "erasure.requested"}


def test_of_an_erased_person_nothing_is_held_that_tells_who_it_was(
    office: Office, berit: UUID, log: Log, follower: Follower, reads: ReadPool
) -> None:
    office.erase("person", comments=[office.comment])
    follower.catch_up()
    with reads() as now:
        held = json.dumps(held_on(now, log, berit), ensure_ascii=False)
    assert not any(word in held for word in SECRETS)
    assert ERASED in held
