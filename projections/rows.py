"""The read rows that a batch of entries changes: kept in memory, written together."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable
from itertools import islice
from operator import itemgetter
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import dict_row
from psycopg.sql import Composable

from projections.table import Key, Row, Table, tables_of

MOST_REMEMBERED = 50_000
"""Open rows kept from batch to batch, so that a change need not read its row first."""

_AS_JSON = json.JSONEncoder(ensure_ascii=False).encode


class Rows:
    """What projections read and change. `position` is that of the entry at hand.

    A row that projections got is shared: it is changed by `change` and in no other way.
    """

    def __init__(self, connection: Connection[Any], schema: str = "read") -> None:
        self.connection = connection
        self._tables = tables_of(connection, schema)
        self._open: dict[str, dict[Key, Row]] = {name: {} for name in self._tables}
        self._statements: dict[tuple[str, ...], bytes] = {}
        self.position = 0
        self._start_batch()

    def _start_batch(self) -> None:
        self._new: dict[str, dict[int, Row]] = {name: {} for name in self._tables}
        self._ended: dict[str, list[Row]] = {name: [] for name in self._tables}
        self._touched: dict[str, set[Key]] = {name: set() for name in self._tables}
        self._absent: dict[str, set[Key]] = {name: set() for name in self._tables}
        self._begun: set[UUID] = set()

    def begin(self, things: Iterable[UUID]) -> None:
        """Say which things come into being in this batch.

        The key of a row begins with the thing that it belongs to, so none is there yet
        that begins with one of these.
        """
        self._begun = set(things)

    def insert(self, table: str, **values: Any) -> None:
        """A new row, valid from the entry at hand."""
        kind = self._tables[table]
        row = kind.blank | values
        kind.require_columns(row)
        row["valid_from"] = self.position
        self._add(kind, row)

    def _add(self, kind: Table, row: Row) -> None:
        self._new[kind.name][id(row)] = row
        if kind.is_closed:
            key = kind.key_of(row)
            self._open[kind.name][key] = row
            self._touched[kind.name].add(key)

    def find(self, table: str, *key: Any) -> Row | None:
        """The row with this key as it stands, or None."""
        if (row := self._open[table].get(key)) is not None:
            return row
        self.foresee(table, (key,))
        return self._open[table].get(key)

    def get(self, table: str, *key: Any) -> Row:
        """The row with this key as it stands, which must be there."""
        if (row := self.find(table, *key)) is None:
            raise LookupError(f"no row {key} in {table}")
        return row

    def foresee(self, table: str, keys: Collection[Key]) -> None:
        """Read at once what stands under keys that are going to be asked for."""
        remembered, touched = self._open[table], self._touched[table]
        absent = self._absent[table]
        unknown = {
            key
            for key in keys
            if key[0] not in self._begun
            and not (key in remembered or key in touched or key in absent)
        }
        if not unknown:
            return
        kind = self._tables[table]
        for row in self._ask(
            self._statement(kind, Table.finding),
            list(map(list, zip(*unknown, strict=True))),
        ):
            key = kind.key_of(row)
            remembered[key] = row
            unknown.discard(key)
        absent |= unknown

    def where(self, table: str, **values: Any) -> list[Row]:
        """Every row that stands and has these values, in no particular order.

        None asks for rows where the column is NULL.
        """
        kind = self._tables[table]
        touched, remembered = self._touched[table], self._open[table]
        found = []
        how = [f"{name} NULL" if v is None else name for name, v in values.items()]
        given = [value for value in values.values() if value is not None]
        is_begun = values.get(kind.key[0]) in self._begun
        asking = self._statement(kind, Table.selecting, *how)
        for row in () if is_begun else self._ask(asking, given):
            key = kind.key_of(row)
            if key not in touched:
                found.append(remembered.setdefault(key, row))
        for key in touched:
            changed = remembered.get(key)
            if changed and all(
                changed[name] == value for name, value in values.items()
            ):
                found.append(changed)
        return found

    def change(self, table: str, *key: Any, **values: Any) -> None:
        """End the row with this key and go on with one that has other values."""
        kind = self._tables[table]
        row = self.get(table, *key)
        changed = row | values
        kind.require_columns(changed)
        if not values.keys().isdisjoint(kind.key):
            raise LookupError(f"the key of {table} never changes")
        if row["valid_from"] == self.position:
            row.update(values)
            return
        self._end(table, key, row)
        changed["valid_from"], changed["valid_to"] = self.position, None
        self._add(kind, changed)

    def scrub(
        self,
        table: str,
        *key: Any,
        unless_empty: Collection[str] = (),
        **values: str,
    ) -> None:
        """Overwrite texts in every row with this key, those that have ended too.

        The one exception to rows standing as they once were: what is erased now is so
        as of any day. A column in `unless_empty` stays empty where it is empty.
        """
        kind = self._tables[table]
        kind.require_columns(kind.blank | values)
        self.connection.execute(
            kind.scrubbing(values, unless_empty).as_bytes(self.connection),
            [*values.values(), *key],
        )
        remembered = self._open[table].get(key)
        unwritten = (r for r in self._new[table].values() if kind.key_of(r) == key)
        for row in (*([remembered] if remembered else ()), *unwritten):
            row.update(
                {
                    name: value
                    for name, value in values.items()
                    if row[name] or name not in unless_empty
                }
            )

    def close(self, table: str, *key: Any) -> None:
        """End the row with this key."""
        self._end(table, key, self.get(table, *key))

    def _end(self, table: str, key: Key, row: Row) -> None:
        del self._open[table][key]
        self._touched[table].add(key)
        if id(row) not in self._new[table]:
            self._ended[table].append({**row, "valid_to": self.position})
        elif row["valid_from"] == self.position:
            del self._new[table][id(row)]
        else:
            row["valid_to"] = self.position

    def _ask(self, query: bytes, values: list[Any]) -> list[Row]:
        with self.connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(query, values).fetchall()

    def write(self, *, few: bool = False) -> None:
        """Write what has changed; the caller commits.

        A few rows are sent off together, and waited for once; many are written faster
        one table after the other.
        """
        if few:
            with self.connection.pipeline():
                self._write_all(self._write_few)
        else:
            self._write_all(self._write_many)
        self._start_batch()
        self._remember_less()

    def _write_all(self, write_new: Callable[[Table, Iterable[Row]], None]) -> None:
        for name, ended in self._ended.items():
            if ended:
                self._write_ends(self._tables[name], ended)
        for name, new in self._new.items():
            if new:
                write_new(self._tables[name], new.values())

    def _remember_less(self) -> None:
        """Forget the rows that have stood longest, when there are too many."""
        share = MOST_REMEMBERED // len(self._open)
        surplus = sum(map(len, self._open.values())) - MOST_REMEMBERED
        for rows in self._open.values():
            gone = max(0, min(surplus, len(rows) - share))
            for key in list(islice(rows, gone)):
                del rows[key]
            surplus -= gone

    def forget(self) -> None:
        """Drop what is remembered of the tables, and what is not written."""
        self._start_batch()
        for remembered in self._open.values():
            remembered.clear()

    def _statement(
        self, kind: Table, make: Callable[..., Composable], *names: str
    ) -> bytes:
        """What is said to a table, composed once."""
        known = kind.name, make.__name__, *names
        if known not in self._statements:
            made = make(kind, names) if names else make(kind)
            self._statements[known] = made.as_bytes(self.connection)
        return self._statements[known]

    def _write_ends(self, kind: Table, ended: list[Row]) -> None:
        names = (*kind.key, "valid_from", "valid_to")
        self.connection.execute(
            self._statement(kind, Table.ending),
            [[row[name] for row in ended] for name in names],
        )

    def _write_few(self, kind: Table, new: Iterable[Row]) -> None:
        written = json.dumps(list(new), ensure_ascii=False, default=str)
        self.connection.execute(
            self._statement(kind, Table.inserting), (written,), prepare=True
        )

    def _write_many(self, kind: Table, new: Iterable[Row]) -> None:
        values_of = itemgetter(*kind.columns)
        copying = self._statement(kind, Table.copying)
        with self.connection.cursor() as cursor, cursor.copy(copying) as rows:
            for row in new:
                for name in kind.json_columns:
                    if row[name] is not None:
                        row = {**row, name: _AS_JSON(row[name])}
                rows.write_row(values_of(row))
