"""The keys that personal data is sealed with, in a database of their own.

A scope is one thing of the log, a person or a comment: everything sealed about it has
the scope's one key. A destroyed scope leaves a tombstone, so that its key never comes
back, from a backup or otherwise. No key is kept in memory longer than the call that
asked for it, so that none outlives its destruction.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString, Self
from uuid import UUID

import psycopg
from cryptography.hazmat.primitives.keywrap import (
    InvalidUnwrap,
    aes_key_unwrap,
    aes_key_wrap,
)
from psycopg import Connection
from psycopg_pool import PoolTimeout

from ledger.note import BadNote, exact_base64
from ledger.pool import connections

SCHEMA = Path(__file__).with_name("keys.sql")

KEY_LENGTH = 32

AWAY = psycopg.OperationalError, PoolTimeout
"""What a key database that can not be reached looks like."""


PATIENCE, IMPATIENCE = 5.0, 0.3
"""Seconds to wait for a connection, and for the next ones once that was in vain.

Every request that needs a key occupies a thread meanwhile; if all of them waited long,
pages that need no key would wait as well.
"""


class NoKey(Exception):
    """What is sealed can not be opened, though nobody has destroyed its key.

    Keys are missing or a wrong key-encryption key is in use: that is an alarm, and
    never to be shown as an erasure.
    """


class BadKeyFile(Exception):
    """A file of key-encryption keys that can not be used; the sentence says why."""


@dataclass(frozen=True, slots=True)
class KeyFile:
    """Key-encryption keys: the first one wraps, all of them unwrap.

    A line of the file is a key's name, a space, and 32 bytes as base64.
    """

    keys: Mapping[str, bytes]
    path: Path
    written: tuple[int, int]
    """The file's number and time, which tell whether it is another one by now."""

    @classmethod
    def read(cls, file: Path) -> Self:
        """Read a file that nobody else may read. Raises BadKeyFile."""
        try:
            found = file.stat()
            if found.st_mode & 0o077:
                raise BadKeyFile(f"{file} can be read by others: chmod 600 it.")
            lines = file.read_text("ascii").splitlines()
        except OSError as error:
            raise BadKeyFile(f"{file} can not be read: {error.strerror}.") from error
        except UnicodeDecodeError:
            raise BadKeyFile(f"{file} is not a file of keys.") from None
        keys = dict(_parsed(line, file) for line in lines if line.strip())
        if not keys:
            raise BadKeyFile(f"{file} holds no key.")
        return cls(keys, file, (found.st_ino, found.st_mtime_ns))

    def latest(self) -> Self:
        """The file as it is now; as it was while what is there can not be used."""
        try:
            found = self.path.stat()
            if (found.st_ino, found.st_mtime_ns) == self.written:
                return self
            return type(self).read(self.path)
        except (OSError, BadKeyFile):
            return self

    @property
    def current(self) -> str:
        """The name of the key that wraps."""
        return next(iter(self.keys))

    def wrap(self, key: bytes) -> bytes:
        """A key as it is stored (RFC 3394)."""
        return aes_key_wrap(self.keys[self.current], key)

    def unwrap(self, wrapped: bytes, by: str) -> bytes:
        """The key again. Raises NoKey where it was wrapped by another."""
        try:
            return aes_key_unwrap(self.keys[by], wrapped)
        except (InvalidUnwrap, KeyError, ValueError):
            raise NoKey(f"no key-encryption key {by} that fits") from None

    def __repr__(self) -> str:
        return f"KeyFile({', '.join(self.keys)})"


def _parsed(line: str, file: Path) -> tuple[str, bytes]:
    name, _, encoded = line.strip().partition(" ")
    try:
        key = exact_base64(encoded)
    except BadNote:
        key = b""
    if len(key) != KEY_LENGTH:
        raise BadKeyFile(f"{file}: {name or 'a line'} is not a key of 32 bytes.")
    return name, key


class Keys:
    """The scopes' keys, wrapped in the database and open only for a moment."""

    def __init__(
        self,
        url: str,
        file: KeyFile,
        *,
        role: str = "samrad_keys",
        before_use: Callable[[Keys], object] | None = None,
    ) -> None:
        """`before_use` is called before the first key is handed out or kept."""
        self._file = file
        self._before_use = before_use
        self._preparing = threading.RLock()
        self._shares_server = False
        self._patience = PATIENCE
        self._pool = connections(
            url,
            size=4,
            timeout=PATIENCE,
            autocommit=True,
            connect_timeout=3,
            options=f"-c role={role} -c lock_timeout=3s -c statement_timeout=30s",
            application_name="samrad keys",
        )

    @property
    def file(self) -> KeyFile:
        """The key-encryption keys, read anew when they have been rotated meanwhile.

        Else a process that runs could not open what has been wrapped anew, and would go
        on to wrap by a key that is about to be taken away.
        """
        self._file = self._file.latest()
        return self._file

    def close(self) -> None:
        """Give all connections back."""
        self._pool.close()

    def answer(self) -> bool:
        """Whether the database of keys answers, and at once."""
        try:
            with self._pool.connection(IMPATIENCE) as connection:
                connection.execute("SELECT")
        except AWAY:
            return False
        return True

    def lie_beside(self, log: Connection[Any]) -> None:
        """Find out whether the log is on the same server, and so in the same WAL."""
        which = "SELECT system_identifier FROM pg_control_system()"
        self._shares_server = log.execute(which).fetchall() == self._all(which)

    def fetch(self, scopes: Collection[UUID]) -> dict[UUID, bytes | None]:
        """The keys of scopes; None for a destroyed one.

        A scope that has none yet is left out.
        """
        if not scopes:
            return {}
        self._prepare()
        found = self._all(
            "SELECT scope, wrapped, wrapped_by FROM vault.key WHERE scope = ANY (%b)"
            " UNION ALL"
            " SELECT scope, NULL, NULL FROM vault.tombstone WHERE scope = ANY (%b)",
            (list(scopes), list(scopes)),
        )
        return self._opened(found)

    def _opened(self, found: list[Any]) -> dict[UUID, bytes | None]:
        file = self.file
        return {
            scope: None if wrapped is None else file.unwrap(wrapped, by)
            for scope, wrapped, by in found
        }

    def keep(self, new: Mapping[UUID, bytes]) -> dict[UUID, bytes | None]:
        """Keep new scopes' keys, durably, before anything sealed with them is recorded.

        Returns the keys that hold: another one where somebody was first, None where the
        scope has been destroyed.
        """
        self._prepare()
        file = self.file
        wrapped = [file.wrap(key) for key in new.values()]
        others = self._all(
            "SELECT * FROM vault.keep(%b, %b, %t, %b)",
            (list(new), wrapped, file.current, self._shares_server),
        )
        return {**new, **self._opened(others)}

    def destroy(self, scope: UUID, *, decision: UUID, position: int) -> None:
        """Destroy a scope's key for ever; again is harmless.

        `decision` is the erasure, decided in the log at `position`.
        """
        self._all("SELECT vault.destroy(%b, %b, %b)", (scope, decision, position))

    def destroyed(self) -> Iterator[tuple[UUID, UUID, int]]:
        """Every destroyed scope, with the decision and its position."""
        yield from self._all(
            "SELECT scope, decision, position FROM vault.tombstone ORDER BY position"
        )

    def rewrap(self) -> int:
        """Wrap every key by the current key-encryption key; returns how many it was.

        What is sealed stays as it is, and so does every hash. Can be interrupted.
        """
        done, file = 0, self.file
        while found := self._all(
            "SELECT scope, wrapped, wrapped_by FROM vault.key"
            " WHERE wrapped_by <> %t ORDER BY scope LIMIT 1000",
            (file.current,),
        ):
            for scope, wrapped, by in found:
                key = file.unwrap(wrapped, by)
                self._all(
                    "SELECT vault.rewrap(%b, %b, %t)",
                    (scope, file.wrap(key), file.current),
                )
            done += len(found)
        return done

    def _prepare(self) -> None:
        if self._before_use is None:
            return
        with self._preparing:
            if self._before_use is not None:
                self._before_use(self)
                self._before_use = None

    def _all(self, query: LiteralString, params: Any = ()) -> list[Any]:
        try:
            with self._pool.connection(self._patience) as connection:
                self._patience = PATIENCE
                return connection.execute(query, params, prepare=True).fetchall()
        except PoolTimeout:
            self._patience = IMPATIENCE
            raise


def migrate(connection: Connection[Any]) -> None:
    """Create or update the tables of keys; the connection is the owner's."""
    connection.execute(SCHEMA.read_text().encode())


def new_key() -> bytes:
    """A key that nobody can guess."""
    return os.urandom(KEY_LENGTH)
