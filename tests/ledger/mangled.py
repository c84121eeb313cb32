"""Files with something changed in them, as a parser may meet them."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import strategies as st

ODDITIES = [
    *("\n", "\n\n", "\r\n", "\0", "\t", "\x7f", "\x85", "\u2028", "\xa0", " ", "—"),
    *("0", "00", "1", "-", "+", "_", "=", "==", "/", "A", "７", "٣", "\U0001f600"),  # noqa: RUF001
]


def slightly_changed(file: bytes) -> Iterator[bytes]:
    """The file with one byte taken out, doubled or turned into another, at each place.

    A byte beside its like is doubled or taken out once only.
    """
    for at, byte in enumerate(file):
        if at == 0 or file[at - 1] != byte:
            yield file[:at] + file[at + 1 :]
            yield file[:at] + bytes([byte]) + file[at:]
        for other in {*b"A0 \n+=\xc3", byte ^ 1, byte ^ 0x20} - {byte}:
            yield file[:at] + bytes([other]) + file[at + 1 :]


@st.composite
def _mangled(draw: st.DrawFn, files: list[bytes]) -> bytes:
    file = draw(st.sampled_from(files))
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(file)))
        end = min(len(file), start + draw(st.integers(0, 4)))
        put = draw(st.sampled_from(["", *ODDITIES]).map(str.encode) | st.binary())
        file = file[:start] + put + file[end:]
    return file


def mangled(*files: bytes) -> st.SearchStrategy[bytes]:
    """Any bytes at all, any text, and these files with up to three things changed."""
    return _mangled(list(files)) | st.binary() | st.text().map(str.encode)
