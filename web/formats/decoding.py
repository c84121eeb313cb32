"""The text of a file in the character codes that Swedish offices save in."""

from __future__ import annotations

from web.formats import WrongFile


class NotText(WrongFile):
    """The file holds something else than text."""

    en = "The file is not plain text. Save it as text in UTF-8 and try again."
    sv = "Filen är inte ren text. Spara den som text i UTF-8 och försök igen."


def as_text(data: bytes) -> str:
    """The text in UTF-8, in UTF-16 with a byte order mark, or in Windows-1252.

    Refused as `NotText` when it is none of them.
    """
    try:
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            return data.decode("utf-16")
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError:
            return data.decode("cp1252")
    except UnicodeDecodeError as wrong:
        raise NotText from wrong
