"""What is sent packed, and what must not be."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

import anyio
import pytest
from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from domain.log import Log
from tests.client import PageClient
from tests.story import a_consultation, a_person, a_proposal
from tests.web.conftest import Browsers
from web.assets import static
from web.packing import WORTH_IT, Packed
from web.site import Site

PACKED = {"Accept-Encoding": "gzip"}
PLAIN = {"Accept-Encoding": "identity"}
SITE = "Sec-Fetch-Site"


@pytest.fixture
def proposal(log: Log) -> str:
    round = a_consultation(log)
    return f"/consultations/{round}/proposals/{a_proposal(log, round)}"


def is_packed(client: PageClient, address: str, **headers: str) -> bool:
    got = client.get(address, headers={**PACKED, **headers})
    assert got.status_code == 200
    return got.headers.get("content-encoding") == "gzip"


def test_a_page_is_packed_for_who_asks_for_it_so_and_reads_the_same(
    browsers: Browsers, proposal: str
) -> None:
    anyone = browsers.anyone()
    plain = anyone.get(proposal, headers=PLAIN)
    packed = anyone.get(proposal, headers=PACKED)
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.text == plain.text
    assert int(packed.headers["content-length"]) < len(plain.content) / 2
    for got in (plain, packed):
        assert "Accept-Encoding" in got.headers["vary"]
        assert "Cookie" in got.headers["vary"]


def test_what_is_small_is_sent_as_it_is(anyone: PageClient) -> None:
    ready = anyone.get("/health/ready", headers=PACKED)
    assert len(ready.content) < WORTH_IT
    assert "content-encoding" not in ready.headers


def test_a_file_that_is_kept_packed_is_not_packed_again(anyone: PageClient) -> None:
    plain = anyone.get(static("samrad.css"), headers=PLAIN)
    packed = anyone.get(static("samrad.css"), headers=PACKED)
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == plain.content
    assert packed.headers["cache-control"] == "public, max-age=31536000, immutable"


def test_what_another_site_asks_for_in_somebodys_name_is_not_packed(
    browsers: Browsers, log: Log, proposal: str
) -> None:
    person = a_person(log)
    assert is_packed(browsers.of(person), proposal)
    assert is_packed(browsers.of(person), proposal, **{SITE: "same-origin"})
    assert not is_packed(browsers.of(person), proposal, **{SITE: "cross-site"})
    assert not is_packed(browsers.of(person), proposal, **{SITE: "same-site"})
    assert is_packed(browsers.anyone(), proposal, **{SITE: "cross-site"})


def rows() -> Iterator[str]:
    for number in range(5):
        yield f"{number};{'synpunkt ' * 50}\n"


def test_a_long_answer_is_packed_row_by_row_as_it_is_made() -> None:
    sent: list[bytes] = []
    read: list[str] = []
    unpack = zlib.decompressobj(wbits=31)

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await StreamingResponse(rows(), media_type="text/csv")(scope, receive, send)

    async def receive() -> Message:
        await anyio.sleep_forever()
        raise AssertionError

    async def send(message: Message) -> None:
        if body := message.get("body"):
            sent.append(body)
            read.append(unpack.decompress(body).decode())

    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"spec_version": "2.4"},
        "headers": [(b"accept-encoding", b"gzip")],
    }
    anyio.run(Packed(answer, site=Site()), scope, receive, send)
    assert [row for row in read if row] == list(rows())
    assert sum(map(len, sent)) < sum(map(len, rows())) / 4
