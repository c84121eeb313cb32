"""Keys for tests: a key-encryption key in a file, and how a log is told of it."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from base64 import b64encode
from pathlib import Path

from cli.postgres import Database, Vault


def _key_file() -> Path:
    directory = Path(tempfile.mkdtemp(prefix="samrad-tests-keys-"))
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    file = directory / "keys"
    with os.fdopen(os.open(file, os.O_CREAT | os.O_WRONLY, 0o600), "w") as out:
        out.write(f"test {b64encode(os.urandom(32)).decode()}\n")
    return file


KEYS_FILE = _key_file()


def log_settings(url: str, **more: str) -> dict[str, str]:
    """What a log is opened with whose keys lie in the same database."""
    return {
        "LOG_DATABASE_URL": url,
        "KEYS_DATABASE_URL": url,
        "KEYS_FILE": str(KEYS_FILE),
        **more,
    }


def everywhere(url: str, *, web: str = "", follower: str = "") -> Database:
    """One database for the log and the keys, where everybody signs in as its owner."""
    vault = Vault(owner=url, url=url, file=KEYS_FILE)
    return Database(
        owner=url,
        follower=follower or url,
        notary=url,
        web=web or url,
        vault=vault,
    )
