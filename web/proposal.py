"""A proposal: its text as it is read, and any two versions of it compared."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from domain.redline import compare as compared
from projections.beside import beside
from projections.proposal import editions_of, passages_of, text_of, withdrawal_of
from projections.reads import Reads
from projections.trace import (
    changes_between,
    comments_behind,
    issues_behind,
    news_in,
)
from web.access import consultation_for, proposal_for, sight_of, works_on
from web.addresses import url
from web.comparing import SHOWN_AT_MOST, Comparison, reasons, told
from web.consultation import may_comment, round_of
from web.formats.grouping import groups
from web.numbered import Numbered
from web.pages import page
from web.portions import asked_portion, named, portions
from web.reading import (
    HERE,
    News,
    Shown,
    Version,
    Ways,
    around,
    chosen,
    current,
    heading_tags,
    outline,
    versions_for,
    without_title,
)
from web.unchanged import kept_by_browsers


@kept_by_browsers
def show(request: Request) -> Response:
    """A version of the text, a portion at a time, with what is said beside it."""
    with request.state.reads(request.state.moment) as reads:
        consultation = consultation_for(request, reads)
        proposal = proposal_for(request, reads)
        versions = versions_for(request, proposal, editions_of(reads, proposal.id))
        version = chosen(request, versions, "version") or current(versions)
        sight = sight_of(request, consultation.id)
        offered = (
            version.state == "current"
            and not proposal.is_withdrawn
            and may_comment(request, reads, consultation, sight.at)
        )
        said = beside(reads, proposal.id, version.number, sight)
        whole = text_of(reads, proposal.id, version.row)
        counts = said.counts
        passages, printed = without_title(whole, whole.labels, proposal.title, counts)
        parts = portions(passages)
        part = asked_portion(request, passages, parts)
        text = passages[parts[part].start : parts[part].stop]
        ids = [passage.id for passage in text]
        news = _news(reads, proposal.id, versions, version, ids)
        tags = heading_tags(passages, printed)

        ways = _ways(request, version, may_comment=offered)
        return page(
            request,
            "proposal/show.html",
            block="portion",
            consultation=consultation,
            round=round_of(request, consultation, sight.at),
            proposal=proposal,
            withdrawal=withdrawal_of(reads, proposal.id)
            if proposal.is_withdrawn
            else None,
            versions=versions,
            version=version,
            valid=current(versions),
            works_here=works_on(request, consultation.id),
            sections=around(outline(passages, printed, parts, counts), part),
            part=part + 1,
            part_before=named(parts, part - 1, passages, printed),
            part_after=named(parts, part + 1, passages, printed),
            text=groups(text),
            shown={
                passage.id: Shown(
                    passage,
                    label,
                    said.quoted.get(passage.id, ()),
                    counts.get(passage.id, 0),
                    *news.get(passage.id, ("", version.number)),
                    tags.get(passage.id, ""),
                    ways,
                )
                for passage, label in zip(
                    text, printed[parts[part].start :], strict=False
                )
            },
            on_whole=counts.get(None, 0),
            comments=sum(counts.values()),
            may_comment=offered,
        )


def _ways(request: Request, version: Version, *, may_comment: bool) -> Ways:
    """The links beside every passage of a version."""

    def to(name: str) -> str:
        places = {**request.path_params, "passage": HERE}
        return url(request, name, **places, version=version.number)

    reply = to("comment.new") if may_comment else ""
    return Ways(to("passage.show"), to("comment.on_passage"), reply)


def _news(
    reads: Reads,
    proposal: UUID,
    versions: Sequence[Version],
    version: Version,
    passages: Sequence[UUID],
) -> dict[UUID, tuple[News, int]]:
    """Passages that do not read as in the first version that the visitor may read:
    whether they are new, and the version they came in with."""
    first = versions[0].number
    rows = news_in(reads, proposal, version.number, passages)
    found: dict[UUID, tuple[News, int]] = {}
    for id, (since, stood_before) in rows.items():
        if since > first:
            shown = next(v.number for v in versions if v.number >= since)
            found[id] = "changed" if stood_before else "new", shown
    return found


@kept_by_browsers
def compare(request: Request) -> Response:
    """What differs between two versions, passage by passage, and why."""
    paging = Numbered(request, size=SHOWN_AT_MOST)
    with request.state.reads(request.state.moment) as reads:
        consultation = consultation_for(request, reads)
        proposal = proposal_for(request, reads)
        versions = versions_for(request, proposal, editions_of(reads, proposal.id))
        old, new = _asked_pair(request, versions)
        sight = sight_of(request, consultation.id)
        before = passages_of(reads, proposal.id, old.number)
        after = passages_of(reads, proposal.id, new.number)
        changes = changes_between(reads, proposal.id, old.number, new.number)
        behind = issues_behind(
            reads, {issue for change in changes for issue in change.issues}, sight
        )
        comparison = Comparison(before, after, compared(before, after))
        blocks = comparison.blocks(paging.offset, paging.limit)
        return page(
            request,
            "proposal/compare.html",
            consultation=consultation,
            round=round_of(request, consultation, sight.at),
            works_here=works_on(request, consultation.id),
            comments_behind=comments_behind(
                reads, {issue.id for issue in behind.values()}, sight
            ),
            proposal=proposal,
            versions=versions,
            old=old,
            new=new,
            counts=comparison.counts,
            blocks=blocks,
            told=told(blocks),
            reasons=reasons(changes, behind),
            paging=paging.of(comparison.total),
        )


def _asked_pair(
    request: Request, versions: Sequence[Version]
) -> tuple[Version, Version]:
    """The versions to compare, the older first: by default the valid one and the one
    before it."""
    new = chosen(request, versions, "to") or current(versions)
    earlier = [one for one in versions if one.number < new.number]
    old = chosen(request, versions, "from") or (earlier[-1] if earlier else new)
    return (old, new) if old.number <= new.number else (new, old)
