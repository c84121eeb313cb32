"""A sentence that Word has split into runs is read as if it were whole."""

from __future__ import annotations

from itertools import groupby
from xml.etree.ElementTree import fromstring

from hypothesis import given
from hypothesis import strategies as st

from tests.web.formats.word import NAMESPACES, docx, paragraph, run
from web.formats.docx import read_docx
from web.formats.wordruns import join_runs
from web.formats.wordxml import children

CHECKED = '<w:proofErr w:type="spellStart"/>'
looks = st.sampled_from([(), ("b",), ("i",), ("b", "i")])
split = st.lists(
    st.tuples(st.sampled_from(["ett", " två ", "tre,"]), looks), min_size=1, max_size=9
)


@given(split)
def test_how_a_sentence_is_split_makes_no_difference(
    runs: list[tuple[str, tuple[str, ...]]],
) -> None:
    whole = [
        run("".join(text for text, _ in same), *look)
        for look, same in groupby(runs, key=lambda one: one[1])
    ]
    pieces = [run(text, *look, "noProof") + CHECKED for text, look in runs]
    assert read_docx(docx(paragraph(*pieces))) == read_docx(docx(paragraph(*whole)))


def test_only_runs_that_are_text_alone_and_look_the_same_are_joined() -> None:
    tab = "<w:r><w:tab/></w:r>"
    runs = [run("a"), CHECKED, run("b", "noProof"), run("c", "b"), tab, run("d", "b")]
    body = f"<w:body {NAMESPACES}>{paragraph(*runs)}</w:body>"
    (made,) = children(fromstring(body), "p")  # noqa: S314 - made right here
    join_runs(made)
    texts = ["".join(each.itertext()) for each in children(made, "r")]
    assert texts == ["ab", "c", "", "d"]
