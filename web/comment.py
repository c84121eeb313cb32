"""Commenting: the form, how it will look, handing it in, and the receipt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from uuid import UUID, uuid4

from starlette.requests import Request
from starlette.responses import Response

from domain.anchor import Anchor
from domain.comment import COMMENT_KINDS, LONGEST_TEXT, Comment, TextIsTooLong
from domain.log import Conflict, NotFound, Receipt, Refused
from domain.person import SECRETARIAT
from domain.submission import submit_comment
from projections.consultation import ConsultationRow, consultees_of
from projections.person import person_by_id
from projections.proposal import ProposalRow, passages_of
from projections.reads import Reads
from web.access import clock, consultation_for, proposal_for
from web.consultation import round_of
from web.forms import Form, posted
from web.kept import arrived, brought_back, sign_in_and_return
from web.language import say
from web.limits import limited
from web.pages import page, redirect, site_of
from web.subject import Subject, quoted_span, subject_at
from web.visitor import visitor_of

ONESELF = "self"
"""Stands among the organisations for speaking as a person."""
ASKED = ("version", "passage", "quote", "prefix", "suffix", "organisation")
"""What a link to the form may say of the comment to come."""


class SubmittedBefore(Refused):
    """The form was sent once already, with other words: neither text is lost."""

    en = (
        "You have already submitted this form with another text, and that is recorded."
        " Send it again if this is to be a comment of its own."
    )
    sv = (
        "Du har redan lämnat det här formuläret med en annan text, och den är"
        " registrerad. Skicka igen om det här ska bli en egen synpunkt."
    )


@dataclass(frozen=True, slots=True)
class Senders:
    """Whom the visitor may comment for in a consultation, as choices for a form."""

    choices: list[tuple[str, str]]
    public_name: str = ""
    """What the visitor is called when speaking as a person; "" is a private person."""

    def shown_as(self, choice: str) -> str:
        """What stands beside the comment, for one of the choices."""
        return self.public_name if choice == ONESELF else dict(self.choices)[choice]


def new(request: Request, form: Form | None = None) -> Response:
    """The form for a comment on a proposal, a passage or words in one."""
    return _form_page(request, form or brought_back(request) or _blank(request))


def _blank(request: Request) -> Form:
    asked = {field: request.query_params.get(field, "") for field in ASKED}
    return Form.blank(request, **{"kind": "general", **asked, "id": uuid4()})


def _form_page(request: Request, form: Form, *, previewed: bool = False) -> Response:
    with request.state.reads(None) as reads:
        consultation = consultation_for(request, reads)
        proposal = proposal_for(request, reads)
        subject = _subject(reads, proposal, form)
        senders = _senders(request, reads, consultation)
        sender = form["organisation"]
        if not sender and len(senders.choices) == 1:
            sender = senders.choices[0][0]
            form.fill(organisation=sender)
        return page(
            request,
            "comment/new.html",
            status=form.status,
            consultation=consultation,
            round=round_of(request, consultation, clock()),
            proposal=proposal,
            subject=subject,
            is_lost=bool(form["quote"].strip()) and subject.span is None,
            form=form,
            senders=senders,
            sender=senders.shown_as(sender)
            if sender in dict(senders.choices)
            else None,
            previewed=previewed,
            longest=LONGEST_TEXT,
            is_open=consultation.takes_comments(clock()) and not proposal.is_withdrawn,
        )


def _subject(reads: Reads, proposal: ProposalRow, form: Form) -> Subject:
    """What the form is about; a passage that is not in the text is not found."""
    asked = form["version"] or str(proposal.published)
    if not (asked.isdecimal() and len(asked) < 9 and int(asked) <= proposal.published):
        raise NotFound
    version, passage = int(asked), form.id("passage")
    if form["passage"] and passage is None:
        raise NotFound
    text = passages_of(reads, proposal.id, version)
    found = subject_at(text, version, passage)
    if found is None:
        raise NotFound
    if found.passage is None:
        return found
    span = quoted_span(found.passage, form["quote"], form["prefix"], form["suffix"])
    return Subject(version, found.passage, found.label, span)


def _senders(request: Request, reads: Reads, consultation: ConsultationRow) -> Senders:
    visitor = visitor_of(request)
    known = person_by_id(reads, visitor.person) if visitor.person else None
    is_open = consultation.access == "open"
    if known is None:
        # Signed in for the first time, and not in the tables yet.
        oneself = [(ONESELF, say(request, "Myself"))] if is_open else []
        return Senders(oneself if visitor.person else [])
    asked = consultees_of(reads, consultation.id)
    choices = [
        (str(id), name) for id, name in visitor.mandates if is_open or id in asked
    ]
    if is_open or visitor.has(*SECRETARIAT, consultation=consultation.id):
        choices.append((ONESELF, say(request, "Myself, %(name)s", name=known.name)))
    return Senders(choices, known.name if known.public_name else "")


def _typed(form: Form) -> Anchor:
    """Read what was typed, noting what is wrong; gives what it is about."""
    for typed in (form.text("text", "Write what you think."), form.text("wording")):
        if len(typed) > LONGEST_TEXT:
            raise TextIsTooLong(limit=LONGEST_TEXT, length=len(typed))
    form.choice("kind", set(COMMENT_KINDS))
    quote = form.text("quote")
    passage = form.id("passage")
    form.check()
    if passage is None or not quote:
        return Anchor(passage)
    return Anchor(passage, 0, 0, quote, form["prefix"], form["suffix"])


@posted(again=new)
def preview(request: Request, form: Form) -> Response:
    """Show how the comment will look, above the form that it can be changed in."""
    _typed(form)
    return _form_page(request, form, previewed=True)


@posted(again=new)
def submit(request: Request, form: Form) -> Response:
    """Hand in a comment; who is not signed in is asked to, and comes back with it."""
    anchor = _typed(form)
    person = visitor_of(request).person
    if person is None:
        return sign_in_and_return(request, form, "comment.new", **request.path_params)
    organisation = None
    if form["organisation"] != ONESELF:
        organisation = form.id("organisation", "Choose whom you speak for.")
    version = form.number("version", "Load the page again: the form has no version.")
    form.check()
    limit = site_of(request).submissions_per_hour
    limited(request, "comment", limit=limit, per=timedelta(hours=1))
    id = form.new_id()
    form.check()
    record = partial(
        submit_comment,
        request.state.log,
        id=id,
        consultation=request.path_params["consultation"],
        proposal=request.path_params["proposal"],
        edition=version or 0,
        anchor=anchor,
        kind=form["kind"],
        text=form.text("text"),
        wording=form.text("wording"),
        organisation=organisation,
        by=person,
        now=clock(),
    )
    try:
        receipt = _recorded(record)
    except Refused:
        _require_visible(request)
        raise
    _require_same(request, form, id, receipt)
    arrived(request, form)
    consultation = request.path_params["consultation"]
    return redirect(request, "comment.receipt", consultation=consultation, comment=id)


def _recorded(record: Callable[[], Receipt]) -> Receipt:
    try:
        return record()
    except Conflict:  # The same form, sent twice at once: the second finds the first.
        return record()


def _require_visible(request: Request) -> None:
    """Tell no reason to those who may not read the text: to them there is none.

    Whoever may comment may read, so only what is refused has to be looked at.
    """
    with request.state.reads(None) as reads:
        consultation_for(request, reads)
        proposal_for(request, reads)


def _require_same(request: Request, form: Form, id: UUID, receipt: Receipt) -> None:
    """A form sent twice is one comment, unless it says something else by now."""
    if receipt.position:
        return
    recorded = request.state.log.look(Comment, id)
    typed = form["kind"], form.text("text"), form.text("wording")
    if (recorded.kind, recorded.text, recorded.wording) != typed:
        form.fill(id=uuid4())
        raise SubmittedBefore
