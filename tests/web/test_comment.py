"""Commenting: the form, the preview, handing it in, the receipt, and changing it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from domain.comment import Comment
from domain.consultee import invite_consultees
from domain.log import SYSTEM, Log, NotFound
from domain.period import close_consultation
from projections.rebuild import WRITING
from tests.client import PageClient
from tests.story import (
    NOW,
    a_comment,
    a_consultation,
    a_person,
    a_proposal,
    an_adopted_revision,
    an_organisation,
    text_of,
)
from tests.web.conftest import SITE, Browsers
from tests.web.reading import fields_of, words_of

MENTOR = "Alla nyanställda behöver **handledning**, inte bara en mentor."


@pytest.fixture
def round(log: Log) -> UUID:
    return a_consultation(log)


@pytest.fixture
def proposal(log: Log, round: UUID) -> UUID:
    return a_proposal(log, round)


@pytest.fixture
def astrid(log: Log) -> UUID:
    return a_person(log, "Astrid Lind")


@pytest.fixture
def author(browsers: Browsers, astrid: UUID, proposal: UUID) -> PageClient:
    return browsers.of(astrid)


@pytest.fixture
def paused(database: str, author: PageClient) -> Iterator[None]:
    """The follower is held up, as when it is restarted: it can not write."""
    with psycopg.connect(database) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (WRITING,))
        yield


def form_at(round: UUID, proposal: UUID) -> str:
    return f"/consultations/{round}/proposals/{proposal}/comments/new"


def send_to(round: UUID, proposal: UUID) -> str:
    return f"/consultations/{round}/proposals/{proposal}/comments"


def own_page(round: UUID, comment: UUID, act: str = "") -> str:
    return f"/consultations/{round}/comments/{comment}{act}"


def filled(
    client: PageClient,
    round: UUID,
    proposal: UUID,
    *,
    asked: dict[str, Any] | None = None,
    **typed: str,
) -> dict[str, str]:
    """The form as it comes, with some of its fields filled in."""
    page = client.get(form_at(round, proposal), params=asked)
    assert page.status_code == 200
    return fields_of(page.text, "comment-form") | {"text": MENTOR} | typed


def whole() -> dict[str, str]:
    """A form with nothing missing, as somebody can make it who never saw the page."""
    said = {"version": "1", "organisation": "self", "kind": "general", "text": MENTOR}
    return {"id": str(uuid4()), **said}


def sent(
    client: PageClient,
    round: UUID,
    proposal: UUID,
    *,
    asked: dict[str, Any] | None = None,
    **typed: str,
) -> UUID:
    """Hand a comment in, and come to its receipt; gives its id."""
    fields = filled(client, round, proposal, asked=asked, **typed)
    arrived = client.post(send_to(round, proposal), data=fields)
    assert arrived.status_code == 200, words_of(arrived.text)
    assert arrived.url.path == own_page(round, UUID(fields["id"]), "/receipt")
    return UUID(fields["id"])


def event(log: Log, comment: UUID) -> Comment.Submitted:
    submitted = log.history(comment)[0]
    assert isinstance(submitted, Comment.Submitted)
    return submitted


def test_a_comment_on_marked_words_is_recorded_with_its_anchor(
    author: PageClient, log: Log, round: UUID, proposal: UUID, astrid: UUID
) -> None:
    passage = text_of(log, proposal)[1]
    marked: dict[str, Any] = {
        "version": 1,
        "passage": passage.id,
        "quote": "en egen mentor",
    }
    page = author.get(form_at(round, proposal), params=marked).text
    assert '<mark class="chosen">en egen mentor</mark>' in page

    id = sent(author, round, proposal, asked=marked, kind="technical", wording="stöd")
    recorded = event(log, id)
    start = passage.text.index("en egen mentor")
    assert recorded.anchor["passage"] == passage.id.hex
    assert recorded.anchor["quote"] == "en egen mentor"
    assert recorded.anchor["start"] == start
    assert recorded.anchor["prefix"] == passage.text[max(0, start - 32) : start]
    assert (recorded.kind, recorded.text, recorded.wording) == (
        "technical",
        MENTOR,
        "stöd",
    )
    assert (recorded.by, recorded.organisation) == (astrid, None)


def test_words_that_stand_twice_are_told_apart_by_what_is_around_them(
    author: PageClient, browsers: Browsers, log: Log, round: UUID
) -> None:
    text = "Stöd till chefer och stöd till 👩🏽‍⚕️ nya."
    twice = a_proposal(log, round, text=[("paragraph", text)])
    browsers.catch_up()
    (passage,) = text_of(log, twice)
    asked: dict[str, Any] = {
        "passage": passage.id,
        "quote": "till",
        "prefix": "stöd ",
        "suffix": " 👩🏽‍⚕️",
    }
    anchor = event(log, sent(author, round, twice, asked=asked)).anchor
    assert anchor["start"] == passage.text.rindex("till")


def test_words_are_quoted_without_javascript_by_copying_them(
    author: PageClient, log: Log, round: UUID, proposal: UUID
) -> None:
    passage = text_of(log, proposal)[1]
    asked: dict[str, Any] = {"passage": passage.id}
    id = sent(author, round, proposal, asked=asked, quote="  alla\r\nnyanställda ")
    assert event(log, id).anchor["quote"] == "alla nyanställda"


def test_words_that_are_not_in_the_passage_are_said_to_be_missing(
    author: PageClient, log: Log, round: UUID, proposal: UUID
) -> None:
    passage = text_of(log, proposal)[1]
    asked: dict[str, Any] = {"passage": passage.id, "quote": "finns inte här"}
    page = author.get(form_at(round, proposal), params=asked)
    assert "Orden nedan hittades inte i stycket" in words_of(page.text)
    fields = filled(author, round, proposal, asked=asked)
    refused = author.post(send_to(round, proposal), data=fields)
    assert refused.status_code == 422
    assert "De citerade orden hittades inte" in words_of(refused.text)
    assert fields_of(refused.text, "comment-form")["text"] == MENTOR


def test_a_comment_on_a_whole_passage_and_one_on_the_whole_proposal(
    author: PageClient, log: Log, round: UUID, proposal: UUID
) -> None:
    heading = text_of(log, proposal)[2]
    id = sent(author, round, proposal, asked={"passage": heading.id})
    assert event(log, id).anchor["passage"] == heading.id.hex
    assert event(log, id).anchor["quote"] == ""
    assert event(log, sent(author, round, proposal)).anchor["passage"] is None


def test_the_preview_shows_the_text_as_it_will_look_and_counts_its_characters(
    author: PageClient, log: Log, round: UUID, proposal: UUID
) -> None:
    fields = filled(author, round, proposal, text="**Fet** <script>alert(1)</script>")
    shown = author.post(send_to(round, proposal) + "/preview", data=fields)
    assert shown.status_code == 200
    assert "<strong>Fet</strong> &lt;script&gt;" in shown.text
    assert "33 av högst 20\xa0000 tecken" in shown.text
    assert fields_of(shown.text, "comment-form") == fields
    with pytest.raises(NotFound):
        log.look(Comment, UUID(fields["id"]))
    assert author.post(send_to(round, proposal), data=fields).status_code == 200


def test_what_is_missing_or_too_much_is_said_and_everything_typed_stays(
    author: PageClient, round: UUID, proposal: UUID
) -> None:
    empty = filled(author, round, proposal, text=" ", wording="Min lydelse")
    refused = author.post(send_to(round, proposal), data=empty)
    assert refused.status_code == 422
    assert "Skriv vad du tycker." in words_of(refused.text)
    assert fields_of(refused.text, "comment-form")["wording"] == "Min lydelse"

    long = filled(author, round, proposal, text="å" * 20_001)
    for address in (send_to(round, proposal), send_to(round, proposal) + "/preview"):
        refused = author.post(address, data=long)
        assert refused.status_code == 422
        assert "högst 20000 tecken, nu 20001" in words_of(refused.text)
        assert fields_of(refused.text, "comment-form")["text"] == "å" * 20_001

    odd = filled(author, round, proposal, kind="rude")
    assert author.post(send_to(round, proposal), data=odd).status_code == 422


@pytest.mark.parametrize(
    "asked",
    [
        {"passage": str(uuid4())},
        {"passage": "nonsense"},
        {"version": "2"},
        {"version": "-1"},
        {"version": "first"},
    ],
)
def test_a_place_that_is_not_in_the_text_is_not_found(
    author: PageClient, round: UUID, proposal: UUID, asked: dict[str, str]
) -> None:
    page = author.get(form_at(round, proposal), params=asked)
    assert page.status_code == 404


def test_a_proposal_of_another_consultation_is_not_found(
    author: PageClient, browsers: Browsers, log: Log, proposal: UUID
) -> None:
    other = a_consultation(log, "Ett annat samråd")
    browsers.catch_up()
    assert author.get(form_at(other, proposal)).status_code == 404
    assert author.post(send_to(other, proposal), data=whole()).status_code == 404


def test_a_form_sent_to_a_round_that_the_sender_may_not_see_is_not_found(
    author: PageClient, browsers: Browsers, log: Log
) -> None:
    hidden = a_consultation(log, "Ett internt samråd", access="internal")
    proposal = a_proposal(log, hidden)
    browsers.catch_up()
    answer = author.post(send_to(hidden, proposal), data=whole())
    assert answer.status_code == 404
    assert "internt" not in answer.text


def test_a_double_click_is_one_comment(
    author: PageClient, log: Log, round: UUID, proposal: UUID
) -> None:
    fields = filled(author, round, proposal)
    first = author.post(send_to(round, proposal), data=fields)
    again = author.post(send_to(round, proposal), data=fields)
    assert first.url == again.url
    assert len(log.history(UUID(fields["id"]))) == 1


def test_a_form_sent_again_with_other_words_loses_neither_text(
    author: PageClient, log: Log, round: UUID, proposal: UUID
) -> None:
    fields = filled(author, round, proposal)
    author.post(send_to(round, proposal), data=fields)
    other = author.post(send_to(round, proposal), data=fields | {"text": "Nytt."})
    assert other.status_code == 422
    assert "med en annan text" in words_of(other.text)
    kept = fields_of(other.text, "comment-form")
    assert kept["text"] == "Nytt."
    assert kept["id"] != fields["id"]
    author.post(send_to(round, proposal), data=kept)
    assert event(log, UUID(fields["id"])).text == MENTOR
    assert event(log, UUID(kept["id"])).text == "Nytt."


def test_who_speaks_for_organisations_chooses_and_is_asked_to(
    browsers: Browsers, log: Log, round: UUID, proposal: UUID
) -> None:
    region = an_organisation(log, "Region Norrskog")
    union = an_organisation(log, "Vårdförbundet i norr", "union")
    speaker = a_person(log, "Per Ek", speaks_for=region)
    client = browsers.of(speaker)
    fields = filled(client, round, proposal)
    assert "organisation" not in fields
    unchosen = client.post(send_to(round, proposal), data=fields)
    assert "Välj vem du talar för." in words_of(unchosen.text)
    stolen = fields | {"organisation": str(union)}
    refused = client.post(send_to(round, proposal), data=stolen)
    assert refused.status_code == 422
    id = sent(client, round, proposal, organisation=str(region))
    assert event(log, id).organisation == region
    assert event(log, sent(client, round, proposal, organisation="self")).by == speaker


def test_whether_the_name_is_shown_is_said_before_the_comment_is_sent(
    browsers: Browsers, log: Log, round: UUID, proposal: UUID, author: PageClient
) -> None:
    hidden = browsers.of(a_person(log, "Bo Hemlig", public_name=False))
    shown = author.get(form_at(round, proposal)).text
    assert "visas ditt namn" in words_of(shown)
    assert "”Privatperson”" in words_of(hidden.get(form_at(round, proposal)).text)


def test_only_those_invited_comment_in_an_invited_round(
    browsers: Browsers, log: Log, author: PageClient
) -> None:
    round = a_consultation(log, access="invited")
    proposal = a_proposal(log, round)
    region = an_organisation(log, "Region Norrskog")
    invite_consultees(log, id=round, organisations=[region], by=SYSTEM, now=NOW)
    speaker = browsers.of(a_person(log, speaks_for=region))
    page = author.get(form_at(round, proposal))
    assert "Du har inget sådant mandat" in words_of(page.text)
    assert "comment-form" not in page.text
    fields = {
        "id": str(uuid4()), "version": "1", "text": MENTOR, "kind": "general",
        "organisation": "self",
    }  # fmt: skip
    refused = author.post(send_to(round, proposal), data=fields)
    assert refused.status_code == 422
    assert MENTOR in words_of(refused.text)
    id = sent(speaker, round, proposal)
    assert event(log, id).organisation == region
    outside = browsers.anyone().get(form_at(round, proposal)).text
    assert "lämnar bara inbjudna organisationer synpunkter" in words_of(outside)


def test_a_deadline_that_passes_while_writing_loses_nothing(
    author: PageClient, browsers: Browsers, log: Log, round: UUID, proposal: UUID
) -> None:
    fields = filled(author, round, proposal, wording="Min lydelse")
    close_consultation(log, id=round, by=SYSTEM, now=datetime.now(UTC))
    browsers.catch_up()
    refused = author.post(send_to(round, proposal), data=fields)
    assert refused.status_code == 422
    assert "Samrådet är inte öppet för synpunkter." in words_of(refused.text)
    assert fields_of(refused.text, "comment-form") == fields
    page = author.get(form_at(round, proposal))
    assert "tar inte emot fler synpunkter" in words_of(page.text)
    assert "comment-form" not in page.text


def test_who_is_not_signed_in_writes_first_and_comes_back_to_the_text(
    browsers: Browsers, log: Log, round: UUID, proposal: UUID, astrid: UUID
) -> None:
    client = browsers.anyone()
    asked: dict[str, Any] = {"passage": text_of(log, proposal)[1].id, "quote": "mentor"}
    page = client.get(form_at(round, proposal), params=asked)
    assert "Logga in nu" in words_of(page.text)
    fields = filled(client, round, proposal, asked=asked, wording="stöd")
    asking = client.post(send_to(round, proposal), data=fields)
    assert asking.url.path == "/sign-in"
    assert "Det du skrev finns kvar." in asking.text
    assert "handledning" not in str(asking.url)
    way_back = asking.url.params["next"]
    with pytest.raises(NotFound):
        log.look(Comment, UUID(fields["id"]))

    assert "handledning" not in client.get(way_back).text
    client.cookies.update(browsers.of(astrid).cookies)
    back = fields_of(client.get(way_back).text, "comment-form")
    assert back.pop("kept")
    assert back == {k: v for k, v in fields.items() if k != "kept"} | {
        "organisation": "self"
    }
    fields = fields_of(client.get(way_back).text, "comment-form")
    assert client.post(send_to(round, proposal), data=fields).status_code == 200
    assert event(log, UUID(fields["id"])).by == astrid
    assert "handledning" not in client.get(way_back).text


def test_many_comments_in_a_short_while_are_stopped_with_a_clock_time(
    author: PageClient, log: Log, round: UUID, proposal: UUID
) -> None:
    fields = filled(author, round, proposal)
    for _ in range(SITE.submissions_per_hour):
        author.post(send_to(round, proposal), data=fields, follow_redirects=False)
    stopped = author.post(send_to(round, proposal), data=fields)
    assert stopped.status_code == 429
    assert re.search(r"Försök igen efter kl\. \d\d\.\d\d", words_of(stopped.text))
    assert fields_of(stopped.text, "comment-form")["text"] == MENTOR


def test_the_receipt_says_number_time_and_what_was_submitted(
    author: PageClient, log: Log, round: UUID, proposal: UUID
) -> None:
    asked: dict[str, Any] = {
        "passage": text_of(log, proposal)[1].id,
        "quote": "en egen mentor",
    }
    id = sent(author, round, proposal, asked=asked)
    page = author.get(own_page(round, id, "/receipt"))
    said = words_of(page.text)
    number = max(entry.position for entry in log.entries(0, 1000))
    assert "Din synpunkt är registrerad" in said
    assert f"Den har löpnummer {number} i loggen" in said
    assert "<strong>handledning</strong>" in page.text
    file = author.get(own_page(round, id, "/receipt.txt"))
    assert file.headers["content-disposition"].endswith(f'"samrad-{number}.txt"')
    assert f"Löpnummer i loggen: {number}" in file.text
    assert MENTOR in file.text
    assert "en egen mentor" in file.text


def test_a_receipt_is_there_before_the_pages_know_the_comment(
    author: PageClient, log: Log, round: UUID, proposal: UUID, astrid: UUID,
    paused: None,
) -> None:  # fmt: skip
    id = a_comment(log, proposal, by=astrid)
    page = author.get(own_page(round, id, "/receipt"))
    assert "Löpnumret kommer strax" in words_of(page.text)
    assert "hx-trigger" in page.text
    assert author.get(own_page(round, id)).status_code == 404


def test_a_receipt_is_for_those_who_submitted(
    author: PageClient, browsers: Browsers, log: Log, round: UUID, proposal: UUID
) -> None:
    region = an_organisation(log)
    colleague = browsers.of(a_person(log, speaks_for=region))
    id = a_comment(log, proposal, organisation=region)
    browsers.catch_up()
    assert colleague.get(own_page(round, id, "/receipt")).status_code == 200
    assert author.get(own_page(round, id, "/receipt")).status_code == 404
    other = a_consultation(log)
    browsers.catch_up()
    assert colleague.get(own_page(other, id, "/receipt")).status_code == 404
    anyone = browsers.anyone().get(own_page(round, id, "/receipt"))
    assert anyone.url.path == "/sign-in"


def test_amending_changes_the_comment_and_keeps_what_was_said(
    author: PageClient, browsers: Browsers, log: Log, round: UUID, proposal: UUID,
    astrid: UUID,
) -> None:  # fmt: skip
    id = a_comment(log, proposal, by=astrid, text="Det första jag tänkte.")
    browsers.catch_up()
    form = author.get(own_page(round, id, "/amend"))
    fields = fields_of(form.text, "amend-form")
    assert fields["text"] == "Det första jag tänkte."
    changed = fields | {"text": "Efter eftertanke.", "kind": "editorial"}
    shown = author.post(own_page(round, id, "/amend"), data=changed)
    assert shown.url.path == own_page(round, id)
    assert "Synpunkten är ändrad." in shown.text
    assert log.look(Comment, id).text == "Efter eftertanke."
    said = words_of(shown.text)
    assert "Efter eftertanke." in said
    assert "Vad den sa innan den ändrades" in said
    outside = words_of(browsers.anyone().get(own_page(round, id)).text)
    assert "Avsändaren ändrade synpunkten." in outside
    assert "Det första jag tänkte." not in outside
    auditor = browsers.of(a_person(log, role="auditor"))
    assert "Det första jag tänkte." in words_of(auditor.get(own_page(round, id)).text)


def test_two_colleagues_who_amend_at_once_do_not_overwrite_each_other(
    browsers: Browsers, log: Log, round: UUID, proposal: UUID
) -> None:
    region = an_organisation(log)
    one = browsers.of(a_person(log, speaks_for=region))
    two = browsers.of(a_person(log, speaks_for=region))
    id = a_comment(log, proposal, organisation=region)
    browsers.catch_up()
    address = own_page(round, id, "/amend")
    fields = fields_of(one.get(address).text, "amend-form")
    two.post(address, data=fields | {"text": "Den enas."})
    conflict = one.post(address, data=fields | {"text": "Den andras."})
    assert conflict.status_code == 409
    assert "Den enas." in words_of(conflict.text)
    kept = fields_of(conflict.text, "amend-form")
    assert kept["text"] == "Den andras."
    assert one.post(address, data=kept).status_code == 200
    assert log.look(Comment, id).text == "Den andras."


def test_an_amendment_by_who_was_signed_out_comes_back(
    browsers: Browsers, log: Log, round: UUID, proposal: UUID, astrid: UUID
) -> None:
    id = a_comment(log, proposal, by=astrid)
    client = browsers.of(astrid)
    address = own_page(round, id, "/amend")
    fields = fields_of(client.get(address).text, "amend-form")
    session = dict(client.cookies)
    client.cookies.clear()
    asking = client.post(address, data=fields | {"text": "Efter utloggning."})
    assert asking.url.path == "/sign-in"
    client.cookies.update(session)
    back = fields_of(client.get(asking.url.params["next"]).text, "amend-form")
    assert back["text"] == "Efter utloggning."
    client.post(address, data=back)
    assert log.look(Comment, id).text == "Efter utloggning."


def test_nobody_amends_or_withdraws_what_others_have_said(
    author: PageClient, browsers: Browsers, log: Log, round: UUID, proposal: UUID
) -> None:
    id = a_comment(log, proposal, text="Någon annans.")
    other = a_consultation(log)
    browsers.catch_up()
    for act in ("/amend", "/withdraw"):
        assert author.get(own_page(round, id, act)).status_code == 422
        refused = author.post(own_page(round, id, act), data={"text": "Mitt."})
        assert refused.status_code in (422, 409)
        assert author.get(own_page(other, id, act)).status_code == 404
    assert log.look(Comment, id).text == "Någon annans."
    assert not log.look(Comment, id).is_withdrawn


def test_a_comment_is_withdrawn_after_a_question(
    author: PageClient, browsers: Browsers, log: Log, round: UUID, proposal: UUID,
    astrid: UUID,
) -> None:  # fmt: skip
    id = a_comment(log, proposal, by=astrid, text="Jag ångrar mig.")
    browsers.catch_up()
    asked = author.get(own_page(round, id, "/withdraw"))
    assert "Ta tillbaka synpunkt" in words_of(asked.text)
    shown = author.post(own_page(round, id, "/withdraw"))
    assert shown.url.path == own_page(round, id)
    assert log.look(Comment, id).is_withdrawn
    outside = words_of(browsers.anyone().get(own_page(round, id)).text)
    assert "texten visas inte" in outside
    assert "Jag ångrar mig." not in outside
    assert author.post(own_page(round, id, "/withdraw")).status_code == 422


def test_after_the_close_a_comment_stands_as_it_is(
    author: PageClient, browsers: Browsers, log: Log, round: UUID, proposal: UUID,
    astrid: UUID,
) -> None:  # fmt: skip
    id = a_comment(log, proposal, by=astrid)
    close_consultation(log, id=round, by=SYSTEM, now=NOW)
    browsers.catch_up()
    for act in ("/amend", "/withdraw"):
        page = words_of(author.get(own_page(round, id, act)).text)
        assert "synpunkten står kvar som den är" in page
        assert author.post(own_page(round, id, act), data={}).status_code == 422
    assert not log.look(Comment, id).is_withdrawn


def test_a_comment_on_an_older_version_is_placed_in_the_newest(
    author: PageClient, browsers: Browsers, log: Log, round: UUID, proposal: UUID
) -> None:
    passage = text_of(log, proposal)[1]
    asked: dict[str, Any] = {
        "version": 1,
        "passage": passage.id,
        "quote": "en egen mentor",
    }
    an_adopted_revision(log, proposal)
    browsers.catch_up()
    page = words_of(author.get(form_at(round, proposal), params=asked).text)
    assert "Den senaste är version 2" in page
    recorded = event(log, sent(author, round, proposal, asked=asked))
    assert recorded.edition == 1
    assert recorded.placement is not None


def test_the_past_has_no_form_but_a_way_to_now(
    author: PageClient, browsers: Browsers, log: Log, round: UUID, proposal: UUID
) -> None:
    position = browsers.follower.catch_up()
    a_comment(log, proposal)
    browsers.catch_up()
    page = author.get(form_at(round, proposal), params={"as_of": position})
    assert "comment-form" not in page.text
    assert "Gå till dagens formulär" in words_of(page.text)
