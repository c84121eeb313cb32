"""A codebook: the themes that comments are coded with, in editions."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from eventsourcing.domain import Aggregate

from domain.log import Fact, Refused

LONGEST_KEY = 100
"""Characters in the key of a theme."""


class UnknownTheme(Refused):
    """A comment is coded with themes of the consultation's codebook."""

    en = "“{theme}” is not in the codebook."
    sv = "”{theme}” finns inte i kodboken."


class ThemeTwice(Refused):
    """A theme's key is used once in a codebook."""

    en = "The key “{theme}” is used twice in the codebook."
    sv = "Nyckeln ”{theme}” används två gånger i kodboken."


class ThemeKeyIsTooLong(Refused):
    """A theme's key is a word or two."""

    en = "A key in the codebook is too long: at most {limit} characters."
    sv = "En nyckel i kodboken är för lång: högst {limit} tecken."


class Codable(Aggregate):
    """A thing with a codebook. `edition` counts its editions; `themes` has the keys."""

    edition: int
    themes: set[str]

    class CodebookRevised(Fact):
        """The themes were set; each time a new edition."""

        edition: int
        themes: list[dict[str, str]]

        def apply(self, aggregate: Any) -> None:
            aggregate.edition = self.edition
            aggregate.themes = {theme["key"] for theme in self.themes}

    def revise_codebook(
        self, themes: list[dict[str, str]], *, by: UUID, now: datetime
    ) -> None:
        seen: set[str] = set()
        for theme in themes:
            if len(theme["key"]) > LONGEST_KEY:
                raise ThemeKeyIsTooLong(limit=LONGEST_KEY)
            if theme["key"] in seen:
                raise ThemeTwice(theme=theme["key"])
            seen.add(theme["key"])
        self.trigger_event(
            self.CodebookRevised,
            edition=self.edition + 1,
            themes=themes,
            by=by,
            timestamp=now,
        )

    def require_themes(self, themes: list[str]) -> None:
        """Refuse themes that the codebook does not have."""
        for theme in themes:
            if theme not in self.themes:
                raise UnknownTheme(theme=theme)
