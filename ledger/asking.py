"""Asks a signer or a witness over HTTP: one request, one answer, of limited size.

An address is `http://…`, `https://…`, or `unix:PATH` for a socket of this machine.
"""

from __future__ import annotations

import os
import socket
from contextlib import closing
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from ledger.desk import Answer
from ledger.note import LARGEST

LONGEST_SOCKET = 103
"""The whole path of a socket, in bytes: 107 on Linux, 103 on macOS."""


class Unanswered(Exception):
    """Nobody there, or nobody who speaks HTTP; says why, in English."""


class BadAddress(ValueError):
    """An address of none of the kinds."""


def socket_path(path: str) -> str:
    """The shortest way to write a socket's path here: few bytes are allowed for it.

    Raises BadAddress when it is too long still.
    """
    found = min(path, os.path.relpath(path), key=lambda each: len(os.fsencode(each)))
    if len(os.fsencode(found)) > LONGEST_SOCKET:
        raise BadAddress(f"{path} is too long for a socket's path")
    return found


class _Local(HTTPConnection):
    """HTTP over a socket of this machine."""

    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(socket_path(self._path))


def post(address: str, path: str, body: bytes, *, timeout: float) -> Answer:
    """Post bytes to a path under an address. Raises Unanswered, BadAddress.

    `timeout` is in seconds, and for each step of the exchange.
    """
    return _ask("POST", address, path, body, timeout)


def get(address: str, path: str, *, timeout: float) -> Answer:
    """Read what is at a path under an address. Raises Unanswered, BadAddress."""
    return _ask("GET", address, path, None, timeout)


def _ask(
    method: str, address: str, path: str, body: bytes | None, timeout: float
) -> Answer:
    connection, below = _connection(address, timeout)
    with closing(connection):
        try:
            connection.request(method, below + path, body)
            answer = connection.getresponse()
            said = answer.read(LARGEST + 1)
        except (OSError, HTTPException) as error:
            raise Unanswered(str(error) or type(error).__name__) from error
        if len(said) > LARGEST:
            raise Unanswered("the answer is too large")
        try:
            text = said.decode("utf-8")
        except UnicodeDecodeError:
            raise Unanswered("the answer is not text") from None
        return Answer(answer.status, text, answer.headers.get("Content-Type", ""))


def _connection(address: str, timeout: float) -> tuple[HTTPConnection, str]:
    if address.startswith("unix:"):
        return _Local(address.removeprefix("unix:"), timeout), ""
    try:
        found = urlsplit(address)
        host, port, path = found.hostname, found.port, found.path.rstrip("/")
    except ValueError:
        raise BadAddress(f"{address} is not an address") from None
    if not host or found.query or found.fragment:
        raise BadAddress(f"{address} is not an address")
    if found.scheme == "https":
        return HTTPSConnection(host, port, timeout=timeout), path
    if found.scheme == "http":
        return HTTPConnection(host, port, timeout=timeout), path
    raise BadAddress(f"{address} is not an address")
