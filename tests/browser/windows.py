"""Browser windows, and an eye on everything that goes wrong in them."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    Request,
    Response,
)

from tests.browser.serving import Served
from web.language import Language

PATIENCE = 20_000
"""Milliseconds that anything on a page may take, on a machine that does more."""

Scheme = Literal["light", "dark"]

WIDE = (1280, 900)
PHONE = (360, 740)


class Windows:
    """Opens windows on an application for its visitors, and watches what they report.

    What a visitor would never see but a careful one would mind is a fault: an error in
    the console, a refusal by the content policy, a request that failed.
    """

    def __init__(self, browser: Browser, served: Served) -> None:
        self.browser = browser
        self.served = served
        self.faults: list[str] = []
        self._opened: list[Page] = []
        self._kept: dict[tuple[object, ...], Page] = {}

    def open(
        self,
        person: UUID | None = None,
        *,
        language: Language = "sv",
        size: tuple[int, int] = WIDE,
        javascript: bool = True,
        touch: bool = False,
        scheme: Scheme = "light",
    ) -> Page:
        """A window of a visitor's own, signed in if the person is named."""
        self.served.catch_up()
        width, height = size
        context = self.browser.new_context(
            base_url=self.served.address,
            locale="sv-SE" if language == "sv" else "en-GB",
            timezone_id="America/New_York",  # Times are Swedish wherever one sits.
            viewport={"width": width, "height": height},
            java_script_enabled=javascript,
            has_touch=touch,
            is_mobile=touch,
            color_scheme=scheme,
            reduced_motion="reduce",
        )
        context.set_default_timeout(PATIENCE)
        self.sign_in(context, person)
        context.on("console", self._on_console)
        context.on("weberror", lambda error: self._fault(str(error.error)))
        context.on("requestfailed", self._on_failure)
        context.on("response", self._on_response)
        self._opened.append(context.new_page())
        return self._opened[-1]

    def reading(
        self,
        person: UUID | None = None,
        *,
        language: Language = "sv",
        scheme: Scheme = "light",
    ) -> Page:
        """A wide window that stays open from test to test, for a visitor who only
        reads: a third of the work of opening one."""
        key = person, language, scheme
        if key not in self._kept:
            self._kept[key] = self.open(person, language=language, scheme=scheme)
        page = self._kept[key]
        resize(page, WIDE)
        return page

    def sign_in(self, context: BrowserContext, person: UUID | None) -> None:
        """Give a window's visitor the session of a person."""
        if person is not None:
            context.add_cookies(
                [
                    {
                        "name": self.served.site.cookie("session"),
                        "value": self.served.sessions.begin(person),
                        "url": self.served.address,
                    }
                ]
            )

    def forgive(self, words: str) -> None:
        """Take back the faults that a test brought about on purpose."""
        assert any(words in fault for fault in self.faults), self.faults
        self.faults = [fault for fault in self.faults if words not in fault]

    def shown(self) -> list[tuple[str, str]]:
        """The address of every window, and the words on its page."""
        return [(page.url, _words_on(page)) for page in self._opened]

    def end_test(self) -> None:
        """Close the windows of a test, and complain about its faults."""
        for page in self._opened:
            if page not in self._kept.values():
                page.context.close()
        faults, self.faults, self._opened = self.faults, [], []
        assert not faults, "\n".join(faults)

    def close(self) -> None:
        """Close every window."""
        for page in self._kept.values():
            page.context.close()

    def _fault(self, said: str) -> None:
        self.faults.append(said)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._fault(f"{message.location.get('url')}: {message.text}")

    def _on_failure(self, request: Request) -> None:
        if request.failure == "net::ERR_ABORTED":
            return  # The visitor went on before it had come.
        self._fault(f"{request.method} {request.url}: {request.failure}")

    def _on_response(self, response: Response) -> None:
        if response.status >= 500:
            self._fault(f"{response.request.method} {response.url}: {response.status}")


def _words_on(page: Page) -> str:
    try:
        return page.locator("body").inner_text(timeout=2_000)[:4000]
    except Error as error:  # Asked when a test has failed: it must not fail as well.
        return f"The page does not answer: {error}"


def resize(page: Page, size: tuple[int, int]) -> None:
    """Give a window other measures, in CSS pixels, and its page time to adapt."""
    width, height = size
    page.set_viewport_size({"width": width, "height": height})
    page.evaluate(
        "() => new Promise((go) => requestAnimationFrame(() => setTimeout(go)))"
    )
