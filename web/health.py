"""Whether this process lives, whether the whole answers, and how it is doing."""

from __future__ import annotations

from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from domain.log import Unavailable
from projections.health import Health, health_of

HEADERS = {"Cache-Control": "no-store"}


async def live(_: Request) -> Response:
    """This process answers. Asks nothing of anyone else, and waits for no thread."""
    return JSONResponse({"status": "live"}, headers=HEADERS)


def ready(request: Request) -> Response:
    """Whether the database answers and the read tables follow the log.

    503 without the database; 503 when an entry has stopped the follower, naming it.
    """
    try:
        health = _health(request)
    except Unavailable:
        return JSONResponse({"status": "no database"}, 503, headers=HEADERS)
    status = "ready"
    if health.stopped_at is not None:
        status = "follower stopped"
    elif not health.is_following:
        status = "no follower"
    return JSONResponse(
        {"status": status, **asdict(health)},
        200 if status == "ready" else 503,
        headers=HEADERS,
    )


def metrics(request: Request) -> Response:
    """Figures in the text format of OpenMetrics."""
    health = _health(request)
    lines = [
        "# TYPE samrad_log_position gauge",
        f"samrad_log_position {health.head}",
        "# TYPE samrad_read_position gauge",
        f"samrad_read_position {health.position}",
        "# TYPE samrad_read_lag_entries gauge",
        f"samrad_read_lag_entries {health.lag}",
        "# TYPE samrad_follower_seen_seconds gauge",
        f"samrad_follower_seen_seconds {health.seen_seconds:.1f}",
        "# TYPE samrad_follower_stopped gauge",
        f"samrad_follower_stopped {int(health.stopped_at is not None)}",
        "# EOF",
    ]
    return PlainTextResponse("\n".join(lines) + "\n", headers=HEADERS)


def _health(request: Request) -> Health:
    with request.state.reads(None) as reads:
        return health_of(reads)
