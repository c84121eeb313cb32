"""A table of comments: each stands on its words, in its version, for its author."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from uuid import UUID

import pytest

from cli.importing import BadRows, Outcome
from cli.importing.comment import import_comments
from cli.opening import Opened
from domain.log import NotAllowed
from domain.text import Kind
from projections.comment import placements_of
from projections.export import COMMENTS
from projections.export import comments as exported
from projections.lookup import accounts
from projections.organisation import organisations
from tests import story
from tests.cli.silence import silently

TITLE = "Mentorer i vården"
TEXT: Sequence[tuple[Kind, str]] = (
    ("heading", "Mål"),
    ("paragraph", "Alla nyanställda ska ha en mentor. Det gäller alla yrken."),
    ("heading", "Ansvar"),
    ("paragraph", "Regionerna ska ordna en mentor."),
    ("paragraph", "Det gäller alla yrken."),
)


def table(folder: Path, *rows: dict[str, str]) -> Path:
    """A CSV file with these rows; the columns are those that any of them has."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    written = StringIO()
    writer = csv.DictWriter(written, columns, restval="")
    writer.writeheader()
    writer.writerows(rows)
    file = folder / "comments.csv"
    file.write_text(written.getvalue(), "utf-8")
    return file


def row(reference: str, **cells: str) -> dict[str, str]:
    return {"reference": reference, "text": "Bra.", **cells}


def imported(opened: Opened, file: Path, **options: bool | str) -> Outcome:
    return import_comments(
        opened,
        file,
        consultation=TITLE,
        showing=silently,
        **options,  # type: ignore[arg-type]
    )


def shown(opened: Opened) -> dict[str, dict[str, object]]:
    """What an export shows of every comment, by its reference."""
    with opened.reads() as reads:
        found = opened.consultation(TITLE).id
        rows = [dict(zip(COMMENTS, row, strict=True)) for row in exported(reads, found)]
    return {str(each["reference"]): each for each in rows}


@pytest.fixture
def proposal(opened: Opened) -> UUID:
    """A published proposal, the only one of an open consultation."""
    consultation = story.a_consultation(opened.log, TITLE)
    return story.a_proposal(opened.log, consultation, text=TEXT)


def test_a_quote_is_found_by_itself_or_by_label_or_heading_or_what_is_around_it(
    opened: Opened, tmp_path: Path, proposal: UUID
) -> None:
    file = table(
        tmp_path,
        row("whole"),
        row("alone", quote="Alla nyanställda"),
        row("label", passage="2:2", quote="alla yrken"),
        row("heading", passage="Mål", quote="alla yrken"),
        row("around", quote="Det gäller", prefix="ordna en mentor. "),
        row("passage", passage="2:1"),
    )

    assert imported(opened, file).recorded == 6

    places = {
        reference: (each["passage"], each["quote"])
        for reference, each in shown(opened).items()
    }
    assert places == {
        "whole": (None, ""),
        "alone": ("1:1", "Alla nyanställda"),
        "label": ("2:2", "alla yrken"),
        "heading": ("1:1", "alla yrken"),
        "around": ("2:2", "Det gäller"),
        "passage": ("2:1", ""),
    }


def test_a_bad_row_names_its_line_and_reason_and_nothing_is_recorded(
    opened: Opened, tmp_path: Path, proposal: UUID
) -> None:
    file = table(
        tmp_path,
        row("1", text="Två\nrader."),
        row("2", kind="oklar"),
        row("3", quote="finns inte"),
        row("4", quote="en mentor"),
        row("5", passage="9:9"),
        row("6", version="2"),
        row("7", proposal="Ett annat"),
        row("8", themes="okänt"),
    )
    before = opened.log.head()

    with pytest.raises(BadRows) as refused:
        imported(opened, file)

    assert [(bad.line, bad.column) for bad in refused.value.bad] == [
        (4, "kind"),
        (5, "quote"),
        (6, "quote"),
        (7, "passage"),
        (8, "version"),
        (9, "proposal"),
        (10, ""),
    ]
    assert f"{file}:6: quote: The quoted words stand in several" in str(refused.value)
    assert opened.log.head() == before


def test_the_other_rows_are_recorded_when_bad_ones_are_skipped(
    opened: Opened, tmp_path: Path, proposal: UUID
) -> None:
    file = table(tmp_path, row("1"), row("2", kind="oklar"), row("3"))
    outcome = imported(opened, file, skip_bad=True)
    assert (outcome.recorded, [bad.line for bad in outcome.bad]) == (2, [3])
    assert set(shown(opened)) == {"1", "3"}


def test_the_same_file_again_records_nothing(
    opened: Opened, tmp_path: Path, proposal: UUID
) -> None:
    rows = [row("1", name="Astrid Lind"), row("2", organisation="Region Norrskog")]
    imported(opened, table(tmp_path, *rows))
    before = opened.log.head()

    outcome = imported(opened, table(tmp_path, *rows, row("3")))

    assert (outcome.recorded, outcome.there_already) == (1, 2)
    assert opened.log.head() == before + 1


def test_senders_are_those_of_the_register_or_entered_in_it(
    opened: Opened, tmp_path: Path, proposal: UUID
) -> None:
    known = story.an_organisation(opened.log, "Region Norrskog")
    astrid = story.a_person(opened.log, "Astrid Lind", email="Astrid@example.se")
    file = table(
        tmp_path,
        row("1", organisation="region  NORRSKOG", email="astrid@example.se"),
        row("2", name="Per Öst", email="per@example.se", public_name="ja"),
        row("3", name="Per Ö.", email="PER@example.se"),
        row("4", name="Åsa Berg"),
        row("5", organisation="Vårdförbundet i Ekbacken"),
    )

    imported(opened, file)

    comments = shown(opened)
    assert [comments[n]["organisation"] for n in "125"] == [
        "Region Norrskog",
        None,
        "Vårdförbundet i Ekbacken",
    ]
    assert [comments[n]["name"] for n in "1234"] == [
        "Astrid Lind",
        "Per Öst",
        "Per Öst",
        None,
    ]
    with opened.reads() as reads:
        assert known in [one.id for one in organisations(reads)]
        names = {one.name: one.id for one in accounts(reads)}
    assert names.keys() == {"Astrid Lind", "Per Öst", "Åsa Berg"}
    assert names["Astrid Lind"] == astrid


def test_the_author_is_whose_comment_it_is_and_the_log_says_who_filed_it(
    opened: Opened, tmp_path: Path, proposal: UUID
) -> None:
    officer = story.a_person(opened.log, email="officer@example.se", role="officer")
    story.a_person(opened.log, email="gast@example.se")
    file = table(
        tmp_path, row("1", name="Åsa Berg", date="2025-11-03 14:30", text="Nej.")
    )
    with pytest.raises(NotAllowed):
        imported(opened, file, by="gast@example.se")

    imported(opened, file, by="officer@example.se")

    (entry,) = opened.log.entries(opened.log.head() - 1, 1)
    assert entry.event.by == officer
    assert entry.event.author not in (None, officer)
    comment = shown(opened)["1"]
    assert comment["date"] == datetime(2025, 11, 3, 13, 30, tzinfo=UTC)


def test_a_comment_on_an_older_version_is_placed_in_the_newest(
    opened: Opened, tmp_path: Path, proposal: UUID
) -> None:
    change = story.replacing(
        opened.log, proposal, 1, "Varje nyanställd ska ha en mentor."
    )
    story.an_adopted_revision(opened.log, proposal, [change])
    file = table(
        tmp_path,
        row("old", version="1", quote="ska ha en mentor"),
        row("new", quote="Varje nyanställd"),
    )

    imported(opened, file)

    comments = shown(opened)
    assert (comments["old"]["version"], comments["old"]["anchor"]) == (1, "exact")
    assert (comments["new"]["version"], comments["new"]["anchor"]) == (2, "made")
    with opened.reads() as reads:
        id = comments["old"]["uuid"]
        assert isinstance(id, UUID)
        assert [place.edition for place in placements_of(reads, id)] == [1, 2]


def test_themes_are_known_by_key_or_by_title(
    opened: Opened, tmp_path: Path, proposal: UUID
) -> None:
    imported(opened, table(tmp_path, row("1", themes="kostnader, work")))
    assert shown(opened)["1"]["themes"] == ["cost", "work"]


def test_with_several_proposals_each_row_names_its_own(
    opened: Opened, tmp_path: Path, proposal: UUID
) -> None:
    opened.catch_up()
    consultation = opened.consultation(TITLE).id
    story.a_proposal(opened.log, consultation, "Förslag om utbildning", order=2)
    file = table(
        tmp_path,
        row("1", proposal="förslag om UTBILDNING", quote="hundra"),
        row("2", proposal="2", quote="hundra"),
        row("3", proposal="1"),
    )

    imported(opened, file)

    assert [each["proposal"] for each in shown(opened).values()] == [
        "Förslag om utbildning",
        "Förslag om utbildning",
        "Förslag om arbetsmiljö",
    ]
