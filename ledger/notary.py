"""Has the log's growth signed, witnessed and published, and says when it can not.

A loop: add what is new to the tree, have the signer sign it, have the witnesses cosign
it, publish when the policy's quorum is met. Nothing here holds a key, and nothing is
believed: each signature is checked against the policy before it is published.

It may be killed anywhere. What was integrated is signed at the next turn; what was
signed is signed again, for the signer gives the same for the same; what was cosigned is
cosigned again; and what was not published is published then.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from time import monotonic
from typing import Any

import psycopg
import structlog
from psycopg import Connection

from ledger.alarm import Alarm, Reason, is_raised, raise_alarm, withdraw_alarm
from ledger.asking import BadAddress, Unanswered, post
from ledger.checkpoint import Checkpoint
from ledger.cosigning import Consistency, Cosigned, Cosigning
from ledger.desk import Answer
from ledger.errands import Errands
from ledger.note import BadNote, Note, exact_number, with_lines
from ledger.policy import NoQuorum, Policy
from ledger.signer import PATH, SIZE
from ledger.submission import Submission
from ledger.tail import POLL_SECONDS, Tail
from ledger.tiles import Damaged, Published, Tiles, integrate, published

ROLE = "samrad_notary"
NOTARISING = 7_265_006
"""Advisory lock: one at a time publishes."""

HEARTBEAT = timedelta(hours=1)
"""After which what is published is witnessed anew, though nothing is new."""
PACE = 0.2
"""Seconds between two checkpoints of a log that grows all the time."""
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 15.0
"""Seconds until the next attempt while something is wrong: twice as long each time."""
PASSING = 3.0
"""Seconds that somebody may be away, as when started anew, before it is an alarm."""
PATIENCE = 5.0
"""Seconds that the signer gets to answer in."""

log = structlog.get_logger("notary")


class _Wrong(Exception):
    """Nothing can be published now."""

    def __init__(self, reason: Reason, said: str) -> None:
        super().__init__(said)
        self.alarm = Alarm(reason, said)


class Notary:
    """Publishes the checkpoints of the log in one database, as one policy wants them.

    `audit` answers what tlog.audit asks.
    """

    def __init__(
        self,
        url: str,
        policy: Policy,
        signer_url: str,
        *,
        audit: Callable[[], None] | None = None,
        heartbeat: timedelta = HEARTBEAT,
    ) -> None:
        self._url = url
        self._policy = policy
        self._signer_url = signer_url
        self._signed: int | None = None
        self._cosigning = Cosigning(policy)
        self._errands = Errands(audit)
        self._heartbeat = heartbeat
        self._pause = 0.0
        self._wrong_since: float | None = None

    def run(self, stop: threading.Event) -> None:
        """Work until told to stop; a database that is away is waited for."""
        while not stop.is_set():
            try:
                with Tail(self._url, role=ROLE) as tail:
                    if not tail.claim(NOTARISING):
                        stop.wait(POLL_SECONDS)
                        continue
                    with closing(self._connected()) as connection:
                        self._work(tail, connection, stop)
            except psycopg.OperationalError as error:
                log.warning("database away", reason=type(error).__name__)
                stop.wait(POLL_SECONDS)

    def _connected(self) -> Connection[Any]:
        return psycopg.connect(
            self._url,
            autocommit=True,
            connect_timeout=3,
            options=f"-c role={ROLE}",
            application_name="samrad notary",
        )

    def _work(
        self, tail: Tail, connection: Connection[Any], stop: threading.Event
    ) -> None:
        self._signed = None  # The database may be another one than before.
        while not stop.is_set():
            self._errands.run_when_due(connection)
            size = self.turn(connection)
            stop.wait(self._pause or PACE)
            if not self._pause and not stop.is_set():
                tail.wait(size)

    def turn(self, connection: Connection[Any]) -> int:
        """Publish what is new, or raise the alarm; returns the size of the tree.

        The connection is the notary's own, and commits each statement by itself.
        """
        size, root = 0, b""
        try:
            size, root = integrate(connection)
            is_due = size > 0 and self._is_due(connection, size)
            # At the start the signer is asked anyway: it may know of more.
            if not is_due and self._signed is not None and not is_raised(connection):
                return size
            tiles = Tiles(connection)
            new = Checkpoint(self._policy.log.key.name, size, root)
            note = self._signed_note(new, tiles.consistency)
            cosigned = self._cosigning.gather(note, new, tiles.consistency)
            self._publish(connection, note, new, cosigned, is_due=is_due)
        except _Wrong as wrong:
            self._alarm(connection, wrong.alarm)
        except (Damaged, psycopg.errors.InsufficientPrivilege) as error:
            said = str(error).partition("\n")[0]
            self._alarm(connection, Alarm(Reason.DAMAGED, said))
        else:
            self._be_well(connection, size)
        return size

    def _is_due(self, connection: Connection[Any], size: int) -> bool:
        """Whether what is published is not of now, or not as the policy wants it."""
        before = published(connection)
        if before is None or before.size != size:
            return True
        row = connection.execute(
            # Not before its own time either: the clock may have been set back.
            "SELECT clock_timestamp() - %s NOT BETWEEN interval '0' AND %s",
            (before.published_at, self._heartbeat),
        ).fetchone()
        return row == (True,) or not self._suffices(before)

    def _suffices(self, before: Published) -> bool:
        """Whether what is published is still what the policy asks for."""
        try:
            self._policy.check(before.note)
        except BadNote:
            return False
        return True

    def _signed_note(self, new: Checkpoint, consistency: Consistency) -> bytes:
        """The checkpoint with the log's signature, from the signer."""
        # From the size that was signed last; where that is unknown, the signer tells.
        for _ in range(3):
            old = min(self._signed or 0, new.size)
            proof = tuple(consistency(old, new.size))
            body = Submission(old, proof, new.text.encode()).written()
            try:
                answer = post(self._signer_url, PATH, body, timeout=PATIENCE)
            except (Unanswered, BadAddress) as error:
                raise _Wrong(Reason.SIGNER_AWAY, str(error)) from error
            match answer:
                case Answer(200, lines):
                    self._signed = new.size
                    return self._believed(new, lines)
                case Answer(409, size, kind) if kind == SIZE:
                    self._signed = _size(size)
                    if self._signed > new.size:
                        raise _Wrong(
                            Reason.LOG_BEHIND,
                            f"{self._signed} entries are signed, and the log has"
                            f" {new.size}: was an old backup restored?",
                        )
                case Answer(status, said):
                    raise _Wrong(Reason.SIGNER_REFUSES, f"{status} {said.strip()}")
        raise _Wrong(Reason.SIGNER_REFUSES, "it tells another size each time")

    def _believed(self, new: Checkpoint, lines: str) -> bytes:
        """A note with these lines, if the key that the policy names is among them."""
        note = with_lines(f"{new.text}\n".encode(), [lines])
        try:
            signed = Note.parse(note)
            if signed.text != new.text:
                raise BadNote("it has answered with more than signatures")
            signed.by(self._policy.log.key)
        except BadNote as error:
            raise _Wrong(Reason.SIGNER_REFUSES, str(error)) from error
        return note

    def _publish(
        self,
        connection: Connection[Any],
        note: bytes,
        new: Checkpoint,
        cosigned: Cosigned,
        *,
        is_due: bool,
    ) -> None:
        """Publish what is due, if the policy is content with its signatures.

        Raises _Wrong when it is not, or when a witness contradicts.
        """
        note = with_lines(note, list(cosigned.lines.values()))
        try:
            self._policy.check(note)
        except NoQuorum:
            if not cosigned.contradicting:
                raise _Wrong(Reason.NO_QUORUM, _told(cosigned.absent)) from None
        else:
            if is_due:
                connection.execute(
                    "INSERT INTO tlog.checkpoint (size, note) VALUES (%s, %s)",
                    (new.size, note),
                )
                log.info("published", size=new.size, witnesses=len(cosigned.lines))
        if cosigned.contradicting:
            said = _told(cosigned.contradicting)
            raise _Wrong(Reason.WITNESS_CONTRADICTS, said)
        for name, said in cosigned.absent.items():
            log.warning("witness absent", name=name, reason=said)

    def _alarm(self, connection: Connection[Any], alarm: Alarm) -> None:
        self._pause = min(max(FIRST_PAUSE, self._pause * 2), LONGEST_PAUSE)
        self._wrong_since = self._wrong_since or monotonic()
        lasted = monotonic() - self._wrong_since
        if lasted < PASSING and alarm.reason in (Reason.SIGNER_AWAY, Reason.NO_QUORUM):
            log.warning("not published yet", reason=str(alarm), again_in=self._pause)
            return
        log.error("not published", reason=str(alarm), again_in=self._pause)
        raise_alarm(connection, alarm, for_seconds=lasted)

    def _be_well(self, connection: Connection[Any], size: int) -> None:
        self._pause, self._wrong_since = 0.0, None
        if is_raised(connection):
            withdraw_alarm(connection)
            log.info("well again", size=size)


def _size(said: str) -> int:
    try:
        return exact_number(said.removesuffix("\n"))
    except BadNote as error:
        raise _Wrong(Reason.SIGNER_REFUSES, f"it tells no size: {error}") from error


def _told(said: dict[str, str]) -> str:
    return "; ".join(f"{name} {reason}" for name, reason in sorted(said.items()))
