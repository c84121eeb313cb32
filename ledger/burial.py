"""Keeps destroyed what the log says has been erased, whatever backup came back.

A backup of the keys from before an erasure holds the key again, and not its tombstone.
The log remembers: every thing that was erased has an entry whose topic ends in .erased.
"""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from psycopg import Connection

from ledger.keys import Keys


def bury(log: Connection[Any], keys: Keys) -> list[UUID]:
    """Destroy again every key that should be gone; returns whose came back.

    The index on those entries makes it quick, however long the log is.
    """
    buried = {scope for scope, _, _ in keys.destroyed()}
    found = log.execute(
        "SELECT originator_id, position, state FROM log.entry"
        " WHERE topic LIKE '%.erased' ORDER BY position"
    ).fetchall()
    risen = [each for each in found if each[0] not in buried]
    for scope, position, state in risen:
        keys.destroy(scope, decision=_erasure(state, scope), position=position)
    return [scope for scope, _, _ in risen]


def _erasure(state: bytes, scope: UUID) -> UUID:
    """The erasure that an entry names, or the thing itself where it names none."""
    named = json.loads(state).get("erasure")
    return UUID(named["_data_"]) if isinstance(named, dict) else scope
