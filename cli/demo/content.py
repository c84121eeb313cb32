"""What the demo's files say, read into plain values."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from web.formats import Document
from web.formats.document import read_document

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Commented:
    """A comment: what it says, on which words, and so many days after the opening."""

    key: str
    proposal: str
    heading: str | None
    quote: str | None
    passage: str | None
    person: str
    organisation: str | None
    kind: str
    text: str
    wording: str | None
    themes: list[str]
    days: int
    public_name: bool
    amended: dict[str, str] | None = None
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Raised:
    """An issue, and how far the work on it has come."""

    key: str
    title: str
    proposal: str
    comments: list[str]
    theme: str
    disposition: str | None
    reason: str | None
    answer: str | None
    answer_state: str | None
    merged_into: str | None = None
    split_from: str | None = None


@dataclass(frozen=True, slots=True)
class Revised:
    """A revision; its changes name passages by how they begin."""

    proposal: str
    title: str
    changes: list[dict[str, Any]]
    adopted: bool
    published: bool


class Content:
    """All of the demo's files."""

    @cached_property
    def consultation(self) -> dict[str, Any]:
        found: dict[str, Any] = _json("consultation.json")
        return found

    @cached_property
    def organisations(self) -> list[dict[str, str]]:
        return _rows("organisations.csv")

    @cached_property
    def persons(self) -> list[dict[str, str]]:
        return _rows("persons.csv")

    @cached_property
    def proposals(self) -> dict[str, Document]:
        """The proposals by their number."""
        files = sorted((FOLDER / "proposals").glob("*.md"))
        return {
            file.name[0]: read_document(file.name, file.read_bytes()) for file in files
        }

    @cached_property
    def comments(self) -> list[Commented]:
        """In the order in which they were made."""
        found = [Commented(**one) for one in _json("comments.json")]
        return sorted(found, key=lambda comment: comment.days)

    @cached_property
    def issues(self) -> list[Raised]:
        return [Raised(**one) for one in _json("issues.json")]

    @cached_property
    def revisions(self) -> list[Revised]:
        return [Revised(**one) for one in _json("revisions.json")]


def _json(name: str) -> Any:
    return json.loads((FOLDER / name).read_text("utf-8"))


def _rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
