"""Several threads that begin together."""

from __future__ import annotations

import threading
from collections.abc import Callable


def together(work: Callable[[int], object], threads: int) -> None:
    """Have threads do work, each told its number, and wait for all of them."""
    started = [threading.Thread(target=work, args=(n,)) for n in range(threads)]
    for each in started:
        each.start()
    for each in started:
        each.join()
