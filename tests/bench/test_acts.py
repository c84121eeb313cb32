"""The long texts of benchmarks are like real ones, and so are their later versions."""

from __future__ import annotations

from uuid import uuid4

from bench.acts import CHOSEN, act
from domain.redline import compare
from web.formats.document import read_document
from web.formats.revision import continue_document
from web.upload import with_ids


def test_an_act_has_passages_of_all_kinds_and_one_that_is_found_again() -> None:
    drafts = read_document("act.md", act(10_000).first.encode()).drafts
    kinds = {draft.kind for draft in drafts}
    assert kinds == {"heading", "paragraph", "item", "numbered", "table"}
    assert 200 < len(drafts) < 400
    (chosen,) = [draft for draft in drafts if CHOSEN in draft.text]
    assert 80 < drafts.index(chosen) < 250


def test_a_later_act_has_some_passages_reworded_new_gone_and_moved() -> None:
    made = act(10_000)
    old = with_ids(read_document("act.md", made.first.encode()).drafts)
    drafts = read_document("act.md", made.later.encode()).drafts
    steps = compare(old, continue_document(old, drafts, uuid4))
    kinds = {step.kind for step in steps}
    assert kinds >= {"same", "changed", "inserted", "deleted", "moved"}
    assert sum(step.kind != "same" for step in steps) < len(steps) / 5
