"""`nexus hub`."""

import uuid
from typing import Annotated

import typer

from nexus.hubs import actions, lifetime, queries
from nexus.hubs import audit as records
from nexus.hubs.invitations import DAYS
from nexus.hubs.models import Activity, AuditEntry, Hub, Role, Visibility
from nexus.ops.cli.door import AsJson, AsUser, Reviewed, acting, command, console, emit, looked, tell_suspects
from nexus.pages import guard

app = typer.Typer(help="Hubs and their members.", no_args_is_help=True)


@app.command()
@command
def create(
    slug: str,
    title: Annotated[str, typer.Option(help="Its name; the slug when left out.")] = "",
    visibility: Annotated[Visibility, typer.Option(help="Who may read it.")] = Visibility.PRIVATE,
    as_json: AsJson = False,
    as_user: AsUser = "",
) -> None:
    """Make a hub."""
    hub = actions.create_hub(acting(as_user), slug, title=title, visibility=visibility.value)
    _told(hub, f"Created {hub.slug} ({hub.visibility}).", as_json=as_json)


def _told(hub: Hub, said: str, *, as_json: bool) -> None:
    if as_json:
        emit(_shown(hub))
    else:
        console.print(said, markup=False)


def _shown(hub: Hub) -> dict[str, object]:
    return {"slug": hub.slug, "title": hub.title, "visibility": hub.visibility, "sequence": hub.sequence}


@app.command("list")
@command
def list_hubs(
    deleted: Annotated[
        bool, typer.Option("--deleted", help="Those that were deleted and can be brought back.")
    ] = False,
    as_json: AsJson = False,
    as_user: AsUser = "",
) -> None:
    """The hubs one may see."""
    found = (queries.deleted if deleted else queries.hubs)(acting(as_user))
    for hub in found.iterator():
        if as_json:
            emit(
                _shown(hub) | ({"deleted_at": hub.deleted_at, "purged_at": lifetime.purged_on(hub)} if deleted else {})
            )
        else:
            typer.echo(f"{hub.slug}\t{hub.visibility}\t{hub.title}")


@app.command("set")
@command
def set_hub(
    slug: str,
    title: Annotated[str | None, typer.Option(help="Its name.")] = None,
    visibility: Annotated[Visibility | None, typer.Option(help="Who may read it.")] = None,
    reviewed: Reviewed = None,
    as_json: AsJson = False,
    as_user: AsUser = "",
) -> None:
    """Change a hub's name or who may read it."""
    if title is None and visibility is None:
        raise typer.BadParameter("give --title TITLE, --visibility VISIBILITY, or both")
    actor = acting(as_user)
    chosen = visibility.value if visibility else None
    hub = looked(actor, reviewed, lambda: actions.update_hub(actor, slug, title=title, visibility=chosen))
    _told(hub, f"{hub.slug}: {hub.visibility}, {hub.title}", as_json=as_json)


@app.command()
@command
def suspects(hub: str, as_json: AsJson = False, as_user: AsUser = "") -> None:
    """What a hub's texts, earlier ones too, seem to hold that not everybody should see, and nobody decided about."""
    found, more = guard.suspects(acting(as_user), hub)
    if as_json:
        emit({"results": [one.as_json() for one in found], "more": more})
        return
    tell_suspects(found, more=more)
    if not found:
        console.print("Nothing that nobody decided about.", markup=False)


@app.command()
@command
def review(
    hub: str,
    suspects: Annotated[
        list[str], typer.Argument(metavar="ID...", help="As `nexus hub suspects` or a refusal has it.")
    ],
    as_json: AsJson = False,
    as_user: AsUser = "",
) -> None:
    """Say that what seemed to be secret may be seen by whoever reads the hub."""
    decided = guard.review_suspects(acting(as_user), hub, suspects)
    if as_json:
        emit({"decided": decided})
    else:
        console.print(f"{decided} decided.", markup=False)


@app.command()
@command
def rename(
    slug: str,
    new: Annotated[str, typer.Argument(help="Its address from now on; the old one leads there.")],
    as_json: AsJson = False,
    as_user: AsUser = "",
) -> None:
    """Give a hub another address."""
    hub = lifetime.rename_hub(acting(as_user), slug, new)
    _told(hub, f"{slug} is {hub.slug} now.", as_json=as_json)


@app.command()
@command
def transfer(
    slug: str,
    user: Annotated[str, typer.Argument(help="A member, who becomes the owner.")],
    as_json: AsJson = False,
    as_user: AsUser = "",
) -> None:
    """Put a hub in other hands."""
    hub = lifetime.transfer_hub(acting(as_user), slug, user)
    _told(hub, f"{user} owns {slug}.", as_json=as_json)


@app.command()
@command
def archive(
    slug: str,
    undo: Annotated[bool, typer.Option("--undo", help="Let it be changed again.")] = False,
    as_json: AsJson = False,
    as_user: AsUser = "",
) -> None:
    """Make a hub read-only, or bring it back."""
    hub = actions.archive_hub(acting(as_user), slug, archived=not undo)
    _told(hub, f"{slug} can be {'changed again' if undo else 'read, not changed'}.", as_json=as_json)


@app.command()
@command
def delete(
    slug: str,
    confirm: Annotated[str, typer.Option(help="Its address once more, to say that it is this one.")] = "",
    as_json: AsJson = False,
    as_user: AsUser = "",
) -> None:
    """End a hub; `nexus hub restore` brings it back until it is purged."""
    hub = lifetime.delete_hub(acting(as_user), slug, confirm=confirm)
    _told(hub, f"Deleted {slug}. It is purged after {lifetime.purged_on(hub):%Y-%m-%d}.", as_json=as_json)


@app.command()
@command
def restore(slug: str, as_json: AsJson = False, as_user: AsUser = "") -> None:
    """Bring a deleted hub back as it was."""
    hub = lifetime.restore_hub(acting(as_user), slug)
    _told(hub, f"{slug} is back.", as_json=as_json)


@app.command()
@command
def purge(
    slug: Annotated[str, typer.Argument(help="A deleted hub; left out: all whose time has come.")] = "",
    as_user: AsUser = "",
) -> None:
    """Take a deleted hub away for good. This cannot be undone."""
    if slug:
        lifetime.purge_hub(acting(as_user), slug)
        console.print(f"Purged {slug}.", markup=False)
    else:
        console.print(f"Purged {lifetime.purge_due()}.", markup=False)


@app.command()
@command
def enter(slug: str, as_user: AsUser = "") -> None:
    """Become a guest of a hub as an administrator (--as), which its members see."""
    actions.enter_hub(acting(as_user), slug)
    console.print(f"You are a guest of {slug}.", markup=False)


@app.command()
@command
def quota(
    slug: str,
    pages: Annotated[int | None, typer.Option(help="Pages and files at most; left out: as the settings say.")] = None,
    megabytes: Annotated[int | None, typer.Option(help="Megabytes of all versions at most; likewise.")] = None,
    as_json: AsJson = False,
    as_user: AsUser = "",
) -> None:
    """Say how much a hub may hold."""
    most = None if megabytes is None else megabytes * 1_000_000
    hub = actions.set_hub_quota(acting(as_user), slug, max_pages=pages, max_bytes=most)
    _told(hub, f"{slug} holds {hub.page_count} pages and files, {hub.byte_count} bytes.", as_json=as_json)


@app.command()
@command
def audit(slug: str, as_json: AsJson = False, as_user: AsUser = "") -> None:
    """Who did what about rights in a hub, and what was refused, the newest first."""
    actor = acting(as_user)
    rows: list[Activity | AuditEntry] = [*records.done_in(actor, slug), *records.refused_in(actor, slug)]
    for row in sorted(rows, key=lambda each: each.at, reverse=True):
        at, who = row.at, row.person.handle if isinstance(row, Activity) else row.who
        if as_json:
            emit({"at": at, "who": who, "verb": row.verb, "door": row.door, "address": row.address, "data": row.data})
        else:
            typer.echo(f"{at:%Y-%m-%d %H:%M}\t{who}\t{row.verb}\t{row.door}\t{row.address}\t{row.data}")


@app.command()
@command
def member(
    slug: str,
    user: str,
    role: Annotated[Role | None, typer.Option(help="What they are in the hub.")] = None,
    remove: Annotated[bool, typer.Option("--remove", help="End the membership.")] = False,
    as_json: AsJson = False,
    as_user: AsUser = "",
) -> None:
    """Make somebody a member, change their role, or remove them."""
    if (role is None) != remove:
        raise typer.BadParameter("give --role ROLE, or --remove")
    if role is None:
        actions.remove_member(acting(as_user), slug, user)
        said = f"{user} is no member of {slug}."
    else:
        actions.set_member(acting(as_user), slug, user, role.value)
        said = f"{user} is {role.value} of {slug}."
    if as_json:
        emit({"hub": slug, "user": user, "role": role.value if role else None})
    else:
        console.print(said, markup=False)


@app.command()
@command
def invite(
    slug: str,
    role: Annotated[Role, typer.Option(help="What they are to be in the hub.")] = Role.LEARNER,
    email: Annotated[str, typer.Option(help="Only for this address; mailed there where mail is set.")] = "",
    uses: Annotated[int, typer.Option(help="How many may come by the link.")] = 1,
    days: Annotated[int, typer.Option(help="How long it holds.")] = DAYS,
    as_json: AsJson = False,
    as_user: AsUser = "",
) -> None:
    """Make a link by which others become members; it is printed once, on standard output."""
    made = actions.invite_member(acting(as_user), slug, role.value, email=email, uses=uses, days=days)
    if as_json:
        emit(
            {"id": made.invitation.pk, "role": role.value, "expires_at": made.invitation.expires_at, "link": made.link}
        )
        return
    typer.echo(made.link)
    console.print(f"Good until {made.invitation.expires_at:%Y-%m-%d}. It is shown this once.", markup=False)


@app.command("invitations")
@command
def list_invitations(slug: str, as_json: AsJson = False, as_user: AsUser = "") -> None:
    """The invitations by which somebody may still come."""
    for each in queries.invitations(acting(as_user), slug).order_by("-created_at", "-pk").iterator():
        if as_json:
            emit({"id": each.pk, "role": each.role, "email": each.email, "uses": each.uses, "used": each.used,
                  "inviter": each.inviter and each.inviter.username, "expires_at": each.expires_at})  # fmt: skip
        else:
            typer.echo(f"{each.pk}\t{each.role}\t{each.used}/{each.uses}\t{each.expires_at:%Y-%m-%d}\t{each.email}")


@app.command()
@command
def uninvite(
    slug: str,
    invitation: Annotated[uuid.UUID, typer.Argument(help="Its id; `nexus hub invitations` shows it.")],
    as_user: AsUser = "",
) -> None:
    """End an invitation."""
    actions.revoke_invitation(acting(as_user), slug, invitation)
    console.print(f"Revoked {invitation}.", markup=False)
