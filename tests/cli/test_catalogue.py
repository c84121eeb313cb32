"""docs/events.md is what the code says, and old events are never forgotten."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cli import catalogue
from cli.catalogue import Described, Thing, WouldForget, forgotten, kept, page, things
from domain.log import Fact


def test_the_committed_page_is_what_the_code_says() -> None:
    written = catalogue.FILE.read_text("utf-8")
    assert written == page(), "run `samrad docs events` and commit docs/events.md"


def test_the_page_can_be_read_back_as_it_was_written() -> None:
    said = kept(page())
    events = [event for thing in things() for event in thing.events]
    assert {event.topic: (event.version, event.fields) for event in events} == {
        topic: (of.version, of.fields) for topic, of in said.items() if "." in topic
    }
    assert said["comment.submitted"].fields["organisation"] == "UUID | None"
    assert "reason: str" in said["revision.change_made"].fields["change"]
    assert said[catalogue.EVERY].fields["by"] == "UUID"


def test_every_topic_belongs_to_its_thing() -> None:
    for thing in things():
        assert thing.events
        for event in thing.events:
            assert event.topic.partition(".")[0] == thing.topic
            assert event.said, f"{event.topic} says nothing of itself"


def changed(topic: str, change: Callable[[Described], Described | None]) -> list[Thing]:
    """The domain as it would be with one kind of event changed, or gone."""
    return [
        replace(
            thing,
            events=[
                new
                for event in thing.events
                if (new := change(event) if event.topic == topic else event)
            ],
        )
        for thing in things()
    ]


COMMENT = "comment.submitted"


def problems(now: list[Thing]) -> list[str]:
    return forgotten(kept(page()), now)


def without(event: Described, field: str) -> dict[str, str]:
    return {name: of for name, of in event.fields.items() if name != field}


def test_nothing_is_forgotten_by_the_code_as_it_is() -> None:
    assert problems(things()) == []


def test_a_topic_is_never_dropped() -> None:
    (problem,) = problems(changed(COMMENT, lambda event: None))
    assert problem.startswith("comment.submitted is gone")


def test_a_kind_of_thing_is_never_dropped() -> None:
    now = [thing for thing in things() if thing.topic != "issue"]
    assert any(problem.startswith("issue is gone") for problem in problems(now))


@pytest.mark.parametrize(
    "fields",
    [
        lambda event: without(event, "wording"),
        lambda event: {**event.fields, "wording": "str | None"},
        lambda event: {**event.fields, "colour": "str"},
    ],
    ids=["removed", "another type", "added"],
)
def test_fields_are_not_changed_under_the_same_version(
    fields: Callable[[Described], dict[str, str]],
) -> None:
    now = changed(COMMENT, lambda event: replace(event, fields=fields(event)))
    (problem,) = problems(now)
    assert "class_version = 2 and upcast_v1_v2" in problem


def test_a_new_version_needs_every_upcast_on_the_way_to_it() -> None:
    def third(upcasts: set[int]) -> list[str]:
        return problems(
            changed(
                COMMENT,
                lambda event: replace(
                    event,
                    version=3,
                    fields=without(event, "wording"),
                    upcasts=frozenset(upcasts),
                ),
            )
        )

    assert third({2}) == ["comment.submitted has no upcast_v1_v2."]
    assert third({1, 2}) == []


def test_a_version_never_goes_back() -> None:
    newer = page().replace(
        "`comment.submitted`, version 1", "`comment.submitted`, version 2"
    )
    (problem,) = forgotten(kept(newer), things())
    assert "went back from version 2 to 1" in problem


def test_upcasts_are_found_in_the_class() -> None:
    class Grown(Fact):
        """Something that was recorded otherwise before."""

        TOPIC = "test.grown"
        class_version = 2
        colour: str

        @staticmethod
        def upcast_v1_v2(state: dict[str, object]) -> None:
            state["colour"] = "green"

    found = catalogue.described(Grown)
    assert (found.version, found.upcasts) == (2, frozenset({1}))
    assert found.fields == {"colour": "str"}


def test_the_page_is_not_written_where_something_would_be_forgotten(
    tmp_path: Path,
) -> None:
    file = tmp_path / "events.md"
    assert catalogue.write(file)
    assert not catalogue.write(file)
    before = page() + "\n### `comment.shouted`, version 1\n"
    file.write_text(before, "utf-8")
    with pytest.raises(WouldForget, match=r"comment\.shouted is gone"):
        catalogue.write(file)
    assert file.read_text("utf-8") == before
