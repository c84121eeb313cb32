"""`samrad export`: tables as CSV or JSON, and the whole log as a file to check."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, BinaryIO, Literal
from uuid import UUID

import typer
from starlette.routing import Router

from cli.opening import opened, require_laid_out
from cli.options import Data, settings_for
from cli.postgres import database
from cli.progress import progress
from cli.settings import Settings
from cli.verify import policy_file
from ledger.bundle import write_bundle
from ledger.sealing import ERASED
from ledger.sources import DatabaseSource
from projections import export
from web.app import ROUTES
from web.formats.tables import write_csv, write_json

Format = Literal["csv", "json"]

exports = typer.Typer(
    no_args_is_help=True,
    help="Write tables out, CSV that Swedish Excel opens or JSON; or the whole log.",
)

Of = Annotated[
    str, typer.Option("--consultation", help="The consultation's id or whole title.")
]
As = Annotated[Format, typer.Option("--format", help="csv or json")]
Out = Annotated[
    Path | None, typer.Option(help="The file to write; else the standard output.")
]


@exports.command("trace")
def trace(
    consultation: Of, format: As = "csv", out: Out = None, data: Data = None
) -> None:
    """What became of every comment: issue, disposition, answer, change, place now."""
    settings = settings_for(data)
    with opened(settings) as found, found.reads() as reads:
        place = found.consultation(consultation).id
        rows = export.trace(reads, place, _link(settings, place))
        _write(export.TRACE, rows, format, out)


@exports.command("comments")
def comments(
    consultation: Of, format: As = "csv", out: Out = None, data: Data = None
) -> None:
    """Every comment, in columns that `samrad import comments` reads again."""
    with opened(settings_for(data)) as found, found.reads() as reads:
        rows = export.comments(reads, found.consultation(consultation).id)
        _write(export.COMMENTS, rows, format, out)


@exports.command("log")
def log(
    consultation: Annotated[
        str, typer.Option(help="The consultation's id or title; else all.")
    ] = "",
    format: As = "json",
    out: Out = None,
    data: Data = None,
) -> None:
    """Every entry of the log, whole, in its order."""
    with opened(settings_for(data)) as found, found.reads() as reads:
        place = found.consultation(consultation).id if consultation else None
        rows = export.log(reads, place)
        if format == "csv":
            rows = ((*entry, json.dumps(event)) for *entry, event in rows)
        _write(export.LOG, rows, format, out)


@exports.command("bundle")
def bundle(
    file: Annotated[Path, typer.Argument(help="The file to write.")],
    data: Data = None,
) -> None:
    """The whole log with all that is signed, for `samrad verify --bundle`. No keys."""
    settings = settings_for(data)
    trusted = policy_file(settings)
    text = trusted.read_text("utf-8") if trusted.exists() else ""
    with (
        database(settings) as found,
        progress("Exporting") as report,
    ):
        require_laid_out(found.web)
        with DatabaseSource(found.follower) as source:
            written = write_bundle(source, text, file, report)
    typer.echo(f"{file} has {written.size} entries, {written.sealed} of them sealed.")


def _link(settings: Settings, consultation: UUID) -> str:
    """The address of a comment's page, with {id} where its id goes."""
    any_id = UUID(int=0)
    path = Router(routes=ROUTES).url_path_for(
        "comment.show", consultation=consultation, comment=any_id
    )
    return settings.address + str(path).replace(str(any_id), "{id}")


def _write(
    columns: Sequence[str], rows: Iterator[export.Row], format: Format, out: Path | None
) -> None:
    """Write the table piece by piece, to a file that is whole or not there at all."""
    told = (tuple(map(in_words, row)) for row in rows)
    pieces = write_csv(columns, told) if format == "csv" else write_json(columns, told)
    if out is None:
        _pour(pieces, sys.stdout.buffer)
        return
    unfinished = out.with_name(out.name + ".unfinished")
    with ExitStack() as undo:
        undo.callback(unfinished.unlink, missing_ok=True)
        with unfinished.open("wb") as file:
            _pour(pieces, file)
        unfinished.replace(out)


def in_words(cell: object) -> object:
    """A cell; what has been erased says so, in the language of those who work on it."""
    return "Uppgiften raderad" if cell == ERASED else cell


def _pour(pieces: Iterator[bytes], into: BinaryIO) -> None:
    for piece in pieces:
        into.write(piece)
    into.flush()
