"""`samrad demo`: all of Samråd in one command, with a consultation in it."""

from __future__ import annotations

import fcntl
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from subprocess import CalledProcessError

import psycopg
import typer

from cli import health, logs
from cli.account import Account
from cli.children import Child, Children, stopped_by_signals
from cli.demo import people
from cli.demo.load import load
from cli.follow import follow
from cli.keepers import keep
from cli.keeping import Keeping
from cli.migrate import migrate
from cli.notarising import Notarising, notarise_alone, read_policy
from cli.postgres import Database, NoDatabase, Server, embedded, throw_away
from cli.progress import progress
from cli.serve import LEFT_BEHIND, Pages, PortTaken, listen, serve
from cli.settings import Settings

MARK = "demo"
"""The file that tells a demo's directory from all others, and how far it has come."""
EMPTY, LOADING, LOADED = "empty", "loading", "loaded"

PORTS_TRIED = 20


class NotADemo(Exception):
    """The directory holds something else, which a demo must not touch."""

    def __init__(self, data: Path) -> None:
        super().__init__(
            f"{data} is neither empty nor a demo's directory, so it is left alone."
            " Name another one with --data."
        )


def demo(settings: Settings, *, reset: bool) -> None:
    """Run until SIGINT, SIGTERM or SIGHUP. Raises NotADemo, NoDatabase, PortTaken."""
    # Until all of it runs, a signal simply ends what goes on; the next start goes on
    # from there, or begins anew if the history was only half written.
    for each in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.default_int_handler)
    mark = _mark(settings.data)
    with _listening(settings) as listening, ExitStack() as running:
        settings = settings.model_copy(update={"port": listening.getsockname()[1]})
        with _alone(mark):
            if reset:
                throw_away(settings.data)
            elif mark.read_text().strip() == LOADING:
                typer.echo("The demo's history was only half written: it begins anew.")
                throw_away(settings.data)
            server = running.enter_context(embedded(settings.data))
            _prepare(Database.on(server), mark, Keeping.of(settings))
        _run(settings, server, listening, stopped_by_signals())


def _mark(data: Path) -> Path:
    """The mark in a demo's directory; an empty or missing one becomes a demo's."""
    mark = data / MARK
    is_taken = data.exists() and (not data.is_dir() or any(data.iterdir()))
    if mark.is_file():
        return mark
    if is_taken:
        raise NotADemo(data)
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        Account.for_directory(data).own(data)
        # Unless another demo, started in the same moment, has just done it.
        with suppress(FileExistsError), mark.open("x") as new:
            new.write(EMPTY + "\n")
    except (OSError, CalledProcessError) as error:
        raise NoDatabase(f"A demo can not be kept in {data}: {error}.") from error
    return mark


@contextmanager
def _alone(mark: Path) -> Iterator[None]:
    """Meanwhile no other demo lays out the same directory; waits for one that does."""
    with mark.open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            typer.echo("Another samrad demo is making it ready: waiting for that.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _listening(settings: Settings) -> socket.socket:
    """The port that was named, or the first free one from the usual on."""
    last = settings.port + PORTS_TRIED
    if "port" in settings.model_fields_set or last > 65535:
        return listen(settings.host, settings.port, patience=LEFT_BEHIND)
    for port in range(settings.port, last):
        try:
            return listen(settings.host, port)
        except PortTaken:
            continue
    return listen(settings.host, last)


def _prepare(database: Database, mark: Path, keeping: Keeping) -> None:
    """Lay out the database, and write the history unless it is there.

    A log that begins anew gets new keys: those of the old one have signed that.
    """
    migrate(database)
    with psycopg.connect(database.owner) as connection:
        row = connection.execute("SELECT position FROM log.head").fetchone()
    if row == (0,) or not keeping.policy.exists():
        keeping.begin_demo()
    if row == (0,):
        mark.write_text(LOADING + "\n")
        with progress("Writing the demo's history") as report:
            load(database, report)
    mark.write_text(LOADED + "\n")


def _run(
    settings: Settings,
    server: Server,
    listening: socket.socket,
    stop: threading.Event,
) -> None:
    """Keep the follower, the web process and PostgreSQL going until told to stop."""
    database = Database.on(server)
    with Children(
        Child("follower", _follow, settings, database),
        Child("web", serve, Pages(settings, database, people), listening),
    ) as children:
        vouching = _vouching(settings, database)
        is_told = False
        while not stop.is_set():
            children.tend()
            server.keep_running()
            if not is_told and health.web(settings, patience=1).is_well:
                is_told = True
                children.add(*vouching)  # Not before: they would keep it waiting.
                typer.echo(
                    f"\n  Samråd is at {settings.address}\n\n"
                    "  Sign in there with one click, as any of its roles. Ctrl-C stops"
                    f" it.\n  Everything is kept in {settings.data};"
                    " `samrad demo --reset` begins anew.\n"
                )
        typer.echo("Stopping.")


def _vouching(settings: Settings, database: Database) -> list[Child]:
    """The signer, one witness and the notary, which is in want of the other two."""
    keeping = Keeping.of(settings)
    policy = read_policy(keeping.policy)
    given = Notarising(
        database.notary,
        keeping.policy,
        keeping.signer_address,
        settings.log_format,
        settings.log_level,
    )
    return [
        Child("signer", keep, keeping.demo_signer(settings)),
        Child("witness", keep, keeping.demo_witness(settings, policy.log.key)),
        Child("notary", notarise_alone, given),
    ]


def _follow(settings: Settings, database: Database) -> None:
    logs.configure(settings.log_format, settings.log_level)
    sys.exit(follow(database, stopped_by_signals()))
