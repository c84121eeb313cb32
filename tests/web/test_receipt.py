"""The receipt page: recorded, numbered, sealed; and the receipt that can be checked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from io import BytesIO
from uuid import UUID, uuid4
from zipfile import ZipFile

import httpx2
import psycopg
import pytest

from domain.log import Log
from domain.proposal import Proposal
from domain.submission import amend_comment, withdraw_comment
from ledger.alarm import Alarm, Reason
from ledger.keys import KeyFile, Keys
from ledger.receipt import Checked, check_receipt
from ledger.tiles import Damaged
from projections.rebuild import WRITING
from tests.client import PageClient
from tests.publishing import LOG, POLICY, SIGNED_AT, WITNESS, alarm, publish
from tests.story import (
    a_comment,
    a_consultation,
    a_person,
    a_proposal,
    an_organisation,
)
from tests.vault import KEYS_FILE
from tests.web.conftest import Browsers
from tests.web.reading import words_of
from web.sealing import SOON, WHY

TEXT = "Alla behöver <handledning> & tid.\n\nInte bara en mentor."


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
def comment(log: Log, proposal: UUID, astrid: UUID) -> UUID:
    return a_comment(log, proposal, by=astrid, text=TEXT, wording="stöd")


@pytest.fixture
def author(browsers: Browsers, astrid: UUID, comment: UUID) -> PageClient:
    return browsers.of(astrid)


@contextmanager
def held_up(database: str) -> Iterator[None]:
    """The follower can not write meanwhile, as when it is restarted."""
    with psycopg.connect(database) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (WRITING,))
        yield


def own(round: UUID, comment: UUID, file: str = "") -> str:
    return f"/consultations/{round}/comments/{comment}/receipt{file}"


def downloaded(client: PageClient, round: UUID, comment: UUID, version: int) -> Checked:
    got = client.get(own(round, comment, ".zip"), params={"version": version})
    assert got.status_code == 200, got.text
    return check_receipt(got.content, POLICY)


def asked_again(client: PageClient, page: httpx2.Response) -> httpx2.Response:
    """What the page gets when it looks again by itself."""
    address = page.text.partition('hx-get="')[2].partition('"')[0]
    return client.get(address.replace("&amp;", "&"), headers={"HX-Request": "true"})


def amended(log: Log, comment: UUID, by: UUID, text: str) -> None:
    amend_comment(
        log, id=comment, kind="general", text=text, wording="", by=by,
        now=datetime.now(UTC),
    )  # fmt: skip


def test_the_page_goes_from_recorded_to_numbered_to_sealed_by_itself(
    browsers: Browsers, log: Log, database: str, round: UUID, proposal: UUID,
    astrid: UUID,
) -> None:  # fmt: skip
    author = browsers.of(astrid)
    with held_up(database):
        comment = a_comment(log, proposal, by=astrid, now=datetime.now(UTC))
        page = author.get(own(round, comment))
        said = words_of(page.text)
        assert "Den finns i loggen. Löpnumret kommer strax." in said
        assert "Den är sparad och försvinner inte om något går sönder." in said
        assert 'hx-trigger="every 1s"' in page.text
        assert asked_again(author, page).status_code == 204
    browsers.catch_up()
    part = asked_again(author, page)
    number = log.head()
    assert part.status_code == 200
    assert f"Den har löpnummer {number} i loggen" in words_of(part.text)
    assert "Den förseglas nu. Det tar några sekunder." in words_of(part.text)
    assert "receipt.zip" not in part.text
    assert asked_again(author, part).status_code == 204

    size = publish(database)
    sealed = asked_again(author, part)
    said = words_of(sealed.text)
    assert f"en kontrollsumma över sina första {size} poster" in said
    witnessed = "Vittnen utanför loggen som också har skrivit under:"
    assert f"så syns det. {witnessed} {WITNESS.name}." in said
    assert "hx-trigger" not in sealed.text
    assert "Titta igen" not in said
    assert downloaded(author, round, comment, 1).position == number


def test_without_scripts_the_way_on_is_a_link(
    author: PageClient, round: UUID, comment: UUID
) -> None:
    page = author.get(own(round, comment))
    assert f'href="{own(round, comment)}">Titta igen' in page.text


def test_the_file_proves_what_was_said_to_somebody_without_our_database(
    author: PageClient, database: str, round: UUID, comment: UUID
) -> None:
    size = publish(database)
    got = author.get(own(round, comment, ".zip"))
    assert got.headers["content-type"] == "application/zip"
    assert got.headers["cache-control"] == "private, no-store"
    checked = check_receipt(got.content, POLICY)
    name = f'filename="kvitto-{checked.position}.zip"'
    assert got.headers["content-disposition"] == f"attachment; {name}"
    assert checked.fields == {"text": TEXT, "wording": "stöd"}
    assert checked.entry.thing == comment
    assert checked.entry.topic == "comment.submitted"
    assert (checked.checkpoint.origin, checked.checkpoint.size) == (LOG.name, size)
    assert checked.witnesses == {"one": SIGNED_AT}
    with ZipFile(BytesIO(got.content)) as zipped:
        page = zipped.read("kvitto.html").decode()
    assert "&lt;handledning&gt; &amp; tid." in page
    assert checked.stated.consultation == round
    assert checked.stated.organisation is None
    assert f"<code>{checked.stated.by}</code>" in page


def test_the_same_receipt_comes_as_the_same_bytes_and_later_with_a_newer_checkpoint(
    author: PageClient, log: Log, database: str, round: UUID, comment: UUID
) -> None:
    first = publish(database)
    address = own(round, comment, ".zip")
    old = author.get(address).content
    assert author.get(address).content == old
    an_organisation(log)
    assert publish(database) > first
    assert author.get(address).content != old
    assert (
        check_receipt(old, POLICY).position
        == downloaded(author, round, comment, 1).position
    )


def test_an_amended_comment_has_a_receipt_for_all_that_it_has_said(
    browsers: Browsers, log: Log, database: str, round: UUID, comment: UUID,
    astrid: UUID,
) -> None:  # fmt: skip
    amended(log, comment, astrid, "Efter eftertanke.")
    publish(database)
    amended(log, comment, astrid, "Efter ännu mer.")
    author = browsers.of(astrid)
    page = author.get(own(round, comment))
    said = words_of(page.text)
    assert "Som den först lämnades" in said
    assert said.count("Som den ändrades") == 2
    assert said.count("Förseglad:") == 2
    assert page.text.count("receipt.zip?") == 2
    assert downloaded(author, round, comment, 1).fields["text"] == TEXT
    checked = downloaded(author, round, comment, 2)
    assert checked.fields == {"text": "Efter eftertanke.", "wording": ""}
    assert (checked.entry.version, checked.entry.topic) == (2, "comment.amended")
    address = own(round, comment, ".zip")
    assert author.get(address).status_code == 404
    publish(database)
    newest = check_receipt(author.get(address).content, POLICY)
    assert newest.fields["text"] == "Efter ännu mer."


def test_there_is_no_receipt_for_what_says_nothing(
    browsers: Browsers, log: Log, database: str, round: UUID, comment: UUID,
    astrid: UUID,
) -> None:  # fmt: skip
    withdraw_comment(log, id=comment, by=astrid, now=datetime.now(UTC))
    publish(database)
    author = browsers.of(astrid)
    for version in ("2", "0", "-1", "01", "x", "9" * 30):
        got = author.get(own(round, comment, ".zip"), params={"version": version})
        assert got.status_code == 404
    assert downloaded(author, round, comment, 1).fields["text"] == TEXT


def test_before_it_is_sealed_there_is_no_receipt(
    author: PageClient, round: UUID, comment: UUID
) -> None:
    assert author.get(own(round, comment, ".zip")).status_code == 404


def test_a_receipt_is_for_its_sender_and_for_those_who_work_with_it(
    browsers: Browsers, log: Log, database: str, round: UUID, proposal: UUID
) -> None:
    region = an_organisation(log)
    id = a_comment(log, proposal, organisation=region)
    elsewhere = a_consultation(log)
    publish(database)
    for allowed in (
        browsers.of(a_person(log, speaks_for=region)),
        browsers.of(a_person(log, role="officer", consultation=round)),
        browsers.of(a_person(log, role="auditor", consultation=round)),
    ):
        assert downloaded(allowed, round, id, 1).entry.thing == id
    for other in (
        browsers.of(a_person(log)),
        browsers.of(a_person(log, speaks_for=an_organisation(log, "Region Sund"))),
        browsers.of(a_person(log, role="officer", consultation=elsewhere)),
        browsers.of(a_person(log, role="reader", consultation=round)),
    ):
        for file in ("", ".txt", ".zip"):
            assert other.get(own(round, id, file)).status_code == 404
    officer = browsers.of(a_person(log, role="officer"))
    for wrong in (own(elsewhere, id, ".zip"), own(round, uuid4(), ".zip")):
        assert officer.get(wrong).status_code == 404
    asked = browsers.anyone().get(own(round, id, ".zip"))
    assert asked.url.path == "/sign-in"


def test_a_seal_that_is_late_is_said_to_be(
    browsers: Browsers, log: Log, database: str, round: UUID, proposal: UUID,
    astrid: UUID,
) -> None:  # fmt: skip
    author = browsers.of(astrid)
    with held_up(database):
        then = datetime.now(UTC) - SOON - timedelta(seconds=1)
        page = author.get(own(round, a_comment(log, proposal, by=astrid, now=then)))
    said = words_of(page.text)
    assert "Förseglingen av loggen är försenad." in said
    assert "Vi vet inte varför än." in said
    assert 'hx-trigger="every 15s"' in page.text


@pytest.mark.parametrize("reason", Reason)
def test_an_alarm_is_told_in_plain_words(
    author: PageClient, database: str, round: UUID, comment: UUID, reason: Reason
) -> None:
    alarm(database, Alarm(reason, "w1.example.se answers 500"))
    for language, late in (("sv", "är försenad"), ("en", "is delayed")):
        page = author.get(own(round, comment), headers={"Accept-Language": language})
        said = words_of(page.text)
        assert late in said
        assert "example.se" not in said
        assert (WHY[reason] in said) == (language == "en")
    publish(database)
    assert "försenad" not in words_of(author.get(own(round, comment)).text)


def test_after_an_erasure_there_is_none_but_an_older_one_still_checks(
    author: PageClient, log: Log, database: str, round: UUID, comment: UUID
) -> None:
    publish(database)
    address = own(round, comment, ".zip")
    kept = author.get(address).content
    keys = Keys(database, KeyFile.read(KEYS_FILE))
    keys.destroy(comment, decision=uuid4(), position=log.head())
    keys.close()
    page = author.get(own(round, comment))
    said = words_of(page.text)
    assert "Texten är raderad, så det finns inte längre något kvitto att spara." in said
    assert "handledning" not in said
    assert "receipt.zip" not in page.text
    assert "hx-trigger" not in page.text
    assert author.get(address).status_code == 404
    assert "Texten är raderad." in author.get(own(round, comment, ".txt")).text
    assert check_receipt(kept, POLICY).fields["text"] == TEXT


def test_the_receipt_binds_the_passage_the_words_and_the_organisation(
    browsers: Browsers, log: Log, database: str, round: UUID, proposal: UUID
) -> None:
    region = an_organisation(log)
    passage = log.look(Proposal, proposal).passages[1]
    words = passage.text[2:12]
    id = a_comment(log, proposal, 1, words, organisation=region)
    publish(database)
    speaker = browsers.of(a_person(log, speaks_for=region))
    stated = downloaded(speaker, round, id, 1).stated
    assert (stated.passage, stated.quote) == (passage.id, words)
    assert (stated.proposal, stated.organisation) == (proposal, region)


def test_no_receipt_is_given_out_for_a_state_that_was_exchanged(
    author: PageClient, database: str, round: UUID, comment: UUID
) -> None:
    publish(database)
    with psycopg.connect(database) as owner:
        owner.execute("ALTER TABLE log.entry DISABLE TRIGGER ALL")
        owner.execute(
            "UPDATE log.entry SET state = convert_to(replace(convert_from(state,"
            " 'UTF8'), '\"edition\":1', '\"edition\":2'), 'UTF8')"
            " WHERE originator_id = %s",
            (comment,),
        )
    with pytest.raises(Damaged, match="a state is not what was recorded"):
        author.get(own(round, comment, ".zip"))


def test_no_receipt_is_given_out_that_would_not_check(
    author: PageClient, database: str, round: UUID, comment: UUID
) -> None:
    publish(database)
    with psycopg.connect(database) as owner:
        owner.execute("ALTER TABLE log.entry DISABLE TRIGGER ALL")
        owner.execute(
            "UPDATE log.entry SET leaf = convert_to(replace(convert_from(leaf, 'UTF8'),"
            " 'submitted', 'withdrawn'), 'UTF8') WHERE originator_id = %s",
            (comment,),
        )
    with pytest.raises(Damaged, match="an entry can not be proved"):
        author.get(own(round, comment, ".zip"))
