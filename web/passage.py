"""One passage: why it reads as it does, how it came to, and what is said on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from domain.log import NotFound
from domain.redline import Run, blame, compare, lost
from domain.text import Passage, Text
from projections.comment_list import comments_on_passage
from projections.proposal import editions_of, passages_of
from projections.trace import (
    WordingRow,
    changes_between,
    comments_behind,
    issues_behind,
    wordings_of,
)
from web.access import (
    auditors,
    consultation_for,
    proposal_for,
    sight_of,
    works_on,
)
from web.comment_list import Entry, entries_for
from web.comparing import Reason, reasons
from web.consultation import may_comment, round_of
from web.formats.html import passage_html
from web.formats.redline import step_html
from web.pages import page
from web.paging import Paging
from web.reading import Version, chosen, current, versions_for
from web.unchanged import kept_by_browsers
from web.visitor import visitor_of

COMMENTS = 20
"""Comments on a page."""

What = Literal["first", "inserted", "changed", "moved", "deleted"]


@dataclass(frozen=True, slots=True)
class Turn:
    """A version in which something happened to the passage."""

    version: Version
    before: int
    """The number of the version before it, 0 for none."""
    what: What
    html: Markup
    """The words, as a redline against the version before if there is one."""
    reasons: list[Reason]


@kept_by_browsers
def show(request: Request) -> Response:
    """The passage as it stands, where its words came from, and its comments."""
    id: UUID = request.path_params["passage"]
    paging = Paging(request, int, size=COMMENTS)
    with request.state.reads(request.state.moment) as reads:
        consultation = consultation_for(request, reads)
        proposal = proposal_for(request, reads)
        versions = versions_for(request, proposal, editions_of(reads, proposal.id))
        version = chosen(request, versions, "version") or current(versions)
        wordings = wordings_of(reads, proposal.id, id)
        read_in = {
            one.number: wording
            for one in versions
            if one.number <= version.number
            for wording in wordings
            if wording.stands_in(one.number)
        }
        if not read_in:
            raise NotFound
        last = max(read_in)
        sight = sight_of(request, consultation.id)
        changes = changes_between(
            reads, proposal.id, versions[0].number, version.number, id
        )
        behind = issues_behind(
            reads, {issue for change in changes for issue in change.issues}, sight
        )
        turns = _turns(
            [one for one in versions if one.number <= version.number],
            read_in,
            reasons(changes, behind).get(id, []),
        )
        text = passages_of(reads, proposal.id, last)
        place = text.places[id]
        found = comments_on_passage(reads, proposal.id, last, id, sight, paging.stretch)
        entries = entries_for(
            reads,
            found.rows,
            sight,
            {consultation.id: consultation},
            {proposal.id: proposal},
            version=last,
        )
        passage = read_in[last].passage
        return page(
            request,
            "passage/show.html",
            block="comments",
            consultation=consultation,
            round=round_of(request, consultation, sight.at),
            proposal=proposal,
            version=version,
            valid=current(versions),
            stands=last == version.number,
            passage=passage,
            label=text.labels[place],
            section=_section(text[: place + 1]),
            neighbours=[
                (text[at].id, text.labels[at]) if 0 <= at < len(text) else None
                for at in (place - 1, place + 1)
            ],
            html=passage_html(passage),
            words=_words(turns, read_in),
            gone=_gone(turns, read_in),
            turns=turns,
            comments_behind=comments_behind(
                reads, {issue.id for issue in behind.values()}, sight, passage=id
            ),
            said=[(entry, _then_and_now(entry, text, wordings)) for entry in entries],
            paging=paging.of(found),
            works_here=works_on(request, consultation.id),
            may_see_log=auditors(visitor_of(request), consultation.id),
            may_comment=last == proposal.published
            and not proposal.is_withdrawn
            and may_comment(request, reads, consultation, sight.at),
        )


def _turns(
    versions: Sequence[Version],
    read_in: Mapping[int, WordingRow],
    why: Sequence[Reason],
) -> list[Turn]:
    """What happened to the passage, version by version; where nothing did, nothing."""
    turns: list[Turn] = []
    before = 0
    for version in versions:
        was, now = read_in.get(before), read_in.get(version.number)
        here = [
            reason for reason in why if before < reason.change.edition <= version.number
        ]
        what = _what(was, now, here, is_first=not before)
        if what:
            (step,) = compare(
                [was.passage] if was else [], [now.passage] if now else []
            )
            html = passage_html(step.passage) if what == "first" else step_html(step)
            turns.append(Turn(version, before, what, html, here))
        before = version.number
    return turns


def _what(
    was: WordingRow | None,
    now: WordingRow | None,
    why: Sequence[Reason],
    *,
    is_first: bool,
) -> What | None:
    if was is None:
        if now is None:
            return None
        return "first" if is_first else "inserted"
    if now is None:
        return "deleted"
    if was.passage != now.passage:
        return "changed"
    return "moved" if any(one.change.op == "move" for one in why) else None


def _texts(
    turns: Sequence[Turn], read_in: Mapping[int, WordingRow]
) -> tuple[list[Version], list[str]]:
    """The versions that brought other words, and the words."""
    worded = [turn.version for turn in turns if turn.what not in ("moved", "deleted")]
    return worded, [read_in[one.number].passage.text for one in worded]


def _words(
    turns: Sequence[Turn], read_in: Mapping[int, WordingRow]
) -> list[tuple[Version, str]]:
    """The passage's words in runs, each with the version that it came in with."""
    worded, texts = _texts(turns, read_in)
    return [(worded[run.at], run.text) for run in blame(texts)]


def _gone(
    turns: Sequence[Turn], read_in: Mapping[int, WordingRow]
) -> list[tuple[Version, str]]:
    """The words that the passage lost, each run with the version it went with."""
    worded, texts = _texts(turns, read_in)
    runs: list[Run] = lost(texts)
    return [(worded[run.at], run.text.strip()) for run in runs if run.text.strip()]


def _section(passages: Sequence[Passage]) -> str:
    """The heading that the last of the passages stands under; "" for none."""
    *above, passage = passages
    headings = [one for one in above if one.kind == "heading"]
    if passage.kind == "heading":
        headings = [one for one in headings if one.level < passage.level]
    return headings[-1].text if headings else ""


def _then_and_now(
    entry: Entry, text: Text, wordings: Sequence[WordingRow]
) -> tuple[str, str] | None:
    """What a comment was made on and what stands there now, if that differs."""
    comment, place = entry.comment, entry.placement
    if place is None or place.state in ("made", "exact") or not comment.text:
        return None
    whole = next(
        (
            wording.passage.text
            for wording in wordings
            if comment.passage == wording.passage.id
            and wording.stands_in(comment.edition)
        ),
        "",
    )
    standing = text.passage(place.passage)
    now = standing.text if standing else ""
    if place.state == "removed":
        now = ""
    elif place.start_at < place.end_at:
        now = now[place.start_at : place.end_at]
    then = comment.quote or whole
    return (then, now) if then and then != now else None
