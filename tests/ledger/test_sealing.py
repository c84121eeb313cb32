"""Sealed values: opened where they were sealed and nowhere else, and then erased."""

from __future__ import annotations

import json
import os
import signal
import threading
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, cast
from uuid import UUID, uuid4

import psycopg
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from cli.postgres import Server
from domain.comment import Comment
from domain.log import Conflict, Log, NotText, Unavailable, Unreadable
from domain.person import Person
from domain.submission import amend_comment
from ledger.burial import bury
from ledger.keys import KeyFile, Keys, migrate, new_key
from ledger.sealing import (
    ERASED,
    STEP,
    Erased,
    NotTheSame,
    canonical,
    commitment,
    seal,
    unseal,
)
from tests import story
from tests.conftest import lay_out, new_database
from tests.ledger.writing import Doing, wait_until
from tests.vault import KEYS_FILE, log_settings

KEY = new_key()
THING = uuid4()
PLACE: Any = (KEY, THING, 3, "comment.amended")
FIELDS = {"text": "Handledning tar tid.", "wording": ""}
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def keys(database: str) -> Iterator[Keys]:
    with closing(Keys(database, KeyFile.read(KEYS_FILE))) as found:
        yield found


@given(st.dictionaries(st.from_regex("[a-z_]+", fullmatch=True), st.text(), min_size=1))
def test_what_is_sealed_opens_as_it_was(fields: dict[str, str]) -> None:
    try:
        sealed = seal(fields, *PLACE)
    except UnicodeEncodeError:
        return  # Half of a sign is refused.
    salt, found = unseal(sealed, *PLACE)
    assert found == fields
    assert b64encode(commitment(salt, fields)).decode() == sealed["commit"]
    assert (len(b64decode(sealed["ct"])) - 16) % STEP == 0


@given(st.dictionaries(st.from_regex("[a-z_]+", fullmatch=True), st.text()))
def test_what_is_committed_to_is_in_canonical_form(fields: dict[str, str]) -> None:
    salt = bytes(32)
    whole = rfc8785.dumps(fields)
    assert canonical(fields) == whole
    found = sha256(b"samrad.commit.v1\n" + salt + whole).digest()
    assert commitment(salt, fields) == found


@pytest.mark.parametrize(
    "place",
    [
        (new_key(), *PLACE[1:]),
        (KEY, uuid4(), *PLACE[2:]),
        (KEY, THING, 4, PLACE[3]),
        (KEY, THING, 3, "comment.submitted"),
    ],
    ids=["key", "thing", "version", "topic"],
)
def test_it_opens_nowhere_else(place: Any) -> None:
    with pytest.raises(NotTheSame):
        unseal(seal(FIELDS, *PLACE), *place)


def test_it_opens_for_no_other_fields() -> None:
    with pytest.raises(NotTheSame):
        unseal({**seal(FIELDS, *PLACE), "fields": ["text", "reason"]}, *PLACE)


@given(st.sampled_from(["ct", "nonce", "commit"]), st.integers(0), st.integers(1, 255))
def test_a_changed_byte_is_noticed(part: str, at: int, by: int) -> None:
    sealed = seal(FIELDS, *PLACE)
    changed = bytearray(b64decode(sealed[part]))
    changed[at % len(changed)] ^= by
    with pytest.raises(NotTheSame):
        unseal({**sealed, part: b64encode(changed).decode()}, *PLACE)


def test_two_of_the_same_do_not_look_alike() -> None:
    one, other = seal(FIELDS, *PLACE), seal(FIELDS, *PLACE)
    assert {one[part] for part in ("nonce", "ct", "commit")}.isdisjoint(
        other[part] for part in ("nonce", "ct", "commit")
    )


def states(url: str) -> list[tuple[int, bytes]]:
    with psycopg.connect(url) as connection:
        return connection.execute(
            "SELECT position, state FROM log.entry ORDER BY position"
        ).fetchall()


def a_comment(log: Log) -> tuple[UUID, UUID]:
    """A person who has commented, and the comment."""
    person = story.a_person(log, "Disa Holm")
    proposal = story.a_proposal(log, story.a_consultation(log))
    return person, story.a_comment(log, proposal, by=person, text="Mest om löner.")


def test_no_name_address_or_word_of_a_comment_lies_open_in_the_log(
    log: Log, database: str
) -> None:
    person, comment = a_comment(log)
    amend_comment(
        log,
        id=comment,
        kind="general",
        text="Om arvoden.",
        wording="",
        by=person,
        now=NOW,
    )
    whole = b"".join(state for _, state in states(database)).decode()
    for words in ("Disa", "@example", "löner", "arvoden", "l\\u00f6ner"):
        assert words not in whole
    said = [e.text for e in log.history(comment)]
    assert said == ["Mest om löner.", "Om arvoden."]
    assert log.history(person)[0].name == "Disa Holm"


def test_every_state_has_a_salt_so_that_none_can_be_guessed(
    log: Log, database: str
) -> None:
    a_comment(log)
    salts = [json.loads(state)["salt"] for _, state in states(database)]
    assert len({*salts}) == len(salts)
    assert {len(b64decode(salt)) for salt in salts} == {16}


def test_what_is_erased_reads_as_such_and_never_as_an_error(
    log: Log, keys: Keys, database: str
) -> None:
    person, comment = a_comment(log)
    before = states(database)
    keys.destroy(person, decision=uuid4(), position=1)
    registered = log.history(person)[0]
    assert isinstance(registered.name, Erased)
    assert (registered.name, registered.email) == (ERASED, ERASED)
    assert log.history(comment)[0].text == "Mest om löner."
    assert states(database) == before
    position = next(p for p, state in before if str(person).encode() in state)
    assert log.opening(position) is None
    with Log(log_settings(database)) as anew:
        assert anew.look(Person, person).version == 1


def test_nothing_is_sealed_again_for_what_is_erased(
    log: Log, keys: Keys, database: str
) -> None:
    person, comment = a_comment(log)
    keys.destroy(comment, decision=uuid4(), position=1)
    head = log.head()
    with pytest.raises(Conflict):
        amend_comment(
            log,
            id=comment,
            kind="general",
            text="Nytt.",
            wording="",
            by=person,
            now=NOW,
        )
    assert log.head() == head


def test_a_thing_whose_key_is_destroyed_does_not_begin_anew(
    log: Log, keys: Keys
) -> None:
    id = uuid4()
    keys.destroy(id, decision=uuid4(), position=1)
    person = Person.register(
        id=id, name="Disa", email="d@example.se", public_name=False, by=id, now=NOW
    )
    with pytest.raises(Conflict):
        log.record(person)
    assert log.head() == 0


def test_an_attempt_that_was_cut_off_leaves_a_key_that_the_next_one_uses(
    log: Log, keys: Keys
) -> None:
    id = uuid4()
    kept = keys.keep({id: new_key()})
    person = Person.register(
        id=id, name="Disa", email="d@example.se", public_name=False, by=id, now=NOW
    )
    log.record(person)
    assert keys.fetch([id]) == kept
    assert log.history(id)[0].name == "Disa"


def test_a_missing_key_is_an_alarm_and_not_an_erasure(log: Log, database: str) -> None:
    person, _ = a_comment(log)
    with psycopg.connect(database) as owner:
        owner.execute("DELETE FROM vault.key WHERE scope = %s", (person,))
    with pytest.raises(Unreadable, match="NoKey") as stopped:
        list(log.entries(0, 100))
    assert log.stored(stopped.value.position).thing == person


def test_entries_before_one_that_can_not_be_read_are_read(
    log: Log, database: str
) -> None:
    _, comment = a_comment(log)
    with psycopg.connect(database) as owner:
        owner.execute("DELETE FROM vault.key WHERE scope = %s", (comment,))
    entries = log.entries(0, 100)
    for position in range(1, log.head()):
        assert next(entries).position == position
    with pytest.raises(Unreadable):
        next(entries)


def test_a_text_moved_to_another_row_is_named(log: Log, database: str) -> None:
    person, comment = a_comment(log)
    other = story.a_comment(
        log, log.look(Comment, comment).proposal, by=person, text="Något annat."
    )
    with psycopg.connect(database) as owner:
        owner.execute("ALTER TABLE log.entry DISABLE TRIGGER ALL")
        owner.execute(
            "UPDATE log.entry AS a SET state = b.state FROM log.entry AS b"
            " WHERE a.originator_id = %s AND b.originator_id = %s",
            (other, comment),
        )
    with pytest.raises(Unreadable, match="NotTheSame"):
        list(log.entries(0, 100))


def test_nothing_sealed_is_recorded_without_keys(database: str) -> None:
    with Log({"LOG_DATABASE_URL": database}) as log:
        story.an_organisation(log)
        with pytest.raises(Unavailable):
            story.a_person(log)
        assert log.head() == 1


@pytest.mark.parametrize("name", ["Di\0sa", "\ud83dDisa"])
def test_what_no_table_can_show_is_refused_though_it_is_sealed(
    log: Log, name: str
) -> None:
    with pytest.raises(NotText):
        story.a_person(log, name)
    assert log.head() == 0


def test_the_keys_away_is_told_as_the_log_away(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.keys.PATIENCE", 0.5)
    monkeypatch.setattr("ledger.recorder.PATIENCE", 0.5)
    away = "postgresql://postgres@127.0.0.1:9/none"
    with Log(log_settings(database, KEYS_DATABASE_URL=away)) as log:
        with pytest.raises(Unavailable):
            story.a_person(log)
        story.an_organisation(log)


def test_a_backup_of_the_keys_from_before_does_not_bring_them_back(
    log: Log, keys: Keys, database: str
) -> None:
    person, _ = a_comment(log)
    with psycopg.connect(database) as owner:
        backup = owner.execute("SELECT * FROM vault.key").fetchall()
    keys.destroy(person, decision=uuid4(), position=1)
    an_erasure(database, person)
    with psycopg.connect(database) as owner:
        owner.execute("DROP SCHEMA vault CASCADE")
        migrate(owner)
        for row in backup:
            owner.execute("INSERT INTO vault.key VALUES (%s, %s, %s, %s)", row)
    assert isinstance(keys.fetch([person])[person], bytes)
    with Log(log_settings(database)) as anew:
        assert isinstance(anew.history(person)[0].name, Erased)
    assert keys.fetch([person]) == {person: None}


def an_erasure(url: str, thing: UUID) -> None:
    """The entry that says that a thing is erased, as the application appends it."""
    with psycopg.connect(url) as connection:
        version = connection.execute(
            "SELECT max(originator_version) + 1 FROM log.entry"
            " WHERE originator_id = %s",
            (thing,),
        ).fetchone()
        assert version
        connection.execute(
            "SELECT log.append('{0}', %s, %s, '{person.erased}', %s, '{NULL}')",
            ([thing], [version[0]], [b'{"by": null}']),
        )


def test_the_log_alone_tells_what_is_to_be_buried(
    log: Log, keys: Keys, database: str
) -> None:
    person, _ = a_comment(log)
    an_erasure(database, person)
    with psycopg.connect(database) as connection:
        assert bury(connection, keys) == [person]
        assert bury(connection, keys) == []
    assert [scope for scope, _, _ in keys.destroyed()] == [person]


def test_what_was_recorded_opens_after_a_crash_of_the_server(
    durable_postgres: Server,
) -> None:
    server = durable_postgres
    with new_database(server) as url, new_database(server) as beside:
        lay_out(url)
        with psycopg.connect(beside) as owner:
            migrate(owner)
        stop = threading.Event()
        recorded: list[UUID] = []

        def register(log: Log) -> None:
            while not stop.is_set():
                with suppress(Unavailable):
                    recorded.append(story.a_person(log))

        with Log(log_settings(url, KEYS_DATABASE_URL=beside)) as log:
            writers = Doing(register, *[(log,)] * 4)
            for _ in range(3):
                before = len(recorded)
                wait_until(lambda before: len(recorded) > before + 30, before)
                assert server.pid
                os.kill(server.pid, signal.SIGKILL)
                server.keep_running()
            stop.set()
            writers.join()
            keys = cast(Any, log.mapper).keys
            assert keys._shares_server, "the keys were to be written lazily"
            for person in recorded:
                assert log.history(person)[0].name == "Astrid Lind"
            # Also what was recorded and never acknowledged.
            assert len(list(log.entries(0, 10_000))) >= len(recorded)
