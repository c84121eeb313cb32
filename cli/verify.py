"""`samrad verify`: the log in the database, at an address or in a file; or a receipt.

Exit codes: 0 sound; 1 tampered; 2 it can not be decided; 3 wrong usage. An address, an
export and a receipt are checked without a database and without anybody's settings.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import psycopg
import typer
from psycopg_pool import PoolTimeout

from cli.keeping import Keeping
from cli.notarising import read_policy
from cli.opening import following_log, require_laid_out
from cli.options import Data, settings_for
from cli.postgres import Database, Vault, database
from cli.progress import Report as Reporting
from cli.progress import progress
from cli.settings import Settings
from ledger.findings import Check, Findings, Outcome, Report
from ledger.keys import BadKeyFile, KeyFile, Keys, NoKey
from ledger.note import BadNote
from ledger.policy import BadPolicy, Policy
from ledger.receipt import BadReceipt, Checked, NoWitnesses, check_receipt
from ledger.remote import UrlSource
from ledger.sealed import SealedCheck
from ledger.signed import Previous, trusted
from ledger.sources import Away, DatabaseSource
from ledger.unpacking import BundleSource
from ledger.verify import verify as check
from projections.comparison import CannotCompare, compare
from projections.follower import CannotApply

CODES = {Outcome.SOUND: 0, Outcome.TAMPERED: 1, Outcome.UNDECIDED: 2}


def verify(
    url: Annotated[
        str, typer.Option(help="The log at an address, https://samrad.example.se/log.")
    ] = "",
    bundle: Annotated[
        Path | None, typer.Option(help="The log in a file of `samrad export bundle`.")
    ] = None,
    receipt: Annotated[
        Path | None, typer.Option(help="A receipt, instead of the log.")
    ] = None,
    policy: Annotated[
        Path | None,
        typer.Option(help="Whom you trust (C2SP tlog-policy); have it from elsewhere."),
    ] = None,
    previous: Annotated[
        list[Path] | None,
        typer.Option(
            help="A checkpoint, proof or receipt from before; may be given repeatedly."
        ),
    ] = None,
    deep: Annotated[
        bool,
        typer.Option("--deep", help="Replay the log, and compare with what is shown."),
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Say what is found as JSON.")
    ] = False,
    data: Data = None,
) -> None:
    """Check the log. 0 sound, 1 tampered, 2 undecided, 3 wrong usage."""
    if sum(each not in ("", None) for each in (url, bundle, receipt)) > 1:
        raise typer.BadParameter("name one of --url, --bundle and --receipt")
    if (url or bundle or receipt) and (deep or data):
        raise typer.BadParameter("--deep and --data are for the database")
    if receipt and previous:
        raise typer.BadParameter("--previous is for a log")
    if receipt:
        _tell_receipt(receipt, policy, as_json=as_json)
    elif url or bundle:
        trusting = _policy(policy) if policy else None
        _tell(elsewhere(url, bundle, trusting, previous or ()), as_json=as_json)
    else:
        settings = settings_for(data)
        trusting = _policy_of(settings, policy)
        with database(settings) as found, progress("Verifying") as reporting:
            known = _previous(previous or (), trusting)
            report = verify_database(found, trusting, reporting, known, deep=deep)
        _tell(report, as_json=as_json)


def elsewhere(
    url: str, bundle: Path | None, policy: Policy | None, previous: Sequence[Path]
) -> Report:
    """What is found at an address, or else in a file."""
    known = _previous(previous, policy)
    try:
        source = BundleSource(bundle) if bundle else UrlSource(url)
    except Away as error:
        found = Findings()
        found.add(Check.UNREACHED, str(error))
        return found.report(0, None)
    with source, progress("Verifying") as reporting:
        return check(source, policy, previous=known, progress=reporting)


def verify_database(
    database: Database,
    policy: Policy | None,
    reporting: Reporting,
    previous: Sequence[Previous] = (),
    *,
    deep: bool = False,
) -> Report:
    """What is found in a database; `deep` replays a log that is not tampered with."""
    require_laid_out(database.web)
    more = Findings()
    with (
        _sealed(database.vault, more) as sealed,
        DatabaseSource(database.follower) as source,
    ):
        report = check(
            source, policy, previous=previous, sealed=sealed, progress=reporting
        )
    if deep and report.outcome is not Outcome.TAMPERED:
        _compare(database, reporting, more)
    return report.with_more(more)


@contextmanager
def _sealed(vault: Vault, more: Findings) -> Iterator[SealedCheck | None]:
    """What opens what is sealed, or None where the keys are not at hand."""
    try:
        keys = Keys(vault.url, KeyFile.read(vault.file))
    except BadKeyFile as error:
        more.notes.append(f"What is sealed was not opened: {error}")
        yield None
        return
    with closing(keys):
        try:
            opener = SealedCheck(keys)
        except (psycopg.Error, PoolTimeout, NoKey):
            more.notes.append("What is sealed was not opened: the keys do not answer.")
            yield None
            return
        yield opener


def _compare(database: Database, reporting: Reporting, more: Findings) -> None:
    """Hold the read tables against a replay."""
    with closing(following_log(database)) as log:
        try:
            found = compare(log, database.follower, reporting)
        except CannotApply as error:
            said = f"it can not be read or applied ({error.reason})."
            more.add(Check.SHOWN, said, error.position)
            return
        except CannotCompare as error:
            more.add(Check.NOT_SHOWN, str(error))
            return
    for fault in found.faults:
        more.add(Check.SHOWN, f"{fault.said}.", fault.position)
    if not found.faults:
        behind = found.head - found.position
        more.notes.append(
            f"A replay gives the same {found.tables} read tables"
            + (f"; entries that are not in them yet: {behind}." if behind else ".")
        )


def policy_file(settings: Settings) -> Path:
    """Where the policy of an installation is."""
    return settings.policy or Keeping.of(settings).policy


def _policy_of(settings: Settings, given: Path | None) -> Policy | None:
    """The policy that was given, or that of the installation if it has one."""
    if given is None and not (settings.policy or policy_file(settings).exists()):
        return None
    return _policy(given or policy_file(settings))


def _policy(file: Path) -> Policy:
    try:
        return read_policy(file)
    except BadPolicy as error:
        raise typer.BadParameter(str(error)) from None


def _previous(files: Sequence[Path], policy: Policy | None) -> list[Previous]:
    """The checkpoints in files. Raises BadParameter for what is not to be trusted."""
    if files and policy is None:
        raise typer.BadParameter("--previous needs a --policy to be trusted by")
    found = []
    for file in files:
        try:
            assert policy is not None  # noqa: S101
            found.append(trusted(str(file), file.read_bytes(), policy))
        except OSError as error:
            said = f"{file} can not be read: {error.strerror}"
            raise typer.BadParameter(said) from None
        except (BadNote, BadReceipt) as error:
            said = f"{file} has no checkpoint that the policy trusts: {error}"
            raise typer.BadParameter(said) from None
    return found


def _tell(report: Report, *, as_json: bool) -> None:
    """Say what was found, and end with its code."""
    if as_json:
        typer.echo(json.dumps(report.as_dict(), indent=2))
    else:
        for sentence in told(report):
            typer.echo(sentence, err=report.outcome is not Outcome.SOUND)
    raise typer.Exit(CODES[report.outcome])


def told(report: Report) -> Iterator[str]:
    """What was found, in sentences; the outcome is the first."""
    match report.outcome:
        case Outcome.SOUND:
            yield f"Sound: {report.size} entries, each as it was recorded."
        case Outcome.TAMPERED:
            first = report.first_bad
            yield "Tampered: " + (
                f"the first bad entry is {first}."
                if first is not None
                else "what is kept contradicts itself."
            )
        case Outcome.UNDECIDED:
            yield f"Undecided: nothing contradicts in {report.size} entries, but:"
    yield from map(str, report.findings)
    if report.left_out:
        yield f"And so on: {report.left_out} more."
    if report.sealed is not None:
        yield f"Sealed up to entry {report.sealed.size}; root {report.sealed.root}"
        for name, time in report.sealed.witnesses.items():
            yield f"Witness {name} signed it at {_when(time)}."
    yield from report.notes


def _when(time: int) -> str:
    try:
        return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (ValueError, OverflowError, OSError):
        return f"{time} s"


def _tell_receipt(file: Path, policy: Path | None, *, as_json: bool) -> None:
    if policy is None:
        raise typer.BadParameter("a receipt is checked with a --policy from elsewhere")
    trusting = _policy(policy)
    try:
        checked = check_receipt(file.read_bytes(), trusting)
    except OSError as error:
        said = f"{file} can not be read: {error.strerror}"
        raise typer.BadParameter(said) from None
    except BadReceipt as error:
        undecided = isinstance(error, NoWitnesses)
        outcome = Outcome.UNDECIDED if undecided else Outcome.TAMPERED
        if as_json:
            typer.echo(json.dumps({"outcome": outcome, "said": str(error)}))
        else:
            first = "Undecided" if undecided else "Not a true receipt"
            typer.echo(f"{first}: {error}", err=True)
        raise typer.Exit(CODES[outcome]) from None
    if as_json:
        typer.echo(json.dumps(_receipt(checked), indent=2, default=str))
    else:
        entry = checked.entry
        typer.echo(f"Sound: the log has this, as entry {checked.position}.")
        typer.echo(f"{entry.topic} of {entry.thing}, recorded at {entry.at}.")
        for name, time in checked.witnesses.items():
            typer.echo(f"Witness {name} signed the log over it at {_when(time)}.")


def _receipt(checked: Checked) -> dict[str, Any]:
    return {
        "outcome": Outcome.SOUND,
        "position": checked.position,
        "thing": str(checked.entry.thing),
        "version": checked.entry.version,
        "topic": checked.entry.topic,
        "at": checked.entry.at.isoformat(),
        "stated": asdict(checked.stated),
        "fields": dict(checked.fields),
        "size": checked.checkpoint.size,
        "witnesses": dict(checked.witnesses),
    }
