"""What the pages must know about the installation they stand on."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network


@dataclass(frozen=True, slots=True)
class Site:
    """One installation, as seen from outside.

    `address` is the public address without a slash at the end; `proxies` are the
    networks whose X-Forwarded-For is believed. The limits are for one person; behind
    one address there may be many (web.limits).
    """

    address: str = "http://127.0.0.1:8000"
    version: str = ""
    demo: bool = False
    proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    sign_in_links_per_hour: int = 6
    submissions_per_hour: int = 120

    @property
    def https(self) -> bool:
        """Whether visitors come over an encrypted connection."""
        return self.address.startswith("https://")

    def cookie(self, name: str) -> str:
        """A cookie's name; over https with the prefix that keeps it to this host."""
        return f"__Host-{name}" if self.https else name
