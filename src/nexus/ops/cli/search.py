"""`nexus search`."""

from typing import Annotated, Any

import typer

from nexus.ops.cli.door import AsJson, AsUser, acting, command, console, emit
from nexus.ops.cli.place import REMOTE, refuse_user
from nexus.search import queries
from nexus.search.addresses import result_address
from nexus.search.results import KINDS, Result


@command
def search(
    query: Annotated[str, typer.Argument(help='Words, "a phrase", -not, kind:challenge; or a pasted error.')],
    hub: Annotated[str, typer.Option(help="Only in this hub.")] = "",
    kind: Annotated[str, typer.Option(help=f"Only of this kind: {', '.join(KINDS)}.")] = "",
    limit: Annotated[int, typer.Option(help="How many at most, up to 100.")] = 20,
    cursor: Annotated[str, typer.Option(help="Go on where a page ended: its `next`.")] = "",
    as_json: AsJson = False,
    as_user: AsUser = "",
) -> None:
    """Find challenges, topics, pages and people by words, or by an error message."""
    refuse_user(as_user)
    if REMOTE.get():
        from nexus.ops.cli import remote

        found = remote.search(query, hub=hub, kind=kind, limit=limit, cursor=cursor)
    else:
        results = queries.search(acting(as_user), query, hub=hub, kind=kind, limit=limit, cursor=cursor)
        found = {"results": [as_object(each) for each in results.results], "facets": results.facets,
                 "next": results.next or None}  # fmt: skip
    if as_json:
        emit(found)
        return
    for each in found["results"]:
        typer.echo("\t".join([each["kind"], each["hub"] or "", each["path"] or each["id"], one_line(each["title"])]))
        if said := each["solution"] or each["snippet"]:
            typer.echo(f"    {one_line(said)}")
    if not found["results"]:
        console.print("Nothing was found.", markup=False)
    elif found["next"]:
        console.print(f"There is more: --cursor {found['next']}", markup=False)


def one_line(text: str) -> str:
    """A text that cannot steer a terminal."""
    return "".join(c if c.isprintable() else " " for c in text)


def as_object(result: Result) -> dict[str, Any]:
    """A result as machines get it (DESIGN: REST search)."""
    return {
        "type": result.type, "kind": result.kind, "id": result.id, "hub": result.hub or None, "path": result.path or None,
        "title": result.title.text, "snippet": result.snippet.text,
        "marks": {"title": result.title.marks, "snippet": result.snippet.marks}, "url": result_address(result),
        "person": result.person_handle or None,
        "match": result.match or None, "is_solved": result.is_solved, "problem": result.problem.text or None,
        "solution": result.solution.text or None,
    }  # fmt: skip
