"""Sessions, sign-in links and counted attempts: what signing in needs to be kept."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, LiteralString, Self
from uuid import UUID, uuid4

import psycopg
from psycopg import Connection, Cursor
from psycopg.rows import class_row
from psycopg.types.json import Jsonb
from psycopg_pool import ConnectionPool, PoolTimeout

from ledger.pool import connections

Step = Literal["sign in", "give name"]

SCHEMA = Path(__file__).with_name("session.sql")

SEEN = timedelta(minutes=5)
"""How exactly it is kept when a session was last used: fewer writes than requests."""
RESERVED = timedelta(days=30)
"""How long an id is kept for an address: far longer than the read tables ever lag."""
TYPED = timedelta(hours=24)
"""How long a form waits for its sender to sign in: an e-mail can be slow."""


class Unreachable(Exception):
    """The database does not answer; nobody can be recognised or signed in."""


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that a person is signed in with."""

    id: UUID
    browser: str
    begun_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Link:
    """What a link stands for: whoever holds it reads this e-mail."""

    step: Step
    email: str
    next: str


class Sessions:
    """Keeps who is signed in, in the tables of session.sql.

    The pool's connections must act as samrad_web, and had better be in autocommit: each
    question is one statement. Every method raises Unreachable without the database.
    """

    def __init__(
        self,
        pool: ConnectionPool[Connection[Any]],
        *,
        idle: timedelta = timedelta(hours=24),
        longest: timedelta = timedelta(days=14),
        link_lasts: timedelta = timedelta(minutes=30),
    ) -> None:
        self._pool = pool
        self.idle = idle
        self.longest = longest
        self.link_lasts = link_lasts

    @classmethod
    def at(cls, url: str, *, size: int = 4, **lasting: timedelta) -> Self:
        """Sessions in the database at `url`, over connections of their own."""
        pool = connections(
            url,
            size=size,
            timeout=5,
            # Everything is looked up by key. A plan that is kept from when a table was
            # small, and read whole, would be slow ever after.
            options="-c role=samrad_web -c enable_seqscan=off",
            application_name="samrad sessions",
        )
        return cls(pool, **lasting)

    def close(self) -> None:
        """Give the connections back."""
        self._pool.close()

    @contextmanager
    def _cursor(self) -> Iterator[Cursor[tuple[Any, ...]]]:
        try:
            with self._pool.connection() as connection, connection.cursor() as cursor:
                yield cursor
        except (psycopg.OperationalError, PoolTimeout) as error:
            raise Unreachable from error

    def begin(self, person: UUID, browser: str = "") -> str:
        """Sign a person in; gives the token for the cookie, which is kept nowhere."""
        token = _token()
        self._forget_expired()
        with self._cursor() as cursor:
            cursor.execute(
                "INSERT INTO session.session (id, digest, person, browser)"
                " VALUES (%s, %s, %s, %s)",
                (uuid4(), _digest(token), person, browser[:100]),
            )
        return token

    def find(
        self,
        token: str,
        beside: LiteralString = "SELECT",
        **asked: Any,
    ) -> tuple[UUID, UUID, tuple[Any, ...]] | None:
        """The session and the person that a cookie stands for, if it is in force.

        `beside` is asked in the same round trip: a SELECT of at most one row about
        `s.person`, whose parameters are given by name; NULLs where it finds none.
        """
        with self._cursor() as cursor:
            row = cursor.execute(
                "SELECT s.id, s.person, s.seen_at < now() - %(seen)s, beside.*"  # noqa: S608
                "  FROM session.session AS s"
                f" LEFT JOIN LATERAL ({beside}) AS beside ON true"
                " WHERE s.digest = %(digest)s AND s.seen_at > now() - %(idle)s"
                "   AND s.begun_at > now() - %(longest)s",
                {
                    **asked,
                    "digest": _digest(token),
                    "idle": self.idle,
                    "longest": self.longest,
                    "seen": SEEN,
                },
                prepare=True,
            ).fetchone()
            if row is None:
                return None
            session, person, is_long_ago, *found = row
            if is_long_ago:
                cursor.execute(
                    "UPDATE session.session SET seen_at = now() WHERE id = %s",
                    (session,),
                )
        return session, person, tuple(found)

    def of(self, person: UUID) -> list[Session]:
        """Every session of a person that is in force, the latest used first."""
        with (
            self._cursor() as plain,
            plain.connection.cursor(row_factory=class_row(Session)) as cursor,
        ):
            return cursor.execute(
                "SELECT id, browser, begun_at, seen_at FROM session.session"
                " WHERE person = %s AND seen_at > now() - %s AND begun_at > now() - %s"
                " ORDER BY seen_at DESC, id",
                (person, self.idle, self.longest),
            ).fetchall()

    def end(self, person: UUID, session: UUID | None = None) -> None:
        """Sign a person out: of one session, or everywhere (None)."""
        with self._cursor() as cursor:
            cursor.execute(
                "DELETE FROM session.session"
                " WHERE person = %(person)s AND id = coalesce(%(session)s, id)",
                {"person": person, "session": session},
            )

    def make_link(self, email: str, next: str, step: Step = "sign in") -> str:
        """A token that can be used once, by whoever reads an e-mail address."""
        token = _token()
        self._forget_expired()
        with self._cursor() as cursor:
            cursor.execute(
                "INSERT INTO session.link (digest, step, email, next)"
                " VALUES (%s, %s, %s, %s)",
                (_digest(token), step, email, next),
            )
        return token

    def look_at_link(self, token: str, step: Step = "sign in") -> Link | None:
        """What a link stands for, without using it; None when used or too old."""
        return self._link(
            "SELECT step, email, next FROM session.link"
            " WHERE digest = %s AND step = %s AND made_at > now() - %s",
            token,
            step,
        )

    def use_link(self, token: str, step: Step = "sign in") -> Link | None:
        """Use a link up. Of several who try at once one gets it, the others None."""
        return self._link(
            "DELETE FROM session.link"
            " WHERE digest = %s AND step = %s AND made_at > now() - %s"
            " RETURNING step, email, next",
            token,
            step,
        )

    def _link(self, query: LiteralString, token: str, step: Step) -> Link | None:
        with self._cursor() as cursor:
            row = cursor.execute(
                query, (_digest(token), step, self.link_lasts)
            ).fetchone()
        return Link(*row) if row else None

    def reserve(self, email: str, id: UUID) -> UUID:
        """The id that a new address is to have: `id`, or the one it already got."""
        with self._cursor() as cursor:
            row = cursor.execute(
                # The update changes nothing, but makes RETURNING give the first id.
                "INSERT INTO session.address AS kept (digest, person) VALUES (%s, %s)"
                " ON CONFLICT (digest) DO UPDATE SET person = kept.person"
                " RETURNING person",
                (_digest(email.lower()), id),
            ).fetchone()
        reserved: UUID = row[0] if row else id
        return reserved

    def keep_typed(self, fields: Mapping[str, str]) -> str:
        """Keep what was typed in a form for whoever has the token that this gives."""
        token = _token()
        self._forget_expired()
        with self._cursor() as cursor:
            cursor.execute(
                "INSERT INTO session.typed (digest, fields) VALUES (%s, %s)",
                (_digest(token), Jsonb(dict(fields))),
            )
        return token

    def typed(self, token: str) -> dict[str, str]:
        """What was typed, by field; empty when it is sent already or too old."""
        with self._cursor() as cursor:
            row = cursor.execute(
                "SELECT fields FROM session.typed"
                " WHERE digest = %s AND kept_at > now() - %s",
                (_digest(token), TYPED),
            ).fetchone()
        return row[0] if row else {}

    def forget_typed(self, token: str) -> None:
        """Delete what was typed, once it has been sent."""
        with self._cursor() as cursor:
            cursor.execute(
                "DELETE FROM session.typed WHERE digest = %s", (_digest(token),)
            )

    def forget(self, person: UUID, email: str = "") -> None:
        """Delete what is kept of a person: sessions, the address that was reserved, and
        links that were sent to the address, with the forms that those lead back to.
        """
        with self._cursor() as cursor:
            cursor.execute(
                # A link names a kept form by its token, as that stands in an address.
                """
                WITH sessions AS (
                    DELETE FROM session.session WHERE person = %(person)s
                ), addresses AS (
                    DELETE FROM session.address
                     WHERE person = %(person)s OR digest = %(digest)s
                ), links AS (
                    DELETE FROM session.link
                     WHERE %(email)s <> '' AND lower(email) = %(email)s RETURNING next
                )
                DELETE FROM session.typed WHERE digest IN (
                    SELECT sha256(convert_to(token[1], 'UTF8')) FROM links,
                           regexp_matches(next, '=([A-Za-z0-9_-]{43})', 'g') AS token)
                """,
                {
                    "person": person,
                    "email": email.lower(),
                    "digest": _digest(email.lower()),
                },
            )

    def attempt(self, allowed: Mapping[str, int], per: timedelta) -> datetime | None:
        """Count an attempt; None if it is allowed, else when the next one will be.

        `allowed` maps who and what to how often that may be within `per`; attempts
        come back one by one as time passes, not all at once.
        """
        steps = {_digest(who): per / most for who, most in allowed.items()}
        with self._cursor() as cursor:
            rows = cursor.execute(
                # In the order of their keys, or two requests could wait for each other.
                """
                INSERT INTO session.attempt AS a (digest, full_at, refused)
                SELECT digest, now() + step, false
                  FROM unnest(%(digests)s::bytea[], %(steps)s::interval[])
                    AS counted (digest, step)
                 ORDER BY digest
                    ON CONFLICT (digest) DO UPDATE SET
                       refused = greatest(a.full_at, now()) + (excluded.full_at - now())
                               > now() + %(per)s,
                       full_at = CASE
                       WHEN greatest(a.full_at, now()) + (excluded.full_at - now())
                          > now() + %(per)s THEN a.full_at
                       ELSE greatest(a.full_at, now()) + (excluded.full_at - now()) END
                RETURNING digest, full_at, refused
                """,
                {"digests": list(steps), "steps": list(steps.values()), "per": per},
                prepare=True,
            ).fetchall()
        waits = [
            full_at + steps[who] - per for who, full_at, refused in rows if refused
        ]
        return max(waits, default=None)

    def _forget_expired(self) -> None:
        """Delete some of what is too old, past rows that others hold."""
        with self._cursor() as cursor:
            cursor.execute(
                """
                WITH links AS (
                    DELETE FROM session.link WHERE digest IN (
                        SELECT digest FROM session.link
                         WHERE made_at < now() - %(link)s
                         LIMIT 100 FOR UPDATE SKIP LOCKED)
                ), addresses AS (
                    DELETE FROM session.address WHERE digest IN (
                        SELECT digest FROM session.address
                         WHERE reserved_at < now() - %(kept)s
                         LIMIT 100 FOR UPDATE SKIP LOCKED)
                ), typed AS (
                    DELETE FROM session.typed WHERE digest IN (
                        SELECT digest FROM session.typed
                         WHERE kept_at < now() - %(typed)s
                         LIMIT 100 FOR UPDATE SKIP LOCKED)
                ), attempts AS (
                    DELETE FROM session.attempt WHERE digest IN (
                        SELECT digest FROM session.attempt WHERE full_at < now()
                         LIMIT 100 FOR UPDATE SKIP LOCKED)
                )
                DELETE FROM session.session WHERE id IN (
                    SELECT id FROM session.session
                     WHERE seen_at < now() - %(idle)s OR begun_at < now() - %(longest)s
                     LIMIT 100 FOR UPDATE SKIP LOCKED)
                """,
                {
                    "link": self.link_lasts,
                    "kept": RESERVED,
                    "typed": TYPED,
                    "idle": self.idle,
                    "longest": self.longest,
                },
            )


def _token() -> str:
    return secrets.token_urlsafe(32)  # 256 bits


def _digest(secret: str) -> bytes:
    return sha256(secret.encode()).digest()
