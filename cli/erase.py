"""`samrad erase`, `samrad hold` and `samrad vault`: what is done to personal data."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from cli import erasing
from cli.opening import NoSuch, opened
from cli.options import Data, settings_for
from cli.postgres import database
from cli.vault import rotate as wrap_anew
from domain.erasure import BASES, DATA_GROUNDS, GROUNDS

WORD = "ERASE"
"""What is typed to confirm the second approval: it can not be taken back."""

erases = typer.Typer(
    help="Ask for erasures, decide on them, and carry them out.",
    invoke_without_command=True,
)
holds = typer.Typer(no_args_is_help=True, help="Keep something from being erased.")
vaults = typer.Typer(
    no_args_is_help=True, help="The keys that personal data is sealed with."
)

Ground = Annotated[str, typer.Option(help="One of: " + ", ".join(GROUNDS))]
DataGround = Annotated[
    str, typer.Option("--ground", help="One of: " + ", ".join(DATA_GROUNDS))
]
Decision = Annotated[
    str, typer.Option("--decision", help="Its reference, without personal data.")
]
Note = Annotated[str, typer.Option(help="For the secretariat, without personal data.")]
Id = Annotated[str, typer.Argument(help="The erasure's id, as `list` shows it.")]
By = Annotated[
    str, typer.Option("--by", help="The e-mail address of the chair who has decided.")
]
Kind = Annotated[str, typer.Argument(help="consultation, person or comment")]
Thing = Annotated[
    str, typer.Argument(help="Its id; or the title, or the person's e-mail address.")
]


@erases.callback()
def erase(
    context: typer.Context,
    finish: Annotated[
        bool, typer.Option("--finish", help="The same as the command `finish`.")
    ] = False,
    data: Data = None,
) -> None:
    """Ask for erasures, decide on them, and carry them out."""
    if context.invoked_subcommand is not None:
        return
    if finish:
        erase_finish(data)
    else:
        typer.echo(context.get_help())


@erases.command("person")
def erase_person(
    who: Annotated[str, typer.Argument(help="E-mail address or id.")],
    ground: DataGround,
    comment: Annotated[
        list[str] | None,
        typer.Option(help="The id of a private comment that is to go too; repeat it."),
    ] = None,
    all_comments: Annotated[
        bool, typer.Option("--all-comments", help="All private comments go too.")
    ] = False,
    decision: Decision = "",
    note: Note = "",
    data: Data = None,
) -> None:
    """Ask for a person's data to be erased; prints the id of the request."""
    with opened(settings_for(data)) as found:
        person = erasing.person_named(found, who)
        comments = [erasing.id_named(each) for each in comment or ()]
        if all_comments:
            comments = erasing.comments_of(found, person)
        id = erasing.request(
            found,
            kind="person",
            target=person,
            ground=ground,
            comments=comments,
            decision_ref=decision,
            note=note,
        )
    typer.echo(id)


@erases.command("comment")
def erase_comment(
    comment: Annotated[str, typer.Argument(help="The comment's id.")],
    ground: Ground,
    decision: Decision = "",
    note: Note = "",
    data: Data = None,
) -> None:
    """Ask for a comment to be erased, or disposed of; prints the id of the request."""
    with opened(settings_for(data)) as found:
        id = erasing.request(
            found,
            kind="comment",
            target=erasing.id_named(comment),
            ground=ground,
            decision_ref=decision,
            note=note,
        )
    typer.echo(id)


@erases.command("list")
def erase_list(
    settled: Annotated[
        bool, typer.Option("--settled", help="Those that are decided on instead.")
    ] = False,
    data: Data = None,
) -> None:
    """Show the requests that wait, the oldest first."""
    with opened(settings_for(data)) as found:
        erasing.show(found, Console(width=200), settled=settled)


@erases.command("approve")
def erase_approve(
    id: Id,
    by: By,
    decision: Decision = "",
    confirm: Annotated[
        str, typer.Option(help=f"{WORD}, to confirm the second approval unasked.")
    ] = "",
    data: Data = None,
) -> None:
    """Enter a chair's approval. The second, by another chair, erases at once."""
    with opened(settings_for(data)) as found:
        chair = erasing.person_named(found, by)
        erasure = erasing.id_named(id)
        if erasing.would_decide(found, erasure):
            require_confirmed(confirm)
        is_done = erasing.approve(found, id=erasure, by=chair, decision_ref=decision)
    typer.echo("Erased." if is_done else "Approved. It takes one more chair.")


def require_confirmed(typed: str) -> None:
    """Have the word typed, unless it was given. Raises NoSuch for another one."""
    typed = typed or typer.prompt(f"This can not be undone. Type {WORD} to confirm")
    if typed != WORD:
        raise NoSuch("Nothing is approved.")


@erases.command("refuse")
def erase_refuse(
    id: Id,
    by: By,
    basis: Annotated[str, typer.Option(help="One of: " + ", ".join(BASES))],
    reason: Annotated[str, typer.Option(help="Why, without personal data.")],
    data: Data = None,
) -> None:
    """Enter a chair's refusal, with its legal ground."""
    with opened(settings_for(data)) as found:
        chair = erasing.person_named(found, by)
        erasure = erasing.id_named(id)
        erasing.refuse(found, id=erasure, by=chair, basis=basis, reason=reason)
    typer.echo("Refused.")


@erases.command("finish")
def erase_finish(data: Data = None) -> None:
    """Carry out what was decided and then interrupted. Harmless to repeat."""
    with opened(settings_for(data)) as found:
        done = erasing.finish_interrupted(found)
    for id in done:
        typer.echo(id)
    typer.echo(f"{len(done)} carried out.")


@holds.command("place")
def hold_place(
    kind: Kind,
    thing: Thing,
    reason: Annotated[str, typer.Option(help="Why, without personal data.")],
    decision: Decision = "",
    data: Data = None,
) -> None:
    """Keep a person's data, a comment, or all of a consultation from being erased."""
    with opened(settings_for(data)) as found:
        id = erasing.thing_named(found, kind, thing)
        erasing.hold(found, kind=kind, id=id, reason=reason, decision_ref=decision)
    typer.echo("Held.")


@holds.command("lift")
def hold_lift(kind: Kind, thing: Thing, data: Data = None) -> None:
    """Lift a hold; erasures may then be decided on again."""
    with opened(settings_for(data)) as found:
        id = erasing.thing_named(found, kind, thing)
        erasing.release(found, kind=kind, id=id)
    typer.echo("Lifted.")


@vaults.command("rotate")
def vault_rotate(data: Data = None) -> None:
    """Wrap every key by a new key-encryption key. What is sealed stays as it is."""
    with database(settings_for(data)) as found:
        name, many = wrap_anew(found.vault)
    typer.echo(f"{many} keys are wrapped by {name}.")
