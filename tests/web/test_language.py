"""What pages say: in which language, whole, and translated."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po
from jinja2 import Environment
from jinja2.ext import extract_from_ast

from web import dates
from web.language import LOCALE, Catalogue, catalogue, missing, preferred
from web.pages import FOLDER

NOON = datetime(2026, 11, 21, 18, 25, tzinfo=UTC)


@pytest.fixture
def swedish(tmp_path: Path) -> Catalogue:
    file = tmp_path / "some.po"
    file.write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
        'msgid "Comment"\nmsgstr "Synpunkt"\n\n'
        'msgid "%(num)s comment"\nmsgid_plural "%(num)s comments"\n'
        'msgstr[0] "%(num)s synpunkt"\nmsgstr[1] "%(num)s synpunkter"\n\n'
        'msgctxt "verb"\nmsgid "Comment"\nmsgstr "Kommentera"\n\n'
        '#, fuzzy\nmsgid "Guessed"\nmsgstr "Gissat"\n\n'
        'msgid "Empty"\nmsgstr ""\n',
        encoding="utf-8",
    )
    return Catalogue("sv", [file])


@pytest.fixture(autouse=True)
def _nothing_missing() -> Iterator[None]:
    missing.clear()
    yield
    missing.clear()


def test_a_sentence_is_said_in_swedish(swedish: Catalogue) -> None:
    assert swedish.gettext("Comment") == "Synpunkt"
    assert swedish.pgettext("verb", "Comment") == "Kommentera"
    assert not missing


@pytest.mark.parametrize(("n", "said"), [(0, "er"), (1, ""), (2, "er")])
def test_a_number_chooses_the_form(swedish: Catalogue, n: int, said: str) -> None:
    words = swedish.ngettext("%(num)s comment", "%(num)s comments", n)
    assert words == f"%(num)s synpunkt{said}"


@pytest.mark.parametrize("sentence", ["Never translated", "Guessed", "Empty"])
def test_what_has_no_translation_is_said_in_english_and_noted(
    swedish: Catalogue, sentence: str
) -> None:
    assert swedish.gettext(sentence) == sentence
    assert missing == {("sv", sentence)}


def test_english_needs_no_translation() -> None:
    assert catalogue("en").gettext("Whatever") == "Whatever"
    assert catalogue("en").ngettext("one", "many", 2) == "many"
    assert not missing


@pytest.mark.parametrize(
    ("accepted", "chosen"),
    [
        ("", "sv"),
        ("*", "sv"),
        ("sv-SE,sv;q=0.9,en;q=0.8", "sv"),
        ("en-GB,en;q=0.9", "en"),
        ("nb-NO,nb;q=0.9,en;q=0.8", "en"),
        ("de", "sv"),
        ("en;q=0.5,sv;q=0.9", "sv"),
        ("en;q=0", "sv"),
        ("en;q=many", "sv"),
    ],
)
def test_the_browser_decides_until_the_visitor_does(accepted: str, chosen: str) -> None:
    assert preferred({}, accepted) == chosen
    assert preferred({"language": "en"}, accepted) == "en"
    assert preferred({"language": "xx"}, accepted) == chosen


def test_a_moment_is_told_in_swedish_time_and_marked_in_utc() -> None:
    assert dates.moment_tag(NOON, "sv") == (
        '<time datetime="2026-11-21T18:25:00Z">'
        "21 november 2026 kl. 19.25 (svensk tid)</time>"
    )
    assert dates.moment_text(NOON, "en") == "21 November 2026 at 19:25 (Swedish time)"
    summer = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)
    assert dates.day_text(summer, "sv") == "2 juli 2026"
    assert dates.typed_moment(summer) == "2026-07-02T00:30"


def test_days_and_numbers_follow_the_language() -> None:
    assert dates.day_text(date(2026, 11, 21), "en") == "21 November 2026"
    assert dates.number_text(23353.5, "sv") == "23\N{NO-BREAK SPACE}353,5"
    assert dates.number_text(23353.5, "en") == "23,353.5"
    assert dates.share_text(0.34, "sv") == "34\N{NO-BREAK SPACE}%"


def _messages() -> Iterator[tuple[Path, Message]]:
    for file in sorted((LOCALE / "sv").glob("*.po")):
        with file.open("rb") as opened:
            for message in read_po(opened, locale="sv"):
                if message.id:
                    yield file, message


def test_no_sentence_is_translated_in_two_ways() -> None:
    seen: dict[tuple[object, object], tuple[str, object]] = {}
    for file, message in _messages():
        asked = message.id if isinstance(message.id, str) else message.id[0]
        first = seen.setdefault((message.context, asked), (file.name, message.string))
        assert first[1] == message.string, f"{asked!r} in {first[0]} and {file.name}"


def test_every_translation_holds_the_values_of_its_sentence() -> None:
    place = re.compile(r"%(?:\((\w+)\)s|.)")
    for file, message in _messages():
        ids = [message.id] if isinstance(message.id, str) else list(message.id)
        said = message.string or ""
        forms = [said] if isinstance(said, str) else list(said)
        allowed = {found.group() for id in ids for found in place.finditer(id)}
        for form in forms:
            used = {found.group() for found in place.finditer(form)}
            assert used <= allowed, f"{file.name}: {form!r}"
        if len(ids) == 1:
            assert {f.group() for f in place.finditer(forms[0])} == allowed, ids


def test_every_sentence_in_the_templates_is_translated() -> None:
    reader = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    reader.policies["ext.i18n.trimmed"] = True
    untranslated = set()
    for file in sorted(FOLDER.rglob("*.html")):
        parsed = reader.parse(file.read_text("utf-8"))
        for _, _, asked in extract_from_ast(parsed):
            first = asked[0] if isinstance(asked, tuple) else asked
            if first is not None and (None, first) not in catalogue("sv").sentences:
                untranslated.add(f"{file.relative_to(FOLDER)}: {first}")
    assert not untranslated
