"""The check of the whole log, for auditors: how it went, and how to do it oneself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from domain.log import Unavailable
from ledger.findings import Check
from ledger.public import PublicLog
from ledger.session import Unreachable
from projections.check import Checking, checking_of
from web.access import clock
from web.pages import page, redirect, wants_block
from web.sealing import UNKNOWN, WHY
from web.visitor import signed_in

SOON = timedelta(seconds=30)
"""A check begins within a second or two; from here on nobody seems to be there."""

SAID = {
    Check.MISSING: "The entry is missing.",
    Check.TWICE: "There is more than one entry of this number.",
    Check.UNREADABLE: "The entry can not be read: the files of the database are"
    " damaged.",
    Check.ENVELOPE: "What was recorded of the entry has been overwritten.",
    Check.STATE: "What is stored is not what was recorded.",
    Check.THING: "The entry is stored for another thing than it was recorded for.",
    Check.VERSION: "The entry is stored with another version than was recorded.",
    Check.TOPIC: "The entry is stored as another kind of event than was recorded.",
    Check.TIME: "The entry is stored with another time than was recorded.",
    Check.COMMITMENT: "The checksum of what is sealed in the entry has been changed.",
    Check.ORDER: "The history of the thing has a gap here.",
    Check.CLOCK: "The entry is recorded as earlier than the one before it.",
    Check.SEALED: "What is sealed in the entry does not open.",
    Check.NO_KEY: "The key to what is sealed in the entry is missing.",
    Check.KEY_DESTROYED: "The key is destroyed, though no erasure says so.",
    Check.KEY_LEFT: "The entry says that something is erased, but its key is there.",
    Check.LEAF: "The entry is not the one that the checksums were made from.",
    Check.TILE: "The stored checksums do not agree with the entries.",
    Check.ROOT: "The entries are not those that were signed last.",
    Check.CUT_OFF: "The log ends before this entry, though it has been signed.",
    Check.CHECKPOINT: "The entries are not those that were signed once before.",
    Check.SIGNATURE: "A signed checksum of the log has been changed.",
    Check.SHOWN: "The pages do not show what the log says.",
    Check.BUNDLE: "The log or its checksums can not be read.",
    Check.NO_POLICY: "There is no policy that says whose signatures to trust.",
    Check.NO_CHECKPOINT: "The log has never been signed.",
    Check.NOT_SIGNED: "The newest checksum is not signed by the key in the policy.",
    Check.NO_QUORUM: "Fewer witnesses have signed than the policy asks for.",
    Check.UNREACHED: "The database did not answer.",
    Check.NOT_SHOWN: "The pages could not be compared with the log.",
}
"""What was found, in a sentence for auditors who do not read code."""


_GONE = Check.MISSING, Check.CUT_OFF


@dataclass(frozen=True, slots=True)
class Found:
    """A finding: the sentence, the entry if it is about one, and the particulars."""

    sentence: str
    position: int | None
    said: str
    is_there: bool
    """Whether the entry is there to be looked at."""


def show(request: Request) -> Response:
    """When the log last passed, what was found, and what is signed.

    Looks again by itself while a check is under way; nothing is answered while there
    is nothing new, so that nothing is read out twice.
    """
    with request.state.reads(None) as reads:
        checking = checking_of(reads)
    seen = _seen(checking)
    if wants_block(request) and request.query_params.get("seen") == seen:
        return Response(status_code=204)
    waiting = checking.waiting
    return page(
        request,
        "log/check.html",
        block="result",
        checking=checking,
        found=_found(checking),
        seen=seen,
        is_late=waiting is not None
        and waiting.began_at is None
        and clock() - waiting.asked_at > SOON,
        why=WHY.get(checking.alarm, UNKNOWN),  # type: ignore[call-overload]
    )


def ask(request: Request) -> Response:
    """Have the whole log checked now."""
    log: PublicLog = request.state.public_log
    try:
        log.ask_for_audit(signed_in(request))
    except Unreachable as error:
        raise Unavailable from error
    return redirect(request, "check.show", as_of=None)


def _seen(checking: Checking) -> str:
    """What a page of now shows, so that the next look can tell what is new."""
    last = checking.last.number if checking.last else 0
    waiting = checking.waiting
    step = "0" if waiting is None else "2" if waiting.began_at else "1"
    return f"{last}-{step}"


def _found(checking: Checking) -> list[Found]:
    if checking.last is None or not isinstance(checking.last.said, dict):
        return []
    return [
        Found(
            SAID[Check(each["check"])],
            each["position"],
            each["said"],
            each["position"] is not None and each["check"] not in _GONE,
        )
        for each in checking.last.said.get("findings", [])
    ]
