"""Figures say what was measured, and whether it is enough."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

from bench.figures import Reading, Spread, alone, in_turn
from bench.table import growth, read, table


def test_sides_are_compared_round_by_round_after_one_that_does_not_count() -> None:
    ours = iter([99.0, 10.0, 30.0, 20.0])
    theirs = iter([1.0, 10.0, 10.0, 40.0])
    figure = in_turn("work", "x/s", ours.__next__, theirs.__next__)
    assert figure.ours == Spread(10, 20, 30)
    assert figure.theirs == Spread(10, 10, 40)
    assert figure.ratio == Spread(0.5, 1, 3)


def test_what_only_we_have_beside_the_figure_stands_alone() -> None:
    figure = in_turn(
        "work",
        "x/s",
        lambda: Reading(1, {"p99": 5, "lag": 7}),
        lambda: Reading(1, {"p99": 10}),
    )
    assert figure.more["p99"].ratio == Spread(0.5, 0.5, 0.5)
    assert figure.more["lag"].ratio is None


def test_a_goal_is_about_the_ratio_where_there_is_one() -> None:
    assert in_turn("work", "x/s", lambda: 6, lambda: 4, goal="≥ 1.5").is_met
    assert not in_turn("work", "x/s", lambda: 5, lambda: 4, goal="≥ 1.5").is_met
    assert alone("work", "s", lambda: 3, goal="≤ 3").is_met
    assert not alone("work", "s", lambda: 4, goal="≤ 3").is_met
    assert alone("work", "s", lambda: 4).is_met is None


def test_a_table_shows_the_latest_figure_of_each_work(tmp_path: Path) -> None:
    file = tmp_path / "figures.jsonl"
    for ratio in (3.0, 2.0):
        ours = partial(float, ratio)
        figure = in_turn("search", "ms", ours, lambda: 1.0, goal="≤ 1.5").as_dict()
        told = {"benchmark": 8, "at": "today", "machine": "one"} | figure
        with file.open("a") as lines:
            print(json.dumps(told), file=lines)
    found = read(file)
    assert "| P8 | search | ms | 2.0 | 1.0 | 2.00 (2.00 to 2.00) |" in table(found)
    assert "≤ 1.5: missed" in table(found)
    assert "search   2.00  ####" in growth(found)
