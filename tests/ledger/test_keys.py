"""The vault: keys that hold, keys that are gone for ever, and what wraps them."""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from time import monotonic
from uuid import uuid4

import psycopg
import pytest
from psycopg_pool import PoolTimeout

from cli.postgres import Server
from cli.vault import lay_out_vault, new_wrapping_key, rotate
from ledger.keys import PATIENCE, BadKeyFile, KeyFile, Keys, NoKey, new_key
from tests.conftest import new_database
from tests.vault import KEYS_FILE, everywhere

DECISION = uuid4()


@pytest.fixture
def keys(database: str) -> Iterator[Keys]:
    with closing(Keys(database, KeyFile.read(KEYS_FILE))) as found:
        yield found


def test_a_kept_key_is_fetched_as_it_was(keys: Keys) -> None:
    new = {uuid4(): new_key() for _ in range(5)}
    assert keys.keep(new) == new
    assert keys.fetch([*new, uuid4()]) == new


def test_the_first_key_of_a_scope_holds_for_all(keys: Keys) -> None:
    scope = uuid4()
    with ThreadPoolExecutor(8) as pool:
        found = pool.map(lambda _: keys.keep({scope: new_key()})[scope], range(16))
    assert set(found) == {keys.fetch([scope])[scope]}


def test_keys_lie_wrapped_in_the_database(keys: Keys, database: str) -> None:
    scope, key = uuid4(), new_key()
    keys.keep({scope: key})
    with psycopg.connect(database) as owner:
        row = owner.execute("SELECT k::text, wrapped FROM vault.key AS k").fetchone()
    assert row is not None
    assert key.hex() not in row[0]
    assert len(row[1]) == 40


def test_a_destroyed_key_is_gone_and_stays_so(keys: Keys, database: str) -> None:
    scope, beside = uuid4(), uuid4()
    before = keys.keep({scope: new_key(), beside: new_key()})
    keys.destroy(scope, decision=DECISION, position=7)
    keys.destroy(scope, decision=uuid4(), position=9)
    assert keys.fetch([scope, beside]) == {scope: None, beside: before[beside]}
    assert keys.keep({scope: new_key()}) == {scope: None}
    assert list(keys.destroyed()) == [(scope, DECISION, 7)]
    with psycopg.connect(database) as owner:
        held = owner.execute("SELECT scope FROM vault.key").fetchall()
    assert held == [(beside,)]


@pytest.mark.parametrize(
    "act",
    [
        "INSERT INTO vault.key VALUES ('{scope}', 'wrapped', 'test')",
        "SET session_replication_role = replica;"
        " INSERT INTO vault.key VALUES ('{scope}', 'wrapped', 'test')",
        "UPDATE vault.key SET scope = '{scope}'",
        "DELETE FROM vault.tombstone",
        "TRUNCATE vault.tombstone",
        "UPDATE vault.tombstone SET scope = gen_random_uuid()",
    ],
)
def test_not_even_the_owner_brings_a_destroyed_key_back(
    keys: Keys, database: str, act: str
) -> None:
    scope = uuid4()
    keys.keep({uuid4(): new_key()})
    keys.destroy(scope, decision=DECISION, position=1)
    with psycopg.connect(database) as owner, pytest.raises(psycopg.Error):
        owner.execute(act.format(scope=scope).encode())
    assert keys.fetch([scope]) == {scope: None}


def test_a_tombstone_that_comes_back_takes_the_key_with_it(
    keys: Keys, database: str
) -> None:
    scope = uuid4()
    keys.keep({scope: new_key()})
    with psycopg.connect(database) as owner:
        owner.execute(
            "INSERT INTO vault.tombstone VALUES (%s, %s, 1)", (scope, DECISION)
        )
    assert keys.fetch([scope]) == {scope: None}


def test_the_application_can_keep_and_destroy_and_nothing_else(
    keys: Keys, database: str
) -> None:
    keys.keep({uuid4(): new_key()})
    with psycopg.connect(database, options="-c role=samrad_keys") as connection:
        for act in (
            "DELETE FROM vault.key",
            "UPDATE vault.key SET wrapped = ''",
            "INSERT INTO vault.key VALUES (gen_random_uuid(), '', 'x')",
            "DELETE FROM vault.tombstone",
        ):
            with (
                pytest.raises(psycopg.errors.InsufficientPrivilege),
                connection.transaction(),
            ):
                connection.execute(act.encode())
    with (
        psycopg.connect(database, options="-c role=samrad_web") as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("SELECT FROM vault.key")


def test_another_wrapping_key_opens_nothing(keys: Keys, tmp_path: Path) -> None:
    scope = uuid4()
    keys.keep({scope: new_key()})
    other = tmp_path / "keys"
    other.write_text(f"test {b64encode(os.urandom(32)).decode()}\n")
    other.chmod(0o600)
    with (
        closing(Keys(str(keys._pool.conninfo), KeyFile.read(other))) as wrong,
        pytest.raises(NoKey),
    ):
        wrong.fetch([scope])


def test_a_new_wrapping_key_wraps_all_and_changes_none(
    database: str, tmp_path: Path
) -> None:
    vault = everywhere(database).vault
    file = tmp_path / "keys"
    first = new_wrapping_key(file)
    vault = type(vault)(vault.owner, vault.url, file)
    new = {uuid4(): new_key() for _ in range(2_500)}
    with closing(Keys(database, KeyFile.read(file))) as keys:
        keys.keep(new)
    second, number = rotate(vault)
    assert (number, second != first) == (2_500, True)
    with psycopg.connect(database) as owner:
        by = owner.execute("SELECT DISTINCT wrapped_by FROM vault.key").fetchall()
    assert by == [(second,)]
    # The old line is not needed any more.
    file.write_text(file.read_text().splitlines()[0] + "\n")
    with closing(Keys(database, KeyFile.read(file))) as keys:
        assert keys.fetch(new.keys()) == new


def test_a_process_that_runs_goes_on_through_a_rotation(
    database: str, tmp_path: Path
) -> None:
    vault = everywhere(database).vault
    vault = type(vault)(vault.owner, vault.url, tmp_path / "keys")
    new_wrapping_key(vault.file)
    before, after = {uuid4(): new_key()}, {uuid4(): new_key()}
    with closing(Keys(database, KeyFile.read(vault.file))) as running:
        running.keep(before)
        rotate(vault)
        running.keep(after)
        assert running.fetch([*before, *after]) == before | after
    # The old line is not needed any more, for what was kept since then either.
    vault.file.write_text(vault.file.read_text().splitlines()[0] + "\n")
    with closing(Keys(database, KeyFile.read(vault.file))) as started:
        assert started.fetch([*before, *after]) == before | after


def test_a_process_that_runs_goes_on_while_the_file_is_away(
    database: str, tmp_path: Path
) -> None:
    file = tmp_path / "keys"
    new_wrapping_key(file)
    new = {uuid4(): new_key()}
    with closing(Keys(database, KeyFile.read(file))) as running:
        running.keep(new)
        file.unlink()
        assert running.fetch(new) == new
        file.write_text("half of a line")
        assert running.fetch(new) == new


def test_a_line_that_keys_are_wrapped_by_is_not_taken_out(
    postgres: Server, tmp_path: Path
) -> None:
    with new_database(postgres) as url:
        vault = everywhere(url).vault
        vault = type(vault)(vault.owner, vault.url, tmp_path / "keys")
        lay_out_vault(vault)
        with closing(Keys(url, KeyFile.read(vault.file))) as keys:
            keys.keep({uuid4(): new_key()})
        old = vault.file.read_text()
        second = new_wrapping_key(vault.file)
        vault.file.write_text(vault.file.read_text().splitlines()[0] + "\n")
        with pytest.raises(BadKeyFile, match=f"lacks {old.split()[0]}"):
            lay_out_vault(vault)
        vault.file.write_text(f"{vault.file.read_text()}{old}")
        lay_out_vault(vault)
        assert KeyFile.read(vault.file).current == second


def test_whoever_asks_while_the_keys_are_away_waits_once_and_not_again() -> None:
    nowhere = "postgresql://127.0.0.1:1/keys"
    with closing(Keys(nowhere, KeyFile.read(KEYS_FILE))) as keys:
        assert not keys.answer()
        with pytest.raises(PoolTimeout):
            keys.fetch([uuid4()])
        began = monotonic()
        with pytest.raises(PoolTimeout):
            keys.fetch([uuid4()])
    assert monotonic() - began < PATIENCE


def test_keys_that_are_there_answer(keys: Keys) -> None:
    assert keys.answer()


def test_keys_whose_wrapping_key_is_lost_stop_the_installation(
    postgres: Server, tmp_path: Path
) -> None:
    with new_database(postgres) as url:
        vault = everywhere(url).vault
        vault = type(vault)(vault.owner, vault.url, tmp_path / "keys")
        lay_out_vault(vault)
        lay_out_vault(vault)
        with closing(Keys(url, KeyFile.read(vault.file))) as keys:
            keys.keep({uuid4(): new_key()})
        vault.file.unlink()
        with pytest.raises(BadKeyFile, match="is missing"):
            lay_out_vault(vault)
        assert not vault.file.exists()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "holds no key"),
        ("kek", "not a key of 32 bytes"),
        ("kek AAAA", "not a key of 32 bytes"),
        ("kek " + "A" * 44, "not a key of 32 bytes"),
        ("kek " + b64encode(bytes(33)).decode(), "not a key of 32 bytes"),
        ("kék " + b64encode(bytes(32)).decode(), "not a file of keys"),
    ],
)
def test_a_file_that_holds_no_keys_is_refused(
    tmp_path: Path, text: str, reason: str
) -> None:
    file = tmp_path / "keys"
    file.write_text(text, "utf-8")
    file.chmod(0o600)
    with pytest.raises(BadKeyFile, match=reason):
        KeyFile.read(file)


def test_a_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    new_wrapping_key(file)
    assert file.stat().st_mode & 0o777 == 0o600
    file.chmod(0o640)
    with pytest.raises(BadKeyFile, match="chmod 600"):
        KeyFile.read(file)


def test_a_key_file_shows_no_key() -> None:
    file = KeyFile.read(KEYS_FILE)
    assert repr(file) == "KeyFile(test)"
