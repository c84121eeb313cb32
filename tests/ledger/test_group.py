"""Writers who wait at the same time share one commit, and none waits for long."""

from __future__ import annotations

import signal
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from ledger.group import MOST_BYTES, MOST_EVENTS, Batch, Group
from tests.ledger.writing import Doing, event, wait_until


class Commits:
    """Commits that end when they are let go of, and remember what was in each."""

    def __init__(self) -> None:
        self.groups: list[list[Batch]] = []
        self.begun = threading.Semaphore(0)
        self.may_end = threading.Semaphore(0)

    def __call__(self, group: Sequence[Batch]) -> None:
        self.groups.append(list(group))
        self.begun.release()
        assert self.may_end.acquire(timeout=60)
        for batch in group:
            batch.positions = [len(self.groups)]


def batch(events: int = 1, size: int = 2) -> Batch:
    return Batch([event(state=b"x" * size)] * events)


@pytest.fixture
def commits() -> Commits:
    return Commits()


@pytest.fixture
def group(commits: Commits) -> Group:
    return Group(commits)


def queue(group: Group, batches: Sequence[Batch]) -> Doing:
    """Hand batches in, in this order, while a commit is under way."""
    writers = []
    for one in batches:
        before = group.waiting
        writers.append(Doing(group.submit, (one,)))
        wait_until(lambda before: group.waiting > before, before)
    together = Doing(lambda: [writer.join() for writer in writers], ())
    return together


def test_a_lone_writer_commits_in_its_own_thread() -> None:
    threads: list[object] = []
    mine = batch()
    Group(lambda _: threads.append(threading.current_thread())).submit(mine)
    assert threads == [threading.current_thread()]
    assert mine.is_settled


def test_who_comes_during_a_commit_shares_the_next(
    group: Group, commits: Commits
) -> None:
    first, *others = batches = [batch() for _ in range(10)]
    leader = Doing(group.submit, (first,))
    commits.begun.acquire()
    rest = queue(group, others)
    commits.may_end.release(2)
    leader.join()
    rest.join()
    assert commits.groups == [[first], others]
    assert [one.positions for one in batches] == [[1], *[[2]] * 9]
    assert group.waiting == 0


@pytest.mark.parametrize(
    ("sizes", "shared"),
    [
        ([(MOST_EVENTS, 1), (1, 1)], [1, 1]),
        ([(MOST_EVENTS - 1, 1), (1, 1), (1, 1)], [2, 1]),
        ([(1, MOST_BYTES), (1, 1)], [1, 1]),
        ([(1, MOST_BYTES * 2), (1, 1), (1, 1)], [1, 2]),
        ([(MOST_EVENTS * 6, 1), (MOST_EVENTS * 6, 1)], [1, 1]),
    ],
)
def test_a_commit_takes_on_so_much_and_at_least_one(
    group: Group,
    commits: Commits,
    sizes: list[tuple[int, int]],
    shared: list[int],
) -> None:
    leader = Doing(group.submit, (batch(),))
    commits.begun.acquire()
    rest = queue(group, [batch(*size) for size in sizes])
    commits.may_end.release(9)
    leader.join()
    rest.join()
    assert [len(batches) for batches in commits.groups] == [1, *shared]


def test_everybody_of_many_gets_a_turn_once() -> None:
    groups: list[list[Batch]] = []
    group = Group(lambda taken: groups.append(list(taken)))

    def write() -> list[Batch]:
        mine = [batch() for _ in range(200)]
        for one in mine:
            group.submit(one)
            assert one.is_settled
        return mine

    with ThreadPoolExecutor(64) as pool:
        written = [pool.submit(write) for _ in range(64)]
    handed_in = {id(one) for writer in written for one in writer.result()}
    taken = [id(one) for one_group in groups for one in one_group]
    assert len(taken) == len(handed_in) == 64 * 200
    assert set(taken) == handed_in
    assert group.waiting == 0


class Stopped(BaseException):
    """What happens to a thread that is being stopped."""


def test_who_is_stopped_while_committing_takes_nobody_along() -> None:
    begun, may_end = threading.Semaphore(0), threading.Semaphore(0)
    groups: list[list[Batch]] = []

    def commit(group: Sequence[Batch]) -> None:
        groups.append(list(group))
        begun.release()
        assert may_end.acquire(timeout=60)
        if len(groups) == 2:
            raise Stopped

    group = Group(commit)
    first, second, third, fourth = (batch() for _ in range(4))
    leader = Doing(group.submit, (first,))
    begun.acquire()
    stopped = Doing(group.submit, (second,))
    wait_until(lambda: group.waiting == 1)
    rest = queue(group, [third, fourth])
    may_end.release(3)
    leader.join()
    rest.join()
    with pytest.raises(Stopped):
        stopped.join()
    assert groups == [[first], [second, third, fourth], [third, fourth]]
    assert not second.is_settled
    may_end.release()
    group.submit(batch())
    assert group.waiting == 0


def test_who_is_stopped_while_waiting_leaves_the_queue(
    group: Group, commits: Commits
) -> None:
    first, mine, other = batch(), batch(), batch()
    leader = Doing(group.submit, (first,))
    commits.begun.acquire()
    main = threading.get_ident()

    def interrupt() -> None:
        wait_until(lambda: group.waiting == 1)
        signal.pthread_kill(main, signal.SIGINT)

    interrupting = Doing(interrupt, ())
    with pytest.raises(KeyboardInterrupt):
        group.submit(mine)
    interrupting.join()
    assert group.waiting == 0
    rest = queue(group, [other])
    commits.may_end.release(2)
    leader.join()
    rest.join()
    assert commits.groups == [[first], [other]]
    assert not mine.is_settled
