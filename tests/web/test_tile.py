"""The log for other people's tools: what is published, to everybody, and nothing else.

Go's own transparency-log packages read all of it over HTTP.
"""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any
from uuid import uuid4

import psycopg
import pytest
import uvicorn
from psycopg import Connection
from starlette.applications import Starlette

from cli.postgres import Server
from domain.log import Log
from ledger.checkpoint import Checkpoint
from ledger.note import sign
from ledger.tiles import HASH, Tiles, integrate
from tests.client import PageClient
from tests.conftest import new_database
from tests.ledger.checker import Checker, missing, told
from tests.ledger.keys import log_key, witness_key
from tests.ledger.trees import entry, leaves, record
from tests.vault import log_settings
from tests.web.conftest import SITE
from web.app import create_app

LARGE = 65_538
PUBLISHED = 600
INTEGRATED = 700
SIGNERS = [log_key(), witness_key(1)]
POLICY = f"log {SIGNERS[0].verifier}\nquorum none\n"
FOREVER = "public, max-age=31536000, immutable"


def publish(connection: Connection[Any], size: int) -> bytes:
    """Publish a checkpoint of the log at some size; returns the note."""
    text = Checkpoint(SIGNERS[0].name, size, leaves(LARGE).root(size)).text
    note = sign(text, SIGNERS, 1_700_000_000)
    connection.execute(
        "INSERT INTO tlog.checkpoint (size, note) VALUES (%s, %s)", (size, note)
    )
    return note


@contextmanager
def application(url: str, policy: str = POLICY) -> Iterator[Starlette]:
    made = create_app(
        log=Log(log_settings(url)), database_url=url, site=SITE, policy=policy
    )
    with PageClient(made):
        yield made


@pytest.fixture(scope="module")
def published(postgres: Server, template: str) -> Iterator[PageClient]:
    """A log of 710 entries, of which 700 are integrated and 600 published."""
    with new_database(postgres, template) as url:
        with psycopg.connect(url, autocommit=True) as owner:
            record(owner, 710)
            integrate(owner, most=INTEGRATED)
            publish(owner, 500)
            publish(owner, PUBLISHED)
        with application(url) as app:
            yield PageClient(app)


def bundle(start: int, end: int) -> bytes:
    kept = (entry(index) for index in range(start, end))
    return b"".join(len(each).to_bytes(2, "big") + each for each in kept)


def test_the_newest_checkpoint_is_given_out_byte_for_byte(
    published: PageClient,
) -> None:
    answer = published.get("/log/checkpoint")
    text = Checkpoint(SIGNERS[0].name, PUBLISHED, leaves(LARGE).root(PUBLISHED)).text
    assert answer.content == sign(text, SIGNERS, 1_700_000_000)
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["cache-control"] == "max-age=5"


def test_the_policy_is_the_one_handed_in(published: PageClient) -> None:
    answer = published.get("/log/policy")
    assert answer.text == POLICY
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


def test_before_anything_is_published_there_is_nothing(database: str) -> None:
    with psycopg.connect(database) as owner:
        record(owner, 300)
        integrate(owner)
    with application(database, policy="") as app:
        for path in ("checkpoint", "policy", "tile/0/000", "tile/entries/000"):
            answer = PageClient(app).get(f"/log/{path}")
            assert answer.status_code == 404, path
            assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("path", "level", "start", "end"),
    [
        ("0/000", 0, 0, 256),
        ("0/001", 0, 256, 512),
        ("0/002.p/88", 0, 512, 600),
        ("0/002.p/87", 0, 512, 599),
        ("0/002.p/1", 0, 512, 513),
        ("0/000.p/255", 0, 0, 255),
        ("1/000.p/2", 8, 0, 2),
        ("1/000.p/1", 8, 0, 1),
    ],
)
def test_a_published_tile_is_given_out_for_ever(
    published: PageClient, path: str, level: int, start: int, end: int
) -> None:
    answer = published.get(f"/log/tile/{path}")
    node = leaves(LARGE).node
    assert answer.content == b"".join(node(level, at) for at in range(start, end))
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["cache-control"] == FOREVER


@pytest.mark.parametrize("packing", ["identity", "gzip", "br, gzip"])
@pytest.mark.parametrize(
    ("path", "start", "end"),
    [
        ("000", 0, 256),
        ("002.p/88", 512, 600),
        ("000.p/3", 0, 3),
        ("001.p/255", 256, 511),
    ],
)
def test_published_entries_are_given_out_for_ever(
    published: PageClient, path: str, start: int, end: int, packing: str
) -> None:
    headers = {"Accept-Encoding": packing}
    answer = published.get(f"/log/tile/entries/{path}", headers=headers)
    assert answer.content == bundle(start, end)
    assert ("content-encoding" in answer.headers) == ("gzip" in packing)
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["cache-control"] == FOREVER


@pytest.mark.parametrize(
    "path",
    [
        "0/002",  # 88 hashes are published, 188 integrated, and it is never full
        "0/002.p/89",
        "0/002.p/188",
        "0/003.p/1",
        "0/003",
        "1/000",
        "1/000.p/3",
        "1/001.p/1",
        "2/000.p/1",
        "2/000",
        "8/000.p/1",
        "63/000.p/1",
        "63/x999/x999/x999/x999/x999/999.p/255",
        "entries/002",
        "entries/002.p/89",
        "entries/003.p/1",
        "entries/x999/x999/x999/x999/x999/999",
    ],
)
def test_nothing_is_given_out_beyond_what_is_published(
    published: PageClient, path: str
) -> None:
    answer = published.get(f"/log/tile/{path}")
    assert answer.status_code == 404
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "path",
    [
        *("", "0", "0/", "0/0", "0/00", "0/0000", "0/000/", "/000", "0//000"),
        *("00/000", "01/000", "64/000", "100/000", "-1/000", "+0/000", "a/000"),
        *("0/x000", "0/x000/000", "0/x000/x001/000", "0/000/000", "0/x00/000"),
        *("0/X001/000", "0/x001/x000", "0/x001", "0/001/x000", "0/000x"),
        *("0/000.p", "0/000.p/", "0/000.p/0", "0/000.p/01", "0/000.p/256"),
        *("0/000.p/999", "0/000.p/1000", "0/000.p/-1", "0/000.p/1/", "0/000.p/1.p/1"),
        *("0/000.P/1", "0/000p/1", "0/000.p1", "0/000.p/x001", "0/000.p/ 1"),
        *("0/0_0", "0/+00", "0/-00", "0/ 00", "0/000 ", "0/000%0A", "0%0A/000"),
        *("0/００0", "٣/000", "0/000.p/１", "0/000%00", "0%2F000%2F"),  # noqa: RUF001
        *("entries/", "entries/0", "entries/000.p/256", "Entries/000", "entries"),
        *("data/000", "0/../0/000", "0/%2e%2e/0/000", "0/000?/", "tile/0/000"),
    ],
)
def test_an_address_that_is_not_exactly_a_tile_is_none(
    published: PageClient, path: str
) -> None:
    address = f"http://testserver/log/tile/{path}"
    if path == "0/000?/":
        assert published.get(address).status_code == 200  # A query changes nothing.
        return
    answer = published.get(address)
    if answer.request.url.path == "/log/tile/0/000":
        return  # Tidied by the client before it was asked for.
    assert answer.status_code == 404


def test_everybody_gets_the_same_whoever_and_whenever(published: PageClient) -> None:
    for path in ("checkpoint", "policy", "tile/0/000", "tile/entries/000"):
        plain = published.get(f"/log/{path}")
        headers = {
            "Cookie": f"{SITE.cookie('session')}={uuid4().hex}; language=en",
            "Accept-Language": "en",
        }
        for query in ("?as_of=1", "?as_of=2001-01-01", "?as_of=nonsense", "?a=b"):
            answer = published.get(f"/log/{path}{query}", headers=headers)
            assert answer.status_code == 200
            assert answer.content == plain.content
            assert "set-cookie" not in answer.headers
            assert "cookie" not in answer.headers.get("vary", "").lower()


def test_what_is_published_and_then_gone_is_a_fault_of_ours(
    database: str,
) -> None:
    with psycopg.connect(database, autocommit=True) as owner:
        record(owner, 300)
        integrate(owner)
        publish(owner, 300)
        owner.execute("ALTER TABLE tlog.tile DISABLE TRIGGER USER")
        owner.execute("DELETE FROM tlog.tile")
        with application(database) as app:
            browser = PageClient(app, raise_server_exceptions=False)
            assert browser.get("/log/tile/0/000").status_code == 500


# As Go sees it


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Checker:
    if reason := missing():
        pytest.skip(reason)
    return Checker(tmp_path_factory.mktemp("go"))


@contextmanager
def served(app: Starlette) -> Iterator[str]:
    """An application at an address of this machine."""
    config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off")
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as door:
        thread = threading.Thread(target=server.run, args=([door],))
        thread.start()
        try:
            while not server.started:
                thread.join(timeout=0.02)
                assert thread.is_alive(), "the application did not start"
            yield f"http://127.0.0.1:{door.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(timeout=10)


def judged(judge: Checker, address: str) -> str:
    vkeys = ",".join(str(key.verifier) for key in SIGNERS)
    (said,) = judge.answers([f"log {vkeys} {told(f'{address}/log'.encode())}"])
    return said


def test_go_reads_the_whole_log_at_every_size_it_was_published(
    database: str, judge: Checker
) -> None:
    with (
        psycopg.connect(database, autocommit=True) as owner,
        application(database) as app,
        served(app) as address,
    ):
        assert judged(judge, address).startswith("no 404")
        for size in (1, 2, 255, 256, 257, 600, 65_535, 65_536, 65_537):
            record(owner, size - integrate(owner)[0])
            integrate(owner)
            publish(owner, size)
            assert judged(judge, address) == f"ok {size}"


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE tlog.tile SET data = set_byte(data, 999, get_byte(data, 999) # 1)"
        " WHERE level = 0 AND index = 1",
        "UPDATE tlog.tile SET data = set_byte(data, 9, get_byte(data, 9) # 1)"
        " WHERE level = 1",
        "UPDATE log.entry SET leaf = 'entry x' WHERE position = 299",
        "UPDATE tlog.checkpoint"
        " SET note = replace(encode(note, 'escape'), '600', '599')::bytea",
    ],
)
def test_go_finds_what_was_changed_behind_our_back(
    database: str, judge: Checker, change: str
) -> None:
    with (
        psycopg.connect(database, autocommit=True) as owner,
        application(database) as app,
        served(app) as address,
    ):
        record(owner, 600)
        integrate(owner)
        publish(owner, 600)
        assert judged(judge, address) == "ok 600"
        for table in ("tlog.tile", "tlog.checkpoint", "log.entry"):
            owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER".encode())
        owner.execute(change.encode())
        assert judged(judge, address).startswith("no ")


def test_go_accepts_our_proofs_from_tiles(database: str, judge: Checker) -> None:
    known = leaves(LARGE)
    with closing(psycopg.connect(database, autocommit=True)) as owner:
        record(owner, LARGE)
        integrate(owner)
        tiles = Tiles(owner)
        sizes = [*range(1, 131), 255, 256, 257, 65_535, 65_536, 65_537]
        asked = []
        for size in sizes:
            near = {0, 255, 256, 65_535, 65_536, size - 1}
            for index in range(size) if size <= 130 else near & set(range(size)):
                proof = ",".join(map(told, tiles.inclusion(index, size))) or "-"
                leaf, root = told(known.node(0, index)), told(known.root(size))
                asked.append(f"included {leaf} {index} {size} {proof} {root}")
            for first in (each for each in sizes if each <= size):
                proof = ",".join(map(told, tiles.consistency(first, size))) or "-"
                old, new = told(known.root(first)), told(known.root(size))
                asked.append(f"consistent {first} {size} {proof} {old} {new}")
        judge.results(asked)
        assert len(tiles.tile(2, 0, 1)) == HASH


def test_entries_are_packed_for_whoever_can_unpack(published: PageClient) -> None:
    with published.stream(
        "GET", "/log/tile/entries/000", headers={"Accept-Encoding": "gzip"}
    ) as answer:
        packed = b"".join(answer.iter_raw())
    assert gzip.decompress(packed) == bundle(0, 256)
    assert len(packed) < len(bundle(0, 256))
