"""What the projections are shown, and what is read for them beforehand."""

from __future__ import annotations

import re
from inspect import getmodule, getsource
from typing import Any

import pytest

from domain.log import Log
from projections import (
    comment,
    consultation,
    erasure,
    issue,
    organisation,
    person,
    proposal,
    revision,
)
from projections.rebuild import connected
from projections.replay import PROJECTORS, Projector, apply_batch
from projections.rows import Rows
from tests.story import a_comment, a_consultation, a_proposal


@pytest.mark.parametrize(
    "project",
    [
        organisation.project,
        person.project,
        consultation.project,
        proposal.project,
        revision.project,
        comment.project,
        issue.project,
        erasure.project,
    ],
    ids=lambda project: project.__module__,
)
def test_a_projection_is_shown_all_that_it_looks_at(project: Projector) -> None:
    looked_at = set(re.findall(r"case (\w+)\.", getsource(project)))
    assert looked_at
    for name in looked_at:
        things = _things(getattr(getmodule(project), name))
        assert things
        for thing in things:
            assert project in PROJECTORS[thing.TOPIC]


def _things(kind: Any) -> list[Any]:
    """The kinds of things that a class stands for: itself, or those made from it."""
    if "TOPIC" in vars(kind):
        return [kind]
    return [thing for each in kind.__subclasses__() for thing in _things(each)]


def test_what_comes_into_being_is_not_asked_for(
    log: Log, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = a_proposal(log, a_consultation(log))
    for _ in range(5):
        a_comment(log, text)
    with connected(database, "samrad test") as connection:
        rows = Rows(connection)
        monkeypatch.delattr(Rows, "_ask")
        apply_batch(rows, list(log.entries(0, 1_000)))
        found = connection.execute("SELECT count(*) FROM now.comment").fetchone()
    assert found == (5,)
