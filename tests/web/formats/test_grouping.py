"""Passages in the lists they make."""

from __future__ import annotations

from jinja2 import Environment

from domain.text import Kind, Passage
from tests.web.formats.texts import passage
from web.formats.grouping import Entry, ListOf, groups
from web.formats.html import passage_html
from web.formats.markdown import read_markdown

TEMPLATE = Environment(autoescape=True).from_string("""
{%- macro part(it) -%}
  {%- if it.entries -%}
    {%- set tag = "ol" if it.ordered else "ul" -%}
    <{{ tag }}>
    {%- for entry in it.entries -%}
      <li>{{ show(entry.passage) }}
      {%- for inner in entry.inside %}{{ part(inner) }}{% endfor %}</li>
    {%- endfor -%}
    </{{ tag }}>
  {%- else -%}<p>{{ show(it) }}</p>{%- endif -%}
{%- endmacro -%}
{% for it in parts %}{{ part(it) }}{% endfor %}""")


def on_a_page(markdown: str) -> str:
    found = [
        passage(d.kind, d.text, *d.marks, level=d.level, id=at)
        for at, d in enumerate(read_markdown(markdown))
    ]
    return TEMPLATE.render(parts=groups(found), show=passage_html)


def item(text: str, level: int, kind: Kind = "item") -> Passage:
    return passage(kind, text, level=level)


def test_text_without_lists_stands_as_it_is() -> None:
    text = [passage("heading", "Rubrik", level=1), passage("paragraph", "Stycke")]
    assert groups(text) == text


def test_items_that_follow_each_other_make_one_list() -> None:
    a, b = item("a", 1), item("b", 1)
    assert groups([a, b]) == [ListOf(False, (Entry(a, ()), Entry(b, ())))]


def test_a_deeper_item_stands_in_the_item_before_it() -> None:
    a, b, c = item("a", 1), item("b", 2, "numbered"), item("c", 1)
    inner = ListOf(True, (Entry(b, ()),))
    assert groups([a, b, c]) == [ListOf(False, (Entry(a, (inner,)), Entry(c, ())))]


def test_points_and_numbers_at_one_depth_are_two_lists() -> None:
    a, b = item("a", 1), item("b", 1, "numbered")
    assert groups([a, b]) == [
        ListOf(False, (Entry(a, ()),)),
        ListOf(True, (Entry(b, ()),)),
    ]


def test_a_list_that_begins_deep_stands_first() -> None:
    a, b = item("a", 3), item("b", 1)
    assert groups([a, b]) == [ListOf(False, (Entry(a, ()), Entry(b, ())))]


def test_a_paragraph_of_an_item_does_not_end_the_list() -> None:
    assert on_a_page("1. ett\n\n   mer\n2. två") == (
        "<ol><li>ett<p>mer</p></li><li>två</li></ol>"
    )


def test_a_paragraph_between_items_ends_the_list() -> None:
    assert on_a_page("- ett\n\nmellan\n\n- två") == (
        "<ul><li>ett</li></ul><p>mellan</p><ul><li>två</li></ul>"
    )


def test_every_passage_stands_once_and_in_order() -> None:
    markdown = "- a\n  1. b\n\n     c\n  2. d\n- e\n\nf\n\n- g\n"
    assert on_a_page(markdown) == (
        "<ul><li>a<ol><li>b<p>c</p></li><li>d</li></ol></li><li>e</li></ul>"
        "<p>f</p><ul><li>g</li></ul>"
    )
