"""Whether this process lives, whether the whole answers, and how it is doing."""

from __future__ import annotations

from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from domain.log import Unavailable
from projections.health import health_of, ledger_health_of

HEADERS = {"Cache-Control": "no-store"}


async def live(_: Request) -> Response:
    """This process answers. Asks nothing of anyone else, and waits for no thread."""
    return JSONResponse({"status": "live"}, headers=HEADERS)


def ready(request: Request) -> Response:
    """Whether the database answers, the read tables follow, and the log is published.

    503 without the database; 503 when an entry has stopped the follower, naming it.
    When the log can not be published it is degraded, and says why, with 200: pages show
    and record what they did before, and a proxy that took this process away would turn
    an absent witness into an absent site. So it is when the keys are away: what is
    sealed can not be recorded then, but everything is shown as before.
    """
    try:
        with request.state.reads(None) as reads:
            health, ledger = health_of(reads), ledger_health_of(reads)
    except Unavailable:
        return JSONResponse({"status": "no database"}, 503, headers=HEADERS)
    has_keys = request.state.log.keys_answer()
    status = "ready"
    if health.stopped_at is not None:
        status = "follower stopped"
    elif not health.is_following:
        status = "no follower"
    elif ledger.trouble or not has_keys:
        status = "degraded"
    return JSONResponse(
        {
            "status": status,
            **asdict(health),
            "keys": has_keys,
            "ledger": {**asdict(ledger), "trouble": ledger.trouble},
        },
        200 if status in ("ready", "degraded") else 503,
        headers=HEADERS,
    )


def metrics(request: Request) -> Response:
    """Figures in the text format of OpenMetrics."""
    with request.state.reads(None) as reads:
        health, ledger = health_of(reads), ledger_health_of(reads)
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
        "# TYPE samrad_published_position gauge",
        f"samrad_published_position {ledger.size}",
        "# TYPE samrad_unpublished_seconds gauge",
        f"samrad_unpublished_seconds {ledger.unpublished_seconds:.1f}",
        "# TYPE samrad_ledger_trouble gauge",
        f"samrad_ledger_trouble {int(ledger.trouble is not None)}",
        "# EOF",
    ]
    return PlainTextResponse("\n".join(lines) + "\n", headers=HEADERS)
