"""The log tells what happened and never what anyone wrote."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from io import StringIO
from typing import Any

import psycopg
import pytest
import structlog

from cli.logs import configure

PRIVATE = "Anna Andersson, anna@example.se"


@pytest.fixture
def out() -> Iterator[StringIO]:
    """A log in JSON, and Python's own logging as it was when the test is over."""
    before, level = logging.root.handlers[:], logging.root.level
    written = StringIO()
    configure("json", out=written)
    yield written
    logging.captureWarnings(False)
    logging.root.handlers[:] = before
    logging.root.setLevel(level)
    structlog.reset_defaults()


def lines(out: StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_one_event_is_one_line_with_the_context_it_happened_in(out: StringIO) -> None:
    with structlog.contextvars.bound_contextvars(request="r1"):
        structlog.get_logger().info("request", route="comment.submit", ms=3.2)
    [line] = lines(out)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "request",
        "level": "info",
        "request": "r1",
        "route": "comment.submit",
        "ms": 3.2,
    }


def test_libraries_log_the_same_way(out: StringIO) -> None:
    with structlog.contextvars.bound_contextvars(request="r1"):
        logging.getLogger("uvicorn.error").warning("Slow: %d s", 4)
    [line] = lines(out)
    assert (line["event"], line["request"]) == ("Slow: 4 s", "r1")


def test_addresses_of_requests_are_not_logged_twice(out: StringIO) -> None:
    logging.getLogger("uvicorn.access").info("GET /?q=%s", PRIVATE)
    assert out.getvalue() == ""


def test_an_error_is_logged_with_its_place_but_not_its_message(
    out: StringIO, database: str
) -> None:
    try:
        with psycopg.connect(database) as connection:
            connection.execute("SELECT %s::int", (PRIVATE,))
    except psycopg.Error:
        structlog.get_logger().exception("request.failed")
        logging.getLogger("library").exception("Failed")
    first, second = lines(out)
    assert first["event"] == "request.failed"
    for line in (first, second):
        [stack] = line["exception"]
        assert stack["exc_type"] == "InvalidTextRepresentation"
        assert stack["sqlstate"] == "22P02"
        assert stack["frames"][0]["filename"] == __file__
    assert "Anna" not in out.getvalue()


def test_nothing_of_a_message_hides_in_a_cause_or_a_group(out: StringIO) -> None:
    try:
        try:
            int(PRIVATE)
        except ValueError as cause:
            cause.add_note(PRIVATE)
            raise ExceptionGroup(PRIVATE, [cause, KeyError(PRIVATE)]) from cause
    except ExceptionGroup:
        structlog.get_logger().exception("failed")
    [line] = lines(out)
    assert line["exception"][0]["exc_type"] == "ExceptionGroup"
    assert "Anna" not in out.getvalue()


def test_the_level_decides_what_is_said(out: StringIO) -> None:
    configure("json", "warning", out=out)
    structlog.get_logger().info("unheard")
    logging.getLogger("library").info("unheard")
    structlog.get_logger().warning("heard")
    assert [line["event"] for line in lines(out)] == ["heard"]


def test_a_terminal_gets_lines_to_read(out: StringIO) -> None:
    configure("console", out=out)
    structlog.get_logger().info("server.started", port=8000)
    assert "server.started" in out.getvalue()
    assert "port=8000" in out.getvalue()
    assert not out.getvalue().startswith("{")


def test_a_database_that_is_away_is_told_now_and_then_and_not_each_second(
    out: StringIO,
) -> None:
    for attempt in range(5):
        logging.getLogger("psycopg.pool").warning("error in pool-%d", attempt)
    logging.getLogger("psycopg.pool").warning("another error")
    events = [line["event"] for line in lines(out)]
    assert events == ["error in pool-0", "another error"]


def test_a_log_that_can_not_be_written_stops_nobody(out: StringIO) -> None:
    out.close()
    structlog.get_logger().info("unheard")


def test_who_has_written_already_writes_as_configured_since(out: StringIO) -> None:
    logger = structlog.get_logger("written once")
    logger.info("first")
    later = StringIO()
    configure("json", out=later)
    logger.info("second")
    assert [line["event"] for line in lines(out)] == ["first"]
    assert [line["event"] for line in lines(later)] == ["second"]
