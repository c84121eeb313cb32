"""What stands in the open in an entry's state: what was commented on, and for whom.

The state is the event's JSON as the log keeps it. What is sealed in it stays sealed; a
receipt has that beside it. A state that lacks any of this, or has something else in its
place, is as true as any other: only what can be told is told.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID


class NotAState(Exception):
    """Bytes that no event was stored as."""


@dataclass(frozen=True, slots=True)
class Stated:
    """What a comment's state says in the open; None or "" where it does not say.

    `by` submitted it. `has_anchor` is whether it says what was commented on: without a
    passage that is the whole proposal, without a quote the whole passage.
    """

    kind: str = ""
    consultation: UUID | None = None
    proposal: UUID | None = None
    edition: int | None = None
    has_anchor: bool = False
    passage: UUID | None = None
    quote: str = ""
    has_sender: bool = False
    organisation: UUID | None = None
    author: UUID | None = None
    by: UUID | None = None

    @classmethod
    def read(cls, state: bytes) -> Self:
        """What these bytes say. Raises NotAState."""
        try:
            found = json.loads(state.decode())
            # Half of a sign can be spelt in JSON, and then not be written in a page.
            json.dumps(found, ensure_ascii=False).encode()
        except (ValueError, RecursionError):
            raise NotAState from None
        if not isinstance(found, dict):
            raise NotAState
        edition = found.get("edition")
        anchor = found.get("anchor")
        place = anchor if isinstance(anchor, dict) else {}
        return cls(
            kind=_text(found, "kind"),
            consultation=_id(found, "consultation"),
            proposal=_id(found, "proposal"),
            edition=edition if type(edition) is int else None,
            has_anchor="passage" in place,
            passage=_id(place, "passage"),
            quote=_text(place, "quote"),
            has_sender="organisation" in found,
            organisation=_id(found, "organisation"),
            author=_id(found, "author"),
            by=_id(found, "by"),
        )


def _text(found: Mapping[str, Any], name: str) -> str:
    text = found.get(name)
    return text if isinstance(text, str) else ""


def _id(found: Mapping[str, Any], name: str) -> UUID | None:
    """An id as events keep it: tagged as one, or as hex inside an anchor."""
    written = found.get(name)
    if isinstance(written, dict):
        written = written.get("_data_")
    try:
        return UUID(written) if isinstance(written, str) else None
    except ValueError:
        return None
