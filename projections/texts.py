"""The texts that a process keeps, so that it reads each edition of them once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock

from domain.text import Text

MOST = 30_000
"""Passages that a process keeps: some 20 MB when full."""


class KeptTexts:
    """Texts by what tells them apart; those not asked for longest go first.

    An edition is never changed: a draft that is replaced, and tables that are rebuilt,
    have other keys. So none is ever stale.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._texts: OrderedDict[Hashable, Text] = OrderedDict()
        self._passages = 0
        self._turn = Lock()

    def find(self, key: Hashable) -> Text | None:
        """The text with this key, if it is kept."""
        with self._turn:
            if key in self._texts:
                self._texts.move_to_end(key)
            return self._texts.get(key)

    def keep(self, key: Hashable, text: Text) -> None:
        """Keep a text, and as many others as there is room for."""
        with self._turn:
            self._passages += len(text) - len(self._texts.pop(key, ()))
            self._texts[key] = text
            while self._passages > self._most:
                _, gone = self._texts.popitem(last=False)
                self._passages -= len(gone)
