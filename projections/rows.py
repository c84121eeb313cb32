"""The read rows that a batch of entries changes: kept in memory, written together."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from operator import itemgetter
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import dict_row
from psycopg.sql import SQL, Composable, Identifier

Row = dict[str, Any]
Key = tuple[Any, ...]

MOST_REMEMBERED = 50_000
"""Open rows kept from batch to batch, so that a change need not read its row first."""


@dataclass(frozen=True)
class Table:
    """A read table as the catalogue describes it."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    types: Mapping[str, str]

    @property
    def is_closed(self) -> bool:
        """Whether rows end; those of the log itself never do."""
        return "valid_to" in self.columns

    def key_of(self, row: Row) -> Key:
        return tuple([row[column] for column in self.key])

    @cached_property
    def blank(self) -> Row:
        return dict.fromkeys(self.columns)

    def require_columns(self, row: Row) -> None:
        """Refuse a row with a column that the table does not have."""
        if len(row) != len(self.columns):
            unknown = ", ".join(row.keys() - set(self.columns))
            raise LookupError(f"no column {unknown} in {self.name}")


def tables_of(connection: Connection[Any], schema: str) -> dict[str, Table]:
    """The read tables of a schema: those whose primary key ends with valid_from."""
    found = connection.execute(
        """
        SELECT c.relname, array_agg(a.attname::text ORDER BY a.attnum)
                              FILTER (WHERE a.attgenerated = ''),
               array_agg(a.attname::text
                         ORDER BY array_position(i.indkey::int2[], a.attnum))
                              FILTER (WHERE a.attnum = ANY (i.indkey::int2[])),
               array_agg(format_type(a.atttypid, a.atttypmod) ORDER BY a.attnum)
                              FILTER (WHERE a.attgenerated = '')
          FROM pg_class c
          JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
          JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
                             AND NOT a.attisdropped
         WHERE c.relnamespace = %s::regnamespace AND c.relkind = 'r'
         GROUP BY c.oid, c.relname
        """,
        (schema,),
    ).fetchall()
    return {
        name: Table(
            name,
            tuple(columns),
            tuple(key[:-1]) or tuple(key),
            dict(zip(columns, types, strict=True)),
        )
        for name, columns, key, types in found
        if key[-1] == "valid_from"
    }


class Rows:
    """What projections read and change. `position` is that of the entry at hand.

    A row that projections got is shared: it is changed by `change` and in no other way.
    """

    def __init__(self, connection: Connection[Any], schema: str = "read") -> None:
        self.connection = connection
        self._schema = schema
        self._tables = tables_of(connection, schema)
        self._open: dict[str, dict[Key, Row]] = {name: {} for name in self._tables}
        self._queries: dict[tuple[str, ...], bytes] = {}
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
            self._query(kind, "find"), list(map(list, zip(*unknown, strict=True)))
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
        for row in () if is_begun else self._ask(self._query(kind, *how), given):
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
            self._scrubbing(kind, values, unless_empty).as_bytes(self.connection),
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

    def write(self) -> None:
        """Write what has changed; the caller commits."""
        for name, ended in self._ended.items():
            if ended:
                self._write_ends(self._tables[name], ended)
        for name, new in self._new.items():
            if new:
                self._write_new(self._tables[name], new.values())
        self._start_batch()
        self._remember_less()

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

    def _query(self, kind: Table, *how: str) -> bytes:
        known = kind.name, *how
        if known not in self._queries:
            match how:
                case ("find",):
                    query = self._finding(kind)
                case ("end",):
                    query = self._ending(kind)
                case _:
                    query = self._selecting(kind, how)
            self._queries[known] = query.as_bytes(self.connection)
        return self._queries[known]

    def _selecting(self, kind: Table, names: Iterable[str]) -> Composable:
        return SQL("SELECT {} FROM {} WHERE valid_to IS NULL AND {}").format(
            SQL(", ").join(map(Identifier, kind.columns)),
            Identifier(self._schema, kind.name),
            SQL(" AND ").join(
                SQL("{} IS NULL" if null else "{} = %s").format(Identifier(column))
                for column, _, null in (name.partition(" ") for name in names)
            ),
        )

    def _finding(self, kind: Table) -> Composable:
        # Spelt so that there is but one way to do it: by each key in turn. A plan that
        # joins, made while the table is empty, reads all of it for each key later on.
        return SQL(
            "SELECT old.* FROM unnest({arrays}) AS sought ({key}) CROSS JOIN LATERAL"
            " (SELECT {columns} FROM {table} AS old"
            " WHERE {same} AND valid_to IS NULL LIMIT 1) AS old"
        ).format(
            columns=SQL(", ").join(map(Identifier, kind.columns)),
            arrays=_arrays(kind, kind.key),
            key=SQL(", ").join(map(Identifier, kind.key)),
            table=Identifier(self._schema, kind.name),
            same=SQL(" AND ").join(
                SQL("old.{0} = sought.{0}").format(Identifier(name))
                for name in kind.key
            ),
        )

    def _ending(self, kind: Table) -> Composable:
        names = (*kind.key, "valid_from")
        return SQL(
            "UPDATE {table} AS old SET valid_to = ended.valid_to"
            " FROM unnest({arrays}) AS ended ({names}) WHERE {same}"
        ).format(
            table=Identifier(self._schema, kind.name),
            arrays=_arrays(kind, (*names, "valid_to")),
            names=SQL(", ").join(map(Identifier, (*names, "valid_to"))),
            same=SQL(" AND ").join(
                SQL("old.{0} = ended.{0}").format(Identifier(name)) for name in names
            ),
        )

    def _scrubbing(
        self, kind: Table, names: Iterable[str], unless_empty: Collection[str]
    ) -> Composable:
        one = SQL("{0} = %s")
        some = SQL("{0} = CASE WHEN {0} = '' THEN '' ELSE %s END")
        return SQL("UPDATE {table} SET {values} WHERE {key}").format(
            table=Identifier(self._schema, kind.name),
            values=SQL(", ").join(
                (some if name in unless_empty else one).format(Identifier(name))
                for name in names
            ),
            key=SQL(" AND ").join(one.format(Identifier(name)) for name in kind.key),
        )

    def _write_ends(self, kind: Table, ended: list[Row]) -> None:
        names = (*kind.key, "valid_from", "valid_to")
        self.connection.execute(
            self._query(kind, "end"), [[row[name] for row in ended] for name in names]
        )

    def _write_new(self, kind: Table, new: Iterable[Row]) -> None:
        copy = SQL("COPY {} ({}) FROM STDIN").format(
            Identifier(self._schema, kind.name),
            SQL(", ").join(map(Identifier, kind.columns)),
        )
        json_columns = [name for name in kind.columns if kind.types[name] == "jsonb"]
        values_of = itemgetter(*kind.columns)
        with self.connection.cursor() as cursor, cursor.copy(copy) as rows:
            for row in new:
                for name in json_columns:
                    if row[name] is not None:
                        row = {**row, name: json.dumps(row[name], ensure_ascii=False)}
                rows.write_row(values_of(row))


def _arrays(kind: Table, names: Iterable[str]) -> Composable:
    """Placeholders for one list of values for each column."""
    return SQL(", ").join(
        SQL("%s::{}[]").format(SQL(kind.types[name])) for name in names
    )
