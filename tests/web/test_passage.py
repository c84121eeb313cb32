"""A passage's own page: where its words came from, why, and what is said on it."""

from __future__ import annotations

import re
from uuid import UUID, uuid4

import pytest

from domain.change import PassageChange
from domain.gathering import merge_issues
from domain.log import SYSTEM, Log
from domain.submission import submit_comment
from projections.reads import ReadPool
from tests.story import (
    NOW,
    TEXT,
    a_comment,
    a_consultation,
    a_person,
    a_proposal,
    an_adopted_revision,
    an_issue,
    an_organisation,
    on,
    replacing,
    text_of,
)
from tests.web.conftest import Browsers
from tests.web.reading import way_to, words_of

HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}
MENTOR = TEXT[1][1]
IN_A_YEAR = "Regionerna ska erbjuda alla nyanställda en egen mentor i ett år."
EXPERIENCED = "Regionerna ska erbjuda alla nyanställda en erfaren mentor i ett år."


@pytest.fixture
def round(log: Log) -> UUID:
    return a_consultation(log)


@pytest.fixture
def proposal(log: Log, round: UUID) -> UUID:
    return a_proposal(log, round)


def page_of(round: UUID, proposal: UUID, passage: UUID, more: str = "") -> str:
    return f"/consultations/{round}/proposals/{proposal}/passages/{passage}{more}"


def revise(
    log: Log,
    browsers: Browsers,
    reads: ReadPool,
    proposal: UUID,
    *changes: PassageChange,
    published: bool = True,
) -> None:
    """Adopt a revision, with every comment placed in the text it makes."""
    browsers.catch_up()
    with reads() as now:
        an_adopted_revision(log, proposal, changes, reads=now, published=published)


def test_words_that_nobody_has_changed_are_said_to_be_so(
    browsers: Browsers, log: Log, round: UUID, proposal: UUID
) -> None:
    passage = text_of(log, proposal)[1].id
    page = browsers.anyone().get(page_of(round, proposal, passage))
    said = words_of(page.text)
    assert "Varför stycke 1:1 lyder så" in said
    assert "under ”Arbetsmiljö och villkor”" in said
    assert f"Orden nu {MENTOR} Orden är oförändrade sedan version 1." in said
    assert "Stycket har funnits med från den första versionen." in said
    assert "Ord som stycket har förlorat" not in said


def test_every_word_is_followed_to_its_version_reason_issue_and_comment(
    browsers: Browsers, log: Log, round: UUID, proposal: UUID, reads: ReadPool
) -> None:
    region = an_organisation(log, "Region Norrskog")
    comment = a_comment(log, proposal, 1, organisation=region, text="Hur länge?")
    issue = an_issue(
        log, round, [comment], "Mentorns tid", disposition="accepted_in_part",
        answer="Vi skriver ett år.", published=True,
    )  # fmt: skip
    passage = text_of(log, proposal)[1].id
    first = replacing(
        log, proposal, 1, IN_A_YEAR, reason="Tiden saknades.", issues=[issue]
    )
    revise(log, browsers, reads, proposal, first)
    second = replacing(log, proposal, 1, EXPERIENCED, reason="Kunskap behövs.")
    revise(log, browsers, reads, proposal, second)

    page = browsers.anyone().get(page_of(round, proposal, passage))
    said = words_of(page.text)
    marked = re.findall(
        r'<span class="came">([^<]*)</span><sup><a href="#version-(\d)">', page.text
    )
    assert [(text.strip(), version) for text, version in marked] == [
        ("erfaren", "3"),
        ("i ett år", "2"),
    ]
    assert "egen ströks i version 3" in said
    history = said[said.index("Så blev det") :]
    order = [
        "Version 3", "Kunskap behövs.",
        "Version 2", "Tiden saknades.", "Mentorns tid Tillgodoses delvis",
        "Vi skriver ett år.", "Region Norrskog",
        "Version 1", "Stycket har funnits med från den första versionen.",
    ]  # fmt: skip
    places = [history.index(words) for words in order]
    assert places == sorted(places)
    assert "<ins> i ett år</ins>" in page.text
    assert "<del>egen</del><ins>erfaren</ins>" in page.text
    assert f"/comments/{comment}" in page.text
    assert f"/issues/{issue}" in page.text


def test_an_issue_that_was_merged_is_told_as_what_it_became(
    browsers: Browsers, log: Log, round: UUID, proposal: UUID, reads: ReadPool
) -> None:
    old = an_issue(log, round, [a_comment(log, proposal)], "Gammal fråga")
    new = an_issue(
        log, round, [a_comment(log, proposal)], "Samlad fråga",
        disposition="accepted", answer="Ja.", published=True,
    )  # fmt: skip
    passage = text_of(log, proposal)[1].id
    change = replacing(log, proposal, 1, IN_A_YEAR, issues=[old])
    revise(log, browsers, reads, proposal, change)
    merge_issues(log, id=old, into=new, by=SYSTEM, now=NOW)
    said = words_of(browsers.anyone().get(page_of(round, proposal, passage)).text)
    assert "Samlad fråga" in said
    assert "Gammal fråga" not in said


def test_an_answer_is_not_told_before_it_is_published(
    browsers: Browsers, log: Log, round: UUID, proposal: UUID, reads: ReadPool
) -> None:
    issue = an_issue(
        log, round, [a_comment(log, proposal)], "Tiden", disposition="accepted",
        answer="Hemligt svar.",
    )  # fmt: skip
    passage = text_of(log, proposal)[1].id
    change = replacing(log, proposal, 1, IN_A_YEAR, issues=[issue])
    revise(log, browsers, reads, proposal, change)
    url = page_of(round, proposal, passage)
    public = browsers.anyone().get(url)
    assert "Bemötandet är inte publicerat än." in public.text
    assert "Hemligt svar." not in public.text
    assert "Tillgodoses" not in public.text
    assert f"/issues/{issue}" not in public.text
    officer = browsers.of(a_person(log, role="officer", consultation=round))
    inside = officer.get(url).text
    assert "Tillgodoses" in inside
    assert f"/issues/{issue}" in inside


def test_a_comment_is_shown_as_made_beside_what_stands_there_now(
    browsers: Browsers, log: Log, round: UUID, proposal: UUID, reads: ReadPool
) -> None:
    passage = text_of(log, proposal)[1].id
    a_comment(log, proposal, 1, "alla nyanställda", text="Alla?")
    a_comment(log, proposal, 1, text="Hela stycket är bra.")
    change = replacing(log, proposal, 1, IN_A_YEAR)
    revise(log, browsers, reads, proposal, change)
    a_comment(log, proposal, 1, text="Nu är det bra.")
    page = browsers.anyone().get(page_of(round, proposal, passage))
    said = words_of(page.text)
    comments = said[said.index("Synpunkter på stycket") :]
    unchanged, changed, new = (
        comments.index(text)
        for text in ("Alla?", "Hela stycket är bra.", "Nu är det bra.")
    )
    assert (
        "Lämnad på version 1 · platsen i texten: oförändrad"
        in (comments[unchanged:changed])
    )
    assert "Som kommenterat " + MENTOR in comments[changed:new]
    assert "Som det står nu " + IN_A_YEAR in comments[changed:new]
    assert "platsen i texten: texten är ändrad" in comments[changed:new]
    assert "Lämnad på version 2" in comments[new:]
    assert "platsen i texten" not in comments[new:]


def test_a_place_that_is_uncertain_says_so(
    browsers: Browsers, log: Log, round: UUID, proposal: UUID, reads: ReadPool
) -> None:
    passage = text_of(log, proposal)[1].id
    a_comment(log, proposal, 1, "en egen mentor", text="Varför egen?")
    change = replacing(log, proposal, 1, EXPERIENCED)
    revise(log, browsers, reads, proposal, change)
    said = words_of(browsers.anyone().get(page_of(round, proposal, passage)).text)
    assert "Varför egen?" in said
    assert "men det är osäkert och ska bekräftas av en handläggare" in said
    assert "Som kommenterat en egen mentor" in said


def test_a_passage_that_was_removed_tells_when_and_why(
    browsers: Browsers, log: Log, round: UUID, proposal: UUID, reads: ReadPool
) -> None:
    passage = text_of(log, proposal)[1].id
    a_comment(log, proposal, 1, text="Stryk det.")
    gone: PassageChange = {
        "id": uuid4().hex,
        "op": "delete",
        "passage": passage.hex,
        "reason": "Det sägs i lagen.",
        "issues": [],
    }
    revise(log, browsers, reads, proposal, gone)
    page = browsers.anyone().get(page_of(round, proposal, passage))
    said = words_of(page.text)
    assert "Orden när de senast stod där " + MENTOR in said
    assert "Stycket togs bort." in said
    assert "Det sägs i lagen." in said
    assert "Stryk det." in said
    assert f"<del>{MENTOR}</del>" in page.text
    assert "Kommentera stycket" not in page.text
    assert browsers.anyone().get(
        page_of(round, proposal, passage, "?version=1")
    ).status_code == 200  # fmt: skip


def test_a_passage_that_was_added_is_told_from_the_version_it_came_with(
    browsers: Browsers, log: Log, round: UUID, proposal: UUID
) -> None:
    passage = uuid4()
    added: PassageChange = {
        "id": uuid4().hex,
        "op": "insert",
        "passage": passage.hex,
        "after": text_of(log, proposal)[1].id.hex,
        "kind": "paragraph",
        "level": 0,
        "text": "Mentorn får tid för uppdraget.",
        "marks": [],
        "reason": "Tiden saknades.",
        "issues": [],
    }
    an_adopted_revision(log, proposal, [added])
    url = page_of(round, proposal, passage)
    said = words_of(browsers.anyone().get(url).text)
    assert "Stycket lades till." in said
    assert "Tiden saknades." in said
    assert "Orden är oförändrade sedan version 2." in said
    assert browsers.anyone().get(url + "?version=1").status_code == 404


def test_a_move_is_part_of_the_history(
    browsers: Browsers, log: Log, round: UUID, proposal: UUID
) -> None:
    text = text_of(log, proposal)
    move: PassageChange = {
        "id": uuid4().hex,
        "op": "move",
        "passage": text[4].id.hex,
        "after": text[0].id.hex,
        "reason": "Det hör ihop.",
        "issues": [],
    }
    an_adopted_revision(log, proposal, [move])
    said = words_of(browsers.anyone().get(page_of(round, proposal, text[4].id)).text)
    assert "Varför stycke 1:1 lyder så" in said
    assert "Stycket flyttades, med samma ord." in said
    assert "Det hör ihop." in said


def test_what_is_not_published_is_for_those_who_work_on_it(
    browsers: Browsers, log: Log, round: UUID, proposal: UUID
) -> None:
    passage = text_of(log, proposal)[1].id
    secret = replacing(log, proposal, 1, "Hemliga ord.", reason="Hemligt skäl.")
    an_adopted_revision(log, proposal, [secret], published=False)
    url = page_of(round, proposal, passage)
    public = browsers.anyone().get(url).text
    assert "Hemliga ord." not in public
    assert "Hemligt skäl." not in public
    assert browsers.anyone().get(url + "?version=2").status_code == 404
    editor = browsers.of(a_person(log, role="editor", consultation=round))
    assert "Hemligt skäl." in editor.get(url + "?version=2").text


def test_comments_are_paged_and_htmx_gets_only_them(
    browsers: Browsers, log: Log, round: UUID, proposal: UUID
) -> None:
    passage = text_of(log, proposal)[1].id
    author = a_person(log)
    for n in range(25):
        a_comment(log, proposal, 1, text=f"Synpunkt nummer {n}.", by=author)
    url = page_of(round, proposal, passage)
    first = browsers.anyone().get(url).text
    assert "20 av 25" in words_of(first)
    url = way_to(first, "Nästa")
    whole = browsers.anyone().get(url).text
    part = browsers.anyone().get(url, headers=HTMX).text
    for html in (whole, part):
        assert "Synpunkt nummer 24." in html
        assert "Synpunkt nummer 3." not in html
    assert "<html" not in part
    assert "Orden nu" not in part


def test_the_way_to_the_log_is_for_those_who_may_read_it(
    browsers: Browsers, log: Log, round: UUID, proposal: UUID
) -> None:
    passage = text_of(log, proposal)[1].id
    url = page_of(round, proposal, passage)
    assert "/entries" not in browsers.anyone().get(url).text
    auditor = browsers.of(a_person(log, role="auditor", consultation=round))
    way = re.search(r'href="([^"]*/entries)"', auditor.get(url).text)
    assert way
    assert auditor.get(way[1]).status_code == 200


def test_the_passage_is_read_as_it_was_at_any_moment(
    browsers: Browsers, log: Log, round: UUID, proposal: UUID
) -> None:
    passage = text_of(log, proposal)[1].id
    before = log.recorder.max_notification_id()
    an_adopted_revision(log, proposal, [replacing(log, proposal, 1, IN_A_YEAR)])
    url = page_of(round, proposal, passage, f"?as_of={before}")
    said = words_of(browsers.anyone().get(url).text)
    assert MENTOR in said
    assert "i ett år" not in said
    assert "Kommentera stycket" not in said


def test_a_passage_of_another_text_is_not_found(
    browsers: Browsers, log: Log, round: UUID, proposal: UUID
) -> None:
    other = a_proposal(log, round, "Ett annat", order=2)
    elsewhere = text_of(log, other)[1].id
    for passage in (elsewhere, uuid4()):
        response = browsers.anyone().get(page_of(round, proposal, passage))
        assert response.status_code == 404


def test_a_comment_that_followed_its_words_here_shows_where_they_stood(
    browsers: Browsers, log: Log, round: UUID, proposal: UUID
) -> None:
    passage = text_of(log, proposal)[1].id
    anchor = on(log, proposal, 1, "erbjuda alla nyanställda en egen mentor")
    an_adopted_revision(log, proposal, [replacing(log, proposal, 1, EXPERIENCED)])
    submit_comment(
        log, id=uuid4(), proposal=proposal, edition=1, anchor=anchor, kind="general",
        text="Sent inskickad.", wording="", organisation=None, by=a_person(log),
        now=NOW,
    )  # fmt: skip
    said = words_of(browsers.anyone().get(page_of(round, proposal, passage)).text)
    assert "Sent inskickad." in said
    assert "Som kommenterat erbjuda alla nyanställda en egen mentor" in said
    assert "Som det står nu erbjuda alla nyanställda en" in said
