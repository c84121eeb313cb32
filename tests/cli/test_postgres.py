"""A server of our own: made on first use, shared, none the worse for being killed."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, Popen

import psycopg
import pytest

from cli.embedded import Server
from cli.postgres import (
    NoDatabase,
    database,
    embedded,
    let_roles_sign_in,
)
from cli.settings import Settings, WrongSettings
from tests.vault import everywhere

ROOT = Path(__file__).parents[2]
# Uses the server of a directory until its standard input is closed.
USE = """
import sys
from pathlib import Path
from cli.logs import configure
from cli.postgres import embedded
configure("json")
with embedded(Path(sys.argv[1]), durable=False) as server:
    print(server.pid, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def data() -> Iterator[Path]:
    """A directory for a server, which also the account it runs under can reach."""
    above = Path(tempfile.mkdtemp(prefix="samrad-tests-")).resolve()
    above.chmod(0o755)
    yield above / "data"
    shutil.rmtree(above)


@contextmanager
def running(data: Path) -> Iterator[Server]:
    with embedded(data, durable=False) as server:
        yield server


@contextmanager
def another_process(data: Path) -> Iterator[tuple[Popen[str], int]]:
    """Another process that uses the same server, and the server's process."""
    with Popen(  # noqa: S603
        [sys.executable, "-c", USE, str(data)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=PIPE,
        stdout=PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        yield other, int(other.stdout.readline())


def ask(url: str, query: str) -> object:
    with psycopg.connect(url) as connection:
        cursor = connection.execute(query.encode())
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def test_what_is_stored_is_there_after_a_restart(data: Path) -> None:
    with running(data) as server:
        ask(server.url, "CREATE TABLE kept AS SELECT 'sjö' AS word")
        first = server.pid
    assert server.pid is None
    with running(data) as server:
        assert server.pid != first
        assert ask(server.url, "SELECT word FROM kept") == "sjö"


def test_nothing_that_was_acknowledged_is_lost_when_the_server_is_killed(
    data: Path,
) -> None:
    with embedded(data) as server:
        ask(server.url, "CREATE TABLE kept AS SELECT 1 AS number")
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
    with running(data) as server:
        assert ask(server.url, "SELECT number FROM kept") == 1


def test_a_killed_server_is_started_again_on_demand(data: Path) -> None:
    with running(data) as server:
        first = server.pid
        server.keep_running()
        assert server.pid == first
        assert first is not None
        os.kill(first, signal.SIGKILL)
        server.keep_running()
        assert server.pid != first
        assert ask(server.url, "SELECT 1") == 1


def test_the_process_that_got_the_number_of_a_killed_server_is_left_alone(
    data: Path,
) -> None:
    with running(data) as server:
        pid_file = server.files / "postmaster.pid"
        _, rest = pid_file.read_text().split("\n", 1)
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
        account = server.account.uid
        with Popen(["sleep", "60"], user=account if os.geteuid() == 0 else None) as it:  # noqa: S607
            pid_file.write_text(f"{it.pid}\n{rest}")
            server.stop()
            assert it.poll() is None
            it.kill()
        # So that it clears away the shared memory of the one that was killed.
        server.keep_running()


def test_two_processes_share_a_server_and_the_last_one_out_stops_it(
    data: Path,
) -> None:
    with another_process(data) as (other, pid):
        with running(data) as server:
            assert server.pid == pid
        assert server.pid == pid
        assert ask(server.url, "SELECT 1") == 1
        other.communicate()
    assert other.returncode == 0
    assert server.pid is None


def test_a_server_that_a_killed_process_left_behind_is_used_again(data: Path) -> None:
    with another_process(data) as (other, pid):
        other.kill()
        other.wait()
    with running(data) as server:
        assert server.pid == pid
    assert server.pid is None


def test_many_who_come_at_once_get_one_server(data: Path) -> None:
    def use(_: int) -> int | None:
        with running(data) as server:
            ask(server.url, "SELECT 1")
            return server.pid

    with running(data) as server, ThreadPoolExecutor(4) as pool:
        assert set(pool.map(use, range(8))) == {server.pid}


def test_first_use_by_many_makes_the_files_once(data: Path) -> None:
    def use(number: int) -> None:
        with running(data) as server:
            ask(server.url, f"CREATE TABLE made_by_{number} ()")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(use, range(4)))
    with running(data) as server:
        made = "SELECT count(*) FROM pg_tables WHERE tablename LIKE 'made_by_%'"
        assert ask(server.url, made) == 4


def test_files_that_were_left_half_made_are_made_again(data: Path) -> None:
    with running(data):
        pass
    (data / "postgres").rename(data / "postgres.unfinished")
    (data / "postgres.unfinished" / "PG_VERSION").unlink()
    with running(data) as server:
        assert ask(server.url, "SELECT 1") == 1


def test_a_directory_with_a_long_and_odd_name_will_do(data: Path) -> None:
    odd = data / "å ä ö" / 'it\'s $HOME, "quoted"' / ("long" * 30)
    with running(odd) as server:
        assert len(str(odd)) > 107
        assert ask(server.url, "SELECT 1") == 1
        assert server.socket.stat().st_mode & 0o077 == 0
    shutil.rmtree(server.socket)


def test_the_environment_does_not_lead_us_to_another_server(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPORT", "6000")
    monkeypatch.setenv("PGHOST", "db.example.se")
    monkeypatch.setenv("PGDATA", "/nowhere")
    with running(data) as server:
        assert ask(server.url, "SELECT 1") == 1


def test_it_is_durable_and_closed_to_the_network_and_to_others(
    durable_postgres: Server,
) -> None:
    for setting, value in {
        "fsync": "on",
        "full_page_writes": "on",
        "synchronous_commit": "on",
        "data_checksums": "on",
        "listen_addresses": "",
        "server_encoding": "UTF8",
        "TimeZone": "UTC",
    }.items():
        assert ask(durable_postgres.url, f"SHOW {setting}") == value
    for closed in (durable_postgres.files, durable_postgres.socket):
        assert closed.stat().st_mode & 0o077 == 0
    assert durable_postgres.files.stat().st_uid != 0


def test_swedish_letters_are_letters(postgres: Server) -> None:
    assert ask(postgres.url, "SELECT lower('ÅÄÖ')") == "åäö"
    assert ask(postgres.url, "SELECT 'Ändring' ILIKE 'ä%'")
    ask(postgres.url, "CREATE EXTENSION IF NOT EXISTS pg_trgm")
    # With LC_CTYPE=C both have the trigrams of "sj", and are the same.
    assert ask(postgres.url, "SELECT similarity('sjö', 'sjå')") != 1


def test_what_was_sent_does_not_end_up_in_the_log_of_the_server(
    durable_postgres: Server,
) -> None:
    url = durable_postgres.url
    ask(url, "CREATE TABLE person AS SELECT 'Anna Andersson'::text AS name")
    ask(url, "CREATE UNIQUE INDEX ON person (name)")
    with psycopg.connect(url) as connection:
        with pytest.raises(psycopg.errors.UniqueViolation), connection.transaction():
            connection.execute("INSERT INTO person VALUES (%s)", ("Anna Andersson",))
        with pytest.raises(psycopg.Error), connection.transaction():
            connection.execute("SELECT 'Anna Andersson'::int")
    ask(url, "DROP TABLE person")
    written = [file.read_text() for file in (durable_postgres.files / "log").iterdir()]
    assert any("ready to accept connections" in text for text in written)
    assert not any("Anna" in text for text in written)


def test_files_of_another_version_are_left_alone(data: Path) -> None:
    with running(data):
        pass
    (data / "postgres" / "PG_VERSION").write_text("17\n")
    with pytest.raises(NoDatabase, match=r"made by PostgreSQL 17, and this is 18\."):
        running(data).__enter__()
    assert (data / "postgres" / "PG_VERSION").read_text() == "17\n"


def test_a_server_that_can_not_start_says_why(data: Path) -> None:
    with running(data):
        pass
    with (data / "postgres" / "postgresql.conf").open("a") as settings:
        settings.write("shared_buffers = 1\n")
    with pytest.raises(NoDatabase, match="shared_buffers"):
        running(data).__enter__()


def test_a_place_that_is_no_directory_is_said_to_be_none(data: Path) -> None:
    data.write_text("a file")
    with pytest.raises(NoDatabase, match=os.strerror(errno.EEXIST)):
        running(data).__enter__()
    with pytest.raises(NoDatabase, match=os.strerror(errno.ENOTDIR)):
        running(data / "below").__enter__()


def test_a_full_disk_is_said_to_be_full(data: Path) -> None:
    # Ten megabytes a file at most, in a process of its own: less than initdb's log.
    limited = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (10**7,) * 2)"
    tried = subprocess.run(  # noqa: S603
        [sys.executable, "-c", limited + USE, str(data)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert tried.returncode != 0
    assert f"NoDatabase: PostgreSQL could not make its files in {data}" in tried.stderr


def test_a_socket_that_someone_else_laid_out_is_not_trusted(data: Path) -> None:
    with running(data) as server:
        socket = server.socket
    socket.rmdir()
    elsewhere = data / "elsewhere"
    elsewhere.mkdir()
    socket.symlink_to(elsewhere)
    with pytest.raises(NoDatabase, match="belongs to someone else"):
        running(data).__enter__()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root switches accounts")
def test_a_directory_inside_roots_own_is_refused_with_advice(data: Path) -> None:
    data.parent.chmod(0o700)
    with pytest.raises(NoDatabase, match="--data"):
        running(data).__enter__()
    assert data.parent.stat().st_mode & 0o077 == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root switches accounts")
def test_programs_inside_roots_own_are_copied_to_where_they_can_run(
    data: Path, tmp_path: Path
) -> None:
    with running(data) as server:
        closed = tmp_path / "closed"
        closed.mkdir(mode=0o700)
        (closed / "bin").mkdir()
        shutil.copy2(server._programs / "pg_config", closed / "bin" / "postgres")
        copied = server.account.reachable(closed, data / "copied")
    assert copied == data / "copied"
    assert (copied / "bin" / "postgres").stat().st_mode & 0o555 == 0o555


def test_a_named_database_is_used_as_it_is() -> None:
    named = Settings(
        database_url="postgresql://web@localhost/samrad",
        keys_database_url="postgresql://keys@localhost/keys",
    )
    with database(named) as found:
        assert found.owner == found.follower == found.web == named.database_url
        assert found.vault.owner == found.vault.url == named.keys_database_url
    named = Settings(
        database_url="postgresql://web@localhost/samrad",
        follower_database_url="postgresql://follower@localhost/samrad",
        owner_database_url="postgresql://owner@localhost/samrad",
        keys_database_url="postgresql://keys@localhost/keys",
        owner_keys_database_url="postgresql://owner@localhost/keys",
        keys_file=Path("/etc/samrad/wrapping-keys"),
    )
    with database(named) as found:
        assert found.web == named.database_url
        assert found.follower == named.follower_database_url
        assert found.owner == named.owner_database_url
        assert found.vault.url == named.keys_database_url
        assert found.vault.owner == named.owner_keys_database_url
        assert found.vault.file == named.keys_file


def test_a_database_that_is_named_without_that_of_its_keys_is_refused() -> None:
    named = Settings(database_url="postgresql://web@localhost/samrad")
    missing = "SAMRAD_KEYS_DATABASE_URL is missing"
    with pytest.raises(WrongSettings, match=missing), database(named):
        pass


def test_without_a_named_database_ours_is_used_for_every_role(data: Path) -> None:
    with database(Settings(data=data)) as found:
        assert ask(found.owner, "SELECT current_user") == "postgres"
        ask(found.owner, "CREATE ROLE samrad_web NOLOGIN")
        ask(found.owner, "CREATE ROLE samrad_follower NOLOGIN")
        ask(found.owner, "CREATE ROLE samrad_notary NOLOGIN")
        ask(found.owner, "CREATE ROLE samrad_keys NOLOGIN")
        with pytest.raises(psycopg.OperationalError, match="not permitted to log in"):
            ask(found.web, "SELECT current_user")
        let_roles_sign_in(found)
        assert ask(found.web, "SELECT current_user") == "samrad_web"
        assert ask(found.follower, "SELECT current_user") == "samrad_follower"
        assert ask(found.notary, "SELECT current_user") == "samrad_notary"
        assert ask(found.web, "SELECT current_database()") == "samrad"
        assert ask(found.vault.url, "SELECT current_user") == "samrad_keys"
        assert ask(found.vault.url, "SELECT current_database()") == "samrad_keys"


def test_the_passwords_of_the_roles_are_those_in_their_addresses(data: Path) -> None:
    with running(data) as server:
        ask(server.url, "CREATE ROLE samrad_web NOLOGIN")
        ask(server.url, "CREATE ROLE samrad_follower NOLOGIN")
        rules = "local all postgres trust\nlocal all all scram-sha-256\n"
        (server.files / "pg_hba.conf").write_text(rules)
        ask(server.url, "SELECT pg_reload_conf()")
        web, another = (
            server.url_of(f"samrad_web:{password}") for password in ("hush%40", "loud")
        )
        let_roles_sign_in(everywhere(server.url, web=web))
        assert ask(web, "SELECT current_user") == "samrad_web"
        with pytest.raises(psycopg.OperationalError, match="authentication failed"):
            ask(another, "SELECT current_user")
        let_roles_sign_in(everywhere(server.url, web=another))
        assert ask(another, "SELECT current_user") == "samrad_web"
