"""What the notary sees to beside publishing, in a thread of its own.

Audits of the whole log, when they were asked for and once a day. They hold up no
checkpoint, and do not stop the notary by failing.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from time import monotonic
from typing import Any

import structlog
from psycopg import Connection

AGAIN_AFTER = 60.0
"""Seconds until an audit that has failed is tried again."""

_IS_DUE = (
    "SELECT NOT EXISTS (SELECT FROM tlog.audit"
    " WHERE asked_at > now() - interval '1 day')"
)
_IS_ASKED_FOR = "SELECT EXISTS (SELECT FROM tlog.audit WHERE ended_at IS NULL)"

log = structlog.get_logger("notary")


class Errands:
    """Runs audits when they are due, one at a time."""

    def __init__(self, audit: Callable[[], None] | None) -> None:
        self._audit = audit
        self._working: Thread | None = None
        self._next = monotonic()

    def run_when_due(self, connection: Connection[Any]) -> None:
        """Begin what is due, unless something is under way."""
        if self._audit is None or (self._working and self._working.is_alive()):
            return
        now = monotonic()
        if now >= self._next and _audit_is_due(connection):
            # Soon enough for whoever asks next, and not at once if it fails.
            self._next = now + AGAIN_AFTER
            self._working = Thread(
                target=self._run, args=(self._audit,), daemon=True, name="audit"
            )
            self._working.start()

    def _run(self, audit: Callable[[], None]) -> None:
        try:
            audit()
        except Exception:
            log.exception("failed", errand="audit")
        else:
            self._next = monotonic()


def _audit_is_due(connection: Connection[Any]) -> bool:
    if connection.execute(_IS_DUE).fetchone() == (True,):
        connection.execute("SELECT tlog.ask_for_audit(NULL)")
    return connection.execute(_IS_ASKED_FOR).fetchone() == (True,)
