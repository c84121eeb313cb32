"""Runs of a Word file that look the same, joined: Word splits a sentence into many."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from web.formats.wordxml import child, local

UNSEEN = frozenset(
    ("lang", "noProof", "rFonts", "sz", "szCs", "bCs", "iCs", "color", "kern")
)
"""What a run says of itself that no passage keeps."""
CHECKED = "proofErr"
"""Stands between two runs where spelling was looked at, and says nothing."""

Look = tuple[tuple[str, tuple[tuple[str, str], ...]], ...]


def join_runs(parent: Element) -> None:
    """Join those of a paragraph's runs that are text alone and follow each other.

    What it takes to read a long file goes by the number of its runs.
    """
    last: Element | None = None
    look: Look = ()
    for element in list(parent):
        if local(element) == CHECKED:
            parent.remove(element)
            continue
        text = _text(element)
        if text is None:
            last = None
            continue
        mine = _look(element)
        before = None if last is None else _text(last)
        if before is not None and mine == look:
            before.text = (before.text or "") + (text.text or "")
            parent.remove(element)
        else:
            last, look = element, mine


def _text(element: Element) -> Element | None:
    """The text of a run that has nothing else in it; None of anything else."""
    if local(element) != "r":
        return None
    inside = [each for each in element if local(each) != "rPr"]
    if len(inside) != 1 or local(inside[0]) != "t":
        return None
    return inside[0]


def _look(run: Element) -> Look:
    """What a run's properties say of how it is to be shown."""
    properties = child(run, "rPr")
    if properties is None:
        return ()
    return tuple(
        (local(each), tuple(sorted(each.items())))
        for each in properties
        if local(each) not in UNSEEN
    )
