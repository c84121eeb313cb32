"""The rules of a consultation: what may happen, who may do it, what is then true."""

# An event can only be read back once its topic is known, so every module is imported.
from domain import (
    comment,
    consultation,
    erasure,
    issue,
    notary,
    organisation,
    person,
    proposal,
    revision,
)

__all__ = [
    "comment",
    "consultation",
    "erasure",
    "issue",
    "notary",
    "organisation",
    "person",
    "proposal",
    "revision",
]
