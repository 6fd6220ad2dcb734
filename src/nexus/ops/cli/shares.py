"""`nexus share`."""

import uuid
from typing import Annotated

import typer

from nexus.ops.cli.door import AsJson, AsUser, Reviewed, acting, command, console, emit, looked
from nexus.ops.cli.users import PasswordFile, read_password
from nexus.pages import shares

app = typer.Typer(help="Links by which others read a page or folder without an account.", no_args_is_help=True)


@app.command()
@command
def create(
    hub: str,
    path: Annotated[str, typer.Argument(help="Of a page, a file, or a folder.")],
    days: Annotated[int, typer.Option(help="How long it holds.")] = shares.DAYS,
    password_file: PasswordFile = None,
    reviewed: Reviewed = None,
    as_json: AsJson = False,
    as_user: AsUser = "",
) -> None:
    """Make a link; it is printed once, on standard output."""
    password = read_password(password_file) if password_file else ""
    actor = acting(as_user)
    made = looked(actor, reviewed, lambda: shares.create_share(actor, hub, path, days=days, password=password))
    if as_json:
        emit({"id": made.share.pk, "path": made.share.path, "expires_at": made.share.expires_at, "link": made.link})
        return
    typer.echo(made.link)
    console.print(f"Good until {made.share.expires_at:%Y-%m-%d}. It is shown this once.", markup=False)


@app.command("list")
@command
def list_shares(hub: str, as_json: AsJson = False, as_user: AsUser = "") -> None:
    """The links that hold, newest first."""
    for each in shares.shares(acting(as_user), hub).order_by("-created_at", "-pk").iterator():
        if as_json:
            emit({"id": each.pk, "path": each.path, "is_folder": each.page_id is None, "has_password": bool(each.password),
                  "maker": each.maker and each.maker.username, "expires_at": each.expires_at})  # fmt: skip
        else:
            typer.echo(f"{each.pk}\t{each.expires_at:%Y-%m-%d}\t{each.path}")


@app.command()
@command
def revoke(
    hub: str,
    share: Annotated[uuid.UUID, typer.Argument(help="Its id; `nexus share list` shows it.")],
    as_user: AsUser = "",
) -> None:
    """End a link."""
    shares.revoke_share(acting(as_user), hub, share)
    console.print(f"Revoked {share}.", markup=False)
