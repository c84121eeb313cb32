"""Taking down and putting back, secrecy markings, and legal holds."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest

from domain.comment import Comment
from domain.consultation import Consultation
from domain.issue import Issue
from domain.log import Log
from domain.person import Person
from tests import story
from tests.client import PageClient
from tests.web.conftest import Browsers

SAID = "Rondens schema måste bli glesare."
ANSWER = "Schemat ses över i höst."
REASON = "Uppgifter om tredje man."
WHY = {"reason": REASON, "decision_ref": "Dnr 7/2026"}
OSL = "21 kap. 1 § OSL"


@dataclass
class Round:
    """A comment in an answered issue, and browsers of those who meet it."""

    log: Log
    browsers: Browsers
    consultation: UUID
    comment: UUID
    issue: UUID
    author: UUID

    @property
    def home(self) -> str:
        return f"/consultations/{self.consultation}"

    @property
    def said(self) -> str:
        return f"{self.home}/comments/{self.comment}"

    @property
    def answered(self) -> str:
        return f"{self.home}/issues/{self.issue}"

    def of(self, role: str) -> PageClient:
        person = story.a_person(
            self.log,
            role=role,  # type: ignore[arg-type]
            consultation=self.consultation,
        )
        return self.browsers.of(person)


@pytest.fixture
def round(log: Log, browsers: Browsers) -> Round:
    consultation = story.a_consultation(log, "Planen")
    proposal = story.a_proposal(log, consultation)
    author = story.a_person(log)
    comment = story.a_comment(log, proposal, 1, "mentor", text=SAID, by=author)
    issue = story.an_issue(
        log,
        consultation,
        [comment],
        disposition="accepted",
        answer=ANSWER,
        published=True,
    )
    return Round(log, browsers, consultation, comment, issue, author)


def test_a_comment_is_taken_down_and_the_public_reads_that_it_is(round: Round) -> None:
    chair = round.of("chair")
    assert f"{round.said}/unpublish" in chair.get(round.said).text
    assert "Inget tas bort" in chair.get(f"{round.said}/unpublish").text
    page = chair.post(f"{round.said}/unpublish", data=WHY)
    assert "Synpunkten är avpublicerad." in page.text
    assert SAID in page.text
    assert REASON in page.text

    anyone = round.browsers.anyone()
    for address in (round.said, f"{round.said}?as_of={round.log.head() - 1}"):
        page = anyone.get(address)
        assert "Synpunkt" in page.text
        assert "är avpublicerad" in page.text
        assert REASON in page.text
        assert "Dnr 7/2026" in page.text
        assert SAID not in page.text
    assert SAID not in anyone.get(f"{round.home}/comments").text
    mine = round.browsers.of(round.author).get(round.said).text
    assert SAID in mine
    assert "allmänheten ser inte vad den säger" in mine
    assert "Avpublicerad" in round.of("officer").get(f"{round.home}/inbox").text


def test_a_comment_is_put_back(round: Round) -> None:
    chair = round.of("chair")
    chair.post(f"{round.said}/unpublish", data=WHY)
    assert "Publicera synpunkt" in chair.get(f"{round.said}/republish").text
    page = chair.post(f"{round.said}/republish")
    assert "Synpunkten är publicerad igen." in page.text
    assert SAID in round.browsers.anyone().get(round.said).text
    assert chair.post(f"{round.said}/republish").status_code == 422


def test_an_answer_is_taken_down_and_put_back(round: Round) -> None:
    chair, anyone = round.of("chair"), round.browsers.anyone()
    assert ANSWER in anyone.get(round.answered).text
    page = chair.post(f"{round.answered}/unpublish", data=WHY)
    assert "Bemötandet är avpublicerat." in page.text
    for address in (round.answered, f"{round.answered}?as_of={round.log.head() - 1}"):
        page = anyone.get(address)
        assert "Bemötandet är avpublicerat" in page.text
        assert REASON in page.text
        assert ANSWER not in page.text
    assert ANSWER not in anyone.get(round.said).text
    assert f"{round.answered}/republish" in chair.get(round.answered).text
    page = chair.post(f"{round.answered}/republish")
    assert "Bemötandet är publicerat igen." in page.text
    assert ANSWER in anyone.get(round.answered).text


@pytest.mark.parametrize("role", ["officer", "editor", "auditor", "reader"])
def test_only_a_chair_takes_down(round: Round, role: str) -> None:
    client = round.of(role)
    for thing in (round.said, round.answered):
        assert client.get(f"{thing}/unpublish").status_code == 403
        assert client.post(f"{thing}/unpublish", data=WHY).status_code == 403
    assert f"{round.said}/unpublish" not in client.get(round.said).text
    assert not round.log.look(Comment, round.comment).is_unpublished
    assert not round.log.look(Issue, round.issue).is_unpublished


def test_nothing_is_taken_down_without_a_reason(round: Round) -> None:
    chair = round.of("chair")
    for thing in (round.said, round.answered):
        page = chair.post(f"{thing}/unpublish", data={"decision_ref": "Dnr 9/2026"})
        assert page.status_code == 422
        assert "Skriv varför detta inte längre ska vara publicerat." in page.text
        assert 'value="Dnr 9/2026"' in page.text
    chair.post(f"{round.said}/unpublish", data=WHY)
    again = chair.post(f"{round.said}/unpublish", data=WHY)
    assert again.status_code == 422
    assert "Detta är redan avpublicerat." in again.text


def test_what_belongs_to_another_consultation_is_not_found(round: Round) -> None:
    elsewhere = story.a_consultation(round.log, "En annan")
    person = story.a_person(round.log, role="chair", consultation=elsewhere)
    chair = round.browsers.of(person)
    there = f"/consultations/{elsewhere}"
    for address, sent in (
        (f"{there}/comments/{round.comment}/unpublish", WHY),
        (f"{there}/issues/{round.issue}/unpublish", WHY),
        (f"{there}/comments/{round.comment}/secrecy", {"provision": OSL}),
        (f"{there}/comments/{round.comment}/hold", WHY),
    ):
        assert chair.get(address).status_code == 404
        assert chair.post(address, data=sent).status_code == 404
    for address in (f"{round.said}/unpublish", f"{round.home}/hold"):
        assert chair.post(address, data=WHY).status_code == 403


def test_a_marking_closes_the_words_to_all_but_a_few(round: Round) -> None:
    officer = round.of("officer")
    form = officer.get(f"{round.said}/secrecy").text
    assert "En sekretessmarkering är en varning och inget beslut." in form
    sent = {"provision": OSL, "note": "Gäller en patient."}
    page = officer.post(f"{round.said}/secrecy", data=sent)
    assert "Synpunkten är sekretessmarkerad." in page.text
    assert OSL in page.text
    assert "Gäller en patient." in page.text
    assert SAID in page.text
    for client, reads in (
        (round.browsers.anyone(), False),
        (round.of("reader"), False),
        (round.of("auditor"), True),
        (round.browsers.of(round.author), True),
    ):
        page = client.get(round.said)
        assert (SAID in page.text) == reads
        assert "sekretessmarkerad" in page.text
    public = round.browsers.anyone()
    for address in (
        round.said,
        f"{round.said}?as_of={round.log.head() - 1}",
        f"{round.home}/comments",
    ):
        page = public.get(address)
        assert SAID not in page.text
        assert OSL not in page.text
    assert "Sekretessmarkerad" in officer.get(f"{round.home}/inbox").text


def test_a_marking_is_reassessed(round: Round) -> None:
    officer = round.of("officer")
    address = f"{round.said}/secrecy"
    page = officer.post(f"{address}/reassess", data={"outcome": "lifted"})
    assert page.status_code == 422
    assert "Synpunkten är inte sekretessmarkerad." in page.text
    officer.post(address, data={"provision": OSL})
    sent = {"outcome": "kept", "provision": "other", "written": "39 kap. 1 § OSL"}
    page = officer.post(f"{address}/reassess", data=sent)
    assert "Markeringen står kvar." in page.text
    assert "39 kap. 1 § OSL" in page.text
    assert 'value="39 kap. 1 § OSL"' in officer.get(address).text
    page = officer.post(f"{address}/reassess", data={"outcome": "lifted"})
    assert "Markeringen är hävd." in page.text
    assert SAID in round.browsers.anyone().get(round.said).text


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({}, "Välj ett av alternativen"),
        ({"provision": "nonsens"}, "Välj ett av alternativen"),
        ({"provision": "other"}, "Skriv vilken bestämmelse det är."),
        ({"provision": "other", "written": "x" * 300}, "högst"),
    ],
)
def test_a_marking_names_its_provision(
    round: Round, sent: dict[str, str], said: str
) -> None:
    page = round.of("officer").post(f"{round.said}/secrecy", data=sent)
    assert page.status_code == 422
    assert said in page.text
    assert not round.log.look(Comment, round.comment).is_secret


@pytest.mark.parametrize("role", ["auditor", "reader"])
def test_only_the_secretariat_marks(round: Round, role: str) -> None:
    client = round.of(role)
    sent = {"provision": OSL}
    assert client.get(f"{round.said}/secrecy").status_code == 403
    assert client.post(f"{round.said}/secrecy", data=sent).status_code == 403
    assert not round.log.look(Comment, round.comment).is_secret


def test_a_hold_is_placed_and_lifted(round: Round) -> None:
    chair = round.browsers.of(story.a_person(round.log, role="chair"))
    for kind, id, address in (
        (Consultation, round.consultation, f"{round.home}/hold"),
        (Comment, round.comment, f"{round.said}/hold"),
        (Person, round.author, f"/people/{round.author}/hold"),
    ):
        empty = chair.post(address, data={})
        assert "Skriv varför detta måste bevaras." in empty.text
        page = chair.post(address, data=WHY)
        assert "Bevarandekravet är lagt." in page.text
        assert REASON in page.text
        assert round.log.look(kind, id).is_held
        page = chair.get(address)
        assert REASON in page.text
        assert "Dnr 7/2026" in page.text
        assert "Häv bevarandekravet" in page.text
        assert chair.post(address, data={}).status_code == 422
        again = chair.post(address, data=WHY)
        assert "Det finns redan ett bevarandekrav på detta." in again.text
        page = chair.post(f"{address}/lift")
        assert "Bevarandekravet är hävt." in page.text
        assert not round.log.look(kind, id).is_held
        assert chair.post(f"{address}/lift").status_code == 422


def test_only_who_decides_holds_and_on_people_only_in_all_rounds(round: Round) -> None:
    for role in ("officer", "auditor"):
        client = round.of(role)
        for address in (f"{round.home}/hold", f"{round.said}/hold"):
            assert client.post(address, data=WHY).status_code == 403
    chair = round.of("chair")
    address = f"/people/{round.author}/hold"
    assert chair.get(address).status_code == 404
    assert chair.post(address, data=WHY).status_code == 404
    assert not round.log.look(Person, round.author).is_held
    everywhere = round.browsers.of(story.a_person(round.log, role="chair"))
    assert everywhere.get(f"/people/{uuid4()}/hold").status_code == 404
