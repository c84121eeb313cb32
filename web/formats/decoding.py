"""The text of a file in the character codes that Swedish offices save in."""

from __future__ import annotations

from web.formats import WrongFile


def as_text(data: bytes) -> str:
    """The text in UTF-8 or UTF-16 with a byte order mark, in UTF-8, or in Windows-1252.

    Refused as `WrongFile` when it is none of them, or holds a NUL.
    """
    try:
        text = _decoded(data)
    except UnicodeDecodeError as wrong:
        raise _not_text() from wrong
    if "\0" in text:
        raise _not_text()
    return text


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252")


def _not_text() -> WrongFile:
    return WrongFile(
        "The file is not plain text. Save it as text in UTF-8 and try again.",
        "Filen är inte ren text. Spara den som text i UTF-8 och försök igen.",
    )
