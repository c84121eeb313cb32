"""Word files in: DOCX through mammoth to HTML, and from there to passages."""

from __future__ import annotations

import re
from typing import Any, Final
from zipfile import BadZipFile

import mammoth

from web.formats import Draft, WrongFile
from web.formats.markup import read_html
from web.formats.wordparts import Damaged, Encrypted, NotWord, prepared

_OLD_OFFICE: Final = bytes.fromhex("d0cf11e0a1b11ae1")
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")


def _style_map() -> str:
    """Which Word styles mean what, by English and Swedish style names."""
    lines = ["p[style-name^='toc '] => !", "p[style-name='TOC Heading'] => !"]
    lines += [f"p[style-name='{name}'] => header:fresh" for name in ("Title", "Titel")]
    for level in range(9, 0, -1):
        tag = f"h{min(level, 6)}:fresh"
        for name in ("heading", "rubrik"):
            lines.append(f"p[style-name^='{name} {level}'] => {tag}")
            lines.append(f"p.{name.capitalize()}{level} => {tag}")
    for names, tag in (
        (("List Bullet", "Punktlista"), "ul"),
        (("List Number", "Numrerad lista"), "ol"),
    ):
        for level in range(1, 6):
            path = "ul|ol > li > " * (level - 1) + f"{tag} > li:fresh"
            number = f" {level}" if level > 1 else ""
            lines += [f"p[style-name='{name}{number}'] => {path}" for name in names]
    for level in range(6, 10):  # mammoth itself knows five
        for order, tag in (("unordered", "ul"), ("ordered", "ol")):
            path = "ul|ol > li > " * (level - 1) + f"{tag} > li:fresh"
            lines.append(f"p:{order}-list({level}) => {path}")
    for name in ("Quote", "Intense Quote", "Citat", "Starkt citat"):
        lines.append(f"p[style-name='{name}'] => blockquote > p:fresh")
    for name in ("HTML Preformatted", "Code", "Kod", "macro"):
        lines.append(f"p[style-name='{name}'] => pre:separator('\\n')")
    return "\n".join(lines)


_STYLE_MAP: Final = _style_map()
_NOTE = r"(?:foot|end)note-"
_NOTE_MARK = re.compile(rf'<sup><a href="#{_NOTE}[^>]*>(\[\d+\])</a></sup>')
_NOTES = re.compile(rf'<ol>(?=<li id="{_NOTE})')
_NOTE_BEGINS = re.compile(rf'<li id="{_NOTE}[^>]*>')
_NOTE_BACK = re.compile(rf'\s*<a href="#{_NOTE}ref-[^>]*>↑</a>')
_HEADING_TAG = re.compile(r"(</?h)([1-6])>")


class OldWord(WrongFile):
    """Word's format before 2007."""

    en = "The file is in an old Word format. Save it as .docx and try again."
    sv = "Filen har ett gammalt Word-format. Spara den som .docx och försök igen."


def read_docx(data: bytes) -> list[Draft]:
    """The passages of a Word file.

    A paragraph with the style Title is the one heading at level 1, and those with
    heading styles stand below it. Footnotes and endnotes come last, each with its
    number. A table of contents, headers, footers, Word's own comments and deleted text
    are left out. Refused as `WrongFile`: a file that is not DOCX, that is encrypted or
    damaged, or whose text would fill the memory.
    """
    if data.startswith(_OLD_OFFICE):
        raise Encrypted if _ENCRYPTED in data else OldWord
    try:
        html: str = mammoth.convert_to_html(
            prepared(data),
            style_map=_STYLE_MAP,
            include_embedded_style_map=False,
            convert_image=mammoth.images.img_element(_no_picture),
        ).value
    except WrongFile:
        raise
    except BadZipFile as broken:
        raise NotWord from broken
    except Exception as broken:  # zipfile and mammoth let all sorts of errors through
        raise Damaged from broken
    return read_html(_below_title(_notes_in_text(html)))


def _no_picture(image: Any) -> dict[str, str]:
    """Only the alternative text of a picture is kept."""
    return {}


def _notes_in_text(html: str) -> str:
    """The HTML with note numbers as plain text, and the notes as paragraphs last."""
    html = _NOTE_MARK.sub(r"\1", html)
    text, _, notes = _split(html)
    for number, note in enumerate(_NOTE_BEGINS.split(notes)[1:], start=1):
        note = _NOTE_BACK.sub("", note.replace("</li>", "").replace("</ol>", ""))
        text += note.replace("<p>", f"<p>[{number}] ", 1)
    return text


def _split(html: str) -> tuple[str, str, str]:
    found = _NOTES.search(html)
    if not found:
        return html, "", ""
    return html[: found.start()], found[0], html[found.end() :]


def _below_title(html: str) -> str:
    """The HTML with a title as the only first-level heading, the others one lower."""
    if "<header>" not in html:
        return html
    lowered = _HEADING_TAG.sub(lambda h: f"{h[1]}{min(int(h[2]) + 1, 6)}>", html)
    return lowered.replace("<header>", "<h1>").replace("</header>", "</h1>")
