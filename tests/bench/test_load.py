"""The load client counts what was answered, and lets nothing wrong pass."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest

from bench.load import Answer, Load, Script, anew, at, drive, get, pages, trivial


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with trivial(length=3_000) as port:
        yield port


def _asking_for(status: int, number: int) -> Script:
    while True:
        yield get("page", "/", status=status)


def test_it_counts_answers_bytes_and_time(port: int) -> None:
    outcome = drive(Load(port, 2, 0.3, partial(pages, ["/"], "")))
    found = outcome.of("page")
    many = len(outcome.times["page"])
    assert many > 10
    assert outcome.bytes["page"] == many * 3_000
    assert found.value == pytest.approx(many / outcome.seconds)
    assert 0 < found.more["page p50 ms"] <= found.more["page p99 ms"]


def test_one_wrong_status_fails_the_round(port: int) -> None:
    outcome = drive(Load(port, 1, 0.2, partial(_asking_for, 303)))
    with pytest.raises(AssertionError, match="1 errors"):
        outcome.of("page")


def test_a_server_that_is_not_there_fails_the_round() -> None:
    with pytest.raises(ConnectionRefusedError):
        drive(Load(1, 1, 0.1, partial(pages, ["/"], "")))


def test_a_rate_is_kept_whatever_the_server_manages(port: int) -> None:
    outcome = drive(Load(port, 3, 0.5, partial(pages, ["/"], ""), rate=100))
    assert len(outcome.times["page"]) == pytest.approx(50, abs=3)


def test_headers_are_found_however_they_are_spelt() -> None:
    answer = Answer(303, b"HTTP/1.1 303 See Other\r\nLocation: /here\r\nA: b", 0)
    assert answer.header(b"location") == "/here"
    assert answer.header(b"a") == "b"
    assert answer.header(b"missing") == ""


def test_a_page_to_be_made_anew_has_an_address_of_its_own_each_time() -> None:
    one, other = (anew("/log?kind=issue", "", number) for number in (0, 1))
    asked = [next(script).raw for script in (one, other) for _ in range(3)]
    assert len(set(asked)) == 6
    assert all(b"GET /log?kind=issue&turn=" in each for each in asked)
    assert b"GET /?turn=" in next(anew("/", "", 0)).raw


def test_a_percentile_is_one_of_the_values() -> None:
    values = [float(n) for n in range(1, 101)]
    assert at(values, 0.5) == 51
    assert at(values, 0.99) == 100
    assert at([7.0], 0.99) == 7
