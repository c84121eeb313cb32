"""Signed notes: what the specification's own examples say, and all that is refused."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.note import (
    COSIGNATURE,
    ED25519,
    LARGEST,
    MOST_SIGNATURES,
    BadNote,
    Note,
    NotSigned,
    Signer,
    Verifier,
    cosigned,
    exact_base64,
    exact_number,
    sign,
    with_lines,
)
from tests.ledger.keys import log_key, witness_key
from tests.ledger.mangled import mangled, slightly_changed

# The example of the package golang.org/x/mod/sumdb/note.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETERS_OWN = (
    "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz\n"
)
PETERS_TEXT = """\
If you think cryptography is the answer to your problem,
then you don't know what your problem is.
"""
PETERS_LINE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgK"
    "vqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
PETERS_NOTE = f"{PETERS_TEXT}\n{PETERS_LINE}".encode()

LOG = log_key()
WITNESS = witness_key(1)
TEXT = "samrad.example.se/log\n7\nkaffe\n"
SEEN = 1_700_000_000
NOTE = sign(TEXT, [LOG, WITNESS], SEEN)


def written(note: Note) -> bytes:
    """A note as its parts say that it was written."""
    lines = [
        f"— {line.name} {b64encode(line.id + line.signature).decode()}\n"
        for line in note.lines
    ]
    return with_lines(note.text.encode() + b"\n", lines)


def test_the_public_example_is_read_and_signed_to_the_byte() -> None:
    signer = Signer.parse(PETERS_OWN)
    assert str(signer.verifier) == PETER
    assert signer.written() == PETERS_OWN
    assert sign(PETERS_TEXT, [signer]) == PETERS_NOTE
    note = Note.parse(PETERS_NOTE)
    assert note.text == PETERS_TEXT
    assert note.by(Verifier.parse(PETER)) is None


def test_a_note_is_signed_by_a_log_and_witnesses() -> None:
    note = Note.parse(NOTE)
    assert note.text == TEXT
    assert note.by(LOG.verifier) is None
    assert note.by(WITNESS.verifier) == SEEN
    assert written(note) == NOTE


def test_signatures_are_added_without_touching_what_is_signed() -> None:
    alone = sign(TEXT, [LOG])
    note = Note.parse(with_lines(alone, [witness_key(2).line(TEXT, SEEN)]))
    assert note.by(LOG.verifier) is None
    assert note.by(witness_key(2).verifier) == SEEN


@pytest.mark.parametrize(
    "text", ["\n", "\n\n", "a\n\n", "a\n\nb\n", "— a AAAAAAA=\n", "a\u2028b\x7f\n"]
)
def test_a_text_is_any_lines_and_ends_where_the_last_empty_line_is(text: str) -> None:
    note = Note.parse(sign(text, [LOG]))
    assert note.text == text
    note.by(LOG.verifier)


@pytest.mark.parametrize("text", ["", "no end", "a\r\n", "a\0\n", "a\tb\n"])
def test_no_text_is_signed_that_could_not_be_read(text: str) -> None:
    with pytest.raises(ValueError, match="lines of text"):
        sign(text, [LOG])


def test_a_changed_character_anywhere_is_refused() -> None:
    for changed in slightly_changed(NOTE):
        with pytest.raises(BadNote):
            signed_by_both(changed)


def signed_by_both(data: bytes) -> None:
    note = Note.parse(data)
    note.by(LOG.verifier)
    note.by(WITNESS.verifier)


@pytest.mark.parametrize(
    "stranger",
    [
        log_key(seed="another"),
        log_key("samrad.example.se/lo"),
        replace(LOG, kind=COSIGNATURE),
        replace(WITNESS, kind=ED25519),
    ],
    ids=["same name", "same key", "log's as a witness", "witness's as a log"],
)
def test_a_key_that_has_not_signed_is_missed(stranger: Signer) -> None:
    with pytest.raises(NotSigned, match="has not signed"):
        Note.parse(NOTE).by(stranger.verifier)
    foreign = Note.parse(sign(TEXT, [stranger], SEEN))
    with pytest.raises(NotSigned, match=LOG.name):
        foreign.by(LOG.verifier)


def test_a_signature_under_another_keys_id_is_wrong_and_not_missing() -> None:
    impostor = log_key(seed="another")
    signature = Note.parse(sign(TEXT, [impostor])).lines[0].signature
    line = b64encode(LOG.verifier.id + signature).decode()
    note = Note.parse(f"{TEXT}\n— {LOG.name} {line}\n".encode())
    with pytest.raises(BadNote, match="is wrong") as refused:
        note.by(LOG.verifier)
    assert not isinstance(refused.value, NotSigned)


def test_lines_of_unknown_keys_are_passed_over() -> None:
    strange = ["— who AAAAAAA=\n", f"— {LOG.name} AAAAAAA=\n", "— who AAAAAAA=\n"]
    note = Note.parse(with_lines(sign(TEXT, [log_key("other")]), strange))
    with pytest.raises(NotSigned):
        note.by(LOG.verifier)
    note = Note.parse(with_lines(NOTE, strange))
    note.by(LOG.verifier)
    assert note.by(WITNESS.verifier) == SEEN
    assert written(note) == with_lines(NOTE, strange)


def test_a_key_that_has_signed_twice_is_refused() -> None:
    for line in LOG.line(TEXT), LOG.line("another\n"):
        with pytest.raises(BadNote, match="signed the note 2 times"):
            Note.parse(with_lines(NOTE, [line])).by(LOG.verifier)
    later = Note.parse(with_lines(NOTE, [WITNESS.line(TEXT, SEEN + 1)]))
    with pytest.raises(BadNote, match="signed the note 2 times"):
        later.by(WITNESS.verifier)


def test_a_hundred_signatures_are_read_and_one_more_is_not() -> None:
    strangers = ["— who AAAAAAA=\n"] * (MOST_SIGNATURES - 2)
    note = Note.parse(with_lines(NOTE, strangers))
    assert note.by(WITNESS.verifier) == SEEN
    with pytest.raises(BadNote, match="too many signatures"):
        Note.parse(with_lines(NOTE, [*strangers, strangers[0]]))


def test_a_note_of_64_kib_is_read_and_a_larger_one_is_not() -> None:
    room = LARGEST - len(sign("\n", [LOG]))
    Note.parse(sign("a" * room + "\n", [LOG])).by(LOG.verifier)
    with pytest.raises(BadNote, match="too large"):
        Note.parse(sign("a" * (room + 1) + "\n", [LOG]))


LINE = LOG.line(TEXT)


@pytest.mark.parametrize(
    "note",
    [
        "",
        "\n",
        "\n\n",
        TEXT,
        f"{TEXT}\n",
        f"{TEXT}{LINE}",
        f"{TEXT}\n{LINE}".rstrip("\n"),
        f"{TEXT}\n{LINE}\n",
        f"{TEXT}\n{LINE}\n{LINE}\n",
        f"{TEXT}\n{LINE}".replace("\n", "\r\n"),
        f"{TEXT}\r\n{LINE}",
        f"{TEXT}\n{LINE}\0",
        f"\0{TEXT}\n{LINE}",
        f"{TEXT}\n{LINE}".replace("kaffe", "kaf\tfe"),
        f"{TEXT}\n{LINE}".replace("\n—", "\u2028—"),
        f"{TEXT}\n{LINE}".replace("— ", "—\xa0"),
        f"{TEXT}\n{LINE}".replace("— ", "—  "),
        f"{TEXT}\n{LINE}".replace("— ", "- "),
        f"{TEXT}\n{LINE}".replace("— ", " — "),
        f"{TEXT}\n{LINE}".replace("=\n", "= \n"),
        f"{TEXT}\n{LINE}".replace("=\n", "= =\n"),
        f"{TEXT}\n{LINE}".replace("=\n", "\n"),
        f"{TEXT}\n{LINE}".replace("/log ", "/log+ "),
        f"{TEXT}\n{LINE}".replace("/log ", "/l\u2028og "),
        f"{TEXT}\n{LINE}".replace("/log ", "/l\x85og "),
        f"{TEXT}\n— {LOG.name} \n",
        f"{TEXT}\n— {LOG.name}\n",
        f"{TEXT}\n—  AAAAAAA=\n",
        f"{TEXT}\n— {LOG.name} AAAAAA==\n",
        f"{TEXT}\n—\n",
        f"{TEXT}\nhello\n",
    ],
)
def test_what_is_not_written_as_a_note_is_refused(note: str) -> None:
    with pytest.raises(BadNote):
        Note.parse(note.encode())


@pytest.mark.parametrize("odd", ["\r", "\0", "\t", "\x1b", "\x1f"])
def test_control_characters_are_refused_whoever_signed_them(odd: str) -> None:
    text = f"kaffe{odd}\n"
    with pytest.raises(BadNote, match="control character"):
        Note.parse(f"{text}\n{LOG.line(text)}".encode())


@pytest.mark.parametrize("wrong", [b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xc3"])
def test_a_note_that_is_not_utf_8_is_refused(wrong: bytes) -> None:
    with pytest.raises(BadNote, match="not UTF-8"):
        Note.parse(wrong + NOTE)


@given(mangled(NOTE, PETERS_NOTE))
def test_whatever_is_read_as_a_note_was_written_so(data: bytes) -> None:
    try:
        note = Note.parse(data)
    except BadNote:
        return
    assert written(note) == data


NAMES = st.text(min_size=1).filter(
    lambda name: not any(c in "+\x7f" or c < " " or c.isspace() for c in name)
)
KINDS = st.sampled_from([ED25519, COSIGNATURE])
KEYS = st.builds(Signer, NAMES, KINDS, st.binary(min_size=32, max_size=32))
TEXTS = st.text(st.characters(exclude_categories=["Cc", "Cs"]) | st.just("\n"))


@given(TEXTS, st.lists(KEYS, min_size=1, max_size=5), st.integers(0, 2**63 - 1))
def test_every_note_reads_back_as_it_was_signed(
    text: str, signers: list[Signer], time: int
) -> None:
    signers = list({str(signer.verifier): signer for signer in signers}.values())
    data = sign(text + "\n", signers, time)
    note = Note.parse(data)
    assert note.text == text + "\n"
    assert written(note) == data
    for signer in signers:
        expected = time if signer.kind == COSIGNATURE else None
        assert note.by(signer.verifier) == expected


@given(KEYS)
def test_every_key_reads_back_as_it_was_written(signer: Signer) -> None:
    assert Verifier.parse(str(signer.verifier)) == signer.verifier
    assert Signer.parse(signer.written()) == signer


@given(mangled(PETER.encode(), str(WITNESS.verifier).encode()))
def test_whatever_is_read_as_a_verifier_key_was_written_so(data: bytes) -> None:
    text = data.decode(errors="surrogateescape")
    try:
        key = Verifier.parse(text)
    except BadNote:
        return
    assert str(key) == text


@given(mangled(PETERS_OWN.encode(), WITNESS.written().encode()))
def test_whatever_is_read_as_a_private_key_was_written_so(data: bytes) -> None:
    text = data.decode(errors="surrogateescape")
    try:
        key = Signer.parse(text)
    except BadNote:
        return
    assert key.written() == text or key.written() == text + "\n"


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (PETER.replace("c74f", "C74F"), "another hash"),
        (PETER.replace("c74f20a3", "c74f20a4"), "another hash"),
        (PETER.replace("Peter", "peter"), "another hash"),
        (PETER.replace("+ARpc", "+BRpc"), "unknown type"),
        (PETER[:-4], "unknown type"),
        (PETER + "AAAA", "unknown type"),
        (PETER + "\n", "not base64"),
        (PETER.replace("/", "_"), "not base64"),
        ("PeterNeumann+c74f20a3", "not a verifier key"),
        ("", "not a verifier key"),
    ],
)
def test_a_verifier_key_with_anything_wrong_is_refused(wrong: str, why: str) -> None:
    with pytest.raises(BadNote, match=why):
        Verifier.parse(wrong)


def test_a_private_key_is_shown_nowhere_but_in_its_file() -> None:
    signer = Signer.generate("samrad.example.se/log")
    assert Signer.parse(signer.written()) == signer
    assert repr(signer) == f"{signer}" == "Signer('samrad.example.se/log')"
    assert Signer.generate("samrad.example.se/log").seed != signer.seed


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\u2003b", "\ud800"])
def test_a_key_has_a_name_that_a_note_can_hold(name: str) -> None:
    with pytest.raises(BadNote, match="not a key's name"):
        Signer.generate(name)


def test_a_witness_signs_the_time_too() -> None:
    assert cosigned("a\n", 12) == b"cosignature/v1\ntime 12\na\n"
    signature = Note.parse(sign(TEXT, [WITNESS], SEEN)).lines[0].signature
    assert WITNESS.verifier.check(TEXT, signature) == SEEN
    later = (SEEN + 1).to_bytes(8, "big") + signature[8:]
    with pytest.raises(BadNote, match="is wrong"):
        WITNESS.verifier.check(TEXT, later)
    with pytest.raises(BadNote, match="wrong length"):
        WITNESS.verifier.check(TEXT, signature[8:])


def test_a_time_that_no_clock_can_show_is_refused() -> None:
    signature = Note.parse(sign(TEXT, [WITNESS], 2**63)).lines[0].signature
    with pytest.raises(BadNote, match="a time that is none"):
        WITNESS.verifier.check(TEXT, signature)


NUMBERS = ["0", "1", "9", "10", "257", str(2**63 - 1)]


@pytest.mark.parametrize("text", NUMBERS)
def test_a_number_is_read(text: str) -> None:
    assert str(exact_number(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "00", "0257", "+257", "-0", "-1", " 257", "257 ", "257\n", "2_57"),
        *("２５７", "٢٥٧", "²", "0x1", "1.0", "1e3", "1\0", str(2**63), "9" * 5000),  # noqa: RUF001
    ],
)
def test_a_number_in_any_other_spelling_is_refused(text: str) -> None:
    with pytest.raises(BadNote, match="not a number"):
        exact_number(text)


@pytest.mark.parametrize(
    "text",
    [
        *("A", "AA", "AA=", "AAA", "AB==", "AAB=", "AA==\n", "AA= =", "=AA=", "AA==="),
        *("AA==AA==", "A-A=", "A_A=", " AA==", "AÅ==", "AA\n==", "AA=\n=", "\ud800A=="),
    ],
)
def test_base64_in_any_other_spelling_is_refused(text: str) -> None:
    with pytest.raises(BadNote, match="base64"):
        exact_base64(text)


@given(st.binary())
def test_base64_is_read_as_it_is_written(data: bytes) -> None:
    assert exact_base64(b64encode(data).decode()) == data
