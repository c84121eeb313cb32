"""Where organisations are: Sweden's counties and its six health-care regions."""

from __future__ import annotations

CARE_REGIONS: tuple[str, ...] = (
    "Norra",
    "Mellansverige",
    "Stockholm–Gotland",  # noqa: RUF001 - the name is written with a dash
    "Västra",
    "Sydöstra",
    "Södra",
)
"""Sjukvårdsregioner, from north to south; a county may belong to two."""

COUNTIES: tuple[str, ...] = (
    "Blekinge län",
    "Dalarnas län",
    "Gotlands län",
    "Gävleborgs län",
    "Hallands län",
    "Jämtlands län",
    "Jönköpings län",
    "Kalmar län",
    "Kronobergs län",
    "Norrbottens län",
    "Skåne län",
    "Stockholms län",
    "Södermanlands län",
    "Uppsala län",
    "Värmlands län",
    "Västerbottens län",
    "Västernorrlands län",
    "Västmanlands län",
    "Västra Götalands län",
    "Örebro län",
    "Östergötlands län",
)
"""The 21 counties in Swedish order."""
