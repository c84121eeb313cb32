"""Builds the read tables anew from the log, while pages go on showing the old ones."""

from __future__ import annotations

from contextlib import closing

from cli.opening import following_log, require_laid_out
from cli.postgres import Database
from cli.progress import Report
from projections import follower


def rebuild(database: Database, report: Report) -> int:
    """Build every read table from the whole log; returns the position reached."""
    require_laid_out(database.web)
    with closing(following_log(database)) as log:
        return follower.rebuild(log, database.follower, report)
