"""Signing in by a link, out again, and who is who: with real mail and PostgreSQL."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.sql import SQL, Identifier
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from structlog.testing import capture_logs

import ledger.session
from domain.log import Log
from domain.person import Person, register_person
from ledger.session import Sessions
from projections.follower import Follower
from projections.person import person_by_email
from projections.reads import ReadPool
from projections.shown import Shown
from tests.client import PageClient
from tests.mailbox import Mailbox, mail_server
from tests.vault import log_settings
from tests.web.room import room, session_pool
from web import session
from web.forms import Form
from web.mail import Mail
from web.pages import page
from web.site import Site
from web.visitor import signed_in

ASTRID = "astrid@example.se"
LOG = Path(ledger.session.__file__).with_name("log.sql")


def home(request: Request) -> Response:
    """A page that anyone may read."""
    return page(request, "session/spent.html", form=Form.blank(request))


def secret(request: Request) -> Response:
    """A page for whoever has signed in."""
    signed_in(request)
    return home(request)


ROUTES = [
    Route("/", home, name="home"),
    Route("/secret", secret, name="secret"),
    *(
        Route(path, handler, name=f"session.{handler.__name__}", methods=[method])
        for method, path, handler in (
            ("GET", "/sign-in", session.ask),
            ("POST", "/sign-in", session.send),
            ("GET", "/sign-in/link/{token}", session.link),
            ("POST", "/sign-in/link/{token}", session.enter),
            ("GET", "/sign-in/name/{token}", session.name),
            ("POST", "/sign-in/name/{token}", session.register),
            ("GET", "/sessions", session.mine),
            ("POST", "/sessions/{session:uuid}/end", session.end),
            ("POST", "/sign-out", session.leave),
            ("POST", "/sign-out/everywhere", session.leave_everywhere),
            ("POST", "/demo/sign-in/{role}", session.demo_sign_in),
        )
    ),
]


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with mail_server() as mailbox:
        yield mailbox


@pytest.fixture
def laid_out(database: str) -> str:
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute(LOG.read_bytes())
        owner.execute(ledger.session.SCHEMA.read_bytes())
        owner.execute(
            SQL("GRANT CREATE ON DATABASE {} TO samrad_follower").format(
                Identifier(owner.info.dbname)
            )
        )
    return database


@pytest.fixture
def log(laid_out: str) -> Iterator[Log]:
    with Log(log_settings(laid_out)) as log:
        yield log


@pytest.fixture
def follower(log: Log, laid_out: str) -> Iterator[Follower]:
    follower = Follower(log, laid_out)
    follower.prepare()
    yield follower
    follower.close()


@pytest.fixture
def reads(follower: Follower, laid_out: str) -> Iterator[ReadPool]:
    pool = ReadPool(laid_out, size=2)
    yield pool
    pool.close()


@pytest.fixture
def sessions(laid_out: str) -> Iterator[Sessions]:
    with session_pool(laid_out) as pool:
        yield Sessions(pool)


@pytest.fixture
def things(log: Log, reads: ReadPool, shown: Shown, mailbox: Mailbox) -> dict[str, Any]:
    mail = Mail(mailbox.url, "Samråd <samrad@example.se>")
    return {"log": log, "reads": reads, "shown": shown, "mail": mail}


@pytest.fixture
def app(sessions: Sessions, things: dict[str, Any]) -> Starlette:
    return room(ROUTES, sessions, **things)


@pytest.fixture
def client(app: Starlette) -> Iterator[PageClient]:
    with PageClient(app) as client:
        yield client


@pytest.fixture
def astrid(log: Log, follower: Follower) -> UUID:
    id = uuid4()
    register_person(
        log,
        id=id,
        name="Astrid Lindqvist",
        email=ASTRID,
        public_name=True,
        by=id,
        now=datetime.now(UTC),
    )
    follower.catch_up()
    return id


def sign_in(client: PageClient, mailbox: Mailbox, email: str = ASTRID) -> None:
    client.post("/sign-in", data={"email": email, "next": ""})
    client.post(mailbox.link())


def test_the_link_in_the_mail_signs_in(
    client: PageClient, mailbox: Mailbox, astrid: UUID
) -> None:
    sent = client.post("/sign-in", data={"email": " Astrid@Example.se ", "next": ""})
    assert "Vi har skickat en länk till astrid@example.se" in sent.text
    assert mailbox.link() not in sent.text

    (mail,) = mailbox.messages
    assert (mail["To"], mail["Subject"]) == (ASTRID, "Logga in i Samråd")
    assert mail["From"] == "Samråd <samrad@example.se>"
    assert "fungerar en gång, inom 30 minuter" in mail.get_content()

    assert "Du håller på att logga in som" in client.get(mailbox.link()).text
    entered = client.post(mailbox.link())
    assert "Du är inloggad." in entered.text
    assert "Logga ut" in entered.text
    assert "Du är inloggad." not in client.get("/").text, "a notice is shown once"


def test_programs_that_follow_links_do_not_use_them_up(
    client: PageClient, mailbox: Mailbox, astrid: UUID
) -> None:
    client.post("/sign-in", data={"email": ASTRID, "next": ""})
    for _ in range(3):
        client.head(mailbox.link())
        client.get(mailbox.link())
    assert "Logga ut" in client.post(mailbox.link()).text


def test_a_link_works_once(client: PageClient, mailbox: Mailbox, astrid: UUID) -> None:
    sign_in(client, mailbox)
    for again in (client.get(mailbox.link()), client.post(mailbox.link())):
        assert again.status_code == 410
        assert "Be om en ny här" in again.text


def test_an_old_link_does_not_work(
    client: PageClient, mailbox: Mailbox, astrid: UUID, laid_out: str
) -> None:
    client.post("/sign-in", data={"email": ASTRID, "next": ""})
    age(laid_out, "link", made_at=timedelta(minutes=31))
    assert client.get(mailbox.link()).status_code == 410
    assert client.post(mailbox.link()).status_code == 410


def test_a_known_and_an_unknown_address_get_the_same_answer(
    client: PageClient, astrid: UUID
) -> None:
    known = client.post("/sign-in", data={"email": ASTRID, "next": ""})
    unknown = client.post("/sign-in", data={"email": "bo@example.se", "next": ""})
    assert known.status_code == unknown.status_code
    assert known.text == unknown.text.replace("bo@example.se", ASTRID)


@pytest.mark.parametrize(
    "typed", ["", "astrid", "a@b", "a b@example.se", "a@example.se\r\nBcc: x@y.se"]
)
def test_what_is_no_address_is_given_back(client: PageClient, typed: str) -> None:
    answer = client.post("/sign-in", data={"email": typed, "next": ""})
    assert answer.status_code == 422
    assert 'href="#f-email"' in answer.text


def test_when_the_mail_server_refuses_the_address_is_still_in_the_form(
    client: PageClient, mailbox: Mailbox
) -> None:
    mailbox.refuses = True
    answer = client.post("/sign-in", data={"email": ASTRID, "next": ""})
    assert answer.status_code == 503
    assert "Mejlet gick inte att skicka" in answer.text
    assert ASTRID in answer.text


def test_the_seventh_link_in_an_hour_has_to_wait(
    client: PageClient, mailbox: Mailbox
) -> None:
    for _ in range(6):
        client.post("/sign-in", data={"email": ASTRID, "next": ""})
    answer = client.post("/sign-in", data={"email": ASTRID, "next": ""})
    assert answer.status_code == 429
    assert len(mailbox.messages) == 6
    other = client.post("/sign-in", data={"email": "bo@example.se", "next": ""})
    assert other.status_code == 200


def test_after_signing_in_one_is_where_one_was_going(
    client: PageClient, mailbox: Mailbox, astrid: UUID
) -> None:
    asked = client.get("/secret?page=2")
    assert asked.url.path == "/sign-in"
    going = re.search('<main.*name="next" value="([^"]+)"', asked.text, re.DOTALL)
    assert going is not None
    client.post("/sign-in", data={"email": ASTRID, "next": going[1]})
    assert str(client.post(mailbox.link()).url) == "http://testserver/secret?page=2"


def test_after_signing_in_nobody_is_sent_to_another_site(
    client: PageClient, mailbox: Mailbox, astrid: UUID
) -> None:
    client.post("/sign-in", data={"email": ASTRID, "next": "https://evil.example"})
    assert str(client.post(mailbox.link()).url) == "http://testserver/"


def test_a_new_person_gives_a_name_and_is_entered_in_the_log(
    client: PageClient, mailbox: Mailbox, log: Log, follower: Follower, reads: ReadPool
) -> None:
    client.post("/sign-in", data={"email": "bo@example.se", "next": "/secret"})
    asked = client.post(mailbox.link())
    assert "Vad heter du?" in asked.text

    nameless = client.post(asked.url.path, data={"name": " ", "public_name": "no"})
    assert nameless.status_code == 422
    assert "Skriv ditt namn." in nameless.text

    named = client.post(asked.url.path, data={"name": "Bo Ek", "public_name": "no"})
    assert named.url.path == "/secret"
    assert client.get(asked.url.path).status_code == 410

    follower.catch_up()
    with reads() as now:
        bo = person_by_email(now, "bo@example.se")
    assert bo is not None
    assert (bo.name, bo.public_name) == ("Bo Ek", False)
    assert isinstance(log.look(Person, bo.id), Person)


def test_two_first_sign_ins_at_once_make_one_person(
    app: Starlette, mailbox: Mailbox, follower: Follower, sessions: Sessions
) -> None:
    with PageClient(app) as phone, PageClient(app) as laptop:
        pages = []
        for client in (phone, laptop):
            client.post("/sign-in", data={"email": "bo@example.se", "next": ""})
            pages.append(client.post(mailbox.link()).url.path)
        for client, path in zip((phone, laptop), pages, strict=True):
            client.post(path, data={"name": "Bo Ek", "public_name": "yes"})
            assert client.get("/secret").url.path == "/secret"
    assert follower.catch_up() == 1, "one person, one entry in the log"


def test_a_new_person_can_sign_in_again_before_the_follower_knows(
    app: Starlette, mailbox: Mailbox
) -> None:
    with PageClient(app) as client:
        client.post("/sign-in", data={"email": "bo@example.se", "next": ""})
        path = client.post(mailbox.link()).url.path
        client.post(path, data={"name": "Bo Ek", "public_name": "yes"})
    with PageClient(app) as client:
        sign_in(client, mailbox, "bo@example.se")
        assert client.get("/secret").url.path == "/secret"


def test_signing_in_again_changes_the_cookie_and_ends_the_old_session(
    client: PageClient, mailbox: Mailbox, astrid: UUID, sessions: Sessions
) -> None:
    sign_in(client, mailbox)
    first = client.cookies["session"]
    sign_in(client, mailbox)
    assert client.cookies["session"] != first
    assert sessions.find(first) is None
    assert len(sessions.of(astrid)) == 1


def test_the_cookie_is_for_this_host_and_no_script(
    sessions: Sessions, things: dict[str, Any], mailbox: Mailbox, astrid: UUID
) -> None:
    site = Site(address="https://testserver")
    app = room(ROUTES, sessions, site=site, **things)
    with PageClient(app, base_url="https://testserver") as client:
        token = sessions.make_link(ASTRID, "")
        entered = client.post(f"/sign-in/link/{token}", follow_redirects=False)
        cookies = entered.headers.get_list("set-cookie")
        cookie = next(c for c in cookies if c.startswith("__Host-session="))
        for part in ("Secure", "HttpOnly", "SameSite=lax", "Path=/"):
            assert part in cookie
        assert "Domain" not in cookie
        assert client.get("/secret").url.path == "/secret"


def test_signing_out_ends_this_session_and_no_other(
    app: Starlette, sessions: Sessions, astrid: UUID
) -> None:
    here, there = sessions.begin(astrid), sessions.begin(astrid)
    with PageClient(app, cookies={"session": here}) as client:
        assert "Du är utloggad." in client.post("/sign-out").text
        assert client.get("/secret").url.path == "/sign-in"
    assert sessions.find(here) is None
    assert sessions.find(there) is not None


def test_one_sees_where_one_is_signed_in_and_can_end_it(
    app: Starlette, sessions: Sessions, astrid: UUID
) -> None:
    sessions.begin(astrid, "Firefox, Windows")
    cookie = {"session": sessions.begin(astrid, "Safari, iPhone")}
    with PageClient(app, cookies=cookie) as client:
        listed = client.get("/sessions").text
        assert "Firefox, Windows" in listed
        (other,) = re.findall(r'action="(/sessions/\S+/end)"', listed)
        assert "Firefox" not in client.post(other).text
        sessions.begin(astrid, "Edge, Windows")
        client.post("/sign-out/everywhere")
    assert sessions.of(astrid) == []


def test_nobody_ends_the_session_of_somebody_else(
    app: Starlette, sessions: Sessions, astrid: UUID
) -> None:
    token = sessions.begin(astrid)
    found = sessions.find(token)
    assert found is not None
    with PageClient(app, cookies={"session": sessions.begin(uuid4())}) as client:
        client.post(f"/sessions/{found[0]}/end")
    assert sessions.find(token) == found


def test_the_demo_shows_the_link_and_signs_in_with_one_click(
    sessions: Sessions, things: dict[str, Any], astrid: UUID
) -> None:
    site = Site(address="http://testserver", demo=True)
    things |= {"mail": None, "demo_people": lambda: {"officer": astrid}}
    with PageClient(room(ROUTES, sessions, site=site, **things)) as client:
        with capture_logs() as lines:
            sent = client.post("/sign-in", data={"email": ASTRID, "next": ""})
        link = next(line["link"] for line in lines if line["event"] == "sign-in link")
        assert link in sent.text
        assert "/demo/sign-in/officer" in client.get("/sign-in").text
        client.post("/demo/sign-in/officer")
        assert client.get("/secret").url.path == "/secret"
        assert client.post("/demo/sign-in/nobody").status_code == 404


def test_outside_the_demo_there_is_no_click_and_no_link_on_the_page_or_in_the_log(
    app: Starlette, things: dict[str, Any], astrid: UUID, mailbox: Mailbox
) -> None:
    things["demo_people"] = lambda: {"officer": astrid}
    with PageClient(app) as client, capture_logs() as lines:
        sent = client.post("/sign-in", data={"email": ASTRID, "next": ""})
        assert client.post("/demo/sign-in/officer").status_code == 404
        token = mailbox.link().rpartition("/")[2]
        assert token not in sent.text
        client.get(mailbox.link())
        assert token not in str(lines)
        assert "/demo/" not in client.get("/sign-in").text


def age(url: str, table: str, **columns: timedelta) -> None:
    """Make the rows of a table older than they are."""
    with psycopg.connect(url, autocommit=True) as owner:
        for column, by in columns.items():
            owner.execute(
                f"UPDATE session.{table} SET {column} = now() - %s",  # noqa: S608
                (by,),
            )
