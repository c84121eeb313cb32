"""Who is asking is found out when it is asked for, and once."""

from __future__ import annotations

from uuid import uuid4

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from ledger.session import Unreachable
from tests.client import PageClient
from web.site import Site
from web.visitor import ANYONE, Recognised, Visitor, visitor_of

ASTRID = Visitor(uuid4(), "Astrid Lind")


def named(request: Request) -> Response:
    names = {visitor_of(request).name for _ in range(3)}
    return PlainTextResponse("".join(names))


def nameless(_: Request) -> Response:
    return PlainTextResponse("")


def away(request: Request) -> Response:
    with pytest.raises(Unreachable):
        visitor_of(request)
    assert visitor_of(request) is ANYONE
    return PlainTextResponse("")


@pytest.fixture
def asked() -> list[str]:
    """The tokens of sessions that were looked up."""
    return []


@pytest.fixture
def client(asked: list[str]) -> PageClient:
    def recognise(token: str) -> Visitor:
        asked.append(token)
        if token == "lost":  # noqa: S105
            raise Unreachable
        return ASTRID

    routes = [Route("/named", named), Route("/", nameless), Route("/away", away)]
    recognised = Middleware(Recognised, site=Site(), sessions=None, recognise=recognise)
    return PageClient(Starlette(routes=routes, middleware=[recognised]))


def test_a_session_is_looked_up_once_a_request(
    client: PageClient, asked: list[str]
) -> None:
    client.cookies.set("session", "hers")
    assert [client.get("/named").text for _ in range(2)] == ["Astrid Lind"] * 2
    assert asked == ["hers", "hers"]


def test_no_session_is_looked_up_for_what_is_the_same_for_all(
    client: PageClient, asked: list[str]
) -> None:
    client.cookies.set("session", "hers")
    client.get("/")
    assert asked == []


def test_without_a_session_it_is_nobody_in_particular(
    client: PageClient, asked: list[str]
) -> None:
    assert client.get("/named").text == ""
    assert asked == []


def test_who_can_not_be_found_out_is_not_looked_for_again(
    client: PageClient, asked: list[str]
) -> None:
    client.cookies.set("session", "lost")
    assert client.get("/away").status_code == 200
    assert asked == ["lost"]
