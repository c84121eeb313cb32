"""Whether a process of Samråd is well, for the health check of a container."""

from __future__ import annotations

import json
import os
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException
from typing import NamedTuple

import psycopg

from cli.keeping import Keeping, signer_url
from cli.settings import Settings
from ledger.asking import BadAddress, Unanswered, get
from ledger.notary import NOTARISING
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


def signer(settings: Settings) -> Verdict:
    """Ask the signer of this installation whether it is there."""
    keeping = Keeping.of(settings)
    with suppress(OSError):
        os.chdir(keeping.directory)  # The socket's path may be long.
    try:
        answer = get(signer_url(settings), "/health", timeout=PATIENCE)
    except (Unanswered, BadAddress) as error:
        return Verdict(False, f"no answer ({error})")
    return Verdict(answer.status == 200, answer.body.strip())


def witness(address: str) -> Verdict:
    """Ask a witness whether it is there."""
    try:
        answer = get(address, "/health", timeout=PATIENCE)
    except (Unanswered, BadAddress) as error:
        return Verdict(False, f"no answer ({error})")
    return Verdict(answer.status == 200, answer.body.strip())


def notary(url: str) -> Verdict:
    """Ask the database whether a notary is at work.

    One that can not publish is at work all the same: starting it anew would not help.
    """
    query = (
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s"
        " AND database ="
        " (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    try:
        with psycopg.connect(
            url, connect_timeout=PATIENCE, options="-c role=samrad_notary"
        ) as connection:
            held = connection.execute(query, (NOTARISING,)).fetchone()
            alarm = connection.execute("SELECT reason FROM tlog.alarm").fetchone()
    except psycopg.Error as error:
        return Verdict(False, f"no answer from the database ({type(error).__name__})")
    if not held or not held[0]:
        return Verdict(False, "there is none at work")
    return Verdict(True, str(alarm[0]) if alarm else "well")


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
