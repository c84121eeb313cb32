"""Redlines as mark-up: what was struck and what was added, also inside tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import zip_longest

from markupsafe import Markup, escape

from domain.ancestry import align
from domain.redline import Change, Step, redline
from web.formats.html import passage_html

Row = list[str]

_TAGGED = {"added": Markup("<ins>{}</ins>"), "removed": Markup("<del>{}</del>")}


def step_html(step: Step) -> Markup:
    """What stands inside the element of a passage in the comparison of two versions.

    White space in flowing text and code is to be kept by the page's style.
    """
    if step.kind == "same" or step.kind == "moved_away":
        return passage_html(step.passage)
    if "table" in _kinds(step):
        return _table(step)
    runs = runs_html(step.runs)
    if step.passage.kind == "code":
        return Markup("<pre><code>{}</code></pre>").format(runs)
    return runs


def _kinds(step: Step) -> set[str]:
    return {passage.kind for passage in (step.old, step.new) if passage is not None}


def runs_html(runs: Iterable[Change]) -> Markup:
    """Runs of text with <ins> and <del> around what is not the same."""
    return Markup().join(
        _TAGGED[kind].format(text) if kind in _TAGGED else escape(text)
        for kind, text in runs
    )


def _table(step: Step) -> Markup:
    """The rows of both versions, paired by descent, with a redline in each cell."""
    old = _rows(step.old.text) if step.old else []
    new = _rows(step.new.text) if step.new else []
    head, *body = [_row(was, now, at) for at, (was, now) in enumerate(_pairs(old, new))]
    html = Markup("<table><thead>{}</thead>").format(head)
    if body:
        html += Markup("<tbody>{}</tbody>").format(Markup("\n").join(body))
    return html + Markup("</table>")


def _rows(text: str) -> list[Row]:
    return [line.split("\t") for line in text.split("\n")]


def _pairs(old: Sequence[Row], new: Sequence[Row]) -> list[tuple[Row, Row]]:
    """Each row as it was and is, in reading order; a missing one is empty.

    A row that has moved is struck at its old place and added at its new one.
    """
    parents = _parents(old, new)
    pairs: list[tuple[Row, Row]] = []
    place = 0
    for parent, now in zip(parents, new, strict=True):
        if parent is None or parent < place:
            pairs.append(([], now))
            continue
        pairs += [(was, []) for was in old[place:parent]]
        pairs.append((old[parent], now))
        place = parent + 1
    return pairs + [(was, []) for was in old[place:]]


def _parents(old: Sequence[Row], new: Sequence[Row]) -> list[int | None]:
    """For each new row the old one it descends from: by its words, or else by its
    first cell, which is what a row is about."""
    parents = align(["\t".join(row) for row in old], ["\t".join(row) for row in new])
    free = {row[0]: at for at, row in enumerate(old) if at not in parents}
    return [
        free.pop(row[0], None) if parent is None else parent
        for parent, row in zip(parents, new, strict=True)
    ]


def _row(was: Row, now: Row, at: int) -> Markup:
    cells = Markup()
    for before, after in zip_longest(was, now, fillvalue=""):
        runs = runs_html(redline(before, after))
        # A header cell without text heads nothing: a reader would announce it.
        if at == 0 and (before + after).strip():
            cells += Markup('<th scope="col">{}</th>').format(runs)
        else:
            cells += Markup("<td>{}</td>").format(runs)
    return Markup("<tr>{}</tr>").format(cells)
