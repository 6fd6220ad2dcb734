"""`nexus import`, `nexus export` and `nexus parse`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.table import Column
from rich.text import Text

from nexus import markdown
from nexus.base.errors import Invalid, NotFound, shown
from nexus.base.sentences import Sentence
from nexus.ops.cli.door import AsJson, AsUser, Reviewed, acting, command, console, emit
from nexus.ops.cli.place import REMOTE, refuse_user

#: How many paths of a list are printed for people; --json has all.
SHOWN = 20
#: How the kinds of entries are called, one and many.
KINDS = {
    "technology": ("technology", "technologies"),
    "concept": ("concept", "concepts"),
    "challenge": ("challenge", "challenges"),
    "practice": ("practice", "practices"),
    "project": ("project", "projects"),
}


class Format(StrEnum):
    """What an export is written as."""

    FOLDER = "folder"
    ZIP = "zip"
    JSON = "json"
    GIT = "git"


@command
def import_(
    source: Annotated[str, typer.Argument(help="A file, folder, archive or repository, or an https address of one.")],
    hub: Annotated[str, typer.Option(help="The hub it goes into, which must exist.", metavar="SLUG")],
    prefix: Annotated[str, typer.Option(help="A folder of the hub to put it in.")] = "",
    authors: Annotated[
        str, typer.Option(help="Whose it is: me; git, each commit's author's; path, by folder.", metavar="path|git|me")
    ] = "",
    history: Annotated[
        bool, typer.Option("--history", help="Of a repository: each commit becomes a change of its own.")
    ] = False,
    convert_utf16: Annotated[
        bool, typer.Option("--convert-utf16", help="Turn .md files that are UTF-16 into UTF-8 pages.")
    ] = False,
    message: Annotated[str, typer.Option("--message", "-m", help="What this import is about.")] = "",
    reviewed: Reviewed = None,
    as_json: AsJson = False,
    as_user: AsUser = "",
) -> None:
    """Bring Markdown and files into a hub, as one change.

    SOURCE is a .md or other file, a folder, a .zip or .tar (also .gz, .xz,
    .bz2), or a Git repository. A folder is taken as it lies there now, without
    .git; of a bare repository, of a .git folder named itself, and of an https
    address, what the newest commit holds is taken. Links are not followed.

    Importing again changes only what differs. Texts that changed on both sides
    are merged, or listed as conflicts and kept as they are here; what is gone
    from SOURCE and was not edited here is deleted. `nexus change revert` undoes
    an import.

    With --history each commit of a repository that was not brought yet becomes
    a change with its author, date and message; --authors me makes them yours.

    In a hub that others than its members read, files that seem to hold keys,
    passwords or personal data are held back and listed with ids: look, and
    import again with --reviewed ID or --reviewed all.
    """
    from nexus.exchange import actions, sources

    refuse_user(as_user)
    options: dict[str, Any] = {"prefix": prefix.strip("/"), "convert_utf16": convert_utf16, "message": message}
    if history or authors:
        options |= {"history": history, "authors": authors}
    if reviewed:
        options["reviewed"] = reviewed
    try:
        with _progress("Importing", quiet=as_json) as progress:
            if REMOTE.get():
                from nexus.ops.cli import remote

                report = remote.import_source(hub, source, progress=progress, **options)
            else:
                report = actions.import_source(
                    acting(as_user), hub, sources.named_source(source), progress=progress, **options
                )
    except NotFound as error:
        raise Invalid(
            Sentence("There is no such hub, or it is not visible to you."), code=error.code, field="hub", value=hub,
            remedy=Sentence(
                "`nexus hub list` shows the hubs there are. To make this one: nexus hub create %(slug)s", slug=shown(hub, 63)
            ),
        ) from error  # fmt: skip
    except KeyboardInterrupt:
        console.print("nexus: cancelled; the hub is as it was. The next import goes on from here.", style="red")
        raise typer.Exit(1) from None
    if as_json:
        emit(report.to_json())
    else:
        tell_import(report)
    if report.is_refused:
        raise typer.Exit(1)


@command
def export(
    hub: str,
    dest: Annotated[Path, typer.Argument(help="Where to write it; nothing may be there (or an empty folder).")],
    # the option's name
    format: Annotated[Format, typer.Option(help="What to write it as; git is a bare repository.")] = Format.FOLDER,  # noqa: A002
    as_json: AsJson = False,
    as_user: AsUser = "",
) -> None:
    """Write a hub's pages and files out, byte for byte, at their paths."""
    from nexus.exchange import exporting

    refuse_user(as_user)
    try:
        with _progress("Exporting", quiet=as_json) as progress:
            if REMOTE.get():
                from nexus.ops.cli import remote

                report = remote.export_hub(hub, dest, form=format.value, progress=progress)
            else:
                report = exporting.export_hub(acting(as_user), hub, dest, format=format.value, progress=progress)
    except KeyboardInterrupt:
        console.print("nexus: cancelled; nothing was written.", style="red")
        raise typer.Exit(1) from None
    if as_json:
        emit(report.to_json())
    else:
        files = f"{report.files:,} {'file' if report.files == 1 else 'files'}"
        console.print(
            f"Exported {report.hub} to {dest}: {files}, {_bytes(report.bytes)}, {report.seconds:.1f} s.",
            markup=False, soft_wrap=True,
        )  # fmt: skip


def parse(
    files: Annotated[list[Path], typer.Argument(help="Markdown files.", metavar="FILE...")], as_json: AsJson = False
) -> None:
    """Show what Nexus reads out of Markdown files.

    Stores nothing and needs no database. With --json one line for each file.
    """
    failed = False
    for file in files:
        try:
            found = markdown.parse_json_line(str(file), _text(file))
        except Invalid as error:
            console.print(f"nexus: {file}: {error}", style="red", markup=False, soft_wrap=True)
            failed = True
            continue
        if as_json:
            emit(found)
        else:
            _tell_parse(found)
    if failed:
        raise typer.Exit(1)


def _text(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            data = stream.read(markdown.MAX_BYTES + 1)
    except OSError as error:
        raise Invalid(Sentence("It cannot be read (%(error)s).", error=error.strerror)) from error
    if len(data) > markdown.MAX_BYTES:
        raise Invalid(
            Sentence("It has more than %(most)s bytes.", most=f"{markdown.MAX_BYTES:,}"),
            remedy=Sentence("Split it."),
        )
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Invalid(
            Sentence("It is not valid UTF-8 (byte %(at)s).", at=f"{error.start:,}"),
            remedy=Sentence("Save it as UTF-8."),
        ) from error
    if "\0" in text:
        raise Invalid(Sentence("It holds NUL characters."), remedy=Sentence("Save it as UTF-8 text."))
    return text


def _tell_parse(found: dict[str, Any]) -> None:
    typer.echo(f"{found['file']}: {found['title']}")
    typer.echo(
        f"  {len(found['outline'])} headings, {len(found['links'])} links, {len(found['tasks'])} tasks, "
        f"{len(found['tags'])} tags"
    )
    for entry in found["entries"]:
        typer.echo(f"  {entry['kind']}: {entry['title'] or entry['problem'] or ''}")


def tell_import(report: Any) -> None:
    """Says what an import did, to people."""
    files = report.files
    counts = [
        f"{number:,} {word}"
        for word, number in (
            ("added", files.added), ("changed", files.changed), ("merged", files.merged), ("removed", files.removed),
            ("unchanged", files.unchanged),
        )
        if number
    ]  # fmt: skip
    if report.commits:
        n = report.commits
        _say(f"{n:,} {'commit' if n == 1 else 'commits'} became {'a change' if n == 1 else 'changes'}.")
    what = f"Change {report.change} in {report.hub}" if report.change else f"Nothing to change in {report.hub}"
    _say(f"{what}: {', '.join(counts) or 'no files'} ({report.seconds:.1f} s).")
    found = [f"{n:,} {KINDS[kind][n != 1]}" for kind, n in report.found.items() if kind in KINDS]
    if found:
        _say(f"Found in its pages: {', '.join(found)}.")
    if files.kept_deleted:
        _say(f"{files.kept_deleted:,} were deleted here and stay so; `nexus page restore` brings them back.")
    if files.converted:
        _list("Converted from UTF-16 to UTF-8", [(path, "") for path in files.converted])
    _list("Kept as files, not as pages", files.kept_as_file)
    _list("Conflicts, kept as they are here", files.conflicts)
    _list("Refused", files.refused)
    _list("Held back until somebody looked", files.held)
    if files.suspects:
        _say(
            "Seems to be secret; if it may be seen, --reviewed ID or all:"
            if files.held
            else "Seems to be secret; only members read it:"
        )
        for one in files.suspects[:SHOWN]:
            _say(f"  {shown(one['path'], 200)}:{one['line']}: {one['name']} ({one['masked']}) {one['id']}")


def _list(title: str, noted: Any) -> None:
    if not noted:
        return
    _say(f"{title} ({len(noted):,}):")
    for path, reason in noted[:SHOWN]:
        _say(f"  {shown(path, 200)}: {reason}" if reason else f"  {shown(path, 200)}")
    if len(noted) > SHOWN:
        _say(f"  and {len(noted) - SHOWN:,} more; --json lists all.")


def _say(line: str) -> None:
    console.print(line, markup=False, soft_wrap=True)


def _bytes(number: int) -> str:
    return f"{number / 1_000_000:,.1f} MB" if number >= 100_000 else f"{number / 1000:,.1f} kB"


class _Rate(ProgressColumn):
    """How many files and bytes there were, and how fast."""

    def render(self, task: Task) -> Text:
        files = task.fields["files"]
        rate = files / task.elapsed if task.elapsed else 0
        return Text(f"{files:,} files, {_bytes(task.fields['volume'])}, {rate:,.0f} files/s")


@contextmanager
def _progress(what: str, *, quiet: bool) -> Iterator[Callable[[int, int, float | None], None] | None]:
    """On a terminal: a bar with files, bytes, rate and what remains. None, and nothing shown, elsewhere."""
    if quiet or not console.is_terminal:
        yield None
        return
    columns = (TextColumn(what), BarColumn(20), _Rate(Column(no_wrap=True)), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, refresh_per_second=5) as bar:
        task = bar.add_task(what, total=None, files=0, volume=0)

        def show(files: int, volume: int, done: float | None) -> None:
            bar.update(task, files=files, volume=volume, total=1.0 if done is not None else None, completed=done or 0.0)

        yield show
