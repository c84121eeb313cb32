"""Policies: who must have signed, and every line that is not one."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.checkpoint import Checkpoint
from ledger.note import COSIGNATURE, ED25519, BadNote, Note, Signer, sign, with_lines
from ledger.policy import BadPolicy, Group, NoQuorum, Peer, Policy
from ledger.tree import EMPTY_ROOT
from tests.ledger.keys import log_key, witness_key
from tests.ledger.mangled import mangled, slightly_changed

LOG = log_key()
WITNESSES = {f"W{number}": witness_key(number) for number in range(1, 7)}
CHECKPOINT = Checkpoint(LOG.name, 0, EMPTY_ROOT)
SEEN = 1_700_000_000

LINES = [
    f"log {LOG.verifier} https://samrad.example.se/log",
    *(f"witness {name} {key.verifier}" for name, key in WITNESSES.items()),
]

# The shape of the specification's example, c2sp.org/tlog-policy.
NESTED = [
    "group X 2 W1 W2 W3",
    "group Y any W4 W5 W6",
    "group X-and-Y all X Y",
    "quorum X-and-Y",
]


def policy(*lines: str) -> Policy:
    return Policy.parse("\n".join([*LINES, *lines]) + "\n")


def signed(*names: str, by: Signer = LOG, text: str = CHECKPOINT.text) -> bytes:
    return sign(text, [by, *(WITNESSES[name] for name in names)], SEEN)


def agreeing(policy: Policy) -> set[str]:
    """The smallest sets of witnesses whose signatures the policy is content with."""
    found: list[frozenset[str]] = []
    for count in range(len(WITNESSES) + 1):
        for names in map(frozenset, combinations(WITNESSES, count)):
            try:
                assert policy.check(signed(*names)) == CHECKPOINT
                content = True
            except NoQuorum:
                content = False
            assert policy.agrees(names) == content
            if content and not any(smaller <= names for smaller in found):
                found.append(names)
            assert content == any(smaller <= names for smaller in found)
    return {" ".join(sorted(names)) for names in found}


@pytest.mark.parametrize(
    ("lines", "enough"),
    [
        (["quorum none"], {""}),
        (["quorum W1"], {"W1"}),
        (["group G any W1 W2", "quorum G"], {"W1", "W2"}),
        (["group G all W1 W2", "quorum G"], {"W1 W2"}),
        (["group G 1 W3", "quorum G"], {"W3"}),
        (["group G 2 W1 W2 W3", "quorum G"], {"W1 W2", "W1 W3", "W2 W3"}),
        (["group G 2 W1 W2", "group H any G W3", "quorum H"], {"W1 W2", "W3"}),
        (
            NESTED,
            {f"W{a} W{b} W{c}" for a, b in [(1, 2), (1, 3), (2, 3)] for c in (4, 5, 6)},
        ),
    ],
)
def test_a_quorum_is_met_by_these_witnesses_and_no_fewer(
    lines: list[str], enough: set[str]
) -> None:
    assert agreeing(policy(*lines)) == enough


def test_a_policy_holds_what_its_lines_say() -> None:
    read = policy("group G 2 W1 W2", "quorum G")
    assert read.log == Peer(LOG.verifier, "https://samrad.example.se/log")
    assert read.witnesses["W1"] == Peer(WITNESSES["W1"].verifier)
    assert read.groups == {"G": Group(2, ("W1", "W2"))}
    assert read.quorum == "G"


def test_blanks_tabs_and_remarks_make_no_difference() -> None:
    spread = (
        "# whom we trust: Ålands lagting\n\n \t\n  # and nobody else\n"
        + "\n".join(f"\t {line} ".replace(" ", " \t ") for line in [*LINES, *NESTED])
    )
    assert Policy.parse(spread) == policy(*NESTED)


def test_the_time_of_each_cosignature_is_told() -> None:
    checkpoint, times = policy("quorum W1").checked(signed("W1", "W3"))
    assert checkpoint == CHECKPOINT
    assert times == {"W1": SEEN, "W3": SEEN}


@pytest.mark.parametrize(
    "stranger", [log_key(seed="another"), log_key("samrad.example.se/other")]
)
def test_only_the_logs_own_key_speaks_for_it(stranger: Signer) -> None:
    with pytest.raises(BadNote, match="has not signed"):
        policy("quorum none").check(signed(by=stranger))


def test_the_right_key_under_another_origin_is_refused() -> None:
    foreign = Checkpoint("other.example.se/log", 0, EMPTY_ROOT)
    with pytest.raises(BadNote, match="of another log"):
        policy("quorum none").check(signed(text=foreign.text))


def test_a_log_signs_nothing_but_checkpoints() -> None:
    for text in CHECKPOINT.text + "an extension\n", "hello\n":
        with pytest.raises(BadNote, match="three lines"):
            policy("quorum none").check(signed(text=text))


def test_a_witness_is_not_a_log_and_a_log_no_witness() -> None:
    wearing = Signer(LOG.name, COSIGNATURE, LOG.seed)
    with pytest.raises(BadNote, match="has not signed"):
        policy("quorum none").check(sign(CHECKPOINT.text, [wearing], SEEN))
    untimed = Signer(WITNESSES["W1"].name, ED25519, WITNESSES["W1"].seed)
    with pytest.raises(NoQuorum):
        policy("quorum W1").check(sign(CHECKPOINT.text, [LOG, untimed]))


def test_an_unknown_witness_counts_for_nothing() -> None:
    stranger = witness_key(9).line(CHECKPOINT.text, SEEN)
    with pytest.raises(NoQuorum):
        policy("quorum W1").check(with_lines(signed(), [stranger]))
    counted = policy("quorum W1").checked(with_lines(signed("W1"), [stranger]))
    assert counted == (CHECKPOINT, {"W1": SEEN})


def test_a_wrong_signature_of_a_known_witness_spoils_the_note() -> None:
    elsewhere = WITNESSES["W2"].line("another\n", SEEN)
    note = with_lines(signed("W1"), [elsewhere])
    with pytest.raises(BadNote, match="is wrong"):
        policy("quorum W1").check(note)
    with pytest.raises(BadNote, match="is wrong"):
        policy("quorum W1").cosigned(Note.parse(note))


def test_a_changed_character_anywhere_in_the_note_is_refused() -> None:
    strict = policy("group G all W1 W2", "quorum G")
    for changed in slightly_changed(signed("W1", "W2")):
        with pytest.raises(BadNote):
            strict.check(changed)


SHORT = f"log {LOG.verifier}\n"
W1 = f"witness W1 {WITNESSES['W1'].verifier}\n"
W2 = f"witness W2 {WITNESSES['W2'].verifier}\n"
AGAIN = Signer("alias.example.se", COSIGNATURE, WITNESSES["W1"].seed).verifier


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "one log and one quorum"),
        (SHORT, "one log and one quorum"),
        (W1 + "quorum W1\n", "one log and one quorum"),
        (SHORT + SHORT, "line 2: a second log"),
        (SHORT + "quorum none\nquorum none\n", "line 3: a second quorum"),
        (SHORT + "quorum\n", "line 2: not a line"),
        (SHORT + "quorum none none\n", "line 2: not a line"),
        (SHORT + "quorum W1\n" + W1, "line 2: W1 is not defined above"),
        (SHORT + "quorum None\n", "line 2: None is not defined above"),
        (SHORT + "\n\nhello\n", "line 4: not a line"),
        (SHORT + "Quorum none\n", "line 2: not a line"),
        ("log\n", "line 1: not a line"),
        (f"log {LOG.verifier} url url\n", "line 1: not a line"),
        (f"log {LOG.verifier}A\n", "line 1: not base64"),
        (f"log {WITNESSES['W1'].verifier}\n", "line 1: a key of the wrong type"),
        (f"witness W1 {LOG.verifier}\n", "line 1: a key of the wrong type"),
        (f"witness {WITNESSES['W1'].verifier}\n", "line 1: not a line"),
        (W1 + W1, "line 2: W1 is defined twice"),
        (f"{W1}witness W2 {AGAIN}\n", "line 2: another witness has the same key"),
        (W1.replace("W1", "none"), "line 1: none is defined twice, or reserved"),
        (W1 + "group W1 any W1\n", "line 2: W1 is defined twice"),
        (W1 + "group none any W1\n", "line 2: none is defined twice, or reserved"),
        (W1 + W2 + "group G any W1\ngroup G any W2\n", "line 4: G is defined twice"),
        (W1 + "group W2 any W1\n" + W2, "line 3: W2 is defined twice"),
        (W1 + "group G any\n", "line 2: not a line"),
        (W1 + "group G any none\n", "line 2: none is not defined above"),
        (W1 + "group G any G\n", "line 2: G is not defined above"),
        ("group G any W1\n" + W1, "line 1: W1 is not defined above"),
        (W1 + "group G 1 W1 W1\n", "line 2: W1 is a member already"),
        (W1 + "group G any W1\ngroup H any W1\n", "line 3: W1 is a member already"),
        (W1 + W2 + "group G 0 W1 W2\n", "line 3: a group asks"),
        (W1 + W2 + "group G 3 W1 W2\n", "line 3: a group asks"),
        (W1 + W2 + "group G 02 W1 W2\n", "line 3: not a number"),
        (W1 + W2 + "group G +1 W1 W2\n", "line 3: not a number"),
        (W1 + W2 + "group G 1_0 W1 W2\n", "line 3: not a number"),
        (W1 + W2 + "group G ２ W1 W2\n", "line 3: not a number"),  # noqa: RUF001
        (W1 + W2 + "group G most W1 W2\n", "line 3: not a number"),
        (SHORT.replace("\n", "\r\n") + "quorum none\n", "line 1: a control character"),
        (SHORT + "quorum none\0\n", "line 2: a control character"),
        (SHORT + "# \x0b\nquorum none\n", "line 2: a control character"),
        (SHORT + "quorum\xa0none\n", "line 2: not a line"),
        (SHORT + "quorum\u2028none\n", "line 2: not a line"),
    ],
)
def test_a_bad_line_is_named(text: str, why: str) -> None:
    with pytest.raises(BadPolicy, match=why):
        Policy.parse(text)


WHOLE = "\n".join([*LINES[:4], "group G 2 W1 W2 W3", "quorum G", ""])


@given(mangled(WHOLE.encode()), st.sets(st.sampled_from(list(WITNESSES))))
def test_no_policy_is_worse_than_refused(data: bytes, names: set[str]) -> None:
    try:
        read = Policy.parse(data.decode(errors="surrogateescape"))
    except BadPolicy:
        return
    try:
        assert read.check(signed(*names)) == CHECKPOINT
    except BadNote:
        return
    assert read.log.key == LOG.verifier
    assert read.agrees(frozenset(names))


@given(mangled(signed("W1", "W2")))
def test_no_note_is_trusted_that_was_not_signed(data: bytes) -> None:
    strict = policy("group G all W1 W2", "quorum G")
    try:
        assert strict.check(data) == CHECKPOINT
    except BadNote:
        return
