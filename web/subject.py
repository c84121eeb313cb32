"""What a comment is about: a whole proposal, a passage of it, or words in a passage."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from markupsafe import Markup

from domain.text import Passage, Text, find_quote
from web.formats.html import passage_html


@dataclass(frozen=True, slots=True)
class Subject:
    """A place in one version of a proposal; no passage is the whole of it."""

    version: int
    passage: Passage | None = None
    label: str = ""
    span: tuple[int, int] | None = None
    """The marked words in the passage's text; None is all of it."""

    @property
    def words(self) -> str:
        """The marked words, or the passage's text; "" for a whole proposal."""
        if self.passage is None:
            return ""
        return self.passage.text[slice(*self.span)] if self.span else self.passage.text

    @property
    def html(self) -> Markup:
        """The passage with the words marked."""
        if self.passage is None:
            return Markup()
        marked = [(*self.span, "chosen")] if self.span else []
        return passage_html(self.passage, highlights=marked)


def subject_at(
    text: Text,
    version: int,
    passage: UUID | None,
    span: tuple[int, int] | None = None,
) -> Subject | None:
    """The place in a version's text; None when the passage does not stand in it."""
    if passage is None:
        return Subject(version)
    found = text.passage(passage)
    if found is None:
        return None
    marked = span if span and span[0] < span[1] else None
    return Subject(version, found, text.label(passage), marked)


def quoted_span(
    passage: Passage, quote: str, prefix: str, suffix: str
) -> tuple[int, int] | None:
    """Where words that somebody marked or typed stand in a passage, if they do."""
    return find_quote(passage.text, quote, prefix, suffix) if quote.strip() else None
