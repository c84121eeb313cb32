"""Texts with marks that hypothesis makes, for the tests of formats."""

from __future__ import annotations

from uuid import UUID

from hypothesis import strategies as st

from domain.text import Kind, Mark, MarkKind, Passage
from web.formats.marks import clean, tidy

NASTY = r"""ab å*_`\[]()<>&!|#~-+.1"':/ """ + "\t\n"
TARGETS = (
    "https://exempel.se/a_b?c=d&e=f#g",
    "http://exempel.se/(x)",
    "mailto:namn@exempel.se",
    "#avsnitt-1",
    "bilaga%201.pdf",
    "/v%C3%A4g",
)
KINDS: tuple[Kind, ...] = ("heading", "paragraph", "item", "numbered", "quote")

MARK_KINDS: tuple[MarkKind, ...] = ("strong", "emphasis", "code", "link")
Marked = tuple[str, tuple[Mark, ...]]

texts = st.one_of(st.text(st.sampled_from(NASTY), max_size=30), st.text(max_size=30))


@st.composite
def marked(draw: st.DrawFn) -> Marked:
    """A text as a reader sees it, with marks that nest and overlap as they like."""
    text = clean(draw(texts))
    place = st.integers(0, len(text))
    spans = st.lists(
        st.tuples(
            place,
            place,
            st.sampled_from(MARK_KINDS),
            st.sampled_from(TARGETS),
        ),
        max_size=4,
    )
    marks = [
        Mark(min(a, b), max(a, b), kind, target if kind == "link" else "")
        for a, b, kind, target in draw(spans)
    ]
    return tidy(text, marks)


passages = st.builds(
    lambda id, kind, content: Passage(
        id, kind, 1 if kind in ("heading", "item", "numbered") else 0, *content
    ),
    st.uuids(),
    st.sampled_from(KINDS),
    marked(),
)


def passage(
    kind: Kind, text: str, *marks: Mark, level: int = 0, id: int = 1
) -> Passage:
    """One passage, numbered `id`."""
    return Passage(UUID(int=id), kind, level, text, marks)
