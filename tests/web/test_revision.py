"""Revisions: worked on passage by passage, previewed, reviewed, adopted or given up."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from time import monotonic
from typing import Any, cast
from uuid import UUID, uuid4

import psycopg
import pytest

from domain.change import PassageChange
from domain.log import SYSTEM, Log
from domain.proposal import Proposal, redraft_proposal
from domain.revision import Revision, adopt_revision, make_change, review_revision
from domain.text import Kind
from projections.comment import standings_on
from projections.comment_list import placements_in
from projections.reads import ReadPool
from projections.rebuild import WRITING
from tests.client import PageClient
from tests.story import (
    NOW,
    a_comment,
    a_consultation,
    a_person,
    a_proposal,
    a_revision,
    an_adopted_revision,
    an_issue,
    replacing,
    text_of,
)
from tests.web.conftest import Browsers
from web.joining import fingerprint

MENTOR = "Regionerna ska erbjuda alla nyanställda en egen mentor."
IN_PLACE = {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.fixture
def round(log: Log) -> UUID:
    return a_consultation(log)


@pytest.fixture
def proposal(log: Log, round: UUID) -> UUID:
    return a_proposal(log, round)


@pytest.fixture
def revision(log: Log, proposal: UUID) -> UUID:
    return a_revision(log, proposal)


@pytest.fixture
def editor(browsers: Browsers, log: Log, round: UUID, revision: UUID) -> PageClient:
    return browsers.of(a_person(log, "Eva Ek", role="editor", consultation=round))


def at(round: UUID, revision: object = "", act: str = "") -> str:
    parts = [f"/consultations/{round}/revisions", str(revision), act]
    return "/".join(filter(None, parts))


def on(log: Log, proposal: UUID, nth: int, act: str = "edit") -> str:
    return f"passages/{text_of(log, proposal)[nth].id}/{act}"


def reworded(log: Log, proposal: UUID, nth: int, text: str, **rest: object) -> dict:  # type: ignore[type-arg]
    passage = text_of(log, proposal)[nth]
    return {
        "id": str(uuid4()),
        "was": fingerprint(passage),
        "text": text,
        "kind": passage.kind,
        "level": str(passage.level),
        **rest,
    }


def changes(log: Log, revision: UUID) -> list[dict]:  # type: ignore[type-arg]
    return [dict(one) for one in log.look(Revision, revision).changes.values()]


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def redrafted(log: Log, proposal: UUID, first: int) -> None:
    """Replace the draft by its first passages."""
    redraft_proposal(
        log,
        id=proposal,
        title="Ett kortare utkast",
        passages=text_of(log, proposal)[:first],
        by=SYSTEM,
        now=NOW,
    )


# Starting


def test_a_revision_is_started_on_a_proposal_and_leads_to_its_text(
    editor: PageClient, log: Log, round: UUID, proposal: UUID
) -> None:
    id = uuid4()
    typed = {"id": str(id), "proposal": str(proposal), "title": "Efter hösten"}
    page = editor.post(at(round, "new"), data=typed)
    assert str(page.url).endswith(f"/revisions/{id}")
    assert "Efter hösten" in page.text
    assert MENTOR in page.text
    editor.post(at(round, "new"), data=typed)
    assert len(log.history(id)) == 1
    assert "Efter hösten" in editor.get(at(round)).text


def test_a_title_and_a_proposal_of_this_round_are_asked_for(
    editor: PageClient, browsers: Browsers, log: Log, round: UUID
) -> None:
    elsewhere = a_proposal(log, a_consultation(log, "Ett annat"))
    browsers.catch_up()
    typed = {"id": str(uuid4()), "proposal": str(elsewhere), "title": " "}
    page = editor.post(at(round, "new"), data=typed)
    assert page.status_code == 422
    assert "Skriv vad revideringen handlar om." in page.text
    assert "finns inte längre" in page.text


def test_officers_and_auditors_read_a_revision_but_only_editors_change_it(
    browsers: Browsers, log: Log, round: UUID, proposal: UUID, revision: UUID
) -> None:
    for role in ("officer", "auditor"):
        reader = browsers.of(a_person(log, role=role, consultation=round))
        page = reader.get(at(round, revision))
        assert MENTOR in page.text
        assert "Redigera" not in page.text
        form = at(round, revision, on(log, proposal, 1))
        assert reader.get(form).status_code == 403
        typed = reworded(log, proposal, 1, "Nytt.")
        assert reader.post(form, data=typed).status_code == 403
    assert browsers.of(a_person(log)).get(at(round, revision)).status_code == 403
    assert changes(log, revision) == []


def test_a_revision_of_another_round_is_not_here(
    editor: PageClient, browsers: Browsers, log: Log, round: UUID
) -> None:
    other = a_consultation(log, "Ett annat")
    theirs = a_revision(log, a_proposal(log, other))
    browsers.catch_up()
    for act in ("", "preview", "adopt", "abandon", "insert"):
        assert editor.get(at(round, theirs, act)).status_code == 404
    for act in ("review", "adopt", "move-on"):
        assert editor.post(at(round, theirs, act)).status_code == 404


# Changing passages


def test_a_passage_is_reworded_with_reason_and_issue_and_shown_as_a_redline(
    editor: PageClient,
    browsers: Browsers,
    log: Log,
    round: UUID,
    proposal: UUID,
    revision: UUID,
) -> None:
    comment = a_comment(log, proposal, 1, "egen mentor")
    issue = an_issue(log, round, [comment], "Mentorer", disposition="accepted")
    browsers.catch_up()
    form = at(round, revision, on(log, proposal, 1))
    page = editor.get(form).text
    assert "Mentorer" in page
    assert "Detta behöver bli tydligare." in page
    typed = reworded(
        log,
        proposal,
        1,
        "Regionerna ska erbjuda alla nyanställda en **erfaren** mentor.",
        reason="Erfarenhet krävs.",
        issues=str(issue),
    )
    page = editor.post(form, data=typed).text
    assert "<del>egen</del><ins>erfaren</ins>" in page
    assert "Erfarenhet krävs." in page
    assert "Mentorer" in page
    (change,) = changes(log, revision)
    assert change["marks"] == [[43, 50, "strong", ""]]
    assert change["issues"] == [issue.hex]


def test_a_second_edit_of_a_passage_joins_the_first_and_undoing_takes_it_out(
    editor: PageClient, log: Log, round: UUID, proposal: UUID, revision: UUID
) -> None:
    form = at(round, revision, on(log, proposal, 1))
    editor.post(form, data=reworded(log, proposal, 1, "En gång."))
    page = editor.get(form).text
    was = re.search(r'name="was" value="(\w+)"', page)
    assert was
    editor.post(form, data=reworded(log, proposal, 1, "Två gånger.", was=was[1]))
    (change,) = changes(log, revision)
    assert change["text"] == "Två gånger."
    page = editor.post(at(round, revision, f"changes/{UUID(change['id'])}/drop")).text
    assert changes(log, revision) == []
    assert MENTOR in page


def test_what_someone_else_changed_meanwhile_is_shown_and_the_text_is_kept(
    editor: PageClient, log: Log, round: UUID, proposal: UUID, revision: UUID
) -> None:
    form = at(round, revision, on(log, proposal, 1))
    mine = reworded(log, proposal, 1, "Min lydelse.", reason="Mitt skäl.")
    editor.post(form, data=reworded(log, proposal, 1, "Den andras lydelse."))
    page = editor.post(form, data=mine)
    assert page.status_code == 409
    assert "Min lydelse." in page.text
    assert "Mitt skäl." in page.text
    assert "<blockquote>Den andras lydelse.</blockquote>" in page.text
    was = re.search(r'name="was" value="(\w+)"', page.text)
    assert was
    editor.post(form, data={**mine, "was": was[1]})
    assert [one["text"] for one in changes(log, revision)] == ["Min lydelse."]


def test_sending_a_change_twice_records_it_once(
    editor: PageClient, log: Log, round: UUID, proposal: UUID, revision: UUID
) -> None:
    form = at(round, revision, on(log, proposal, 1))
    typed = reworded(log, proposal, 1, "En gång.")
    assert editor.post(form, data=typed).status_code == 200
    assert editor.post(form, data=typed).status_code == 200
    assert len(log.history(revision)) == 2


def test_nothing_typed_is_lost_when_the_proposal_has_moved_on(
    editor: PageClient,
    browsers: Browsers,
    log: Log,
    round: UUID,
    proposal: UUID,
    revision: UUID,
) -> None:
    form = at(round, revision, on(log, proposal, 3))
    typed = reworded(log, proposal, 3, "Hundra platser till.", reason="Fler behövs.")
    an_adopted_revision(log, proposal)
    browsers.catch_up()
    page = editor.post(form, data=typed)
    assert page.status_code == 422
    assert "Hundra platser till." in page.text
    assert "Fler behövs." in page.text
    assert "version 2" in page.text
    page = editor.post(at(round, revision, "move-on"))
    assert "utgår nu från" in page.text
    editor.post(form, data=typed)
    assert [one["text"] for one in changes(log, revision)] == ["Hundra platser till."]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"text": " "}, "Skriv styckets text"),
        ({"kind": "poem"}, "Välj ett av alternativen."),
        ({"level": "77"}, "Välj ett av alternativen."),
        ({"issues": str(uuid4())}, "finns inte längre"),
        ({"issues": "nonsense"}, "Inget är ändrat än."),
        ({}, "Inget är ändrat än."),
    ],
)
def test_a_form_that_cannot_be_read_says_what_is_wrong(
    editor: PageClient,
    log: Log,
    round: UUID,
    proposal: UUID,
    revision: UUID,
    typed: dict[str, str],
    said: str,
) -> None:
    form = at(round, revision, on(log, proposal, 1))
    sent = reworded(log, proposal, 1, MENTOR, reason="Mitt skäl.") | typed
    page = editor.post(form, data=sent)
    assert page.status_code == 422
    assert said in page.text
    assert "Mitt skäl." in page.text
    assert changes(log, revision) == []


def test_a_proposed_wording_fills_the_form_and_keeps_what_was_typed(
    editor: PageClient,
    browsers: Browsers,
    log: Log,
    round: UUID,
    proposal: UUID,
    revision: UUID,
) -> None:
    comment = a_comment(log, proposal, 1, "egen mentor", wording="mentor i ett år")
    issue = an_issue(log, round, [comment], "Mentorer", disposition="accepted")
    browsers.catch_up()
    form = at(round, revision, on(log, proposal, 1))
    typed = reworded(log, proposal, 1, MENTOR, reason="Mitt skäl.", use=str(comment))
    page = editor.post(form, data=typed).text
    assert "Regionerna ska erbjuda alla nyanställda en mentor i ett år." in page
    assert "Mitt skäl." in page
    assert re.search(rf'value="{issue}" checked', page)
    assert changes(log, revision) == []
    assert (
        "mentor i ett år.</textarea>"
        in editor.get(form, params={"use": str(comment)}).text
    )


def test_a_new_passage_is_inserted_moved_and_taken_out_with_what_follows_it(
    editor: PageClient, log: Log, round: UUID, proposal: UUID, revision: UUID
) -> None:
    first, second = uuid4(), uuid4()
    last = text_of(log, proposal)[-1].id
    for id, after, text in ((first, last, "Ett nytt."), (second, first, "Ett till.")):
        page = editor.post(
            at(round, revision, "insert"),
            data={
                "id": str(id),
                "after": str(after),
                "text": text,
                "kind": "paragraph",
                "level": "0",
            },
        )
        assert f"<ins>{text}</ins>" in page.text
    page = editor.post(at(round, revision, f"changes/{first}/drop"))
    assert "Ett nytt." not in page.text
    assert "<ins>Ett till.</ins>" in page.text
    (change,) = changes(log, revision)
    assert change["after"] == last.hex


def test_a_heading_gets_a_level_and_a_passage_can_be_put_first(
    editor: PageClient, log: Log, round: UUID, revision: UUID
) -> None:
    typed = {"id": str(uuid4()), "after": "first", "text": "Inledning"}
    editor.post(
        at(round, revision, "insert"), data={**typed, "kind": "heading", "level": "0"}
    )
    (change,) = changes(log, revision)
    assert (change["after"], change["level"]) == (None, 1)


def test_a_passage_is_moved_and_moved_again_as_one_change(
    editor: PageClient, log: Log, round: UUID, proposal: UUID, revision: UUID
) -> None:
    text = text_of(log, proposal)
    form = at(round, revision, on(log, proposal, 4, "move"))
    assert editor.get(form).status_code == 200
    stays = editor.post(form, data={"id": str(uuid4()), "after": str(text[3].id)})
    assert stays.status_code == 422
    assert "står redan där" in stays.text
    for after in (text[0].id, "first"):
        editor.post(form, data={"id": str(uuid4()), "after": str(after)})
    (change,) = changes(log, revision)
    assert (change["op"], change["after"]) == ("move", None)
    page = editor.get(at(round, revision)).text
    assert "stod här och är flyttat" in page
    nowhere = editor.post(form, data={"id": str(uuid4()), "after": "nonsense"})
    assert nowhere.status_code == 422


def a_long_text() -> list[tuple[Kind, str]]:
    text: list[tuple[Kind, str]] = []
    for section in range(100):
        text.append(("heading", f"Avsnitt {section}"))
        text += [("paragraph", f"Sats {section}.{n}.") for n in range(5)]
    return text


def offered(page: str, name: str) -> list[str]:
    """What a form offers to choose from, by the name of its list."""
    listed = re.search(rf'<select[^>]* name="{name}".*?</select>', page, re.S)
    assert listed
    return re.findall(r"<option[^>]*>(.*?)</option>", listed[0])


def test_in_a_long_text_a_passage_is_moved_to_a_section_or_to_what_stands_near_it(
    browsers: Browsers, editor: PageClient, log: Log, round: UUID
) -> None:
    proposal = a_proposal(log, round, text=a_long_text())
    revision = a_revision(log, proposal)
    browsers.catch_up()
    page = editor.get(at(round, revision, on(log, proposal, 301, "move"))).text
    places = offered(page, "after")
    assert sum("Avsnitt" in place for place in places) == 100
    assert "50:5 Sats 49.4." in places
    assert "51:2 Sats 50.1." in places
    assert not any("Sats 10." in place for place in places)
    assert len(places) < 260
    assert "Av en lång text visas bara rubrikerna" in page


def test_in_a_long_text_a_place_is_chosen_in_the_section_one_goes_to(
    browsers: Browsers, editor: PageClient, log: Log, round: UUID
) -> None:
    proposal = a_proposal(log, round, text=a_long_text())
    comment = a_comment(log, proposal, 301, "Sats 50")
    browsers.catch_up()
    form = place_of(round, proposal, comment)
    page = editor.get(form).text
    assert "51:1 Sats 50.0." in offered(page, "passage")
    assert not any("Sats 10." in place for place in offered(page, "passage"))
    assert offered(page, "section")[10] == "11 Avsnitt 10"
    section = text_of(log, proposal)[60].id
    page = editor.get(f"{form}?section={section}").text
    assert f'<option value="{section}" selected>11 Avsnitt 10</option>' in page
    assert "11:5 Sats 10.4." in offered(page, "passage")


def test_a_passage_is_moved_step_by_step_and_the_reason_stays(
    editor: PageClient, log: Log, round: UUID, proposal: UUID, revision: UUID
) -> None:
    ids = [passage.id for passage in text_of(log, proposal)]
    form = at(round, revision, on(log, proposal, 4, "move"))
    page = editor.get(form).text
    assert all(f'name="step" value="{step}"' in page for step in ("up", "down"))
    why = {"id": str(uuid4()), "after": str(ids[3]), "reason": "Bättre ordning."}
    page = editor.post(form, data={**why, "step": "up"}).text
    assert 'name="step" value="up"' in page
    editor.post(form, data={"step": "up"})
    (change,) = changes(log, revision)
    assert (change["after"], change["reason"]) == (ids[1].hex, "Bättre ordning.")
    editor.post(form, data={"step": "down"})
    (change,) = changes(log, revision)
    assert change["after"] == ids[2].hex
    editor.post(form, data={"step": "down"})
    assert changes(log, revision) == []


def test_the_first_passage_goes_no_further_up(
    editor: PageClient, log: Log, round: UUID, proposal: UUID, revision: UUID
) -> None:
    form = at(round, revision, on(log, proposal, 0, "move"))
    page = editor.post(form, data={"id": str(uuid4()), "step": "up"})
    assert page.status_code == 422
    assert "står redan där" in page.text


def test_a_new_first_passage_is_written_in_place(
    editor: PageClient, log: Log, round: UUID, proposal: UUID, revision: UUID
) -> None:
    form = at(round, revision, "insert")
    assert f'hx-get="{form}"' in editor.get(at(round, revision)).text
    part = editor.get(form, headers=IN_PLACE).text
    assert 'id="new-after-first"' in part
    assert 'id="f-text-first-new"' in part


def test_a_passage_is_removed_and_the_reason_can_be_given_afterwards(
    editor: PageClient, log: Log, round: UUID, proposal: UUID, revision: UUID
) -> None:
    form = at(round, revision, on(log, proposal, 4, "remove"))
    page = editor.post(form, data={"id": str(uuid4())}).text
    assert "<del>Lärosätena redovisar" in page
    assert "Varken skäl eller sakfråga." in page
    editor.post(form, data={"id": str(uuid4()), "reason": "Det står i lagen."})
    (change,) = changes(log, revision)
    assert (change["op"], change["reason"]) == ("delete", "Det står i lagen.")
    assert "Det står i lagen." in editor.get(form).text


def test_htmx_gets_the_form_alone_with_ids_of_its_own(
    editor: PageClient, log: Log, round: UUID, proposal: UUID, revision: UUID
) -> None:
    ids = []
    for nth in (1, 3):
        form = at(round, revision, on(log, proposal, nth))
        part = editor.get(form, headers=IN_PLACE).text
        assert "<html" not in part
        ids += re.findall(r'id="(f-[^"]+)"', part)
    assert len(ids) == len(set(ids)) > 0


def test_only_changed_passages_are_shown_when_asked_and_comments_are_counted(
    editor: PageClient,
    browsers: Browsers,
    log: Log,
    round: UUID,
    proposal: UUID,
    revision: UUID,
) -> None:
    comments = [a_comment(log, proposal, 1), a_comment(log, proposal, 1)]
    an_issue(log, round, comments)
    make_change(
        log,
        id=revision,
        changes=[replacing(log, proposal, 1, "Kortare.")],
        by=SYSTEM,
        now=NOW,
    )
    browsers.catch_up()
    page = words(editor.get(at(round, revision)).text)
    assert "2 synpunkter en öppen sakfråga" in page
    assert "Lärosätena redovisar" in page
    only = words(editor.get(at(round, revision), params={"only": "changed"}).text)
    assert "Kortare" in only
    assert "Lärosätena redovisar" not in only


# Preview, review, adoption


def test_the_preview_tells_what_happens_to_text_and_comments(
    editor: PageClient,
    browsers: Browsers,
    log: Log,
    round: UUID,
    proposal: UUID,
    revision: UUID,
) -> None:
    a_comment(log, proposal, 1, "egen mentor")
    a_comment(log, proposal, 3, "Antalet platser")
    make_change(
        log,
        id=revision,
        changes=[
            replacing(
                log,
                proposal,
                1,
                "Regionerna ska erbjuda alla nyanställda en erfaren mentor.",
                reason="Erfarenhet krävs.",
            )
        ],
        by=SYSTEM,
        now=NOW,
    )
    browsers.catch_up()
    page = words(editor.get(at(round, revision, "preview")).text)
    assert "egen erfaren" in page
    assert "Erfarenhet krävs." in page
    part = at(round, revision, "preview/comments")
    assert f'href="{part}"' in editor.get(at(round, revision, "preview")).text
    assert "<html" not in editor.get(part, headers=IN_PLACE).text
    page = words(editor.get(part).text)
    assert "Förslaget har 2 synpunkter." in page
    assert "1 Oförändrad 0 Flyttad 0 Texten är ändrad 1 Texten är borttagen" in page
    assert "1 osäkra, ska bekräftas" in page
    assert "stycke 1:1 egen mentor Synpunkt" in page


def test_a_revision_is_reviewed_adopted_and_its_comments_placed(
    editor: PageClient,
    browsers: Browsers,
    log: Log,
    reads: ReadPool,
    round: UUID,
    proposal: UUID,
    revision: UUID,
) -> None:
    comment = a_comment(log, proposal, 1, "egen mentor")
    change = replacing(log, proposal, 1, "En erfaren mentor erbjuds alla.")
    make_change(log, id=revision, changes=[change], by=SYSTEM, now=NOW)
    browsers.catch_up()
    early = editor.post(at(round, revision, "adopt"))
    assert early.status_code == 422
    assert "Granska revideringen innan du antar den." in early.text
    page = editor.post(at(round, revision, "review"), data={"note": "Läst av två."})
    assert "Revideringen är granskad." in page.text
    told = words(editor.get(at(round, revision, "adopt")).text)
    assert "En ändring ger version 2 av Förslag om arbetsmiljö." in told
    page = editor.post(at(round, revision, "adopt"))
    assert "Revideringen är antagen och gav version 2." in page.text
    assert log.look(Proposal, proposal).edition == 2
    browsers.catch_up()
    with reads() as now:
        placed = now.value(
            "SELECT count(*) FROM placement WHERE comment = %s AND edition = 2",
            (comment,),
        )
    assert placed == 1
    assert "<del>" in editor.get(at(round, revision)).text
    again = editor.post(at(round, revision, "adopt"))
    assert again.status_code == 422


def test_a_revision_is_abandoned_for_a_reason(
    editor: PageClient, log: Log, round: UUID, revision: UUID
) -> None:
    form = at(round, revision, "abandon")
    assert editor.post(form, data={"reason": ""}).status_code == 422
    page = editor.post(form, data={"reason": "Förslaget dras om från början."}).text
    assert "Förslaget dras om från början." in page
    assert "Redigera" not in page
    assert log.look(Revision, revision).is_settled


def test_the_workspace_of_the_past_changes_nothing(
    editor: PageClient,
    browsers: Browsers,
    log: Log,
    round: UUID,
    proposal: UUID,
    revision: UUID,
) -> None:
    before = log.head()
    change = replacing(log, proposal, 1, "Kortare.")
    make_change(log, id=revision, changes=[change], by=SYSTEM, now=NOW)
    browsers.catch_up()
    past = editor.get(at(round, revision), params={"as_of": str(before)}).text
    assert "Kortare" not in past
    assert MENTOR in past
    assert "Redigera" not in past


# Where comments stand


def place_of(round: UUID, proposal: UUID, act: object = "") -> str:
    parts = [f"/consultations/{round}/proposals/{proposal}/anchors", str(act)]
    return "/".join(filter(None, parts))


@pytest.fixture
def uncertain(
    log: Log, proposal: UUID, revision: UUID, browsers: Browsers, reads: ReadPool
) -> UUID:
    """A comment on words that the next version turned around."""
    comment = a_comment(log, proposal, 4, "Lärosätena redovisar varje år")
    turned = "Varje år berättar lärosätena om platserna."
    browsers.catch_up()
    with reads() as now:
        changes = [replacing(log, proposal, 4, turned)]
        an_adopted_revision(log, proposal, changes, reads=now)
    browsers.catch_up()
    return comment


def test_a_comment_is_followed_from_where_it_stood_in_the_version_before(
    browsers: Browsers, log: Log, proposal: UUID, reads: ReadPool
) -> None:
    old = text_of(log, proposal)[4].text
    quoted = "Lärosätena redovisar varje år"
    comment = a_comment(log, proposal, 4, quoted)
    for text in (f"Först detta. {old}", f"Sist in. Först detta. {old}"):
        browsers.catch_up()
        with reads() as now:
            change = replacing(log, proposal, 4, text)
            an_adopted_revision(log, proposal, [change], reads=now)
    browsers.catch_up()
    with reads() as now:
        (row,) = now.tuples(
            "SELECT start_at, end_at, state, certain FROM placement"
            " WHERE comment = %s AND edition = 3",
            (comment,),
        )
    start = text.index(quoted)
    assert row == (start, start + len(quoted), "exact", True)


def test_a_comment_that_comes_during_the_adoption_gets_its_place_with_it(
    editor: PageClient, log: Log, database: str, round: UUID, proposal: UUID,
    revision: UUID, browsers: Browsers, reads: ReadPool,
) -> None:  # fmt: skip
    change = replacing(log, proposal, 4, "Något helt annat.")
    make_change(log, id=revision, changes=[change], by=SYSTEM, now=NOW)
    review_revision(log, id=revision, note="", by=SYSTEM, now=NOW)
    browsers.catch_up()
    with (
        ThreadPoolExecutor(1) as pool,
        psycopg.connect(database, autocommit=True) as follower,
    ):
        # The tables stand still, so that the adoption does not know of the comment.
        follower.execute("SELECT pg_advisory_lock(%s)", (WRITING,))
        comment = a_comment(log, proposal, 1)
        adoption = pool.submit(editor.post, at(round, revision, "adopt"))
        until = monotonic() + 30
        while not log.look(Revision, revision).is_settled and monotonic() < until:
            Event().wait(0.02)
        follower.execute("SELECT pg_advisory_unlock(%s)", (WRITING,))
        assert adoption.result(30).status_code == 200
    browsers.catch_up()
    with reads() as now:
        assert standings_on(now, proposal, not_in=2) == {}
        assert placements_in(now, [comment], 2)[comment].state == "exact"


def test_stragglers_are_placed_by_an_editor(
    editor: PageClient, browsers: Browsers, log: Log, round: UUID, proposal: UUID
) -> None:
    a_comment(log, proposal, 1)
    an_adopted_revision(log, proposal)
    browsers.catch_up()
    page = editor.get(place_of(round, proposal)).text
    assert "En synpunkt har ingen plats i versionen än" in page
    page = editor.post(place_of(round, proposal, "place")).text
    assert "har fått sina platser" in page
    assert "ingen plats i versionen" not in page


def test_an_officer_says_where_an_uncertain_comment_stands(
    browsers: Browsers, log: Log, round: UUID, proposal: UUID, uncertain: UUID
) -> None:
    officer = browsers.of(a_person(log, role="officer", consultation=round))
    page = officer.get(place_of(round, proposal)).text
    assert "Lärosätena redovisar varje år" in page
    assert officer.get(place_of(round, proposal, uncertain)).status_code == 200
    passage = text_of(log, proposal)[3].id
    typed = {"passage": str(passage), "quote": "ord som inte finns"}
    wrong = officer.post(place_of(round, proposal, uncertain), data=typed)
    assert wrong.status_code == 422
    assert "ord som inte finns" in wrong.text
    typed["quote"] = "Antalet platser"
    page = officer.post(place_of(round, proposal, uncertain), data=typed).text
    assert "Platsen är bekräftad." in page
    assert "Ingen plats är osäker." in page


def test_a_comment_whose_words_are_gone_can_stand_on_the_whole(
    browsers: Browsers,
    log: Log,
    round: UUID,
    proposal: UUID,
    uncertain: UUID,
    reads: ReadPool,
) -> None:
    officer = browsers.of(a_person(log, role="officer", consultation=round))
    officer.post(place_of(round, proposal, uncertain), data={"passage": "whole"})
    browsers.catch_up()
    with reads() as now:
        (row,) = now.tuples(
            "SELECT passage, state FROM placement WHERE comment = %s AND edition = 2",
            (uncertain,),
        )
    assert row == (None, "confirmed")


def test_an_officer_settles_that_the_commented_words_are_gone(
    browsers: Browsers,
    log: Log,
    round: UUID,
    proposal: UUID,
    uncertain: UUID,
    reads: ReadPool,
) -> None:
    officer = browsers.of(a_person(log, role="officer", consultation=round))
    index = officer.get(place_of(round, proposal)).text
    assert 'name="passage" value="gone"' in index
    page = officer.post(place_of(round, proposal, uncertain), data={"passage": "gone"})
    assert "Det är fastställt att de kommenterade orden är borta." in page.text
    assert "Ingen plats är osäker." in page.text
    with reads() as now:
        (row,) = now.tuples(
            "SELECT state, certain FROM placement WHERE comment = %s AND edition = 2",
            (uncertain,),
        )
    assert row == ("removed", True)
    form = officer.get(place_of(round, proposal, uncertain)).text
    assert '<option value="gone" selected>' in form
    stranger = browsers.of(a_person(log))
    refused = stranger.post(
        place_of(round, proposal, uncertain), data={"passage": "gone"}
    )
    assert refused.status_code == 403


def test_a_comment_on_another_proposal_is_not_placed_here(
    browsers: Browsers, log: Log, round: UUID, proposal: UUID
) -> None:
    other = a_comment(log, a_proposal(log, round, "Ett annat förslag"))
    officer = browsers.of(a_person(log, role="officer", consultation=round))
    form = place_of(round, proposal, other)
    assert officer.get(form).status_code == 404
    assert officer.post(form, data={"passage": "whole"}).status_code == 404


def test_an_adoption_that_is_overtaken_says_so(
    editor: PageClient,
    browsers: Browsers,
    log: Log,
    round: UUID,
    proposal: UUID,
    revision: UUID,
) -> None:
    for one in (revision, a_revision(log, proposal)):
        change = replacing(log, proposal, 3, "Hundra till.")
        make_change(log, id=one, changes=[change], by=SYSTEM, now=NOW)
        review_revision(log, id=one, note="", by=SYSTEM, now=NOW)
    adopt_revision(log, id=one, anchors={}, by=SYSTEM, now=NOW)
    browsers.catch_up()
    page = editor.post(at(round, revision, "adopt"))
    assert page.status_code == 422
    assert "Flytta först revideringen" in page.text


def test_a_change_to_a_passage_that_a_redraft_removed_is_shown_and_can_be_taken_out(
    browsers: Browsers, log: Log, round: UUID
) -> None:
    draft = a_proposal(log, round, published=False)
    fits, lost = replacing(log, draft, 1, "Kvar."), replacing(log, draft, 3, "Borta.")
    id = a_revision(log, draft, [fits, lost])
    redrafted(log, draft, 2)
    editor = browsers.of(a_person(log, role="editor", consultation=round))
    shown = editor.get(at(round, id))
    assert shown.status_code == 200
    assert "En ändring passar inte version 1 som den lyder nu" in words(shown.text)
    assert "Borta." in shown.text
    assert "Redigera" not in shown.text
    for part in ("preview", "adopt", "preview/comments"):
        assert editor.get(at(round, id, part)).status_code == 200
    assert "måste först tas bort" in editor.get(at(round, id, "preview")).text
    form = at(round, id, on(log, draft, 1))
    refused = editor.post(form, data=reworded(log, draft, 1, "Nytt.", was=""))
    assert refused.status_code == 422
    assert "passar inte texten" in refused.text
    page = editor.post(at(round, id, f"changes/{UUID(lost['id'])}/drop"))
    assert "Ändringen är borttagen." in page.text
    assert "passar inte version" not in page.text
    assert "Redigera" in page.text
    assert [one["text"] for one in changes(log, id)] == ["Kvar."]


def test_an_inserted_passage_that_lost_its_place_is_taken_out_with_its_changes(
    browsers: Browsers, log: Log, round: UUID
) -> None:
    draft = a_proposal(log, round, published=False)
    after, new = text_of(log, draft)[3].id, uuid4()

    def worded(op: str, text: str, **rest: Any) -> PassageChange:
        words = {"kind": "paragraph", "level": 0, "text": text, "marks": []}
        change = {"id": uuid4().hex, "op": op, "passage": new.hex, **words, **rest}
        return cast(PassageChange, change)

    inserted = worded("insert", "Nytt stycke.", id=new.hex, after=after.hex)
    replaced = worded("replace", "Nyare stycke.")
    id = a_revision(log, draft, [inserted, replaced])
    redrafted(log, draft, 2)
    editor = browsers.of(a_person(log, role="editor", consultation=round))
    assert "2 ändringar passar inte" in words(editor.get(at(round, id)).text)
    page = editor.post(at(round, id, f"changes/{new}/drop"))
    assert "passar inte version" not in page.text
    assert changes(log, id) == []


def test_what_does_not_fit_the_version_that_another_revision_made_is_taken_out(
    browsers: Browsers, log: Log, round: UUID, proposal: UUID
) -> None:
    gone = text_of(log, proposal)[3].id
    id = a_revision(log, proposal, [replacing(log, proposal, 3, "För sent.")])
    removal: PassageChange = {"id": uuid4().hex, "op": "delete", "passage": gone.hex}
    an_adopted_revision(log, proposal, [removal])
    editor = browsers.of(a_person(log, role="editor", consultation=round))
    shown = editor.get(at(round, id)).text
    assert "En ändring passar inte version 2" in words(shown)
    assert "Flytta till version 2" not in shown
    (change,) = changes(log, id)
    page = editor.post(at(round, id, f"changes/{UUID(change['id'])}/drop"))
    assert "passar inte version" not in page.text
    assert "Flytta till version 2" in page.text
