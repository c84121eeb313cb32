"""Whether a process of Samråd is well, for the health check of a container."""

from __future__ import annotations

import json
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from typing import NamedTuple

import psycopg

from cli.settings import Settings
from projections.health import health_of
from projections.reads import Reads

PATIENCE = 5
"""Seconds to wait for an answer."""


class Verdict(NamedTuple):
    """Whether it is well, and how one knows."""

    is_well: bool
    said: str


def web(settings: Settings, *, patience: float = PATIENCE) -> Verdict:
    """Ask the web process of this machine whether it is ready to show pages."""
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104
    asked = HTTPConnection(host, settings.port, timeout=patience)
    with closing(asked):
        try:
            asked.request("GET", "/health/ready")
            answer = asked.getresponse()
            said = json.loads(answer.read())["status"]
        except (OSError, HTTPException, ValueError, LookupError) as error:
            return Verdict(False, f"no answer ({type(error).__name__})")
    return Verdict(answer.status == 200, str(said))


def follower(url: str) -> Verdict:
    """Ask the database when the follower last said that it is alive."""
    try:
        with psycopg.connect(
            url, connect_timeout=PATIENCE, options="-c role=samrad_follower"
        ) as connection:
            found = health_of(Reads(connection, None))
    except psycopg.Error as error:
        return Verdict(False, f"no answer from the database ({type(error).__name__})")
    if found.stopped_at is not None:
        return Verdict(False, f"stopped by entry {found.stopped_at}: {found.error}")
    if not found.is_following:
        return Verdict(False, f"not seen for {found.seen_seconds:.0f} seconds")
    return Verdict(True, f"at {found.position} of {found.head}")
