"""`samrad import`: one function a command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.importing import Outcome, told
from cli.importing import proposal as documents
from cli.importing.comment import import_comments
from cli.importing.organisation import import_organisations
from cli.opening import opened
from cli.options import Data, settings_for
from cli.progress import progress

imports = typer.Typer(
    no_args_is_help=True,
    help="Bring files in. The same file again records nothing more.",
)

File = Annotated[Path, typer.Argument(help="Markdown, Word or plain text.")]
Table = Annotated[Path, typer.Argument(help="A CSV file; docs/formats.md has columns.")]
Into = Annotated[str, typer.Option(help="The consultation's id or whole title.")]
Reference = Annotated[
    str, typer.Option(help="Its name in the source; else the file's, without ending.")
]
Title = Annotated[str, typer.Option(help="Else the text's own.")]
By = Annotated[str, typer.Option(help="Who does it, by e-mail; else the operator.")]
SkipBad = Annotated[
    bool, typer.Option("--skip-bad", help="Leave bad rows out and record the others.")
]


@imports.command("proposal")
def import_proposal(
    file: File,
    consultation: Into,
    title: Title = "",
    order: Annotated[int | None, typer.Option(help="Its number.", min=1)] = None,
    reference: Reference = "",
    publish: Annotated[bool, typer.Option("--publish", help="As version 1.")] = False,
    by: By = "",
    data: Data = None,
) -> None:
    """Make a file a proposal: headings, paragraphs, lists and tables are kept."""
    with opened(settings_for(data)) as found:
        imported = documents.import_proposal(
            found,
            file,
            consultation=consultation,
            title=title,
            order=order,
            reference=reference,
            publish=publish,
            by=by,
        )
        found.catch_up()
    typer.echo(f"{imported.id}  {imported.said}")


@imports.command("revision")
def import_revision(
    file: File,
    proposal: Annotated[
        str, typer.Option(help="The proposal's id, reference or title.")
    ],
    title: Title = "",
    reference: Reference = "",
    reason: Annotated[str, typer.Option(help="Why each change is made.")] = "",
    adopt: Annotated[
        bool, typer.Option("--adopt", help="Make it the next edition.")
    ] = False,
    publish: Annotated[
        bool, typer.Option("--publish", help="Adopt it and publish the edition.")
    ] = False,
    by: By = "",
    data: Data = None,
) -> None:
    """Make a later text of a proposal a revision of it, passage by passage."""
    with opened(settings_for(data)) as found:
        imported = documents.import_revision(
            found,
            file,
            proposal=proposal,
            title=title,
            reference=reference,
            reason=reason,
            adopt=adopt,
            publish=publish,
            by=by,
        )
        found.catch_up()
    typer.echo(f"{imported.id}  {imported.said}")


@imports.command("comments")
def comments(
    file: Table,
    consultation: Into,
    skip_bad: SkipBad = False,
    by: By = "",
    data: Data = None,
) -> None:
    """File a table's comments for those who made them: all of them, or none."""
    with opened(settings_for(data)) as found:
        outcome = import_comments(
            found, file, consultation=consultation, skip_bad=skip_bad, by=by
        )
    _tell(file, outcome)


@imports.command("organisations")
def organisations(
    file: Table, skip_bad: SkipBad = False, by: By = "", data: Data = None
) -> None:
    """Enter organisations that are not in the register."""
    with (
        opened(settings_for(data)) as found,
        progress("Recording") as report,
    ):
        outcome = import_organisations(
            found, file, skip_bad=skip_bad, by=by, report=report
        )
    _tell(file, outcome)


def _tell(file: Path, outcome: Outcome) -> None:
    if outcome.unread:
        typer.echo(f"Columns not read: {', '.join(outcome.unread)}.", err=True)
    for line in told(file, outcome.bad):
        typer.echo(line, err=True)
    typer.echo(
        f"{outcome.recorded} recorded, {outcome.there_already} there already,"
        f" {len({row.line for row in outcome.bad})} left out."
    )
