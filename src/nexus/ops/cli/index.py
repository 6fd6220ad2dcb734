"""`nexus reindex`."""

from typing import Annotated

import typer

from nexus.ops.cli.door import AsJson, acting, command, console, emit, progress
from nexus.search.actions import reindex as rebuild


@command
def reindex(
    hub: Annotated[str, typer.Argument(help="Only this hub; all of them when left out.")] = "", as_json: AsJson = False
) -> None:
    """Rebuild everything that is read out of the texts. Safe at any time; texts are not touched."""
    with progress(as_json=as_json) as show:
        result = rebuild(acting(), hub, show)
    if as_json:
        emit(result)
    else:
        console.print(
            f"Done. Hubs: {result['hubs']:,}; texts parsed anew: {result['parsed']:,}; entries: {result['entries']:,}.",
            markup=False,
        )
