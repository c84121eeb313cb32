"""Read tables as the catalogue describes them, and what is said to them in SQL."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from psycopg import Connection
from psycopg.sql import SQL, Composable, Identifier

Row = dict[str, Any]
Key = tuple[Any, ...]


@dataclass(frozen=True)
class Table:
    """A read table as the catalogue describes it."""

    schema: str
    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    types: Mapping[str, str]

    @property
    def is_closed(self) -> bool:
        """Whether rows end; those of the log itself never do."""
        return "valid_to" in self.columns

    @cached_property
    def json_columns(self) -> tuple[str, ...]:
        return tuple(name for name in self.columns if self.types[name] == "jsonb")

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

    def selecting(self, names: Iterable[str]) -> Composable:
        """The rows that stand and have certain values; `name NULL` asks for none."""
        return SQL("SELECT {} FROM {} WHERE valid_to IS NULL AND {}").format(
            _named(self.columns),
            self._identifier,
            SQL(" AND ").join(
                SQL("{} IS NULL" if null else "{} = %s").format(Identifier(column))
                for column, _, null in (name.partition(" ") for name in names)
            ),
        )

    def finding(self) -> Composable:
        """The rows that stand with certain keys."""
        # Spelt so that there is but one way to do it: by each key in turn. A plan that
        # joins, made while the table is empty, reads all of it for each key later on.
        return SQL(
            "SELECT old.* FROM unnest({arrays}) AS sought ({key}) CROSS JOIN LATERAL"
            " (SELECT {columns} FROM {table} AS old"
            " WHERE {same} AND valid_to IS NULL LIMIT 1) AS old"
        ).format(
            columns=_named(self.columns),
            arrays=self._arrays(self.key),
            key=_named(self.key),
            table=self._identifier,
            same=SQL(" AND ").join(
                SQL("old.{0} = sought.{0}").format(Identifier(name))
                for name in self.key
            ),
        )

    def ending(self) -> Composable:
        """End the rows with certain keys at certain positions."""
        names = (*self.key, "valid_from")
        return SQL(
            "UPDATE {table} AS old SET valid_to = ended.valid_to"
            " FROM unnest({arrays}) AS ended ({names}) WHERE {same}"
        ).format(
            table=self._identifier,
            arrays=self._arrays((*names, "valid_to")),
            names=_named((*names, "valid_to")),
            same=SQL(" AND ").join(
                SQL("old.{0} = ended.{0}").format(Identifier(name)) for name in names
            ),
        )

    def scrubbing(
        self, names: Iterable[str], unless_empty: Collection[str]
    ) -> Composable:
        """Overwrite some columns of all rows with a key."""
        one = SQL("{0} = %s")
        some = SQL("{0} = CASE WHEN {0} = '' THEN '' ELSE %s END")
        return SQL("UPDATE {table} SET {values} WHERE {key}").format(
            table=self._identifier,
            values=SQL(", ").join(
                (some if name in unless_empty else one).format(Identifier(name))
                for name in names
            ),
            key=SQL(" AND ").join(one.format(Identifier(name)) for name in self.key),
        )

    def copying(self) -> Composable:
        """Take in many rows, one after the other."""
        return SQL("COPY {} ({}) FROM STDIN").format(
            self._identifier, _named(self.columns)
        )

    def inserting(self) -> Composable:
        """Take in a few rows, given as one JSON array of objects."""
        return SQL(
            "INSERT INTO {table} ({columns}) SELECT {columns}"
            " FROM json_populate_recordset(NULL::{table}, %s)"
        ).format(table=self._identifier, columns=_named(self.columns))

    @property
    def _identifier(self) -> Identifier:
        return Identifier(self.schema, self.name)

    def _arrays(self, names: Iterable[str]) -> Composable:
        """Placeholders for one list of values for each column."""
        return SQL(", ").join(
            SQL("%s::{}[]").format(SQL(self.types[name])) for name in names
        )


def _named(names: Iterable[str]) -> Composable:
    return SQL(", ").join(map(Identifier, names))


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
            schema,
            name,
            tuple(columns),
            tuple(key[:-1]) or tuple(key),
            dict(zip(columns, types, strict=True)),
        )
        for name, columns, key, types in found
        if key[-1] == "valid_from"
    }
