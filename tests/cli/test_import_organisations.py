"""The register of organisations from a table."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.importing import BadRows
from cli.importing.organisation import import_organisations
from cli.opening import Opened
from projections.organisation import OrganisationRow, organisations
from tests import story
from tests.cli.silence import unseen


def table(folder: Path, text: str) -> Path:
    file = folder / "organisations.csv"
    file.write_text(text, "utf-8")
    return file


def registered(opened: Opened) -> list[OrganisationRow]:
    with opened.reads() as reads:
        return organisations(reads)


def test_organisations_are_entered_with_kind_and_place(
    opened: Opened, tmp_path: Path
) -> None:
    file = table(
        tmp_path,
        "Namn;Typ;Län;Sjukvårdsregion;Organisationsnummer\n"
        "Region Norrskog;Region;Västerbottens län;Norra, Mellersta;232100-0016\n"
        "Sjöstads högskola;university;;;\n"
        "Föreningen X;;;;\n",
    )

    outcome = import_organisations(opened, file, report=unseen)

    assert (outcome.recorded, outcome.there_already) == (3, 0)
    assert [(o.name, o.kind, o.county, o.care_regions) for o in registered(opened)] == [
        ("Föreningen X", "other", "", []),
        ("Region Norrskog", "region", "Västerbottens län", ["Norra", "Mellersta"]),
        ("Sjöstads högskola", "university", "", []),
    ]


def test_those_in_the_register_are_left_as_they_are(
    opened: Opened, tmp_path: Path
) -> None:
    story.an_organisation(opened.log, "Region Norrskog")
    file = table(
        tmp_path, "reference,name\nr1,region norrskog\nr2,Ny\nr2,Ny igen\n,NY\n"
    )

    first = import_organisations(opened, file, report=unseen)
    head = opened.log.head()
    second = import_organisations(opened, file, report=unseen)

    assert (first.recorded, first.there_already) == (1, 3)
    assert (second.recorded, opened.log.head()) == (0, head)


def test_a_kind_that_is_not_known_is_named_with_its_line(
    opened: Opened, tmp_path: Path
) -> None:
    file = table(tmp_path, "name,kind\nA,region\nB,kyrka\n")
    with pytest.raises(BadRows) as refused:
        import_organisations(opened, file, report=unseen)
    assert [(bad.line, bad.column) for bad in refused.value.bad] == [(3, "kind")]
    assert registered(opened) == []
    outcome = import_organisations(opened, file, skip_bad=True, report=unseen)
    assert outcome.recorded == 1
