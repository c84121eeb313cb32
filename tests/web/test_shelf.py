"""A page that was made for one is sent to others while it stands, and no longer."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import anyio
import psycopg
import pytest
from starlette.requests import Request
from starlette.responses import HTMLResponse

from domain.inbox import withhold_comments
from domain.log import SYSTEM, Log
from tests.client import PageClient
from tests.office import Office
from tests.story import NOW
from tests.web.conftest import SITE, Browsers
from web.pages import kept_passages
from web.shelf import Made, Place, Shelf


def times_made() -> int:
    """Grows with every proposal's page that is made, and with no other."""
    asked = kept_passages("sv").cache_info()
    return int(asked.hits + asked.misses)


def is_made(get: Callable[[], Any]) -> bool:
    before = times_made()
    assert get().status_code == 200
    return times_made() > before


@pytest.fixture
def office(log: Log) -> Office:
    return Office(log)


@pytest.fixture
def address(office: Office) -> str:
    return f"/consultations/{office.round}/proposals/{office.proposal}"


def test_a_page_is_made_for_one_and_sent_to_others(
    browsers: Browsers, address: str
) -> None:
    first = browsers.anyone().get(address)
    other = browsers.anyone()
    assert not is_made(lambda: other.get(address))
    again = other.get(address)
    assert again.content == first.content
    same = {"etag", "cache-control", "vary", "content-type", "content-length"}
    assert {again.headers[name] for name in same} == {
        first.headers[name] for name in same
    }
    assert again.headers["x-request-id"] != first.headers["x-request-id"]
    known = other.get(address, headers={"If-None-Match": first.headers["etag"]})
    assert (known.status_code, known.content) == (304, b"")


@pytest.mark.parametrize("packing", ["gzip", "identity"])
def test_it_is_sent_packed_to_whoever_takes_it_so(
    browsers: Browsers, address: str, packing: str
) -> None:
    anyone, asked = browsers.anyone(), {"Accept-Encoding": packing}
    first = anyone.get(address, headers=asked)
    again = anyone.get(address, headers=asked)
    encodings = {
        got.headers.get("content-encoding", "identity") for got in (first, again)
    }
    assert encodings == {packing}
    assert again.text == first.text
    for got in (first, again):
        assert "Accept-Encoding" in got.headers["vary"]
        assert "Cookie" in got.headers["vary"]


def test_what_happens_is_on_the_page_at_once(
    browsers: Browsers, office: Office, address: str
) -> None:
    anyone = browsers.anyone()
    for number in range(2, 5):
        assert f"{number - 1} synpunkt" in anyone.get(address).text
        office.said()
        browsers.catch_up()
        assert f"{number} synpunkter" in anyone.get(address).text


def test_languages_parts_and_moments_are_kept_apart(
    browsers: Browsers, log: Log, address: str
) -> None:
    anyone, then = browsers.anyone(), f"{address}?as_of={log.head() - 1}"
    for _ in range(2):
        whole = anyone.get(address).text
        assert '<html lang="sv"' in whole
        assert "as_of=" not in whole
        assert "as_of=" in anyone.get(then).text
        part = anyone.get(address, headers={"HX-Request": "true"}).text
        assert "<html" not in part
        english = anyone.get(address, headers={"Accept-Language": "en"}).text
        assert '<html lang="en"' in english
    assert not is_made(lambda: anyone.get(then))


def test_somebodys_page_is_kept_for_nobody(
    browsers: Browsers, office: Office, address: str
) -> None:
    anyone, author = browsers.anyone(), browsers.of(office.author)
    for _ in range(2):
        assert is_made(lambda: author.get(address))
        assert 'class="ds-button who"' in author.get(address).text
        assert 'class="ds-button who"' not in anyone.get(address).text


def test_a_page_with_a_notice_is_made_for_who_is_told(
    browsers: Browsers, address: str
) -> None:
    anyone = browsers.anyone()
    anyone.get(address)
    anyone.cookies.set(
        SITE.cookie("notice"), "%5B%22Tack.%22%5D", domain="testserver.local"
    )
    assert "Tack." in anyone.get(address).text
    assert "Tack." not in browsers.anyone().get(address).text


@pytest.mark.parametrize(
    "asked",
    ["as_of={next}", "as_of=2026-11-22T12:00", "as%5Fof=2026-11-22T12:00"],
    ids=["a position to come", "an instant", "an instant, spelt otherwise"],
)
def test_a_moment_that_may_become_another_is_not_kept(
    browsers: Browsers, log: Log, address: str, asked: str
) -> None:
    anyone, query = browsers.anyone(), asked.format(next=log.head() + 1)
    for _ in range(2):
        assert is_made(lambda: anyone.get(f"{address}?{query}"))


def test_a_page_that_is_not_there_is_not_kept(
    browsers: Browsers, office: Office, address: str
) -> None:
    anyone, beyond = browsers.anyone(), f"{address}?version=2"
    assert anyone.get(beyond).status_code == 404
    assert anyone.get(beyond).status_code == 404
    assert anyone.head(address).content == b""
    assert anyone.get(address).content


def test_a_kept_page_outlives_connections_that_a_restart_breaks(
    browsers: Browsers, address: str, database: str
) -> None:
    anyone = browsers.anyone()
    anyone.get(address)
    with psycopg.connect(database) as killer:
        killer.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'samrad reads' AND datname = current_database()"
        )
    assert anyone.get(address).status_code == 200


def test_many_ask_for_a_page_at_once_and_all_see_what_has_happened(
    browsers: Browsers, office: Office, address: str
) -> None:
    def get(client: PageClient) -> str:
        together.wait()
        return client.get(address).text

    clients = [browsers.anyone() for _ in range(6)]
    together = Barrier(len(clients))
    with ThreadPoolExecutor(len(clients)) as pool:
        for number in range(2, 6):
            office.said()
            browsers.catch_up()
            pages = set(pool.map(get, clients))
            assert all(f"{number} synpunkter" in page for page in pages)


def made(name: str, text: str = "Text") -> Made:
    scope: dict[str, Any] = {
        "type": "http",
        "headers": [],
        "path_params": {},
        "state": {"moment": None, "moment_at": None, "position": 1, "began": 1.0},
    }
    return Made(name, HTMLResponse(text), Request(scope))


PLACE = ("/",)


def last(shelf: Shelf, place: Place = PLACE) -> Made | None:
    return anyio.run(shelf.last, place)


def test_a_page_made_anew_takes_the_place_of_the_one_before() -> None:
    shelf = Shelf()
    assert last(shelf) is None
    for name in ("first", "second"):
        shelf.keep(PLACE, page := made(name))
        assert last(shelf) is page


def test_the_shelf_has_room_for_so_much() -> None:
    shelf = Shelf(room=25)
    for n in range(5):
        shelf.keep((n,), made("page", "x" * 10))
    assert [bool(last(shelf, (n,))) for n in range(5)] == [0, 0, 0, 1, 1]
    shelf.keep((9,), made("page", "x" * 30))
    assert not any(last(shelf, (n,)) for n in (*range(5), 9))


def test_nothing_is_kept_for_long() -> None:
    for longest, found in ((60, True), (0, False)):
        shelf = Shelf(longest=longest)
        shelf.keep(PLACE, made("page"))
        shelf.clear_out()
        assert bool(last(shelf)) is found


@pytest.mark.parametrize("comes", [True, False], ids=["made", "not made"])
def test_who_asks_for_a_page_while_it_is_made_waits_for_it(comes: bool) -> None:
    shelf = Shelf()
    shelf.keep(PLACE, before := made("before"))
    turn = shelf.begin(PLACE, before)
    assert turn
    assert shelf.begin(PLACE, before) is None
    page = made("page") if comes else None
    with ThreadPoolExecutor(3) as pool:
        waiting = [pool.submit(last, shelf) for _ in range(3)]
        if page:
            shelf.keep(PLACE, page)
        shelf.end(PLACE, before, turn)
        assert [each.result(timeout=30) for each in waiting] == [page] * 3
    assert shelf.begin(PLACE, before) is None
    assert bool(page and shelf.begin(PLACE, page)) is comes


def test_a_turn_that_is_over_ends_no_other() -> None:
    shelf = Shelf()
    shelf.keep(PLACE, first := made("first"))
    turn = shelf.begin(PLACE, first)
    assert turn
    shelf.keep(PLACE, second := made("second"))
    assert shelf.begin(PLACE, second)
    shelf.end(PLACE, first, turn)
    assert shelf.begin(PLACE, second) is None


def test_a_page_that_is_not_there_any_more_keeps_nobody_waiting(
    browsers: Browsers, log: Log, office: Office
) -> None:
    comment = office.said()
    address = f"/consultations/{office.round}/comments/{comment}"
    anyone = browsers.anyone()
    assert anyone.get(address).status_code == 200
    withhold_comments(log, ids=[comment], reason="personal_data", by=SYSTEM, now=NOW)
    browsers.catch_up()
    for _ in range(3):
        assert anyone.get(address).status_code == 404
