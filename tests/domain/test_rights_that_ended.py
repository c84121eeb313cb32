"""Roles and mandates that ended after a form was opened: the log decides, at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest

from domain.anchor import Anchor
from domain.answer import (
    approve_answer,
    decide_disposition,
    draft_answer,
    publish_answers,
)
from domain.comment import NotTheAuthor
from domain.consultee import invite_consultees, remove_consultees
from domain.gathering import (
    gather_comments,
    merge_issues,
    raise_issue,
    release_comments,
    rename_issue,
    split_issue,
)
from domain.inbox import (
    assign_comments,
    clear_comments,
    code_comments,
    confirm_anchor,
    withhold_comments,
)
from domain.log import SYSTEM, Log, NotAllowed
from domain.organisation import end_mandate, give_mandate
from domain.period import close_consultation, extend_period
from domain.person import NoMandate
from domain.planning import change_details, revise_codebook
from domain.proposal import (
    draft_proposal,
    publish_proposal,
    redraft_proposal,
    withdraw_proposal,
)
from domain.revision import (
    abandon_revision,
    adopt_revision,
    drop_change,
    make_change,
    move_revision,
    place_stragglers,
    review_revision,
    start_revision,
)
from domain.role import revoke_role
from domain.submission import amend_comment, submit_comment, withdraw_comment
from projections.follower import Follower
from projections.reads import ReadPool
from tests.story import (
    CLOSES_AT,
    NOW,
    a_comment,
    a_consultation,
    a_person,
    a_proposal,
    a_revision,
    an_issue,
    an_organisation,
    passages,
    replacing,
)


def test_the_secretariats_work_ends_with_the_role(log: Log) -> None:
    round = a_consultation(log)
    chair = a_person(log, role="chair", consultation=round)
    text = a_proposal(log, round, by=chair)
    draft = a_proposal(log, round, published=False, by=chair)
    comments = [a_comment(log, text) for _ in range(3)]
    issue = an_issue(
        log, round, comments[:2], disposition="noted", answer="Ja.", by=chair
    )
    other = an_issue(log, round, by=chair)
    change = replacing(log, text, 1, "A")
    revision = a_revision(log, text, [change], by=chair)
    review_revision(log, id=revision, note="", by=chair, now=NOW)
    revoke_role(log, person=chair, role="chair", consultation=round, by=SYSTEM, now=NOW)
    by, now = chair, NOW
    acts: list[Callable[[], object]] = [
        lambda: change_details(
            log, id=round, title="X", access="open", display="at_once", by=by, now=now
        ),
        lambda: revise_codebook(log, id=round, themes=[], by=by, now=now),
        lambda: invite_consultees(log, id=round, organisations=[], by=by, now=now),
        lambda: remove_consultees(
            log,
            id=round,
            organisations=[],
            commented=[],
            reason="X",
            by=by,
            now=now,
        ),
        lambda: extend_period(
            log,
            id=round,
            closes_at=CLOSES_AT + timedelta(days=1),
            reason="",
            by=by,
            now=now,
        ),
        lambda: close_consultation(log, id=round, by=by, now=now),
        lambda: draft_proposal(
            log,
            id=uuid4(),
            consultation=round,
            title="X",
            order=3,
            passages=passages(),
            by=by,
            now=now,
        ),
        lambda: redraft_proposal(
            log, id=draft, title="X", passages=passages(), by=by, now=now
        ),
        lambda: publish_proposal(log, id=draft, by=by, now=now),
        lambda: withdraw_proposal(log, id=text, reason="", by=by, now=now),
        lambda: clear_comments(log, ids=comments, by=by, now=now),
        lambda: withhold_comments(log, ids=comments, reason="X", by=by, now=now),
        lambda: code_comments(log, ids=comments, add=["work"], by=by, now=now),
        lambda: assign_comments(log, ids=comments, officer=None, by=by, now=now),
        lambda: confirm_anchor(log, id=comments[0], anchor=None, by=by, now=now),
        lambda: raise_issue(
            log,
            id=uuid4(),
            consultation=round,
            proposal=None,
            title="X",
            comments=[],
            by=by,
            now=now,
        ),
        lambda: rename_issue(log, id=issue, title="X", by=by, now=now),
        lambda: gather_comments(log, id=issue, comments=comments, by=by, now=now),
        lambda: release_comments(log, id=issue, comments=comments[:1], by=by, now=now),
        lambda: merge_issues(log, id=issue, into=other, by=by, now=now),
        lambda: split_issue(
            log,
            id=issue,
            new=uuid4(),
            title="X",
            comments=comments[:1],
            proposal=None,
            by=by,
            now=now,
        ),
        lambda: decide_disposition(
            log, id=issue, disposition="noted", reason="", by=by, now=now
        ),
        lambda: draft_answer(log, id=issue, text="X", by=by, now=now),
        lambda: approve_answer(log, id=issue, by=by, now=now),
        lambda: publish_answers(log, ids=[issue], by=by, now=now),
        lambda: start_revision(
            log, id=uuid4(), proposal=text, title="X", by=by, now=now
        ),
        lambda: make_change(log, id=revision, changes=[change], by=by, now=now),
        lambda: drop_change(log, id=revision, change=change["id"], by=by, now=now),
        lambda: move_revision(log, id=revision, by=by, now=now),
        lambda: review_revision(log, id=revision, note="", by=by, now=now),
        lambda: adopt_revision(log, id=revision, anchors={}, by=by, now=now),
        lambda: abandon_revision(log, id=revision, reason="", by=by, now=now),
        lambda: place_stragglers(log, proposal=text, anchors={}, by=by, now=now),
    ]
    before = log.head()
    for act in acts:
        with pytest.raises(NotAllowed):
            act()
    assert log.head() == before


def test_nothing_is_assigned_to_an_officer_who_has_left(log: Log) -> None:
    round = a_consultation(log)
    comment = a_comment(log, a_proposal(log, round))
    officer = a_person(log, role="officer", consultation=round)
    revoke_role(
        log, person=officer, role="officer", consultation=round, by=SYSTEM, now=NOW
    )
    with pytest.raises(NotAllowed):
        assign_comments(log, ids=[comment], officer=officer, by=SYSTEM, now=NOW)


@pytest.mark.parametrize("how", ["ended", "run out"])
def test_an_organisations_voice_ends_with_the_mandate(
    log: Log, follower: Follower, reads: ReadPool, how: str
) -> None:
    body = an_organisation(log)
    speaker = a_person(log, speaks_for=body)
    text = a_proposal(log, a_consultation(log))
    comment = a_comment(log, text, organisation=body, by=speaker)
    follower.catch_up()
    later = NOW + timedelta(hours=1)
    if how == "ended":
        end_mandate(log, person=speaker, organisation=body, by=SYSTEM, now=NOW)
    else:
        give_mandate(
            log,
            person=speaker,
            organisation=body,
            begins=NOW,
            ends=later,
            by=SYSTEM,
            now=NOW,
        )
    with pytest.raises(NoMandate):
        submit_comment(
            log,
            id=uuid4(),
            proposal=text,
            edition=1,
            anchor=Anchor(None),
            kind="general",
            text="Bra.",
            organisation=body,
            by=speaker,
            now=later,
        )
    with pytest.raises(NotTheAuthor):
        amend_comment(
            log,
            id=comment,
            kind="general",
            text="Annat.",
            wording="",
            by=speaker,
            now=later,
        )
    with pytest.raises(NotTheAuthor):
        withdraw_comment(log, id=comment, by=speaker, now=later)
    # The pages have not heard of it yet.
    with reads() as known:
        (mandate,) = known.tuples(
            "SELECT organisation, ends FROM mandate WHERE person = %s", (speaker,)
        )
    assert mandate == (body, None)
