"""Redlines as mark-up: what was struck and added, in text, code and tables."""

from __future__ import annotations

from uuid import UUID

from markupsafe import Markup

from domain.redline import compare
from domain.text import Kind, Passage
from web.formats.redline import step_html

ID = UUID(int=1)


def shown(kind: Kind, old: str, new: str) -> Markup:
    """The redline of a passage of a kind; an empty text is a version without it."""
    was, now = ([Passage(ID, kind, 0, text)] if text else [] for text in (old, new))
    (step,) = compare(was, now)
    return step_html(step)


def test_words_that_changed_are_struck_and_added() -> None:
    html = shown("paragraph", "Planen gäller två år.", "Planen gäller tre år.")
    assert html == "Planen gäller <del>två</del><ins>tre</ins> år."


def test_what_looks_like_markup_is_text() -> None:
    html = shown("paragraph", "<b>Nej</b> & ja", "<i>Nej</i> & ja")
    assert "<b>" not in html
    assert "<i>" not in html
    assert "&amp; ja" in html


def test_code_keeps_its_own_element() -> None:
    html = shown("code", "", "x = 1\n  y")
    assert html == "<pre><code><ins>x = 1\n  y</ins></code></pre>"


def test_a_row_is_recognised_by_its_words_or_its_first_cell() -> None:
    html = shown("table", "Vad\tNär\nPlan\t2027\nMål\t2030", "Vad\tNär\nPlan\t2028")
    assert '<th scope="col">Vad</th><th scope="col">När</th>' in html
    assert "<td>Plan</td><td><del>2027</del><ins>2028</ins></td>" in html
    assert "<td><del>Mål</del></td><td><del>2030</del></td>" in html


def test_a_row_that_was_moved_is_struck_and_added() -> None:
    old = "Vad\nEtt stycke om tid\nEtt annat om pengar"
    new = "Vad\nEtt annat om pengar\nEtt stycke om tid"
    html = shown("table", old, new)
    assert "<td>Ett annat om pengar</td>" in html
    assert "<td><del>Ett stycke om tid</del></td>" in html
    assert "<td><ins>Ett stycke om tid</ins></td>" in html


def test_a_column_that_came_is_added_in_every_row() -> None:
    html = shown("table", "Vad\nPlan för vården", "Vad\tNär\nPlan för vården\t2027")
    assert '<th scope="col">Vad</th><th scope="col"><ins>När</ins></th>' in html
    assert "<td>Plan för vården</td><td><ins>2027</ins></td>" in html


def test_a_table_that_is_gone_is_struck_cell_by_cell() -> None:
    html = shown("table", "Vad\tNär\nPlan\t2027", "")
    assert html.count("<del>") == 4
    assert "<ins>" not in html


def test_a_paragraph_that_became_a_table_shows_both() -> None:
    old, new = (
        Passage(ID, "paragraph", 0, "Planen"),
        Passage(ID, "table", 0, "Plan\tÅr"),
    )
    (step,) = compare([old], [new])
    assert step.reshaped
    assert "<table>" in step_html(step)
