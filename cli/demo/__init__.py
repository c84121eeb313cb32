"""The demo consultation: its files, its story, and who one can be in it."""

from __future__ import annotations

from uuid import UUID, uuid5

_DEMO = UUID("5f0c7c0e-2f5d-4c39-9a53-2d5d0f6b6a10")


def thing(key: str) -> UUID:
    """The id of what the demo's files call by a key; the same in every demo."""
    return uuid5(_DEMO, key)


CONSULTATION = thing("consultation")


def people() -> dict[str, UUID]:
    """Who each role is, for signing in with one click."""
    return {
        "stakeholder": thing("p-vardhalsa"),
        "officer": thing("s-arbetsmiljo"),
        "editor": thing("s-redaktor"),
        "chair": thing("s-ordforande"),
        "deputy": thing("s-vice-ordforande"),
        "auditor": thing("s-revisor"),
    }
