"""Proposals entered, redrafted, published, withdrawn, and revised from a file."""

from __future__ import annotations

import re
from itertools import chain
from uuid import UUID, uuid4

import pytest

from domain.log import Log
from domain.proposal import Proposal
from domain.revision import Revision
from tests.client import PageClient
from tests.story import TEXT, a_consultation, a_person, a_proposal, text_of
from tests.web.conftest import Browsers
from tests.web.formats.word import docx

MARKDOWN = """# Ledarskap

## Chefers villkor

En chef ska ha högst 25 medarbetare.

- stöd av administratör
- tid för återhämtning

#### För långt ner

Sista stycket.
"""


@pytest.fixture
def round(log: Log) -> UUID:
    return a_consultation(log)


@pytest.fixture
def editor(browsers: Browsers, log: Log, round: UUID) -> PageClient:
    return browsers.of(a_person(log, "Eva Redaktör", role="editor"))


def look_over(
    client: PageClient, address: str, text: str = MARKDOWN
) -> tuple[str, str]:
    """Paste a text; gives the address and the page that show how it was understood."""
    shown = client.post(address, data={"text": text})
    assert shown.status_code == 200
    return shown.url.path, shown.text


def hidden_id(page: str) -> str:
    found = re.search(r'name="id" value="([^"]+)"', page)
    assert found
    return found[1]


def test_a_pasted_text_is_shown_as_passages_before_it_is_saved(
    editor: PageClient, log: Log, round: UUID
) -> None:
    address, page = look_over(editor, f"/consultations/{round}/proposals/new")
    assert "1:1 · Stycke" in page
    assert "En chef ska ha högst 25 medarbetare." in page
    assert "1 rubrik hoppar över en nivå" in page
    assert 'value="Ledarskap"' in page
    id = hidden_id(page)
    saved = editor.post(address, data={"id": id, "title": "Om chefer", "order": "4"})
    assert "Utkastet är sparat." in saved.text
    proposal = log.look(Proposal, UUID(id))
    assert proposal.title == "Om chefer"
    assert proposal.published == 0
    assert len(proposal.passages) == 7
    again = editor.post(address, data={"id": id, "title": "Om chefer", "order": "4"})
    assert again.status_code == 200


def test_a_word_file_becomes_a_draft_with_its_name_as_source(
    editor: PageClient, round: UUID
) -> None:
    data = docx("<w:p><w:r><w:t>Ett stycke ur Word.</w:t></w:r></w:p>")
    shown = editor.post(
        f"/consultations/{round}/proposals/new",
        data={"text": ""},
        files={"file": ("förslag.docx", data)},
    )
    assert "Ett stycke ur Word." in shown.text
    assert "Det finns inga rubriker" in shown.text
    sent = {"id": hidden_id(shown.text), "title": "Ur Word", "order": "1"}
    saved = editor.post(shown.url.path, data=sent)
    assert "från filen förslag.docx" in saved.text


def test_a_file_that_cannot_be_read_is_told_and_the_text_kept(
    editor: PageClient, round: UUID
) -> None:
    page = editor.post(
        f"/consultations/{round}/proposals/new",
        data={"text": "Det jag redan skrev."},
        files={"file": ("bild.pdf", b"%PDF-1.7 nonsense")},
    )
    assert page.status_code == 422
    assert "Det går bara att läsa in Word" in page.text
    assert "Det jag redan skrev." in page.text
    nothing = editor.post(f"/consultations/{round}/proposals/new", data={"text": " "})
    assert nothing.status_code == 422
    assert "Välj en fil, eller klistra in texten" in nothing.text


def test_a_text_is_looked_over_only_by_whoever_sent_it_and_where(
    editor: PageClient, browsers: Browsers, log: Log, round: UUID
) -> None:
    address, _ = look_over(editor, f"/consultations/{round}/proposals/new")
    other = browsers.of(a_person(log, role="editor"))
    assert other.get(address).status_code == 404
    elsewhere = a_consultation(log, "Ett annat")
    browsers.catch_up()
    moved = address.replace(str(round), str(elsewhere))
    assert editor.get(moved).status_code == 404
    assert editor.get(f"/consultations/{round}/proposals/new/xyz").status_code == 404


def test_a_draft_without_a_title_comes_back_with_its_passages(
    editor: PageClient, round: UUID
) -> None:
    address, page = look_over(editor, f"/consultations/{round}/proposals/new")
    sent = {"id": hidden_id(page), "title": "", "order": "tre"}
    wrong = editor.post(address, data=sent)
    assert wrong.status_code == 422
    assert "Skriv en rubrik." in wrong.text
    assert "En chef ska ha högst 25 medarbetare." in wrong.text


def test_a_draft_is_replaced_and_what_lives_on_keeps_its_id(
    editor: PageClient, browsers: Browsers, log: Log, round: UUID
) -> None:
    proposal = a_proposal(log, round, published=False)
    before = {passage.text: passage.id for passage in text_of(log, proposal)}
    browsers.catch_up()
    at = f"/consultations/{round}/proposals/{proposal}"
    text = f"{TEXT[1][1]}\n\nEtt alldeles nytt stycke om lokaler.\n"
    address, page = look_over(editor, f"{at}/redraft", text)
    assert "Ett alldeles nytt stycke" in page
    saved = editor.post(address, data={"title": "Kortare"})
    assert "Utkastet är ersatt." in saved.text
    after = text_of(log, proposal)
    assert [passage.id in before.values() for passage in after] == [True, False]
    assert after[0].id == before[TEXT[1][1]]


def test_a_published_text_is_not_redrafted(
    editor: PageClient, browsers: Browsers, log: Log, round: UUID
) -> None:
    proposal = a_proposal(log, round)
    browsers.catch_up()
    at = f"/consultations/{round}/proposals/{proposal}/redraft"
    assert "ändras genom en revidering" in editor.get(at).text
    address, _ = look_over(editor, at)
    refused = editor.post(address, data={"title": "Nej"})
    assert refused.status_code == 422
    assert "Versionen är redan publicerad." in refused.text


def test_the_first_version_is_published_after_the_check(
    editor: PageClient, browsers: Browsers, log: Log, round: UUID
) -> None:
    proposal = a_proposal(log, round, published=False)
    browsers.catch_up()
    assert str(proposal) not in browsers.anyone().get(f"/consultations/{round}").text
    at = f"/consultations/{round}/proposals/{proposal}/publish"
    index = f"/consultations/{round}/proposals"
    assert f'href="{at}"' in editor.get(index).text
    page = editor.get(at).text
    assert "Klart att publicera." in page
    assert "Läs texten först" in page
    stale = editor.post(at, data={"edition": "7"})
    assert stale.status_code == 409
    done = editor.post(at, data={"edition": "1"})
    assert "Versionen är publicerad." in done.text
    assert "Version 1 är publicerad" in editor.get(index).text
    assert log.look(Proposal, proposal).published == 1


def test_a_proposal_is_withdrawn_for_a_reason(
    editor: PageClient, browsers: Browsers, log: Log, round: UUID
) -> None:
    proposal = a_proposal(log, round)
    browsers.catch_up()
    at = f"/consultations/{round}/proposals/{proposal}/withdraw"
    unexplained = editor.post(at, data={"reason": ""})
    assert unexplained.status_code == 422
    page = editor.post(at, data={"reason": "Uppdraget har ändrats."})
    assert "Förslaget är tillbakadraget." in page.text
    assert "Har dragits tillbaka" in page.text
    assert log.look(Proposal, proposal).is_withdrawn
    again = editor.post(at, data={"reason": "Igen."})
    assert again.status_code == 422


def later_text() -> str:
    old = [text for _, text in TEXT]
    return "\n\n".join(
        [
            f"## {old[0]}",
            "Regionerna ska erbjuda alla nyanställda en egen erfaren mentor.",
            f"## {old[2]}",
            old[4],
            "Stycket om lokaler är nytt och liknar inget annat.",
        ]
    )


def test_a_later_text_becomes_a_revision_after_a_look(
    editor: PageClient, browsers: Browsers, log: Log, round: UUID
) -> None:
    proposal = a_proposal(log, round)
    browsers.catch_up()
    at = f"/consultations/{round}/proposals/{proposal}/revise-from-file"
    address, page = look_over(editor, at, later_text())
    assert re.search(r"<ins>erfaren\s*</ins>", page)
    assert "Antalet platser på sjuksköterskeprogrammet" in page
    id = hidden_id(page)
    sent = {"id": id, "title": "Efter omgången", "reason": "Enligt beslut."}
    started = editor.post(address, data=sent)
    assert started.status_code == 200
    assert "Revideringen är startad." in started.text
    revision = log.look(Revision, UUID(id))
    assert sorted(change["op"] for change in revision.changes.values()) == [
        "delete",
        "insert",
        "replace",
    ]
    assert {change["reason"] for change in revision.changes.values()} == {
        "Enligt beslut."
    }
    editor.post(address, data=sent)
    assert len(log.look(Revision, UUID(id)).changes) == 3


LONG = [f"Paragraf nummer {n}." for n in range(500)]


def portions_from(client: PageClient, page: str) -> list[list[str]]:
    """What stands on a page, and then in each portion that comes as one reads on."""
    read = [re.findall(r"Paragraf nummer \d+\.", page)]
    while link := re.search(r'href="([^"]*)" hx-get="[^"]*part=', page):
        address = link[1].replace("&amp;", "&")
        page = client.get(address, headers={"HX-Request": "true"}).text
        whole = client.get(address).text
        assert "<html" not in page
        assert "Det som kommer före" in whole
        read.append(re.findall(r"Paragraf nummer \d+\.", page))
        assert read[-1] == re.findall(r"Paragraf nummer \d+\.", whole)
    return read


def test_a_long_text_is_looked_over_a_portion_at_a_time(
    editor: PageClient, round: UUID
) -> None:
    new = f"/consultations/{round}/proposals/new"
    _, page = look_over(editor, new, "\n\n".join(LONG))
    assert "500 stycken" in page
    portions = portions_from(editor, page)
    assert [*chain(*portions)] == LONG
    assert max(map(len, portions)) < 200


def test_what_a_later_text_changes_is_looked_over_a_portion_at_a_time(
    editor: PageClient, browsers: Browsers, log: Log, round: UUID
) -> None:
    proposal = a_proposal(log, round, text=[("paragraph", "Det enda ord som var.")])
    browsers.catch_up()
    at = f"/consultations/{round}/proposals/{proposal}/revise-from-file"
    _, page = look_over(editor, at, "\n\n".join(LONG))
    portions = portions_from(editor, page)
    assert [*chain(*portions)] == LONG
    assert max(map(len, portions)) < 200


def test_a_text_that_changes_nothing_is_told(
    editor: PageClient, browsers: Browsers, log: Log, round: UUID
) -> None:
    proposal = a_proposal(log, round, text=(("paragraph", "Samma ord som förut."),))
    browsers.catch_up()
    at = f"/consultations/{round}/proposals/{proposal}/revise-from-file"
    page = editor.post(at, data={"text": "Samma ord som förut."})
    assert page.status_code == 422
    assert "Revideringen har inga ändringar" in page.text


def test_a_proposal_of_another_consultation_is_not_found(
    editor: PageClient, browsers: Browsers, log: Log, round: UUID
) -> None:
    proposal = a_proposal(log, a_consultation(log, "Ett annat"))
    browsers.catch_up()
    at = f"/consultations/{round}/proposals/{proposal}"
    for page in ("redraft", "publish", "withdraw", "revise-from-file"):
        assert editor.get(f"{at}/{page}").status_code == 404
    assert editor.post(f"{at}/withdraw", data={"reason": "x"}).status_code == 404
    assert editor.post(f"{at}/publish", data={"edition": "1"}).status_code == 404
    assert not log.look(Proposal, proposal).is_withdrawn
    missing = f"/consultations/{round}/proposals/{uuid4()}/withdraw"
    assert editor.get(missing).status_code == 404


def test_drafts_are_for_the_secretariat_and_publishing_for_editors(
    browsers: Browsers, log: Log, round: UUID
) -> None:
    proposal = a_proposal(log, round, published=False)
    officer = browsers.of(a_person(log, role="officer"))
    index = f"/consultations/{round}/proposals"
    page = officer.get(index)
    assert page.status_code == 200
    assert f'/{proposal}/publish"' not in page.text
    at = f"{index}/{proposal}"
    assert officer.get(f"{at}/redraft").status_code == 200
    for page_of_editors in ("publish", "withdraw", "revise-from-file"):
        assert officer.get(f"{at}/{page_of_editors}").status_code == 403
        assert officer.post(f"{at}/{page_of_editors}").status_code == 403
    citizen = browsers.of(a_person(log))
    assert citizen.get(index).status_code == 403
