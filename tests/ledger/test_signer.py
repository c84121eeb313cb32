"""The signer signs what the log grows to, and nothing else, whoever asks."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.asking import Unanswered, post, socket_path
from ledger.checkpoint import Checkpoint
from ledger.desk import Answer
from ledger.memory import Memory
from ledger.note import BadNote, Note, Signer
from ledger.signer import SIZE, LogSigner
from ledger.signing_key import BadSigningKey, read_key, write_key
from ledger.submission import Submission
from ledger.tree import EMPTY_ROOT, consistency_proof
from tests.cli.installation import until
from tests.ledger.keeping import (
    Kept,
    at,
    kept,
    modules_of,
    refused_to_start,
    signature_of,
)
from tests.ledger.keys import log_key, witness_key
from tests.ledger.trees import Leaves, leaves

KEY = log_key()
TREE = leaves(300)


@pytest.fixture
def signer(tmp_path: Path) -> Iterator[Kept]:
    with kept(tmp_path, KEY) as signer:
        signer.start()
        yield signer


def text(size: int) -> bytes:
    return at(size, KEY.name).text.encode()


def asked(signer: Kept, old: int, new: int) -> Answer:
    return signer.submit(old, text(new), size=new)


def signs(answer: Answer, new: Checkpoint, key: Signer = KEY) -> bool:
    note = Note.parse(f"{new.text}\n{answer.body}".encode())
    try:
        note.by(key.verifier)
    except BadNote:
        return False
    return answer.status == 200


def test_it_signs_what_grows_and_the_same_again(signer: Kept) -> None:
    for old, new in ((0, 1), (1, 2), (2, 130), (130, 130), (130, 300)):
        answer = asked(signer, old, new)
        assert signs(answer, at(new, KEY.name)), answer
    assert signature_of(asked(signer, 300, 300)) == signature_of(
        asked(signer, 300, 300)
    )
    assert signer.stop() == 0


def test_it_refuses_whatever_is_not_its_log_grown(signer: Kept) -> None:
    asked(signer, 0, 100)
    assert asked(signer, 0, 50) == Answer(409, "100\n", SIZE)
    assert asked(signer, 50, 100) == Answer(409, "100\n", SIZE)
    assert asked(signer, 100, 99).status == 400
    assert asked(signer, 200, 300) == Answer(409, "100\n", SIZE)

    proof = tuple(consistency_proof(100, 200, TREE.node))
    fork = Checkpoint(KEY.name, 200, b"\0" * 32).text.encode()
    assert signer.post(Submission(100, proof, fork).written()).status == 422
    short = Submission(100, proof[:-1], text(200)).written()
    assert signer.post(short).status == 422
    same = Checkpoint(KEY.name, 100, b"\0" * 32).text.encode()
    answer = signer.post(Submission(100, (), same).written())
    assert (answer.status, answer.kind) == (409, "text/plain; charset=utf-8")

    other = at(200, "other.example.se/log").text.encode()
    assert signer.post(Submission(100, proof, other).written()).status == 403
    assert signs(asked(signer, 100, 200), at(200, KEY.name)), "the honest one still is"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"old 0\n",
        b"old 0\n\n",
        b"old 00\n\n" + text(5),
        b"old +0\n\n" + text(5),
        "old \uff10\n\n".encode() + text(5),
        b"OLD 0\n\n" + text(5),
        b"old 0\r\n\r\n" + text(5),
        b"old 0\n\n" + text(5)[:-1],
        b"old 0\n\n" + text(5) + b"extension\n",
        b"old 0\n\n" + text(5) + b"\n",
        b"old 0\n\n" + text(5).replace(b"\n5\n", b"\n05\n"),
        b"old 0\nAAAA\n\n" + text(5),
        b"old 0\n" + b"A" * 43 + b"\n\n" + text(5),
        b"old 0\n" + (b"A" * 43 + b"=\n") * 64 + b"\n" + text(5),
        b"old 1\n\n" + b"\xff" * 40,
    ],
)
def test_it_signs_nothing_that_is_not_written_by_the_rules(
    tmp_path: Path, body: bytes
) -> None:
    memory = Memory.create(tmp_path / "memory")
    assert LogSigner([KEY], memory).answer(body).status == 400
    assert memory.last(KEY.name).checkpoint == Checkpoint(KEY.name, 0, EMPTY_ROOT)


def test_it_answers_nothing_but_its_one_question(signer: Kept) -> None:
    assert post(signer.address, "/", b"", timeout=5).status == 404
    assert post(signer.address, "/health", b"", timeout=5).status == 404
    assert signer.post(b"x" * 200_000).status == 413
    with socket.socket(socket.AF_UNIX) as raw:
        raw.connect(socket_path(signer.address.removeprefix("unix:")))
        raw.sendall(b"GET /health HTTP/1.0\r\n\r\n")
        said = b"".join(iter(lambda: raw.recv(4096), b""))
    assert said.startswith(b"HTTP/1.1 200 ")
    assert said.endswith(b"well\n")


def test_what_it_has_signed_outlives_a_kill(signer: Kept) -> None:
    asked(signer, 0, 100)
    signer.kill()
    with pytest.raises(Unanswered):
        asked(signer, 100, 100)
    signer.start()
    assert asked(signer, 0, 50) == Answer(409, "100\n", SIZE)
    assert signs(asked(signer, 100, 100), at(100, KEY.name))


def test_killed_after_it_remembered_it_signs_the_same_when_asked_again(
    signer: Kept,
) -> None:
    asked(signer, 0, 100)
    signer.kill()
    # The last moment before the signature exists.
    signer.start(
        "import os, signal, ledger.note\n"
        "ledger.note.Signer.line = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    with pytest.raises(Unanswered):
        asked(signer, 100, 200)
    assert signer.process is not None
    assert signer.process.wait(30) == -9
    signer.start()
    assert asked(signer, 100, 200) == Answer(409, "200\n", SIZE)
    assert signs(asked(signer, 200, 200), at(200, KEY.name))


def test_killed_before_it_remembered_it_has_signed_nothing(signer: Kept) -> None:
    asked(signer, 0, 100)
    signer.kill()
    signer.start(
        "import os, signal\n"
        "from pathlib import Path\n"
        "Path.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    with pytest.raises(Unanswered):
        asked(signer, 100, 200)
    signer.start()
    assert signs(asked(signer, 100, 150), at(150, KEY.name))


def test_two_signers_with_one_memory_never_sign_two_histories(
    signer: Kept, tmp_path: Path
) -> None:
    asked(signer, 0, 100)
    keeper = signer.keeper
    second = Kept(
        type(keeper)(
            keeper.keys, keeper.memory, f"unix:{tmp_path}/second.sock", (), "json"
        ),
        "/sign",
    )
    second.start()
    try:
        assert signs(asked(second, 100, 200), at(200, KEY.name))
        assert asked(signer, 100, 150) == Answer(409, "200\n", SIZE)
        other = Leaves(301)
        fork = Checkpoint(KEY.name, 200, other.root(199)).text.encode()
        assert signer.post(Submission(200, (), fork).written()).status == 409
    finally:
        second.stop()


def test_two_signers_do_not_listen_in_one_place(signer: Kept) -> None:
    process = signer.launched()
    assert process.wait(30) == 1
    assert "Another process listens" in signer.words()
    assert asked(signer, 0, 5).status == 200


def test_while_a_new_key_takes_over_both_sign(tmp_path: Path) -> None:
    new = log_key(seed="the next one")
    with kept(tmp_path, KEY, new) as signer:
        signer.start()
        answer = asked(signer, 0, 100)
    assert signs(answer, at(100, KEY.name))
    assert signs(answer, at(100, KEY.name), new)
    assert not signs(answer, at(100, KEY.name), log_key(seed="a third"))


def test_a_key_that_others_can_read_is_not_used(tmp_path: Path) -> None:
    with kept(tmp_path, KEY) as signer:
        [file] = signer.keeper.keys
        for mode in (0o640, 0o604, 0o620):
            os.chmod(file, mode)
            with pytest.raises(BadSigningKey, match="open to others"):
                read_key(Path(file))
        assert "open to others" in refused_to_start(signer)
        os.chmod(file, 0o600)
        assert read_key(Path(file)) == KEY


def test_a_key_is_a_file_of_its_own_and_never_written_over(tmp_path: Path) -> None:
    file = tmp_path / "log.key"
    before = os.umask(0)
    try:
        write_key(file, KEY)
    finally:
        os.umask(before)
    assert file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        write_key(file, log_key(seed="another"))
    link = tmp_path / "link"
    link.symlink_to(file)
    for wrong in (link, tmp_path, tmp_path / "missing"):
        with pytest.raises(BadSigningKey):
            read_key(wrong)
    file.write_text(KEY.written() + "\n")
    with pytest.raises(BadSigningKey, match="can not be used"):
        read_key(file)


def test_without_its_memory_it_does_not_start(tmp_path: Path) -> None:
    with kept(tmp_path, KEY) as signer:
        Path(signer.keeper.memory).unlink()
        assert "is missing" in refused_to_start(signer)
        Path(signer.keeper.memory).write_text("")
        assert "is not a memory" in refused_to_start(signer)


def test_without_its_memory_it_signs_nothing_more(signer: Kept) -> None:
    asked(signer, 0, 100)
    Path(signer.keeper.memory).unlink()
    assert asked(signer, 0, 5).status == 500
    assert asked(signer, 100, 100).status == 500


@pytest.mark.parametrize(
    "keys",
    [
        [KEY, log_key("other.example.se/log")],
        [KEY, KEY],
        [witness_key(1)],
        [],
    ],
)
def test_it_takes_keys_of_one_log(tmp_path: Path, keys: list[Signer]) -> None:
    with pytest.raises(ValueError, match="signer"):
        LogSigner(keys, Memory.create(tmp_path / "memory"))


def test_it_is_found_in_a_directory_with_a_long_name(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 120)
    deep.mkdir()
    with kept(deep, KEY) as signer:
        signer.process = signer.launched()
        here = os.getcwd()
        os.chdir(deep)
        try:
            until(signer.answers, "an answer")
            assert asked(signer, 0, 5).status == 200
        finally:
            os.chdir(here)


def test_others_of_the_machine_can_not_reach_it(signer: Kept) -> None:
    path = Path(signer.address.removeprefix("unix:"))
    assert path.stat().st_mode & 0o007 == 0


def test_it_holds_nothing_of_the_pages_the_domain_or_the_database() -> None:
    strangers = {"domain", "web", "projections", "psycopg", "eventsourcing"}
    strangers |= {"starlette", "typer", "pydantic"}
    assert not strangers & modules_of("import cli.keepers")
