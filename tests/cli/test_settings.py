"""Every wrong setting is answered with a sentence that tells how to mend it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cli.settings import VARIABLES, Settings, WrongSettings, example_file, load

SERVING = {
    "SAMRAD_SECRET_KEY": "k" * 32,
    "SAMRAD_SMTP_URL": "smtp://mail.example.se",
    "SAMRAD_MAIL_FROM": "Samråd <samrad@example.se>",
}


@pytest.fixture(autouse=True)
def nothing_configured(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> pytest.MonkeyPatch:
    """No setting in the environment, no `.env` in the directory."""
    monkeypatch.chdir(tmp_path)
    for variable in os.environ:
        if variable.startswith("SAMRAD_") or variable == "DATABASE_URL":
            monkeypatch.delenv(variable)
    return monkeypatch


def problems(**given: bool) -> list[str]:
    with pytest.raises(WrongSettings) as refused:
        load(**given)
    return refused.value.problems


def test_samrad_runs_with_nothing_configured() -> None:
    settings = load()
    assert settings.database_url == ""
    assert settings.address == "http://127.0.0.1:8000"
    assert settings.zone.key == "Europe/Stockholm"
    assert settings.mail_server is None


def test_a_setting_is_read_from_the_environment_before_the_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Path(".env").write_text("SAMRAD_PORT=9000\nSAMRAD_HOST=0.0.0.0\n")
    monkeypatch.setenv("SAMRAD_PORT", "9001")
    settings = load()
    assert (settings.host, settings.port) == ("0.0.0.0", 9001)  # noqa: S104


def test_an_empty_setting_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMRAD_PORT", "")
    assert load().port == 8000


@pytest.mark.parametrize("variable", ["DATABASE_URL", "SAMRAD_DATABASE_URL"])
def test_the_database_has_two_names(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "postgresql://localhost/samrad")
    assert load().database_url == "postgresql://localhost/samrad"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SAMRAD_DATABASE_URL", "mysql://localhost/samrad"),
        ("SAMRAD_DATABASE_URL", "postgresql://localhost/samrad?no_such=option"),
        ("SAMRAD_FOLLOWER_DATABASE_URL", "localhost"),
        ("SAMRAD_OWNER_DATABASE_URL", "localhost"),
        ("SAMRAD_PORT", "eighty"),
        ("SAMRAD_PORT", "65536"),
        ("SAMRAD_BASE_URL", "samrad.example.se"),
        ("SAMRAD_BASE_URL", "https://example.se/samrad"),
        ("SAMRAD_SECRET_KEY", "too short"),
        ("SAMRAD_SMTP_URL", "mail.example.se:25"),
        ("SAMRAD_SMTP_URL", "smtp://mail.example.se?starttls=perhaps"),
        ("SAMRAD_SMTP_URL", "smtp://mail.example.se?tls=always"),
        ("SAMRAD_SMTP_URL", "smtp://mail.example.se:mail"),
        ("SAMRAD_MAIL_FROM", "Samråd"),
        ("SAMRAD_TIME_ZONE", "Europe/Atlantis"),
        ("SAMRAD_DEFAULT_LANGUAGE", "no"),
        ("SAMRAD_WORKERS", "0"),
        ("SAMRAD_TRUSTED_PROXIES", "127.0.0.1,proxy"),
        ("SAMRAD_SESSION_DAYS", "0"),
        ("SAMRAD_SIGN_IN_LINK_MINUTES", "1"),
        ("SAMRAD_SIGN_IN_LINKS_PER_HOUR", "0"),
        ("SAMRAD_SUBMISSIONS_PER_HOUR", "many"),
        ("SAMRAD_LARGEST_UPLOAD_MB", "0"),
        ("SAMRAD_LOG_FORMAT", "xml"),
        ("SAMRAD_LOG_LEVEL", "loud"),
    ],
)
def test_a_wrong_setting_is_named_described_and_mended_by_its_example(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    [problem] = problems()
    assert problem.startswith(f"{variable} is ")
    assert "it must be " in problem
    _, example = problem.split(f"For example: {variable}=")
    monkeypatch.setenv(variable, example.replace("d1f0…", "d1f0" * 8))
    load()


def test_every_problem_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMRAD_PORT", "eighty")
    monkeypatch.setenv("SAMRAD_TIME_ZONE", "Europe/Atlantis")
    monkeypatch.setenv("SAMRAD_PROT", "8000")
    assert len(problems()) == 3


def test_a_misspelt_setting_is_not_silently_ignored(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Path(".env").write_text("SAMRAD_PROT=9000\n")
    monkeypatch.setenv("samrad_hots", "0.0.0.0")  # noqa: S104
    told = problems()
    assert told[0].startswith("SAMRAD_PROT is not a setting")
    assert told[1].startswith("samrad_hots is not a setting")


def test_only_the_command_can_turn_the_demo_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert load(demo=True, serving=True).demo
    monkeypatch.setenv("SAMRAD_DEMO", "true")
    assert problems()[0].startswith("SAMRAD_DEMO is not a setting")


def test_a_password_or_key_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMRAD_SECRET_KEY", "hush")
    monkeypatch.setenv("DATABASE_URL", "mysql://samrad:hush@localhost/samrad")
    monkeypatch.setenv("SAMRAD_SMTP_URL", "samrad:hush@localhost")
    assert len(problems()) == 3
    assert "hush" not in "".join(problems())
    for variable, value in SERVING.items():
        monkeypatch.setenv(variable, value.replace("smtp://", "smtp://samrad:hush@"))
    monkeypatch.setenv("DATABASE_URL", "postgresql://samrad:hush@localhost/samrad")
    assert "hush" not in repr(load())
    assert "k" * 32 not in repr(load())


@pytest.mark.parametrize("missing", SERVING)
def test_pages_are_not_served_without(
    monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    for variable, value in SERVING.items():
        monkeypatch.setenv(variable, value)
    load(serving=True)
    monkeypatch.delenv(missing)
    load()
    [problem] = problems(serving=True)
    assert problem.startswith(f"{missing} is missing")


@pytest.mark.parametrize("value", ["y", "1", "True", "on"])
def test_the_option_that_loses_entries_is_refused(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("POSTGRES_ENABLE_DB_FUNCTIONS", "n")
    load()
    monkeypatch.setenv("POSTGRES_ENABLE_DB_FUNCTIONS", value)
    [problem] = problems()
    assert "readers miss entries" in problem


@pytest.mark.parametrize(
    ("url", "port", "use_tls", "start_tls"),
    [
        ("smtp://user:p%40ss@mail.example.se", 587, False, None),
        ("smtp://user:p%40ss@mail.example.se:25?starttls=always", 25, False, True),
        ("smtp://user:p%40ss@mail.example.se?starttls=never", 587, False, False),
        ("smtps://user:p%40ss@mail.example.se", 465, True, False),
    ],
)
def test_the_mail_server_is_read_from_its_address(
    monkeypatch: pytest.MonkeyPatch,
    url: str,
    port: int,
    use_tls: bool,
    start_tls: bool | None,
) -> None:
    monkeypatch.setenv("SAMRAD_SMTP_URL", url)
    server = load().mail_server
    assert server is not None
    assert (server.hostname, server.username) == ("mail.example.se", "user")
    assert server.password == "p@ss"  # noqa: S105
    assert (server.port, server.use_tls, server.start_tls) == (port, use_tls, start_tls)


def test_the_example_file_is_written_from_the_settings() -> None:
    file = Path(__file__).parents[2] / ".env.example"
    assert file.read_text() == example_file(), "run: python -m cli.settings > " + str(
        file.name
    )


def test_the_example_file_uncommented_is_the_default() -> None:
    unconfigured = load()
    for variable, name in VARIABLES.items():
        lines = [
            line.removeprefix("#")
            for line in example_file().splitlines()
            if line.startswith(f"#{variable}=")
        ]
        assert len(lines) == 1
        assert Settings.model_fields[name].description
        with Path(".env").open("a") as file:
            file.write(lines[0] + "\n")
    assert load() == unconfigured
