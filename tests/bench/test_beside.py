"""Ours and the reference do the same work, and it is checked that they did."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest

from bench.installation import Running, running
from bench.load import Load, drive, pages
from bench.p8 import new_desk
from bench.reference import Reference, reference
from bench.submitting import (
    desk_of,
    ours,
    require_inserted,
    require_recorded,
    theirs,
)


@pytest.fixture(scope="module")
def installed(ground: Path) -> Iterator[Running]:
    with running(ground, entries=1_000, comments=100, workers=1, copy=True) as found:
        yield found


@pytest.fixture(params=["async", "threads"])
def crud(installed: Running, request: pytest.FixtureRequest) -> Iterator[Reference]:
    with reference(installed, how=request.param, workers=1) as found:
        yield found


def test_what_we_acknowledge_is_recorded_and_its_receipt_is_shown(
    installed: Running,
) -> None:
    outcome = drive(Load(installed.port, 2, 3.0, ours(desk_of(installed))))
    outcome.require_sound()
    assert outcome.acknowledged
    assert outcome.bytes["receipt"]
    require_recorded(installed, outcome.acknowledged)


def test_comments_can_go_to_a_round_made_for_them(installed: Running) -> None:
    outcome = drive(Load(installed.port, 1, 3.0, ours(new_desk(installed))))
    outcome.require_sound()
    assert outcome.acknowledged
    require_recorded(installed, outcome.acknowledged)


def test_a_comment_that_is_not_in_the_log_is_missed(installed: Running) -> None:
    with pytest.raises(AssertionError):
        require_recorded(installed, [str(uuid4())])


def test_what_the_reference_acknowledges_is_inserted(
    installed: Running, crud: Reference
) -> None:
    outcome = drive(Load(crud.port, 2, 3.0, theirs(crud, installed)))
    outcome.require_sound()
    assert outcome.acknowledged
    assert outcome.bytes["receipt"]
    require_inserted(crud, outcome.acknowledged)
    with pytest.raises(AssertionError):
        require_inserted(crud, [str(uuid4())])


def test_the_reference_shows_the_same_text_as_we_do(
    installed: Running, crud: Reference
) -> None:
    scene = installed.scene
    mine = f"/consultations/{scene.round}/proposals/{scene.proposal}"
    for port, path in (
        (installed.port, mine),
        (crud.port, f"/proposals/{scene.proposal}"),
    ):
        outcome = drive(Load(port, 1, 2.0, partial(pages, [path], "")))
        assert outcome.of("page").more["page kB"] > 20
