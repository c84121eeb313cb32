"""The receipt for a comment: recorded at once, numbered and sealed a moment later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from domain.anchor import Anchor
from domain.comment import Comment
from domain.log import NotFound, Receipt
from ledger.receipt import write_receipt
from projections.comment import CommentRow, comment_by_id
from projections.consultation import ConsultationRow
from projections.organisation import organisation_by_id
from projections.proposal import ProposalRow, passages_of, proposal_by_id
from projections.receipt import numbered, proved, sealing_of
from web.access import auditors, clock, consultation_for
from web.addresses import url
from web.consultation import round_of
from web.dates import moment_text
from web.language import language_of, say
from web.pages import page, site_of, wants_block
from web.sealing import Progress, progress
from web.settled import settled
from web.subject import Subject, subject_at
from web.visitor import visitor_of
from web.words import word

ERASED = "The text has been erased."


@dataclass(frozen=True, slots=True)
class Submitted:
    """What was handed in, as the log itself has it."""

    id: UUID
    at: datetime
    consultation: ConsultationRow
    proposal: ProposalRow
    subject: Subject
    sender: str
    """The organisation's name; "" for a person."""
    kind: str
    text: str
    wording: str
    row: CommentRow | None
    """As the pages know it: None for the moment until they have read the log so far."""
    progress: Progress


def receipt(request: Request) -> Response:
    """What was recorded, and when; asks again by itself until all of it is sealed.

    Nothing is answered while there is nothing new, so that nothing is read out twice.
    """
    submitted = _submitted(request)
    if wants_block(request):
        if request.query_params.get("seen") == submitted.progress.seen:
            return Response(status_code=204)
    elif submitted.row is None:
        # Straight from the form, faster than the follower: with its number, if we can.
        settled(request, Receipt(request.state.log.head(), clock()))
        submitted = _submitted(request)
    return page(
        request,
        "comment/receipt.html",
        block="receipt",
        submitted=submitted,
        progress=submitted.progress,
        consultation=submitted.consultation,
        round=round_of(request, submitted.consultation, clock()),
        is_open=submitted.consultation.takes_comments(clock()),
    )


def receipt_file(request: Request) -> Response:
    """The receipt as a text file, to keep."""
    submitted = _submitted(request)
    name = submitted.row.position if submitted.row else "-"
    return PlainTextResponse(
        "\r\n".join(_lines(request, submitted)) + "\r\n",
        headers={
            "Content-Disposition": f'attachment; filename="samrad-{name}.txt"',
            "Cache-Control": "private, no-store",
        },
    )


def receipt_zip(request: Request) -> Response:
    """The receipt that can be checked, for what the comment says or said once.

    `version` is the event that said so, the newest unless another is asked for. There
    is none until it is sealed, and none any more when it has been erased.
    """
    progress = _submitted(request).progress
    asked = request.query_params.get("version", str(progress.versions[-1].number))
    found = next((v for v in progress.versions if str(v.number) == asked), None)
    if found is None or found.state != "sealed" or found.position is None:
        raise NotFound
    with request.state.reads(None) as reads:
        proof = proved(reads, found.position)
    if proof is None:
        raise NotFound
    opening = request.state.log.opening(found.position)
    name = f"kvitto-{found.position}.zip"
    return Response(
        write_receipt(*proof, opening),
        media_type="application/zip",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "private, no-store",
        },
    )


def _submitted(request: Request) -> Submitted:
    """The comment that the address names, for those who submitted it.

    Everybody else is told that there is no such receipt.
    """
    id: UUID = request.path_params["comment"]
    comment = request.state.log.look(Comment, id)
    if comment.consultation != request.path_params["consultation"]:
        raise NotFound
    if not _is_own(request, comment):
        raise NotFound
    events = request.state.log.history(id)
    event = events[0]
    anchor = Anchor.of(event.anchor)
    with request.state.reads(None) as reads:
        consultation = consultation_for(request, reads)
        proposal = proposal_by_id(reads, comment.proposal)
        if proposal is None:
            raise NotFound
        passages = passages_of(reads, proposal.id, event.edition)
        span = anchor.start, anchor.end
        subject = subject_at(passages, event.edition, anchor.passage, span)
        sender = (
            organisation_by_id(reads, event.organisation)
            if event.organisation
            else None
        )
        return Submitted(
            id,
            event.timestamp,
            consultation,
            proposal,
            subject or Subject(event.edition),
            sender.name if sender else "",
            event.kind,
            event.text,
            event.wording,
            comment_by_id(reads, id),
            progress(events, numbered(reads, id), sealing_of(reads), clock()),
        )


def _is_own(request: Request, comment: Comment) -> bool:
    visitor = visitor_of(request)
    speaks_for = {id for id, _ in visitor.mandates}
    return (
        comment.author == visitor.person
        or comment.organisation in speaks_for
        or auditors(visitor, comment.consultation)
    )


def _lines(request: Request, submitted: Submitted) -> list[str]:
    language = language_of(request)
    address = site_of(request).address + url(
        request,
        "comment.show",
        consultation=submitted.consultation.id,
        comment=submitted.id,
        as_of=None,
    )
    number = submitted.row.position if submitted.row else say(request, "not known yet")
    facts = [
        (say(request, "Number in the log"), number),
        (say(request, "Recorded"), moment_text(submitted.at, language)),
        (say(request, "Consultation"), submitted.consultation.title),
        (say(request, "Proposal"), submitted.proposal.title),
        (say(request, "Version"), submitted.subject.version),
        (say(request, "Passage"), submitted.subject.label),
        (say(request, "On behalf of"), submitted.sender),
        (say(request, "Kind"), word(submitted.kind, "comment kind", language=language)),
        (say(request, "Address"), address),
        (say(request, "Id"), submitted.id),
    ]
    parts = [(say(request, "Words commented on"), submitted.subject.words)]
    if submitted.progress.versions[0].state == "erased":
        parts.append((say(request, "What was said"), say(request, ERASED)))
    else:
        parts.append((say(request, "What was said"), submitted.text))
        parts.append((say(request, "Proposed wording"), submitted.wording))
    lines = [say(request, "Receipt for a comment in Samråd"), ""]
    lines += [f"{name}: {value}" for name, value in facts if value != ""]
    for name, text in parts:
        if text:
            lines += ["", f"{name}:", *text.splitlines()]
    return lines
