"""What browsers have kept is not shown again when what stands on it is erased."""

from __future__ import annotations

import pytest

from domain.log import Log
from tests import story
from tests.office import Office
from tests.web.conftest import Browsers

SAID = "Mormors hemliga recept på kanelbullar."
NAME = "Frida Testare"


class Kept(Office):
    """What an office erases, and the pages that it stands on."""

    def __init__(self, log: Log) -> None:
        super().__init__(log)
        self.author = story.a_person(log, NAME)
        self.comment = story.a_comment(log, self.proposal, text=SAID, by=self.author)
        passage = story.text_of(log, self.proposal)[1].id
        around = f"/consultations/{self.round}"
        text = f"{around}/proposals/{self.proposal}"
        today = [
            around,
            text,
            f"{text}/passages/{passage}",
            f"{text}/passages/{passage}/comments",
            f"{around}/comments",
            f"{around}/comments?words=recept",
            f"{around}/comments/{self.comment}",
        ]
        of_before = [f"as_of={log.head()}"]
        self.pages = today + [
            f"{page}{'&' if '?' in page else '?'}{query}"
            for page in today
            for query in of_before
        ]


def shows(page: str) -> bool:
    return SAID in page or NAME in page


@pytest.mark.parametrize("kind", ["person", "comment"])
@pytest.mark.parametrize("reader", ["anyone", "author", "officer"])
def test_no_kept_page_is_still_good_when_what_it_shows_is_erased(
    browsers: Browsers, log: Log, reader: str, kind: str
) -> None:
    office = Kept(log)
    people = {"author": office.author, "officer": office.officer}
    client = browsers.of(people[reader]) if reader in people else browsers.anyone()
    kept: dict[str, str] = {}
    for page in office.pages:
        got = client.get(page)
        assert got.status_code == 200, page
        assert got.headers["cache-control"].startswith("private, no-"), page
        if shows(got.text):
            kept[page] = got.headers.get("etag", "")
    assert len(kept) >= 8
    assert sum(map(bool, kept.values())) >= 6, "most of them are kept by browsers"

    comments = [office.comment] if kind == "person" else []
    office.erase(kind, comments=comments)
    browsers.catch_up()
    for page, name in kept.items():
        again = client.get(page, headers={"If-None-Match": name})
        assert again.status_code == 200, page
        assert SAID not in again.text, page
        assert kind == "comment" or NAME not in again.text, page
