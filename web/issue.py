"""Issues: comments that say the same thing, their disposition and their answer."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from uuid import UUID, uuid4

from starlette.requests import Request
from starlette.responses import Response

from domain.answer import (
    approve_answer,
    decide_disposition,
    draft_answer,
    publish_answers,
)
from domain.comment import Comment
from domain.gathering import (
    gather_comments,
    merge_issues,
    raise_issue,
    release_comments,
    rename_issue,
    split_issue,
)
from domain.issue import Issue
from domain.log import Conflict, NotFound, Receipt
from projections.consultation import ConsultationRow
from projections.history import Wanted, entries
from projections.issue import (
    IssueRow,
    absorbed_by,
    candidates_for,
    changes_for,
    gathered_in,
    issue_by_id,
    listed_issues,
    titles_of,
)
from projections.paged import Stretch
from projections.proposal import proposals_of
from projections.reads import Reads
from projections.takedown import answer_taken_down
from web import inbox
from web.access import clock, consultation_for, sight_of, works_on
from web.forms import Form, posted
from web.language import language_of
from web.pages import page, redirect
from web.paging import Paging
from web.settled import settled
from web.visitor import signed_in
from web.words import choices

CANDIDATES = 8


def index(request: Request) -> Response:
    """A consultation's issues, narrowed to those that wait for something."""
    form = Form.sent(request, request.query_params)
    paging = Paging(request, int, int)
    with request.state.reads(request.state.moment) as reads:
        consultation = consultation_for(request, reads)
        found = listed_issues(
            reads,
            consultation.id,
            paging.stretch,
            state=form["state"],
            proposal=form.id("proposal"),
        )
        proposals = [(str(p.id), p.title) for p in proposals_of(reads, consultation.id)]
    return page(
        request,
        "issue/index.html",
        block="issues",
        status=form.status,
        consultation=consultation,
        rows=found.rows,
        paging=paging.of(found),
        form=form,
        proposals=proposals,
        states=choices("issue state", language_of(request)),
    )


def new(request: Request, form: Form | None = None) -> Response:
    """The form that raises an issue with no comments yet."""
    form = form or Form.blank(request, id=uuid4())
    with request.state.reads(None) as reads:
        consultation = consultation_for(request, reads)
        proposals = [(str(p.id), p.title) for p in proposals_of(reads, consultation.id)]
    return page(
        request,
        "issue/new.html",
        block="form" if form.is_wrong else "",
        status=form.status,
        consultation=consultation,
        form=form,
        proposals=proposals,
    )


@posted(again=new)
def raise_one(request: Request, form: Form) -> Response:
    """Raise an issue."""
    title = form.text("title", "Write a title.", longest=300)
    proposal = form.id("proposal")
    form.check()
    id = form.new_id()
    form.check()
    return _raised(request, id, proposal, title, [])


def _raised(
    request: Request,
    id: UUID,
    proposal: UUID | None,
    title: str,
    comments: list[UUID],
) -> Response:
    """Raise an issue and show it; the same form sent twice raises one."""
    record = partial(
        raise_issue,
        request.state.log,
        consultation=request.path_params["consultation"],
        proposal=proposal,
        title=title,
        comments=comments,
        by=signed_in(request),
        now=clock(),
    )
    try:
        receipt = record(id=id)
    except Conflict:
        raised = request.state.log.history(id, until=1)[0]
        if not isinstance(raised, Issue.Raised):
            raise
        if (raised.title, raised.comments) == (title, list(dict.fromkeys(comments))):
            receipt = Receipt(0, clock())
        else:  # The page was come back to, for an issue more.
            id = uuid4()
            receipt = record(id=id)
    return _back(request, receipt, issue=id)


@posted(again=inbox.index)
def gather_ticked(request: Request, form: Form) -> Response:
    """Gather the inbox's ticked comments in an issue, or in a new one."""
    chosen = inbox.chosen(form)
    issue = form.id("issue")
    if issue is None:
        title = form.text("title", "Choose an issue, or write a title.", longest=300)
        id = form.new_id()
        form.check()
        proposal = _proposal_of(request, chosen)
        return _raised(request, id, proposal, title, chosen)
    receipt = gather_comments(
        request.state.log,
        id=_own(request, issue),
        comments=chosen,
        by=signed_in(request),
        now=clock(),
    )
    return _back(request, receipt, issue=issue)


def _proposal_of(request: Request, comments: list[UUID]) -> UUID | None:
    """The proposal that all the comments are on, or None if they are on several."""
    log = request.state.log
    proposals = {log.look(Comment, comment).proposal for comment in comments}
    return proposals.pop() if len(proposals) == 1 else None


def show(request: Request, form: Form | None = None) -> Response:
    """An issue: to the public its answer, to the secretariat all the work on it."""
    paging = Paging(request, int, size=25)
    form = form or Form.blank(request)
    words = Form.sent(request, request.query_params)["words"][:200].strip()
    with request.state.reads(request.state.moment) as reads:
        consultation = consultation_for(request, reads)
        issue = _issue(request, reads)
        works = works_on(request, consultation.id)
        sight = sight_of(request, consultation.id)
        if not works and not issue.is_public:
            return _taken_down(request, reads, consultation, issue)
        found = gathered_in(reads, issue.id, sight, paging.stretch)
        changes = [
            change
            for change in changes_for(reads, issue.id)
            if works or change.is_published
        ]
        candidates = (
            candidates_for(reads, issue, words, sight, limit=CANDIDATES)
            if works and issue.merged_into is None
            else []
        )
        others = [
            (str(id), title)
            for id, title in titles_of(reads, consultation.id)
            if id != issue.id
        ]
        lineage = {
            id: other.title
            for id in (issue.merged_into, issue.split_from)
            if id and (other := issue_by_id(reads, id))
        }
        absorbed = absorbed_by(reads, issue.id) if works else []
        (newest,) = entries(reads, Wanted(thing=issue.id), Stretch(1)).rows
    return page(
        request,
        "issue/show.html" if works else "issue/public.html",
        block="candidates" if words and not form.is_wrong else "",
        status=form.status,
        consultation=consultation,
        issue=issue,
        rows=found.rows,
        paging=paging.of(found),
        changes=changes,
        candidates=candidates,
        words=words,
        others=others,
        lineage=lineage,
        absorbed=absorbed,
        version=newest.version,
        dispositions=[
            choice
            for choice in choices("disposition", language_of(request))
            if choice[0]
        ],
        form=form,
    )


def _taken_down(
    request: Request, reads: Reads, consultation: ConsultationRow, issue: IssueRow
) -> Response:
    """In place of an answer that the public no longer sees: that it was taken down."""
    found = answer_taken_down(reads, issue.id, consultation.id)
    if found is None:
        raise NotFound
    return page(
        request,
        "issue/taken_down.html",
        consultation=consultation,
        issue=issue,
        found=found,
    )


def _issue(request: Request, reads: Reads) -> IssueRow:
    found = issue_by_id(reads, request.path_params["issue"])
    if found is None or found.consultation != request.path_params["consultation"]:
        raise NotFound
    return found


def _own(request: Request, issue: UUID) -> UUID:
    """The issue, if it belongs to the consultation whose roles were checked."""
    found = request.state.log.look(Issue, issue)
    if found.consultation != request.path_params["consultation"]:
        raise NotFound
    return issue


def _acting(act: Callable[[Request, Form, UUID], Receipt]) -> Callable[..., Response]:
    """A form on the issue's page: does one thing and comes back to the page."""

    def route(request: Request, form: Form) -> Response:
        receipt = act(request, form, _own(request, request.path_params["issue"]))
        return _back(request, receipt)

    route.__doc__ = act.__doc__
    return route


def _back(request: Request, receipt: Receipt, *, issue: UUID | None = None) -> Response:
    settled(request, receipt)
    return redirect(
        request,
        "issue.show",
        notice="Saved.",
        consultation=request.path_params["consultation"],
        issue=issue or request.path_params["issue"],
    )


@posted(again=show)
@_acting
def gather(request: Request, form: Form, issue: UUID) -> Receipt:
    """Gather the ticked candidates in the issue."""
    return gather_comments(
        request.state.log,
        id=issue,
        comments=inbox.chosen(form, "candidate"),
        by=signed_in(request),
        now=clock(),
    )


@posted(again=show)
@_acting
def release(request: Request, form: Form, issue: UUID) -> Receipt:
    """Take the ticked comments out of the issue."""
    return release_comments(
        request.state.log,
        id=issue,
        comments=inbox.chosen(form),
        by=signed_in(request),
        now=clock(),
    )


@posted(again=show)
@_acting
def rename(request: Request, form: Form, issue: UUID) -> Receipt:
    """Give the issue another title."""
    title = form.text("title", "Write a title.", longest=300)
    form.check()
    return rename_issue(
        request.state.log, id=issue, title=title, by=signed_in(request), now=clock()
    )


@posted(again=show)
@_acting
def merge(request: Request, form: Form, issue: UUID) -> Receipt:
    """Merge the issue into another one."""
    into = form.id("into", "Choose the issue to merge into.")
    form.check()
    return merge_issues(
        request.state.log,
        id=issue,
        into=_own(request, into or issue),
        by=signed_in(request),
        now=clock(),
    )


@posted(again=show)
def split(request: Request, form: Form) -> Response:
    """Move the ticked comments to a new issue."""
    title = form.text("split_title", "Write a title for the new issue.", longest=300)
    form.check()
    ticked = inbox.chosen(form)
    new = uuid4()
    issue = _own(request, request.path_params["issue"])
    proposal = _proposal_of(request, ticked)
    receipt = split_issue(
        request.state.log,
        id=issue,
        new=new,
        title=title,
        comments=ticked,
        proposal=proposal,
        by=signed_in(request),
        now=clock(),
    )
    return _back(request, receipt, issue=new)


@posted(again=show)
@_acting
def decide(request: Request, form: Form, issue: UUID) -> Receipt:
    """Decide the disposition, with its reason."""
    return decide_disposition(
        request.state.log,
        id=issue,
        read=form.number("version"),
        disposition=form["disposition"],
        reason=form.text("reason"),
        by=signed_in(request),
        now=clock(),
    )


@posted(again=show)
@_acting
def answer(request: Request, form: Form, issue: UUID) -> Receipt:
    """Write the answer, or write it anew."""
    text = form.text("answer", "Write the answer.")
    form.check()
    return draft_answer(
        request.state.log,
        id=issue,
        read=form.number("version"),
        text=text,
        by=signed_in(request),
        now=clock(),
    )


@posted(again=show)
@_acting
def approve(request: Request, form: Form, issue: UUID) -> Receipt:
    """Approve the disposition and the answer."""
    return approve_answer(
        request.state.log,
        id=issue,
        read=form.number("version"),
        by=signed_in(request),
        now=clock(),
    )


@posted(again=show)
@_acting
def publish(request: Request, form: Form, issue: UUID) -> Receipt:
    """Make the disposition and the answer public."""
    return publish_answers(
        request.state.log, ids=[issue], by=signed_in(request), now=clock()
    )
