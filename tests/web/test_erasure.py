"""Erasing a person's data and comments, from the request to the scrubbed pages."""

from __future__ import annotations

import json
from dataclasses import dataclass
from io import BytesIO
from uuid import UUID, uuid4
from zipfile import ZipFile

import pytest
from starlette.routing import Route

from domain.comment import Comment
from domain.disclosure import place_hold
from domain.erasing import approve_erasure, request_erasure
from domain.erasure import Erasure
from domain.log import SYSTEM, Log
from domain.person import Person
from domain.submission import amend_comment
from ledger.sealing import ERASED
from projections.reads import ReadPool
from tests import story
from tests.client import PageClient
from tests.story import NOW
from tests.web.conftest import Browsers
from web.app import ROUTES
from web.erasing import finish_all

NAME = "Frida Testare"
EMAIL = "frida.testare@example.se"
SAID = "Mormors hemliga recept på kanelbullar."
WORDING = "Alla ska bjudas på kanelbullar."
OLD = "Farmors gamla recept på rågbröd."
NOTE = "Uppgiften raderad"
DECISION = "Dnr 12/2026"


@dataclass
class Round:
    """A consultation with a private person's comment, and everybody who works on it."""

    log: Log
    browsers: Browsers
    consultation: UUID
    proposal: UUID
    person: UUID
    comment: UUID
    chair: UUID
    other: UUID

    @property
    def address(self) -> str:
        return f"/consultations/{self.consultation}/comments/{self.comment}"

    def someone(self, role: str, *, everywhere: bool = False) -> PageClient:
        place = None if everywhere else self.consultation
        person = story.a_person(self.log, role=role, consultation=place)  # type: ignore[arg-type]
        return self.browsers.of(person)

    def request(self, kind: str = "person", *, with_comment: bool = True) -> UUID:
        id = uuid4()
        request_erasure(
            self.log,
            id=id,
            kind=kind,
            target=self.person if kind == "person" else self.comment,
            comments=[self.comment] if kind == "person" and with_comment else [],
            ground="gdpr_17_1_b",
            by=self.person,
            now=NOW,
        )
        return id

    def erase(self, kind: str = "person") -> UUID:
        """Have it erased by the pages, by two chairs of all rounds."""
        id = self.request(kind)
        for chair, word in ((self.chair, ""), (self.other, "radera")):
            sent = {"decision_ref": DECISION, "word": word}
            page = self.browsers.of(chair).post(f"/erasures/{id}/approve", data=sent)
            assert page.status_code == 200
        assert self.log.look(Erasure, id).is_carried_out
        self.browsers.catch_up()
        return id


@pytest.fixture
def round(log: Log, browsers: Browsers) -> Round:
    consultation = story.a_consultation(log, "Planen")
    proposal = story.a_proposal(log, consultation)
    person = story.a_person(log, NAME, email=EMAIL)
    comment = story.a_comment(log, proposal, 1, "mentor", text=OLD, by=person)
    amend_comment(
        log, id=comment, kind="general", text=SAID, wording=WORDING, by=person, now=NOW
    )
    story.an_issue(
        log,
        consultation,
        [comment],
        proposal=proposal,
        disposition="accepted",
        answer="Så blir det.",
        published=True,
    )
    return Round(
        log,
        browsers,
        consultation,
        proposal,
        person,
        comment,
        story.a_person(log, "Karin Ordförande", role="chair"),
        story.a_person(log, "Lars Ordförande", role="chair"),
    )


def test_a_person_asks_in_plain_words_and_sees_that_it_waits(round: Round) -> None:
    me = round.browsers.of(round.person)
    assert "Begär radering av mina uppgifter" in me.get("/my/profile").text
    form = me.get("/my/erasure").text
    assert "bevaras enligt arkivlagen" in form
    assert f'value="{round.comment}" checked' in form

    sent = {"id": uuid4(), "ground": "gdpr_17_1_b", "comments": round.comment}
    page = me.post("/my/erasure", data={k: str(v) for k, v in sent.items()})
    assert "Din begäran är registrerad och väntar på beslut." in page.text
    erasure = round.log.look(Erasure, UUID(str(sent["id"])))
    assert (erasure.target, erasure.comments) == (round.person, [round.comment])
    assert "En begäran väntar redan på beslut." in me.get("/my/erasure").text
    assert "Väntar på beslut" in me.get("/my/profile").text


def test_the_same_form_sent_twice_is_one_request(round: Round) -> None:
    me = round.browsers.of(round.person)
    sent = {"id": str(uuid4()), "ground": "gdpr_17_1_a"}
    first = me.post("/my/erasure", data=sent)
    again = me.post("/my/erasure", data=sent)
    assert first.url == again.url
    assert round.log.look(Erasure, UUID(sent["id"])).version == 1
    assert me.get("/my/profile").text.count("Min begäran om radering") == 1


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({}, "Välj ett av alternativen"),
        ({"ground": "ra_fs"}, "Välj ett av alternativen"),
        ({"ground": "gdpr_17_1_a", "comments": "inte ett id"}, "finns inte längre"),
        ({"ground": "gdpr_17_1_a", "comments": str(UUID(int=7))}, "hittades inte"),
    ],
)
def test_nonsense_in_the_request_is_answered_with_the_form(
    round: Round, typed: dict[str, str], said: str
) -> None:
    me = round.browsers.of(round.person)
    head = round.log.head()
    page = me.post("/my/erasure", data={"id": str(uuid4()), **typed})
    assert page.status_code in (404, 422)
    if page.status_code == 422:
        assert said in page.text
    assert round.log.head() == head


def test_the_secretariat_sees_what_waits_and_how_many(round: Round) -> None:
    id = round.request()
    chair = round.browsers.of(round.chair)
    assert "<strong>1</strong> begäran om radering väntar" in chair.get("/work").text
    page = chair.get("/erasures").text
    assert f"/erasures/{id}" in page
    assert NAME in page
    assert "0 av 2 godkännanden." in page
    assert "med 1 synpunkt" in page


def test_a_request_about_a_person_is_not_shown_to_who_works_in_one_round(
    round: Round,
) -> None:
    id = round.request()
    for role in ("officer", "chair", "auditor"):
        client = round.someone(role)
        assert NAME not in client.get("/erasures").text
        assert client.get(f"/erasures/{id}").status_code == 404
        assert client.get(f"/people/{round.person}").status_code == 404


def test_two_chairs_approve_and_the_data_is_gone_at_once(round: Round) -> None:
    id = round.request()
    first = round.browsers.of(round.chair)
    ask = first.get(f"/erasures/{id}/approve").text
    assert "Ditt godkännande är det första." in ask
    assert 'name="word"' not in ask
    page = first.post(f"/erasures/{id}/approve", data={"decision_ref": DECISION})
    assert "Det krävs en person till." in page.text
    assert not round.log.look(Erasure, id).is_decided

    second = round.browsers.of(round.other)
    ask = second.get(f"/erasures/{id}/approve").text
    assert "Skriv RADERA för att bekräfta" in ask
    page = second.post(f"/erasures/{id}/approve", data={"decision_ref": DECISION})
    assert page.status_code == 422
    assert "Skriv RADERA för att bekräfta." in page.text
    assert not round.log.look(Erasure, id).is_decided
    sent = {"decision_ref": DECISION, "word": " radera "}
    page = second.post(f"/erasures/{id}/approve", data=sent)
    assert "Raderingen är genomförd." in page.text
    assert "Karin Ordförande, Lars Ordförande" in page.text
    assert DECISION in page.text
    assert round.log.look(Person, round.person).is_erased
    assert round.log.look(Comment, round.comment).is_erased


def test_nobody_approves_twice(round: Round) -> None:
    id = round.request()
    chair = round.browsers.of(round.chair)
    chair.post(f"/erasures/{id}/approve", data={"decision_ref": DECISION})
    sent = {"decision_ref": DECISION, "word": "RADERA"}
    page = chair.post(f"/erasures/{id}/approve", data=sent)
    assert page.status_code == 422
    assert "Du har redan godkänt detta." in page.text
    assert not round.log.look(Erasure, id).is_decided
    assert f"/erasures/{id}/approve" not in chair.get(f"/erasures/{id}").text


def test_a_decision_needs_a_reference(round: Round) -> None:
    id = round.request()
    page = round.browsers.of(round.chair).post(f"/erasures/{id}/approve", data={})
    assert page.status_code == 422
    assert "Skriv beslutets beteckning." in page.text


def test_nobody_decides_on_their_own_data(round: Round) -> None:
    id = uuid4()
    request_erasure(
        round.log,
        id=id,
        kind="person",
        target=round.chair,
        ground="gdpr_17_1_a",
        by=round.chair,
        now=NOW,
    )
    me = round.browsers.of(round.chair)
    assert f"/erasures/{id}/approve" not in me.get(f"/erasures/{id}").text
    assert "Låt någon annan göra det." in me.get(f"/erasures/{id}/approve").text
    page = me.post(f"/erasures/{id}/approve", data={"decision_ref": DECISION})
    assert page.status_code == 422
    assert "Du kan inte besluta om dina egna uppgifter." in page.text


@pytest.mark.parametrize("role", ["officer", "editor", "auditor", "reader"])
def test_other_roles_do_not_decide_even_in_all_rounds(round: Round, role: str) -> None:
    id = round.request("comment")
    client = round.someone(role, everywhere=True)
    for act in ("approve", "refuse"):
        assert client.get(f"/erasures/{id}/{act}").status_code == 403
        sent = {"decision_ref": DECISION, "basis": "no_ground", "reason": "Nej."}
        assert client.post(f"/erasures/{id}/{act}", data=sent).status_code == 403
    if role != "reader":
        page = client.get(f"/erasures/{id}").text
        assert "0 av 2 godkännanden." in page
        assert f"/erasures/{id}/approve" not in page
    assert round.log.look(Erasure, id).approvers == []


def test_the_chair_of_another_round_decides_nothing(round: Round) -> None:
    elsewhere = story.a_consultation(round.log, "En annan")
    stranger = story.a_person(round.log, role="chair", consultation=elsewhere)
    client = round.browsers.of(stranger)
    for id in (round.request("comment"), round.request()):
        sent = {"decision_ref": DECISION, "basis": "no_ground", "reason": "Nej."}
        for act in ("approve", "refuse"):
            address = f"/erasures/{id}/{act}"
            assert client.get(address).status_code == 404
            assert client.post(address, data=sent).status_code == 404
        assert client.get(f"/erasures/{id}").status_code == 404
        assert round.log.look(Erasure, id).approvers == []


def test_who_asks_decides_nothing_and_others_see_nothing(round: Round) -> None:
    id = round.request()
    me, anyone = round.browsers.of(round.person), round.browsers.anyone()
    other = round.browsers.of(story.a_person(round.log))
    assert me.post(f"/erasures/{id}/approve", data={}).status_code == 403
    for client in (anyone, other):
        assert client.get(f"/erasures/{id}").status_code == 404
    assert other.get(round.address + "/erase").status_code == 404
    sent = {"id": str(uuid4()), "ground": "gdpr_17_1_a"}
    assert other.post(round.address + "/erase", data=sent).status_code in (403, 404)


def test_a_refusal_tells_the_ground_the_reason_and_how_to_appeal(round: Round) -> None:
    id = round.request()
    chair = round.browsers.of(round.chair)
    page = chair.post(f"/erasures/{id}/refuse", data={"basis": "x"})
    assert page.status_code == 422
    assert "Skriv varför begäran avslås." in page.text
    sent = {"basis": "archives_act_3", "reason": "Handlingen hör till ärendet."}
    assert (
        "Begäran är avslagen." in chair.post(f"/erasures/{id}/refuse", data=sent).text
    )
    page = round.browsers.of(round.person).get(f"/erasures/{id}")
    assert "Handlingen ska bevaras (arkivlagen 3 §)" in page.text
    assert "Handlingen hör till ärendet." in page.text
    assert "överklagas till förvaltningsrätten" in page.text
    assert round.browsers.anyone().get(f"/erasures/{id}").status_code == 404
    late = chair.post(f"/erasures/{id}/approve", data={"decision_ref": DECISION})
    assert "Begäran är redan avgjord." in late.text


@pytest.mark.parametrize("kind", ["person", "comment", "consultation"])
def test_what_is_held_is_not_erased(round: Round, kind: str) -> None:
    id = round.request()
    target = {
        "person": round.person,
        "comment": round.comment,
        "consultation": round.consultation,
    }[kind]
    place_hold(round.log, kind=kind, id=target, reason="Rättegång.", by=SYSTEM, now=NOW)
    chair = round.browsers.of(round.chair)
    assert "Rättegång." in chair.get(f"/erasures/{id}").text
    page = chair.post(f"/erasures/{id}/approve", data={"decision_ref": DECISION})
    assert page.status_code == 422
    assert "Det finns ett bevarandekrav på detta, så det kan inte raderas." in page.text
    assert round.log.look(Erasure, id).approvers == []


def test_what_was_interrupted_is_carried_out_when_the_page_is_opened(
    round: Round,
) -> None:
    id = round.request()
    for chair in (round.chair, round.other):
        approve_erasure(round.log, id=id, decision_ref=DECISION, by=chair, now=NOW)
    mine = round.browsers.of(round.person)
    assert "Raderingen är beslutad och genomförs." in mine.get(f"/erasures/{id}").text
    assert not round.log.look(Erasure, id).is_carried_out
    page = round.browsers.of(round.chair).get(f"/erasures/{id}")
    assert "En persons uppgifter är raderade." in page.text
    assert round.log.look(Erasure, id).is_carried_out


def test_what_was_interrupted_is_carried_out_by_the_loop(
    round: Round, reads: ReadPool
) -> None:
    id = round.request()
    for chair in (round.chair, round.other):
        approve_erasure(round.log, id=id, decision_ref=DECISION, by=chair, now=NOW)
    round.browsers.catch_up()
    sessions = round.browsers.sessions
    assert finish_all(round.log, reads, sessions, now=NOW) == [id]
    round.browsers.catch_up()
    assert finish_all(round.log, reads, sessions, now=NOW) == []


def test_whoever_is_erased_is_signed_out_and_nothing_is_kept(round: Round) -> None:
    sessions = round.browsers.sessions
    me = round.browsers.of(round.person)
    kept = sessions.keep_typed({"text": "Halvskrivet."})
    link = sessions.make_link(EMAIL, f"/consultations?kept={kept}")
    assert me.get("/my/profile", follow_redirects=False).status_code == 200
    round.erase()
    assert me.get("/my/profile", follow_redirects=False).status_code == 303
    assert sessions.of(round.person) == []
    assert sessions.look_at_link(link) is None
    assert sessions.typed(kept) == {}
    back = round.browsers.of(round.person)  # A session that was overlooked.
    assert back.get("/my/profile", follow_redirects=False).status_code == 303


def test_an_old_form_is_refused_after_the_erasure(round: Round) -> None:
    me = round.browsers.of(round.person)
    round.erase("comment")
    sent = {"text": "Ny text.", "wording": "", "kind": "general", "before": "x"}
    page = me.post(round.address + "/amend", data=sent)
    assert page.status_code in (409, 422)
    assert SAID not in page.text
    again = me.post(
        round.address + "/erase", data={"id": str(uuid4()), "ground": "gdpr_17_1_a"}
    )
    assert "Synpunkten är raderad." in again.text
    assert "Synpunkten är raderad." in me.get(round.address + "/amend").text
    assert "Synpunkten är raderad." in me.get(round.address + "/withdraw").text


def test_a_comment_is_disposed_of_by_an_officials_request(round: Round) -> None:
    officer = round.someone("officer")
    form = officer.get(round.address + "/erase").text
    assert "Att radera en handling är att gallra den." in form
    sent = {"id": str(uuid4()), "ground": "ra_fs", "decision_ref": DECISION}
    page = officer.post(round.address + "/erase", data=sent)
    assert "Begäran är registrerad." in page.text
    assert "(RA-FS)" in page.text


def test_the_public_reads_that_it_is_erased_and_by_whom(round: Round) -> None:
    id = round.erase()
    page = round.browsers.anyone().get(round.address).text
    assert f"{NOTE} " in page
    assert f"enligt beslut {DECISION} (grund: Samtycket är återkallat" in page
    assert f'href="/erasures/{id}"' in page
    page = round.browsers.anyone().get(f"/erasures/{id}").text
    assert "Karin Ordförande, Lars Ordförande" in page
    assert "Samtycket är återkallat" in page
    assert round.address not in page  # Not which comments were one person's.
    english = round.browsers.anyone()
    english.cookies.set("language", "en")
    assert "Data erased " in english.get(round.address).text
    history = round.someone("auditor").get(f"/history/{round.comment}").text
    assert f"enligt beslut {DECISION}" in history
    assert SAID not in history


def places(round: Round) -> dict[str, object]:
    passage = story.text_of(round.log, round.proposal)[1].id
    issue = next(iter(issues(round)))
    return {
        "consultation": round.consultation,
        "proposal": round.proposal,
        "passage": passage,
        "comment": round.comment,
        "issue": issue,
        "person": round.person,
        "thing": round.comment,
    }


def issues(round: Round) -> list[UUID]:
    return [
        entry.event.originator_id
        for entry in round.log.entries(0, 100)
        if entry.event.TOPIC == "issue.raised"
    ]


@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize(
    "role", ["", "subject", "officer", "chair", "auditor", "office"]
)
def test_no_page_shows_what_was_erased_nor_the_bare_mark(
    round: Round, role: str, language: str
) -> None:
    before = round.log.head()
    id = round.erase()
    client = (
        round.browsers.anyone()
        if not role
        else round.browsers.of(round.person)
        if role == "subject"
        else round.someone(
            "chair" if role == "office" else role, everywhere=role == "office"
        )
    )
    client.cookies.set("language", language)
    known = places(round) | {"erasure": id}
    searched = "?words=recept"
    seen = 0
    for route in ROUTES:
        if not isinstance(route, Route) or "GET" not in (route.methods or ()):
            continue
        things = [round.comment, round.person, id] if "thing" in route.path else [None]
        for thing in things:
            filled = known | ({"thing": thing} if thing else {})
            wanted = {n: filled.get(n) for n in route.param_convertors}
            if None in wanted.values():
                continue
            path = str(route.url_path_for(route.name, **wanted))
            for query in ("", f"?as_of={before}", searched):
                answer = client.get(path + query)
                assert answer.status_code < 500, path
                body = answer.text
                if answer.headers.get("content-type") == "application/zip":
                    body = unzipped(answer.content)
                for gone in (NAME, EMAIL, SAID, OLD, WORDING, ERASED):
                    assert gone not in body, f"{path}{query}: {gone}"
                seen += answer.status_code == 200
    for position in range(1, round.log.head() + 1):
        body = client.get(f"/log/{position}").text
        assert not any(gone in body for gone in (NAME, EMAIL, SAID, OLD, ERASED))
    assert seen > 20


def unzipped(content: bytes) -> str:
    with ZipFile(BytesIO(content)) as archive:
        return "\n".join(archive.read(name).decode() for name in archive.namelist())


def test_a_person_saves_everything_that_is_held(round: Round) -> None:
    other = story.a_comment(round.log, round.proposal, text="Någon annans ord.")
    me = round.browsers.of(round.person)
    answer = me.get("/my/data")
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["cache-control"] == "private, no-store"
    with ZipFile(BytesIO(answer.content)) as archive:
        page = archive.read("mina-uppgifter.html").decode()
        held = json.loads(archive.read("mina-uppgifter.json"))
    for said in (NAME, EMAIL, SAID, WORDING, "lämnade"):
        assert said in page
    assert held["person"][0]["email"] == EMAIL
    assert held["comments"][0]["text"] == SAID
    assert {event.get("text") for event in held["events"]} >= {OLD, SAID}
    assert held["sessions"][0]["is_this"]
    assert str(other) not in json.dumps(held)
    assert "Någon annans ord." not in page


def test_nobody_saves_what_is_held_on_others(round: Round) -> None:
    answer = round.browsers.anyone().get("/my/data", follow_redirects=False)
    assert answer.status_code == 303


def test_whose_comments_were_erased_with_them_is_told_to_nobody_outside(
    round: Round,
) -> None:
    id = round.erase()
    reader = round.someone("reader")
    page = reader.get(f"/erasures/{id}").text
    assert "En persons uppgifter är raderade." in page
    assert str(round.comment) not in page


def test_the_person_page_offers_what_its_reader_may_do(round: Round) -> None:
    address = f"/people/{round.person}"
    chair = round.browsers.of(round.chair).get(address).text
    assert NAME in chair
    assert f"{address}/erase" in chair
    assert f"{address}/hold" in chair
    auditor = round.someone("auditor", everywhere=True).get(address).text
    assert NAME in auditor
    assert f"{address}/erase" not in auditor
    assert f"{address}/hold" not in auditor
