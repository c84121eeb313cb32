"""New things from forms: the same form sent twice makes one thing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from starlette.requests import Request

from domain.log import Conflict, Receipt
from web.access import clock


def once(
    request: Request, kind: type[Any], id: UUID, record: Callable[[], Receipt]
) -> Receipt:
    """Record a new thing; a second click finds what the first one made.

    Raises NotFound when the id is that of a thing of another kind.
    """
    try:
        return record()
    except Conflict:
        request.state.log.look(kind, id)
        return Receipt(0, clock())
