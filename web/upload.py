"""A text that somebody sends in: read, kept while it is looked over, and taken up."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal
from uuid import uuid4

from markupsafe import Markup
from starlette.requests import Request

from domain.log import NotFound
from domain.text import Mark, Passage, Text
from ledger.session import Sessions
from web.formats import Draft
from web.formats.document import read_document
from web.formats.html import passage_html
from web.forms import Form
from web.visitor import signed_in

LONG = 1500
"""Characters; a longer passage is hard to comment on as one."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A text that has been read but not taken up yet."""

    title: str
    order: int | None
    source: str
    """The file's name, or empty for a text that was pasted."""
    drafts: tuple[Draft, ...]


def read_upload(form: Form) -> Upload:
    """The text in the fields `file` or `text` of a form.

    Raises WrongFile for what cannot be read, and Unfilled when there is nothing.
    """
    file = form.file("file")
    text = form.text("text", longest=2_000_000)
    if file is None and not text:
        form.wrong("file", "Choose a file, or paste the text below.")
    form.check()
    if file is None:
        name, data = "", text.encode()
    else:
        name, data = file.filename or "", file.file.read()
    document = read_document(name, data)
    return Upload(document.title, document.order, name, document.drafts)


def keep(request: Request, upload: Upload) -> str:
    """Keep a text for whoever sent it, for a day; gives the token it is found by."""
    fields = {
        "by": signed_in(request).hex,
        "path": _place(request),
        "title": upload.title,
        "order": "" if upload.order is None else str(upload.order),
        "source": upload.source,
        "drafts": json.dumps([_stored(draft) for draft in upload.drafts]),
    }
    return _sessions(request).keep_typed(fields)


def _stored(draft: Draft) -> list[Any]:
    marks = [(m.start, m.end, m.kind, m.target) for m in draft.marks]
    return [draft.kind, draft.level, draft.text, marks]


def kept(request: Request) -> Upload:
    """The text that the address's token stands for.

    Raises NotFound when it is gone, or was sent by somebody else or somewhere else.
    """
    fields = _sessions(request).typed(request.path_params["token"])
    if fields.get("by") != signed_in(request).hex or fields["path"] != _place(request):
        raise NotFound
    return Upload(
        fields["title"],
        int(fields["order"]) if fields["order"] else None,
        fields["source"],
        tuple(
            Draft(kind, level, text, tuple(Mark(*mark) for mark in marks))
            for kind, level, text, marks in json.loads(fields["drafts"])
        ),
    )


def _place(request: Request) -> str:
    """The consultation and the proposal, if any, that an address is about."""
    params = request.path_params
    return f"{params['consultation']} {params.get('proposal', '')}"


def _sessions(request: Request) -> Sessions:
    found: Sessions = request.state.sessions
    return found


@dataclass(frozen=True, slots=True)
class Line:
    """A passage of a text that is looked over."""

    passage: Passage
    label: str
    html: Markup
    is_long: bool


def lines_of(text: Text, part: range) -> list[Line]:
    """Some of the passages, as they will be cited."""
    return [
        Line(text[at], text.labels[at], passage_html(text[at]), is_long(text[at]))
        for at in part
    ]


def is_long(passage: Passage | Draft) -> bool:
    """Whether a passage of running text is too long to comment on as one."""
    return passage.kind not in ("table", "code") and len(passage.text) > LONG


def with_ids(drafts: Sequence[Draft]) -> Text:
    """The drafts as passages that nobody has seen before."""
    return Text(Passage(uuid4(), d.kind, d.level, d.text, d.marks) for d in drafts)


Warned = Literal["no_headings", "skipped", "long", "tables", "same_heading"]


def warnings(drafts: Sequence[Draft]) -> Iterator[tuple[Warned, int]]:
    """What is worth a look before the text is taken up, each with how many times."""
    headings = [draft for draft in drafts if draft.kind == "heading"]
    if not headings:
        yield "no_headings", 1
    levels = [draft.level for draft in headings]
    if skipped := sum(after > before + 1 for before, after in pairwise(levels)):
        yield "skipped", skipped
    names = [draft.text.casefold() for draft in headings]
    if same := len(names) - len(set(names)):
        yield "same_heading", same
    if long := sum(map(is_long, drafts)):
        yield "long", long
    if tables := sum(draft.kind == "table" for draft in drafts):
        yield "tables", tables
