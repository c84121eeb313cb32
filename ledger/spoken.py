"""A hash in words that can be read out, to compare two of them over the telephone.

Proquints (arXiv 0901.4016): five letters stand for 16 bits, consonants and vowels in
turn.
"""

from __future__ import annotations

_CONSONANTS = "bdfghjklmnprstvz"
_VOWELS = "aiou"

WORDS = 4
"""Enough for two people who compare; whoever makes another log needs 2^64 attempts."""


def spoken(root: bytes) -> str:
    """The first 64 bits of a hash as four words."""
    return "-".join(
        _word(int.from_bytes(root[at : at + 2], "big")) for at in range(0, 2 * WORDS, 2)
    )


def _word(number: int) -> str:
    return (
        _CONSONANTS[number >> 12]
        + _VOWELS[number >> 10 & 3]
        + _CONSONANTS[number >> 6 & 15]
        + _VOWELS[number >> 4 & 3]
        + _CONSONANTS[number & 15]
    )
