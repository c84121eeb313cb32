"""The register of organisations from a table."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid5

from cli.importing import BadRows, Outcome, content_of
from cli.opening import Opened
from cli.progress import Report
from domain.organisation import ORGANISATION_KINDS, register_organisation
from domain.text import swedish_key
from projections.lookup import organisation_names
from web.formats.columns import WrongCell, read_columns
from web.language import LANGUAGES
from web.words import word

REGISTER: Final = UUID("0d5f9d0e-6f0a-4b53-8b1c-1f6c3d1f8a52")
"""What the ids of imported organisations are made from."""

COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "reference": ("reference", "id", "key", "referens"),
    "name": ("name", "organisation", "organization", "namn"),
    "kind": ("kind", "type", "typ", "slag"),
    "number": ("number", "organisation number", "org nr", "organisationsnummer"),
    "county": ("county", "län"),
    "care_regions": ("care regions", "care region", "sjukvårdsregion"),
}

_KINDS: Final = {
    known.casefold(): kind
    for kind in ORGANISATION_KINDS
    for known in (
        kind,
        *(word(kind, "organisation kind", language=each) for each in LANGUAGES),
    )
}


def import_organisations(
    opened: Opened,
    file: Path,
    *,
    skip_bad: bool = False,
    by: str = "",
    report: Report,
) -> Outcome:
    """Enter those that are not in the register, by reference or by name.

    Raises BadRows, WrongFile, NoSuch, Refused.
    """
    opened.catch_up()
    actor = opened.actor(by)
    columns = read_columns(content_of(file), COLUMNS, ("name",), _READERS)
    if columns.bad and not skip_bad:
        raise BadRows(file, columns.bad)
    with opened.reads() as reads:
        known = organisation_names(reads)
    names = {key for _, key, _ in known}
    references = {reference for _, _, reference in known if reference}
    recorded = 0
    for done, row in enumerate(columns.rows, start=1):
        values = {"kind": "other", **row.values}
        key, reference = swedish_key(values["name"]), values.get("reference", "")
        if key not in names and (not reference or reference not in references):
            id = uuid5(REGISTER, reference or key)
            register_organisation(
                opened.log, id=id, by=actor, now=datetime.now(UTC), **values
            )
            recorded += 1
        names.add(key)
        references.add(reference)
        report(done, len(columns.rows))
    opened.catch_up()
    already = len(columns.rows) - recorded
    return Outcome(recorded, already, columns.bad, columns.unread)


def _kind(cell: str) -> str:
    if not cell:
        return "other"
    if (kind := _KINDS.get(cell.casefold())) is None:
        kinds = ", ".join(ORGANISATION_KINDS)
        raise WrongCell(f"Write one of {kinds}.", f"Skriv något av {kinds}.")
    return kind


def _several(cell: str) -> list[str]:
    return [each.strip() for each in re.split("[;,|]", cell) if each.strip()]


_READERS: Final[dict[str, Callable[[str], Any]]] = {
    "kind": _kind,
    "care_regions": _several,
}
