"""Long lists, a page at a time: which one is asked for, and the ways to the others."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from starlette.datastructures import QueryParams
from starlette.requests import Request

from domain.log import NotFound
from projections.paged import MOST_COUNTED, Found, Key, Stretch
from web.addresses import here

LONGEST_KEY = 1_000
"""Signs in one value of a key: more than any name has."""
WHOLE_NUMBER = re.compile(r"-?[0-9]{1,18}")


class NoSuchPlace(NotFound):
    """An address names a place in a list in a way that no link of ours does."""

    en = "The link leads to no place in the list. Open the list anew."
    sv = "Länken leder inte till någon plats i listan. Öppna listan på nytt."


class Paging:
    """Which page of a list is asked for, and (once it is found) which are beside it.

    Pages are told apart by the key that they begin or end next to, of the given types:
    `?after=` or `?before=`, with a value for each part of the key. In a list with the
    newest first, what is `before` a key comes further down. The last is `?page=last`.

    Raises NoSuchPlace for anything that is no key.
    """

    def __init__(
        self,
        request: Request,
        *key: type[int] | type[str] | type[UUID] | type[datetime],
        size: int = 50,
        newest_first: bool = False,
        query: QueryParams | None = None,
    ) -> None:
        self.request = request
        self.newest_first = newest_first
        self.onward, self.back = (
            ("before", "after") if newest_first else ("after", "before")
        )
        asked = request.query_params if query is None else query
        onward = _key(asked.getlist(self.onward), key)
        back = _key(asked.getlist(self.back), key)
        if onward and back:
            raise NoSuchPlace
        last = asked.get("page") == "last" and not onward
        self.stretch = Stretch(size, onward or back, backwards=bool(back) or last)
        self._found: Found[Any] = Found([], None, None, 0)

    def of(self, found: Found[Any]) -> Paging:
        """The same paging, of the page that was found."""
        self._found = found
        return self

    @property
    def shown(self) -> int:
        """How many rows the page shows."""
        return len(self._found.rows)

    @property
    def total(self) -> int:
        """How many rows the list has, or the most that are counted."""
        return min(self._found.total, MOST_COUNTED)

    @property
    def is_longer(self) -> bool:
        """Whether the list has more rows than are counted."""
        return self._found.total > MOST_COUNTED

    @property
    def previous(self) -> str:
        """The address of the page before this one; empty if this is the first."""
        before = self._found.before
        return self._at(**{self.back: before}) if before else ""

    @property
    def next(self) -> str:
        """The address of the page after this one; empty if this is the last."""
        after = self._found.after
        return self._at(**{self.onward: after}) if after else ""

    @property
    def first(self) -> str:
        """The address of the list's beginning."""
        return self._at()

    @property
    def last(self) -> str:
        """The address of the list's end."""
        return self._at(page="last")

    def _at(self, **place: object) -> str:
        return here(
            self.request, **{"before": None, "after": None, "page": None, **place}
        )


def _key(values: Sequence[str], kinds: Sequence[type]) -> Key:
    """The key that some values of a query spell; empty where they are."""
    if not any(values):
        return ()
    if len(values) != len(kinds):
        raise NoSuchPlace
    return tuple(map(_value, values, kinds))


def _value(text: str, kind: type) -> int | str | UUID | datetime:
    try:
        if kind is UUID:
            return UUID(text)
        if kind is datetime and (at := datetime.fromisoformat(text)).tzinfo:
            return at
    except ValueError as error:
        raise NoSuchPlace from error
    if kind is int and WHOLE_NUMBER.fullmatch(text):
        return int(text)
    if kind is str and "\0" not in text and len(text) <= LONGEST_KEY:
        return text
    raise NoSuchPlace
