"""Everything that can be configured, on one page.

Each setting is an environment variable with the prefix SAMRAD_, or a line in `.env`.
`.env.example` is written from here: `python -m cli.settings > .env.example`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from email.utils import parseaddr
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from dotenv import dotenv_values
from platformdirs import user_data_path
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict
from pydantic import AfterValidator, AliasChoices, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "SAMRAD_"


class WrongSettings(Exception):
    """Samråd can't start as it is configured: one sentence for each wrong setting."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def _database(url: str) -> str:
    if url and not url.startswith(("postgresql://", "postgres://")):
        raise ValueError(url)
    try:
        conninfo_to_dict(url)
    except ProgrammingError as error:
        raise ValueError(url) from error
    return url


def _web_address(url: str) -> str:
    parts = urlsplit(url)
    if url and (parts.scheme not in ("http", "https") or not parts.hostname):
        raise ValueError(url)
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError(url)
    return url.rstrip("/")


def _mail_server(url: str) -> str:
    parts = urlsplit(url)
    if url and (parts.scheme not in ("smtp", "smtps") or not parts.hostname):
        raise ValueError(url)
    if parts.query not in ("", "starttls=always", "starttls=never"):
        raise ValueError(url)
    _ = parts.port  # Raises ValueError itself when it is no number.
    return url


def _sender(address: str) -> str:
    if address and "@" not in parseaddr(address)[1]:
        raise ValueError(address)
    return address


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (OSError, LookupError) as error:
        raise ValueError(name) from error
    return name


def _secret(key: SecretStr) -> SecretStr:
    if 0 < len(key.get_secret_value()) < 32:
        raise ValueError
    return key


def _networks(listed: str) -> str:
    for network in listed.split(","):
        ip_network(network.strip())
    return listed


def _default_data() -> Path:
    # Root's own directory is closed to the account that PostgreSQL must run under.
    return Path("/var/lib/samrad") if os.geteuid() == 0 else user_data_path("samrad")


DatabaseUrl = Annotated[str, AfterValidator(_database)]


class Settings(BaseSettings):
    """How this installation runs. A description says what a right value is."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        validate_by_name=True,
        validate_by_alias=True,
        hide_input_in_errors=True,
    )

    database_url: DatabaseUrl = Field(
        default="",
        repr=False,
        validation_alias=AliasChoices("SAMRAD_DATABASE_URL", "DATABASE_URL"),
        description="the address of a PostgreSQL 18 database; empty = a server of our"
        " own. DATABASE_URL says the same",
        examples=["postgresql://samrad_web:secret@localhost/samrad"],
    )
    follower_database_url: DatabaseUrl = Field(
        default="",
        repr=False,
        description="where the follower signs in; empty = as SAMRAD_DATABASE_URL",
        examples=["postgresql://samrad_follower:secret@localhost/samrad"],
    )
    owner_database_url: DatabaseUrl = Field(
        default="",
        repr=False,
        description="where `samrad migrate` signs in; empty = as SAMRAD_DATABASE_URL",
        examples=["postgresql://samrad_owner:secret@localhost/samrad"],
    )
    data: Path = Field(
        default_factory=_default_data,
        description="a directory for our own PostgreSQL server and what else is kept;"
        " empty = the user's own, for root /var/lib/samrad",
        examples=["/var/lib/samrad"],
    )
    host: str = Field(
        default="127.0.0.1",
        description="the address to listen on; 0.0.0.0 is every one",
        examples=["127.0.0.1"],
    )
    port: int = Field(
        default=8000,
        ge=0,
        le=65535,
        description="the port to listen on, up to 65535",
        examples=["8000"],
    )
    base_url: Annotated[str, AfterValidator(_web_address)] = Field(
        default="",
        description="the address that people see, without a path; empty ="
        " http://HOST:PORT",
        examples=["https://samrad.example.se"],
    )
    secret_key: Annotated[SecretStr, AfterValidator(_secret)] = Field(
        default=SecretStr(""),
        description="at least 32 characters that nobody can guess: it signs what forms"
        " carry",
        examples=["$(openssl rand -hex 32)"],
    )
    smtp_url: Annotated[str, AfterValidator(_mail_server)] = Field(
        default="",
        repr=False,
        description="the mail server: smtp:// uses STARTTLS where it is offered,"
        " ?starttls=always or ?starttls=never decides, smtps:// begins with TLS",
        examples=["smtp://user:secret@mail.example.se:587?starttls=always"],
    )
    mail_from: Annotated[str, AfterValidator(_sender)] = Field(
        default="",
        description="the sender of our mail",
        examples=["Samråd <samrad@example.se>"],
    )
    time_zone: Annotated[str, AfterValidator(_zone)] = Field(
        default="Europe/Stockholm",
        description="the time zone that times are shown in",
        examples=["Europe/Stockholm"],
    )
    default_language: Literal["sv", "en"] = Field(
        default="sv",
        description="sv or en: the language of whoever has not chosen",
        examples=["sv"],
    )
    workers: int = Field(
        default=1,
        ge=1,
        le=64,
        description="how many web processes, 1 to 64",
        examples=["2"],
    )
    trusted_proxies: Annotated[str, AfterValidator(_networks)] = Field(
        default="127.0.0.1",
        description="the addresses or networks, with commas between, whose word on the"
        " visitor's address is taken",
        examples=["127.0.0.1,10.0.0.0/8"],
    )
    session_days: int = Field(
        default=14,
        ge=1,
        le=365,
        description="for how many days one stays signed in, 1 to 365",
        examples=["14"],
    )
    sign_in_link_minutes: int = Field(
        default=30,
        ge=5,
        le=1440,
        description="for how many minutes a sign-in link works, 5 to 1440",
        examples=["30"],
    )
    sign_in_links_per_hour: int = Field(
        default=6,
        ge=1,
        description="how many sign-in links a person or address may ask for in an hour",
        examples=["6"],
    )
    submissions_per_hour: int = Field(
        default=120,
        ge=1,
        description="how many comments a person or address may hand in in an hour",
        examples=["120"],
    )
    largest_upload_mb: int = Field(
        default=20,
        ge=1,
        le=1000,
        description="the largest request that is accepted, in megabytes, 1 to 1000",
        examples=["20"],
    )
    log_format: Literal["auto", "json", "console"] = Field(
        default="auto",
        description="json, console, or auto: console on a terminal, else json",
        examples=["json"],
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info",
        description="debug, info, warning or error",
        examples=["info"],
    )
    # Only `samrad demo` says so: never read from the environment.
    demo: bool = False

    @property
    def address(self) -> str:
        """Where people reach Samråd, without a slash at the end."""
        return self.base_url or f"http://{self.host}:{self.port}"

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


def load(*, serving: bool = False, **given: Any) -> Settings:
    """The settings of the environment and `.env`, with those given here before them.

    Serving pages needs more than the other commands: a secret key, and a mail server to
    send sign-in links through. Raises WrongSettings with every problem there is.
    """
    environment = {**dotenv_values(".env"), **os.environ}
    problems = [*_unknown(environment), *_dangerous(environment)]
    try:
        settings = Settings(**given)
    except ValidationError as error:
        problems += [_sentence(wrong["loc"]) for wrong in error.errors()]
    else:
        if serving and not settings.demo:
            problems += _missing(settings)
        if not problems:
            return settings
    raise WrongSettings(problems)


def _variable(name: str) -> str:
    return PREFIX + name.upper()


def _known() -> dict[str, str]:
    return {_variable(name): name for name in Settings.model_fields if name != "demo"}


def _example(name: str) -> str:
    shown = (Settings.model_fields[name].examples or [""])[0]
    return f"{_variable(name)}={shown}"


def _unknown(environment: dict[str, str | None]) -> Iterator[str]:
    known = _known()
    for variable in sorted(environment):
        if variable.upper().startswith(PREFIX) and variable.upper() not in known:
            yield f"{variable} is not a setting: see .env.example for those there are."


def _dangerous(environment: dict[str, str | None]) -> Iterator[str]:
    variable = "POSTGRES_ENABLE_DB_FUNCTIONS"
    if (environment.get(variable) or "n").lower() not in ("n", "no", "f", "false", "off", "0"):
        yield (
            f"{variable} is on: it makes the event library append without the lock that"
            " keeps the log in order, and readers would miss entries. Remove it."
        )


def _missing(settings: Settings) -> Iterator[str]:
    for name in ("secret_key", "smtp_url", "mail_from"):
        if not getattr(settings, name):
            described = Settings.model_fields[name].description
            yield (
                f"{_variable(name)} is missing: {described}."
                f" For example: {_example(name)}"
            )


def _sentence(where: tuple[int | str, ...]) -> str:
    name = str(where[0]).lower()
    name = name.removeprefix(PREFIX.lower())
    given = os.environ.get(_variable(name))
    described = Settings.model_fields[name].description
    return (
        f"{_variable(name)} is wrong: it is {described}. For example: {_example(name)}"
    )
