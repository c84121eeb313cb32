"""The log's key changes in the log, once a key, and for the same log."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.log import SYSTEM, Log
from domain.notary import KeyOfAnotherLog, Notary, SameKey, rotate_key
from projections.follower import Follower
from tests.ledger.keys import log_key
from tests.scenario import NOW

OLD, NEW = (str(log_key(seed=seed).verifier) for seed in ("old", "new"))


def test_a_key_takes_over_from_another() -> None:
    [event] = Notary.rotate(old=OLD, new=NEW, by=SYSTEM, now=NOW).collect_events()
    assert isinstance(event, Notary.KeyRotated)
    assert (event.old, event.new, event.by, event.timestamp) == (OLD, NEW, SYSTEM, NOW)


def test_a_key_does_not_take_over_from_itself() -> None:
    with pytest.raises(SameKey):
        Notary.rotate(old=OLD, new=OLD, by=SYSTEM, now=NOW)


def test_a_key_of_another_log_does_not_take_over() -> None:
    for other in ("", str(log_key("samrad.example.se/log2").verifier)):
        with pytest.raises(KeyOfAnotherLog):
            Notary.rotate(old=OLD, new=other, by=SYSTEM, now=NOW)


def test_it_is_recorded_once_and_read_by_all(log: Log, follower: Follower) -> None:
    recorded = rotate_key(log, old=OLD, new=NEW, by=SYSTEM, now=NOW)
    again = rotate_key(log, old=OLD, new=NEW, by=SYSTEM, now=NOW + timedelta(1))
    assert (recorded.position, again.position) == (log.head(), 0)
    assert follower.catch_up() == log.head()
