"""Every case of docs/tamper-evidence.md is proved by tests that are there."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Collection, Iterator

import pytest

from tests.cli.installation import ROOT

PAGE = ROOT / "docs" / "tamper-evidence.md"
CASES = range(1, 49)

ROW = re.compile(r"^\| (?P<number>\d+) \| (?P<told>.+) \| (?P<tests>[^|]+) \|$", re.M)
TEST = re.compile(r"`(tests/[^`]+::[^`]+)`")


def rows(page: str) -> Iterator[tuple[int, list[str]]]:
    """Each case of the table, with the tests that prove it."""
    for row in ROW.finditer(page):
        yield int(row["number"]), TEST.findall(row["tests"])


def faults(page: str, known: Collection[str]) -> list[str]:
    """What is wrong with the table, where those are the tests that there are.

    A test that is run with several arguments may be named as one.
    """
    found = dict(rows(page))
    numbers = [number for number, _ in rows(page)]
    wrong = [f"case {case} is missing" for case in CASES if case not in found]
    if numbers != sorted({*numbers}):
        wrong.append("a case is there twice, or in another place")
    wrong += [f"there is no case {case}" for case in found if case not in CASES]
    wrong += [f"case {case} has no test" for case, tests in found.items() if not tests]
    whole = {*known, *(name.partition("[")[0] for name in known)}
    wrong += [
        f"case {case}: there is no {name}"
        for case, tests in found.items()
        for name in tests
        if name not in whole
    ]
    return wrong


@pytest.fixture(scope="module")
def page() -> str:
    return PAGE.read_text("utf-8")


@pytest.fixture(scope="module")
def collected(page: str) -> set[str]:
    """Every test in the files that the table names, as pytest finds them."""
    named = {name.partition("::")[0] for _, tests in rows(page) for name in tests}
    files = sorted(file for file in named if (ROOT / file).exists())
    done = subprocess.run(  # noqa: S603
        [
            *(sys.executable, "-m", "pytest", "--collect-only", "-n0"),
            *("-p", "no:cacheprovider", *files),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    return {line for line in done.stdout.splitlines() if "::" in line}


def test_every_case_is_proved_by_tests_that_exist(
    page: str, collected: set[str]
) -> None:
    assert faults(page, collected) == []


def test_a_case_or_a_test_that_is_missing_is_noticed(
    page: str, collected: set[str]
) -> None:
    row = next(row for row in ROW.finditer(page) if row["number"] == "17")
    tests = TEST.findall(row["tests"])
    without = page.replace(row[0] + "\n", "")
    assert faults(without, collected) == ["case 17 is missing"]
    assert faults(page.replace(row[0], f"{row[0]}\n{row[0]}"), collected) == [
        "a case is there twice, or in another place"
    ]
    assert faults(page + f"| 49 | More. | `{tests[0]}` |\n", collected) == [
        "there is no case 49"
    ]
    untested = page.replace(row["tests"], "by looking")
    assert faults(untested, collected) == ["case 17 has no test"]
    renamed = page.replace(tests[0], tests[0] + "_soon")
    assert faults(renamed, collected) == [f"case 17: there is no {tests[0]}_soon"]


def test_a_test_that_went_away_or_got_other_arguments_is_noticed(
    page: str, collected: set[str]
) -> None:
    named = [name for _, tests in rows(page) for name in tests]
    for name in {named[0], next(name for name in named if name.endswith("]"))}:
        gone = {test for test in collected if test != name}
        if "[" not in name:
            gone = {test for test in gone if not test.startswith(f"{name}[")}
        assert gone < collected
        assert any(name in wrong for wrong in faults(page, gone))
