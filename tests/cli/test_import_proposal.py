"""A file becomes a proposal, and later texts of it become its revisions."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.importing.proposal import Imported, import_proposal, import_revision
from cli.opening import NoSuch, Opened
from domain.log import Log, NotAllowed
from domain.proposal import Proposal
from domain.revision import Revision
from projections.comment import placements_of
from projections.proposal import passages_of
from tests import story
from web.formats import WrongFile
from web.formats.markdown import read_markdown

FIRST = """\
# Plan för mentorer

## Mål

Alla nyanställda ska ha en mentor.

- i primärvården
- i kommunerna

| Åtgärd | Ansvarig |
|---|---|
| Utbilda mentorer | Regionerna |
"""
SECOND = FIRST.replace("en mentor.", "en **erfaren** mentor.").replace(
    "- i kommunerna", "- i kommunerna\n- på sjukhusen"
)


@pytest.fixture
def consultation(opened: Opened) -> str:
    """The title of an open consultation."""
    story.a_consultation(opened.log, "Mentorer i vården")
    return "Mentorer i vården"


def written(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.write_text(text, "utf-8")
    return file


def first(opened: Opened, folder: Path, consultation: str) -> Imported:
    return import_proposal(
        opened,
        written(folder, "plan.md", FIRST),
        consultation=consultation,
        publish=True,
    )


def positions(log: Log) -> int:
    return log.recorder.max_notification_id() or 0


def test_a_file_becomes_a_published_proposal_with_all_its_passages(
    opened: Opened, tmp_path: Path, consultation: str
) -> None:
    imported = first(opened, tmp_path, consultation)

    proposal = opened.log.get(Proposal, imported.id)
    assert (proposal.title, proposal.published) == ("Plan för mentorer", 1)
    assert [(p.kind, p.level, p.text) for p in proposal.passages] == [
        (d.kind, d.level, d.text) for d in read_markdown(FIRST)
    ]


def test_the_same_file_again_records_nothing_and_says_so(
    opened: Opened, tmp_path: Path, consultation: str
) -> None:
    imported = first(opened, tmp_path, consultation)
    before = positions(opened.log)

    again = first(opened, tmp_path, consultation)

    assert (again.id, positions(opened.log)) == (imported.id, before)
    assert "already" in again.said


def test_a_later_text_becomes_a_version_in_which_passages_live_on(
    opened: Opened, tmp_path: Path, consultation: str
) -> None:
    imported = first(opened, tmp_path, consultation)
    old = opened.log.get(Proposal, imported.id).passages

    import_revision(
        opened,
        written(tmp_path, "plan-2.md", SECOND),
        proposal="plan",
        reason="Efter samrådet",
        publish=True,
    )

    proposal = opened.log.get(Proposal, imported.id)
    assert proposal.published == 2
    assert [(p.kind, p.text, p.marks) for p in proposal.passages] == [
        (d.kind, d.text, d.marks) for d in read_markdown(SECOND)
    ]
    assert {p.id for p in old} < {p.id for p in proposal.passages}


def test_comments_find_their_place_in_the_adopted_version(
    opened: Opened, tmp_path: Path, consultation: str
) -> None:
    imported = first(opened, tmp_path, consultation)
    comment = story.a_comment(opened.log, imported.id, 2, "en mentor")

    import_revision(
        opened, written(tmp_path, "plan-2.md", SECOND), proposal="plan", adopt=True
    )

    opened.catch_up()
    with opened.reads() as reads:
        places = placements_of(reads, comment)
    assert [(place.edition, place.state) for place in places] == [
        (1, "made"),
        (2, "changed"),
    ]


def test_a_revision_is_imported_once_and_can_be_adopted_later(
    opened: Opened, tmp_path: Path, consultation: str
) -> None:
    imported = first(opened, tmp_path, consultation)
    later = written(tmp_path, "plan-2.md", SECOND)
    waiting = import_revision(opened, later, proposal="plan")
    assert opened.log.get(Proposal, imported.id).edition == 1
    assert {
        change["reason"]
        for change in opened.log.get(Revision, waiting.id).changes.values()
    } == {""}

    import_revision(opened, later, proposal="plan", publish=True)
    assert opened.log.get(Proposal, imported.id).published == 2

    before = positions(opened.log)
    again = import_revision(opened, later, proposal="plan", publish=True)
    assert (again.id, positions(opened.log)) == (waiting.id, before)


def test_a_text_that_reads_the_same_makes_no_revision(
    opened: Opened, tmp_path: Path, consultation: str
) -> None:
    first(opened, tmp_path, consultation)
    before = positions(opened.log)

    same = written(tmp_path, "again.md", FIRST.replace("\n\n", "\n\n\n"))
    imported = import_revision(opened, same, proposal="plan", publish=True)

    assert "no change" in imported.said
    assert positions(opened.log) == before


def test_the_pages_show_what_was_imported(
    opened: Opened, tmp_path: Path, consultation: str
) -> None:
    imported = first(opened, tmp_path, consultation)
    opened.catch_up()
    with opened.reads() as reads:
        shown = passages_of(reads, imported.id, 1)
    assert shown == opened.log.get(Proposal, imported.id).passages


def test_an_import_is_done_in_the_name_of_who_may(
    opened: Opened, tmp_path: Path, consultation: str
) -> None:
    story.a_person(opened.log, email="chef@example.se", role="chair")
    story.a_person(opened.log, email="gast@example.se")
    file = written(tmp_path, "plan.md", FIRST)

    with pytest.raises(NotAllowed):
        import_proposal(opened, file, consultation=consultation, by="gast@example.se")
    with pytest.raises(NoSuch, match=r"nobody@example\.se"):
        import_proposal(opened, file, consultation=consultation, by="nobody@example.se")
    import_proposal(opened, file, consultation=consultation, by="CHEF@example.se")


def test_what_is_named_must_be_there(
    opened: Opened, tmp_path: Path, consultation: str
) -> None:
    file = written(tmp_path, "plan.md", FIRST)
    with pytest.raises(NoSuch, match="Mentorer i vården"):
        import_proposal(opened, file, consultation="Något annat")
    with pytest.raises(NoSuch, match="There are: none"):
        import_revision(opened, file, proposal="plan")
    with pytest.raises(WrongFile, match=r"missing\.md"):
        import_proposal(opened, tmp_path / "missing.md", consultation=consultation)
