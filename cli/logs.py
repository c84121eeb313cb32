"""What the program says of itself while it runs: one line an event, never a text.

JSON for machines, colours on a terminal. Libraries that use Python's own logging come
out the same way. A line names things by number and id; what people wrote, their names
and their addresses stay out of it.
"""

from __future__ import annotations

import logging
import sys
from contextlib import suppress
from typing import Any, Literal, TextIO, cast

import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import ExcInfo, Processor

Format = Literal["auto", "json", "console"]
Level = Literal["debug", "info", "warning", "error"]

QUIET = (
    # Every request a second time, with the query string in it.
    "uvicorn.access",
    # The values of the events it encodes.
    "eventsourcing",
    # The mail itself.
    "aiosmtplib",
    # A line for each connection that a pool opens or closes.
    "psycopg.pool",
    "asyncio",
)

SELDOM = 10.0
"""Seconds between two complaints of a pool, which tries every second."""


def configure(
    format: Format = "auto", level: Level = "info", *, out: TextIO | None = None
) -> None:
    """Decide how this process writes its log: to standard error, unless told where.

    Start uvicorn with `log_config=None`, or it puts its own way back.
    """
    out = out or sys.stderr
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    as_json = format == "json" or (format == "auto" and not out.isatty())
    written = _json() if as_json else _console(out)
    printer = logging.StreamHandler(out)
    printer.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[ProcessorFormatter.remove_processors_meta, *written],
        )
    )
    logging.basicConfig(handlers=[printer], level=level.upper(), force=True)
    logging.captureWarnings(True)
    for name in QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.root.level))
    logging.getLogger("psycopg.pool").filters = [_Seldom()]
    # Not by way of Python's logging: a line a request took an eighth of its time there.
    structlog.configure(
        processors=[*shared, *written],
        logger_factory=structlog.WriteLoggerFactory(cast(TextIO, _Lines(out))),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        # To look it up for each line takes 2 µs; kept, a logger that has written once
        # would go on as it was configured then.
        cache_logger_on_first_use=False,
    )


class _Lines:
    """Where lines go; a full disk or a closed pipe there is no reason to stop."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def write(self, line: str) -> None:
        with suppress(OSError, ValueError):
            self._out.write(line)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._out.flush()


class _Seldom(logging.Filter):
    """Lets the same complaint through once in a while, whichever pool it comes from."""

    def __init__(self) -> None:
        super().__init__()
        self._last: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        last = self._last.get(record.msg, -SELDOM)
        if record.created < last + SELDOM:
            return False
        self._last[record.msg] = record.created
        return True


def _json() -> tuple[Processor, ...]:
    return (
        structlog.processors.ExceptionRenderer(_outline),
        structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
    )


def _console(out: TextIO) -> tuple[Processor, ...]:
    # Not the pretty tracebacks: they print the variables of every frame. The message
    # stays: whoever sits at the terminal needs it, and nothing here is kept.
    plain = structlog.dev.plain_traceback
    colours = out.isatty()
    return (structlog.dev.ConsoleRenderer(colors=colours, exception_formatter=plain),)


_stacks = ExceptionDictTransformer(show_locals=False, use_rich=False)


def _outline(exc_info: ExcInfo) -> list[dict[str, Any]]:
    """What was raised and where; its message may quote a form or a row, so not that."""
    stacks = _stacks(exc_info)
    for stack in stacks:
        _strip(stack)
    if sqlstate := getattr(exc_info[1], "sqlstate", None):
        stacks[0]["sqlstate"] = sqlstate
    return stacks


def _strip(stack: dict[str, Any]) -> None:
    for key in ("exc_value", "exc_notes", "syntax_error"):
        stack.pop(key, None)
    for group in stack.get("exceptions", ()):
        for member in group:
            _strip(member)
