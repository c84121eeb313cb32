"""The account that PostgreSQL runs under: one's own, or a plain one when one is root.

PostgreSQL refuses to run as root. Then the owner of its directory runs it, or an
account of its own that is made on first use; nothing above the directory is opened.
"""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

NAME = "samrad"


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the operating system, and whether it has to be switched to."""

    uid: int
    gid: int
    switch: bool

    @classmethod
    def for_directory(cls, directory: Path) -> Account:
        """Whose server may keep its files in a directory; OSError where nobody's."""
        if os.geteuid() != 0:
            return cls(os.geteuid(), os.getegid(), switch=False)
        for place in (directory / "postgres", directory):
            if place.exists() and (owner := place.stat().st_uid) != 0:
                return cls(owner, place.stat().st_gid, switch=True)
        try:
            entry = pwd.getpwnam(NAME)
        except KeyError:
            _add_account()
            entry = pwd.getpwnam(NAME)
        return cls(entry.pw_uid, entry.pw_gid, switch=True)

    @property
    def name(self) -> str:
        try:
            return pwd.getpwuid(self.uid).pw_name
        except KeyError:
            return str(self.uid)

    def run(
        self, command: list[str], *, directory: Path
    ) -> subprocess.CompletedProcess[str]:
        """Run a program of PostgreSQL's on the files in a directory, and wait for it.

        OSError when the account may not enter the directory or start the program.
        """
        return subprocess.run(  # noqa: S603
            command,
            cwd=directory,
            # Not our own environment: PGPORT and the like would be obeyed.
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "PGDATA": str(directory)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            user=self.uid if self.switch else None,
            group=self.gid if self.switch else None,
            extra_groups=[] if self.switch else None,
        )

    def enters(self, directory: Path) -> bool:
        """Whether the account can reach a directory at all."""
        tried = self.run(["test", "-x", str(directory)], directory=Path("/"))
        return tried.returncode == 0

    def own(self, path: Path) -> None:
        """Make a file or directory the account's."""
        if self.switch:
            os.chown(path, self.uid, self.gid)

    def private(self, directory: Path) -> None:
        """Have a directory that only this account (and root) can enter."""
        try:
            directory.mkdir(mode=0o700)
        except FileExistsError:
            found = directory.lstat()
            if not stat.S_ISDIR(found.st_mode) or found.st_uid != self.uid:
                raise PermissionError(
                    0, f"{directory} belongs to someone else"
                ) from None
            if found.st_mode & 0o077:
                directory.chmod(0o700)
        else:
            self.own(directory)

    def open(self, file: Path) -> int:
        """A file of this account's, open for reading and writing, made if missing."""
        opened = os.open(
            file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600
        )
        if self.switch:
            os.fchown(opened, self.uid, self.gid)
        return opened

    def write(self, file: Path, text: str) -> None:
        """Have exactly this text in a file, whole or not at all."""
        if file.exists() and file.read_text() == text:
            return
        new = file.with_name(file.name + ".new")
        new.unlink(missing_ok=True)
        with os.fdopen(self.open(new), "w") as out:
            out.write(text)
        new.replace(file)

    def reachable(self, programs: Path, copy: Path) -> Path:
        """The folder of programs, or a copy of it when this account can't get there."""
        if not self.switch or self._starts(programs):
            return programs
        if not copy.exists():
            unfinished = copy.with_name(copy.name + ".unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            shutil.copytree(programs, unfinished, symlinks=True)
            for path in (unfinished, *unfinished.rglob("*")):
                if not path.is_symlink():
                    mode = path.stat().st_mode
                    path.chmod(mode | (0o555 if mode & stat.S_IXUSR else 0o444))
            unfinished.rename(copy)
        return copy

    def _starts(self, programs: Path) -> bool:
        try:
            tried = self.run(
                [str(programs / "bin" / "postgres"), "--version"], directory=Path("/")
            )
        except PermissionError:
            return False
        return tried.returncode == 0


def _add_account() -> None:
    program = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if program is None:
        raise PermissionError(
            0,
            "PostgreSQL does not run as root, and there is no useradd to make an"
            f" account for it; make one named {NAME}, or run samrad as another user",
        )
    shell = "/usr/sbin/nologin"
    subprocess.run(  # noqa: S603
        [program, "--system", "--user-group", "--no-create-home", "-s", shell, NAME],
        check=True,
        capture_output=True,
    )
