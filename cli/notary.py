"""Who vouches for the log: `samrad sign`, `witness`, `notary` and `key`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.children import stopped_by_signals
from cli.keepers import Keeper, start_anew
from cli.keeping import Keeping, absolute, log_name, new_key, signer_url
from cli.notarising import Notarising, notarise, read_policy
from cli.opening import opened
from cli.options import Data, settings_for
from cli.postgres import database
from cli.settings import Settings
from domain.log import SYSTEM
from domain.notary import rotate_key
from ledger.note import COSIGNATURE, ED25519, BadNote, Signer, Verifier
from ledger.policy import BadPolicy
from ledger.signing_key import read_key, write_key

KeyFile = Annotated[
    Path | None, typer.Option("--key", help="The file of the key, which only you read.")
]
State = Annotated[
    Path | None, typer.Option("--state", help="The file of what it has signed last.")
]
Listen = Annotated[
    str,
    typer.Option("--listen", help="Where to answer: unix:PATH or http://HOST:PORT."),
]

keys = typer.Typer(no_args_is_help=True, help="Make keys for the log or a witness.")


@keys.command("new")
def key_new(
    name: Annotated[
        str, typer.Argument(help="Whose it is, such as witness.example.se; of a log,")
    ] = "",
    witness: Annotated[
        bool, typer.Option("--witness", help="A witness's key, not the log's.")
    ] = False,
    once: Annotated[
        bool, typer.Option("--once", help="Leave a key that is there, and print it.")
    ] = False,
    key: KeyFile = None,
    state: State = None,
    data: Data = None,
) -> None:
    """Make a key, with the memory of what it has signed; prints its public half."""
    settings = settings_for(data)
    keeping = Keeping.of(settings)
    if witness and not name:
        raise typer.BadParameter("a witness has a name, such as witness.example.se")
    if not (key and state):
        keeping.enter()
    if witness:
        kind, file = COSIGNATURE, key or keeping.witness_key
        memory = state or keeping.witness_memory
    else:
        kind, file = ED25519, key or keeping.log_key
        memory = state or keeping.log_memory
    if once and file.exists():
        made = read_key(file).verifier
    else:
        made = new_key(name or log_name(settings), kind, file, memory)
    if not witness and not key and keeping.write_policy(made):
        typer.echo(f"A policy to begin with is in {keeping.policy}.", err=True)
    typer.echo(made)


@keys.command("next")
def key_next(
    key: Annotated[
        Path | None, typer.Option(help="The key that signs now; the new one is beside.")
    ] = None,
    data: Data = None,
) -> None:
    """Make the key that is to take over, where the signer is; prints its public half.

    The signer signs with both when it is started again.
    """
    file = key or Keeping.of(settings_for(data)).log_key
    typer.echo(_next_beside(file, read_key(file)))


@keys.command("rotate")
def key_rotate(
    new: Annotated[
        str, typer.Argument(help="What `samrad key next` printed; made if left out.")
    ] = "",
    data: Data = None,
) -> None:
    """Record in the log that a new key signs it, beside the one in the policy.

    Start the signer again: it signs with both. Tell those who check the log; when they
    have the new key in their policies, and you in yours, run `samrad key retire`.
    """
    settings = settings_for(data)
    keeping = Keeping.of(settings)
    trusted = read_policy((settings.policy or keeping.policy).absolute()).log.key
    if not new:
        new = str(_next_beside(keeping.log_key, read_key(keeping.log_key)))
    if Verifier.parse(new).kind != ED25519:
        raise BadNote("not the key of a log")
    with opened(settings) as found:
        rotate_key(
            found.log, old=str(trusted), new=new, by=SYSTEM, now=datetime.now(UTC)
        )
        found.catch_up()
    typer.echo(new)


@keys.command("retire")
def key_retire(data: Data = None) -> None:
    """Forget the old key, where the signer is; the new one signs alone from now on.

    Start the signer again afterwards. Refused while the policy trusts the old one.
    """
    settings = settings_for(data)
    keeping = Keeping.of(settings)
    new = read_key(keeping.next_log_key).verifier
    policy = (settings.policy or keeping.policy).absolute()
    if policy.exists() and read_policy(policy).log.key != new:
        raise BadPolicy(f"{policy} does not name the new key yet: {new}")
    keeping.next_log_key.replace(keeping.log_key)
    typer.echo(new)


def _next_beside(file: Path, now: Signer) -> Verifier:
    """The key that is to take over, in a file beside the one that signs now."""
    beside = file.with_name(file.name + ".next")
    if not beside.exists():
        write_key(beside, Signer.generate(now.name, now.kind))
    return read_key(beside).verifier


def sign(
    key: Annotated[
        list[Path] | None,
        typer.Option(help="The log's key; twice while one takes over from another."),
    ] = None,
    state: State = None,
    listen: Listen = "",
    data: Data = None,
) -> None:
    """Sign the log's checkpoints, and never two histories, until SIGINT or SIGTERM.

    It needs no database and no network, and is best run as a user of its own.
    """
    settings = settings_for(data, quiet=False)
    keeping = Keeping.of(settings)
    start_anew(
        Keeper(
            keys=tuple(str(each.absolute()) for each in key or keeping.log_keys),
            memory=str((state or keeping.log_memory).absolute()),
            address=absolute(listen) or signer_url(settings),
            log_format=settings.log_format,
            log_level=settings.log_level,
        )
    )


def witness(
    key: Annotated[Path, typer.Option(help="The witness's key.")],
    state: Annotated[Path, typer.Option(help="The file of what it has cosigned last.")],
    log: Annotated[
        list[str] | None, typer.Option(help="The public key of a log that it knows.")
    ] = None,
    logs: Annotated[
        Path | None,
        typer.Option(help="A file with lines `log KEY`, such as a policy."),
    ] = None,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8090,
    listen: Listen = "",
) -> None:
    """Witness for other organisations that their logs only grow (C2SP tlog-witness).

    It needs its two files, and nothing else of Samråd. A proxy before it ends TLS.
    """
    settings = settings_for(quiet=False)
    known = [*(log or ()), *(_logs_in(logs) if logs else ())]
    if not known:
        raise typer.BadParameter("a witness knows at least one --log")
    start_anew(
        Keeper(
            keys=(str(key.absolute()),),
            memory=str(state.absolute()),
            address=absolute(listen) or f"http://{_bracketed(host)}:{port}",
            known=tuple(known),
            log_format=settings.log_format,
            log_level=settings.log_level,
        )
    )


def notary(data: Data = None) -> None:
    """Have the log signed, witnessed and published, until SIGINT or SIGTERM."""
    settings = settings_for(data, quiet=False)
    stop = stopped_by_signals()
    with notary_database(settings) as url:
        notarise(notarising(settings, url), stop)


@contextmanager
def notary_database(settings: Settings) -> Iterator[str]:
    """Where the notary signs in; it needs no other of the installation's databases."""
    if settings.database_url:
        yield settings.notary_database_url or settings.database_url
        return
    with database(settings) as found:
        yield found.notary


def notarising(settings: Settings, url: str) -> Notarising:
    """What the notary of an installation works with."""
    return Notarising(
        url,
        (settings.policy or Keeping.of(settings).policy).absolute(),
        signer_url(settings),
        settings.log_format,
        settings.log_level,
    )


def _logs_in(file: Path) -> list[str]:
    """The keys in the lines of a file that begin with `log`."""
    lines = [line.split() for line in file.read_text().split("\n")]
    return [line[1] for line in lines if line[:1] == ["log"] and len(line) > 1]


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
