"""Writes a log as large as years of real consultations make it, in minutes.

`python -m bench.generate ENTRIES --data DIR [--seed SEED] [--comments N]` fills the
directory DIR with an installation, unless it is filled so already. What happens is the
same for the same seed on the same day; keys, salts and the log's own clock are not.

Every event is made by the domain, sealed under a kept key and appended with its leaf by
the one function that appends, so that everything accepts the log as real.
"""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from multiprocessing.synchronize import Semaphore
from pathlib import Path
from threading import Event
from time import perf_counter
from typing import Annotated, Any, Self
from uuid import UUID

import typer

from bench.rounds import LASTS, Events, Office, Round
from bench.words import Prose
from cli.migrate import migrate
from cli.postgres import Database, embedded
from cli.progress import Report, progress
from cli.rebuild import rebuild
from domain.log import Log

VERSION = 1
"""Of what is generated; a directory of another one is refused."""
BATCH = 1_000
"""Events appended at once. The vault takes one lock for each new key of a batch, and a
server as it comes has room for some six thousand."""
YEARS = timedelta(days=3650)
A_ROUND = 1_500
"""Entries of a round, about; only days are spread out by it."""
LONG_TEXT = 100_000
"""Words of one proposal, in a log that is large enough to have such a one."""
SENDERS = 64


@dataclass(frozen=True, slots=True)
class Scene:
    """What benchmarks visit in a generated log.

    The round is the one that is open: `comments` on one proposal of 30 passages, which
    has been revised once. `earlier` is a position from when half of them had come, and
    `long` a proposal of 100,000 words in the `first` round.
    """

    entries: int
    seed: str
    comments: int
    day: str
    round: str
    proposal: str
    passage: str
    commented: str
    issue: str
    officer: str
    chair: str
    auditor: str
    senders: tuple[str, ...]
    earlier: int
    first: str
    long: str
    version: int = VERSION

    @classmethod
    def read(cls, data: Path) -> Self | None:
        """The scene of a directory, or None where nothing was generated, or not all."""
        with suppress(FileNotFoundError):
            return cls(**json.loads(_file(data).read_text()))
        return None


class OtherScene(Exception):
    """The directory holds something else than what was asked for."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be written: the same plan makes the same events."""

    entries: int
    seed: str
    comments: int
    today: datetime

    @property
    def office(self) -> Office:
        many = min(400, self.entries // 20)
        return Office(self.seed, self.today - YEARS, many)

    def open_round(self, prose: Prose) -> Round:
        """The round that is open today."""
        begins = self.today - timedelta(days=90)
        return Round(
            f"{self.seed} open",
            prose,
            self.office,
            begins,
            comments=self.comments,
            proposals=1,
            is_open=True,
        )

    def rounds(self, prose: Prose, first: int, step: int) -> Iterator[Round]:
        """Those before it: every second one, say, for one of two who write them."""
        office = self.office
        apart = (YEARS - LASTS) / (self.entries / A_ROUND + 1)
        for number in count(first, step):
            yield Round(
                f"{self.seed} {number}",
                prose,
                office,
                self.today - YEARS + apart * number,
                words=LONG_TEXT if number == 0 and self.entries >= 50_000 else 0,
                lasts=min(LASTS, apart * step),
            )


def append(log: Log, events: list[Any]) -> None:
    """Append events as one, sealed by keys that are kept at once."""
    log.recorder.insert_events([log.mapper.to_stored_event(event) for event in events])


def generate(data: Path, plan: Plan, report: Report) -> Scene:
    """Fill an empty directory; the read tables are made too."""
    with embedded(data) as server:
        database = Database.on(server)
        migrate(database)
        with closing(Log(database.log)) as log:
            _write(database, plan, log, report)
            scene = _open(log, plan)
        rebuild(database, report)
    _file(data).write_text(json.dumps(asdict(scene), indent=1))
    return scene


def _file(data: Path) -> Path:
    return data / "generated.json"


def _write(database: Database, plan: Plan, log: Log, report: Report) -> None:
    """The office and the rounds before the one that is open."""
    office = list(plan.office.events())
    append(log, office)
    last = sum(1 for _ in plan.open_round(Prose(plan.seed)).events())
    left = plan.entries - len(office) - last
    if left <= 0:
        return
    # Two make events and seal them; they append by turns, so that all comes in the same
    # order each time, and one works while PostgreSQL does for the other.
    spawned = multiprocessing.get_context("spawn")
    turns = spawned.Semaphore(1), spawned.Semaphore(0)
    batches = -(-left // BATCH)
    shares = (batches + 1) // 2, batches // 2
    until = len(office) + left
    writers = [
        spawned.Process(
            target=_write_share,
            args=(database, plan, which, share, until, turns),
            daemon=True,
        )
        for which, share in enumerate(shares)
    ]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        Event().wait(0.2)
        report(log.head(), plan.entries)
    if any(writer.exitcode for writer in writers):
        raise RuntimeError("a writer of the log has failed")


def _write_share(
    database: Database,
    plan: Plan,
    which: int,
    batches: int,
    until: int,
    turns: tuple[Semaphore, Semaphore],
) -> None:
    """Write every second batch, of every second round."""
    mine, other = turns[which], turns[1 - which]
    prose = Prose(plan.seed)
    events = _all(plan.rounds(prose, which, 2))
    with closing(Log(database.log)) as log:
        for _ in range(batches):
            made = list(islice(events, BATCH))
            stored = [log.mapper.to_stored_event(event) for event in made]
            mine.acquire()
            try:
                log.recorder.insert_events(stored[: until - log.head()])
            finally:
                other.release()


def _all(rounds: Iterator[Round]) -> Events:
    for one in rounds:
        yield from one.events()


def _open(log: Log, plan: Plan) -> Scene:
    """Write the round that is open, and say what there is to see."""
    prose = Prose(plan.seed)
    before = log.head()
    round = plan.open_round(prose)
    events = round.events()
    while made := list(islice(events, BATCH)):
        append(log, made)
    (proposal,) = round.proposals
    first = next(plan.rounds(prose, 0, 2))
    most = max(round.said, key=lambda one: one.version)
    return Scene(
        entries=plan.entries,
        seed=plan.seed,
        comments=plan.comments,
        day=f"{plan.today:%Y-%m-%d}",
        round=str(round.id),
        proposal=str(proposal.id),
        passage=str(_most_commented(round)),
        commented=str(most.id),
        issue=str(round.last_issue),
        officer=str(round.office.officer),
        chair=str(round.office.chair),
        auditor=str(round.office.auditor),
        senders=tuple(str(one.id) for one in round.senders[:SENDERS]),
        earlier=(before + log.head()) // 2,
        first=str(first.id),
        long=_text_of(first),
    )


def _most_commented(round: Round) -> UUID:
    (standings,) = round.standings.values()
    there = {one.id for one in round.proposals[0].passages}
    named = [each.anchor.passage for each in standings.values()]
    return max(there, key=lambda id: (named.count(id), id))


def _text_of(round: Round) -> str:
    for event in round.events():
        if event.TOPIC == "proposal.drafted":
            return str(event.originator_id)
    raise LookupError("a round has a proposal")


def generated(
    data: Path, *, entries: int, seed: str = "samrad", comments: int = 0
) -> Scene:
    """The scene in a directory, written first if there is none.

    Without a number, a quarter of the entries are comments of the open round, and a
    thousand at most. Raises OtherScene where something else is there.
    """
    comments = comments or min(1_000, entries // 4)
    found = Scene.read(data)
    if found is not None:
        asked = entries, seed, comments, VERSION
        if asked != (found.entries, found.seed, found.comments, found.version):
            raise OtherScene(f"{data} holds {found.entries} entries of another kind")
        return found
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    with progress(f"Writing {entries:,} entries") as report:
        return generate(data, Plan(entries, seed, comments, today), report)


def main(
    entries: int,
    data: Annotated[Path, typer.Option()],
    seed: str = "samrad",
    comments: int = 0,
) -> None:
    """Fill a directory with an installation of so many entries."""
    began = perf_counter()
    scene = generated(data, entries=entries, seed=seed, comments=comments)
    typer.echo(f"{scene.entries:,} entries in {perf_counter() - began:.0f} s: {data}")


if __name__ == "__main__":
    typer.run(main)
