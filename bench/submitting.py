"""People who hand in comments over HTTP, to ours and to the reference alike."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import partial
from random import Random
from urllib.parse import urlencode
from uuid import UUID

import psycopg

from bench.installation import Running
from bench.load import Script, Scripts, get, post
from bench.reference import Reference
from bench.rounds import some_id
from bench.words import Prose

TEXTS = 2_000
"""Different comments that a client has ready, so that it need not write in a hurry."""


class Forms:
    """What is in the forms: made beforehand, but for the id."""

    def __init__(self, path: str, fields: dict[str, str]) -> None:
        chance, prose = Random(7), Prose("forms")  # noqa: S311
        self.path = path
        self._tails = [
            b"&" + urlencode({**fields, "text": prose.comment(chance)}).encode()
            for _ in range(TEXTS)
        ]

    def body(self, id: UUID, turn: int) -> bytes:
        """A form as it is sent."""
        return f"id={id}".encode() + self._tails[turn % TEXTS]


@dataclass(frozen=True, slots=True)
class Desk:
    """Where comments are handed in: a text, a passage of it, and cookies of people."""

    round: str
    proposal: str
    passage: str
    cookies: list[str]


def desk_of(running: Running) -> Desk:
    """The text that the scene is about, and those who comment on it, signed in."""
    scene = running.scene
    cookies = running.sign_in(*scene.senders)
    return Desk(scene.round, scene.proposal, scene.passage, cookies)


def ours(desk: Desk, *, read: bool = True) -> Scripts:
    """Submit to an installation, and `read` the receipt each time."""
    path = f"/consultations/{desk.round}/proposals/{desk.proposal}/comments"
    return partial(_submitting, path, _fields(desk.passage), desk.cookies, read)


def theirs(crud: Reference, running: Running, *, read: bool = True) -> Scripts:
    """Submit to the reference, and `read` the receipt each time."""
    scene = running.scene
    path = f"/proposals/{scene.proposal}/comments"
    return partial(_submitting, path, _fields(scene.passage), crud.cookies, read)


def _fields(passage: str) -> dict[str, str]:
    return {
        "version": "2",
        "passage": passage,
        "organisation": "self",
        "kind": "general",
        "quote": "",
        "prefix": "",
        "suffix": "",
        "wording": "",
    }


_forms: dict[str, Forms] = {}


def _submitting(
    path: str, fields: dict[str, str], cookies: list[str], read: bool, number: int
) -> Script:
    if path not in _forms:
        _forms[path] = Forms(path, fields)
    forms = _forms[path]
    chance = Random(os.urandom(16))  # noqa: S311
    cookie = cookies[number % len(cookies)]
    turn = chance.randrange(TEXTS)
    while True:
        id = some_id(chance)
        body = forms.body(id, turn := turn + 1)
        answer = yield post(
            "submit", path, body, cookie=cookie, client=turn, acknowledges=str(id)
        )
        if read:
            yield get("receipt", answer.header(b"location"), cookie=cookie)


def require_recorded(running: Running, acknowledged: list[str]) -> None:
    """Fail unless each comment is in the log once, sealed, with its leaf and a key."""
    with psycopg.connect(running.server.url) as connection:
        found = connection.execute(
            "SELECT count(*), count(DISTINCT originator_id),"
            "       count(*) FILTER (WHERE state LIKE '%%\"sealed\":%%'::bytea),"
            "       count(*) FILTER (WHERE octet_length(leaf) > 100"
            "                          AND leaf LIKE '%%\"commit\"%%'::bytea)"
            "  FROM log.entry WHERE originator_id = ANY (%s::uuid[])",
            (acknowledged,),
        ).fetchone()
    with psycopg.connect(running.database.vault.owner) as connection:
        keys = connection.execute(
            "SELECT count(*) FROM vault.key WHERE scope = ANY (%s::uuid[])",
            (acknowledged,),
        ).fetchone()
    many = len(acknowledged)
    assert (found, keys) == ((many,) * 4, (many,)), f"{many} became {found}, {keys}"


def require_inserted(crud: Reference, acknowledged: list[str]) -> None:
    """Fail unless each comment is in the reference's table."""
    with psycopg.connect(crud.url) as connection:
        found = connection.execute(
            "SELECT count(*) FROM comment WHERE id = ANY (%s::uuid[])", (acknowledged,)
        ).fetchone()
    assert found == (len(acknowledged),), f"{len(acknowledged)} became {found}"
