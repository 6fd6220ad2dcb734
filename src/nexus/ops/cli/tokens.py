"""`nexus token`."""

import uuid
from typing import Annotated

import typer

from nexus.accounts import actions, queries
from nexus.accounts.actor import Scope
from nexus.hubs.access import hub_for
from nexus.ops.cli.door import AsJson, acting, command, console, emit

app = typer.Typer(help="Personal tokens, by which programs act for somebody.", no_args_is_help=True)


@app.command()
@command
def create(
    user: str,
    name: Annotated[str, typer.Option(help="What it is for.")],
    scope: Annotated[Scope, typer.Option(help="How far it reaches; write includes read, admin both.")] = Scope.READ,
    hub: Annotated[list[str] | None, typer.Option(help="Only this hub; may be given again.")] = None,
    days: Annotated[int, typer.Option(help="How long it holds.")] = actions.TOKEN_DAYS,
) -> None:
    """Make a token for USER; it is printed once, on standard output."""
    operator = acting()
    hubs = None if not hub else [hub_for(operator, slug).pk for slug in hub]
    owner = queries.user_named(operator, user)
    token, secret = actions.create_personal_token(operator, name, scopes=[scope], hubs=hubs, days=days, user=owner)
    typer.echo(secret)
    console.print(f"Token {token.pk} of {user}. It is shown this once.", markup=False)


@app.command("list")
@command
def list_tokens(user: Annotated[str, typer.Option(help="Only this user's.")] = "", as_json: AsJson = False) -> None:
    """The tokens that hold, newest first."""
    operator = acting()
    of = queries.user_named(operator, user) if user else None
    for token in queries.personal_tokens(operator, of).iterator():
        if as_json:
            emit({"id": token.pk, "user": token.user.username, "name": token.name, "hint": token.hint,
                  "scopes": token.scopes, "hubs": token.hubs, "expires_at": token.expires_at,
                  "last_used_at": token.last_used_at})  # fmt: skip
        else:
            typer.echo(f"{token.pk}\t{token.user.username}\t{token.hint}…\t{','.join(token.scopes)}\t{token.name}")


@app.command()
@command
def revoke(token: Annotated[uuid.UUID, typer.Argument(help="Its id; `nexus token list` shows it.")]) -> None:
    """End a token."""
    actions.revoke_personal_token(acting(), token)
    console.print(f"Revoked {token}.", markup=False)
