"""`nexus source`: the Git repository that a hub is connected with."""

from typing import Annotated

import typer

from nexus.base.errors import Conflict, Unavailable
from nexus.base.sentences import Sentence
from nexus.exchange import connecting, pulling
from nexus.exchange.access import source_for
from nexus.exchange.models import ConnectedSource
from nexus.ops.cli.door import AsJson, AsUser, acting, command, console, emit
from nexus.ops.cli.exchange import tell_import

app = typer.Typer(help="The Git repository that a hub is connected with.", no_args_is_help=True)


@app.command()
@command
def show(hub: str, as_json: AsJson = False, as_user: AsUser = "") -> None:
    """What a hub is connected with, and what came of the last pull."""
    _tell(source_for(acting(as_user), hub), as_json=as_json)


@app.command()
@command
def connect(
    hub: str,
    url: Annotated[str, typer.Argument(help="The https address of a public Git repository.")],
    branch: Annotated[str, typer.Option(help="A branch; default its main one.")] = "",
    prefix: Annotated[str, typer.Option(help="A folder of the hub to put it in.")] = "",
    every: Annotated[int, typer.Option(help="Minutes between two pulls; 0: no schedule.")] = 0,
    history: Annotated[bool, typer.Option("--history", help="Each commit becomes a change of its own.")] = False,
    authors: Annotated[str, typer.Option(help="Whose it is, as of an import.", metavar="path|git|me")] = "",
    as_json: AsJson = False,
    as_user: AsUser = "",
) -> None:
    """Connect a hub with a repository, or say anew how. A server pulls it soon; `nexus source pull` at once."""
    found = connecting.connect_source(
        acting(as_user), hub, url, branch=branch, prefix=prefix, every=every, history=history, authors=authors
    )
    _tell(found, as_json=as_json)


@app.command()
@command
def disconnect(hub: str, as_json: AsJson = False, as_user: AsUser = "") -> None:
    """End the connection; what came by it stays."""
    connecting.disconnect_source(acting(as_user), hub)
    if as_json:
        emit({"hub": hub})
    else:
        console.print("Disconnected. What came from there stays.", markup=False)


@app.command()
@command
def pull(hub: str, as_json: AsJson = False, as_user: AsUser = "") -> None:
    """Bring what is new in the repository, here and now."""
    actor = acting(as_user)
    source = connecting.pull_source(actor, hub)
    claim = pulling.claim_due(hub=source.hub_id)
    if claim is None:
        raise Conflict(Sentence("It is being pulled right now."), code="pulling")
    report = pulling.pull(claim)
    if report is None:
        told = source_for(actor, hub).error or {}
        raise Unavailable(
            Sentence("%(message)s", message=told.get("message", "")), code=told.get("code", "error"),
            remedy=Sentence("%(remedy)s", remedy=told.get("remedy", "")),
        )  # fmt: skip
    if as_json:
        emit(report.to_json())
    else:
        tell_import(report)


@app.command()
@command
def secret(hub: str, as_json: AsJson = False, as_user: AsUser = "") -> None:
    """A new secret for the push webhook, shown this once; one before holds no more."""
    _source, made = connecting.rotate_source_secret(acting(as_user), hub)
    if as_json:
        emit({"secret": made})
    else:
        typer.echo(made)


def _tell(source: ConnectedSource, *, as_json: bool) -> None:
    url = pulling.label_of(source.url)
    if as_json:
        emit({
            "url": url, "branch": source.branch, "prefix": source.prefix, "every": source.every, "state": source.state,
            "history": source.history, "authors": source.authors, "report": source.report, "error": source.error,
            "pulled_at": source.pulled_at.isoformat() if source.pulled_at else None,
            "next_at": source.next_at.isoformat() if source.next_at else None,
        })  # fmt: skip
        return
    when = f", {source.pulled_at:%Y-%m-%d %H:%M} UTC" if source.pulled_at else ""
    typer.echo(f"{url}{f' ({source.branch})' if source.branch else ''}: {source.get_state_display()}{when}")
    if source.error:
        typer.echo(f"  {source.error['message']} {source.error['remedy']}".rstrip())
    for noted in [*source.conflicts, *source.held]:
        typer.echo(f"  {noted['path']}: {noted['reason']}")
