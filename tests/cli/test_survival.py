"""Kill any part of Samråd at any moment: what was acknowledged is there, once."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen
from typing import Any
from uuid import UUID

import psycopg
import pytest

from cli.postgres import Database
from domain.comment import Comment
from domain.log import Log
from ledger.session import Sessions
from tests.cli.installation import (
    Installation,
    kill,
    memory_of,
    room_for_data,
    until,
    workers_of,
)
from tests.cli.senders import Crowd, Onlooker, Sender
from tests.story import a_consultation, a_person, a_proposal, text_of

START = 60.0
"""Seconds for a process to start in, beside all that the tests do meanwhile."""
MOST_MEMORY = 250
"""Megabytes; a web process has some 95 when it has shown its first pages."""

READY = "/health/ready"
ANEW = "The demo's history was only half written: it begins anew."
BROKEN = ('"event": "failed"', "Exception in ASGI", "Traceback")


@dataclass
class Site(Installation):
    """Samråd as it is served: two web processes, a follower, and our own PostgreSQL."""

    web: Popen[bytes]
    follower: Popen[bytes]
    form: str
    tokens: list[str]

    def __init__(self, data: Path) -> None:
        super().__init__(data, SAMRAD_SUBMISSIONS_PER_HOUR="100000")
        self.run("migrate")
        self.follower = self.start("follow")
        self.serve()
        until(lambda: self.server.pid is not None, "PostgreSQL")
        self._set_the_scene()

    def serve(self) -> None:
        """Start the web processes, as whoever tends them does when they have died."""
        self.web = self.start("serve", "--workers", "2", "--port", str(self.port))

    def _set_the_scene(self) -> None:
        url = Database.on(self.server).web
        with (
            closing(Log(Database.on(self.server).log)) as log,
            closing(Sessions.at(url, size=1)) as sessions,
        ):
            round = a_consultation(log)
            proposal = a_proposal(log, round)
            passage = text_of(log, proposal)[1].id
            self.page = f"/consultations/{round}/proposals/{proposal}"
            self.form = f"{self.page}/comments/new?passage={passage}"
            people = [a_person(log, f"Person {number}") for number in range(9)]
            self.tokens = [sessions.begin(person) for person in people]

    def sender(self, number: int) -> Sender:
        return Sender(self.address, self.form, self.tokens[number], f"person {number}")

    def asked(self, query: str) -> list[Any]:
        """What the database answers to its owner."""
        with psycopg.connect(self.server.url) as connection:
            return connection.execute(query.encode()).fetchall()


@pytest.fixture
def site() -> Iterator[Site]:
    with room_for_data() as data:
        made = Site(data)
        try:
            yield made
        finally:
            made.stop()


def kill_a_web_process(site: Site) -> None:
    kill(workers_of(site.web)[0])


def kill_the_web(site: Site) -> None:
    kill(site.web)
    site.serve()


def kill_the_follower(site: Site) -> None:
    kill(site.follower)
    site.follower = site.start("follow")


def kill_postgres(site: Site) -> None:
    """Nobody else starts it again: those that use it do."""
    assert site.server.pid is not None
    kill(site.server.pid)


def end_every_connection(site: Site) -> None:
    site.asked(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
    )


def restart_postgres(site: Site) -> None:
    """Away until the pages say so."""
    server = site.server
    with server.locked(), Onlooker(site.address, READY) as onlooker:
        server.stop()
        until(lambda: "503" in onlooker.seen[READY], "a page that says so")
        server.start()


BLOWS: list[Callable[[Site], None]] = [
    kill_a_web_process,
    kill_the_follower,
    kill_postgres,
    end_every_connection,
    kill_the_web,
    restart_postgres,
]


def test_whatever_is_killed_under_load_no_acknowledged_comment_is_lost(
    site: Site,
) -> None:
    *senders, visitor = map(site.sender, range(9))
    with Onlooker(site.address, READY, site.page, "/") as onlooker:
        until(lambda: onlooker.answer(READY) == "200", "a site", START)
        with Crowd(senders) as crowd:
            for strike in BLOWS:
                so_far = len(crowd.acknowledged)

                def is_busy(so_far: int = so_far) -> bool:
                    return len(crowd.acknowledged) > so_far + 10 or bool(crowd.faults)

                until(is_busy, f"load before {strike.__name__}", START)
                strike(site)
                _until_whole(site, visitor, onlooker)
        acknowledged = crowd.acknowledged + visitor.acknowledged

    for page in (site.page, "/"):
        assert set(onlooker.seen[page]) <= {"200", "503", "no answer"}
    assert onlooker.seen[READY][-1] == "200"
    assert all(memory_of(each) < MOST_MEMORY for each in _processes_of(site))
    _require_all_is_recorded_once(site, {one.id: one.text for one in acknowledged})
    _require_receipts_show_numbers(site, [*senders, visitor])
    _require_nothing_is_left(site)


def _until_whole(site: Site, visitor: Sender, onlooker: Onlooker) -> None:
    """A comment gets its number, the site is ready, and it has two web processes."""
    comment = visitor.send()
    until(lambda: visitor.number(comment) is not None, "a number", START)
    until(lambda: onlooker.answer(READY) == "200", "readiness", START)
    until(lambda: len(workers_of(site.web)) == 2, "two web processes", START)


def _processes_of(site: Site) -> list[int]:
    return [site.follower.pid, *workers_of(site.web)]


def _require_all_is_recorded_once(site: Site, sent: dict[UUID, str]) -> None:
    until(
        lambda: (
            site.asked("SELECT FROM log.head JOIN read.follower USING (position)") != []
        ),
        "that all is shown",
    )
    # Positions and versions without holes, and read tables that equal a rebuild.
    assert "A replay gives the same" in site.run("verify", "--deep", code=2)
    with closing(Log(Database.on(site.server).log)) as log:
        found = [
            (entry.event.originator_id, entry.event.text)
            for entry in log.entries(0, 1_000_000)
            if isinstance(entry.event, Comment.Submitted)
        ]
    assert len(found) == len(dict(found))
    assert dict(found) == sent


def _require_receipts_show_numbers(site: Site, senders: list[Sender]) -> None:
    found: list[tuple[UUID, int]] = site.asked(
        "SELECT originator_id, position FROM log.entry"
        " WHERE topic = 'comment.submitted'"
    )
    positions = dict(found)
    with ThreadPoolExecutor() as pool:
        for numbers in pool.map(Sender.numbers, senders):
            assert numbers.items() <= positions.items()
    for sender in senders:
        sender.close()


def _require_nothing_is_left(site: Site) -> None:
    site.web.terminate()
    site.follower.terminate()
    assert (site.web.wait(START), site.follower.wait(START)) == (0, 0)
    until(lambda: not site.processes(), "no process")
    # Pages that broke, and processes that fell over their own feet.
    said = site.words().splitlines()
    assert [line for line in said if any(word in line for word in BROKEN)] == []


def test_a_demo_that_is_ended_half_way_begins_anew_also_when_two_try_at_once() -> None:
    with room_for_data() as data:
        there, beside = Installation(data), Installation(data)
        try:
            killed = there.start("demo", "--port", str(there.port))
            _until_half_written(there, killed)
            kill(killed)
            left_behind = there.server.pid

            ended = there.start("demo", "--port", str(there.port))
            _until_said(there, ANEW)
            until(
                lambda: there.server.pid not in (None, left_behind), "a new one", START
            )
            _until_half_written(there, ended)
            os.killpg(ended.pid, signal.SIGINT)
            assert ended.wait(START) == 130
            until(lambda: not there.processes(), "no process")

            one, other = (
                each.start("demo", "--port", str(each.port)) for each in (there, beside)
            )
            for each in (there, beside):
                _until_said(there, f"Samråd is at {each.address}")
            assert there.words().count(ANEW) == 2
            assert "A replay gives the same" in there.run("verify", "--deep")

            os.killpg(one.pid, signal.SIGINT)
            assert one.wait(START) == 0
            with Onlooker(beside.address, READY) as onlooker:
                assert onlooker.answer(READY) == "200"
            os.killpg(other.pid, signal.SIGINT)
            assert other.wait(START) == 0
            until(lambda: not there.processes(), "no process")
        finally:
            there.stop()
            beside.stop()


def _until_said(there: Installation, words: str) -> None:
    until(lambda: words in there.words(), words, START)


def _until_half_written(there: Installation, demo: Popen[bytes]) -> None:
    def is_under_way() -> bool:
        assert demo.poll() is None, there.words()
        try:
            with psycopg.connect(there.server.url, connect_timeout=2) as connection:
                row = connection.execute("SELECT position FROM log.head").fetchone()
        except psycopg.Error:
            return False
        mark = (there.data / "demo").read_text()
        return mark == "loading\n" and row is not None and 0 < row[0] < 400

    until(is_under_way, "half a history", START)
