"""Dependencies run one way, and each contract that says so has been seen to fail."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")
PACKAGES = ("domain", "ledger", "projections", "web", "cli")

LAYERS = "cli -> web -> projections -> domain, and never back"
DOMAIN = "the domain knows no database, no web and no tool around them"
WEB = "the web knows nothing of event sourcing and writes no SQL"
LEDGER = "the ledger knows no feature"

# What domain/ may import besides itself and the standard library.
EVENTSOURCING = (
    "eventsourcing.domain",
    "eventsourcing.application",
    "eventsourcing.persistence",
)
SQL = re.compile(r"\s*(SELECT\s|INSERT INTO\s|UPDATE\s.+\sSET\s|DELETE FROM\s)", re.S)


def lint(directory: Path) -> tuple[int, str]:
    checked = subprocess.run(  # noqa: S603
        [str(LINT_IMPORTS), "--no-logo", "--no-cache"],
        cwd=directory,
        capture_output=True,
        text=True,
        check=False,
    )
    return checked.returncode, checked.stdout + checked.stderr


def imported(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")


def not_for_the_domain(source: str) -> list[str]:
    """What a module imports that no module of domain/ may."""
    return [
        name
        for name in imported(source)
        if name.split(".")[0] not in (*sys.stdlib_module_names, "domain")
        and name not in EVENTSOURCING
    ]


def sql_in(source: str) -> list[str]:
    """The statements in a module, and the places where it runs any."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found += [node.value] if SQL.match(node.value) else []
        if isinstance(node, ast.Attribute) and node.attr in ("execute", "executemany"):
            found.append(f"line {node.lineno}: .{node.attr}")
    return found


def modules(package: str) -> list[Path]:
    found = sorted((ROOT / package).rglob("*.py"))
    assert found, package
    return found


def test_every_contract_holds() -> None:
    status, said = lint(ROOT)
    assert status == 0, said


@pytest.mark.parametrize("module", modules("domain"), ids=lambda path: path.name)
def test_the_domain_imports_the_standard_library_and_event_sourcing_only(
    module: Path,
) -> None:
    assert not_for_the_domain(module.read_text()) == []


@pytest.mark.parametrize("module", modules("web"), ids=lambda path: path.name)
def test_the_web_writes_no_sql(module: Path) -> None:
    assert sql_in(module.read_text()) == []


@pytest.mark.parametrize(
    ("package", "line", "contract"),
    [
        ("domain", "import projections", LAYERS),
        ("domain", "import web", LAYERS),
        ("domain", "import cli", LAYERS),
        ("projections", "import web", LAYERS),
        ("projections", "import cli", LAYERS),
        ("web", "import cli", LAYERS),
        ("domain", "import ledger", DOMAIN),
        ("domain", "import psycopg", DOMAIN),
        ("domain", "from psycopg_pool import ConnectionPool", DOMAIN),
        ("domain", "from starlette.requests import Request", DOMAIN),
        ("domain", "import jinja2", DOMAIN),
        ("domain", "import structlog", DOMAIN),
        ("domain", "from pydantic import BaseModel", DOMAIN),
        ("web", "from eventsourcing.domain import Aggregate", WEB),
        ("web", "import psycopg", WEB),
        ("web", "from psycopg_pool import ConnectionPool", WEB),
        ("ledger", "import domain", LEDGER),
        ("ledger", "import projections", LEDGER),
        ("ledger", "import web", LEDGER),
        ("ledger", "import cli", LEDGER),
    ],
)
def test_a_contract_fails_when_it_is_broken(
    tmp_path: Path, package: str, line: str, contract: str
) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for name in PACKAGES:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").touch()
    (tmp_path / package / "broken.py").write_text(line)
    status, said = lint(tmp_path)
    assert status == 1
    assert f"{contract} BROKEN" in said


def test_a_forbidden_import_of_the_domain_is_found() -> None:
    source = (
        "import json, fastapi\nfrom eventsourcing.postgres import PostgresDatastore"
    )
    assert not_for_the_domain(source) == ["fastapi", "eventsourcing.postgres"]


def test_a_statement_in_the_web_is_found() -> None:
    source = 'cursor.execute(QUERY)\nQUERY = "SELECT id FROM comment"'
    assert sql_in(source) == ["SELECT id FROM comment", "line 1: .execute"]
