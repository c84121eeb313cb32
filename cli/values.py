"""What a right value of a setting is. ValueError where it is not."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import parseaddr
from ipaddress import ip_network
from typing import Annotated
from urllib.parse import parse_qs, unquote, urlsplit
from zoneinfo import ZoneInfo

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict
from pydantic import AfterValidator, SecretStr


def database_url(url: str) -> str:
    """`postgresql://` and what PostgreSQL's own library can read."""
    if url and not url.startswith(("postgresql://", "postgres://")):
        raise ValueError("not a PostgreSQL address")
    try:
        conninfo_to_dict(url)
    except ProgrammingError as error:
        raise ValueError("not a PostgreSQL address") from error
    return url


def web_address(url: str) -> str:
    """`http://` or `https://`, a host, perhaps a port, and nothing after it."""
    parts = urlsplit(url)
    if url and (parts.scheme not in ("http", "https") or not parts.hostname):
        raise ValueError("not a web address")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("more than a scheme, a host and a port")
    return url.rstrip("/")


def signer_address(url: str) -> str:
    """`unix:` and a path, or `http://`, a host and a port."""
    parts = urlsplit(url)
    is_local = parts.scheme == "unix" and parts.path and not parts.netloc
    is_remote = parts.scheme == "http" and parts.hostname and parts.port
    if url and not is_local and not is_remote:
        raise ValueError("not a signer's address")
    return url.rstrip("/")


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed over, in the words of aiosmtplib's SMTP."""

    hostname: str
    port: int
    username: str | None
    password: str | None
    use_tls: bool
    # None: when the server offers it.
    start_tls: bool | None

    @classmethod
    def at(cls, url: str) -> MailServer:
        """The mail server of an smtp:// or smtps:// address."""
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ValueError("not a mail server's address")
        asked = parse_qs(parts.query, strict_parsing=True) if parts.query else {}
        starttls = asked.pop("starttls", ["auto"])[-1]
        use_tls = parts.scheme == "smtps"
        if asked or starttls not in STARTTLS or (use_tls and starttls == "always"):
            raise ValueError("only ?starttls=always, never or auto can follow")
        return cls(
            hostname=parts.hostname,
            port=parts.port or (465 if use_tls else 587),
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            use_tls=use_tls,
            start_tls=False if use_tls else STARTTLS[starttls],
        )


STARTTLS = {"auto": None, "always": True, "never": False}


def mail_server(url: str) -> str:
    """The address of a mail server, or nothing."""
    if url:
        MailServer.at(url)
    return url


def sender(address: str) -> str:
    """A mail address, with a name before it or without."""
    _, plain = parseaddr(address)
    name, at, host = plain.rpartition("@")
    if address and not (name and at and host):
        raise ValueError("not a mail address")
    return address


def time_zone(name: str) -> str:
    """The name of a time zone, such as Europe/Stockholm."""
    try:
        ZoneInfo(name)
    except (OSError, LookupError) as error:
        raise ValueError("not a time zone") from error
    return name


def secret(key: SecretStr) -> SecretStr:
    """Long enough not to be guessed."""
    if 0 < len(key.get_secret_value()) < 32:
        raise ValueError("too short")
    return key


def networks(listed: str) -> str:
    """Addresses and networks with commas between."""
    for network in listed.split(","):
        ip_network(network.strip())
    return listed


DatabaseUrl = Annotated[str, AfterValidator(database_url)]
SignerAddress = Annotated[str, AfterValidator(signer_address)]
WebAddress = Annotated[str, AfterValidator(web_address)]
MailServerUrl = Annotated[str, AfterValidator(mail_server)]
Sender = Annotated[str, AfterValidator(sender)]
ZoneName = Annotated[str, AfterValidator(time_zone)]
Secret = Annotated[SecretStr, AfterValidator(secret)]
Networks = Annotated[str, AfterValidator(networks)]
