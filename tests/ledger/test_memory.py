"""What was signed last is never forgotten, and never goes back."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.checkpoint import Checkpoint
from ledger.memory import BadMemory, Forked, Memory, Stale
from ledger.tree import EMPTY_ROOT, BadProof, consistency_proof
from tests.ledger.trees import leaves

ROOT = Path(__file__).parents[2]
LOG = "samrad.example.se/log"
TREE = leaves(300)


def at(size: int, origin: str = LOG) -> Checkpoint:
    return Checkpoint(origin, size, TREE.root(size))


def proof(old: int, new: int) -> list[bytes]:
    return consistency_proof(old, new, TREE.node)


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    return Memory.create(tmp_path / "memory")


def advanced(memory: Memory, *sizes: int) -> Memory:
    for size in sizes:
        old = memory.last(LOG).checkpoint.size
        memory.advance(old, proof(old, size), at(size))
    return memory


def test_a_new_memory_knows_nothing_and_is_not_made_twice(memory: Memory) -> None:
    assert memory.last(LOG).checkpoint == Checkpoint(LOG, 0, EMPTY_ROOT)
    with pytest.raises(FileExistsError):
        Memory.create(memory.file)


def test_what_was_signed_is_known_to_the_next_process(memory: Memory) -> None:
    advanced(memory, 7, 7, 130)
    assert Memory(memory.file).last(LOG).checkpoint == at(130)
    assert memory.file.stat().st_mode & 0o777 == 0o600


def test_a_link_to_a_memory_is_the_same_memory(memory: Memory, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(memory.file)
    advanced(Memory(link), 7)
    assert link.is_symlink()
    assert memory.last(LOG).checkpoint == at(7)
    with pytest.raises(FileExistsError):
        Memory.create(link)


@given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 300))
def test_only_what_begins_with_the_last_is_remembered(
    tmp_path_factory: pytest.TempPathFactory, last: int, old: int, new: int
) -> None:
    memory = Memory.create(tmp_path_factory.mktemp("memory") / "memory")
    advanced(memory, last)
    honest = proof(old, new) if old <= new else []
    if old == last <= new:
        memory.advance(old, honest, at(new))
        assert memory.last(LOG).checkpoint == at(new)
        return
    with pytest.raises((Stale, BadProof)):
        memory.advance(old, honest, at(new))
    assert memory.last(LOG).checkpoint == at(last)


def test_another_root_or_a_wrong_proof_is_refused(memory: Memory) -> None:
    advanced(memory, 100)
    before = memory.file.read_bytes()
    other = Checkpoint(LOG, 100, b"\0" * 32)
    with pytest.raises(Forked):
        memory.advance(100, [], other)
    fork = Checkpoint(LOG, 200, b"\0" * 32)
    for steps in (proof(100, 200), proof(99, 200), proof(100, 200)[:-1], []):
        with pytest.raises(BadProof):
            memory.advance(100, steps, fork)
    with pytest.raises(BadProof):
        memory.advance(100, proof(100, 200)[:-1], at(200))
    with pytest.raises(BadProof):
        memory.advance(100, [b"\0" * 32], at(100))
    assert memory.file.read_bytes() == before


def test_a_tree_without_leaves_has_one_root(memory: Memory) -> None:
    memory.advance(0, [], Checkpoint(LOG, 0, EMPTY_ROOT))
    with pytest.raises(BadProof):
        memory.advance(0, [], Checkpoint(LOG, 0, b"\0" * 32))


def test_logs_do_not_disturb_each_other(memory: Memory) -> None:
    advanced(memory, 50)
    memory.advance(0, [], at(9, "other.example.se/log"))
    assert memory.last(LOG).checkpoint == at(50)
    assert memory.last("other.example.se/log").checkpoint.size == 9


def test_the_time_does_not_go_back_with_the_clock(memory: Memory) -> None:
    assert memory.advance(0, [], at(5), time=1_000) == 1_000
    assert memory.advance(5, proof(5, 6), at(6), time=400) == 1_000
    assert Memory(memory.file).advance(6, [], at(6), time=500) == 1_000
    assert memory.advance(6, [], at(6), time=1_001) == 1_001


def test_a_memory_that_is_gone_or_damaged_is_never_taken_for_an_empty_one(
    memory: Memory,
) -> None:
    advanced(memory, 100)
    whole = memory.file.read_text()
    lines = whole.splitlines(keepends=True)
    for damaged in (
        "",
        whole[:-1],
        whole + "\n",
        whole + "x\n",
        "".join(lines[:-1]),
        "".join(lines[:2]),
        whole.replace("\n", "\r\n"),
        whole.replace("\n100\n", "\n0100\n"),
        whole.replace("\n100\n", "\n-1\n"),
        whole.replace("v1", "v2"),
    ):
        memory.file.write_bytes(damaged.encode())
        with pytest.raises(BadMemory):
            Memory(memory.file)
        with pytest.raises(BadMemory):
            memory.advance(0, [], at(5))
        assert memory.file.read_bytes() == damaged.encode()
    memory.file.unlink()
    with pytest.raises(BadMemory, match="missing"):
        Memory(memory.file)
    with pytest.raises(BadMemory, match="missing"):
        memory.advance(0, [], at(5))
    assert not memory.file.exists()


def test_of_two_that_build_on_the_same_only_one_gets_through(memory: Memory) -> None:
    advanced(memory, 1)
    others = [Memory(memory.file) for _ in range(8)]

    def race(number: int) -> int:
        try:
            others[number].advance(1, proof(1, 10 + number), at(10 + number))
        except Stale as stale:
            return -stale.size
        return 10 + number

    with ThreadPoolExecutor(8) as pool:
        ended = list(pool.map(race, range(8)))
    [won] = [size for size in ended if size > 0]
    assert set(ended) - {won} == {-won}
    assert memory.last(LOG).checkpoint == at(won)


def run(
    code: str, file: Path, *, largest_file: int = resource.RLIM_INFINITY
) -> subprocess.CompletedProcess[str]:
    """Run some Python in a process of its own, with a memory in a file."""
    begin = (
        "import os, resource, signal, sys\n"
        "from pathlib import Path\n"
        "import ledger.memory as memory\n"
        "from tests.ledger.test_memory import at, proof\n"
        "kill = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)\n"
        "known = memory.Memory(Path(sys.argv[1]))\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({largest_file}, -1))\n"
        "def go():\n    known.advance(5, proof(5, 9), at(9))\n"
    )
    return subprocess.run(  # noqa: S603
        [sys.executable, "-c", begin + code, str(file)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("killed_at", "remembered"),
    [
        ("memory.os.open = kill", 5),
        ("memory.verify_consistency = kill", 5),
        ("memory.os.fsync = kill", 5),
        ("memory.Path.replace = kill", 5),
        # It is in the directory, and only the directory may not be on the disk yet.
        (
            "real = os.fsync\n"
            "def second(fd, seen=[]):\n"
            "    seen.append(fd)\n"
            "    kill() if len(seen) == 2 else real(fd)\n"
            "memory.os.fsync = second",
            9,
        ),
    ],
)
def test_a_killed_one_leaves_the_old_or_the_new_whole(
    memory: Memory, killed_at: str, remembered: int
) -> None:
    advanced(memory, 5)
    done = run(f"{killed_at}\ngo()\nprint('done')\n", memory.file)
    assert (done.returncode, done.stdout) == (-signal.SIGKILL, ""), done.stderr
    assert Memory(memory.file).last(LOG).checkpoint == at(remembered)
    # Nobody is kept waiting by a killed one's lock, or confused by its leavings.
    advanced(Memory(memory.file), 9, 20)


def test_it_is_on_the_disk_before_anybody_is_told(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order that a power cut needs: the file, its name, and then the answer."""
    done: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def synced(opened: int) -> None:
        done.append("directory" if os.path.isdir(f"/proc/self/fd/{opened}") else "file")
        fsync(opened)

    def renamed(self: Path, to: Path) -> Path:
        done.append("name")
        return replace(self, to)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", renamed)
    advanced(memory, 5)
    assert done == ["file", "name", "directory"]


def test_a_full_disk_is_an_error_and_nothing_is_forgotten(memory: Memory) -> None:
    advanced(memory, 5)
    done = run("go()\n", memory.file, largest_file=10)
    assert done.returncode == 1
    assert "File too large" in done.stderr
    assert Memory(memory.file).last(LOG).checkpoint == at(5)
    advanced(memory, 9)
