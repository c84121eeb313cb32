"""The log's tree in tiles, as C2SP tlog-tiles describes them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

SCHEMA = Path(__file__).with_name("tlog.sql")


@dataclass(frozen=True, slots=True)
class Published:
    """A checkpoint as it is given out: how many entries, the signed note, and when."""

    size: int
    note: bytes
    published_at: datetime


def migrate(connection: Connection[Any]) -> None:
    """Create or update the tables and grants; the connection is the owner's.

    The log's own tables are there already.
    """
    connection.execute(SCHEMA.read_text().encode())


def published(connection: Connection[Any]) -> Published | None:
    """The newest checkpoint; None before the first."""
    with connection.cursor(row_factory=class_row(Published)) as cursor:
        return cursor.execute(
            "SELECT size, note, published_at FROM tlog.checkpoint"
            " ORDER BY number DESC LIMIT 1"
        ).fetchone()
