"""The read rows that a batch of entries changes: kept in memory, written together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row
from psycopg.sql import SQL, Composed, Identifier, Placeholder
from psycopg.types.json import Jsonb

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
        return tuple(row[column] for column in self.key)


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
    """What projections read and change. `position` is that of the entry at hand."""

    def __init__(self, connection: Connection[Any], schema: str = "read") -> None:
        self.connection = connection
        self._schema = schema
        self._tables = tables_of(connection, schema)
        self._open: dict[str, dict[Key, Row]] = {name: {} for name in self._tables}
        self.position = 0
        self._start_batch()

    def _start_batch(self) -> None:
        self._new: dict[str, dict[int, Row]] = {name: {} for name in self._tables}
        self._ended: dict[str, list[Row]] = {name: [] for name in self._tables}
        self._touched: dict[str, set[Key]] = {name: set() for name in self._tables}

    def insert(self, table: str, **values: Any) -> None:
        """A new row, valid from the entry at hand."""
        kind = self._tables[table]
        row = dict.fromkeys(kind.columns) | values | {"valid_from": self.position}
        self._new[table][id(row)] = row
        if kind.is_closed:
            key = kind.key_of(row)
            self._open[table][key] = row
            self._touched[table].add(key)

    def find(self, table: str, *key: Any) -> Row | None:
        """The row with this key as it stands, or None."""
        if (row := self._open[table].get(key)) is not None:
            return row
        if key in self._touched[table]:
            return None
        columns = self._tables[table].key
        (row,) = self._select(table, dict(zip(columns, key, strict=True))) or (None,)
        return row

    def get(self, table: str, *key: Any) -> Row:
        """The row with this key as it stands, which must be there."""
        if (row := self.find(table, *key)) is None:
            raise LookupError(f"no row {key} in {table}")
        return row

    def where(self, table: str, **values: Any) -> list[Row]:
        """Every row that stands and has these values."""
        touched = self._touched[table]
        kind = self._tables[table]
        found = [
            row
            for row in self._select(table, values)
            if kind.key_of(row) not in touched
        ]
        for key in touched:
            row = self._open[table].get(key)
            if row and all(row[name] == value for name, value in values.items()):
                found.append(row)
        return found

    def change(self, table: str, *key: Any, **values: Any) -> None:
        """End the row with this key and go on with one that has other values."""
        row = self.get(table, *key)
        if row["valid_from"] == self.position:
            row |= values
            return
        self._end(table, key, row)
        self.insert(table, **{**row, "valid_to": None, **values})

    def close(self, table: str, *key: Any) -> None:
        """End the row with this key."""
        self._end(table, key, self.get(table, *key))

    def _end(self, table: str, key: Key, row: Row) -> None:
        del self._open[table][key]
        self._touched[table].add(key)
        if id(row) in self._new[table]:
            if row["valid_from"] == self.position:
                del self._new[table][id(row)]
            else:
                row["valid_to"] = self.position
        else:
            self._ended[table].append({**row, "valid_to": self.position})

    def _select(self, table: str, values: Mapping[str, Any]) -> list[Row]:
        kind = self._tables[table]
        query = SQL("SELECT {} FROM {} WHERE valid_to IS NULL AND {}").format(
            SQL(", ").join(map(Identifier, kind.columns)),
            Identifier(self._schema, table),
            SQL(" AND ").join(
                SQL("{} = %s").format(Identifier(name)) for name in values
            ),
        )
        with self.connection.cursor(row_factory=dict_row) as cursor:
            found = cursor.execute(query, list(values.values())).fetchall()
        rows = []
        for row in found:
            key = kind.key_of(row)
            if key in self._touched[table]:
                rows.append(row)
            else:
                rows.append(self._open[table].setdefault(key, row))
        return rows

    def write(self) -> None:
        """Write what has changed; the caller commits."""
        for table, ended in self._ended.items():
            if ended:
                self._write_ends(self._tables[table], ended)
        for table, new in self._new.items():
            if new:
                self._write_new(self._tables[table], new.values())
        self._start_batch()
        if sum(map(len, self._open.values())) > MOST_REMEMBERED:
            self.forget()

    def forget(self) -> None:
        """Drop what is remembered of the tables, and what is not written."""
        self._start_batch()
        for remembered in self._open.values():
            remembered.clear()

    def _write_ends(self, table: Table, ended: list[Row]) -> None:
        names = (*table.key, "valid_from")
        query = SQL(
            "UPDATE {table} AS old SET valid_to = ended.valid_to"
            " FROM unnest({arrays}) AS ended ({names}) WHERE {same}"
        ).format(
            table=Identifier(self._schema, table.name),
            arrays=SQL(", ").join(
                SQL("{}::{}[]").format(Placeholder(), SQL(table.types[name]))
                for name in (*names, "valid_to")
            ),
            names=SQL(", ").join(map(Identifier, (*names, "valid_to"))),
            same=SQL(" AND ").join(
                SQL("old.{0} = ended.{0}").format(Identifier(name)) for name in names
            ),
        )
        self.connection.execute(
            query, [[row[name] for row in ended] for name in (*names, "valid_to")]
        )

    def _write_new(self, table: Table, new: Iterable[Row]) -> None:
        json = {name for name, kind in table.types.items() if kind == "jsonb"}
        copy: Composed = SQL("COPY {} ({}) FROM STDIN").format(
            Identifier(self._schema, table.name),
            SQL(", ").join(map(Identifier, table.columns)),
        )
        with self.connection.cursor() as cursor, cursor.copy(copy) as rows:
            for row in new:
                rows.write_row(
                    [
                        Jsonb(row[name])
                        if name in json and row[name] is not None
                        else row[name]
                        for name in table.columns
                    ]
                )
