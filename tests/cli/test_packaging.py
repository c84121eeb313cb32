"""What is installed is what was written, and nothing that was not pinned."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
REQUIREMENTS = ("requirements.txt", "requirements-dev.txt", "requirements-node.txt")
PACKAGES = ("domain", "ledger", "projections", "web", "cli", "bench")


def pinned(file: str) -> dict[str, str]:
    """Each package of a requirements file, and the line that pins it."""
    entries = re.split(r"\n(?=\S)", (ROOT / file).read_text().strip())
    return {entry.split("==")[0]: entry for entry in entries}


def test_the_wheel_holds_everything_that_the_program_reads(tmp_path: Path) -> None:
    offline = ("--no-index", "--no-deps", "--no-build-isolation", "--quiet")
    subprocess.run(  # noqa: S603
        [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            *offline,
            "-w",
            str(tmp_path),
            str(ROOT),
        ],
        check=True,
        capture_output=True,
    )
    [wheel] = tmp_path.iterdir()
    packed = set(ZipFile(wheel).namelist())
    written = {
        file.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for file in (ROOT / package).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    assert written - packed == set()
    assert {"web/static/vendor/htmx.js", "ledger/log.sql"} <= packed


@pytest.mark.parametrize("file", REQUIREMENTS)
def test_every_package_is_pinned_by_hash_and_names_no_host(file: str) -> None:
    for name, entry in pinned(file).items():
        assert re.match(rf"{re.escape(name)}==\S+ .*\\\n", entry), entry
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), name
        assert "://" not in entry, name


def test_what_is_asked_for_is_what_is_pinned() -> None:
    def names(asked: list[str]) -> set[str]:
        return {re.split(r"[^\w-]", each, maxsplit=1)[0] for each in asked}

    groups = PROJECT["dependency-groups"]
    runtime = names(PROJECT["project"]["dependencies"]) | names(groups["build"])
    assert runtime <= set(pinned("requirements.txt"))
    assert runtime | names(groups["dev"]) <= set(pinned("requirements-dev.txt"))
    assert names(groups["node"]) == set(pinned("requirements-node.txt"))


def test_development_uses_the_versions_of_the_runtime() -> None:
    def versions(file: str) -> dict[str, str]:
        return {
            name: re.split(r"[ \\]", entry.split("==")[1])[0]
            for name, entry in pinned(file).items()
        }

    assert (
        versions("requirements.txt").items() <= versions("requirements-dev.txt").items()
    )


def test_what_browsers_get_is_pinned_by_hash_and_names_no_host() -> None:
    asked = json.loads((ROOT / "package.json").read_text())
    lock = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert lock.pop("")["dependencies"] == asked["dependencies"]
    for name, version in (asked["dependencies"] | asked["devDependencies"]).items():
        assert lock[f"node_modules/{name}"]["version"] == version
    for name, package in lock.items():
        assert package["integrity"].startswith("sha512-"), name
        assert "resolved" not in package, name
