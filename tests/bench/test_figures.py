"""Figures say what was measured, and whether it is enough."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from xml.etree import ElementTree

from bench.figures import Reading, Spread, alone, in_turn
from bench.growth import curves, picture
from bench.table import read, table


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


def test_a_goal_that_names_a_unit_is_about_ours() -> None:
    assert in_turn("work", "ms", lambda: 900, lambda: 1, goal="≤ 1000 ms").is_met
    assert not in_turn("work", "ms", lambda: 1100, lambda: 9, goal="≤ 1000 ms").is_met


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


def test_growth_is_drawn_through_all_sizes_and_marked_where_it_is_too_much() -> None:
    figures = [
        in_turn(
            f"{work}, {entries:,} entries", "ms", partial(float, 4 * ratio), lambda: 4.0
        ).as_dict()
        for work, ratios in (("search", (1.0, 1.25)), ("the <log>", (2.0, 3.0)))
        for entries, ratio in zip((100_000, 1_000_000), ratios, strict=True)
    ]
    found = curves([*figures, alone("another thing", "ms", lambda: 1.0).as_dict()])
    assert found == {
        "search": {1_000: 4.0, 100_000: 4.0, 1_000_000: 5.0},
        "the <log>": {1_000: 4.0, 100_000: 8.0, 1_000_000: 12.0},
    }
    drawn = ElementTree.fromstring(picture(found, bound=1.5))  # noqa: S314
    charts = drawn.findall("{http://www.w3.org/2000/svg}g")
    assert [chart.get("class") for chart in charts] == [None, "slow"]
    assert "".join(charts[1].itertext()).startswith("the <log>")
    assert "12.0 ms" in "".join(charts[1].itertext())
