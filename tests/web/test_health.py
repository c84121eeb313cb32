"""Readiness tells of a log that can not be published, and the pages go on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from domain.log import Log
from tests import story
from tests.client import PageClient
from tests.vault import log_settings
from tests.web.conftest import SITE, Browsers
from web.app import create_app


@pytest.fixture
def owner(database: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(database, autocommit=True) as connection:
        yield connection


def ready(browsers: Browsers) -> tuple[int, dict[str, Any]]:
    answer = browsers.anyone().get("/health/ready")
    return answer.status_code, answer.json()


def publish(owner: psycopg.Connection[Any], age: str = "0") -> int:
    """Have all of the log published, some time ago."""
    row = owner.execute("SELECT position FROM log.head").fetchone()
    assert row is not None
    owner.execute("UPDATE tlog.integrated SET size = %s WHERE size < %s", row * 2)
    owner.execute(
        "INSERT INTO tlog.checkpoint (size, note, published_at)"
        " VALUES (%s, 'note', now() - %s::interval)",
        (*row, age),
    )
    return int(row[0])


def age(owner: psycopg.Connection[Any], seconds: int) -> None:
    """Have everything recorded so long ago."""
    owner.execute("SET session_replication_role = replica")
    owner.execute("ALTER TABLE log.entry DISABLE TRIGGER ALL")
    owner.execute(
        "UPDATE log.entry SET recorded_at = recorded_at - make_interval(secs => %s)",
        (seconds,),
    )


def test_all_is_well_when_the_log_is_published(
    browsers: Browsers, owner: psycopg.Connection[Any], log: Log
) -> None:
    story.an_organisation(log)
    size = publish(owner)
    status, said = ready(browsers)
    assert (status, said["status"]) == (200, "ready")
    assert said["ledger"]["size"] == said["ledger"]["head"] == size
    assert said["ledger"]["trouble"] is None


def test_the_alarm_shows_and_the_pages_go_on(
    browsers: Browsers, owner: psycopg.Connection[Any], log: Log
) -> None:
    story.an_organisation(log)
    owner.execute(
        "INSERT INTO tlog.alarm (since, reason)"
        " VALUES (now() - interval '90 s', 'no_quorum: archive does not answer')"
    )
    status, said = ready(browsers)
    assert (status, said["status"]) == (200, "degraded")
    assert said["ledger"]["trouble"] == "no_quorum: archive does not answer"
    assert 90 <= said["ledger"]["alarm_seconds"] < 120
    assert browsers.anyone().get("/").status_code == 200
    assert "samrad_ledger_trouble 1" in browsers.anyone().get("/metrics").text


def test_a_notary_that_is_not_there_is_told_of_too(
    browsers: Browsers, owner: psycopg.Connection[Any], log: Log
) -> None:
    story.an_organisation(log)
    assert ready(browsers)[1]["status"] == "ready", "it may take a moment"
    age(owner, 61)
    status, said = ready(browsers)
    assert (status, said["status"]) == (200, "degraded")
    assert said["ledger"]["trouble"].startswith("not_published: ")
    assert said["ledger"]["unpublished_seconds"] > 60


def test_a_checkpoint_that_nobody_witnesses_anew_is_told_of(
    browsers: Browsers, owner: psycopg.Connection[Any], log: Log
) -> None:
    story.an_organisation(log)
    publish(owner, "1 hour 59 minutes")
    assert ready(browsers)[1]["status"] == "ready"
    publish(owner, "2 hours 1 minute")
    assert ready(browsers)[1]["status"] == "degraded"


def test_keys_that_are_away_are_told_of(
    browsers: Browsers, log: Log, database: str
) -> None:
    story.an_organisation(log)
    assert ready(browsers)[1]["keys"] is True
    away = log_settings(database, KEYS_DATABASE_URL="postgresql://127.0.0.1:1/keys")
    app = create_app(log=Log(away), database_url=database, site=SITE)
    with PageClient(app) as anyone:
        answer = anyone.get("/health/ready")
    said = answer.json()
    assert (answer.status_code, said["status"]) == (200, "degraded")
    assert said["keys"] is False
