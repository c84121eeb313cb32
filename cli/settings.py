"""Everything that can be configured, on one page.

Each setting is an environment variable with the prefix SAMRAD_, or a line in `.env`.
`.env.example` is written from here: `python -m cli.settings > .env.example`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from textwrap import fill
from typing import Any, Literal
from zoneinfo import ZoneInfo

from dotenv import dotenv_values
from platformdirs import user_data_path
from pydantic import AliasChoices, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from cli.values import (
    DatabaseUrl,
    MailServer,
    MailServerUrl,
    Networks,
    Secret,
    Sender,
    SignerAddress,
    WebAddress,
    ZoneName,
)

PREFIX = "SAMRAD_"


class WrongSettings(Exception):
    """Samråd can't start as it is configured: one sentence for each wrong setting."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def _default_data() -> Path:
    # Root's own directory is closed to the account that PostgreSQL must run under.
    return Path("/var/lib/samrad") if os.geteuid() == 0 else user_data_path("samrad")


class Settings(BaseSettings):
    """How this installation runs. A description ends the words "it must be"."""

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
        description="the address of a PostgreSQL 18 database (DATABASE_URL says the"
        " same), or empty for a server of our own",
        examples=["postgresql://samrad_web:secret@localhost/samrad"],
    )
    follower_database_url: DatabaseUrl = Field(
        default="",
        repr=False,
        description="where the follower signs in, or empty for SAMRAD_DATABASE_URL",
        examples=["postgresql://samrad_follower:secret@localhost/samrad"],
    )
    notary_database_url: DatabaseUrl = Field(
        default="",
        repr=False,
        description="where the notary signs in, or empty for SAMRAD_DATABASE_URL",
        examples=["postgresql://samrad_notary:secret@localhost/samrad"],
    )
    owner_database_url: DatabaseUrl = Field(
        default="",
        repr=False,
        description="where `samrad migrate` signs in, or empty for SAMRAD_DATABASE_URL",
        examples=["postgresql://postgres:secret@localhost/samrad"],
    )
    keys_database_url: DatabaseUrl = Field(
        default="",
        repr=False,
        description="the address of the database of the keys that personal data is"
        " sealed with, another than that of the log; only where a database is named",
        examples=["postgresql://samrad_keys:secret@keys.example.se/samrad_keys"],
    )
    owner_keys_database_url: DatabaseUrl = Field(
        default="",
        repr=False,
        description="where `samrad migrate` signs in to the keys' database, or empty"
        " for SAMRAD_KEYS_DATABASE_URL",
        examples=["postgresql://postgres:secret@keys.example.se/samrad_keys"],
    )
    keys_file: Path | None = Field(
        default=None,
        description="the file with the key that those keys are wrapped with, which only"
        " we can read, or empty for wrapping-keys in SAMRAD_DATA",
        examples=["/etc/samrad/wrapping-keys"],
    )
    data: Path = Field(
        default_factory=_default_data,
        description="the directory of our own PostgreSQL server and of what else is"
        " kept, or empty for the user's own (root: /var/lib/samrad)",
        examples=["/var/lib/samrad"],
    )
    policy: Path | None = Field(
        default=None,
        description="the file that says whose signatures a checkpoint of the log needs,"
        " or empty for ledger/policy in SAMRAD_DATA",
        examples=["/etc/samrad/policy"],
    )
    signer_url: SignerAddress = Field(
        default="",
        description="where the signer answers, unix:PATH or http://HOST:PORT, or empty"
        " for unix:ledger/signer.sock in SAMRAD_DATA",
        examples=["unix:/run/samrad/signer.sock"],
    )
    log_name: str = Field(
        default="",
        pattern=r"^[^\s+]*$",
        description="the log's name in its checkpoints, an address without a scheme, or"
        " empty for that of SAMRAD_BASE_URL with /log; it stays when the key is made",
        examples=["samrad.example.se/log/2026"],
    )
    host: str = Field(
        default="127.0.0.1",
        description="the address to listen on, 0.0.0.0 for all of them",
        examples=["127.0.0.1"],
    )
    port: int = Field(
        default=8000,
        ge=1,
        le=65535,
        description="the port to listen on, 1 to 65535",
        examples=["8000"],
    )
    base_url: WebAddress = Field(
        default="",
        description="the address that people see, without a path, or empty for"
        " http://HOST:PORT",
        examples=["https://samrad.example.se"],
    )
    secret_key: Secret = Field(
        default=SecretStr(""),
        repr=False,
        description="at least 32 characters that nobody can guess, to sign what forms"
        " carry; `openssl rand -hex 32` makes one",
        examples=["d1f0…"],
    )
    smtp_url: MailServerUrl = Field(
        default="",
        repr=False,
        description="the mail server: smtp:// uses STARTTLS where it is offered unless"
        " ?starttls=always or never follows, smtps:// begins with TLS",
        examples=["smtp://user:secret@mail.example.se:587?starttls=always"],
    )
    mail_from: Sender = Field(
        default="",
        description="the sender of our mail",
        examples=["Samråd <samrad@example.se>"],
    )
    time_zone: ZoneName = Field(
        default="Europe/Stockholm",
        description="the time zone that times are shown in",
        examples=["Europe/Stockholm"],
    )
    default_language: Literal["sv", "en"] = Field(
        default="sv",
        description="sv or en, the language of whoever has not chosen one",
        examples=["sv"],
    )
    workers: int = Field(
        default=1,
        ge=1,
        le=64,
        description="how many web processes to run, 1 to 64",
        examples=["2"],
    )
    trusted_proxies: Networks = Field(
        default="127.0.0.1",
        description="the addresses or networks, with commas between, whose word is"
        " taken for where a visitor comes from",
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
        description="json, console, or auto for console on a terminal and else json",
        examples=["json"],
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info",
        description="debug, info, warning or error",
        examples=["info"],
    )
    # Only `samrad demo` says so: load() refuses it in the environment.
    demo: bool = False

    @property
    def address(self) -> str:
        """Where people reach Samråd, without a slash at the end."""
        return self.base_url or f"http://{self.host}:{self.port}"

    @property
    def zone(self) -> ZoneInfo:
        """The time zone that times are shown in."""
        return ZoneInfo(self.time_zone)

    @property
    def mail_server(self) -> MailServer | None:
        """Where mail is handed over, if anywhere."""
        return MailServer.at(self.smtp_url) if self.smtp_url else None


# The rest of .env.example, which only compose.yaml reads.
COMPOSE = """
# For compose.yaml: the passwords of the databases' owners and of those who use them.
# `openssl rand -hex 24` makes one; other signs than letters and digits would have to be
# percent-encoded.
#POSTGRES_PASSWORD=
#KEYS_OWNER_PASSWORD=
#KEYS_PASSWORD=
#FOLLOWER_PASSWORD=
#NOTARY_PASSWORD=
#WEB_PASSWORD=
"""


def require_keys(settings: Settings) -> None:
    """Refuse a database that is named while that of its keys is not.

    Raises WrongSettings.
    """
    if not settings.keys_database_url:
        raise WrongSettings([_sentence("SAMRAD_KEYS_DATABASE_URL", "is missing")])


VARIABLES = {PREFIX + name.upper(): name for name in Settings.model_fields}
del VARIABLES["SAMRAD_DEMO"]


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
        # A fault is found under the name of the field or of its variable.
        faults = {str(fault["loc"][0]).lower() for fault in error.errors()}
        problems += [
            _wrong(variable, environment)
            for variable, name in VARIABLES.items()
            if {name, variable.lower()} & faults
        ]
    else:
        if serving and not settings.demo:
            problems += _missing(settings)
        if not problems:
            return settings
    raise WrongSettings(problems)


def _unknown(environment: Mapping[str, str | None]) -> Iterator[str]:
    for variable in sorted(environment):
        if variable.upper().startswith(PREFIX) and variable.upper() not in VARIABLES:
            yield f"{variable} is not a setting; .env.example lists those there are."


def _dangerous(environment: Mapping[str, str | None]) -> Iterator[str]:
    variable = "POSTGRES_ENABLE_DB_FUNCTIONS"
    given = (environment.get(variable) or "").strip().lower()
    # What the eventsourcing library takes for true.
    if given in ("y", "yes", "t", "true", "on", "1"):
        yield (
            f"{variable} is on, but it makes the library append without the lock that"
            " keeps the log in order, so that readers miss entries: take it away."
        )


def _missing(settings: Settings) -> list[str]:
    needed = {
        "SAMRAD_SECRET_KEY": settings.secret_key.get_secret_value(),
        "SAMRAD_SMTP_URL": settings.smtp_url,
        "SAMRAD_MAIL_FROM": settings.mail_from,
    }
    return [
        _sentence(name, "is missing") for name, value in needed.items() if not value
    ]


def _wrong(variable: str, environment: Mapping[str, str | None]) -> str:
    given = environment.get(variable)
    if variable == "SAMRAD_DATABASE_URL" and not given:
        return _sentence(variable, "is wrong, by its other name DATABASE_URL")
    # An address with a password in it, or a key, is not repeated.
    shown = Settings.model_fields[VARIABLES[variable]].repr
    return _sentence(variable, f"is {given!r}" if shown else "is wrong")


def _sentence(variable: str, fault: str) -> str:
    description = Settings.model_fields[VARIABLES[variable]].description
    return f"{variable} {fault}: it must be {description}. {_example(variable)}"


def _example(variable: str) -> str:
    [example] = Settings.model_fields[VARIABLES[variable]].examples or [""]
    return f"For example: {variable}={example}"


def example_file() -> str:
    """The text of `.env.example`: every setting, what it is, and its default."""
    text = (
        "# The settings of Samråd. Copy this file to .env and take away the # before"
        " what you\n# change. What stands here is the default.\n"
    )
    for variable, name in VARIABLES.items():
        field = Settings.model_fields[name]
        said = f"{str(field.description)[0].upper()}{str(field.description)[1:]}."
        default = field.default if isinstance(field.default, str | int) else ""
        text += "\n" + fill(said, 88, initial_indent="# ", subsequent_indent="# ")
        text += f"\n# {_example(variable)}\n#{variable}={default}\n"
    return text + COMPOSE


if __name__ == "__main__":
    sys.stdout.write(example_file())
