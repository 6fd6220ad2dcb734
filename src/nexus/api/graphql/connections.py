"""Lists at the top: Relay connections (https://relay.dev/graphql/connections.htm) over keyset pages."""

from collections.abc import Callable, Sequence
from typing import Any

import graphene
from django.db.models import Model, QuerySet
from graphene.types.resolver import attr_resolver

from nexus.api.graphql.edges import Edge, together
from nexus.api.paging import cursor_of, page_of
from nexus.base.errors import Invalid, NotFound

#: How many come without `first`.
FIRST = 20


class PageInfo(graphene.ObjectType):
    """Where a page of a list ends, and whether more follows."""

    class Meta:
        default_resolver = attr_resolver

    has_next_page = graphene.Boolean(required=True, description="Whether more follows.")
    has_previous_page = graphene.Boolean(required=True, description="Whether something came before.")
    start_cursor = graphene.String(description="The place of the first; null when there is none.")
    end_cursor = graphene.String(description="Give it as `after` to go on; null when there is none.")


class Listed:
    """A page of a list: its rows, the cursor behind each, and what else its connection says."""

    def __init__(self, rows: Sequence[Any], cursor: Callable[[int], str], *, after: str | None, more: bool) -> None:
        self.nodes = together(rows)
        self.cursor = cursor
        self.after, self.more = after, more

    @property
    def edges(self) -> list["Listed.Edge"]:
        return [Listed.Edge(self, n) for n in range(len(self.nodes))]

    @property
    def page_info(self) -> PageInfo:
        last = len(self.nodes) - 1
        return PageInfo(
            has_next_page=self.more, has_previous_page=bool(self.after),
            start_cursor=self.cursor(0) if self.nodes else None, end_cursor=self.cursor(last) if self.nodes else None,
        )  # fmt: skip

    class Edge:
        """A row in its list."""

        __slots__ = ("_at", "_of")

        def __init__(self, of: "Listed", at: int) -> None:
            self._of, self._at = of, at

        @property
        def node(self) -> Any:
            return self._of.nodes[self._at]

        @property
        def cursor(self) -> str:
            return self._of.cursor(self._at)


def listed[M: Model](rows: QuerySet[M], order: Sequence[str], *, first: int, after: str | None) -> Listed:
    """A page of `rows` in `order`; one statement. Raises Invalid ("first", "after")."""
    try:
        page = page_of(rows, order, cursor=after or "", limit=first)
    except Invalid as error:
        error.field = {"limit": "first", "cursor": "after"}.get(error.field or "", error.field)
        raise
    found = page.items
    return Listed(found, lambda at: cursor_of(found[at], order), after=after, more=bool(page.next))


def connection(name: str, node: Any, **fields: Any) -> type[graphene.ObjectType]:
    """The connection type `{name}Connection` of lists of `node`; fields: what it says besides."""
    options = {"default_resolver": attr_resolver}
    edge = type(f"{name}Edge", (graphene.ObjectType,), {
        "Meta": type("Meta", (), {"description": "One of a list, and its place in it.", **options}),
        "cursor": graphene.String(required=True, description="Its place: what follows comes `after` it."),
        "node": graphene.Field(graphene.NonNull(node), description="The thing itself."),
    })  # fmt: skip
    several = {
        "edges": graphene.List(graphene.NonNull(edge), required=True, description="Each with its place."),
        "nodes": graphene.List(graphene.NonNull(node), required=True, description="The things themselves."),
        "page_info": graphene.Field(PageInfo, required=True, description="How to go on."),
    }
    meta = type("Meta", (), {"description": f"A page of a list ({name}).", **options})
    return type(f"{name}Connection", (graphene.ObjectType,), {"Meta": meta, **several, **fields})


def top(of: type[graphene.ObjectType], resolver: Callable[..., Any], *, reads: int, **options: Any) -> Edge:
    """A list at the top: `resolver(root, info, first=…, after=…, **arguments)`; null when it is of something unseen."""
    args = {
        "first": graphene.Int(default_value=FIRST, required=True, description="How many: 1 to 100."),
        "after": graphene.String(description="The `endCursor` of the page before."),
    }
    return Edge(of, reads=reads, resolver=or_null(resolver), args=args, **options)


def or_null(resolver: Callable[..., Any]) -> Callable[..., Any]:
    """What may not be seen is null, without an error: as what does not exist."""

    def resolve(root: Any, info: Any, **asked: Any) -> Any:
        try:
            return resolver(root, info, **asked)
        except NotFound:
            return None

    return resolve
