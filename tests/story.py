"""What has happened before a test begins, in the words of the domain.

Each function records something through the real commands and gives the id of the thing.
The operator does it unless `by` says who; whatever a test does not care about has a
plausible value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID, uuid4

from domain.anchor import Anchor
from domain.answer import (
    approve_answer,
    decide_disposition,
    draft_answer,
    publish_answers,
)
from domain.change import PassageChange
from domain.erasing import request_erasure
from domain.gathering import raise_issue
from domain.log import SYSTEM, Log
from domain.organisation import give_mandate, register_organisation
from domain.period import open_consultation
from domain.person import Role, register_person
from domain.planning import plan_consultation, revise_codebook
from domain.proposal import Proposal, Standing, draft_proposal, publish_proposal
from domain.revision import (
    adopt_revision,
    make_change,
    review_revision,
    start_revision,
)
from domain.role import grant_role
from domain.submission import submit_comment
from domain.text import Kind, Passage
from projections.comment import standings_on
from projections.reads import Reads

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
"""When everything happens that a test does not date."""
CLOSES_AT = datetime(2099, 12, 31, 22, 59, tzinfo=UTC)
"""A deadline that no test outlives, whatever clock it asks."""

TEXT: Sequence[tuple[Kind, str]] = (
    ("heading", "Arbetsmiljö och villkor"),
    ("paragraph", "Regionerna ska erbjuda alla nyanställda en egen mentor."),
    ("heading", "Utbildning"),
    ("paragraph", "Antalet platser på sjuksköterskeprogrammet ökar med hundra."),
    ("paragraph", "Lärosätena redovisar varje år hur platserna har använts."),
)
THEMES = {"work": "Arbetsmiljö", "education": "Utbildning", "cost": "Kostnader"}


def an_organisation(
    log: Log, name: str = "Region Norrskog", kind: str = "region", *, by: UUID = SYSTEM
) -> UUID:
    """An organisation in the register."""
    id = uuid4()
    register_organisation(log, id=id, name=name, kind=kind, by=by, now=NOW)
    return id


def a_person(
    log: Log,
    name: str = "Astrid Lind",
    *,
    email: str = "",
    public_name: bool = True,
    role: Role | None = None,
    consultation: UUID | None = None,
    speaks_for: UUID | None = None,
) -> UUID:
    """Somebody who can sign in, perhaps with a role (by default in all rounds)."""
    id = uuid4()
    email = email or f"{id.hex}@example.se"
    register_person(
        log, id=id, name=name, email=email, public_name=public_name, by=id, now=NOW
    )
    if role is not None:
        grant_role(
            log, person=id, role=role, consultation=consultation, by=SYSTEM, now=NOW
        )
    if speaks_for is not None:
        give_mandate(
            log,
            person=id,
            organisation=speaks_for,
            begins=NOW,
            ends=None,
            by=SYSTEM,
            now=NOW,
        )
    return id


def a_consultation(
    log: Log,
    title: str = "Nationell plan för kompetensförsörjning",
    *,
    open: bool = True,
    closes_at: datetime = CLOSES_AT,
    themes: Mapping[str, str] = THEMES,
    by: UUID = SYSTEM,
    now: datetime = NOW,
    **rest: str,
) -> UUID:
    """A round with a codebook, open for comments unless told otherwise.

    `rest` is handed on: access, display, summary, title_en and so on.
    """
    id = uuid4()
    plan_consultation(
        log, id=id, title=title, closes_at=closes_at, by=by, now=now, **rest
    )
    if themes:
        codebook = [{"key": key, "title": name} for key, name in themes.items()]
        revise_codebook(log, id=id, themes=codebook, by=by, now=now)
    if open:
        open_consultation(log, id=id, by=by, now=now)
    return id


def passages(text: Sequence[tuple[Kind, str]] = TEXT) -> list[Passage]:
    """A text as passages with new ids; headings have level 2."""
    return [
        Passage(uuid4(), kind, 2 if kind == "heading" else 0, words)
        for kind, words in text
    ]


def a_proposal(
    log: Log,
    consultation: UUID,
    title: str = "Förslag om arbetsmiljö",
    *,
    text: Sequence[tuple[Kind, str]] = TEXT,
    order: int = 1,
    published: bool = True,
    by: UUID = SYSTEM,
    now: datetime = NOW,
) -> UUID:
    """A proposal, published as its first version unless told otherwise."""
    id = uuid4()
    draft_proposal(
        log,
        id=id,
        consultation=consultation,
        title=title,
        order=order,
        passages=passages(text),
        by=by,
        now=now,
    )
    if published:
        publish_proposal(log, id=id, by=by, now=now)
    return id


def text_of(log: Log, proposal: UUID) -> tuple[Passage, ...]:
    """The proposal's text as it stands, published or not."""
    return log.look(Proposal, proposal).passages


def on(log: Log, proposal: UUID, passage: int | None, words: str = "") -> Anchor:
    """An anchor on the whole proposal, on its nth passage, or on words in that."""
    if passage is None:
        return Anchor(None)
    found = text_of(log, proposal)[passage]
    if not words:
        return Anchor(found.id)
    start = found.text.index(words)
    return Anchor.at(found.id, found.text, start, start + len(words))


def a_comment(
    log: Log,
    proposal: UUID,
    passage: int | None = 1,
    words: str = "",
    *,
    text: str = "Detta behöver bli tydligare.",
    kind: str = "general",
    wording: str = "",
    organisation: UUID | None = None,
    by: UUID | None = None,
    now: datetime = NOW,
) -> UUID:
    """A comment on the proposal's newest text, by somebody new unless told who."""
    id = uuid4()
    submit_comment(
        log,
        id=id,
        proposal=proposal,
        edition=log.look(Proposal, proposal).edition,
        anchor=on(log, proposal, passage, words),
        kind=kind,
        text=text,
        wording=wording,
        organisation=organisation,
        by=by or a_person(log, speaks_for=organisation),
        now=now,
    )
    return id


def an_issue(
    log: Log,
    consultation: UUID,
    comments: Sequence[UUID] = (),
    title: str = "Stödet till nyanställda",
    *,
    proposal: UUID | None = None,
    disposition: str = "",
    answer: str = "",
    published: bool = False,
    by: UUID = SYSTEM,
    now: datetime = NOW,
) -> UUID:
    """An issue; with a disposition and an answer it is approved too."""
    id = uuid4()
    raise_issue(
        log,
        id=id,
        consultation=consultation,
        proposal=proposal,
        title=title,
        comments=list(comments),
        by=by,
        now=now,
    )
    if disposition:
        reason = "Det ligger i linje med uppdraget."
        decide_disposition(
            log, id=id, disposition=disposition, reason=reason, by=by, now=now
        )
    if answer:
        draft_answer(log, id=id, text=answer, by=by, now=now)
    if disposition and answer:
        approve_answer(log, id=id, by=by, now=now)
        if published:
            publish_answers(log, ids=[id], by=by, now=now)
    return id


def an_erasure(
    log: Log,
    target: UUID,
    kind: str = "comment",
    *,
    id: UUID | None = None,
    comments: Sequence[UUID] = (),
    ground: str = "gdpr_17_1_b",
    by: UUID = SYSTEM,
    now: datetime = NOW,
) -> UUID:
    """A request that a comment, or a person's data, be erased."""
    id = id or uuid4()
    request_erasure(
        log,
        id=id,
        kind=kind,
        target=target,
        comments=comments,
        ground=ground,
        by=by,
        now=now,
    )
    return id


def replacing(
    log: Log,
    proposal: UUID,
    passage: int,
    text: str,
    *,
    reason: str = "Tydligare så.",
    issues: Sequence[UUID] = (),
) -> PassageChange:
    """The change that gives a proposal's nth passage another text."""
    old = text_of(log, proposal)[passage]
    return {
        "id": uuid4().hex,
        "op": "replace",
        "passage": old.id.hex,
        "kind": old.kind,
        "level": old.level,
        "text": text,
        "marks": [],
        "reason": reason,
        "issues": [issue.hex for issue in issues],
    }


def a_revision(
    log: Log,
    proposal: UUID,
    changes: Sequence[PassageChange] = (),
    title: str = "Efter vårens synpunkter",
    *,
    by: UUID = SYSTEM,
    now: datetime = NOW,
) -> UUID:
    """A revision that somebody works on, with some changes made."""
    id = uuid4()
    start_revision(log, id=id, proposal=proposal, title=title, by=by, now=now)
    if changes:
        make_change(log, id=id, changes=changes, by=by, now=now)
    return id


def an_adopted_revision(
    log: Log,
    proposal: UUID,
    changes: Sequence[PassageChange] = (),
    *,
    reads: Reads | None = None,
    published: bool = True,
    by: UUID = SYSTEM,
    now: datetime = NOW,
) -> UUID:
    """A revision that made the next edition; by default it rewords passage 1.

    With `reads` (which the follower must have caught up) comments are placed in it.
    """
    mentors = "Regionerna ska erbjuda alla nyanställda en erfaren mentor i ett år."
    changes = changes or [replacing(log, proposal, 1, mentors)]
    id = a_revision(log, proposal, changes, by=by, now=now)
    review_revision(log, id=id, note="", by=by, now=now)
    anchors: Mapping[UUID, Standing] = {}
    if reads is not None:
        edition = log.look(Proposal, proposal).edition + 1
        anchors = standings_on(reads, proposal, not_in=edition)
    adopt_revision(log, id=id, anchors=anchors, by=by, now=now)
    if published:
        publish_proposal(log, id=proposal, by=by, now=now)
    return id
