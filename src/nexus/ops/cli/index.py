"""`nexus reindex`."""

from typing import Annotated

import typer
from rich.progress import Progress, TaskID

from nexus.ops.cli.door import AsJson, acting, command, console, emit
from nexus.search.actions import reindex as rebuild


@command
def reindex(
    hub: Annotated[str, typer.Argument(help="Only this hub; all of them when left out.")] = "", as_json: AsJson = False
) -> None:
    """Rebuild everything that is read out of the texts. Safe at any time; texts are not touched."""
    with Progress(console=console, disable=as_json or not console.is_terminal, transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def show(what: str, done: int, of: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=of)
            bars.update(tasks[what], completed=done)

        result = rebuild(acting(), hub, show)
    if as_json:
        emit(result)
    else:
        console.print(
            f"Done. Hubs: {result['hubs']:,}; texts parsed anew: {result['parsed']:,}; entries: {result['entries']:,}.",
            markup=False,
        )
