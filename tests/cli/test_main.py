"""What the command says when it can not do as it is asked, and with which exit code."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOWHERE = "postgresql://nobody@127.0.0.1:9/nothing"


def samrad(
    folder: Path, *arguments: str, **settings: str
) -> subprocess.CompletedProcess[str]:
    """Run the command in a folder without a .env, with these settings only."""
    return subprocess.run(  # noqa: S603
        [sys.executable, "-m", "cli.main", *arguments],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), **settings},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_every_command_says_what_it_does(tmp_path: Path) -> None:
    told = samrad(tmp_path, "--help")
    assert told.returncode == 0
    for command in (
        "demo",
        "serve",
        "follow",
        "migrate",
        "rebuild",
        "verify",
        "user",
        "import",
        "export",
        "erase",
        "hold",
        "vault",
        "health",
        "docs",
    ):
        assert f"  {command} " in told.stdout, command


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("verify", "--nonsense"),
        ("import", "proposal"),
        ("serve", "--port", "x"),
    ],
    ids=" ".join,
)
def test_wrong_usage_ends_with_code_3(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    told = samrad(tmp_path, *arguments)
    assert told.returncode == 3
    assert "Usage: " in told.stderr


def test_every_wrong_setting_is_told_with_code_3(tmp_path: Path) -> None:
    told = samrad(tmp_path, "serve", SAMRAD_PORT="no", SAMRAD_COLOUR="red")
    assert told.returncode == 3
    assert "SAMRAD_PORT is 'no'" in told.stderr
    assert "SAMRAD_COLOUR is not a setting" in told.stderr
    assert "Traceback" not in told.stderr


@pytest.mark.parametrize(
    "command", [("verify",), ("user", "list"), ("rebuild",)], ids=" ".join
)
def test_a_database_that_does_not_answer_ends_with_code_2(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    told = samrad(
        tmp_path,
        *command,
        SAMRAD_DATABASE_URL=NOWHERE,
        SAMRAD_KEYS_DATABASE_URL=NOWHERE,
    )
    assert told.returncode == 2
    assert told.stderr.startswith("The database does not answer: ")
    assert "Traceback" not in told.stderr


def test_an_import_and_an_export_go_through_the_whole_command(
    tmp_path: Path, database: str
) -> None:
    from domain.log import Log
    from tests import story
    from tests.vault import KEYS_FILE, log_settings

    with Log(log_settings(database)) as log:
        story.a_consultation(log, "Mentorer i vården")
    (tmp_path / "plan.md").write_text("# Plan\n\nAlla ska ha en mentor.\n", "utf-8")
    (tmp_path / "comments.csv").write_text(
        "reference;text;quote;name\n1;Bra;en mentor;Åsa\n2;Nej;finns inte;\n", "utf-8"
    )
    there = {
        "SAMRAD_DATABASE_URL": database,
        "SAMRAD_KEYS_DATABASE_URL": database,
        "SAMRAD_KEYS_FILE": str(KEYS_FILE),
        "PYTHONUTF8": "1",
    }
    of = ("--consultation", "Mentorer i vården")

    told = samrad(tmp_path, "import", "proposal", "plan.md", *of, "--publish", **there)
    assert (told.returncode, told.stderr) == (0, "")
    assert "published as version 1" in told.stdout

    told = samrad(tmp_path, "import", "comments", "comments.csv", *of, **there)
    assert told.returncode == 1
    assert "comments.csv:3: quote: The quoted words are not there" in told.stderr

    told = samrad(
        tmp_path, "import", "comments", "comments.csv", *of, "--skip-bad", **there
    )
    assert told.returncode == 0
    assert told.stdout == "1 recorded, 0 there already, 1 left out.\n"

    told = samrad(tmp_path, "export", "trace", *of, "--out", "trace.csv", **there)
    assert told.returncode == 0
    lines = (tmp_path / "trace.csv").read_text("utf-8-sig").splitlines()
    assert len(lines) == 2
    assert ";en mentor;Bra;" in lines[1]
    assert ";http://127.0.0.1:8000/consultations/" in lines[1]

    told = samrad(tmp_path, "verify", **there)
    assert told.returncode == 2
    assert "Undecided: nothing contradicts" in told.stderr
    assert "No checkpoint of this log has ever been published" in told.stderr
