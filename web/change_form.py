"""The form of a change: what it begins with, what stands beside it, what was typed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from domain.text import KINDS, Kind, Passage, quote
from projections.comment import CommentRow, PlacementRow
from projections.comment_list import (
    OutcomeRow,
    comments_on_passage,
    outcomes_of,
    placements_in,
)
from projections.paged import Stretch
from projections.reads import Reads
from projections.revision import ChangeRow, ChoosableIssue, issues_to_choose
from web.access import sight_of
from web.choosing import choosable, is_long
from web.formats.inline import read_inline, write_markdown
from web.forms import Form
from web.joining import (
    as_id,
    fingerprint,
    fitting_level,
    with_wording,
)
from web.language import language_of
from web.pages import page, wants_block
from web.words import choices
from web.workspace import Workspace

BESIDE = 30
"""Comments that stand beside a form; a link leads to the rest."""

FIRST = "first"
"""Stands for the place before all passages."""


@dataclass(frozen=True, slots=True)
class Beside:
    """A comment beside the form that changes the passage it stands on."""

    comment: CommentRow
    place: PlacementRow | None
    outcomes: list[OutcomeRow]


def begun(
    request: Request,
    space: Workspace,
    change: ChangeRow | None,
    passage: Passage | None,
) -> Form:
    """A form that begins with a passage's words and with why they were changed."""
    values: list[tuple[str, Any]] = [
        ("id", str(uuid4())),
        ("only", request.query_params.get("only", "")),
    ]
    if passage is not None:
        values += [
            ("text", write_markdown(passage)),
            ("kind", passage.kind),
            ("level", str(passage.level)),
        ]
    if change is not None:
        values.append(("reason", change.reason))
        values += [
            ("issues", str(space.issues[issue].id))
            for issue in change.issues
            if issue in space.issues
        ]
    form = Form.blank(request)
    form.values = FormData(values)
    return form


def form_page(
    request: Request,
    reads: Reads,
    space: Workspace,
    form: Form,
    act: str,
    passage: Passage | None,
) -> Response:
    """The page with the form of a change; to htmx the form alone."""
    at = passage.id if passage else as_id(form["after"])
    beside, total = _beside(request, reads, space, at) if at else ([], 0)
    in_place = wants_block(request)
    return page(
        request,
        "revision/change.html",
        block="form",
        status=form.status,
        space=space,
        consultation=space.consultation,
        revision=space.revision,
        form=form,
        act=act,
        passage=passage,
        at=at,
        label=space.label(at) if at else "",
        was=fingerprint(space.passage(at)) if at else "",
        now=space.passage(at) if at else None,
        before=space.before(at) if at and act == "edit" else None,
        key="-" + (at.hex[:8] if at else FIRST) if in_place else "",
        offered=offered(reads, space, at),
        beside=beside,
        beside_total=total,
        places=[
            (id, words)
            for id, words in (choosable(space.text, at) if act == "move" else ())
            if id != str(at)
        ],
        is_long=is_long(space.text),
        kinds=choices("passage", language_of(request)),
    )


def offered(
    reads: Reads, space: Workspace, passage: UUID | None
) -> list[ChoosableIssue]:
    return issues_to_choose(
        reads,
        space.consultation.id,
        space.proposal.id,
        space.revision.base,
        passage,
    )


def _beside(
    request: Request, reads: Reads, space: Workspace, passage: UUID
) -> tuple[list[Beside], int]:
    """The comments on a passage with their places and issues, and how many in all."""
    sight = sight_of(request, space.consultation.id)
    edition = space.revision.base
    found = comments_on_passage(
        reads, space.proposal.id, edition, passage, sight, Stretch(BESIDE)
    )
    ids = [row.id for row in found.rows]
    places = placements_in(reads, ids, edition)
    outcomes = outcomes_of(reads, ids, sight)
    return [
        Beside(row, places.get(row.id), outcomes[row.id])
        for row in found.rows
        if not row.is_withdrawn
    ], found.total


def with_proposed(
    request: Request,
    reads: Reads,
    space: Workspace,
    form: Form,
    passage: UUID,
    comment: UUID,
) -> Form:
    """The form with the wording that a comment proposes, and its issues ticked."""
    beside, _ = _beside(request, reads, space, passage)
    found = next((one for one in beside if one.comment.id == comment), None)
    if found is None or found.comment.is_erased or not found.comment.wording:
        return form
    typed = typed_passage(form, passage, space.passage(passage))
    form.errors.clear()
    base = space.before(passage)
    around = ("", "", "")
    if base and found.place and found.place.start_at < found.place.end_at:
        around = quote(base.text, found.place.start_at, found.place.end_at)
    text = write_markdown(with_wording(typed, *around, found.comment.wording))
    ticked = dict.fromkeys(
        [*form.all("issues"), *(str(outcome.issue) for outcome in found.outcomes)]
    )
    kept = [
        (name, value)
        for name, value in form.values.multi_items()
        if name not in ("use", "text", "issues")
    ]
    form.values = FormData(
        [*kept, ("text", text), *(("issues", issue) for issue in ticked)]
    )
    return form


def typed_passage(form: Form, id: UUID, old: Passage | None) -> Passage:
    """The passage that the form describes; notes what is wrong with it."""
    chosen = form.choice("kind", set(KINDS))
    kind: Kind = next((one for one in KINDS if one == chosen), "paragraph")
    level = form.number("level") or 0
    if not 0 <= level <= 9:
        form.wrong("level", "Choose one of the alternatives.")
    typed = form.text("text", "Write the words of the passage, or remove it instead.")
    if kind == "code":
        typed = form["text"].replace("\r\n", "\n").strip("\n")
    text, marks = read_inline(typed, kind)
    return Passage(id, kind, fitting_level(kind, level, old), text, marks)
