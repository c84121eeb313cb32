"""A long text in memory, a page at a time, by number."""

from __future__ import annotations

from starlette.requests import Request

from web.addresses import here


class Numbered:
    """Which page of a text is read, from `?page=`; `of` says how many parts it has."""

    def __init__(self, request: Request, size: int = 50) -> None:
        asked = request.query_params.get("page", "")
        self.request = request
        number = int(asked) if asked.isdecimal() and len(asked) < 7 else 1
        self.number = max(1, number)
        self.limit = size
        self.total = 0

    @property
    def offset(self) -> int:
        """How many parts come before this page."""
        return (self.number - 1) * self.limit

    def of(self, total: int) -> Numbered:
        """The same paging of a text of `total` parts."""
        self.total = total
        return self

    @property
    def last(self) -> int:
        """The number of the last page, at least 1."""
        return max(1, -(-self.total // self.limit))

    @property
    def first_part(self) -> int:
        """The number of this page's first part, counted from 1."""
        return min(self.offset + 1, self.total)

    @property
    def last_part(self) -> int:
        """The number of this page's last part."""
        return min(self.offset + self.limit, self.total)

    @property
    def numbers(self) -> list[int | None]:
        """The pages to link: first, last, neighbours; None where some are left out."""
        near = {1, self.last, *range(self.number - 1, self.number + 2)}
        shown: list[int | None] = []
        for number in sorted(n for n in near if 1 <= n <= self.last):
            if shown and number - (shown[-1] or 0) > 1:
                shown.append(None)
            shown.append(number)
        return shown

    def address(self, number: int) -> str:
        """The address of another page of the same text."""
        return here(self.request, page=None if number == 1 else number)
