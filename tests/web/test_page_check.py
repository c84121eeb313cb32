"""The check that every fetched page goes through finds what it is there to find."""

from __future__ import annotations

import pytest

from tests.client import faults_in

GOOD = (
    '<!doctype html><html lang="sv"><head><title>Titel</title></head>'
    "<body><h1>Rubrik</h1>{}</body></html>"
)


def test_a_good_page_has_no_faults() -> None:
    part = (
        '<form action="/a" method="post"><label for="b">Ord</label><input id="b">'
        '<input type="hidden" name="c"><button>Skicka</button></form>'
        '<a href="#b"><img src="/d.png" alt="Bild"></a>'
        '<svg viewBox="0 0 1 1"><path d="M0 0"/></svg>'
        '<p hx-get="/e" hx-target="#b" hx-trigger="load delay:1s">Text</p>'
    )
    assert list(faults_in(GOOD.format(part))) == []
    assert list(faults_in(part, is_part=True)) == []


@pytest.mark.parametrize(
    ("part", "fault"),
    [
        ("<p>a</div>", "HTML, line 1"),
        ("<ul><p>&nosuch;</p></ul>", "HTML, line 1"),
        ("<h1>Två</h1>", "one h1"),
        ("<input>", "no label"),
        ('<label for="x"></label><input id="x">', "no label"),
        ("<select><option>a</option></select>", "no label"),
        ("<textarea></textarea>", "no label"),
        ('<form method="post"></form>', "no action"),
        ('<form action="/"></form>', "method"),
        ('<p id="a"></p><p id="a"></p>', "2 elements have the id 'a'"),
        ('<a href="#nowhere">a</a>', "not on the page"),
        ('<p aria-describedby="nowhere">a</p>', "refers to nothing"),
        ('<p hx-get="/" hx-target="#nowhere">a</p>', "hx-target"),
        ('<a href="/"></a>', "nothing to call it by"),
        ("<button> </button>", "nothing to call it by"),
        ('<img src="/a.png">', "no alt"),
        ("<script>1</script>", "inline <script>"),
        ("<style>p {}</style>", "inline <style>"),
        ('<p style="color: red">a</p>', "forbids style="),
        ('<p onclick="a()">a</p>', "forbids onclick="),
        ('<p hx-on:click="a()">a</p>', "forbids hx-on:click="),
        ('<a href="javascript:a()">a</a>', "forbids href="),
        ('<p hx-get="/" hx-trigger="click[ctrlKey]">a</p>', "forbids a filter"),
    ],
)
def test_a_fault_is_found(part: str, fault: str) -> None:
    assert any(fault in found for found in faults_in(GOOD.format(part)))


@pytest.mark.parametrize(
    ("right", "wrong", "fault"),
    [
        ("<title>Titel</title>", "", "one title"),
        ("Titel", " · ", "one title"),
        ('lang="sv"', "", "lang"),
        ("<!doctype html>", "", "HTML, line 1"),
    ],
)
def test_a_fault_in_the_frame_is_found(right: str, wrong: str, fault: str) -> None:
    page = GOOD.format("").replace(right, wrong)
    assert any(fault in found for found in faults_in(page))
