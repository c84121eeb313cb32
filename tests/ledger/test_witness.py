"""A witness cosigns only what has grown out of what it cosigned (C2SP tlog-witness)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ledger.asking import Unanswered
from ledger.checkpoint import Checkpoint
from ledger.desk import Answer
from ledger.memory import Memory
from ledger.note import COSIGNATURE, Note, Signer, sign, with_lines
from ledger.signer import SIZE
from ledger.submission import Submission
from ledger.tree import EMPTY_ROOT, consistency_proof
from ledger.witness import Witness
from tests.ledger.keeping import Kept, at, kept, noted, refused_to_start
from tests.ledger.keys import log_key, witness_key
from tests.ledger.trees import leaves

LOG = log_key()
OTHER = log_key("other.example.se/log")
KEY = witness_key(1)
TREE = leaves(300)


@pytest.fixture(params=["local", "http"])
def witness(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Kept]:
    local = request.param == "local"
    logs = (LOG.verifier, OTHER.verifier)
    with kept(tmp_path, KEY, logs=logs, local=local) as witness:
        witness.start()
        yield witness


def asked(witness: Kept, old: int, new: int, log: Signer = LOG) -> Answer:
    return witness.submit(old, noted(log, new), size=new)


def cosigned_at(answer: Answer, new: Checkpoint, key: Signer = KEY) -> int:
    """When a witness says that it cosigned; its signature is checked."""
    assert answer.status == 200, answer
    note = Note.parse(f"{new.text}\n{answer.body}".encode())
    found = note.by(key.verifier)
    assert found is not None
    return found


def test_it_cosigns_what_grows_with_the_time(witness: Kept) -> None:
    for old, new in ((0, 1), (1, 130), (130, 130), (130, 300)):
        before = int(time.time())
        said = cosigned_at(asked(witness, old, new), at(new, LOG.name))
        assert before <= said <= time.time()
    cosigned_at(asked(witness, 0, 7, OTHER), at(7, OTHER.name))
    assert asked(witness, 7, 300, LOG).status == 409, "each log has a size of its own"
    assert witness.stop() == 0


def test_it_tells_its_size_to_whoever_builds_on_another(witness: Kept) -> None:
    assert asked(witness, 5, 100) == Answer(409, "0\n", SIZE)
    asked(witness, 0, 100)
    for old, new in ((0, 200), (99, 200), (150, 200), (0, 100), (0, 50)):
        assert asked(witness, old, new) == Answer(409, "100\n", SIZE)
    assert asked(witness, 200, 100).status == 400


def test_it_cosigns_no_rollback_and_no_fork(witness: Kept) -> None:
    asked(witness, 0, 100)
    assert asked(witness, 100, 99).status == 400
    assert asked(witness, 99, 99) == Answer(409, "100\n", SIZE)

    fork = sign(Checkpoint(LOG.name, 100, b"\0" * 32).text, [LOG])
    answer = witness.post(Submission(100, (), fork).written())
    assert (answer.status, answer.kind == SIZE) == (409, False)

    proof = tuple(consistency_proof(100, 200, TREE.node))
    fork = sign(Checkpoint(LOG.name, 200, b"\0" * 32).text, [LOG])
    for steps in (proof, proof[:-1], (), (*proof, proof[0])):
        assert witness.post(Submission(100, steps, fork).written()).status == 422
    cosigned_at(asked(witness, 100, 200), at(200, LOG.name))


def test_only_an_empty_proof_begins_a_log(witness: Kept) -> None:
    stray = Submission(0, (b"\0" * 32,), noted(LOG, 100)).written()
    assert witness.post(stray).status == 422
    empty = sign(Checkpoint(LOG.name, 0, b"\0" * 32).text, [LOG])
    assert witness.post(Submission(0, (), empty).written()).status == 422
    empty = sign(Checkpoint(LOG.name, 0, EMPTY_ROOT).text, [LOG])
    assert witness.post(Submission(0, (), empty).written()).status == 200
    cosigned_at(asked(witness, 0, 100), at(100, LOG.name))


def test_it_cosigns_for_the_keys_that_it_knows_only(witness: Kept) -> None:
    stranger = log_key("stranger.example.se/log")
    assert asked(witness, 0, 100, stranger).status == 404
    # The right name, the wrong key; then the right key under another log's name.
    assert asked(witness, 0, 100, log_key(seed="thief")).status == 403
    misplaced = sign(at(100, OTHER.name).text, [LOG])
    assert witness.submit(0, misplaced, size=100).status == 403
    unsigned = sign(at(100, LOG.name).text, [KEY])
    assert witness.submit(0, unsigned, size=100).status == 403
    twice = with_lines(noted(LOG, 100), [LOG.line(at(100, LOG.name).text)])
    assert witness.submit(0, twice, size=100).status == 403
    of_another = with_lines(noted(LOG, 100), [stranger.line("something\n")])
    cosigned_at(witness.submit(0, of_another, size=100), at(100, LOG.name))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"old 0\n\n",
        b"old 0\n" + noted(LOG, 5),
        b"old 00\n\n" + noted(LOG, 5),
        b"old -0\n\n" + noted(LOG, 5),
        b"old  0\n\n" + noted(LOG, 5),
        b"old 0 \n\n" + noted(LOG, 5),
        b"size 0\n\n" + noted(LOG, 5),
        b"old 0\r\n\r\n" + noted(LOG, 5),
        b"old 0\nAAAA\n\n" + noted(LOG, 5),
        b"old 0\n" + (b"A" * 43 + b"=\n") * 64 + b"\n" + noted(LOG, 5),
        b"old 0\n\n" + at(5, LOG.name).text.encode(),
        b"old 0\n\n" + noted(LOG, 5)[:-1],
        b"old 0\n\n" + sign(at(5, LOG.name).text + "extension\n", [LOG]),
        b"old 0\n\n" + noted(LOG, 5).replace(b"\n5\n", b"\n+5\n"),
        b"old 0\n\n" + noted(LOG, 5) * 300,
    ],
)
def test_it_reads_only_what_is_written_by_the_rules(
    tmp_path: Path, body: bytes
) -> None:
    memory = Memory.create(tmp_path / "memory")
    witness = Witness(KEY, memory, [LOG.verifier])
    assert witness.answer(body).status == 400
    assert memory.last(LOG.name).checkpoint.size == 0


def test_it_takes_63_lines_of_proof_and_no_more(tmp_path: Path) -> None:
    witness = Witness(KEY, Memory.create(tmp_path / "memory"), [LOG.verifier])
    for count, status in ((63, 422), (64, 400)):
        body = Submission(0, (b"\0" * 32,) * count, noted(LOG, 5)).written()
        assert witness.answer(body).status == status


def test_too_much_is_not_read(witness: Kept) -> None:
    assert witness.post(b"x" * 200_000).status == 413


@pytest.mark.parametrize("witness", ["local"], indirect=True)
def test_killed_between_storing_and_answering_it_cosigns_the_same_again(
    witness: Kept,
) -> None:
    asked(witness, 0, 100)
    witness.kill()
    witness.start(
        "import os, signal, ledger.note\n"
        "ledger.note.Signer.line = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    with pytest.raises(Unanswered):
        asked(witness, 100, 200)
    witness.start()
    assert asked(witness, 100, 150) == Answer(409, "200\n", SIZE)
    cosigned_at(asked(witness, 200, 200), at(200, LOG.name))


@pytest.mark.parametrize("witness", ["local"], indirect=True)
def test_of_many_at_the_same_time_none_rolls_another_back(witness: Kept) -> None:
    asked(witness, 0, 1)
    sizes = range(2, 42)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda size: asked(witness, 1, size), sizes))
    cosigned = [
        size
        for size, answer in zip(sizes, answers, strict=True)
        if answer.status == 200
    ]
    assert len(cosigned) == 1
    refused = {answer for answer in answers if answer.status != 200}
    assert refused == {Answer(409, f"{cosigned[0]}\n", SIZE)}


def test_a_clock_that_is_set_back_does_not_unsay_what_was_said(tmp_path: Path) -> None:
    times = iter([2_000_000_000.9, 1_000_000_000, 2_000_000_001])
    memory = Memory.create(tmp_path / "memory")

    def said(old: int, new: int) -> int:
        witness = Witness(KEY, memory, [LOG.verifier], clock=lambda: next(times))
        proof = tuple(consistency_proof(old, new, TREE.node))
        body = Submission(old, proof, noted(LOG, new)).written()
        return cosigned_at(witness.answer(body), at(new, LOG.name))

    assert said(0, 5) == 2_000_000_000
    assert said(5, 9) == 2_000_000_000
    assert said(9, 9) == 2_000_000_001


def test_a_log_may_have_two_keys_while_one_takes_over(tmp_path: Path) -> None:
    new = log_key(seed="the next one")
    memory = Memory.create(tmp_path / "memory")
    witness = Witness(KEY, memory, [LOG.verifier, new.verifier])
    for key in (LOG, new):
        body = Submission(memory.last(LOG.name).checkpoint.size, (), noted(key, 5))
        cosigned_at(witness.answer(body.written()), at(5, LOG.name))


def test_it_needs_a_witness_s_key_and_the_keys_of_logs(tmp_path: Path) -> None:
    memory = Memory.create(tmp_path / "memory")
    with pytest.raises(ValueError, match="not the key of a witness"):
        Witness(LOG, memory, [LOG.verifier])
    with pytest.raises(ValueError, match="not the key of a log"):
        Witness(KEY, memory, [Signer.generate("w", COSIGNATURE).verifier])
    with kept(tmp_path, LOG, logs=(LOG.verifier,), name="wrong") as wrong:
        assert "not the key of a witness" in refused_to_start(wrong)
