"""An erasure whose process is killed at any of its steps is finished by the next one.

The steps: two have approved, and the log says so; the keys are destroyed, one after the
other; the log says that all of it is erased; the sessions are ended and the read tables
scrubbed. What is killed is a process of its own, with SIGKILL.
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing
from subprocess import DEVNULL

import psycopg
import pytest

from cli.erasing import finish_interrupted
from cli.opening import Opened
from cli.verify import verify_database
from domain.comment import Comment
from domain.erasure import Erasure
from domain.person import Person
from ledger.findings import Outcome
from ledger.keys import KeyFile, Keys, new_key
from ledger.sealing import Erased
from tests.cli.installation import PATIENCE, ROOT
from tests.cli.silence import unseen
from tests.office import Office
from tests.projections.tables import replayed
from tests.publishing import POLICY, publish
from tests.vault import KEYS_FILE

FINISH = """
import os, sys
from contextlib import closing

import domain.erasing, domain.log, ledger.keys, ledger.session
from cli.erasing import finish_interrupted
from cli.opening import Opened
from domain.log import Log
from pathlib import Path
from projections.reads import ReadPool
from cli.postgres import Database, Vault

url, keys, before = sys.argv[1:]


def kill(*_, **__):
    os.kill(os.getpid(), 9)


def kill_after(count, real):
    done = []

    def once_more(*given, **named):
        found = real(*given, **named)
        done.append(1)
        if len(done) == count:
            kill()
        return found

    return once_more


exec(before)
vault = Vault(owner=url, url=url, file=Path(keys))
database = Database(owner=url, follower=url, notary=url, web=url, vault=vault)
with closing(Log(database.log)) as log, closing(ReadPool(url, size=2)) as reads:
    finish_interrupted(Opened(database, log, reads))
"""

# What is done before, how many keys are gone by then, and whether the log says so.
STEPS = {
    "before the first key": ("ledger.keys.Keys.destroy = kill", 0, False),
    "after the first key": (
        "ledger.keys.Keys.destroy = kill_after(1, ledger.keys.Keys.destroy)",
        1,
        False,
    ),
    "after the last key": (
        "ledger.keys.Keys.destroy = kill_after(2, ledger.keys.Keys.destroy)",
        2,
        False,
    ),
    "before the log says so": (
        "domain.erasing._record_carried_out = kill",
        2,
        False,
    ),
    "after the log says so": (
        "domain.log.Log.record = kill_after(1, domain.log.Log.record)",
        2,
        True,
    ),
    "before the sessions end": ("ledger.session.Sessions.forget = kill", 2, True),
}


def killed(database: str, before: str) -> None:
    """Have a process finish what is decided, and kill itself on the way."""
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-P", "-c", FINISH, database, str(KEYS_FILE), before],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == -9, done.stderr


def states(database: str) -> list[tuple[object, ...]]:
    with psycopg.connect(database) as connection:
        return connection.execute(
            "SELECT position, state, leaf FROM log.entry ORDER BY position"
        ).fetchall()


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_it_is_finished_once(
    opened: Opened, database: str, step: str
) -> None:
    before, gone, is_said = STEPS[step]
    office = Office(opened.log)
    mine = office.said()
    id = office.request("person", comments=[office.comment])
    office.decide(id)
    opened.catch_up()
    decided = states(database)

    killed(database, before)

    scopes = [office.author, office.comment]
    with closing(Keys(database, KeyFile.read(KEYS_FILE))) as keys:
        assert list(keys.fetch(scopes).values()).count(None) == gone
        assert opened.log.look(Erasure, id).is_carried_out is is_said
        assert finish_interrupted(opened) == ([] if is_said else [id])
        assert finish_interrupted(opened) == []
        assert keys.fetch(scopes) == dict.fromkeys(scopes)
        # Nobody makes a new key for what is gone.
        assert keys.keep({office.comment: new_key()}) == {office.comment: None}

    assert opened.log.look(Person, office.author).is_erased
    assert opened.log.look(Comment, office.comment).is_erased
    assert isinstance(opened.log.history(office.author)[0].name, Erased)
    assert isinstance(opened.log.history(office.comment)[0].text, Erased)
    assert opened.log.history(mine)[0].text == "Hemligt."
    assert states(database)[: len(decided)] == decided
    said = [entry.event.TOPIC for entry in opened.log.entries(len(decided), 100)]
    assert said == ["erasure.carried_out", "person.erased", "comment.erased"]

    publish(database)
    report = verify_database(opened.database, POLICY, unseen)
    assert report.outcome is Outcome.SOUND, report.findings
    with replayed(opened.log, database) as tables:
        tables.apply(opened.log.head())
        assert tables.differences_from_live() == []
