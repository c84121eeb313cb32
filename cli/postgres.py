"""Where PostgreSQL is: the one that is named, or a server of our own in a directory.

Every process that uses a directory holds a shared lock on the file `in-use`. The kernel
lets go of it however the process ends, so there is no list of processes to go stale.
The server starts and stops under the exclusive lock `lock`, and the last one out stops
it. One that was left running by a killed process is simply used again, and one that is
killed itself is started again by the processes that use it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import CalledProcessError
from threading import Event, Thread

import psycopg
import structlog
from psycopg.conninfo import conninfo_to_dict
from psycopg.sql import SQL, Identifier, Literal

from cli.account import Account
from cli.embedded import KEYS, SUPERUSER, NoDatabase, Server
from cli.settings import Settings, require_keys

__all__ = [
    "Database",
    "NoDatabase",
    "Server",
    "database",
    "embedded",
    "let_roles_sign_in",
    "throw_away",
]

log = structlog.get_logger(__name__)

WRAPPING = "wrapping-keys"
"""The file of an installation's key-encryption keys, beside its PostgreSQL."""


@dataclass(frozen=True, slots=True)
class Vault:
    """Where the keys are that personal data is sealed with.

    `file` holds what they are wrapped with: it is kept apart from their database, as
    their database is from the log's.
    """

    owner: str
    url: str
    file: Path


@dataclass(frozen=True, slots=True)
class Database:
    """Where each role signs in: to lay out, to follow, to publish, to use the log."""

    owner: str
    follower: str
    notary: str
    web: str
    vault: Vault

    @classmethod
    def on(cls, server: Server) -> Database:
        """The databases of a server of our own."""
        return cls(
            owner=server.url,
            follower=server.url_of("samrad_follower"),
            notary=server.url_of("samrad_notary"),
            web=server.url_of("samrad_web"),
            vault=Vault(
                owner=server.url_of(SUPERUSER, KEYS),
                url=server.url_of("samrad_keys", KEYS),
                file=server.data / WRAPPING,
            ),
        )

    @property
    def log(self) -> dict[str, str]:
        """What the log is opened with, to append to it."""
        return {
            "LOG_DATABASE_URL": self.web,
            "KEYS_DATABASE_URL": self.vault.url,
            "KEYS_FILE": str(self.vault.file),
        }

    @property
    def followed_log(self) -> dict[str, str]:
        """What the log is opened with, to read it only."""
        follower = {
            "LOG_DATABASE_URL": self.follower,
            "LOG_DATABASE_ROLE": "samrad_follower",
        }
        return self.log | follower


@contextmanager
def database(settings: Settings) -> Iterator[Database]:
    """The database that the settings name, or else our own server while it is used.

    Our own is started again if it is killed. Raises NoDatabase when it can not run, and
    WrongSettings where a database is named without that of its keys.
    """
    if settings.database_url:
        require_keys(settings)
        yield Database(
            owner=settings.owner_database_url or settings.database_url,
            follower=settings.follower_database_url or settings.database_url,
            notary=settings.notary_database_url or settings.database_url,
            web=settings.database_url,
            vault=Vault(
                owner=settings.owner_keys_database_url or settings.keys_database_url,
                url=settings.keys_database_url,
                file=settings.keys_file or settings.data / WRAPPING,
            ),
        )
        return
    with embedded(settings.data) as server, _tended(server):
        yield Database.on(server)


@contextmanager
def _tended(server: Server) -> Iterator[None]:
    """Meanwhile a server that somebody kills is started again."""
    done = Event()

    def tend() -> None:
        while not done.wait(1):
            try:
                server.keep_running()
            except (NoDatabase, psycopg.OperationalError) as error:
                log.error("postgres.away", reason=str(error))

    tending = Thread(target=tend, name="postgres", daemon=True)
    tending.start()
    try:
        yield
    finally:
        done.set()
        tending.join()


@contextmanager
def embedded(data: Path, *, durable: bool = True) -> Iterator[Server]:
    """A server of our own in a directory: made on first use, shared by all who ask.

    Raises NoDatabase when it can not run there.
    """
    try:
        data = data.expanduser().absolute()
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        data = data.resolve()
        account = Account.for_directory(data)
        if not any(data.iterdir()):
            account.own(data)
        if not account.enters(data):
            raise NoDatabase(
                f"PostgreSQL does not run as root but as {account.name}, who can not"
                f" enter {data}. Name a directory that is not inside root's own, such"
                " as /var/lib/samrad, with --data."
            )
        server = Server(data, account, durable=durable)
        in_use = account.open(data / "in-use")
    except (OSError, CalledProcessError) as error:
        reason = error.strerror if isinstance(error, OSError) else error.stderr.strip()
        raise NoDatabase(f"PostgreSQL can not use {data}: {reason}.") from error
    try:
        with server.locked():
            fcntl.flock(in_use, fcntl.LOCK_SH)
        try:  # Around the start too, which Ctrl-C can stop when it is nearly done.
            with server.locked():
                server.start()
            yield server
        finally:
            with server.locked():
                if _is_last(in_use):
                    server.stop()
    finally:
        os.close(in_use)


def throw_away(data: Path) -> None:
    """Remove the database of a server of our own, and everything in it.

    Raises NoDatabase while somebody uses it.
    """
    try:
        account = Account.for_directory(data)
        server = Server(data, account)
        in_use = account.open(data / "in-use")
    except OSError as error:
        raise NoDatabase(f"{data} can not be emptied: {error.strerror}.") from error
    try:
        with server.locked():
            if not _is_last(in_use):
                raise NoDatabase(f"Another samrad uses {data}. Stop it and try again.")
            server.stop()
            if server.files.exists():
                shutil.rmtree(server.files)
            (data / WRAPPING).unlink(missing_ok=True)
    finally:
        os.close(in_use)


def let_roles_sign_in(database: Database) -> None:
    """Give our roles the passwords in their addresses.

    The roles are there already. An address that names another user is left alone: that
    user is someone else's to look after. Raises psycopg.Error when it does not succeed.
    """
    for owner, role, url in (
        (database.owner, "samrad_follower", database.follower),
        (database.owner, "samrad_notary", database.notary),
        (database.owner, "samrad_web", database.web),
        (database.vault.owner, "samrad_keys", database.vault.url),
    ):
        named = conninfo_to_dict(url)
        if named.get("user") != role:
            continue
        with psycopg.connect(owner) as connection:
            query = SQL("ALTER ROLE {} LOGIN").format(Identifier(role))
            if password := str(named.get("password") or ""):
                # Scrambled here, so that the server and its log never see it.
                scrambled = connection.pgconn.encrypt_password(
                    password.encode(), role.encode(), b"scram-sha-256"
                )
                query += SQL(" PASSWORD {}").format(Literal(scrambled.decode()))
            connection.execute(query)


def _is_last(in_use: int) -> bool:
    try:
        # Never waits: a lock that others share too can not be had alone.
        fcntl.flock(in_use, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
