"""Rows that a batch changes: kept in memory, written together, never overwritten."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

import projections.rows
from projections.rebuild import connected
from projections.rows import Rows
from projections.table import tables_of

ROUND, OTHER = UUID(int=1), UUID(int=2)


@pytest.fixture
def rows(database: str) -> Iterator[Rows]:
    with connected(database, "samrad test") as connection:
        yield Rows(connection)


def theme(
    key: str, title: str = "Tema", ord: int = 0, of: UUID = ROUND
) -> dict[str, Any]:
    return {
        "consultation": of,
        "key": key,
        "ord": ord,
        "title": title,
        "title_en": "",
        "description": "",
    }


def kept(rows: Rows) -> list[tuple[Any, ...]]:
    """What is in the table, as key, title and the positions it is valid between."""
    return rows.connection.execute(
        "SELECT key, title, valid_from, valid_to FROM read.theme"
        " ORDER BY key, valid_from, valid_to"
    ).fetchall()


def test_a_row_is_valid_from_the_entry_that_made_it(rows: Rows) -> None:
    rows.position = 3
    rows.insert("theme", **theme("a"))
    assert rows.get("theme", ROUND, "a")["title"] == "Tema"
    assert kept(rows) == []
    rows.write()
    assert kept(rows) == [("a", "Tema", 3, None)]


@pytest.mark.parametrize("written", [True, False])
def test_a_change_ends_the_row_and_goes_on_with_another(
    rows: Rows, written: bool
) -> None:
    rows.position = 3
    rows.insert("theme", **theme("a"))
    if written:
        rows.write()
    rows.position = 5
    rows.change("theme", ROUND, "a", title="Nytt")
    rows.write()
    assert kept(rows) == [("a", "Tema", 3, 5), ("a", "Nytt", 5, None)]


@pytest.mark.parametrize("written", [True, False])
def test_changed_twice_in_one_entry_is_changed_once(rows: Rows, written: bool) -> None:
    rows.position = 3
    rows.insert("theme", **theme("a"))
    rows.change("theme", ROUND, "a", title="Rätt")
    if written:
        rows.write()
    rows.position = 4
    rows.change("theme", ROUND, "a", title="Ett")
    rows.change("theme", ROUND, "a", title="Två", ord=7)
    rows.write()
    assert kept(rows) == [("a", "Rätt", 3, 4), ("a", "Två", 4, None)]
    assert rows.get("theme", ROUND, "a")["ord"] == 7


@pytest.mark.parametrize("written", [True, False])
def test_a_row_is_closed_and_its_key_used_again_in_one_entry(
    rows: Rows, written: bool
) -> None:
    rows.position = 3
    rows.insert("theme", **theme("a", "Gammal"))
    if written:
        rows.write()
    rows.position = 4
    rows.close("theme", ROUND, "a")
    assert rows.find("theme", ROUND, "a") is None
    rows.insert("theme", **theme("a", "Ny"))
    rows.write()
    assert kept(rows) == [("a", "Gammal", 3, 4), ("a", "Ny", 4, None)]


def test_what_comes_and_goes_in_one_entry_was_never_there(rows: Rows) -> None:
    rows.position = 3
    rows.insert("theme", **theme("a"))
    rows.close("theme", ROUND, "a")
    assert rows.find("theme", ROUND, "a") is None
    rows.write()
    assert kept(rows) == []


def test_a_key_that_stood_is_closed_and_stands_again_later(rows: Rows) -> None:
    for position in range(2, 8):
        rows.position = position
        if position % 2:
            rows.close("theme", ROUND, "a")
        else:
            rows.insert("theme", **theme("a", f"{position}"))
        if position % 3 == 0:
            rows.write()
    rows.write()
    assert kept(rows) == [("a", "2", 2, 3), ("a", "4", 4, 5), ("a", "6", 6, 7)]


def test_rows_with_certain_values_are_found_as_they_stand(rows: Rows) -> None:
    rows.position = 1
    for key in "abcd":
        rows.insert("theme", **theme(key))
    rows.insert("theme", **theme("e", of=OTHER))
    rows.write()
    rows.position = 2
    rows.close("theme", ROUND, "a")
    rows.change("theme", ROUND, "b", title="Nytt")
    rows.insert("theme", **theme("f"))

    def found(**values: Any) -> list[str]:
        return sorted(row["key"] for row in rows.where("theme", **values))

    assert found(consultation=ROUND) == ["b", "c", "d", "f"]
    assert found(consultation=OTHER) == ["e"]
    assert found(consultation=ROUND, title="Tema") == ["c", "d", "f"]
    assert found(title="Nytt") == ["b"]
    rows.change("theme", ROUND, "b", title="Nyare")
    assert found(title="Nytt") == []
    rows.write()
    assert found(title="Nyare") == ["b"]


def test_what_is_found_many_ways_is_one_row(rows: Rows) -> None:
    rows.position = 1
    rows.insert("theme", **theme("a"))
    rows.write()
    rows.forget()
    (one,) = rows.where("theme", consultation=ROUND)
    assert rows.find("theme", ROUND, "a") is one
    rows.foresee("theme", [(ROUND, "a"), (ROUND, "b")])
    assert rows.get("theme", ROUND, "a") is one


def test_what_is_foreseen_is_not_asked_for_again(rows: Rows) -> None:
    rows.position = 1
    rows.insert("theme", **theme("a"))
    rows.write()
    rows.forget()
    rows.foresee("theme", [(ROUND, "a"), (ROUND, "b"), (ROUND, "b")])
    rows.connection.execute("ALTER TABLE read.theme RENAME TO elsewhere")
    assert rows.get("theme", ROUND, "a")["title"] == "Tema"
    assert rows.find("theme", ROUND, "b") is None
    with pytest.raises(psycopg.errors.UndefinedTable):
        rows.find("theme", ROUND, "c")


def test_what_begins_with_the_batch_is_not_asked_for(rows: Rows) -> None:
    rows.begin([ROUND])
    rows.connection.execute("ALTER TABLE read.theme RENAME TO elsewhere")
    rows.foresee("theme", [(ROUND, "a"), (ROUND, "b")])
    assert rows.find("theme", ROUND, "a") is None
    with pytest.raises(psycopg.errors.UndefinedTable):
        rows.find("theme", OTHER, "a")
    rows.connection.execute("ALTER TABLE read.elsewhere RENAME TO theme")
    rows.insert("theme", **theme("a"))
    assert rows.find("theme", ROUND, "a")
    rows.write()
    rows.forget()
    assert rows.find("theme", ROUND, "a")


def test_what_was_not_there_is_there_once_it_is_made(rows: Rows) -> None:
    assert rows.find("theme", ROUND, "a") is None
    rows.position = 1
    rows.insert("theme", **theme("a"))
    assert rows.find("theme", ROUND, "a")
    rows.write()
    assert rows.find("theme", ROUND, "a")


def test_what_is_forgotten_is_read_again(rows: Rows) -> None:
    rows.position = 1
    rows.insert("theme", **theme("a"))
    rows.write()
    rows.position = 2
    with rows.connection.transaction(force_rollback=True):
        rows.change("theme", ROUND, "a", title="Förkastat")
        rows.insert("theme", **theme("b"))
        rows.write()
    rows.forget()
    assert rows.get("theme", ROUND, "a")["title"] == "Tema"
    assert rows.find("theme", ROUND, "b") is None
    rows.change("theme", ROUND, "a", title="Gällande")
    rows.write()
    assert kept(rows) == [("a", "Tema", 1, 2), ("a", "Gällande", 2, None)]


def test_only_so_many_rows_are_remembered(
    rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(projections.rows, "MOST_REMEMBERED", 40)
    for position in range(1, 101):
        rows.position = position
        rows.insert("theme", **theme(f"{position:03}"))
        rows.insert("consultee", consultation=ROUND, organisation=uuid4())
        if position % 10 == 0:
            rows.write()
            assert sum(map(len, rows._open.values())) <= 40
    rows.position = 101
    for position in range(1, 101):
        rows.change("theme", ROUND, f"{position:03}", title="Nytt")
    rows.write()
    assert len(rows.where("theme", title="Nytt")) == 100
    assert len(rows.where("consultee", consultation=ROUND)) == 100


def test_what_is_wrong_is_told_at_once(rows: Rows) -> None:
    rows.position = 1
    with pytest.raises(LookupError, match="no column colour in theme"):
        rows.insert("theme", **theme("a"), colour="red")
    rows.insert("theme", **theme("a"))
    with pytest.raises(LookupError, match="no column colour in theme"):
        rows.change("theme", ROUND, "a", colour="red")
    with pytest.raises(LookupError, match="key of theme never changes"):
        rows.change("theme", ROUND, "a", key="b")
    for act in (rows.get, rows.change, rows.close):
        with pytest.raises(LookupError, match=r"no row .* in theme"):
            act("theme", ROUND, "z")


@pytest.mark.parametrize("few", [True, False])
def test_a_key_stands_once(rows: Rows, few: bool) -> None:
    rows.position = 1
    rows.insert("theme", **theme("a"))
    rows.write()
    rows.position = 2
    rows.insert("theme", **theme("a"))
    with pytest.raises(psycopg.errors.UniqueViolation):
        rows.write(few=few)


def test_a_few_rows_are_written_as_many_are(rows: Rows) -> None:
    rows.position = 1
    for key in "abcd":
        rows.insert("theme", **theme(key))
    rows.write(few=True)
    rows.position = 2
    rows.change("theme", ROUND, "a", title="Ändrat")
    rows.close("theme", ROUND, "b")
    rows.insert("theme", **theme("e"))
    rows.write(few=True)
    assert kept(rows) == [
        ("a", "Tema", 1, 2),
        ("a", "Ändrat", 2, None),
        ("b", "Tema", 1, 2),
        ("c", "Tema", 1, None),
        ("d", "Tema", 1, None),
        ("e", "Tema", 2, None),
    ]


@pytest.mark.parametrize("few", [True, False])
def test_every_sort_of_value_comes_back_as_it_was(rows: Rows, few: bool) -> None:
    rows.position = 1
    marks = [[0, 3, "strong", ""], [1, 2, "link", 'https://x.se/?a="\\n\u00e5"']]
    values = {
        "proposal": ROUND,
        "id": OTHER,
        "since": 1,
        "kind": "paragraph",
        "level": 0,
        "text": 'Tab\t, rad\n, snedstreck \\N \\. " och ”citat” ☺',
        "marks": marks,
    }
    rows.insert("passage", **values)
    rows.insert(
        "version",
        proposal=ROUND,
        edition=1,
        passages=[ROUND, OTHER],
        words=0,
        made_at="2026-03-02T10:00:00+01:00",
    )
    rows.write(few=few)
    rows.forget()
    row = rows.get("passage", ROUND, OTHER, 1)
    assert {name: row[name] for name in values} == values
    assert row["until"] is None
    assert row["valid_to"] is None
    assert rows.get("version", ROUND, 1)["passages"] == [ROUND, OTHER]


def test_the_catalogue_tells_keys_and_columns(rows: Rows) -> None:
    tables = tables_of(rows.connection, "read")
    assert "follower" not in tables
    assert tables["theme"].key == ("consultation", "key")
    assert tables["comment"].is_closed
    assert "words" not in tables["comment"].columns  # made by the database
    assert not tables["entry"].is_closed
    assert tables["entry"].key == ("valid_from",)


def test_rows_without_a_value_are_found_by_none(rows: Rows) -> None:
    rows.position = 1
    member = {"kind": "paragraph", "level": 0, "text": "Ord.", "marks": []}
    ended, standing = UUID(int=71), UUID(int=72)
    rows.insert("passage", proposal=ROUND, id=ended, since=1, until=2, **member)
    rows.insert("passage", proposal=ROUND, id=standing, since=1, **member)
    rows.write()
    rows.forget()

    def found() -> list[UUID]:
        return [row["id"] for row in rows.where("passage", proposal=ROUND, until=None)]

    assert found() == [standing]
    rows.position = 2
    rows.change("passage", ROUND, standing, 1, until=2)
    assert found() == []
