"""The reading order of passages, and the many changes of a text that doubles."""

from __future__ import annotations

from time import thread_time
from uuid import UUID, uuid4

import hypothesis
from hypothesis import strategies as st

from domain.change import PassageChange
from domain.log import SYSTEM
from domain.order import ReadingOrder
from domain.revision import Revision
from domain.text import Passage
from tests.scenario import NOW, Fact, given

IDS = [UUID(int=k) for k in range(9)]


@hypothesis.given(st.lists(st.sampled_from(IDS), unique=True), st.data())
def test_ids_stand_where_a_list_would_have_them(
    ids: list[UUID], data: st.DataObject
) -> None:
    order, expected = ReadingOrder(ids), list(ids)
    for id in data.draw(st.lists(st.sampled_from(IDS), max_size=12)):
        if id in expected:
            order.take(id)
            expected.remove(id)
        else:
            after = data.draw(st.sampled_from([None, *expected]))
            order.put(id, after)
            expected.insert(0 if after is None else expected.index(after) + 1, id)
        assert list(order) == expected


def test_a_text_that_doubles_is_continued_by_thousands_of_changes_at_once() -> None:
    old = [Passage(uuid4(), "paragraph", 0, f"Stycke {k}.") for k in range(4_000)]
    after: str | None = old[-1].id.hex
    changes: list[PassageChange] = []
    for k in range(4_000):
        added = uuid4().hex
        changes.append(
            {
                "id": uuid4().hex,
                "op": "insert",
                "passage": added,
                "after": after,
                "kind": "paragraph",
                "level": 0,
                "text": f"Nytt stycke {k}.",
                "marks": [],
                "reason": "",
                "issues": [],
            }
        )
        after = added
    started = Fact(
        Revision.Started,
        by=SYSTEM,
        consultation=uuid4(),
        proposal=uuid4(),
        base=1,
        title="Med bilagan",
        reference="",
    )
    revision = given(Revision, started).thing
    begun = thread_time()
    revision.make_changes(changes, old, by=SYSTEM, now=NOW)
    assert thread_time() - begun < 5
    assert len(revision.changes) == 4_000
