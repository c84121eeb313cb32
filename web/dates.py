"""Moments, days and numbers as a Swedish or English reader writes them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_time
from babel.numbers import format_decimal, format_percent
from markupsafe import Markup

from web.language import Language

STOCKHOLM = ZoneInfo("Europe/Stockholm")
LOCALES: dict[Language, str] = {"sv": "sv_SE", "en": "en_GB"}
MOMENT: dict[Language, str] = {
    "sv": "d MMMM y 'kl.' HH.mm '(svensk tid)'",
    "en": "d MMMM y 'at' HH:mm '(Swedish time)'",
}
CLOCK: dict[Language, str] = {"sv": "'kl.' HH.mm", "en": "HH:mm"}

_remembered = lru_cache(4_096)
"""Of what pages say over and over: to spell a number takes as long as a paragraph."""


def moment_text(moment: datetime, language: Language) -> str:
    """A moment in Swedish time, with the zone said: 21 november 2026 kl. 19.25 …"""
    return format_datetime(moment, MOMENT[language], STOCKHOLM, LOCALES[language])


@_remembered
def moment_tag(moment: datetime, language: Language) -> Markup:
    """A moment as a <time> element whose datetime is UTC."""
    stamp = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Markup('<time datetime="{}">{}</time>').format(
        stamp, moment_text(moment, language)
    )


def day_text(day: date, language: Language) -> str:
    """A day in words; a moment counts as its day in Sweden."""
    if isinstance(day, datetime):
        day = day.astimezone(STOCKHOLM).date()
    return format_date(day, "d MMMM y", LOCALES[language])


@_remembered
def day_tag(day: date, language: Language) -> Markup:
    """A day as a <time> element."""
    if isinstance(day, datetime):
        day = day.astimezone(STOCKHOLM).date()
    return Markup('<time datetime="{}">{}</time>').format(
        day.isoformat(), day_text(day, language)
    )


@_remembered
def clock_text(moment: datetime, language: Language) -> str:
    """The clock time of a moment in Sweden: kl. 19.25."""
    return format_time(moment, CLOCK[language], STOCKHOLM, LOCALES[language])


@_remembered
def number_text(number: float, language: Language) -> str:
    """A number with the grouping and decimal mark of the language."""
    return format_decimal(number, locale=LOCALES[language])


def share_text(share: float, language: Language) -> str:
    """A share between 0 and 1 as per cent."""
    return format_percent(share, locale=LOCALES[language])


def typed_moment(moment: datetime) -> str:
    """A moment as an <input type="datetime-local"> holds it, in Swedish time."""
    return moment.astimezone(STOCKHOLM).strftime("%Y-%m-%dT%H:%M")
