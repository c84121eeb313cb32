"""The log and the read tables, opened for a command that does its work and ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from time import monotonic, sleep
from uuid import UUID

import psycopg

from cli.postgres import Database, database
from cli.settings import Settings
from domain.log import SYSTEM, Log
from projections.consultation import ConsultationRow, consultations
from projections.follower import Follower
from projections.person import person_by_email
from projections.reads import ReadPool

PATIENCE = 60.0
"""Seconds to wait for a follower that works elsewhere."""


class NotLaidOut(Exception):
    """There is a database, but `samrad migrate` has not been run on it."""

    def __init__(self) -> None:
        super().__init__("The database is not laid out yet: run `samrad migrate`.")


class NotFollowed(Exception):
    """What is recorded is not shown, and this command may not change that itself."""

    def __init__(self, head: int) -> None:
        super().__init__(
            f"Entry {head} is recorded but not shown: is `samrad follow` running?"
            " `samrad health follower` tells."
        )


class NoSuch(Exception):
    """What was named on the command line is not there; the sentence says what is."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What a command works with."""

    database: Database
    log: Log
    reads: ReadPool

    def catch_up(self) -> int:
        """Have the read tables show all of the log; returns the position reached.

        Who may not write them, as in a web process's container, waits for the follower
        to do it. Raises NotFollowed when it does not.
        """
        try:
            with closing(Follower(self.log, self.database.follower)) as follower:
                follower.prepare()
                return follower.catch_up()
        except psycopg.OperationalError as error:
            # The server tells no code while one signs in.
            if "permission denied to set role" not in str(error):
                raise
        return self._followed(self.log.head())

    def _followed(self, head: int) -> int:
        deadline = monotonic() + PATIENCE
        while monotonic() < deadline:
            with self.reads() as reads:
                if reads.position >= head:
                    return reads.position
            sleep(0.05)
        raise NotFollowed(head)

    def consultation(self, named: str) -> ConsultationRow:
        """The consultation with this id or title; NoSuch lists those there are."""
        with self.reads() as reads:
            found = consultations(reads)
        sought = named.strip().casefold()
        for one in found:
            names = (str(one.id), one.id.hex, one.title, one.title_en)
            if sought in map(str.casefold, names):
                return one
        titles = "".join(f"\n  {one.id}  {one.title}" for one in found) or " none."
        raise NoSuch(f"There is no consultation “{named}”. There are:{titles}")

    def actor(self, email: str) -> UUID:
        """Who acts: the person with this address, or the operator for an empty one."""
        if not email:
            return SYSTEM
        with self.reads() as reads:
            found = person_by_email(reads, email)
        if found is None:
            raise NoSuch(f"Nobody has the address {email}: see `samrad user list`.")
        return found.id


@contextmanager
def opened(settings: Settings) -> Iterator[Opened]:
    """What a command works with, given back when it ends.

    Raises NoDatabase, NotLaidOut, or psycopg.OperationalError where there is none.
    """
    with database(settings) as found:
        require_laid_out(found.web)
        with (
            closing(Log(found.log)) as log,
            closing(ReadPool(found.web, size=2)) as reads,
        ):
            yield Opened(found, log, reads)


def require_laid_out(url: str) -> None:
    """Refuse a database that has no log in it. Raises NotLaidOut."""
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            row = connection.execute(
                "SELECT to_regnamespace('log') IS NOT NULL"
                " AND to_regnamespace('session') IS NOT NULL"
            ).fetchone()
    except psycopg.OperationalError as error:
        # The role is made there too. The server tells no code while one signs in.
        if 'FATAL:  role "samrad_' in str(error):
            raise NotLaidOut from error
        raise
    if row != (True,):
        raise NotLaidOut


def following_log(database: Database) -> Log:
    """The log as the follower reads it, in a role that can not append."""
    return Log(database.followed_log)
