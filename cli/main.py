"""The `samrad` command: one function a command, the work in the modules beside it.

Exit codes: 0 done; 1 refused, or not as it must be; 2 the database can not be reached
or a thing can not be decided; 3 wrong usage or settings.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import psycopg
import typer
from eventsourcing.persistence import PersistenceError
from rich.console import Console
from typer.core import TyperGroup

from cli import catalogue, notary, user
from cli import follow as following
from cli import health as wellness
from cli.children import stopped_by_signals
from cli.demonstration import NotADemo
from cli.demonstration import demo as run_demo
from cli.erase import erases, holds, vaults
from cli.exporting import exports
from cli.importing import BadRows
from cli.importing.app import imports
from cli.keeping import TakenKey
from cli.migrate import migrate as lay_out
from cli.opening import NoSuch, NotFollowed, NotLaidOut, opened
from cli.options import Consultation, Data, settings_for
from cli.postgres import NoDatabase, database
from cli.progress import progress
from cli.rebuild import rebuild as build_anew
from cli.serve import LEFT_BEHIND, Pages, PortTaken, listen
from cli.serve import serve as serve_pages
from cli.settings import WrongSettings, load
from cli.verify import verify
from domain.log import Refused, Unavailable
from ledger.keys import BadKeyFile
from ledger.note import BadNote
from ledger.policy import BadPolicy
from ledger.signing_key import BadSigningKey
from ledger.sources import Unreadable
from web.formats import WrongFile

REFUSED, UNDECIDED, USAGE = 1, 2, 3

# What typer's own complaints about arguments have in common; it has no public name.
WrongUsage: type[Exception] = typer.BadParameter.__mro__[1]


class Samrad(TyperGroup):
    """Ends every known trouble with a sentence and an exit code, not a traceback."""

    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().make_context(*args, **kwargs)
        except WrongUsage as error:
            error.exit_code = USAGE  # type: ignore[attr-defined]
            raise

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except WrongUsage as error:
            error.exit_code = USAGE  # type: ignore[attr-defined]
            raise
        except WrongSettings as error:
            _stop("\n".join(error.problems), USAGE)
        except Refused as error:
            _stop(error.en, REFUSED)
        except REFUSALS as error:
            _stop(str(error), REFUSED)
        except (NoDatabase, NotFollowed, NotLaidOut) as error:
            _stop(str(error), UNDECIDED)
        except (psycopg.OperationalError, PersistenceError, Unavailable) as error:
            _stop(f"The database does not answer: {_first_line(error)}", UNDECIDED)


REFUSALS = (
    BadKeyFile,
    BadNote,
    BadPolicy,
    BadRows,
    BadSigningKey,
    NoSuch,
    NotADemo,
    PortTaken,
    TakenKey,
    Unreadable,
    catalogue.WouldForget,
    WrongFile,
    user.AlreadyThere,
)


def _stop(said: str, code: int) -> None:
    typer.echo(said, err=True)
    raise typer.Exit(code)


def _first_line(error: BaseException) -> str:
    told = str(error) or str(error.__cause__ or "") or type(error).__name__
    return told.strip().splitlines()[0]


app = typer.Typer(
    cls=Samrad,
    help="Samråd: from draft to comment to revision, and back.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
)
users = typer.Typer(no_args_is_help=True, help="Enter people and give them roles.")
healths = typer.Typer(no_args_is_help=True, help="Ask whether a process is well.")
app.add_typer(imports, name="import")
app.add_typer(exports, name="export")
docs = typer.Typer(no_args_is_help=True, help="Write pages of docs/ from the code.")
app.add_typer(docs, name="docs")
app.add_typer(users, name="user")
app.add_typer(notary.keys, name="key")
app.add_typer(erases, name="erase")
app.add_typer(holds, name="hold")
app.add_typer(vaults, name="vault")
app.add_typer(healths, name="health")


@app.command()
def demo(
    data: Annotated[
        Path | None,
        typer.Option(
            help="Its own directory, empty or a demo's; else samrad-demo among your"
            " data, such as ~/.local/share/samrad-demo (root: /var/lib/samrad-demo)."
        ),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(min=1, max=65535, help="The port; else the first free from 8000."),
    ] = None,
    reset: Annotated[
        bool, typer.Option("--reset", help="Begin anew: forget what was done in it.")
    ] = False,
) -> None:
    """Start all of Samråd with a consultation in it, and say where it is."""
    settings = settings_for(data, quiet=False, demo=True, port=port)
    if "data" not in settings.model_fields_set:
        beside = settings.data.with_name(f"{settings.data.name}-demo")
        settings = settings.model_copy(update={"data": beside})
    run_demo(settings, reset=reset)


@app.command()
def serve(
    workers: Annotated[
        int | None, typer.Option(min=1, max=64, help="How many web processes.")
    ] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535)] = None,
    data: Data = None,
) -> None:
    """Serve the pages, until SIGINT or SIGTERM."""
    settings = settings_for(data, quiet=False, serving=True, workers=workers, port=port)
    listening = listen(settings.host, settings.port, patience=LEFT_BEHIND)
    with database(settings) as found:
        serve_pages(Pages(settings, found), listening, settings.workers)


@app.command()
def follow(data: Data = None) -> None:
    """Keep the pages' tables in step with the log, until SIGINT or SIGTERM.

    Ends with code 1 when an entry can not be applied: it is named in the log.
    """
    settings = settings_for(data, quiet=False)
    stop = stopped_by_signals()
    with database(settings) as found:
        code = following.follow(found, stop)
    raise typer.Exit(code)


@app.command()
def migrate(data: Data = None) -> None:
    """Lay out the database, or bring it up to this release. Harmless to repeat."""
    with database(settings_for(data)) as found:
        lay_out(found)
    typer.echo("The database is laid out for this release.")


@app.command()
def rebuild(data: Data = None) -> None:
    """Build the pages' tables anew from the log, while the old ones stay in use."""
    with (
        database(settings_for(data)) as found,
        progress("Rebuilding") as report,
    ):
        position = build_anew(found, report)
    typer.echo(f"The read tables are rebuilt and show the log up to {position}.")


app.command()(verify)
for vouching in (notary.sign, notary.witness, notary.notary):
    app.command()(vouching)


@docs.command("events")
def docs_events() -> None:
    """Write docs/events.md from the code; refused where old events would be lost."""
    changed = catalogue.write()
    typer.echo(
        f"{catalogue.FILE.name} is {'written anew' if changed else 'as it was'}."
    )


Email = Annotated[str, typer.Argument(help="The person's e-mail address.")]
Role = Annotated[str, typer.Argument(help="officer, editor, chair, auditor or reader")]


@users.command("add")
def user_add(
    email: Email,
    name: Annotated[str, typer.Argument(help="The person's name.")],
    public_name: Annotated[
        bool, typer.Option(help="Show the name beside the person's comments.")
    ] = False,
    role: Annotated[str, typer.Option(help="A role to begin with.")] = "",
    consultation: Consultation = "",
    data: Data = None,
) -> None:
    """Enter a person; a role without a consultation holds in all of them."""
    with opened(settings_for(data)) as found:
        id = user.add(
            found,
            email=email,
            name=name,
            public_name=public_name,
            role=role,
            consultation=consultation,
        )
    typer.echo(id)


@users.command("list")
def user_list(data: Data = None) -> None:
    """Show everybody, with roles and whom they speak for."""
    with opened(settings_for(data)) as found:
        user.show(found, Console())


@users.command("grant")
def user_grant(
    email: Email, role: Role, consultation: Consultation = "", data: Data = None
) -> None:
    """Give a person a role, in one consultation or in all."""
    with opened(settings_for(data)) as found:
        user.grant(found, email=email, role=role, consultation=consultation)


@users.command("revoke")
def user_revoke(
    email: Email, role: Role, consultation: Consultation = "", data: Data = None
) -> None:
    """Take a role back; name the consultation that it was given in."""
    with opened(settings_for(data)) as found:
        user.revoke(found, email=email, role=role, consultation=consultation)


@healths.command("web")
def health_web() -> None:
    """Whether the web process of this machine answers and is ready."""
    _tell(wellness.web(load()))


@healths.command("follower")
def health_follower(data: Data = None) -> None:
    """Whether the follower is alive and no entry has stopped it."""
    with database(settings_for(data)) as found:
        _tell(wellness.follower(found.follower))


@healths.command("signer")
def health_signer(data: Data = None) -> None:
    """Whether the signer of this installation answers."""
    _tell(wellness.signer(settings_for(data)))


@healths.command("witness")
def health_witness(
    address: Annotated[str, typer.Argument(help="Such as http://127.0.0.1:8090.")],
) -> None:
    """Whether a witness answers."""
    _tell(wellness.witness(address))


@healths.command("notary")
def health_notary(data: Data = None) -> None:
    """Whether a notary is at work, and what is in its way if it can not publish."""
    with notary.notary_database(settings_for(data)) as url:
        _tell(wellness.notary(url))


def _tell(verdict: wellness.Verdict) -> None:
    typer.echo(verdict.said, err=not verdict.is_well)
    raise typer.Exit(0 if verdict.is_well else REFUSED)


if __name__ == "__main__":
    sys.exit(app())
