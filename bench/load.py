"""The load client: connections that are kept open, from a process of its own.

Each connection follows a script: a generator that yields a request and is sent back the
answer. Every status is checked; a single wrong one fails the round. `ceiling` says how
many requests a second the client itself manages, so that nobody takes its limit for a
server's.
"""

from __future__ import annotations

import asyncio
import multiprocessing
from collections import Counter, defaultdict
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from ipaddress import ip_address
from itertools import count
from pathlib import Path
from secrets import token_hex
from time import perf_counter, process_time
from typing import Any

import uvloop

from bench.figures import Reading
from bench.spent import since, spent

MISSING = -1


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, what the answer must be, and by which name it is timed."""

    what: str
    raw: bytes
    status: int = 200
    acknowledges: str = ""
    """What is durable once the answer has come: it must be there afterwards."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    head: bytes
    length: int

    def header(self, name: bytes) -> str:
        """A header's value, "" where it is missing; `name` in small letters."""
        at = self.head.lower().find(b"\r\n" + name + b": ")
        if at < 0:
            return ""
        start = at + len(name) + 4
        end = self.head.find(b"\r\n", start)
        return self.head[start : end if end >= 0 else None].decode()


Script = Generator[Asked, Answer, None]
Scripts = Callable[[int], Script]
"""Makes the script of a connection by its number; it never ends by itself."""


def get(what: str, path: str, *, cookie: str = "", status: int = 200) -> Asked:
    """A page, asked for as a browser does."""
    return Asked(what, _raw("GET", path, cookie, b""), status)


def post(
    what: str, path: str, body: bytes, *, cookie: str, client: int, acknowledges: str
) -> Asked:
    """A form, sent as a browser does from the page that it stands on."""
    raw = _raw(
        "POST",
        path,
        cookie,
        body,
        "Content-Type: application/x-www-form-urlencoded\r\n"
        "Origin: http://127.0.0.1\r\nSec-Fetch-Site: same-origin\r\n"
        # As behind a proxy: not everybody comes from one address.
        f"X-Forwarded-For: {ip_address(0x0A000000 + client)}\r\n",
    )
    return Asked(what, raw, 303, acknowledges)


def _raw(method: str, path: str, cookie: str, body: bytes, more: str = "") -> bytes:
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        "User-Agent: Mozilla/5.0 (X11; Linux x86_64) bench\r\n"
        "Accept: text/html\r\nAccept-Language: sv\r\n"
    )
    if cookie:
        head += f"Cookie: {cookie}\r\n"
    if body:
        head += f"Content-Length: {len(body)}\r\n"
    return (head + more + "\r\n").encode() + body


@dataclass
class Outcome:
    """What came of one round."""

    seconds: float = 0.0
    busy: float = 0.0
    """The client's own share of a processor; near 1 it is the client that is slow."""
    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    bytes: Counter[str] = field(default_factory=Counter)
    acknowledged: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def of(self, what: str) -> Reading:
        """Requests a second of one sort, and how long they took. Fails on an error."""
        self.require_sound()
        times = sorted(self.times[what])
        more = {
            f"{what} p50 ms": at(times, 0.5) * 1000,
            f"{what} p99 ms": at(times, 0.99) * 1000,
            "client's share of a core": self.busy,
        }
        if self.bytes[what]:
            more[f"{what} kB"] = self.bytes[what] / len(times) / 1000
        return Reading(len(times) / self.seconds, more)

    def require_sound(self) -> None:
        """Fail if one answer was wrong."""
        if self.errors:
            raise AssertionError(f"{len(self.errors)} errors: {self.errors[0]}")


def at(ordered: list[float], share: float) -> float:
    """The value that so large a share of the others is not above."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


@dataclass(frozen=True, slots=True)
class Load:
    """Connections that follow scripts for some seconds; none begins a request late.

    With a `rate`, scripts are begun so many times a second in all, whether or not
    those before have been answered, and are timed from when they should have begun.
    """

    port: int
    connections: int
    seconds: float
    scripts: Scripts
    rate: float = 0.0


class _Wire(asyncio.Protocol):
    """One connection: a request out, its answer in."""

    def __init__(self) -> None:
        self._found = bytearray()
        self._waits: asyncio.Future[Answer] | None = None
        self._answer: tuple[int, bytes] = 0, b""
        self._left = MISSING
        self._length = 0

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def ask(self, raw: bytes) -> asyncio.Future[Answer]:
        self._waits = asyncio.get_running_loop().create_future()
        self._transport.write(raw)
        return self._waits

    def data_received(self, data: bytes) -> None:
        if self._left == MISSING:
            self._found += data
            end = self._found.find(b"\r\n\r\n")
            if end < 0:
                return
            head = bytes(self._found[:end])
            self._length = _content_length(head)
            self._left = self._length - (len(self._found) - end - 4)
            self._answer = int(head[9:12]), head
            self._found.clear()
        else:
            self._left -= len(data)
        if self._left <= 0 and self._waits is not None:
            waits, self._waits, self._left = self._waits, None, MISSING
            waits.set_result(Answer(*self._answer, self._length))

    def connection_lost(self, exc: Exception | None) -> None:
        if self._waits is not None and not self._waits.done():
            self._waits.set_exception(ConnectionError("the server hung up"))

    def close(self) -> None:
        self._transport.close()


def _content_length(head: bytes) -> int:
    lowered = head.lower()
    found = lowered.find(b"\r\ncontent-length: ")
    if found < 0:
        if lowered[9:12] in (b"204", b"304"):
            return 0
        raise ValueError("an answer does not say how long it is")
    end = lowered.find(b"\r\n", found + 18)
    return int(lowered[found + 18 : end if end >= 0 else None])


async def _drive(load: Load) -> Outcome:
    outcome = Outcome()
    loop = asyncio.get_running_loop()
    wires = [
        (await loop.create_connection(_Wire, "127.0.0.1", load.port))[1]
        for _ in range(load.connections)
    ]
    used, began = process_time(), perf_counter()
    ends = began + load.seconds
    await asyncio.gather(
        *(
            _follow(wire, load, number, began, ends, outcome)
            for number, wire in enumerate(wires)
        )
    )
    outcome.seconds = perf_counter() - began
    outcome.busy = (process_time() - used) / outcome.seconds
    for wire in wires:
        wire.close()
    return outcome


async def _follow(
    wire: _Wire, load: Load, number: int, began: float, ends: float, outcome: Outcome
) -> None:
    script = load.scripts(number)
    asked = next(script)
    first, turn = asked.what, 0
    due = 0.0
    try:
        while True:
            if load.rate and asked.what == first:
                due = began + (number + turn * load.connections) / load.rate
                turn += 1
                await asyncio.sleep(max(0.0, due - perf_counter()))
            started = perf_counter()
            if (due or started) >= ends:
                return
            answer = await wire.ask(asked.raw)
            outcome.times[asked.what].append(perf_counter() - (due or started))
            due = 0.0
            outcome.bytes[asked.what] += answer.length
            if answer.status != asked.status:
                outcome.errors.append(f"{asked.what}: {answer.head[:200]!r}")
                return
            if asked.acknowledges:
                outcome.acknowledged.append(asked.acknowledges)
            asked = script.send(answer)
    except (OSError, ValueError) as error:
        outcome.errors.append(f"{asked.what}: {error}")


def drive(load: Load) -> Outcome:
    """Do it, in this process."""
    return uvloop.run(_drive(load))


class Client:
    """The process that the load comes from."""

    def __init__(self, pool: ProcessPoolExecutor) -> None:
        self._pool = pool

    def drive(self, load: Load) -> Outcome:
        """Do it there, and wait for what came of it."""
        return self.begin(load)()

    def drive_at(self, data: Path, load: Load, what: str) -> tuple[Outcome, Reading]:
        """Do it, and count the processor time of who answers for one such request.

        That is of all processes that work for a directory.
        """
        before = spent(data)
        outcome = self.drive(load)
        took = since(before, data)
        reading = outcome.of(what)
        each = took * 1000 / len(outcome.times[what])
        more = {**reading.more, "processor ms each": each}
        return outcome, Reading(reading.value, more)

    def begin(self, load: Load) -> Callable[[], Outcome]:
        """Do it there; call what this gives to wait for what came of it."""
        return self._pool.submit(drive, load).result

    def ceiling(self, connections: int = 32, length: int = 20_000) -> float:
        """Requests a second that the client manages when nothing is done for them."""
        with trivial(length) as port:
            load = Load(port, connections, 2.0, partial(pages, ["/"], ""))
            return self.drive(load).of("page").value


@contextmanager
def trivial(length: int) -> Iterator[int]:
    """The port of a server that gives so many bytes, the same to whoever asks."""
    spawned = multiprocessing.get_context("spawn")
    ours, theirs = spawned.Pipe()
    serving = spawned.Process(target=_trivial, args=(theirs, length), daemon=True)
    serving.start()
    try:
        yield int(ours.recv())
    finally:
        serving.terminate()
        serving.join()


@contextmanager
def client() -> Iterator[Client]:
    """A client, in a process of its own while this block lasts."""
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawned) as pool:
        yield Client(pool)


def pages(paths: list[str], cookie: str, number: int) -> Script:
    """Read pages, one after the other and over again."""
    turn = number
    while True:
        yield get("page", paths[turn % len(paths)], cookie=cookie)
        turn += 1


def anew(path: str, cookie: str, number: int) -> Script:
    """Read one page over and again, each time by an address of its own, so that it is
    made each time and never one that was kept."""
    join = "&" if "?" in path else "?"
    mark = token_hex(4)
    for turn in count():
        address = f"{path}{join}turn={mark}-{number}-{turn}"
        yield get("page", address, cookie=cookie)


class _Trivial(asyncio.Protocol):
    """A server that says the same thing to whatever is asked."""

    def __init__(self, length: int) -> None:
        head = f"HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n"
        self._said = head.encode() + b"." * length

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._transport.write(self._said)


def _trivial(say: Any, length: int) -> None:
    async def serve() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _Trivial(length), "127.0.0.1", 0)
        say.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    uvloop.run(serve())
