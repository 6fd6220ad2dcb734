"""`nexus search`."""

from typing import Annotated, Any

import typer

from nexus.ops.cli.door import AsJson, AsUser, acting, command, console, emit
from nexus.search import queries
from nexus.search.addresses import result_address
from nexus.search.results import KINDS, Marked, Result


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
    results = queries.search(acting(as_user), query, hub=hub, kind=kind, limit=limit, cursor=cursor)
    if as_json:
        emit({"results": [as_object(each) for each in results.results], "facets": results.facets,
              "next": results.next or None})  # fmt: skip
        return
    for each in results.results:
        typer.echo("\t".join([each.kind, each.hub, each.path or each.id, one_line(each.title)]))
        if said := each.solution.text or each.snippet.text:
            typer.echo(f"    {one_line(Marked(said))}")
    if not results.results:
        console.print("Nothing was found.", markup=False)
    elif results.next:
        console.print(f"There is more: --cursor {results.next}", markup=False)


def one_line(text: Marked) -> str:
    """A text that cannot steer a terminal."""
    return "".join(c if c.isprintable() else " " for c in text.text)


def as_object(result: Result) -> dict[str, Any]:
    """A result as machines get it (DESIGN: REST search)."""
    return {
        "type": result.type, "kind": result.kind, "id": result.id, "hub": result.hub or None, "path": result.path or None,
        "title": result.title.text, "snippet": result.snippet.text, "url": result_address(result),
        "marks": {"title": result.title.marks, "snippet": result.snippet.marks}, "person": result.person_handle or None,
        "match": result.match or None, "is_solved": result.is_solved, "problem": result.problem.text or None,
        "solution": result.solution.text or None,
    }  # fmt: skip
