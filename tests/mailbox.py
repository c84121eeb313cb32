"""A real mail server on this machine, for what is mailed in tests."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class Mailbox:
    """What the mail server has been handed; it can be told to refuse."""

    def __init__(self, port: int) -> None:
        self.url = f"smtp://127.0.0.1:{port}"
        self.messages: list[EmailMessage] = []
        self.refuses = False

    async def handle_DATA(
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if self.refuses:
            return "451 not now"
        content = envelope.content
        assert isinstance(content, bytes)
        self.messages.append(BytesParser(policy=default).parsebytes(content))
        return "250 taken"

    # No property: the mail server reads every attribute of what it hands mail to.
    def link(self, address: str = "http://testserver") -> str:
        """The path of the link in the newest message, on the site at `address`."""
        text = self.messages[-1].get_content()
        link = rf"^{re.escape(address)}(/\S+)\s*$"
        (path,) = re.findall(link, text, re.MULTILINE)
        return str(path)


@contextmanager
def mail_server() -> Iterator[Mailbox]:
    """A mailbox that takes mail at `mailbox.url`, by SMTP on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    mailbox = Mailbox(port)
    server = Controller(mailbox, hostname="127.0.0.1", port=port)
    server.start()
    try:
        yield mailbox
    finally:
        server.stop()
