"""The process that follows the log, until it is told to stop or can not go on."""

from __future__ import annotations

import threading
from contextlib import closing

import psycopg
import structlog
from eventsourcing.persistence import PersistenceError

from cli.opening import following_log, require_laid_out
from cli.postgres import Database
from projections.follower import CannotApply, Follower, PlanHasChanged

log = structlog.get_logger("follow")

AWAY = (psycopg.OperationalError, PersistenceError)
"""What a database that can not be reached looks like."""


def follow(database: Database, stop: threading.Event) -> int:
    """Follow the log until told to stop; the exit code is 1 when it can not go on.

    A database that can not be reached, also at the start, is waited for. Raises
    NotLaidOut.
    """
    while not stop.is_set():
        try:
            require_laid_out(database.follower)
            with (
                closing(following_log(database)) as entries,
                closing(Follower(entries, database.follower)) as follower,
            ):
                follower.follow(stop)
        except CannotApply:
            # The follower has named the entry in its log line and in readiness.
            return 1
        except PlanHasChanged:
            log.error("stopped", reason="another release has built the read tables")
            return 1
        except AWAY as error:
            log.warning("database away", reason=type(error).__name__, retry_in=1)
            stop.wait(1)
    return 0
