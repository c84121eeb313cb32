"""Lists of comments: who sees which, how they are found, and one's own."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.change import PassageChange
from domain.inbox import clear_comments, code_comments
from domain.inbox import withhold_comments as withhold
from domain.log import SYSTEM, Log
from domain.period import close_consultation
from domain.person import rename_person
from domain.submission import withdraw_comment
from projections.beside import beside as said_beside
from projections.reads import ReadPool
from projections.sight import Sight
from tests.story import (
    NOW,
    a_comment,
    a_consultation,
    a_person,
    a_proposal,
    an_adopted_revision,
    an_issue,
    an_organisation,
    replacing,
    text_of,
)
from tests.web.conftest import Browsers
from tests.web.reading import way_to, words_of


@pytest.fixture
def round(log: Log) -> UUID:
    return a_consultation(log)


@pytest.fixture
def proposal(log: Log, round: UUID) -> UUID:
    return a_proposal(log, round)


def at(round: UUID) -> str:
    return f"/consultations/{round}/comments"


def beside(round: UUID, proposal: UUID, passage: UUID) -> str:
    return f"/consultations/{round}/proposals/{proposal}/passages/{passage}/comments"


def listed(page: str) -> set[UUID]:
    """The comments that a page has an entry for."""
    return {
        UUID(id)
        for id in re.findall(
            r'class="entry-head"><a href="[^"]*/comments/([^"?]+)', page
        )
    }


def test_filters_narrow_by_proposal_place_theme_sender_and_kind(
    browsers: Browsers, log: Log, round: UUID, proposal: UUID
) -> None:
    other = a_proposal(log, round, "Ett annat förslag", order=2)
    region = an_organisation(log, "Region Norrskog", "region")
    from_region = a_comment(log, proposal, organisation=region)
    whole = a_comment(log, other, None, kind="editorial")
    coded = a_comment(log, proposal)
    code_comments(log, ids=[coded], add=["cost"], by=SYSTEM, now=NOW)
    anyone = browsers.anyone()

    def found(**asked: Any) -> set[UUID]:
        return listed(anyone.get(at(round), params=asked).text)

    everything = {from_region, whole, coded}
    assert found() == everything
    assert found(proposal=other) == {whole}
    assert found(whole="yes") == {whole}
    assert found(theme="cost") == {coded}
    assert found(organisation_kind="region") == {from_region}
    assert found(organisation_kind="private") == {whole, coded}
    assert found(kind="editorial", proposal=proposal) == set()
    assert found(kind="rude", theme="gone", proposal="nonsense") == everything


def test_swedish_words_are_found_in_other_forms_and_in_what_they_quote(
    browsers: Browsers, log: Log, round: UUID, proposal: UUID
) -> None:
    tutors = a_comment(log, proposal, text="Handledarna räcker inte till.")
    quoting = a_comment(log, proposal, 3, "sjuksköterskeprogrammet", text="För få.")
    wording = a_comment(
        log, proposal, text="Ändra.", wording="minst tio veckors praktik"
    )
    anyone = browsers.anyone()

    def found(words: str) -> set[UUID]:
        return listed(anyone.get(at(round), params={"words": words}).text)

    assert found("handledare") == {tutors}
    assert found("sjuksköterskeprogrammet") == {quoting}
    assert found('"tio veckors" or handledare') == {tutors, wording}
    assert found("räcker -handledare") == set()
    number = max(entry.position for entry in log.entries(0, 1000))
    assert found(str(number)) == {wording}
    empty = anyone.get(at(round), params={"words": "rymdfärja"})
    assert "Ingen synpunkt passar det du sökte efter." in words_of(empty.text)


def test_after_review_only_what_is_cleared_is_shown(
    browsers: Browsers, log: Log
) -> None:
    round = a_consultation(log, display="after_review")
    proposal = a_proposal(log, round)
    author = a_person(log)
    waiting = a_comment(log, proposal, by=author)
    cleared = a_comment(log, proposal)
    held = a_comment(log, proposal)
    clear_comments(log, ids=[cleared], by=SYSTEM, now=NOW)
    withhold(log, ids=[held], reason="Namnger en patient.", by=SYSTEM, now=NOW)
    officer = a_person(log, role="officer", consultation=round)
    stranger = a_person(log, role="officer", consultation=a_consultation(log))
    assert listed(browsers.anyone().get(at(round)).text) == {cleared}
    assert listed(browsers.of(stranger).get(at(round)).text) == {cleared}
    assert listed(browsers.of(author).get(at(round)).text) == {cleared, waiting}
    everything = {waiting, cleared, held}
    assert listed(browsers.of(officer).get(at(round)).text) == everything
    own = words_of(browsers.of(author).get(at(round)).text)
    assert "Visas efter granskning" in own


def test_after_the_close_all_is_shown_at_the_deadline_without_anybody_closing(
    browsers: Browsers, log: Log
) -> None:
    long_ago = datetime(2026, 3, 2, tzinfo=UTC)
    over = a_consultation(
        log, display="after_close", closes_at=long_ago + timedelta(days=1), now=long_ago
    )
    going = a_consultation(log, display="after_close")
    shown = a_comment(log, a_proposal(log, over), now=long_ago)
    hidden = a_comment(log, a_proposal(log, going))
    anyone = browsers.anyone()
    assert listed(anyone.get(at(over)).text) == {shown}
    page = anyone.get(at(going)).text
    assert listed(page) == set()
    assert "Synpunkterna visas när samrådet har stängt." in words_of(page)
    assert anyone.get(f"{at(going)}/{hidden}").status_code == 404
    close_consultation(log, id=going, by=SYSTEM, now=NOW)
    assert listed(browsers.anyone().get(at(going)).text) == {hidden}


def test_what_is_withheld_or_withdrawn_today_is_not_shown_as_of_yesterday(
    browsers: Browsers, log: Log, round: UUID, proposal: UUID
) -> None:
    author = a_person(log)
    named = a_comment(log, proposal, text="Patienten heter Nils.")
    regretted = a_comment(log, proposal, by=author, text="Det ångrar jag.")
    then = browsers.follower.catch_up()
    withhold(log, ids=[named], reason="Namnger en patient.", by=SYSTEM, now=NOW)
    withdraw_comment(log, id=regretted, by=author, now=NOW)
    officer = a_person(log, role="officer", consultation=round)
    anyone = browsers.anyone()
    yesterday = {"as_of": then}
    for asked in ({}, yesterday):
        page = anyone.get(at(round), params=asked).text
        assert listed(page) == {regretted}
        assert "Nils" not in page
        assert "ångrar" not in page
    for words in ("Nils", "ångrar"):
        found = anyone.get(at(round), params={"words": words, **yesterday})
        assert listed(found.text) == set()
    assert anyone.get(f"{at(round)}/{named}", params=yesterday).status_code == 404
    inside = browsers.of(officer).get(at(round), params=yesterday).text
    assert "Nils" in inside
    assert "ångrar" in inside


def test_who_takes_back_consent_is_private_as_of_any_day(
    browsers: Browsers, log: Log, round: UUID, proposal: UUID
) -> None:
    berit = a_person(log, "Berit Holm", public_name=True)
    hidden = a_person(log, "Bo Hemlig", public_name=False)
    a_comment(log, proposal, by=berit)
    a_comment(log, proposal, by=hidden)
    then = browsers.follower.catch_up()
    anyone = browsers.anyone()
    page = anyone.get(at(round)).text
    assert "Berit Holm" in page
    assert "Bo Hemlig" not in page
    assert "Privatperson ·" in words_of(page)
    rename_person(
        log, id=berit, name="Berit Holm", public_name=False, by=berit, now=NOW
    )
    browsers.catch_up()
    for asked in ({}, {"as_of": then}):
        assert "Berit" not in anyone.get(at(round), params=asked).text


def test_an_outcome_is_shown_when_it_is_published(
    browsers: Browsers, log: Log, round: UUID, proposal: UUID
) -> None:
    heard = a_comment(log, proposal)
    pending = a_comment(log, proposal, 3)
    an_issue(log, round, [heard], disposition="accepted", answer="Ja.", published=True)
    an_issue(log, round, [pending], disposition="not_accepted", answer="Nej.")
    officer = a_person(log, role="officer", consultation=round)
    outside = words_of(browsers.anyone().get(at(round)).text)
    assert "Tillgodoses" in outside
    assert "Tillgodoses inte" not in outside
    inside = words_of(browsers.of(officer).get(at(round)).text)
    assert "Tillgodoses inte inte publicerad" in inside


def test_a_long_list_is_read_a_page_at_a_time(
    browsers: Browsers, log: Log, round: UUID, proposal: UUID
) -> None:
    author = a_person(log)
    ids = [a_comment(log, proposal, by=author) for _ in range(53)]
    anyone = browsers.anyone()
    first = anyone.get(at(round)).text
    assert listed(first) == set(ids[3:])
    assert "50 av 53" in words_of(first)
    assert listed(anyone.get(way_to(first, "Äldre")).text) == set(ids[:3])
    passage = text_of(log, proposal)[1].id
    address = beside(round, proposal, passage)
    margins = []
    while address:
        margin = anyone.get(address, headers={"HX-Request": "true"}).text
        assert "<html" not in margin
        assert "53 synpunkter på stycke" in words_of(margin)
        margins.append(listed(margin))
        address = way_to(margin, "Nästa")
    assert margins == [set(ids[:20]), set(ids[20:40]), set(ids[40:])]


def test_comments_stand_beside_the_passage_that_their_words_moved_to(
    browsers: Browsers, log: Log, round: UUID, proposal: UUID, reads: ReadPool
) -> None:
    on_mentors = a_comment(log, proposal, 1, "alla nyanställda")
    on_seats = a_comment(log, proposal, 3, text="Fler platser!")
    passages = text_of(log, proposal)
    browsers.catch_up()
    gone: PassageChange = {
        "id": uuid4().hex,
        "op": "delete",
        "passage": passages[3].id.hex,
    }
    reworded = replacing(
        log, proposal, 1, "Stöd ska ges till alla nyanställda i ett år."
    )
    with reads() as now:
        an_adopted_revision(log, proposal, [reworded, gone], reads=now)
    anyone = browsers.anyone()
    here = beside(round, proposal, passages[1].id)
    assert listed(anyone.get(here).text) == {on_mentors}
    assert listed(anyone.get(here, params={"version": 1}).text) == {on_mentors}
    was = beside(round, proposal, passages[3].id)
    assert anyone.get(was).status_code == 404
    assert listed(anyone.get(was, params={"version": 1}).text) == {on_seats}
    before = beside(round, proposal, passages[2].id)
    assert "Texten är borttagen" in words_of(anyone.get(before).text)
    with reads() as now:
        counts = said_beside(now, proposal, 2, Sight(NOW)).counts
    assert counts == {passages[1].id: 1, passages[2].id: 1}


@pytest.mark.parametrize("version", ["0", "3", "x", "99999999999"])
def test_a_version_that_the_reader_may_not_see_is_not_found(
    browsers: Browsers, log: Log, round: UUID, proposal: UUID, version: str
) -> None:
    an_adopted_revision(log, proposal, published=False)
    officer = a_person(log, role="officer", consultation=round)
    here = beside(round, proposal, text_of(log, proposal)[1].id)
    anyone = browsers.anyone()
    assert anyone.get(here, params={"version": version}).status_code == 404
    assert anyone.get(here, params={"version": "2"}).status_code == 404
    inside = browsers.of(officer).get(here, params={"version": "2"})
    assert inside.status_code == 200


def test_ones_own_comments_are_those_of_ones_organisations_too(
    browsers: Browsers, log: Log, round: UUID, proposal: UUID
) -> None:
    region = an_organisation(log, "Region Norrskog")
    speaker = a_person(log, speaks_for=region)
    mine = a_comment(log, proposal, by=speaker)
    ours = a_comment(log, proposal, organisation=region)
    a_comment(log, proposal)
    taken_back = a_comment(log, proposal, by=speaker, text="Ett hastverk.")
    withdraw_comment(log, id=taken_back, by=speaker, now=NOW)
    an_issue(log, round, [ours], disposition="noted", answer="Tack.", published=True)
    client = browsers.of(speaker)
    page = client.get("/my/comments").text
    assert listed(page) == {mine, ours, taken_back}
    said = words_of(page)
    assert "det som har sagts för Region Norrskog" in said
    assert "Noteras" in said
    assert "Ett hastverk." in said
    assert f"/consultations/{round}/comments/{mine}/amend" in page
    assert f"/comments/{taken_back}/amend" not in page
    empty = browsers.of(a_person(log)).get("/my/comments").text
    assert "Du har inte lämnat några synpunkter än." in words_of(empty)
    assert browsers.anyone().get("/my/comments").url.path == "/sign-in"


def test_an_internal_round_and_a_planned_one_have_no_public_list(
    browsers: Browsers, log: Log
) -> None:
    internal = a_consultation(log, access="internal")
    planned = a_consultation(log, open=False)
    anyone = browsers.anyone()
    for round in (internal, planned, uuid4()):
        assert anyone.get(at(round)).status_code == 404


def test_long_comments_are_cut_and_read_in_full_on_their_own_page(
    browsers: Browsers, log: Log, round: UUID, proposal: UUID
) -> None:
    id = a_comment(log, proposal, text="Det är mycket att säga. " * 60 + "Slutordet.")
    anyone = browsers.anyone()
    page = anyone.get(at(round)).text
    assert "Slutordet." not in page
    assert "Läs hela synpunkt" in words_of(page)
    assert "Slutordet." in anyone.get(f"{at(round)}/{id}").text


def test_the_lists_speak_english(
    browsers: Browsers, log: Log, round: UUID, proposal: UUID
) -> None:
    a_comment(log, proposal, kind="technical")
    page = browsers.anyone().get(at(round), headers={"Accept-Language": "en"})
    said = words_of(page.text)
    assert "On substance" in said
    assert "passage 1:1" in said
