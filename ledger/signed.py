"""What the checkpoints of a log say, held against whom a policy trusts."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass

from ledger.checkpoint import Checkpoint
from ledger.findings import Check, Findings, Seal
from ledger.note import BadNote, Note, NotSigned
from ledger.policy import NoQuorum, Policy
from ledger.proof import HEADER, Proof
from ledger.rebuilding import Wanted
from ledger.receipt import check_receipt
from ledger.sources import Kept


@dataclass(frozen=True, slots=True)
class Previous:
    """A checkpoint that was kept elsewhere, and is trusted; `said` is whose it is."""

    said: str
    checkpoint: Checkpoint


def trusted(said: str, data: bytes, policy: Policy) -> Previous:
    """A checkpoint from a file: as a note, within a proof, or within a receipt.

    Raises BadNote, or BadReceipt, for one that the policy does not trust.
    """
    if data.startswith(b"PK"):
        return Previous(said, check_receipt(data, policy).checkpoint)
    if data.startswith(HEADER.encode()):
        data = Proof.parse(data).note
    return Previous(said, policy.check(data))


def signed(
    kept: Iterable[Kept], policy: Policy | None, findings: Findings
) -> tuple[Seal | None, list[Wanted]]:
    """What the checkpoints say, each held against the policy.

    Of equal ones in a row, which only the witnesses' times tell apart, one is left.
    """
    wanted: list[Wanted] = []
    last: Kept | None = None
    seal, others, before = None, 0, b""
    for each in kept:
        last = each
        try:
            note = Note.parse(each.note)
            checkpoint = Checkpoint.parse(note.text)
        except BadNote as error:
            said = f"{each.said} is no checkpoint: {error}."
            findings.add(Check.SIGNATURE, _capital(said))
            continue
        if wanted and checkpoint.size < wanted[-1].size:
            said = f"{each.said} is of fewer entries than the one before it."
            findings.add(Check.CHECKPOINT, _capital(said), checkpoint.size + 1)
        if each.size not in (None, checkpoint.size):
            said = (
                f"is kept as one of {each.size} entries, and is of {checkpoint.size}."
            )
            findings.add(Check.CHECKPOINT, f"{_capital(each.said)} {said}")
        new = Wanted(checkpoint.size, checkpoint.root, Check.CHECKPOINT, each.said)
        if not wanted or wanted[-1][:2] != new[:2]:
            wanted.append(new)
        if policy is None or each.note == before:
            continue
        before = each.note
        try:
            _, times = policy.checked(each.note)
        except NotSigned:
            others += 1
            seal = None
        except NoQuorum:
            seal = None
        except BadNote as error:
            findings.add(Check.SIGNATURE, f"{_capital(each.said)}: {error}.")
            seal = None
        else:
            root = b64encode(checkpoint.root).decode()
            seal = Seal(checkpoint.size, root, times)
    _judge(last, policy, seal, others, findings)
    if wanted:
        wanted[-1] = wanted[-1]._replace(check=Check.ROOT)
    return seal, wanted


def _judge(
    last: Kept | None,
    policy: Policy | None,
    seal: Seal | None,
    others: int,
    findings: Findings,
) -> None:
    """Say what is lacking to trust the newest checkpoint."""
    if last is None:
        findings.add(
            Check.NO_CHECKPOINT,
            "No checkpoint of this log has ever been published, so nobody outside can"
            " tell whether it is the log that was recorded.",
        )
    if policy is None:
        findings.add(
            Check.NO_POLICY,
            "There is no policy, so it can not be judged who has signed the log.",
        )
    elif last is not None and seal is None:
        try:
            policy.check(last.note)
        except NotSigned:
            said = "is not signed by the log's key in the policy."
            findings.add(Check.NOT_SIGNED, f"{_capital(last.said)} {said}")
        except NoQuorum:
            said = "is signed by fewer witnesses than the policy asks for."
            findings.add(Check.NO_QUORUM, f"{_capital(last.said)} {said}")
        except BadNote:
            pass  # Told already, as something that contradicts.
    elif others:
        findings.notes.append(
            f"Older checkpoints that the policy's key has not signed: {others}. The"
            " entries are those that they say."
        )


def _capital(said: str) -> str:
    return said[0].upper() + said[1:]
