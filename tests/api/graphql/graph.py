"""A graph to ask about, and queries made from the schema."""

import random
from collections.abc import Iterator
from typing import Any

from graphql import GraphQLField, GraphQLObjectType, get_named_type, is_leaf_type, is_list_type
from tests.conftest import Cast, make_hub

from nexus.api.graphql.schema import schema
from nexus.hubs.following import nudge
from nexus.hubs.models import Hub
from nexus.pages import actions

TEXT = """# Page {n} of {hub}

## Challenges

- **Challenge:** The build of part {n} hung. **Solution:** A smaller context.
- **Challenge:** It broke with

  ```
  ModuleNotFoundError: No module named 'part'
  ```

  **Solution:** install it

## Technologies

- **Docker**: containers
- **Tool{n}**: number {n}
"""
#: What a field that needs arguments is given.
NEEDED = {
    "hub": {"slug": '"first"'}, "page": {"hub": '"first"', "path": '"notes/0.md"'}, "topic": {"slug": '"docker"'},
    "person": {"name": '"lea"'}, "search": {"query": '"build"'}, "activity": {"hub": '"first"'},
    "members": {"hub": '"first"'}, "trash": {"hub": '"first"'}, "since": {"hub": '"first"'},
    "suspects": {"hub": '"first"'},
    "difference": {"hub": '"first"', "path": '"often.md"'}, "blame": {"hub": '"first"', "path": '"often.md"'},
}  # fmt: skip


def make_graph(cast: Cast, items: int, hubs: int = 1) -> None:
    """Hubs of that many pages each, written by several people, with a page that has as many versions."""
    for each in ("first", "second", "third")[:hubs]:
        make_hub(cast, each)
        for n in range(items):
            author = cast.actor(("lea", "leo", "mona")[n % 3] if items > 1 else "lea")
            actions.create_page(author, each, f"notes/{n}.md", TEXT.format(n=n, hub=each).encode())
    page: Any = actions.create_page(cast.lea, "first", "often.md", b"0\n")
    head = page.versions.get().pk
    for n in range(1, items):
        page = actions.edit_page(cast.leo, "first", "often.md", f"{n}\n".encode(), base=head)
        head = page.versions.get().pk
    if items > 1:
        actions.revert_change(cast.leo, "first", page.seq)
    for hub in Hub.objects.all():
        nudge(hub.pk)


def is_edge(field: GraphQLField) -> bool:
    """Whether a field leads on to other things."""
    return not is_leaf_type(get_named_type(field.type))


def leaves(kind: Any) -> list[str]:
    """The plain fields of a type."""
    return [name for name, field in kind.fields.items() if not is_edge(field)]


def called(name: str, field: GraphQLField, root: bool, first: int) -> str:
    """A field with its arguments."""
    given = dict(NEEDED.get(name, {})) if root else {}
    if "first" in field.args:
        given["first"] = str(first)
    return name + (f"({', '.join(f'{k}: {v}' for k, v in given.items())})" if given else "")


def routes(kind: Any, longest: int) -> Iterator[list[tuple[str, GraphQLField]]]:
    """Every way from a type along its edges, to `longest` of them; lists' own nodes, edges and pages are no step."""
    for name, field in kind.fields.items():
        if not is_edge(field):
            continue
        yield [(name, field)]
        if longest > 1:
            for more in routes(get_named_type(field.type), longest - ("nodes" not in dict(more_fields(field)))):
                yield [(name, field), *more]


def more_fields(field: GraphQLField) -> Any:
    """The fields of what a field leads to."""
    kind = get_named_type(field.type)
    return kind.fields.items() if isinstance(kind, GraphQLObjectType) else ()


def query_along(route: list[tuple[str, GraphQLField]], firsts: list[int]) -> str:
    """A query along a route, with the plain fields at its end and what names each thing on the way."""
    text, counts = "", list(firsts)
    for at, (name, field) in enumerate(route):
        first = (counts.pop(0) if counts else 1) if "first" in field.args else 0
        text += f"{{ {called(name, field, at == 0, first)} "
    plain = leaves(get_named_type(route[-1][1].type))
    return text + "{ " + " ".join(plain or ["__typename"]) + " }" + " }" * len(route)


def lists_in(route: list[tuple[str, GraphQLField]]) -> int:
    return sum("first" in field.args for _, field in route)


def at_random(dice: random.Random, kind: Any = None, depth: int = 0) -> str:
    """Any selection of a type: some of its plain fields, some of its edges, to some depth."""
    kind, root = kind or schema.query_type, kind is None
    edges = [(name, field) for name, field in kind.fields.items() if is_edge(field)]
    plain = leaves(kind)
    chosen = dice.sample(plain, dice.randint(min(1, len(plain)), len(plain)))
    if edges and depth < 6:
        most = 3 if root else 2
        for name, field in dice.sample(edges, min(len(edges), dice.randint(1 if not chosen else 0, most))):
            first = dice.choice([1, 5, 50])
            chosen.append(
                f"{called(name, field, root, first)} {at_random(dice, get_named_type(field.type), depth + 1)}"
            )
    return "{ " + " ".join(chosen or ["__typename"]) + " }"


def is_list(field: GraphQLField) -> bool:
    return is_list_type(getattr(field.type, "of_type", field.type))
