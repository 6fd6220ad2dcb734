"""`nexus user`."""

import getpass
import sys
from pathlib import Path
from typing import Annotated

import typer
from django.conf import settings

from nexus.accounts import actions, queries
from nexus.base.errors import Invalid
from nexus.base.sentences import Sentence
from nexus.hubs import administering
from nexus.hubs.invitations import LOCAL
from nexus.hubs.quotas import held_by
from nexus.ops.cli.door import AsJson, AsUser, acting, command, console, emit
from nexus.pages.claiming import claim_person

app = typer.Typer(help="Accounts.", no_args_is_help=True)

PasswordFile = Annotated[
    Path | None, typer.Option(help="Read the password from the first line of this file (- for standard input).")
]


def read_password(file: Path | None) -> str:
    """The password from `file`, from standard input, or typed twice at a terminal."""
    if file is not None:
        try:
            text = sys.stdin.read() if str(file) == "-" else file.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "It is not valid UTF-8"
            raise Invalid(
                Sentence("The password cannot be read."), field="password-file", value=file,
                remedy=Sentence("%(reason)s: give a text file that may be read.", reason=reason),
            ) from error  # fmt: skip
        return text.partition("\n")[0].rstrip("\r")
    if not sys.stdin.isatty():
        raise Invalid(
            Sentence("No password given."),
            field="password-file",
            remedy=Sentence("Use --password-file FILE, or a terminal."),
        )
    first = getpass.getpass("Password: ")
    if first != getpass.getpass("Again: "):
        raise Invalid(Sentence("The two passwords differ."), field="password")
    return first


@app.command()
@command
def create(
    name: Annotated[str, typer.Argument(help="Lower-case letters, digits, hyphens.")],
    email: Annotated[str, typer.Option(help="Their e-mail address; shown to nobody.")],
    password_file: PasswordFile = None,
    full_name: Annotated[str, typer.Option("--full-name", help="How they are called.")] = "",
    administrator: Annotated[bool, typer.Option("--administrator", help="May manage accounts and hubs.")] = False,
) -> None:
    """Make an account."""
    actions.create_user(
        acting(), name, email, read_password(password_file), name=full_name, is_administrator=administrator
    )
    console.print(f"Created {name}.", markup=False)


@app.command("list")
@command
def list_users(as_json: AsJson = False) -> None:
    """All accounts."""
    for user in queries.users(acting()).iterator():
        if as_json:
            emit({"name": user.username, "is_active": user.is_active, "is_administrator": user.is_administrator})
        else:
            marks = [
                *(["administrator"] if user.is_administrator else []),
                *([] if user.is_active else ["deactivated"]),
            ]
            typer.echo(f"{user.username}\t{', '.join(marks)}".rstrip())


@app.command()
@command
def password(name: str, password_file: PasswordFile = None) -> None:
    """Set somebody's password."""
    actor = acting()
    administering.set_password(actor, queries.user_named(actor, name), read_password(password_file))
    console.print(f"Set the password of {name}.", markup=False)


@app.command()
@command
def deactivate(name: str) -> None:
    """End somebody's sessions and tokens, and let them sign in no more. What they wrote stays."""
    actor = acting()
    administering.set_active(actor, queries.user_named(actor, name), active=False)
    console.print(f"Deactivated {name}.", markup=False)


@app.command()
@command
def activate(name: str) -> None:
    """Let somebody who was deactivated sign in again."""
    actor = acting()
    administering.set_active(actor, queries.user_named(actor, name), active=True)
    console.print(f"Activated {name}.", markup=False)


@app.command()
@command
def administrator(
    name: str, undo: Annotated[bool, typer.Option("--undo", help="Make them none any more.")] = False
) -> None:
    """Make somebody an administrator of the instance."""
    actor = acting()
    user = queries.user_named(actor, name)
    administering.set_administrator(actor, user, administrator=not undo)
    console.print(f"{name} is {'no' if undo else 'an'} administrator.", markup=False)


@app.command("reset-link")
@command
def reset_link(name: str) -> None:
    """Print a link by which somebody sets a new password, once: where no mail is sent."""
    actor = acting()
    key = administering.reset_key(actor, queries.user_named(actor, name))
    typer.echo(f"{(settings.ADDRESS or LOCAL).rstrip('/')}/account/password/reset/key/{key}/")


@app.command()
@command
def quota(
    name: str,
    hubs: Annotated[int | None, typer.Option(help="At most so many; left out: as the settings say.")] = None,
    megabytes: Annotated[
        int | None, typer.Option(help="At most so many megabytes in all their hubs together; likewise.")
    ] = None,
) -> None:
    """Say how many hubs somebody may own, and how much these may hold together."""
    actor = acting()
    user = queries.user_named(actor, name)
    most = None if megabytes is None else megabytes * 1_000_000
    administering.set_quota(actor, user, max_hubs=hubs, max_bytes=most)
    held = held_by([user.pk]).get(user.pk, 0)
    console.print(f"Saved. The hubs of {name} hold {held:,} bytes.", markup=False)


@app.command("sign-out")
@command
def sign_out(name: str) -> None:
    """End all of somebody's sessions and tokens."""
    actor = acting()
    administering.sign_out_everywhere(actor, queries.user_named(actor, name))
    console.print(f"Signed {name} out everywhere.", markup=False)


@app.command()
@command
def claim(handle: str, as_user: AsUser = "", as_json: AsJson = False) -> None:
    """Say that the user named with --as is somebody out of a Git history; their e-mail address must be confirmed."""
    person = claim_person(acting(as_user), handle)
    if as_json:
        emit({"handle": person.handle, "name": person.name})
    else:
        console.print(f"What {handle} wrote is {person.handle}'s now.", markup=False)
