"""What every request passes: other sites, size, headers, limits, and faults of ours."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from ipaddress import ip_network
from urllib.parse import urlencode
from uuid import uuid4

import psycopg
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from structlog.testing import capture_logs

from domain.log import Conflict, NotAllowed, NotFound, Refused, Unavailable
from ledger.session import SCHEMA, Sessions
from tests.client import PageClient
from tests.web.room import room, session_pool
from web.addresses import back_to, here, url
from web.forms import Form, posted
from web.limits import limited
from web.pages import page
from web.security import LARGEST, address_of
from web.site import Site

MINUTE = timedelta(minutes=1)


class Closed(Refused):
    en = "It is closed."
    sv = "Det är stängt."


REFUSALS = {
    "refused": Closed,
    "not-found": NotFound,
    "conflict": Conflict,
    "not-allowed": NotAllowed,
    "unavailable": Unavailable,
    "crash": ZeroDivisionError,
}


def show(request: Request, form: Form | None = None) -> Response:
    form = form or Form.blank(request)
    return page(
        request, "session/ask.html", block="form", status=form.status, form=form,
        demo_roles=[],
    )  # fmt: skip


@posted(again=show)
def send(request: Request, form: Form) -> Response:
    form.email("email", "Write your e-mail address.")
    form.check()
    if refusal := REFUSALS.get(form["next"]):
        raise refusal
    limited(request, "sending", limit=3, per=MINUTE)
    return PlainTextResponse("sent")


def fail(request: Request) -> Response:
    raise REFUSALS[request.path_params["how"]]


ROUTES = [
    Route("/", show, name="session.ask"),
    Route("/", send, name="session.send", methods=["POST"]),
    Route("/fail/{how}", fail, name="fail"),
]

TYPED = {"email": "astrid@example.se", "next": ""}


@pytest.fixture
def sessions(database: str) -> Iterator[Sessions]:
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute(
            "DO $$ BEGIN CREATE ROLE samrad_web NOLOGIN;"
            " EXCEPTION WHEN duplicate_object THEN NULL; END $$"
        )
        owner.execute(SCHEMA.read_bytes())
    with session_pool(database) as pool:
        yield Sessions(pool)


@pytest.fixture
def client(sessions: Sessions) -> Iterator[PageClient]:
    app = room(ROUTES, sessions, site=Site(address="http://samrad.example"))
    with PageClient(app, raise_server_exceptions=False) as client:
        yield client


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "http://testserver"}, 200),
        ({"Origin": "http://samrad.example"}, 200),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://testserver:8080"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://["}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://evil.example"}, 200),
    ],
)
def test_a_form_on_another_site_changes_nothing(
    client: PageClient, headers: dict[str, str], status: int
) -> None:
    answer = client.post("/", data=TYPED, headers=headers)
    assert answer.status_code == status
    assert ("från en annan webbplats" in answer.text) == (status == 403)


@pytest.mark.parametrize(
    "cookie",
    [
        "a/b=1",
        "notice=" + "[" * 20_000,
        "notice=%5B%22%5Cud800%22%5D",
        "notice=%7B%7D",
    ],
)
def test_cookies_that_are_not_ours_do_no_harm(client: PageClient, cookie: str) -> None:
    assert client.get("/", headers={"Cookie": cookie}).status_code == 200


def test_a_form_whose_sender_cannot_be_read_gets_a_page(client: PageClient) -> None:
    answer = client.post("/fail/crash", headers={"Referer": "http://["})
    assert answer.status_code == 405


@pytest.mark.parametrize("charset", ["unicode_escape", "punycode", "undefined"])
def test_a_form_in_an_encoding_we_did_not_ask_for_is_refused(
    client: PageClient, charset: str
) -> None:
    part = b'--x\r\nContent-Disposition: form-data; name="email"\r\n\r\n'
    kind = {"Content-Type": f"multipart/form-data; boundary=x; charset={charset}"}
    body = part + b"\\ud800\r\n--x--\r\n"
    assert client.post("/", content=body, headers=kind).status_code == 400
    assert client.post("/language", content=body, headers=kind).status_code == 400
    ours = {"Content-Type": "multipart/form-data; boundary=x; charset=UTF-8"}
    assert client.post("/", content=body, headers=ours).status_code == 422


def test_reading_from_another_site_is_allowed(client: PageClient) -> None:
    assert client.get("/", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200


@pytest.mark.parametrize("path", ["/", "/nowhere", "/fail/crash", "/static/samrad.css"])
def test_every_answer_has_the_headers_that_protect_it(
    client: PageClient, path: str
) -> None:
    headers = client.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert len(headers["X-Request-ID"]) == 32
    assert "Strict-Transport-Security" not in headers


def test_over_https_browsers_are_told_to_stay_there(sessions: Sessions) -> None:
    app = room(ROUTES, sessions, site=Site(address="https://testserver"))
    with PageClient(app, base_url="https://testserver") as client:
        assert "max-age" in client.get("/").headers["Strict-Transport-Security"]


@pytest.mark.parametrize(
    ("how", "status", "said"),
    [
        ("refused", 422, "Det är stängt."),
        ("not-found", 404, "Det finns inget sådant här."),
        ("conflict", 409, "Någon annan hann ändra detta"),
        ("not-allowed", 403, "Din roll tillåter inte detta."),
        ("unavailable", 503, "Vänta en minut"),
        ("crash", 500, "Felet ligger hos oss"),
    ],
)
def test_a_page_says_what_happened(
    client: PageClient, how: str, status: int, said: str
) -> None:
    answer = client.get(f"/fail/{how}")
    assert (answer.status_code, said in answer.text) == (status, True)
    english = client.get(f"/fail/{how}", headers={"Accept-Language": "en"})
    assert 'lang="en"' in english.text
    assert said not in english.text


def test_htmx_gets_an_alert_so_that_no_form_is_replaced(client: PageClient) -> None:
    htmx = {"HX-Request": "true", "HX-Request-Type": "partial"}
    answer = client.get("/fail/crash", headers=htmx)
    assert answer.headers["HX-Retarget"] == "#alerts"
    assert "<html" not in answer.text
    assert "Felet ligger hos oss" in answer.text


@pytest.mark.parametrize(
    "header",
    [
        {"HX-Request-Type": "full"},
        {"HX-Boosted": "true"},
        {"HX-History-Restore-Request": "true"},
    ],
)
def test_htmx_gets_a_whole_page_when_it_replaces_the_whole(
    client: PageClient, header: dict[str, str]
) -> None:
    htmx = {"HX-Request": "true", "HX-Request-Type": "partial"}
    assert "<html" not in client.get("/", headers=htmx).text
    answer = client.get("/", headers=htmx | header)
    assert "<html" in answer.text
    assert "HX-Request-Type" in answer.headers["Vary"]


def test_a_fault_has_a_reference_and_no_details(client: PageClient) -> None:
    with capture_logs() as lines:
        answer = client.get("/fail/crash")
    failed = next(line for line in lines if line["event"] == "failed")
    assert failed["reference"] == answer.headers["X-Request-ID"]
    assert failed["reference"] in answer.text
    assert "ZeroDivision" not in answer.text


def test_a_program_gets_a_problem_it_can_read(client: PageClient) -> None:
    answer = client.get("/nowhere", headers={"Accept": "application/json"})
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == 404


def test_each_request_is_one_line_without_what_was_asked_or_typed(
    client: PageClient,
) -> None:
    with capture_logs() as lines:
        client.post("/?q=secret", data=TYPED)
    (line,) = (line for line in lines if line["event"] == "answered")
    assert (line["method"], line["route"], line["status"]) == (
        "POST",
        "session.send",
        200,
    )
    assert line["ms"] >= 0
    assert line["person"] is None
    assert not any(word in str(lines) for word in ("secret", "astrid"))


def test_a_refused_form_comes_back_with_what_was_typed(client: PageClient) -> None:
    answer = client.post("/", data=TYPED | {"email": "<astrid"})
    assert answer.status_code == 422
    assert "Fel: " in answer.text
    assert 'href="#f-email"' in answer.text
    assert 'value="&lt;astrid"' in answer.text
    closed = client.post("/", data=TYPED | {"next": "refused"})
    assert closed.status_code == 422
    assert "Det är stängt." in closed.text
    assert "astrid@example.se" in closed.text


def test_too_much_is_refused_with_a_page(client: PageClient) -> None:
    answer = client.post("/", data=TYPED | {"next": "x" * LARGEST})
    assert answer.status_code == 413
    assert "Högst 2 MB" in answer.text


def test_too_much_is_refused_though_its_length_is_not_told(client: PageClient) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"email="
        for _ in range(LARGEST // 100_000 + 1):
            yield b"x" * 100_000

    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = client.post("/", content=pieces(), headers=form)
    assert answer.status_code == 413
    assert "Högst 2 MB" in answer.text


def test_the_fourth_of_three_gets_a_clock_time_and_keeps_the_text(
    client: PageClient,
) -> None:
    for _ in range(3):
        assert client.post("/", data=TYPED).status_code == 200
    answer = client.post("/", data=TYPED)
    assert answer.status_code == 429
    assert "Försök igen efter kl. " in answer.text
    assert "astrid@example.se" in answer.text


def test_without_the_database_there_is_a_page_that_says_so() -> None:
    nowhere = "postgresql://nobody@127.0.0.1:1/nothing"
    with (
        session_pool(nowhere, timeout=0.2) as pool,
        PageClient(room(ROUTES, Sessions(pool))) as client,
    ):
        assert client.get("/").status_code == 200
        answer = client.get("/", headers={"Cookie": "session=somebody"})
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "30"
    assert "Content-Security-Policy" in answer.headers
    assert "Vänta en minut" in answer.text


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "1.1.1.1, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "nonsense", "None"),
        ("testclient", "", "None"),
    ],
)
def test_only_trusted_proxies_say_where_a_visitor_is(
    peer: str, forwarded: str, address: str
) -> None:
    request = Request(
        {
            "type": "http",
            "client": (peer, 1),
            "headers": [(b"x-forwarded-for", forwarded.encode())],
        }
    )
    site = Site(proxies=(ip_network("10.0.0.0/8"),))
    assert str(address_of(request, site)) == address


def test_files_are_cached_for_ever_under_their_fingerprint(client: PageClient) -> None:
    shown = client.get("/").text
    address = shown.split('rel="stylesheet" href="')[1].split('"')[0]
    assert address.startswith("/static/samrad.css?v=")
    kept = client.get(address)
    assert "immutable" in kept.headers["Cache-Control"]
    assert client.get("/static/samrad.css?v=old").headers["Cache-Control"] == "no-cache"
    again = client.get(address, headers={"If-None-Match": kept.headers["ETag"]})
    assert again.status_code == 304
    assert client.get(f"/static/{uuid4()}").status_code == 404
    assert client.get("/static/../pages.py").status_code == 404


def test_the_language_switch_keeps_the_page(client: PageClient) -> None:
    switch = {"language": "en", "next": "/?q=1"}
    answer = client.post("/language", data=switch)
    assert str(answer.url) == "http://testserver/?q=1"
    assert 'lang="en"' in answer.text
    astray = client.post("/language", data=switch | {"next": "//evil.example"})
    assert str(astray.url) == "http://testserver/"


@pytest.mark.parametrize(
    ("next", "stays"),
    [
        ("/comments?page=2#c", True),
        ("/", True),
        ("https://evil.example/", False),
        ("//evil.example", False),
        ("///evil.example", False),
        ("/\\evil.example", False),
        ("/\t/evil.example", False),
        ("javascript:alert(1)", False),
        ("evil", False),
        ("", False),
    ],
)
def test_the_way_back_never_leads_to_another_site(next: str, stays: bool) -> None:
    asked = {"type": "http", "query_string": urlencode({"next": next}).encode()}
    assert back_to(Request(asked), "/home") == (next if stays else "/home")


def test_links_keep_the_moment_until_a_form_is_sent() -> None:
    app = Starlette(routes=[Route("/c/{id}", show, name="c"), *ROUTES])
    asked = {
        "type": "http",
        "app": app,
        "method": "GET",
        "path": "/",
        "headers": [],
        "query_string": b"as_of=7&page=2",
    }
    request = Request(asked)
    assert url(request, "c", id=1) == "/c/1?as_of=7"
    assert url(request, "c", id=1, q="å", as_of=None) == "/c/1?q=%C3%A5"
    assert here(request, page=3) == "/?as_of=7&page=3"
    assert here(request, as_of=None) == "/?page=2"
    assert url(Request(asked | {"method": "POST"}), "c", id=1) == "/c/1"
