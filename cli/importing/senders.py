"""Whose comments a table holds: people and organisations, known or to be entered."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID, uuid5

from cli.opening import Opened
from domain.log import NotFound
from domain.organisation import Organisation, register_organisation
from domain.person import Person, register_person
from domain.text import swedish_key
from projections.lookup import addresses, organisation_names
from web.formats.comments import CommentRow


class Senders:
    """People by e-mail address, else by name within the consultation; organisations
    by name or reference in the register."""

    def __init__(
        self, opened: Opened, consultation: UUID, rows: Sequence[CommentRow]
    ) -> None:
        self._opened = opened
        self._consultation = consultation
        with opened.reads() as reads:
            self._addresses = addresses(reads)
            self._organisations: dict[str, UUID] = {}
            for id, key, reference in organisation_names(reads):
                self._organisations.setdefault(key, id)
                if reference:
                    self._organisations.setdefault(swedish_key(reference), id)
        self._people: dict[UUID, CommentRow] = {}
        self._bodies: dict[UUID, str] = {}
        self._public = {
            self._person_id(row) for row in rows if row.public_name and _is_signed(row)
        }

    def of(self, row: CommentRow) -> tuple[UUID | None, UUID | None]:
        """The person and the organisation that a row is from, if it names them."""
        author = organisation = None
        if _is_signed(row):
            author = self._person_id(row)
            self._people.setdefault(author, row)
        if row.organisation:
            organisation = self._organisation_id(row.organisation)
            self._bodies.setdefault(organisation, row.organisation)
        return author, organisation

    def register(self, used: Collection[UUID | None], by: UUID, now: datetime) -> None:
        """Enter those of the rows that are used and that nobody has entered."""
        for id, name in self._bodies.items():
            if id in used and not self._is_there(Organisation, id):
                register_organisation(
                    self._opened.log, id=id, name=name, kind="other", by=by, now=now
                )
        for id, row in self._people.items():
            if id in used and not self._is_there(Person, id):
                register_person(
                    self._opened.log,
                    id=id,
                    name=row.name or row.email,
                    email=row.email,
                    public_name=id in self._public,
                    by=by,
                    now=now,
                )

    def _person_id(self, row: CommentRow) -> UUID:
        email = row.email.casefold()
        if email in self._addresses:
            return self._addresses[email]
        return uuid5(self._consultation, f"person {email or swedish_key(row.name)}")

    def _organisation_id(self, name: str) -> UUID:
        key = swedish_key(name)
        if key in self._organisations:
            return self._organisations[key]
        return uuid5(self._consultation, f"organisation {key}")

    def _is_there(self, kind: type[Organisation | Person], id: UUID) -> bool:
        try:
            self._opened.log.look(kind, id)
        except NotFound:
            return False
        return True


def _is_signed(row: CommentRow) -> bool:
    return bool(row.email or row.name)
