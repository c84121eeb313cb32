"""Files in and out: bytes in, passages out, and back. No web and no database here."""

from __future__ import annotations

from dataclasses import dataclass

from domain.log import Refused
from domain.text import Kind, Mark


@dataclass(frozen=True, slots=True)
class Draft:
    """A passage that has no id yet; the fields mean what they mean in `Passage`."""

    kind: Kind
    level: int
    text: str
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A file that has been read: its title, its passages and its place among others.

    `order` is the number that the file's front matter gives, or None.
    """

    title: str
    drafts: tuple[Draft, ...]
    order: int | None = None


class WrongFile(Refused):
    """The file that somebody sent cannot be read; a subclass says why."""

    en = "The file cannot be read."
    sv = "Filen går inte att läsa."
