"""The pages of a receipt for people: made of what it proves, and of nothing else.

A receipt is kept for as long as the matter is remembered, and is checked by making its
pages again. So these words stand as they are: pages with other words are a new form,
and this one stays beside it. For the same reason nothing here comes from a library of
dates or templates, and times are in UTC.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from html import escape
from pathlib import Path
from string import Template
from typing import NamedTuple
from uuid import UUID

from ledger.checkpoint import Checkpoint
from ledger.envelope import Envelope
from ledger.receipt_state import Stated

README = "README.txt"


@dataclass(frozen=True, slots=True)
class Form:
    """The unchanging text of samrad-receipt/1."""

    kvitto: Template
    receipt: Template
    readme: bytes


def _form(directory: Path) -> Form:
    def template(name: str) -> Template:
        return Template((directory / name).read_bytes().decode())

    return Form(
        template("kvitto.html"),
        template("receipt.html"),
        (directory / README).read_bytes(),
    )


FORM = _form(Path(__file__).with_name("receipts"))


@dataclass(frozen=True, slots=True)
class Shown:
    """What the pages tell; from `files` follows all of it."""

    number: int
    entry: Envelope
    stated: Stated
    fields: Mapping[str, str]
    checkpoint: Checkpoint
    files: Mapping[str, bytes]


_MONTHS_SV = (
    *("januari", "februari", "mars", "april", "maj", "juni"),
    *("juli", "augusti", "september", "oktober", "november", "december"),
)
_MONTHS_EN = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_TOPICS_SV = {
    "comment.submitted": "En synpunkt lämnades",
    "comment.amended": "En synpunkt ändrades",
}
_TOPICS_EN = {
    "comment.submitted": "A comment was submitted",
    "comment.amended": "A comment was amended",
}
_FIELDS_SV = {"text": "Synpunkten", "wording": "Föreslagen lydelse"}
_FIELDS_EN = {"text": "The comment", "wording": "Proposed wording"}
_NOTHING_SV = "<p>Posten har inget förseglat innehåll.</p>"
_NOTHING_EN = "<p>The entry has no sealed content.</p>"
_KINDS_SV = {"general": "allmän", "technical": "i sak", "editorial": "redaktionell"}
_KINDS_EN = {
    "general": "general",
    "technical": "on substance",
    "editorial": "editorial",
}


class _Words(NamedTuple):
    """What the facts of a comment are called."""

    kind: str
    consultation: str
    proposal: str
    version: str
    passage: str
    whole_proposal: str
    quote: str
    whole_passage: str
    sender: str
    for_organisation: str
    for_oneself: str
    organisation: str
    author: str
    by: str


_SV = _Words(
    kind="Slag",
    consultation="Samråd",
    proposal="Förslag",
    version="Förslagets version",
    passage="Stycke",
    whole_proposal="hela förslaget",
    quote="Ord som synpunkten gäller",
    whole_passage="hela stycket",
    sender="Lämnad som",
    for_organisation="företrädare för en organisation",
    for_oneself="enskild, i eget namn",
    organisation="Organisation",
    author="Den som synpunkten kommer från",
    by="Inlagd i Samråd av",
)
_EN = _Words(
    kind="Kind",
    consultation="Consultation",
    proposal="Proposal",
    version="Version of the proposal",
    passage="Passage",
    whole_proposal="the whole proposal",
    quote="Words commented on",
    whole_passage="the whole passage",
    sender="Submitted as",
    for_organisation="representative of an organisation",
    for_oneself="an individual, in one's own name",
    organisation="Organisation",
    author="Whose comment it is",
    by="Entered in Samråd by",
)


def kvitto_html(shown: Shown) -> bytes:
    """The page in Swedish."""
    at = shown.entry.at.astimezone(UTC)
    return _page(
        FORM.kvitto,
        shown,
        when=f"{_day(at, _MONTHS_SV)} kl. {at:%H.%M.%S} UTC",
        what=_TOPICS_SV.get(shown.entry.topic, shown.entry.topic),
        facts=_facts(shown.stated, _SV, _KINDS_SV),
        said=_said(shown.fields, _FIELDS_SV) or _NOTHING_SV,
    )


def receipt_html(shown: Shown) -> bytes:
    """The page in English."""
    at = shown.entry.at.astimezone(UTC)
    return _page(
        FORM.receipt,
        shown,
        when=f"{_day(at, _MONTHS_EN)} at {at:%H:%M:%S} UTC",
        what=_TOPICS_EN.get(shown.entry.topic, shown.entry.topic),
        facts=_facts(shown.stated, _EN, _KINDS_EN),
        said=_said(shown.fields, _FIELDS_EN) or _NOTHING_EN,
    )


def _page(
    template: Template, shown: Shown, *, when: str, what: str, facts: str, said: str
) -> bytes:
    """The template with its places filled; `facts` and `said` are HTML already."""
    sums = (
        f"<dt>{escape(name)}</dt><dd><code>{sha256(file).hexdigest()}</code></dd>"
        for name, file in sorted(shown.files.items())
    )
    return template.substitute(
        number=shown.number,
        log=escape(shown.checkpoint.origin),
        size=shown.checkpoint.size,
        root=b64encode(shown.checkpoint.root).decode(),
        stamp=f"{shown.entry.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        when=when,
        what=escape(what),
        thing=shown.entry.thing,
        version=shown.entry.version,
        facts=facts,
        said=said,
        sums="\n".join(sums),
    ).encode()


def _day(at: datetime, months: Sequence[str]) -> str:
    return f"{at.day} {months[at.month - 1]} {at.year}"


def _facts(stated: Stated, words: _Words, kinds: Mapping[str, str]) -> str:
    """What the state tells, as rows of the list of facts; "" where it tells nothing."""
    return "".join(
        f"<dt>{escape(name)}</dt><dd>{value}</dd>\n"
        for name, value in _told(stated, words, kinds)
    )


def _told(
    stated: Stated, words: _Words, kinds: Mapping[str, str]
) -> Iterable[tuple[str, str]]:
    """Names and values; the values are HTML."""
    if stated.kind:
        yield words.kind, escape(kinds.get(stated.kind, stated.kind))
    if stated.consultation:
        yield words.consultation, _code(stated.consultation)
    if stated.proposal:
        yield words.proposal, _code(stated.proposal)
    if stated.edition is not None:
        yield words.version, f"{stated.edition}"
    if stated.has_anchor:
        if stated.passage is None:
            yield words.passage, words.whole_proposal
        else:
            yield words.passage, _code(stated.passage)
            quoted = _quoted(stated.quote) if stated.quote else words.whole_passage
            yield words.quote, quoted
    if stated.has_sender:
        if stated.organisation is None:
            yield words.sender, escape(words.for_oneself)
        else:
            yield words.sender, words.for_organisation
            yield words.organisation, _code(stated.organisation)
    if stated.author:
        yield words.author, _code(stated.author)
    if stated.by:
        yield words.by, _code(stated.by)


def _code(id: UUID) -> str:
    return f"<code>{id}</code>"


def _quoted(text: str) -> str:
    """Words as they stood, with a direction of their own."""
    return f'<pre dir="auto">\n{escape(text)}</pre>'


def _said(fields: Mapping[str, str], names: Mapping[str, str]) -> str:
    """Each text under its name; a text's own direction decides how it runs.

    The line break first in the element is one that browsers drop.
    """
    return "\n".join(
        f"<h3>{escape(names.get(name, name))}</h3>\n{_quoted(text)}"
        for name, text in sorted(fields.items())
        if text
    )
