"""A browser is told that it has a page only when it would be sent the very same one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from starlette.requests import Request

from domain.inbox import withhold_comments
from domain.log import SYSTEM, Log
from domain.person import rename_person
from domain.role import grant_role
from domain.submission import amend_comment
from projections.follower import Follower
from projections.reads import ReadPool
from projections.stand import stand_of
from tests.client import PageClient
from tests.story import (
    NOW,
    a_comment,
    a_consultation,
    a_person,
    a_proposal,
    an_adopted_revision,
    an_organisation,
    replacing,
    text_of,
)
from tests.web.conftest import Browsers
from web.unchanged import name_of
from web.visitor import Visitor


class Story:
    """A proposal in two versions, with a comment by somebody."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.round = a_consultation(log)
        self.proposal = a_proposal(log, self.round)
        self.author = a_person(log, "Astrid Lind")
        self.passage = text_of(log, self.proposal)[1].id
        self.comment = a_comment(log, self.proposal, by=self.author)
        reworded = replacing(log, self.proposal, 3, "Antalet platser ökar med femtio.")
        an_adopted_revision(log, self.proposal, [reworded])
        around = f"/consultations/{self.round}"
        text = f"{around}/proposals/{self.proposal}"
        self.pages = {
            "home": "/",
            "consultations": "/consultations",
            "consultation": around,
            "proposal": text,
            "then": f"{text}?as_of={log.head() - 1}",
            "compare": f"{text}/compare",
            "passage": f"{text}/passages/{self.passage}",
            "beside": f"{text}/passages/{self.passage}/comments",
            "comments": f"{around}/comments",
            "comment": f"{around}/comments/{self.comment}",
        }


@pytest.fixture
def story(log: Log) -> Story:
    return Story(log)


PAGES = (
    "home",
    "consultations",
    "consultation",
    "proposal",
    "then",
    "compare",
    "passage",
    "beside",
    "comments",
    "comment",
)


def had(client: PageClient, address: str, **headers: str) -> dict[str, str]:
    """What a browser says the next time, having got a page."""
    got = client.get(address, headers=headers)
    assert got.status_code == 200, got.text
    assert got.headers["cache-control"] == "private, no-cache"
    return {"If-None-Match": got.headers["etag"], **headers}


def status(client: PageClient, address: str, headers: dict[str, str]) -> int:
    return client.get(address, headers=headers).status_code


@pytest.mark.parametrize("name", PAGES)
def test_a_page_that_stands_as_it_did_is_not_sent_again(
    browsers: Browsers, story: Story, name: str
) -> None:
    for client in (browsers.anyone(), browsers.of(story.author)):
        again = client.get(story.pages[name], headers=had(client, story.pages[name]))
        assert again.status_code == 304
        assert again.content == b""
        assert again.headers["cache-control"] == "private, no-cache"
        assert "Cookie" in again.headers["vary"]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_nobody_elses_whoever_has_its_name(
    browsers: Browsers, log: Log, story: Story, name: str
) -> None:
    address = story.pages[name]
    readers = [
        browsers.anyone(),
        browsers.of(story.author),
        browsers.of(a_person(log, "Astrid Lind")),
        browsers.of(a_person(log, "Astrid Lind", role="officer")),
        browsers.of(a_person(log, "Astrid Lind", speaks_for=an_organisation(log))),
    ]
    readers[-1].get("/consultations")  # Everybody has caught up.
    for one in readers:
        for other in readers:
            expected = 304 if one is other else 200
            assert status(other, address, had(one, address)) == expected


def test_languages_parts_and_moments_of_a_page_have_names_of_their_own(
    browsers: Browsers, story: Story
) -> None:
    anyone, address = browsers.anyone(), story.pages["proposal"]
    whole = had(anyone, address)
    assert status(anyone, address, {**whole, "Accept-Language": "en"}) == 200
    assert status(anyone, address, {**whole, "HX-Request": "true"}) == 200
    assert status(anyone, story.pages["then"], whole) == 200
    part = had(anyone, address, **{"HX-Request": "true"})
    assert status(anyone, address, part) == 304
    assert status(anyone, address, {**part, "HX-Request": "false"}) == 200


def a_new_comment(story: Story) -> None:
    a_comment(story.log, story.proposal, by=story.author)


def another_name(story: Story) -> None:
    rename_person(
        story.log, id=story.author, name="Astrid Berg", public_name=True,
        by=story.author, now=NOW,
    )  # fmt: skip


def a_comment_withheld(story: Story) -> None:
    withhold_comments(
        story.log, ids=[story.comment], reason="personal_data", by=SYSTEM, now=NOW
    )


@pytest.mark.parametrize("happen", [a_new_comment, another_name, a_comment_withheld])
@pytest.mark.parametrize("name", PAGES)
def test_what_happens_in_its_consultation_or_to_people_makes_a_page_anew(
    browsers: Browsers, story: Story, name: str, happen: Callable[[Story], None]
) -> None:
    anyone, address = browsers.anyone(), story.pages[name]
    before = had(anyone, address)
    happen(story)
    browsers.catch_up()
    after = anyone.get(address, headers=before)
    assert after.status_code in (200, 404)  # 404: what is withheld is not there.


def test_what_happens_in_one_consultation_leaves_the_pages_of_others(
    browsers: Browsers, log: Log, story: Story
) -> None:
    elsewhere = a_proposal(log, a_consultation(log, "Något annat"))
    anyone = browsers.anyone()
    before = {name: had(anyone, story.pages[name]) for name in ("home", "proposal")}
    a_comment(log, elsewhere, by=story.author)
    browsers.catch_up()
    assert status(anyone, story.pages["proposal"], before["proposal"]) == 304
    assert status(anyone, story.pages["home"], before["home"]) == 200


def test_a_new_role_makes_pages_anew(
    browsers: Browsers, log: Log, story: Story
) -> None:
    client, address = browsers.of(story.author), story.pages["proposal"]
    before = had(client, address)
    grant_role(
        log, person=story.author, role="officer", consultation=story.round,
        by=SYSTEM, now=NOW,
    )  # fmt: skip
    browsers.catch_up()
    assert status(client, address, before) == 200


def test_a_rebuild_makes_every_page_anew(
    browsers: Browsers, story: Story, database: str
) -> None:
    anyone, address = browsers.anyone(), story.pages["proposal"]
    before = had(anyone, address)
    with psycopg.connect(database) as owner:
        owner.execute("UPDATE read.follower SET generation = gen_random_uuid()")
    assert status(anyone, address, before) == 200


def test_a_page_with_a_notice_on_it_is_not_kept(
    browsers: Browsers, story: Story
) -> None:
    anyone, address = browsers.anyone(), story.pages["proposal"]
    before = had(anyone, address)
    anyone.cookies.set("notice", "%5B%22Tack.%22%5D", domain="testserver.local")
    said = anyone.get(address, headers=before)
    assert said.status_code == 200
    assert "Tack." in said.text
    assert "etag" not in said.headers
    assert "Tack." not in anyone.get(address).text


def test_a_page_with_words_from_the_log_is_not_kept(
    browsers: Browsers, story: Story
) -> None:
    amend_comment(
        story.log, id=story.comment, kind="general", text="Nu tydligare.", wording="",
        by=story.author, now=NOW + timedelta(hours=1),
    )  # fmt: skip
    author, anyone = browsers.of(story.author), browsers.anyone()
    shown = author.get(story.pages["comment"])
    assert "Detta behöver bli tydligare." in shown.text
    assert "etag" not in shown.headers
    assert "etag" in anyone.get(story.pages["comment"]).headers


def test_a_deadline_that_passes_is_noticed(
    log: Log, follower: Follower, reads: ReadPool
) -> None:
    closes = datetime(2026, 5, 4, 21, 59, tzinfo=UTC)
    round = a_consultation(log, closes_at=closes)
    follower.catch_up()
    with reads() as now:
        before = stand_of(now, round, closes - timedelta.resolution)
        after = stand_of(now, round, closes)
    assert (before.deadline, after.deadline) == (None, closes)
    assert before.newest == after.newest == log.head()


def test_a_page_has_another_name_the_next_day_in_sweden(
    log: Log, follower: Follower, reads: ReadPool
) -> None:
    follower.catch_up()
    with reads() as now:
        stand = stand_of(now, None, NOW)
    request = asking()
    evening = datetime(2026, 5, 4, 21, 59, tzinfo=UTC)
    minute = timedelta(minutes=1)
    assert name_of(request, stand, evening) == name_of(request, stand, evening - minute)
    assert name_of(request, stand, evening) != name_of(request, stand, evening + minute)


def test_roles_have_one_order_in_every_process(
    log: Log, follower: Follower, reads: ReadPool
) -> None:
    follower.catch_up()
    with reads() as now:
        stand = stand_of(now, None, NOW)
    places = [None, uuid4(), uuid4(), uuid4()]
    roles = [(place, role) for place in places for role in ("chair", "officer")]
    names = {
        name_of(asking(Visitor(roles=frozenset(order))), stand, NOW)
        for order in (roles, roles[::-1])
    }
    assert len(names) == 1


def asking(visitor: Visitor | None = None) -> Request:
    state: dict[str, Any] = {"moment": None, "moment_at": None}
    if visitor:
        state["visitor"] = visitor
    return Request(
        {
            "type": "http",
            "method": "GET",
            "path": "/",
            "query_string": b"",
            "headers": [],
            "server": ("testserver", 80),
            "state": state,
        }
    )


def test_who_never_read_a_page_gets_it(browsers: Browsers, story: Story) -> None:
    anyone, address = browsers.anyone(), story.pages["proposal"]
    name = had(anyone, address)["If-None-Match"]
    for said, expected in {
        "": 200,
        "*": 200,
        '"something else"': 200,
        f'"something else", {name}': 304,
        name.removeprefix("W/"): 304,
    }.items():
        assert status(anyone, address, {"If-None-Match": said}) == expected


def test_what_is_not_there_any_more_is_not_kept(
    browsers: Browsers, log: Log, story: Story
) -> None:
    anyone = browsers.anyone()
    before = had(anyone, story.pages["comment"])
    a_comment_withheld(story)
    browsers.catch_up()
    gone = anyone.get(story.pages["comment"], headers=before)
    assert gone.status_code == 404
    assert "etag" not in gone.headers
