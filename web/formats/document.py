"""A text file that somebody sends in: which kind it is, and its title."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PureWindowsPath
from typing import Final

from web.formats import Document, Draft, WrongFile
from web.formats.decoding import NotText, as_text
from web.formats.docx import read_docx
from web.formats.markdown import front_matter, read_markdown
from web.formats.marks import clean, one_line

TEXT_ENDINGS: Final = (".md", ".markdown", ".txt", "")


class WrongKind(WrongFile):
    """The file is neither Word nor Markdown nor plain text."""

    en = "Only Word (.docx), Markdown (.md) and plain text (.txt) can be read."
    sv = "Det går bara att läsa in Word (.docx), Markdown (.md) och ren text (.txt)."


class NoTextInFile(WrongFile):
    """There is nothing to make a passage of."""

    en = "There is no text in the file."
    sv = "Det finns ingen text i filen."


def read_document(name: str, data: bytes) -> Document:
    """The document in a Markdown or Word file called `name`.

    What the file holds decides, then how its name ends. The title is the front
    matter's, else the first heading's, else the file's name without its ending. Refused
    as `WrongFile`: another kind of file, one that cannot be read, and one without text.
    """
    path = PureWindowsPath(name)
    ending = path.suffix.lower()
    title, order = None, None
    if data.startswith((b"PK", b"\xd0\xcf\x11\xe0")) or ending == ".docx":
        drafts = read_docx(data)
    elif ending in TEXT_ENDINGS and not data.startswith(b"%PDF"):
        text = as_text(data)
        if "\0" in text:
            raise NotText
        (title, order), _ = front_matter(text)
        drafts = read_markdown(text)
    else:
        raise WrongKind
    if not drafts:
        raise NoTextInFile
    title = title or _first_heading(drafts) or one_line(clean(path.stem))
    return Document(title, tuple(drafts), order)


def _first_heading(drafts: Sequence[Draft]) -> str | None:
    headings = (one_line(draft.text) for draft in drafts if draft.kind == "heading")
    return next(headings, None)
