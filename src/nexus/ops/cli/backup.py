"""`nexus backup` and `nexus restore`."""

from pathlib import Path
from typing import Annotated

import typer

from nexus.ops.backup import Manifest, reading, writing
from nexus.ops.cli.door import AsJson, acting, command, console, emit, progress


@command
def backup(
    file: Annotated[Path, typer.Argument(help="Where to write it.")],
    replace: Annotated[bool, typer.Option("--replace", help="Overwrite an older file of that name.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write everything this instance holds to one file, as it is at one moment. It may go on serving."""
    with progress(as_json=as_json) as show:
        manifest = writing.back_up(acting(), file, replace=replace, progress=show)
    _tell(file, manifest, "Backed up", as_json=as_json)
    if manifest.missing:
        if not as_json:
            console.print(
                f"{len(manifest.missing):,} files are not where they should be; `nexus doctor --deep` names them.",
                style="red",
            )
        raise typer.Exit(1)


@command
def restore(
    file: Annotated[Path, typer.Argument(help="A file that `nexus backup` wrote.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Give up what this instance holds; back it up before.")
    ] = False,
    purges: Annotated[
        Path | None, typer.Option(help="The purges.jsonl of the instance it was made of, when that was another.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Put a backup in place of what this instance holds: all of it or nothing. Stop its servers first."""
    with progress(as_json=as_json) as show:
        done = reading.restore(acting(), file, replace=replace, ledger=purges, progress=show)
    _tell(file, done.manifest, "Restored", as_json=as_json, purged=done.purged)
    if done.purged and not as_json:
        console.print(f"{done.purged:,} things that were purged since were purged from it.", markup=False)


def _tell(file: Path, manifest: Manifest, done: str, *, as_json: bool, **more: int) -> None:
    rows = manifest.rows
    said = {
        "file": str(file), "bytes": file.stat().st_size, "made_at": manifest.made_at, "version": manifest.version,
        "hubs": rows["hubs.hub"], "people": rows["accounts.person"], "versions": rows["pages.version"],
        "files": sum(name.startswith("files/") for name in manifest.digests), "missing": manifest.missing, **more,
    }  # fmt: skip
    if as_json:
        emit(said)
        return
    console.print(
        "{} {file}: {bytes:,} bytes of {made_at}; hubs: {hubs:,}, people: {people:,}, versions of pages: {versions:,}, "
        "files: {files:,}.".format(done, **said),
        markup=False, soft_wrap=True,
    )  # fmt: skip
