"""Private keys in files that nobody else can read."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from ledger.note import BadNote, Signer

LARGEST_KEY_FILE = 4096
"""Bytes that are read of a key file."""


class BadSigningKey(Exception):
    """A key file that is missing, damaged, or open to others; the sentence says what
    to do.
    """


def read_key(file: Path) -> Signer:
    """The key in a file. Raises BadSigningKey, also when others may read it."""
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        source = os.fdopen(os.open(file, flags), "rb")
    except OSError as error:
        raise BadSigningKey(f"The key {file}: {error.strerror}.") from error
    with source:
        found = os.fstat(source.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise BadSigningKey(f"The key {file} is not a file.")
        if found.st_mode & 0o077 or found.st_uid not in (0, os.geteuid()):
            raise BadSigningKey(
                f"The key {file} is open to others, who may have copied it: make a new"
                " one, or, if you know that nobody has, `chmod 600` and own it."
            )
        written = source.read(LARGEST_KEY_FILE)
    try:
        return Signer.parse(written.decode("utf-8"))
    except (BadNote, UnicodeDecodeError) as error:
        raise BadSigningKey(f"The key {file} can not be used: {error}.") from None


def write_key(file: Path, key: Signer) -> None:
    """Keep a new key in a file of its own, on the disk. Raises FileExistsError."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    with os.fdopen(os.open(file, flags, 0o600), "w", encoding="utf-8") as out:
        # Whatever the umask of whoever makes it.
        os.fchmod(out.fileno(), 0o600)
        out.write(key.written())
        out.flush()
        os.fsync(out.fileno())
