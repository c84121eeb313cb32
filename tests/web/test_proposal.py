"""A proposal as it is read: its versions, its margin, and what has changed in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from uuid import UUID, uuid4

import html5lib
import pytest

from domain.change import PassageChange
from domain.inbox import withhold_comments
from domain.log import SYSTEM, Log
from domain.period import close_consultation
from domain.proposal import draft_proposal, publish_proposal, withdraw_proposal
from domain.submission import submit_comment, withdraw_comment
from domain.text import Kind, Mark, Passage
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
from tests.web.reading import fields_of, words_of

HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.fixture
def round(log: Log) -> UUID:
    return a_consultation(log)


@pytest.fixture
def proposal(log: Log, round: UUID) -> UUID:
    return a_proposal(log, round)


def page_of(round: UUID, proposal: UUID, more: str = "") -> str:
    return f"/consultations/{round}/proposals/{proposal}{more}"


def inserting(log: Log, proposal: UUID, after: int, text: str) -> PassageChange:
    """The change that puts a paragraph after a proposal's nth passage."""
    return {
        "id": uuid4().hex,
        "op": "insert",
        "passage": uuid4().hex,
        "after": text_of(log, proposal)[after].id.hex,
        "kind": "paragraph",
        "level": 0,
        "text": text,
        "marks": [],
        "reason": "Det saknades.",
        "issues": [],
    }


def removing(log: Log, proposal: UUID, passage: int) -> PassageChange:
    """The change that takes a proposal's nth passage out."""
    return {
        "id": uuid4().hex,
        "op": "delete",
        "passage": text_of(log, proposal)[passage].id.hex,
        "reason": "Det sägs redan.",
        "issues": [],
    }


def moving(log: Log, proposal: UUID, passage: int, after: int) -> PassageChange:
    """The change that moves a proposal's nth passage behind another one."""
    text = text_of(log, proposal)
    return {
        "id": uuid4().hex,
        "op": "move",
        "passage": text[passage].id.hex,
        "after": text[after].id.hex,
        "reason": "Det hör ihop.",
        "issues": [],
    }


def a_long_proposal(log: Log, round: UUID, text: Sequence[tuple[Kind, str]]) -> UUID:
    return a_proposal(log, round, "En lång lag", text=text)


def passages_on(html: str) -> list[str]:
    """The ids of the passages on a page, in order."""
    return re.findall(r'data-passage="([0-9a-f-]+)"', html)


def test_the_text_is_read_in_order_with_its_labels(
    browsers: Browsers, log: Log, round: UUID, proposal: UUID
) -> None:
    page = browsers.anyone().get(page_of(round, proposal))
    text = text_of(log, proposal)
    assert passages_on(page.text) == [str(passage.id) for passage in text]
    said = words_of(page.text)
    places = [said.rindex(words) for _, words in TEXT]
    assert places == sorted(places)
    labels = [a.strip() for a in re.findall(r"</span>([\d.:]+)</a>", page.text)]
    assert labels == ["1", "1:1", "2", "2:1", "2:2"]
    assert "Version 1 Aktuell version" in said


def test_the_words_on_the_page_are_exactly_the_passage(
    browsers: Browsers, log: Log, round: UUID
) -> None:
    id = uuid4()
    passages = [
        Passage(uuid4(), "paragraph", 0, "Fet <b> & kursiv.", (Mark(0, 3, "strong"),)),
        Passage(uuid4(), "item", 1, "yttre"),
        Passage(uuid4(), "item", 2, "inre"),
        Passage(uuid4(), "table", 0, "A\tB\nc\td"),
        Passage(uuid4(), "code", 0, "x  =  1\n  y"),
        Passage(uuid4(), "quote", 0, "Citerat."),
    ]
    draft_proposal(
        log, id=id, consultation=round, title="Allt", order=1, passages=passages,
        by=SYSTEM, now=NOW,
    )  # fmt: skip
    an_adopted_revision(log, id, [replacing(log, id, 5, "Citerat igen.")])
    page = browsers.anyone().get(page_of(round, id))
    tree = html5lib.parse(page.text, namespaceHTMLElements=False)
    shown = {
        element.get("data-passage"): "".join(
            next(e for e in element if "passage-text" in e.get("class", "")).itertext()
        )
        for element in tree.iter("div")
        if element.get("data-passage")
    }
    for passage in text_of(log, id):
        assert shown[str(passage.id)] == passage.text
    assert "<table>" in page.text
    assert re.search(r"<li>.*yttre.*<ul>.*inre.*</ul>", page.text, re.DOTALL)


def test_a_title_that_the_page_has_as_its_heading_is_not_repeated(
    browsers: Browsers, log: Log, round: UUID
) -> None:
    id = uuid4()
    passages = [
        Passage(uuid4(), "heading", 1, "Planen"),
        Passage(uuid4(), "heading", 2, "Mål"),
        Passage(uuid4(), "paragraph", 0, "Fler stannar."),
    ]
    draft_proposal(
        log, id=id, consultation=round, title="Planen", order=1, passages=passages,
        by=SYSTEM, now=NOW,
    )  # fmt: skip
    an_adopted_revision(log, id, [replacing(log, id, 2, "Många stannar.")])
    url = page_of(round, id)
    page = browsers.anyone().get(url).text
    assert passages_on(page) == [str(one.id) for one in passages[1:]]
    assert '<h2 class="passage-text">Mål</h2>' in page
    a_comment(log, id, 0, text="Byt rubrik.")
    page = browsers.anyone().get(url).text
    assert passages_on(page) == [str(one.id) for one in passages]


def test_comments_are_counted_in_the_margin_and_their_words_marked(
    browsers: Browsers, log: Log, round: UUID, proposal: UUID
) -> None:
    a_comment(log, proposal, 1, "egen mentor", text="Första.")
    a_comment(log, proposal, 1, "en egen", text="Andra.")
    a_comment(log, proposal, 3, text="Tredje.")
    a_comment(log, proposal, None, text="Om allt.")
    page = browsers.anyone().get(page_of(round, proposal))
    said = words_of(page.text)
    assert "2 synpunkter på 1:1" in said
    assert "1 synpunkt på 2:1" in said
    assert "1 synpunkt på hela förslaget" in said
    assert "4 synpunkter" in said
    assert '<mark class="commented">en egen mentor</mark>' in page.text
    assert "Första." not in page.text, "comments are fetched when asked for"
    beside = re.search(r'hx-get="([^"]*/comments\?version=1)"', page.text)
    assert beside
    part = browsers.anyone().get(beside[1], headers=HTMX).text
    assert part.index("Första.") < part.index("Andra.")
    assert "Tredje." not in part


def test_what_the_public_may_not_know_of_is_neither_counted_nor_marked(
    browsers: Browsers, log: Log, round: UUID, proposal: UUID
) -> None:
    author = a_person(log)
    gone = a_comment(log, proposal, 1, "egen mentor", by=author)
    withdraw_comment(log, id=gone, by=author, now=NOW)
    withheld = a_comment(log, proposal, 3)
    withhold_comments(log, ids=[withheld], reason="Sekretess.", by=SYSTEM, now=NOW)
    page = browsers.anyone().get(page_of(round, proposal))
    assert "commented" not in page.text
    assert "1 synpunkt" not in page.text
    officer = a_person(log, role="officer", consultation=round)
    inside = browsers.of(officer).get(page_of(round, proposal))
    assert "1 synpunkt på 2:1" in words_of(inside.text)


def test_words_are_taken_to_the_form_with_passage_and_version(
    browsers: Browsers, log: Log, round: UUID, proposal: UUID
) -> None:
    page = browsers.anyone().get(page_of(round, proposal))
    fields = fields_of(page.text, "quote-form")
    assert fields.pop("version") == "1"
    assert set(fields) == {"passage", "quote", "prefix", "suffix", "start", "end"}
    passage = text_of(log, proposal)[1].id
    assert f"comments/new?passage={passage}&amp;version=1" in page.text
    assert "Kommentera hela förslaget" in page.text


def test_nobody_is_offered_to_comment_when_comments_are_not_taken(
    browsers: Browsers, log: Log, round: UUID, proposal: UUID
) -> None:
    before = log.recorder.max_notification_id()
    an_adopted_revision(log, proposal)
    url = page_of(round, proposal)
    anyone = browsers.anyone()
    assert "comments/new" in anyone.get(url).text
    for way in ("?version=1", f"?as_of={before}"):
        assert "comments/new" not in anyone.get(url + way).text
        assert "quote-form" not in anyone.get(url + way).text
    close_consultation(log, id=round, by=SYSTEM, now=NOW)
    closed = browsers.anyone().get(url).text
    assert "comments/new" not in closed
    assert "Det går inte längre att lämna synpunkter." in closed


def test_those_not_invited_are_told_so_beside_the_text(
    browsers: Browsers, log: Log
) -> None:
    round = a_consultation(log, access="invited")
    url = page_of(round, a_proposal(log, round))
    uninvited = a_person(log, speaks_for=an_organisation(log))
    page = browsers.of(uninvited).get(url).text
    assert "Bara inbjudna får lämna synpunkter" in page
    assert "comments/new" not in page
    assert "comments/new" in browsers.anyone().get(url).text


def test_a_withdrawn_proposal_is_readable_and_says_so(
    browsers: Browsers, log: Log, round: UUID, proposal: UUID
) -> None:
    withdraw_proposal(log, id=proposal, reason="Fel.", by=SYSTEM, now=NOW)
    page = browsers.anyone().get(page_of(round, proposal))
    said = words_of(page.text)
    assert "Förslaget drogs tillbaka 2 mars 2026." in said
    assert "Skälet: Fel." in said
    assert "comments/new" not in page.text


def test_versions_are_chosen_and_each_says_what_it_is(
    browsers: Browsers, log: Log, round: UUID, proposal: UUID
) -> None:
    an_adopted_revision(log, proposal)
    an_adopted_revision(
        log, proposal, [replacing(log, proposal, 4, "Hemligt än.")], published=False
    )
    url = page_of(round, proposal)
    anyone = browsers.anyone()
    said = words_of(anyone.get(url).text)
    assert "Version 2 Aktuell version" in said
    assert "en erfaren mentor i ett år" in said
    assert "Ändrat i version 2" in said
    older = words_of(anyone.get(url + "?version=1").text)
    assert "Du läser en äldre version. Den aktuella är version 2." in older
    assert "en egen mentor" in older
    assert "Ändrat i" not in older
    for unpublished in ("3", "9", "x", "0"):
        response = anyone.get(f"{url}?version={unpublished}")
        assert response.status_code == 404
    editor = browsers.of(a_person(log, role="editor", consultation=round))
    upcoming = words_of(editor.get(url + "?version=3").text)
    assert "Inte publicerad än" in upcoming
    assert "Hemligt än." in upcoming
    assert "Version 2 Aktuell version" in words_of(editor.get(url).text)


def test_a_draft_is_for_those_who_work_on_it(
    browsers: Browsers, log: Log, round: UUID
) -> None:
    draft = a_proposal(log, round, published=False)
    assert browsers.anyone().get(page_of(round, draft)).status_code == 404
    editor = browsers.of(a_person(log, role="editor", consultation=round))
    assert "Inte publicerad än" in editor.get(page_of(round, draft)).text


def test_a_proposal_of_another_consultation_is_not_found(
    browsers: Browsers, log: Log, proposal: UUID
) -> None:
    other = a_consultation(log, "En annan")
    for more in ("", "/compare"):
        response = browsers.anyone().get(page_of(other, proposal, more))
        assert response.status_code == 404


def test_the_page_shows_the_text_as_of_any_moment(
    browsers: Browsers, log: Log, round: UUID, proposal: UUID
) -> None:
    a_comment(log, proposal, 1)
    before = log.recorder.max_notification_id()
    a_comment(log, proposal, 1)
    an_adopted_revision(log, proposal)
    page = browsers.anyone().get(page_of(round, proposal, f"?as_of={before}"))
    said = words_of(page.text)
    assert "en egen mentor" in said
    assert "Version 1 Aktuell version" in said
    assert "1 synpunkt på 1:1" in said


def test_a_long_text_comes_a_portion_at_a_time(
    browsers: Browsers, log: Log, round: UUID
) -> None:
    text: list[tuple[Kind, str]] = []
    for chapter in range(1, 41):
        text.append(("heading", f"Kapitel nummer {chapter}"))
        text += [("paragraph", f"Paragraf {chapter}.{n}.") for n in range(9)]
    proposal = a_long_proposal(log, round, text)
    all_ids = [str(passage.id) for passage in text_of(log, proposal)]
    url = page_of(round, proposal)
    anyone = browsers.anyone()

    page = anyone.get(url).text
    read = passages_on(page)
    assert 100 < len(read) < 200
    assert words_of(page).count("Kapitel nummer") > 40, "the outline has all of them"
    while link := re.search(r'href="([^"]*)" hx-get="[^"]*part=', page):
        address = link[1].replace("&amp;", "&")
        whole, page = (
            anyone.get(address).text,
            anyone.get(address, headers=HTMX).text,
        )
        assert passages_on(whole) == passages_on(page)
        assert "Det som kommer före" in whole
        assert "<html" not in page
        read += passages_on(page)
    assert read == all_ids

    last = anyone.get(f"{url}?passage={all_ids[-1]}").text
    assert all_ids[-1] in passages_on(last)
    assert "part=" in re.findall(r'<li class="depth-1"><a href="([^"]*)"', last)[0]


def test_a_long_outline_is_open_at_the_portion_that_is_read(
    browsers: Browsers, log: Log, round: UUID
) -> None:
    text: list[Passage] = []
    for chapter in range(1, 41):
        text.append(Passage(uuid4(), "heading", 2, f"Kapitel {chapter}"))
        for section in range(1, 4):
            text.append(Passage(uuid4(), "heading", 3, f"Del {chapter}.{section}"))
            text += [Passage(uuid4(), "paragraph", 0, "Text.") for _ in range(3)]
    proposal = uuid4()
    draft_proposal(
        log,
        id=proposal,
        consultation=round,
        title="Lång lag",
        order=1,
        passages=text,
        by=SYSTEM,
        now=NOW,
    )
    publish_proposal(log, id=proposal, by=SYSTEM, now=NOW)
    a_comment(log, proposal, text.index(next(p for p in text if p.text == "Del 30.2")))
    url = page_of(round, proposal)
    for passage in (text[0], text[-1]):
        page = browsers.anyone().get(f"{url}?passage={passage.id}").text
        outline = page.partition('class="outline"')[2].partition("</nav>")[0]
        said = words_of(outline)
        assert said.count("Kapitel") == 40
        assert ("Del 1.1" in said, "Del 40.3" in said) == (
            passage is text[0],
            passage is text[-1],
        )
        assert 0 < said.count("Del ") < 60
        assert "30 Kapitel 30 1 synpunkter" in said, "with those on what is under it"
        assert 'href="#text"' in outline
        (here,) = re.findall(r'aria-current="location">(.*?)</a>', outline)
        begins = next(p for p in text if str(p.id) == passages_on(page)[0])
        assert words_of(here).endswith(f" {begins.text}")


def test_a_portion_that_is_no_number_is_the_first(
    browsers: Browsers, log: Log, round: UUID
) -> None:
    proposal = a_proposal(log, round)
    address = page_of(round, proposal, "?part=" + "5" * 5000)
    assert browsers.anyone().get(address).status_code == 200


def test_the_margin_of_a_portion_is_that_of_its_passages(
    browsers: Browsers, log: Log, round: UUID
) -> None:
    text: list[tuple[Kind, str]] = [("paragraph", f"Stycke {n}.") for n in range(310)]
    proposal = a_long_proposal(log, round, text)
    a_comment(log, proposal, 305, "Stycke")
    page = browsers.anyone().get(page_of(round, proposal, "?part=2"))
    assert "1 synpunkt på 0:306" in words_of(page.text)
    assert '<mark class="commented">Stycke</mark>' in page.text


def test_two_versions_are_compared_word_by_word_with_the_reasons(
    browsers: Browsers, log: Log, round: UUID, proposal: UUID, reads: ReadPool
) -> None:
    region = an_organisation(log, "Region Norrskog")
    comment = a_comment(log, proposal, 1, organisation=region)
    issue = an_issue(
        log, round, [comment], "Hur länge", disposition="accepted",
        answer="Vi skriver ett år.", published=True,
    )  # fmt: skip
    changes = [
        replacing(
            log, proposal, 1,
            "Regionerna ska erbjuda alla nyanställda en egen mentor i ett år.",
            reason="Tiden saknades.", issues=[issue],
        ),
        inserting(log, proposal, 1, "Mentorn får tid för uppdraget."),
        moving(log, proposal, 4, 2),
        removing(log, proposal, 3),
    ]  # fmt: skip
    browsers.catch_up()
    with reads() as now:
        an_adopted_revision(log, proposal, changes, reads=now)
    page = browsers.anyone().get(page_of(round, proposal, "/compare"))
    said = words_of(page.text)
    assert "<ins> i ett år</ins>" in page.text
    assert "<ins>Mentorn får tid för uppdraget.</ins>" in page.text
    assert f"<del>{TEXT[3][1]}</del>" in page.text
    for summary in ("1 stycke ändrat", "1 nytt stycke", "1 stycke borttaget"):
        assert summary in said
    for reason in ("Tiden saknades.", "Det saknades.", "Det sägs redan."):
        assert reason in said
    assert "Hur länge Tillgodoses" in said
    assert "Vi skriver ett år." in said
    assert "Region Norrskog" in said
    assert f"/issues/{issue}" in page.text
    assert f"/comments/{comment}" in page.text


def test_a_moved_passage_is_shown_at_both_places(
    browsers: Browsers, log: Log, round: UUID
) -> None:
    text: list[tuple[Kind, str]] = [("paragraph", f"Stycke {n}.") for n in range(6)]
    proposal = a_proposal(log, round, text=text)
    an_adopted_revision(log, proposal, [moving(log, proposal, 4, 0)])
    said = words_of(browsers.anyone().get(page_of(round, proposal, "/compare")).text)
    assert "1 stycke flyttat" in said
    assert "Flyttat Stycke 0:2 stod tidigare som 0:5" in said
    assert "Stycke 0:5 stod här och har flyttats" in said
    assert "Det hör ihop." in said


def test_what_is_unchanged_is_folded_and_what_is_long_is_linked(
    browsers: Browsers, log: Log, round: UUID
) -> None:
    text: list[tuple[Kind, str]] = [
        ("paragraph", f"Ord nummer {n}.") for n in range(80)
    ]
    proposal = a_proposal(log, round, text=text)
    first, last = (
        replacing(log, proposal, 10, "Andra ord."),
        replacing(log, proposal, 79, "Sista."),
    )
    an_adopted_revision(log, proposal, [first, last])
    page = browsers.anyone().get(page_of(round, proposal, "/compare"))
    said = words_of(page.text)
    assert "9 oförändrade stycken, 0:1 till 0:9" in said
    assert "Ord nummer 3." in said, "folded, but there without JavaScript"
    assert "66 oförändrade stycken: läs från 0:13 i förslaget" in said
    assert "Ord nummer 40." not in said


def test_a_page_of_many_changes_folds_up_only_so_much_between_them(
    browsers: Browsers, log: Log, round: UUID
) -> None:
    text: list[tuple[Kind, str]] = [
        ("paragraph", f"Ord nummer {n}.") for n in range(600)
    ]
    proposal = a_proposal(log, round, text=text)
    changes = [replacing(log, proposal, n, "Andra ord.") for n in range(20, 600, 20)]
    an_adopted_revision(log, proposal, changes)
    said = words_of(browsers.anyone().get(page_of(round, proposal, "/compare")).text)
    assert "17 oförändrade stycken, 0:23 till 0:39" in said
    assert "Ord nummer 30." in said
    assert "17 oförändrade stycken: läs från 0:563 i förslaget" in said
    assert "Ord nummer 570." not in said
    assert said.count("Ord nummer") < 350


def test_many_changes_are_paged(browsers: Browsers, log: Log, round: UUID) -> None:
    text: list[tuple[Kind, str]] = [("paragraph", f"Gammalt {n}.") for n in range(130)]
    proposal = a_proposal(log, round, text=text)
    changes = [replacing(log, proposal, n, f"Nytt {n}.") for n in range(130)]
    an_adopted_revision(log, proposal, changes)
    url = page_of(round, proposal, "/compare")
    anyone = browsers.anyone()
    first, second = (words_of(anyone.get(f"{url}?page={n}").text) for n in (1, 2))
    assert "130 stycken ändrade" in first
    assert "100 av 130" in first
    assert "Stycke 0:100 " in first
    assert "Stycke 0:101 " not in first
    assert "Stycke 0:101 " in second
    assert "Stycke 0:130 " in second


def test_any_two_versions_are_chosen_in_either_order(
    browsers: Browsers, log: Log, round: UUID, proposal: UUID
) -> None:
    an_adopted_revision(log, proposal)
    an_adopted_revision(log, proposal, [replacing(log, proposal, 4, "Helt annat")])
    url = page_of(round, proposal, "/compare")
    anyone = browsers.anyone()
    newest = anyone.get(url).text
    assert "Helt annat" in newest
    assert "erfaren" not in newest.split("Ändringarna")[1].split("<del")[0]
    for way in ("?from=1&to=3", "?from=3&to=1"):
        both = anyone.get(url + way).text
        assert '<option value="1" selected>' in both
        assert '<option value="3" selected>' in both
        assert "erfaren" in both
        assert "Helt annat" in both
    assert "Välj två olika versioner" in anyone.get(url + "?from=2&to=2").text
    assert anyone.get(url + "?from=1&to=4").status_code == 404


def test_one_version_has_nothing_to_compare_with(
    browsers: Browsers, round: UUID, proposal: UUID
) -> None:
    page = browsers.anyone().get(page_of(round, proposal, "/compare"))
    assert "Det finns bara en version än så länge" in page.text


def test_reasons_of_what_is_not_published_are_not_told(
    browsers: Browsers, log: Log, round: UUID, proposal: UUID
) -> None:
    an_adopted_revision(log, proposal)
    secret = replacing(log, proposal, 1, "Hemliga ord.", reason="Hemligt skäl.")
    an_adopted_revision(log, proposal, [secret], published=False)
    url = page_of(round, proposal, "/compare")
    anyone = browsers.anyone().get(url).text
    assert "Hemliga ord." not in anyone
    assert "Hemligt skäl." not in anyone
    editor = browsers.of(a_person(log, role="editor", consultation=round))
    assert "Hemligt skäl." in editor.get(url + "?from=2&to=3").text


def test_a_table_is_compared_cell_by_cell(
    browsers: Browsers, log: Log, round: UUID
) -> None:
    text: list[tuple[Kind, str]] = [("table", "Vad\tNär\nPlan\t2027\nMål\t2030")]
    proposal = a_proposal(log, round, text=text)
    new = "Vad\tNär\nPlan\t2028\nStöd\t2029\nMål\t2030"
    an_adopted_revision(log, proposal, [replacing(log, proposal, 0, new)])
    page = browsers.anyone().get(page_of(round, proposal, "/compare")).text
    assert "<td>Plan</td><td><del>2027</del><ins>2028</ins></td>" in page
    assert "<td><ins>Stöd</ins></td><td><ins>2029</ins></td>" in page
    assert "<td>Mål</td><td>2030</td>" in page


def test_a_comment_on_an_older_version_is_counted_where_it_stands_now(
    browsers: Browsers, log: Log, round: UUID, proposal: UUID, reads: ReadPool
) -> None:
    anchor = on(log, proposal, 1, "en egen mentor")
    an_adopted_revision(log, proposal)
    submit_comment(
        log, id=uuid4(), proposal=proposal, edition=1, anchor=anchor, kind="general",
        text="Bra.", wording="", organisation=None, by=a_person(log), now=NOW,
    )  # fmt: skip
    anyone = browsers.anyone()
    for version in (1, 2):
        url = page_of(round, proposal, f"?version={version}")
        assert "1 synpunkt på 1:1" in words_of(anyone.get(url).text)
