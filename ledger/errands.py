"""What the notary sees to beside publishing, in a thread of its own.

Audits of the whole log, when they were asked for and once a day; and erasures that were
interrupted. Neither holds up a checkpoint, and neither stops the notary by failing.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from time import monotonic
from typing import Any

import structlog
from psycopg import Connection

ERASURES_EVERY = 60.0
"""Seconds between two looks for interrupted erasures."""
AGAIN_AFTER = 60.0
"""Seconds until an audit that has failed is tried again."""

_IS_DUE = (
    "SELECT NOT EXISTS (SELECT FROM tlog.audit"
    " WHERE asked_at > now() - interval '1 day')"
)
_IS_ASKED_FOR = "SELECT EXISTS (SELECT FROM tlog.audit WHERE ended_at IS NULL)"

log = structlog.get_logger("notary")


class Errands:
    """Runs each when it is due, one at a time."""

    def __init__(
        self,
        audit: Callable[[], None] | None,
        finish_erasures: Callable[[], None] | None,
    ) -> None:
        self._audit = audit
        self._finish_erasures = finish_erasures
        self._working: Thread | None = None
        self._next_audit = self._next_erasures = monotonic()

    def run_when_due(self, connection: Connection[Any]) -> None:
        """Begin what is due, unless something is under way."""
        if self._working is not None and self._working.is_alive():
            return
        now = monotonic()
        if self._finish_erasures and now >= self._next_erasures:
            self._next_erasures = now + ERASURES_EVERY
            self._begin("erasures", self._finish_erasures)
        elif self._audit and now >= self._next_audit and _audit_is_due(connection):
            # Soon enough for whoever asks next, and not at once if it fails.
            self._next_audit = now + AGAIN_AFTER
            self._begin("audit", self._audited)

    def _audited(self) -> None:
        assert self._audit  # noqa: S101
        self._audit()
        self._next_audit = monotonic()

    def _begin(self, what: str, work: Callable[[], None]) -> None:
        def run() -> None:
            try:
                work()
            except Exception:
                log.exception("failed", errand=what)

        self._working = Thread(target=run, daemon=True, name=what)
        self._working.start()


def _audit_is_due(connection: Connection[Any]) -> bool:
    if connection.execute(_IS_DUE).fetchone() == (True,):
        connection.execute("SELECT tlog.ask_for_audit(NULL)")
    return connection.execute(_IS_ASKED_FOR).fetchone() == (True,)
