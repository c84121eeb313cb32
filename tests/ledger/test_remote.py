"""Anybody can check the log at its address, and a server that lies is found out."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from typer.testing import CliRunner

from cli.main import app as samrad
from ledger.findings import Check, Outcome, Report
from ledger.layout import LARGEST_BUNDLE
from ledger.note import LARGEST
from ledger.policy import Policy
from ledger.remote import UrlSource
from ledger.signed import Previous, trusted
from ledger.verify import verify
from tests.ledger.tampering import ONE_BYTE, WITH_LEAF, record, rewrite, tamper
from tests.publishing import POLICY, POLICY_TEXT, publish
from tests.web.test_tile import application, served

EDGES = (1, 2, 255, 256, 257, 511, 512, 600)


def checked(
    address: str, policy: Policy | None = POLICY, *previous: Previous
) -> Report:
    with UrlSource(address, timeout=5) as source:
        return verify(source, policy, previous=previous)


@pytest.fixture
def kept(database: str) -> str:
    """A log of 610 entries, of which 600 are published."""
    record(database, 600)
    publish(database)
    record(database, 10, first=601)
    return database


def test_a_log_is_sound_at_every_size_it_was_published(database: str) -> None:
    with application(database) as app, served(app) as address:
        report = checked(address)
        assert [each.check for each in report.findings] == [Check.NO_CHECKPOINT]
        before = 0
        for size in EDGES:
            record(database, size - before, first=before + 1)
            publish(database)
            report = checked(address)
            assert report.outcome is Outcome.SOUND, report.findings
            assert report.size == size
            before = size


@pytest.mark.parametrize(
    ("statements", "position", "check"),
    [
        ([ONE_BYTE, WITH_LEAF], 300, Check.LEAF),
        (
            [
                "UPDATE tlog.tile SET data = set_byte(data, 1376,"
                " get_byte(data, 1376) # 1) WHERE level = 0 AND index = 1"
            ],
            300,
            Check.LEAF,
        ),
        (
            [
                "UPDATE tlog.tile SET data = set_byte(data, 40,"
                " get_byte(data, 40) # 1) WHERE level = 1"
            ],
            257,
            Check.TILE,
        ),
        (
            ["UPDATE log.entry SET leaf = 'x' WHERE position = 300"],
            300,
            Check.ENVELOPE,
        ),
        (
            [
                "UPDATE tlog.checkpoint SET note = set_byte(note, 120,"
                " CASE get_byte(note, 120) WHEN 65 THEN 66 ELSE 65 END)"
            ],
            None,
            Check.SIGNATURE,
        ),
    ],
    ids=["leaf", "tile of leaves", "tile of tiles", "no leaf", "signature"],
)
def test_what_is_changed_shows_at_the_address(
    kept: str, statements: list[str], position: int | None, check: Check
) -> None:
    tamper(kept, *statements)
    with application(kept) as app, served(app) as address:
        report = checked(address)
    assert report.outcome is Outcome.TAMPERED
    assert (report.findings[0].check, report.first_bad) == (check, position)


def test_a_checkpoint_from_before_gives_another_history_away(kept: str) -> None:
    with application(kept) as app, served(app) as address:
        with UrlSource(address) as source:
            [published] = source.checkpoints()
        before = trusted("mine", published.note, POLICY)
        assert checked(address, POLICY, before).outcome is Outcome.SOUND
        rewrite(kept)
        assert checked(address).outcome is Outcome.SOUND
        report = checked(address, POLICY, before)
        assert report.outcome is Outcome.TAMPERED
        assert report.findings[0].check is Check.CHECKPOINT


def test_the_command_checks_an_address_without_settings(
    kept: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAMRAD_DATABASE_URL", "nonsense that nobody reads")
    (tmp_path / "policy").write_text(POLICY_TEXT)
    with application(kept) as app, served(app) as address:
        command = ["verify", "--url", address, "--policy", str(tmp_path / "policy")]
        done = CliRunner().invoke(samrad, command)
        assert done.exit_code == 0, done.output
        assert "Sound: 600 entries" in done.stdout
        assert CliRunner().invoke(samrad, command[:3]).exit_code == 2


def big(most: int) -> Callable[[Request], Response]:
    return lambda _: Response(b"\0" * (most + 1))


@pytest.mark.parametrize(
    ("path", "answer", "check"),
    [
        ("/log/checkpoint", lambda _: Response("gone", 500), Check.UNREACHED),
        ("/log/checkpoint", lambda _: Response("no note"), Check.UNREACHED),
        ("/log/checkpoint", big(LARGEST), Check.UNREACHED),
        ("/log/tile/entries/{rest:path}", big(LARGEST_BUNDLE), Check.UNREACHED),
        ("/log/tile/entries/000", lambda _: Response(b"\0\5x"), Check.UNREADABLE),
        ("/log/tile/entries/000", lambda _: Response(b""), Check.CUT_OFF),
        ("/log/tile/0/{rest:path}", lambda _: Response("", 404), Check.UNREACHED),
        ("/log/tile/0/000", lambda _: Response(b""), Check.TILE),
    ],
    ids=[
        "an error",
        "no note",
        "a huge note",
        "huge entries",
        "an entry that is cut off",
        "no entries",
        "no tile",
        "an empty tile",
    ],
)
def test_a_server_that_gives_something_else_never_makes_a_log_sound(
    kept: str, path: str, answer: Callable[[Request], Response], check: Check
) -> None:
    with application(kept) as app:
        lying = Starlette(routes=[Route(path, answer), Mount("/", app)])
        with served(lying) as address:
            report = checked(address)
    assert report.outcome is check.outcome
    assert check in [each.check for each in report.findings], report.findings


@pytest.mark.parametrize("url", ["ftp://x/log", "nowhere", "http://[", "http://x?y"])
def test_what_is_no_address_is_refused(url: str) -> None:
    done = CliRunner().invoke(samrad, ["verify", "--url", url])
    assert done.exit_code == 2
    assert "is no address" in done.stderr


@contextmanager
def answering(first: bytes, again: bytes = b"") -> Iterator[str]:
    """A server that answers with some bytes, and then with others for ever."""

    def answer(listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                asked, _ = listening.accept()
                with asked, suppress(OSError):
                    asked.recv(4096)
                    asked.sendall(first)
                    while again:
                        asked.sendall(again)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        answers = threading.Thread(target=answer, args=(listening,))
        answers.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/log"
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            answers.join(timeout=10)


@pytest.mark.parametrize(
    ("first", "again"),
    [
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1;a=b\r\na\r\n"),
    ],
    ids=["one that never begins", "one byte at a time"],
)
def test_an_answer_without_end_is_cut_off(first: bytes, again: bytes) -> None:
    with (
        answering(first, again) as address,
        UrlSource(address, timeout=5, longest=0.01) as source,
    ):
        report = verify(source, POLICY)
    assert report.outcome is Outcome.UNDECIDED
    assert "it takes too long" in report.findings[0].said


def test_what_a_server_writes_does_nothing_to_a_terminal() -> None:
    with answering(b"\x1b]0;mine\x07\x1b[31m\x9bSOUND\r\n\r\n") as address:
        report = checked(address)
    assert report.outcome is Outcome.UNDECIDED
    assert "SOUND" in report.findings[0].said
    assert report.findings[0].said.isprintable()
