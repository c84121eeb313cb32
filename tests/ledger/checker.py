"""A program of Go's own transparency-log packages, which judges what ours writes."""

from __future__ import annotations

import os
import shutil
import subprocess
from base64 import b64decode, b64encode
from collections.abc import Iterable
from pathlib import Path

SOURCE = Path(__file__).parent / "go" / "main.go"
PACKAGES = Path("/usr/share/gocode")


def missing() -> str:
    """Why the program cannot be built here; "" when it can."""
    if not shutil.which("go"):
        return "no Go here (Debian: apt-get install golang-go)"
    if not (PACKAGES / "src/golang.org/x/mod/sumdb").is_dir():
        return "no sumdb packages here (Debian: golang-golang-x-mod-dev)"
    return ""


class Checker:
    """Go's judgement, asked for in one go: the program keeps nothing in between."""

    def __init__(self, directory: Path) -> None:
        """Build the program in a directory, from Debian's packages alone."""
        self._program = directory / "checker"
        environment = os.environ | {
            "GO111MODULE": "off",
            "GOPATH": str(PACKAGES),
            "GOCACHE": os.environ.get("GOCACHE") or str(directory / "cache"),
            "GOFLAGS": "",
        }
        command = ["go", "build", "-o", str(self._program), str(SOURCE)]
        subprocess.run(command, env=environment, check=True, timeout=300)  # noqa: S603

    def answers(self, commands: Iterable[str]) -> list[str]:
        """What the program says to each command: "ok …" or "no …"."""
        asked = list(commands)
        done = subprocess.run(  # noqa: S603
            [str(self._program)],
            input="".join(f"{command}\n" for command in asked),
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
        said = done.stdout.splitlines()
        assert len(said) == len(asked), done.stderr
        return said

    def results(self, commands: Iterable[str]) -> list[str]:
        """What the program answers when it finds everything right."""
        said = self.answers(commands)
        wrong = [answer for answer in said if not answer.startswith("ok")]
        assert not wrong, wrong[:3]
        return [answer.removeprefix("ok").strip() for answer in said]


def told(data: bytes) -> str:
    """Bytes as the program reads them."""
    return b64encode(data).decode() or "-"


def listed(hashes: Iterable[bytes]) -> str:
    """Hashes as the program reads them."""
    return ",".join(map(told, hashes)) or "-"


def hashes_of(answer: str) -> list[bytes]:
    """Hashes as the program writes them."""
    return [b64decode(word) for word in answer.split(",") if word]
