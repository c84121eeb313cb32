"""A Word file made ready to be read: checked, and with its list numbers written out."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Final
from xml.etree.ElementTree import Element, SubElement, fromstring, tostring
from zipfile import ZipFile

from web.formats import WrongFile
from web.formats.marks import LABEL_ENDS, LABEL_STARTS
from web.formats.wordlists import WordLists
from web.formats.wordruns import join_runs
from web.formats.wordxml import Styles, child, namespace, value, whole

LARGEST_XML: Final = 40_000_000
"""Bytes of unpacked XML in one file; a law of 280,000 words has about 10,000,000."""

_TYPES: Final = "[Content_Types].xml"
_WORD: Final = b"wordprocessingml"
_MAIN: Final = re.compile(
    rb"""PartName=["']/([^"']+)["'][^>]*\.main\+xml|"""
    rb"""\.main\+xml["'][^>]*PartName=["']/([^"']+)["']"""
)
_KNOWN_HEADING = re.compile(r"(?:heading|rubrik)[1-9]", re.IGNORECASE)


class NotWord(WrongFile):
    """Not a DOCX file, whatever its name says."""

    en = "The file is not a Word document (.docx)."
    sv = "Filen är inte ett Word-dokument (.docx)."


class Encrypted(WrongFile):
    """Only who has the password can read the file."""

    en = "The file is protected with a password. Remove it and try again."
    sv = "Filen är skyddad med lösenord. Ta bort lösenordet och försök igen."


class TooMuchText(WrongFile):
    """The file unpacks to more than LARGEST_XML."""

    en = "The Word file holds more text than can be read."
    sv = "Word-filen innehåller mer text än vad som går att läsa in."


class Damaged(WrongFile):
    """A DOCX file whose content does not hang together."""

    en = "The Word file is damaged. Open it in Word and save it again."
    sv = "Word-filen är skadad. Öppna den i Word och spara den på nytt."


def prepared(data: bytes) -> BytesIO:
    """The file with only its text, each list item's number before it, for mammoth.

    A paragraph whose style is a heading by its outline level gets a heading's style.
    Any error of zipfile or of the XML parser may come through.
    """
    parts = _text_parts(data)
    main = _main_part(parts[_TYPES])
    if main not in parts:
        raise NotWord
    folder = main.rpartition("/")[0]
    document = _parsed(parts[main])
    lists = WordLists(_parsed(parts.get(f"{folder}/numbering.xml")))
    styles = Styles(_parsed(parts.get(f"{folder}/styles.xml")))
    _write_out(document, lists, styles)
    parts[main] = tostring(document, encoding="utf-8")
    ready = BytesIO()
    with ZipFile(ready, "w") as archive:
        for path, part in parts.items():
            archive.writestr(path, part)
    return ready


def _text_parts(data: bytes) -> dict[str, bytes]:
    """The XML parts by path; pictures are left out.

    Refused are an archive that is not DOCX, is encrypted, or unpacks to too much: a
    part cannot unpack to more than it says, for reading stops there. Word writes no
    DOCTYPE; in one, entities can be defined that multiply.
    """
    with ZipFile(BytesIO(data)) as packed:
        entries = packed.infolist()
        if any(entry.flag_bits & 1 for entry in entries):
            raise Encrypted
        text = [e for e in entries if e.filename.lower().endswith((".xml", ".rels"))]
        if sum(entry.file_size for entry in text) > LARGEST_XML:
            raise TooMuchText
        parts = {entry.filename: packed.read(entry) for entry in text}
    if _WORD not in parts.get(_TYPES, b""):
        raise NotWord
    if any(b"<!DOCTYPE" in part for part in parts.values()):
        raise Damaged
    return parts


def _parsed(part: bytes | None) -> Element:
    # Entities, which could multiply, cannot be defined without a DOCTYPE.
    return fromstring(part) if part else Element("nothing")  # noqa: S314


def _main_part(types: bytes) -> str:
    found = _MAIN.search(types)
    return (found[1] or found[2]).decode() if found else "word/document.xml"


def _write_out(document: Element, lists: WordLists, styles: Styles) -> None:
    word = namespace(document)
    for paragraph in document.iter(f"{word}p"):
        join_runs(paragraph)
        properties = child(paragraph, "pPr")
        style = value(properties, "pStyle")
        if properties is None or child(child(properties, "rPr"), "del") is not None:
            continue
        level = styles.heading(style)
        if level and not _KNOWN_HEADING.fullmatch(style or ""):
            _set(properties, f"{word}pStyle", f"{word}val", f"Heading{level}")
        place = _place(properties, styles.place(style))
        if place is None:
            continue
        own = child(properties, "numPr")
        if own is None:
            own = SubElement(properties, f"{word}numPr")
        _set(own, f"{word}numId", f"{word}val", place[0])
        _set(own, f"{word}ilvl", f"{word}val", str(place[1]))
        if label := lists.label(*place):
            run = Element(f"{word}r")
            SubElement(run, f"{word}t").text = LABEL_STARTS + label + LABEL_ENDS
            paragraph.insert(list(paragraph).index(properties) + 1, run)


def _place(
    properties: Element, by_style: tuple[str, int] | None
) -> tuple[str, int] | None:
    """The list and the depth that the paragraph names, or else its style."""
    own = child(properties, "numPr")
    number = value(own, "numId")
    if number == "0" or (number is None and by_style is None):
        return None
    depth = whole(value(own, "ilvl"), by_style[1] if by_style else 0)
    return (number or (by_style or ("", 0))[0], depth)


def _set(parent: Element, tag: str, key: str, to: str) -> None:
    found = parent.find(tag)
    if found is None:
        found = SubElement(parent, tag)
    found.set(key, to)
