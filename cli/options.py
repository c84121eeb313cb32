"""Options that several commands share, and the settings that they change."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from cli import logs
from cli.settings import Settings, load

Data = Annotated[
    Path | None,
    typer.Option("--data", help="The directory of our own PostgreSQL server."),
]
Consultation = Annotated[
    str, typer.Option("--consultation", help="Its id or its whole title.")
]


def settings_for(
    data: Path | None = None,
    *,
    quiet: bool = True,
    serving: bool = False,
    **given: Any,
) -> Settings:
    """The settings, those given here before the others, and the log set up for them.

    `quiet` is for a command that a person waits for: it logs warnings only, unless
    the settings say otherwise.
    """
    given = {name: value for name, value in given.items() if value is not None}
    settings = load(serving=serving, **given, **({"data": data} if data else {}))
    quiet = quiet and "log_level" not in settings.model_fields_set
    logs.configure(settings.log_format, "warning" if quiet else settings.log_level)
    return settings
