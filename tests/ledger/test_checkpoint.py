"""Checkpoints: three lines, each in its one spelling."""

from __future__ import annotations

from base64 import b64encode, urlsafe_b64encode
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.checkpoint import Checkpoint
from ledger.note import BadNote, Note, sign
from tests.ledger.keys import log_key
from tests.ledger.mangled import mangled

# The example of the specification, c2sp.org/tlog-checkpoint.
EXAMPLE = """\
example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
"""
ROOT = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
SAFE = urlsafe_b64encode(b"\xfb\xff" * 16).decode()


def test_the_specifications_example_is_read_and_written_to_the_byte() -> None:
    checkpoint = Checkpoint.parse(EXAMPLE)
    assert checkpoint.origin == "example.com/behind-the-sofa"
    assert checkpoint.size == 20_852_163
    assert b64encode(checkpoint.root).decode() == ROOT
    assert checkpoint.text == EXAMPLE


@pytest.mark.parametrize(
    "size",
    [
        *("020852163", "+20852163", "-1", "-0", "00", "", " 1", "1 ", "1\n", "2_0"),
        *("２０", "²", "1.0", "1e3", "0x1", str(2**63), "9" * 5000),  # noqa: RUF001
    ],
)
def test_a_size_in_any_other_spelling_is_refused(size: str) -> None:
    with pytest.raises(BadNote):
        Checkpoint.parse(EXAMPLE.replace("20852163", size))


@pytest.mark.parametrize(
    "root",
    [
        b64encode(bytes(31)).decode(),
        b64encode(bytes(33)).decode(),
        b64encode(bytes(64)).decode(),
        "",
        SAFE,
        ROOT.replace("I=", "J="),
        ROOT.removesuffix("="),
        ROOT + "=",
        ROOT + " ",
        " " + ROOT,
        sha256(b"").hexdigest(),
    ],
)
def test_a_root_of_other_than_32_bytes_in_base64_is_refused(root: str) -> None:
    with pytest.raises(BadNote):
        Checkpoint.parse(EXAMPLE.replace(ROOT, root))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n\n",
        EXAMPLE.removesuffix("\n"),
        EXAMPLE + "\n",
        EXAMPLE + "an extension line\n",
        EXAMPLE + "an extension line",
        "\n" + EXAMPLE,
        EXAMPLE.replace("\n", "\r\n"),
        EXAMPLE.replace("\n", "\u2028"),
        EXAMPLE.replace("\n", "\n\n", 1),
        EXAMPLE.replace("example.com/behind-the-sofa", ""),
        EXAMPLE.replace("3\n", "3\0\n"),
    ],
)
def test_anything_but_three_lines_is_refused(text: str) -> None:
    with pytest.raises(BadNote):
        Checkpoint.parse(text)


@pytest.mark.parametrize("odd", ["\r\n", "\0\n", "\t\n"])
def test_no_note_carries_a_checkpoint_with_control_characters(odd: str) -> None:
    whole = sign(EXAMPLE, [log_key()]).decode()
    with pytest.raises(BadNote, match="control character"):
        Note.parse(whole.replace("\n", odd, 1).encode())


ORIGINS = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1)


@given(ORIGINS, st.integers(0, 2**63 - 1), st.binary(min_size=32, max_size=32))
def test_every_checkpoint_reads_back_as_it_was_written(
    origin: str, size: int, root: bytes
) -> None:
    checkpoint = Checkpoint(origin, size, root)
    assert Checkpoint.parse(checkpoint.text) == checkpoint
    note = Note.parse(sign(checkpoint.text, [log_key()]))
    assert Checkpoint.parse(note.text) == checkpoint


@given(mangled(EXAMPLE.encode()))
def test_whatever_is_read_as_a_checkpoint_was_written_so(data: bytes) -> None:
    text = data.decode(errors="surrogateescape")
    try:
        checkpoint = Checkpoint.parse(text)
    except BadNote:
        return
    assert checkpoint.text == text
