"""The changes of a revision: reword, insert, remove and move passages, each for a
reason and for the issues behind it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid4

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from domain.change import ChangeDoesNotFit, PassageChange, apply_changes
from domain.log import Conflict, NotFound, Receipt
from domain.proposal import Proposal
from domain.revision import Revision, drop_change, make_change
from domain.text import Passage
from projections.trace import issues_behind
from web import revision as revisions
from web.access import clock, sight_of
from web.change_form import (
    FIRST,
    begun,
    form_page,
    offered,
    typed_passage,
    with_proposed,
)
from web.forms import Form, posted
from web.joining import (
    as_id,
    dropped,
    fingerprint,
    joined,
    written,
)
from web.settled import settled
from web.visitor import signed_in
from web.workspace import Workspace, workspace_for


class ChangedMeanwhile(Conflict):
    """A passage is reworded as it reads, not as it read when the form was opened."""

    en = (
        "Someone else changed this passage while you wrote, so nothing was saved. Your"
        " text is still here. Compare it with how the passage reads now, and send it"
        " again if yours should stand."
    )
    sv = (
        "Någon annan ändrade stycket medan du skrev, så inget sparades. Din text finns"
        " kvar här. Jämför den med hur stycket lyder nu och skicka igen om din ska"
        " gälla."
    )


def edit(request: Request, form: Form | None = None) -> Response:
    """The form that rewords a passage, beside what has been said about it."""
    id: UUID = request.path_params["passage"]
    with request.state.reads(None) as reads:
        space = workspace_for(request, reads)
        passage = _standing(space, id)
        if form is None:
            form = begun(
                request, space, space.change_of(id, "insert", "replace"), passage
            )
            used = as_id(request.query_params.get("use", ""))
        else:
            used = as_id(form["use"])
        if used and not form.is_wrong:
            form = with_proposed(request, reads, space, form, id, used)
        return form_page(request, reads, space, form, "edit", passage)


@posted(again=edit)
def reword(request: Request, form: Form) -> Response:
    """Give a passage other words, another kind or another level."""
    if form["use"]:
        return edit(request, form)
    revision, base, changes = _at_hand(request)
    text = apply_changes(base, changes)
    old = next((p for p in text if p.id == request.path_params["passage"]), None)
    if old is None:
        raise NotFound
    new = typed_passage(form, old.id, old)
    reason, issues = _why(request, form)
    form.check()
    if form["was"] != fingerprint(old) and new != old:
        raise ChangedMeanwhile
    before = next((p for p in base if p.id == old.id), None)
    replaced = [
        c for c in changes if c["op"] == "replace" and c["passage"] == old.id.hex
    ]
    if new == before and replaced:
        return _drop(request, form, replaced[-1]["id"])
    if new == old and not replaced and before is not None:
        form.wrong("text", "Nothing is changed yet.")
        form.check()
    change: PassageChange = {
        "id": form.new_id().hex,
        "op": "replace",
        "passage": old.id.hex,
        **written(new),  # type: ignore[typeddict-item]
        "reason": reason,
        "issues": issues,
    }
    return _make(request, form, revision, joined(base, changes, change))


def blank(request: Request, form: Form | None = None) -> Response:
    """The form that inserts a new passage."""
    with request.state.reads(None) as reads:
        space = workspace_for(request, reads)
        if form is None:
            after = as_id(request.query_params.get("after", ""))
            before = space.passage(after) if after else None
            in_list = before is not None and before.kind in ("item", "numbered")
            form = Form.blank(
                request,
                id=uuid4(),
                after=after or FIRST,
                kind=before.kind if before and in_list else "paragraph",
                level=before.level if before and in_list else 0,
                only=request.query_params.get("only"),
            )
        return form_page(request, reads, space, form, "insert", None)


@posted(again=blank)
def insert(request: Request, form: Form) -> Response:
    """Put a new passage into the text."""
    revision, _, _ = _at_hand(request)
    id = form.new_id()
    new = typed_passage(form, id, None)
    reason, issues = _why(request, form)
    form.check()
    after = as_id(form["after"])
    change: PassageChange = {
        "id": id.hex,
        "op": "insert",
        "passage": id.hex,
        "after": after.hex if after else None,
        **written(new),  # type: ignore[typeddict-item]
        "reason": reason,
        "issues": issues,
    }
    return _make(request, form, revision, change)


def going(request: Request, form: Form | None = None) -> Response:
    """The form that removes a passage, or tells why one is removed."""
    id: UUID = request.path_params["passage"]
    with request.state.reads(None) as reads:
        space = workspace_for(request, reads)
        passage = space.passage(id) or space.before(id)
        if passage is None:
            raise NotFound
        form = form or begun(request, space, space.change_of(id, "delete"), None)
        return form_page(request, reads, space, form, "delete", passage)


@posted(again=going)
def delete(request: Request, form: Form) -> Response:
    """Take a passage out of the text."""
    revision, base, changes = _at_hand(request)
    id: UUID = request.path_params["passage"]
    reason, issues = _why(request, form)
    form.check()
    change: PassageChange = {
        "id": form.new_id().hex,
        "op": "delete",
        "passage": id.hex,
        "reason": reason,
        "issues": issues,
    }
    earlier = [c for c in changes if c["op"] == "delete" and c["passage"] == id.hex]
    if earlier:
        return _make(request, form, revision, {**change, "id": earlier[-1]["id"]})
    return _make(request, form, revision, joined(base, changes, change))


def place(request: Request, form: Form | None = None) -> Response:
    """The form that moves a passage after another one."""
    id: UUID = request.path_params["passage"]
    with request.state.reads(None) as reads:
        space = workspace_for(request, reads)
        passage = _standing(space, id)
        if form is None:
            form = begun(request, space, space.change_of(id, "move"), None)
            stands_after = space.predecessor(id) or FIRST
            values = [*form.values.multi_items(), ("after", str(stands_after))]
            form.values = FormData(values)
        return form_page(request, reads, space, form, "move", passage)


@posted(again=place)
def move(request: Request, form: Form) -> Response:
    """Move a passage to after another one, or a step up or down."""
    revision, base, changes = _at_hand(request)
    id: UUID = request.path_params["passage"]
    order = [passage.id for passage in apply_changes(base, changes)]
    if id not in order:
        raise NotFound
    wanted = _moved(form, order, id)
    earlier = [c for c in changes if c["op"] == "move" and c["passage"] == id.hex]
    if earlier and "reason" not in form.values:
        reason, issues = earlier[-1]["reason"], earlier[-1]["issues"]
    else:
        reason, issues = _why(request, form)
    if wanted == order and not earlier:
        form.wrong("after", "The passage stands there already. Choose another place.")
    form.check()
    if earlier and wanted == _order(base, [c for c in changes if c is not earlier[-1]]):
        return _drop(request, form, earlier[-1]["id"])
    at = wanted.index(id)
    change: PassageChange = {
        "id": (uuid4() if form["step"] else form.new_id()).hex,
        "op": "move",
        "passage": id.hex,
        "after": wanted[at - 1].hex if at else None,
        "reason": reason,
        "issues": issues,
    }
    return _make(request, form, revision, joined(base, changes, change))


def _moved(form: Form, order: list[UUID], id: UUID) -> list[UUID]:
    """The order with a passage moved as the form says; notes a place that is not."""
    rest = [other for other in order if other != id]
    at = order.index(id)
    after = as_id(form["after"])
    if form["step"] in ("up", "down"):
        at = min(max(at + (1 if form["step"] == "down" else -1), 0), len(rest))
    elif after in rest:
        at = rest.index(after) + 1
    elif form["after"] == FIRST:
        at = 0
    else:
        form.wrong("after", "Choose where the passage is to stand.")
    return [*rest[:at], id, *rest[at:]]


def _order(
    base: Sequence[Passage], changes: Sequence[PassageChange]
) -> list[UUID] | None:
    """The passages after the changes, in order; None where the changes do not fit."""
    try:
        return [passage.id for passage in apply_changes(base, changes)]
    except ChangeDoesNotFit:
        return None


@posted(again=revisions.show)
def drop(request: Request, form: Form) -> Response:
    """Take a change out of the revision again."""
    return _drop(request, form, request.path_params["change"].hex)


def _drop(request: Request, form: Form, gone: str) -> Response:
    revision, _, changes = _at_hand(request)
    change = revision.changes.get(gone)
    if change is None:
        return _back(request, form, None, None, "The change is taken out.")
    log, by, now = request.state.log, signed_in(request), clock()
    current = log.look(Proposal, revision.proposal).passages
    first, ids = dropped(current, changes, change)
    receipt = None
    if first:
        receipt = make_change(log, id=revision.id, changes=first, by=by, now=now)
    for id in ids:
        receipt = drop_change(log, id=revision.id, change=id, by=by, now=now)
    passage = UUID(change["passage"]) if change["op"] != "insert" else None
    return _back(request, form, receipt, passage, "The change is taken out.")


def _at_hand(
    request: Request,
) -> tuple[Revision, tuple[Passage, ...], list[PassageChange]]:
    """The revision as the log has it, the text it started from, and its changes."""
    revision = request.state.log.look(Revision, request.path_params["revision"])
    if revision.consultation != request.path_params["consultation"]:
        raise NotFound
    proposal = request.state.log.look(Proposal, revision.proposal)
    return revision, proposal.texts[revision.base], list(revision.changes.values())


def _standing(space: Workspace, id: UUID) -> Passage:
    passage = space.passage(id)
    if passage is None:
        raise NotFound
    return passage


def _why(request: Request, form: Form) -> tuple[str, list[str]]:
    """The reason, and the ids of the issues behind a change as events have them."""
    reason = form.text("reason", longest=5000)
    asked = dict.fromkeys(filter(None, map(as_id, form.all("issues"))))
    if not asked:
        return reason, []
    with request.state.reads(None) as reads:
        space = workspace_for(request, reads)
        sight = sight_of(request, space.consultation.id)
        known = {issue.id for issue in offered(reads, space, _passage_at(request))}
        behind = issues_behind(reads, [*asked, *space.issues], sight)
    known |= {issue.id for issue in space.issues.values()}
    chosen = dict.fromkeys(behind[id].id for id in asked if id in behind)
    if len(chosen) < len(asked) or not known.issuperset(chosen):
        form.wrong("issues", "This choice no longer exists.")
    return reason, [id.hex for id in chosen]


def _passage_at(request: Request) -> UUID | None:
    found: UUID | None = request.path_params.get("passage")
    return found


def _make(
    request: Request, form: Form, revision: Revision, change: PassageChange
) -> Response:
    passage = UUID(change["passage"])
    if revision.changes.get(change["id"]) == change:
        return _back(request, form, None, passage, "The change is saved.")
    receipt = make_change(
        request.state.log,
        id=revision.id,
        changes=[change],
        by=signed_in(request),
        now=clock(),
    )
    return _back(request, form, receipt, passage, "The change is saved.")


def _back(
    request: Request,
    form: Form,
    receipt: Receipt | None,
    passage: UUID | None,
    notice: str,
) -> Response:
    if receipt is not None:
        settled(request, receipt)
    return revisions.to_show(request, passage, form["only"], notice)
