"""compose.yaml and Dockerfile say what they mean, also where no Docker runs."""

from __future__ import annotations

import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from cli.settings import COMPOSE, VARIABLES, load

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "compose.yaml").read_text()
OURS = ("migrate", "follower", "web1", "web2", "key", "signer", "notary", "witness")
WITHOUT_DATABASE = {"key", "signer", "witness"}

# The keys of the compose specification that we use: any other is a slip of the pen.
TOP = {"name", "services", "configs", "volumes"}
SERVICE = {
    *("image", "build", "command", "environment", "depends_on", "healthcheck"),
    *("restart", "ports", "volumes", "configs", "shm_size", "stop_grace_period"),
    *("read_only", "tmpfs", "cap_drop", "security_opt", "logging"),
    *("network_mode", "profiles"),
}
HEALTHCHECK = {"test", "interval", "timeout", "retries", "start_period"}
HEALTHCHECK |= {"start_interval"}
CONDITIONS = {"service_healthy", "service_completed_successfully"}

# What an operator fills in; the values are only long enough.
FILLED_IN = {
    "SAMRAD_BASE_URL": "https://samrad.example.se",
    "SAMRAD_SECRET_KEY": "d1f0" * 8,
    "SAMRAD_SMTP_URL": "smtp://mail.example.se",
    "SAMRAD_MAIL_FROM": "samrad@example.se",
    "POSTGRES_PASSWORD": "1a2b3c",
    "KEYS_OWNER_PASSWORD": "c4d5e6",
    "KEYS_PASSWORD": "f7a8b9",
    "FOLLOWER_PASSWORD": "4d5e6f",
    "NOTARY_PASSWORD": "8d9eaf",
    "WEB_PASSWORD": "7a8b9c",
}
VARIABLE = re.compile(r"\$\{(\w+)(:-|:\?)([^}]*)\}")


@cache
def compose() -> dict[str, Any]:
    """The file as compose reads it, with the variables filled in."""
    read = filled_in(yaml.safe_load(TEXT))
    return {key: part for key, part in read.items() if not key.startswith("x-")}


def filled_in(part: Any) -> Any:
    if isinstance(part, dict):
        return {key: filled_in(value) for key, value in part.items()}
    if isinstance(part, list):
        return [filled_in(value) for value in part]
    if isinstance(part, str):
        return VARIABLE.sub(lambda found: FILLED_IN.get(found[1], ""), part)
    return part


@cache
def services() -> dict[str, Any]:
    return dict(compose()["services"])


@cache
def commands() -> set[str]:
    from cli.main import app

    command = typer.main.get_command(app)
    assert isinstance(command, typer.core.TyperGroup)
    return set(command.commands)


def test_every_key_is_one_that_compose_knows() -> None:
    assert set(compose()) <= TOP
    for name, service in services().items():
        assert set(service) <= SERVICE, name
        assert set(service.get("healthcheck", {})) <= HEALTHCHECK, name


def test_every_reference_has_something_at_its_other_end() -> None:
    volumes, configs = compose()["volumes"], compose()["configs"]
    for name, service in services().items():
        for awaited, how in service.get("depends_on", {}).items():
            assert awaited in services(), name
            assert how["condition"] in CONDITIONS
            if how["condition"] == "service_healthy":
                assert "healthcheck" in services()[awaited], awaited
        for volume in service.get("volumes", ()):
            assert volume.split(":")[0] in volumes, name
        for config in service.get("configs", ()):
            assert config["source"] in configs, name
    used = {
        volume.split(":")[0]
        for service in services().values()
        for volume in service.get("volumes", ())
    }
    assert used == set(volumes)


def test_the_proxy_asks_the_web_processes_that_there_are() -> None:
    caddyfile = compose()["configs"]["caddyfile"]["content"]
    assert caddyfile.startswith("https://samrad.example.se {")
    asked = re.search(r"reverse_proxy (.*) \{", caddyfile)
    assert asked is not None
    upstreams = [upstream.split(":") for upstream in asked[1].split()]
    assert [name for name, _ in upstreams] == ["web1", "web2"]
    assert {port for _, port in upstreams} == {str(load().port)}
    assert caddyfile.count("{") == caddyfile.count("}")


def test_everyone_waits_for_what_they_need() -> None:
    def awaits(name: str) -> set[str]:
        direct = services()[name].get("depends_on", {})
        return set(direct).union(*(awaits(other) for other in direct))

    databases = {"postgres", "keys"}
    assert awaits("migrate") == databases
    assert awaits("follower") == {*databases, "migrate"}
    assert awaits("web1") == awaits("web2") == {*databases, "migrate", "follower"}
    assert awaits("notary") == {*databases, "migrate", "signer"}
    # The pages go on without whoever vouches for the log.
    assert awaits("proxy") == {*databases, "migrate", "follower", "web1", "web2"}


def test_only_the_proxy_is_open_to_the_world() -> None:
    assert [name for name in services() if "ports" in services()[name]] == ["proxy"]


@pytest.mark.parametrize("name", OURS)
def test_every_setting_of_a_service_is_one_and_right(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    given = services()[name]["environment"]
    assert set(given) <= set(VARIABLES)
    for variable, value in given.items():
        monkeypatch.setenv(variable, value)
    settings = load(serving=name.startswith("web"))
    assert bool(settings.database_url) == (name not in WITHOUT_DATABASE)


def test_only_the_signer_has_the_key_and_it_has_no_network() -> None:
    def mounts(name: str) -> set[str]:
        return {volume.split(":")[0] for volume in services()[name].get("volumes", ())}

    holding = {name for name in services() if "signer" in mounts(name)}
    assert holding == {"key", "signer"}
    for name in holding:
        assert services()[name]["network_mode"] == "none"
        assert "DATABASE_URL" not in str(services()[name]["environment"])
    assert {name for name in services() if "socket" in mounts(name)} == {
        "signer",
        "notary",
    }
    for name in ("signer", "notary"):
        told = services()[name]["environment"]["SAMRAD_SIGNER_URL"]
        assert told == "unix:/run/samrad/signer.sock"


def test_everyone_who_needs_the_policy_has_the_same() -> None:
    for name in ("web1", "web2", "notary", "witness"):
        [config] = services()[name]["configs"]
        assert (config["source"], config["target"]) == ("policy", "/etc/samrad/policy")
    assert compose()["configs"]["policy"] == {"file": "./policy"}


def test_what_is_kept_can_be_written_by_the_account_of_the_image() -> None:
    """A new volume belongs to whoever its place in the image belongs to."""
    made = (ROOT / "Dockerfile").read_text()
    places = {
        volume.split(":")[1]
        for name in OURS
        for volume in services()[name].get("volumes", ())
    }
    owned = "/var/lib/samrad/ledger /var/lib/samrad/wrapping /run/samrad"
    assert places == set(owned.split())
    assert owned in made


def test_what_wraps_the_keys_is_where_personal_data_is_read_or_written() -> None:
    holding = {
        name for name in OURS if "wrapping" in str(services()[name].get("volumes"))
    }
    assert holding == {"migrate", "follower", "web1", "web2"}
    for name in holding:
        given = services()[name]["environment"]
        assert given["SAMRAD_KEYS_FILE"] == "/var/lib/samrad/wrapping/keys"
        assert "@keys/samrad_keys" in given["SAMRAD_KEYS_DATABASE_URL"]
        assert "@keys/" not in given["SAMRAD_DATABASE_URL"]


def test_each_service_has_its_own_password_and_no_other() -> None:
    passwords = {
        name: {
            variable
            for variable in FILLED_IN
            if variable.endswith("_PASSWORD")
            and FILLED_IN[variable] in str(services()[name].get("environment"))
        }
        for name in services()
    }
    assert passwords == {
        "postgres": {"POSTGRES_PASSWORD"},
        "keys": {"KEYS_OWNER_PASSWORD"},
        "migrate": {name for name in FILLED_IN if name.endswith("_PASSWORD")},
        "key": set(),
        "signer": set(),
        "notary": {"NOTARY_PASSWORD"},
        "witness": set(),
        "follower": {"FOLLOWER_PASSWORD", "KEYS_PASSWORD"},
        "web1": {"WEB_PASSWORD", "KEYS_PASSWORD"},
        "web2": {"WEB_PASSWORD", "KEYS_PASSWORD"},
        "proxy": set(),
    }


def test_every_variable_is_in_the_example_and_no_secret_has_a_default() -> None:
    known = {*VARIABLES, *re.findall(r"^#(\w+)=", COMPOSE, re.M)}
    used = {name: (how, text) for name, how, text in VARIABLE.findall(TEXT)}
    assert set(used) <= known
    assert set(FILLED_IN) == {name for name, (how, _) in used.items() if how == ":?"}
    # The others are empty when they are not filled in: our own default stands.
    assert {text for how, text in used.values() if how == ":-"} == {""}
    assert TEXT.count("${") == len(VARIABLE.findall(TEXT))


def test_every_command_is_one_of_ours() -> None:
    for name in OURS:
        assert services()[name]["command"][0] in commands()
    for name in set(OURS) - {"migrate", "key"}:
        program, command, *_ = services()[name]["healthcheck"]["test"][1:]
        assert (program, command in commands()) == ("samrad", True)


def test_the_image_is_built_of_what_there_is_and_not_by_root() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    copied = [line.split()[1:-1] for line in lines if line.startswith("COPY ")]
    for sources in copied:
        if not sources[0].startswith("--from"):
            assert all((ROOT / source).exists() for source in sources)
    stages = {line.split(" AS ")[1] for line in lines if " AS " in line}
    taken_from = re.findall(r"--from=(\w+)", "\n".join(lines))
    assert set(taken_from) == stages
    last = lines[max(n for n, line in enumerate(lines) if line.startswith("FROM ")) :]
    assert "USER samrad" in last
    assert 'ENTRYPOINT ["samrad"]' in last


def test_the_image_holds_every_package_and_no_secret() -> None:
    ignored = (ROOT / ".dockerignore").read_text().split("\n")
    assert "*" in ignored
    allowed = {line[1:] for line in ignored if line.startswith("!")}
    packages = {"domain", "ledger", "projections", "web", "cli", "bench"}
    assert packages | {"pyproject.toml", "requirements.txt"} <= allowed
    assert not {".env", ".git", ".venv", "tests"} & allowed


def _has_compose() -> bool:
    docker = shutil.which("docker")
    return (
        docker is not None
        and not subprocess.run(  # noqa: S603
            [docker, "compose", "version"], capture_output=True, check=False
        ).returncode
    )


@pytest.mark.skipif(not _has_compose(), reason="docker compose is not on this machine")
def test_compose_itself_accepts_the_file(tmp_path: Path) -> None:
    shutil.copy(ROOT / "compose.yaml", tmp_path)
    env = "".join(f"{name}={value}\n" for name, value in FILLED_IN.items())
    (tmp_path / ".env").write_text(env)
    subprocess.run(
        ["docker", "compose", "config", "--quiet"],  # noqa: S607
        cwd=tmp_path,
        check=True,
    )
