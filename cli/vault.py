"""The keys of an installation: where they lie, and what they are wrapped with."""

from __future__ import annotations

import os
from base64 import b64encode
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.sql import SQL, Identifier

from cli.postgres import Vault
from ledger import keys
from ledger.keys import KEY_LENGTH, BadKeyFile, KeyFile, Keys


def lay_out_vault(vault: Vault) -> None:
    """Create or update the database of keys, and the file they are wrapped with.

    Raises BadKeyFile where there are keys, but not the file, or the line of it, that
    opens them.
    """
    with psycopg.connect(vault.owner) as connection:
        keys.migrate(connection)
        user = str(conninfo_to_dict(vault.url).get("user") or connection.info.user)
        may = connection.execute(
            "SELECT pg_has_role(oid, 'samrad_keys', 'SET') FROM pg_roles"
            " WHERE rolname = %s",
            (user,),
        ).fetchone()
        if may == (False,):
            connection.execute(SQL("GRANT samrad_keys TO {}").format(Identifier(user)))
        wrapped_by = {
            by
            for (by,) in connection.execute("SELECT DISTINCT wrapped_by FROM vault.key")
        }
    if not vault.file.exists():
        if wrapped_by:
            raise BadKeyFile(
                f"{vault.file} is missing, and without it nothing that is sealed can"
                " be read. Bring it back from where it is kept."
            )
        new_wrapping_key(vault.file)
    if lacking := wrapped_by - KeyFile.read(vault.file).keys.keys():
        raise BadKeyFile(
            f"{vault.file} lacks {', '.join(sorted(lacking))}, which keys are wrapped"
            " by. Bring the line back, and rotate once more before it is taken out."
        )


def new_wrapping_key(file: Path) -> str:
    """Put a new key-encryption key first in a file, and return its name.

    Those before it stay, to unwrap what they have wrapped.
    """
    name = f"kek-{datetime.now(UTC):%Y-%m-%d-%H%M%S-%f}"
    earlier = file.read_text("ascii") if file.exists() else ""
    line = f"{name} {b64encode(os.urandom(KEY_LENGTH)).decode()}\n"
    new = file.with_name(file.name + ".new")
    new.unlink(missing_ok=True)
    opened = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(opened, "w") as out:
        if earlier and os.geteuid() == 0:  # Those who read it must go on doing so.
            os.fchown(opened, file.stat().st_uid, file.stat().st_gid)
        out.write(line + earlier)
        out.flush()
        os.fsync(opened)
    new.replace(file)
    return name


def rotate(vault: Vault) -> tuple[str, int]:
    """Wrap every key by a new key-encryption key; returns its name, and how many.

    Nothing that is sealed changes, and no hash. The processes that run read the file
    anew; the old line stays in it for what they are in the middle of.
    """
    name = new_wrapping_key(vault.file)
    with closing(Keys(vault.url, KeyFile.read(vault.file))) as opened:
        return name, opened.rewrap()
