"""How often one visitor may do something, counted over all web processes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import IPv6Address, ip_network

from starlette.requests import Request

from domain.log import Refused
from web.dates import clock_text
from web.visitor import visitor_of

SHARED = 20
"""How many visitors may stand behind one address: a whole hospital can share it."""


class TooMany(Refused):
    """Somebody did the same thing too often; `retry_at` is when to try again."""

    status = 429
    en = "You have done this many times in a short while. Try again after {retry}."
    sv = "Du har gjort det här många gånger på kort tid. Försök igen efter {retry}."

    def __init__(self, retry_at: datetime) -> None:
        self.retry_at = retry_at
        super().__init__(retry="{retry}")
        minute = retry_at + timedelta(seconds=59)  # Whoever comes at 19.25 gets in.
        self.en = self.en.replace("{retry}", clock_text(minute, "en"))
        self.sv = self.sv.replace("{retry}", clock_text(minute, "sv"))

    @property
    def seconds(self) -> int:
        """How long to wait, for the Retry-After header."""
        left = (self.retry_at - datetime.now(UTC)).total_seconds()
        return max(1, round(left + 0.5))


def limited(
    request: Request, what: str, *, limit: int, per: timedelta, key: str = ""
) -> None:
    """Count one attempt at something; raises TooMany when there were too many.

    Counts `key` (an e-mail address, say) or else the person, or else the address; and
    in any case the address, which is allowed twenty times as much. Blocks: call it in
    a thread.
    """
    person = visitor_of(request).person
    address = getattr(request.state, "address", None)
    if isinstance(address, IPv6Address):  # One household has all of a /64.
        address = ip_network((address, 64), strict=False)
    allowed = {f"{what} address {address}": limit * SHARED}
    if key or person:
        allowed[f"{what} {key or person}"] = limit
    else:
        allowed = {f"{what} address {address}": limit}
    retry_at = request.state.sessions.attempt(allowed, per)
    if retry_at is not None:
        raise TooMany(retry_at)
