"""Records the demo's story in an empty log, through the commands that pages use."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from datetime import datetime
from uuid import UUID

from cli.demo.content import Content
from cli.demo.story import Story
from cli.opening import following_log
from cli.postgres import Database
from cli.progress import Report
from domain.log import STOCKHOLM, Log
from domain.proposal import Standing
from projections.comment import standings_on
from projections.follower import Follower
from projections.reads import ReadPool


def load(database: Database, report: Report) -> None:
    """Fill an empty log with a consultation that began ten weeks ago."""
    with (
        closing(Log(database.log)) as log,
        closing(ReadPool(database.web, size=2)) as reads,
        closing(following_log(database)) as followed,
        closing(Follower(followed, database.follower)) as follower,
    ):

        def standings(proposal: UUID, edition: int) -> Mapping[UUID, Standing]:
            follower.catch_up()
            with reads() as now:
                return standings_on(now, proposal, not_in=edition)

        today = datetime.now(STOCKHOLM).date()
        acts = Story(Content(), today, standings).acts()
        for done, act in enumerate(acts, start=1):
            act.command(log, now=act.at, **act.given)
            report(done, len(acts))
        follower.catch_up()
