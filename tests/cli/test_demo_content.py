"""The demo consultation's files refer to each other, and every quote stands."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from web.formats import Draft
from web.formats.markdown import read_markdown

DEMO = Path(__file__).parents[2] / "cli" / "demo"


def read(name: str) -> Any:
    return json.loads((DEMO / name).read_text("utf-8"))


def rows(name: str) -> dict[str, dict[str, str]]:
    with (DEMO / name).open(encoding="utf-8", newline="") as file:
        return {row["key"]: row for row in csv.DictReader(file)}


def keyed(name: str) -> dict[str, dict[str, Any]]:
    listed = read(name)
    found = {one["key"]: one for one in listed}
    assert len(found) == len(listed), f"{name} has a key twice"
    return found


THEMES = {theme["key"] for theme in read("consultation.json")["themes"]}
ORGANISATIONS, PERSONS = rows("organisations.csv"), rows("persons.csv")
COMMENTS, ISSUES = keyed("comments.json"), keyed("issues.json")
REVISIONS = read("revisions.json")
PROPOSALS = {
    file.name[0]: read_markdown(file.read_text("utf-8"))
    for file in (DEMO / "proposals").glob("*.md")
}


def under(heading: str, drafts: list[Draft]) -> Iterator[Draft]:
    """The passages from a heading until the next one, the heading included."""
    inside = False
    for draft in drafts:
        if draft.kind == "heading":
            inside = draft.text == heading
        if inside:
            yield draft


@pytest.mark.parametrize("key", COMMENTS)
def test_a_comment_stands_where_it_says(key: str) -> None:
    comment = COMMENTS[key]
    quote, passage = comment["quote"], comment["passage"]
    if comment["heading"] is None:
        assert quote is passage is None
        return
    here = under(comment["heading"], PROPOSALS[comment["proposal"]])
    if quote is None:
        assert sum(draft.text.startswith(passage) for draft in here) == 1
    else:
        assert passage is None
        assert sum(draft.text.count(quote) for draft in here) == 1
        assert not {"\t", "\n"} & set(quote), "a quote lies within one cell"


def test_comments_come_from_people_who_speak_for_their_organisation() -> None:
    for comment in COMMENTS.values():
        person = PERSONS[comment["person"]]
        assert person["role"] in {"representative", "private"}
        assert (comment["organisation"] or "") == person["organisation_key"]
        assert set(comment["themes"]) <= THEMES
    assert {comment["organisation"] for comment in COMMENTS.values()} == {
        None,
        *ORGANISATIONS,
    }


def test_nobody_in_the_demo_can_be_written_to() -> None:
    assert all(person["email"].endswith(".example") for person in PERSONS.values())


def test_an_issue_gathers_coded_comments_on_its_proposal_once() -> None:
    gathered = Counter(key for issue in ISSUES.values() for key in issue["comments"])
    assert set(gathered.values()) == {1}
    for issue in ISSUES.values():
        assert issue["theme"] in THEMES
        assert {issue.get("merged_into"), issue.get("split_from")} <= {None, *ISSUES}
        assert (issue["answer"] is None) == (issue["answer_state"] is None)
        for comment in (COMMENTS[key] for key in issue["comments"]):
            assert comment["proposal"] == issue["proposal"]
            assert comment["themes"]
            assert "withdrawn" not in comment


def test_a_change_names_one_passage_and_standing_issues() -> None:
    for revision in REVISIONS:
        drafts = PROPOSALS[revision["proposal"]]
        for change in revision["changes"]:
            for place in {change.get("passage"), change.get("after")} - {None}:
                assert sum(draft.text.startswith(place) for draft in drafts) == 1, place
            assert all("merged_into" not in ISSUES[key] for key in change["issues"])
            if "text" in change:
                assert len(read_markdown(change["text"])) == 1


def test_the_demo_leaves_work_to_do() -> None:
    open_issues = [one for one in ISSUES.values() if "merged_into" not in one]
    states = Counter(one["answer_state"] for one in open_issues)
    assert sum(one["disposition"] is None for one in open_issues) == 4
    assert (states["draft"], states["approved"]) == (3, 2)
    assert sum(not one["themes"] for one in COMMENTS.values()) >= 25
    assert any(
        not change["reason"] and not change["issues"]
        for revision in REVISIONS
        if not revision["adopted"]
        for change in revision["changes"]
    )
