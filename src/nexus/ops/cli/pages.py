"""`nexus page` and `nexus change`."""

import sys
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from nexus.base.errors import Invalid, NotFound
from nexus.base.sentences import Sentence
from nexus.hubs.access import hub_for
from nexus.ops.cli.door import AsJson, AsUser, Reviewed, acting, command, console, emit, looked
from nexus.pages import actions, blobs, history, purging, queries
from nexus.pages.diff import unified
from nexus.pages.models import Change

app = typer.Typer(help="Pages and files.", no_args_is_help=True)
change_app = typer.Typer(help="Changes.", no_args_is_help=True)

Message = Annotated[str, typer.Option("--message", "-m", help="What this change is about.")]
CHUNK = 1024 * 1024
#: Bytes of a passage: more than its most characters take.
_MAX_PASSAGE = 100_000


@app.command()
@command
def cat(
    hub: str,
    path: str,
    number: Annotated[int, typer.Option("--version", help="A version, not the newest.")] = 0,
    as_user: AsUser = "",
) -> None:
    """Write the bytes of a page or file to standard output."""
    actor = acting(as_user)
    if number:
        version = queries.versions(actor, hub, path).filter(number=number).first()
        if version is None:
            raise NotFound
        blob = version.blob
    else:
        blob = queries.path_for(actor, hub, path).blob
    for chunk in blobs.chunks_of(blob):
        sys.stdout.buffer.write(chunk)


@app.command()
@command
def put(
    hub: str,
    path: str,
    file: Annotated[Path, typer.Argument(help="The content; - for standard input.")] = Path("-"),
    base: Annotated[
        str, typer.Option(help="The version it was made from (as `page log --json` names it); default the newest.")
    ] = "",
    merge: Annotated[
        bool, typer.Option("--merge", help="If the page changed since, store a clean three-way merge.")
    ] = False,
    message: Message = "",
    reviewed: Reviewed = None,
    as_json: AsJson = False,
    as_user: AsUser = "",
) -> None:
    """Create a page or file, or replace its content."""
    actor = acting(as_user)
    try:
        with sys.stdin.buffer if str(file) == "-" else file.open("rb") as stream:
            content = blobs.content_from(iter(lambda: stream.read(CHUNK), b""))
    except OSError as error:
        raise Invalid(
            Sentence("That file cannot be read."),
            field="file",
            value=file,
            remedy=Sentence("%(error)s: give a file that may be read.", error=error.strerror),
        ) from error

    def store() -> Change | None:
        try:
            page = queries.path_for(actor, hub, path)
        except NotFound:
            return actions.create_page(actor, hub, path, content, message=message)
        return actions.edit_page(
            actor, hub, path, content, base=version_id(base) if base else page.head_id,
            on_stale="merge" if merge else "refuse", message=message,
        )  # fmt: skip

    change = looked(actor, reviewed, store)
    told(change.seq if change else None, f"Stored {path}", as_json=as_json)


@app.command()
@command
def mv(
    hub: str, source: str, target: str, message: Message = "", reviewed: Reviewed = None, as_json: AsJson = False,
    as_user: AsUser = "",
) -> None:  # fmt: skip
    """Move a page, a file or a folder."""
    actor = acting(as_user)
    change = looked(actor, reviewed, lambda: actions.move_page(actor, hub, source, target, message=message))
    told(change.seq, f"Moved {source} to {target}", as_json=as_json)


@app.command()
@command
def rm(hub: str, path: str, message: Message = "", as_json: AsJson = False, as_user: AsUser = "") -> None:
    """Delete a page, a file or a folder; `restore` brings it back."""
    change = actions.delete_page(acting(as_user), hub, path, message=message)
    told(change.seq, f"Deleted {path}", as_json=as_json)


@app.command()
@command
def purge(
    hub: str,
    path: Annotated[str, typer.Argument(help="A file that is there, or was; all its versions.")] = "",
    passage_file: Annotated[
        Path | None, typer.Option(help="What to take out wherever it stands in the hub; - for standard input.")
    ] = None,
    confirm: Annotated[str, typer.Option(help="The address of the hub; without it you are only told.")] = "",
    as_json: AsJson = False,
    as_user: AsUser = "",
) -> None:
    """Take a file, or a passage such as a key, out of every version for good. Nothing brings it back."""
    actor, passage = acting(as_user), _passage(passage_file) if passage_file else ""
    if confirm:
        done = purging.purge(actor, hub, path=path, passage=passage, confirm=confirm)
        change, found = done.change.seq, done.found
    else:
        change, found = None, purging.look_for(actor, hub, path=path, passage=passage)
    if as_json:
        emit({"change": change, **found.to_json()})
        return
    for place in found.places:
        typer.echo(f"{place.path}:{place.line}: {place.text}" if place.line else place.path)
    for other in [*found.left, *found.copies]:
        console.print(f"It stays at {other}: purge that as well.", markup=False)
    if found.unread:
        console.print(f"{found.unread} large files that are no text were not looked through.", markup=False)
    what = f"{found.versions} versions of {found.pages} pages and files, {found.messages} messages"
    console.print(
        f"Purged from {what}, as change {change}." if change else f"In {what}. Add --confirm {hub} to purge it.",
        markup=False, soft_wrap=True,
    )  # fmt: skip


def _passage(file: Path) -> str:
    """A passage from a file, which stands in no list of processes and no history of commands."""
    try:
        data = sys.stdin.buffer.read(_MAX_PASSAGE) if str(file) == "-" else file.read_bytes()[:_MAX_PASSAGE]
        return data.decode()
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(
            Sentence("That file cannot be read as text."), field="passage_file", value=file,
            remedy=Sentence("Give a file in UTF-8 that holds nothing but the passage."),
        ) from error  # fmt: skip


@app.command()
@command
def restore(
    hub: str,
    path: str,
    number: Annotated[
        int, typer.Option("--version", help="The version to bring back; default the last before deletion.")
    ] = 0,
    message: Message = "",
    reviewed: Reviewed = None,
    as_json: AsJson = False,
    as_user: AsUser = "",
) -> None:
    """Bring back what was deleted, or an older version."""
    actor = acting(as_user)
    change = looked(
        actor, reviewed, lambda: actions.restore_page(actor, hub, path, number=number or None, message=message)
    )
    told(change.seq if change else None, f"Restored {path}", as_json=as_json)


@app.command()
@command
def log(
    hub: str,
    path: str,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
    as_json: AsJson = False,
    as_user: AsUser = "",
) -> None:
    """The versions of a page or file, newest first."""
    for version in queries.versions(acting(as_user), hub, path)[:limit]:
        change = version.change
        if as_json:
            emit({
                "version": str(version.pk), "number": version.number, "change": change.seq, "path": version.path,
                "deleted": version.is_deletion, "at": change.created_at.isoformat(), "author": change.author.name,
                "message": change.message, "hash": version.blob_id,
            })  # fmt: skip
        else:
            what = "deleted" if version.is_deletion else version.path
            when = f"{change.created_at:%Y-%m-%d %H:%M}"
            typer.echo(f"{version.number}\tchange {change.seq}\t{when}\t{change.author.name}\t{what}\t{change.message}")


@app.command()
@command
def diff(
    hub: str,
    path: str,
    old: Annotated[int, typer.Option("--from", help="Version number; default the one before.")] = 0,
    new: Annotated[int, typer.Option("--to", help="Version number; default the newest.")] = 0,
    as_user: AsUser = "",
) -> None:
    """What changed between two versions, as a unified diff."""
    rows = queries.versions(acting(as_user), hub, path)
    after = rows.filter(number=new).first() if new else rows.first()
    before = rows.filter(number=old).first() if old else (after and rows.filter(number=after.number - 1).first())
    if after is None or (old and before is None):
        raise NotFound
    texts = history.texts_of([before, after])
    if texts[0] is None or texts[1] is None:
        raise Invalid(
            Sentence("That is no text."),
            code="no_text",
            field="path",
            value=path,
            remedy=Sentence("Compare the bytes: `nexus page cat --version N`."),
        )
    names = [f"{v.path} (version {v.number})" if v else "nothing" for v in (before, after)]
    for line in unified(texts[0], texts[1], (names[0], names[1])):
        sys.stdout.write(line)


@app.command()
@command
def blame(
    hub: str,
    path: str,
    number: Annotated[int, typer.Option("--version", help="A version, not the newest.")] = 0,
    as_json: AsJson = False,
    as_user: AsUser = "",
) -> None:
    """Who wrote each line of a page, when, and in which change."""
    actor = acting(as_user)
    page = history.page_once_at(actor, hub, path)
    found = history.blamed(actor, history.version_numbered(actor, page, number or page.head.number))
    for passage in found.passages:
        change = passage.version.change if passage.version else None
        for at, line in enumerate(passage.lines, passage.first):
            if as_json:
                emit({
                    "line": at, "text": line, "version": passage.version.number if passage.version else None,
                    "change": change.seq if change else None, "author": change.author.name if change else None,
                    "at": change.created_at.isoformat() if change else None,
                })  # fmt: skip
            else:
                who = (
                    f"change {change.seq}\t{change.created_at:%Y-%m-%d}\t{change.author.name}"
                    if change
                    else "earlier\t\t"
                )
                typer.echo(f"{who}\t{at}\t{line}", nl=not line.endswith("\n"))


@app.command()
@command
def trash(
    hub: str,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
    as_json: AsJson = False,
    as_user: AsUser = "",
) -> None:
    """What was deleted in a hub, the last first; `restore` brings it back."""
    actor = acting(as_user)
    for page in history.trash(actor, hub_for(actor, hub)).order_by("-seq", "pk")[:limit]:
        change = page.head.change
        if as_json:
            emit({
                "id": str(page.pk), "path": page.path, "change": change.seq, "at": change.created_at.isoformat(),
                "author": change.author.name,
            })  # fmt: skip
        else:
            typer.echo(f"change {change.seq}\t{change.created_at:%Y-%m-%d %H:%M}\t{change.author.name}\t{page.path}")


@change_app.command("list")
@command
def list_changes(
    hub: str,
    path: Annotated[str, typer.Option(help="Only of the page that was there last, or below this folder.")] = "",
    person: Annotated[str, typer.Option(help="Only of somebody, by the name in their address.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
    as_json: AsJson = False,
    as_user: AsUser = "",
) -> None:
    """What was done in a hub, newest first."""
    actor = acting(as_user)
    for change in history.changes_of(actor, hub_for(actor, hub), person=person, path=path).order_by("-seq")[:limit]:
        if as_json:
            emit({
                "change": change.seq, "kind": change.kind, "message": change.message, "author": change.author.name,
                "at": change.created_at.isoformat(), "authored_at": change.made_at.isoformat(), "path": change.path,
                "added": change.added, "edited": change.edited, "removed": change.removed,
            })  # fmt: skip
        else:
            first = change.message.partition("\n")[0]
            more = change.added + change.edited + change.removed - 1
            what = f"{change.path} and {more} more" if more else change.path
            typer.echo(f"change {change.seq}\t{change.made_at:%Y-%m-%d %H:%M}\t{change.author.name}\t{what}\t{first}")


@change_app.command()
@command
def revert(
    hub: str, seq: int, message: Message = "", reviewed: Reviewed = None, as_json: AsJson = False, as_user: AsUser = ""
) -> None:
    """Take back a whole change, an import too, as a new change."""
    actor = acting(as_user)
    change = looked(actor, reviewed, lambda: actions.revert_change(actor, hub, seq, message=message))
    told(change.seq if change else None, f"Reverted change {seq}", as_json=as_json)


def version_id(text: str) -> UUID:
    """The id of a version as it was typed."""
    try:
        return UUID(text)
    except ValueError:
        raise Invalid(
            Sentence("That is no version."),
            field="base",
            value=text,
            remedy=Sentence("`nexus page log --json` names them."),
        ) from None


def told(seq: int | None, what: str, *, as_json: bool) -> None:
    """Says which change came of a command; None: nothing differed."""
    if as_json:
        emit({"change": seq})
    else:
        console.print(f"{what} (change {seq})." if seq else "Nothing to change: that is how it is.", markup=False)
