"""The web processes: one, or several that share one listening socket."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from errno import EADDRINUSE
from importlib.metadata import version
from ipaddress import ip_network
from time import monotonic, sleep
from typing import NoReturn
from uuid import UUID

import uvicorn
from starlette.applications import Starlette

from cli import logs
from cli.children import Child, Children, end_with_parent, stopped_by_signals
from cli.keeping import Keeping
from cli.postgres import Database
from cli.settings import Settings
from domain.log import Log
from web.app import create_app
from web.mail import Mail
from web.site import Site

GRACE = 20
"""Seconds that requests under way get to end in when a process is told to stop."""
LEFT_BEHIND = 3.0
"""Seconds that workers may take to see that their parent was killed, and to go."""


class PortTaken(Exception):
    """Somebody listens there already."""

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(
            f"Port {port} on {host} can not be used: {reason}. Stop what uses it, or"
            " name another with --port."
        )


def _nobody() -> dict[str, UUID]:
    return {}


@dataclass(frozen=True, slots=True)
class Pages:
    """Makes the application in whichever process calls it."""

    settings: Settings
    database: Database
    demo_people: Callable[[], dict[str, UUID]] = _nobody

    def __call__(self) -> Starlette:
        end_with_parent()
        logs.configure(self.settings.log_format, self.settings.log_level)
        settings = self.settings
        return create_app(
            database_url=self.database.web,
            log=Log(self.database.log),
            site=Site(
                address=settings.address,
                version=version("samrad"),
                demo=settings.demo,
                proxies=tuple(
                    ip_network(each.strip())
                    for each in settings.trusted_proxies.split(",")
                ),
                sign_in_links_per_hour=settings.sign_in_links_per_hour,
                submissions_per_hour=settings.submissions_per_hour,
            ),
            mail=Mail(settings.smtp_url, settings.mail_from)
            if settings.smtp_url
            else None,
            demo_people=self.demo_people,
            policy=_policy(settings),
        )


def _policy(settings: Settings) -> str:
    """What the log tells of whose signatures it carries; "" where nobody signs yet."""
    file = settings.policy or Keeping.of(settings).policy
    try:
        return file.read_text("utf-8")
    except FileNotFoundError:
        return ""


def listen(host: str, port: int, *, patience: float = 0) -> socket.socket:
    """A socket that listens there; a taken port is tried again for so many seconds.

    Raises PortTaken.
    """
    family, *_, address = _resolved(host, port)
    until = monotonic() + patience
    while True:
        listening = socket.socket(family, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(address)
            listening.listen(2048)
        except OSError as error:
            listening.close()
            if error.errno != EADDRINUSE or monotonic() > until:
                raise PortTaken(host, port, error.strerror or "it is taken") from error
            sleep(0.1)
        else:
            return listening


def _resolved(host: str, port: int) -> tuple[int, int, int, str, tuple[object, ...]]:
    try:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise PortTaken(host, port, error.strerror or "unknown host") from error


def serve(pages: Pages, listening: socket.socket, workers: int = 1) -> None:
    """Serve pages until SIGINT or SIGTERM; what is under way gets to end.

    Several workers share the socket, and one that ends is started again.
    """
    if workers == 1:
        _serve_alone(pages, listening)
        return
    # uvicorn's own supervisor kills a worker that has not loaded the application five
    # seconds after its start: on a busy machine it kills every one, for ever.
    stop = stopped_by_signals()
    numbered = (f"web {number}" for number in range(1, workers + 1))
    each = (Child(name, _serve_alone, pages, listening) for name in numbered)
    with Children(*each) as children:
        while not stop.is_set():
            children.tend()


def _serve_alone(pages: Pages, listening: socket.socket) -> None:
    """Serve pages in this process."""
    config = uvicorn.Config(
        pages,
        factory=True,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        interface="asgi3",
        log_config=None,
        access_log=False,
        server_header=False,
        # The pages read X-Forwarded-For themselves, against the trusted networks.
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE,
    )
    # uvicorn raises the signal again when it has stopped: then everything around this,
    # such as a database of our own, is to be closed too.
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, _leave)
    with suppress(_Leaving):
        uvicorn.Server(config).run(sockets=[listening])


class _Leaving(BaseException):
    """A signal asked this process to end."""


def _leave(*_: object) -> NoReturn:
    raise _Leaving
