"""Long lists in the browser: there and back by links, and links that make no sense."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import pytest

from domain.log import Log
from domain.submission import withdraw_comment
from tests.client import PageClient
from tests.story import (
    NOW,
    a_comment,
    a_consultation,
    a_person,
    a_proposal,
    an_issue,
    an_organisation,
    text_of,
)
from tests.web.conftest import Browsers
from tests.web.reading import way_to


class Lists:
    """A round with more of everything than a page holds, and an officer who reads."""

    def __init__(self, log: Log, browsers: Browsers) -> None:
        self.log = log
        self.browsers = browsers
        self.round = a_consultation(log)
        self.proposal = a_proposal(log, self.round)
        self.region = an_organisation(log)
        self.speaker = a_person(log, speaks_for=self.region)
        officer = a_person(log, role="officer")
        self.comments = [
            a_comment(log, self.proposal, 1, by=self.speaker, organisation=self.region)
            for _ in range(53)
        ]
        self.officer = browsers.of(officer)
        self.author = browsers.of(self.speaker)


@pytest.fixture
def lists(log: Log, browsers: Browsers) -> Lists:
    return Lists(log, browsers)


def things(page: str) -> list[str]:
    """The comments that a page lists, in its order."""
    found = re.findall(r'/comments/([0-9a-f-]{36})["?]', page)
    return list(dict.fromkeys(found))


def all_of(pages: Iterable[list[str]]) -> list[str]:
    """What some pages list, in one list."""
    return list(chain.from_iterable(pages))


def walked(client: PageClient, address: str, words: str) -> Iterator[str]:
    """The pages that are read by following links with these words."""
    while address:
        page = client.get(address).text
        yield page
        address = way_to(page, words)


def test_every_list_of_comments_is_read_to_its_end_and_back(lists: Lists) -> None:
    passage = text_of(lists.log, lists.proposal)[1].id
    proposal = f"/consultations/{lists.round}/proposals/{lists.proposal}"
    issue = an_issue(lists.log, lists.round, lists.comments)
    lists.browsers.catch_up()
    down, up = ("Äldre", "Nyare"), ("Nästa", "Föregående")
    reads: dict[str, tuple[PageClient, tuple[str, str]]] = {
        f"/consultations/{lists.round}/comments": (lists.officer, down),
        f"/consultations/{lists.round}/inbox": (lists.officer, up),
        "/my/comments": (lists.author, down),
        f"/organisations/{lists.region}": (lists.officer, down),
        f"{proposal}/passages/{passage}/comments": (lists.officer, up),
        f"{proposal}/passages/{passage}": (lists.officer, up),
        f"/consultations/{lists.round}/issues/{issue}": (lists.officer, up),
    }
    everything = sorted(map(str, lists.comments))
    for address, (client, (onward, back)) in reads.items():
        pages = [things(page) for page in walked(client, address, onward)]
        assert len(pages) > 1, address
        assert sorted(all_of(pages)) == everything, address
        ends = "Äldsta" if onward == "Äldre" else "Sista"
        last = way_to(client.get(address).text, ends)
        returned = [things(page) for page in walked(client, last, back)]
        assert all_of(returned[::-1]) == all_of(pages), address


def test_a_comment_that_goes_meanwhile_hides_no_other(lists: Lists) -> None:
    address = f"/consultations/{lists.round}/inbox?waiting=uncoded"
    lists.browsers.catch_up()
    page = lists.officer.get(address).text
    first = things(page)
    for comment in lists.comments[40:50]:
        withdraw_comment(lists.log, id=comment, by=lists.speaker, now=NOW)
    lists.browsers.catch_up()
    rest = things(lists.officer.get(way_to(page, "Nästa")).text)
    assert first + rest == [str(id) for id in lists.comments]
    assert "waiting=uncoded" in way_to(page, "Nästa")


def test_a_page_stands_as_of_a_position_too(lists: Lists) -> None:
    address = f"/consultations/{lists.round}/comments"
    position = lists.log.head()
    a_comment(lists.log, lists.proposal)
    lists.browsers.catch_up()
    page = lists.officer.get(address, params={"as_of": position}).text
    onward = way_to(page, "Äldre")
    assert parse_qs(urlsplit(onward).query)["as_of"] == [str(position)]
    both = things(page) + things(lists.officer.get(onward).text)
    assert both == [str(id) for id in reversed(lists.comments)]


def test_issues_with_most_comments_come_first_on_whatever_page(
    log: Log, browsers: Browsers
) -> None:
    round = a_consultation(log)
    proposal = a_proposal(log, round)
    author = a_person(log)
    heavy = an_issue(log, round, [a_comment(log, proposal, by=author) for _ in "12"])
    light = [an_issue(log, round) for _ in range(51)]
    officer = browsers.of(a_person(log, role="officer"))

    def issues(page: str) -> list[UUID]:
        found = re.findall(rf'/consultations/{round}/issues/([0-9a-f-]{{36}})"', page)
        return [UUID(id) for id in dict.fromkeys(found)]

    first, second = walked(officer, f"/consultations/{round}/issues", "Nästa")
    assert issues(first) + issues(second) == [heavy, *reversed(light)]
    assert "50 av 52" in first


def test_organisations_follow_in_swedish_order_from_page_to_page(
    log: Log, browsers: Browsers
) -> None:
    names = [f"Region {letter}{n:02}" for letter in "ÖAÅÄZ" for n in range(12)]
    for name in names:
        an_organisation(log, name)
    officer = browsers.of(a_person(log, role="officer"))
    expected = sorted(names, key=lambda name: ("AZÅÄÖ".index(name[7]), name))
    for address in (
        "/organisations",
        f"/consultations/{a_consultation(log)}/consultees",
    ):
        browsers.catch_up()
        pages = walked(officer, address, "Nästa")
        found = [re.findall(r">(Region [A-ZÅÄÖ]\d\d)</a>", page) for page in pages]
        assert [len(page) for page in found] == [50, 10], address
        assert all_of(found) == expected, address


NONSENSE = [
    "after=abc",
    "after=5&after=6",
    "after=" + "9" * 19,
    "after=%00",
    "after=1&before=2",
    "before=-",
    "after=%D9%A3",
    f"after={UUID(int=1)}",
]


@pytest.mark.parametrize("query", NONSENSE)
def test_a_place_that_cannot_be_is_refused_in_words(
    browsers: Browsers, log: Log, query: str
) -> None:
    round = a_consultation(log)
    page = browsers.anyone().get(f"/consultations/{round}/comments?{query}")
    assert page.status_code == 404
    assert "leder inte till någon plats i listan" in page.text


@pytest.mark.parametrize(
    "query",
    ["after=a", "after=a&after=b", f"after=%00&after={uuid4()}", "after=" + "a" * 2000],
    ids=["half", "no id", "nul", "too long"],
)
def test_a_name_that_cannot_be_is_refused_too(
    browsers: Browsers, log: Log, query: str
) -> None:
    officer = browsers.of(a_person(log, role="officer"))
    assert officer.get(f"/organisations?{query}").status_code == 404


@pytest.mark.parametrize(
    "query", ["page=7", "page=last", "after=", "before=&page=", "after=-1", "before=1"]
)
def test_an_old_or_empty_place_shows_what_there_is(
    browsers: Browsers, log: Log, query: str
) -> None:
    round = a_consultation(log)
    comment = a_comment(log, a_proposal(log, round))
    page = browsers.anyone().get(f"/consultations/{round}/comments?{query}")
    assert page.status_code == 200
    assert things(page.text) == [str(comment)]


@pytest.mark.parametrize(
    ("day", "status"),
    [
        ("2026-01-01T00:00:00%2B01:00", 200),
        ("9999-12-31T23:59:59-23:59", 200),
        ("0001-01-01T00:00:00%2B23:59", 200),
        ("2026-01-01", 404),
        ("2026-01-01T00:00:00", 404),
        ("i g%C3%A5r", 404),
        ("infinity", 404),
    ],
)
def test_a_deadline_to_go_on_from_is_a_moment(
    browsers: Browsers, day: str, status: int
) -> None:
    address = f"/consultations?before={day}&before={UUID(int=7)}"
    assert browsers.anyone().get(address).status_code == status
