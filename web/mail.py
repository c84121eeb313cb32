"""Mail, sent through the mail server that the installation names."""

from __future__ import annotations

from email.message import EmailMessage
from email.utils import formatdate, make_msgid, parseaddr
from urllib.parse import unquote, urlsplit

import aiosmtplib
import structlog
from anyio.from_thread import run as run_in_loop

from domain.log import Refused

log = structlog.get_logger("mail")

TIMEOUT = 15
"""Seconds to wait for the mail server before the visitor is told."""


class MailFailed(Refused):
    """The mail server did not take the message."""

    status = 503
    en = "The mail could not be sent just now. Try again in a few minutes."
    sv = "Mejlet gick inte att skicka just nu. Försök igen om några minuter."


class Mail:
    """Sends mail by SMTP.

    `server` is an address like smtp://user:secret@host:587?starttls=always; smtps://
    begins with TLS, and starttls=never leaves it out. `sender` is a mailbox such as
    "Samråd <samrad@example.se>".
    """

    def __init__(self, server: str, sender: str) -> None:
        parts = urlsplit(server)
        self._host = parts.hostname
        self._port = parts.port
        self._user = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None
        self._tls = parts.scheme == "smtps"
        self._starttls = {"starttls=always": True, "starttls=never": False}.get(
            parts.query
        )
        self._sender = sender
        self._domain = parseaddr(sender)[1].partition("@")[2]

    def written(
        self, to: str, subject: str, text: str, *, language: str = "sv"
    ) -> EmailMessage:
        """A message as it will be sent, with an id that an answer can refer to."""
        message = EmailMessage()
        message["From"] = self._sender
        message["To"] = to
        message["Subject"] = subject
        message["Date"] = formatdate(localtime=True)
        message["Message-ID"] = make_msgid(domain=self._domain or None)
        message["Content-Language"] = language
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(text, cte="quoted-printable")
        return message

    async def send(self, message: EmailMessage) -> None:
        """Hand a message over to the mail server. Raises MailFailed."""
        try:
            await aiosmtplib.send(
                message,
                hostname=self._host,
                port=self._port,
                username=self._user,
                password=self._password,
                use_tls=self._tls,
                start_tls=None if self._tls else self._starttls,
                timeout=TIMEOUT,
            )
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            # The server's own words can hold the recipient's address.
            log.warning("mail failed", error=type(error).__name__)
            raise MailFailed from error

    def post(self, message: EmailMessage) -> None:
        """The same from a thread of the web server."""
        run_in_loop(self.send, message)
