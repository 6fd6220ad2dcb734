"""Reads for a whole list at once: rows that came together are peers, and what is asked of one of them is read for all.

graphql-core resolves a list row by row. The first row that is asked for an edge reads it for every peer in one statement,
the others find theirs there; what was found are peers again. So each selection in a query costs what its edge says in
`reads`, however many rows there are, and `limits` adds these up before anything runs.
"""

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any

import graphene
from django.db.models import F, Model, QuerySet, Window, prefetch_related_objects
from django.db.models.functions import RowNumber

from nexus.accounts.actor import Actor

#: How many of a nested list come without `first`.
FIRST = 10

type Load = Callable[..., Mapping[Any, Any]]
type _Flat = Callable[[Mapping[Any, Any]], Iterable[Any]]


class Peers:
    """Rows that were read together, and what was read of them since."""

    __slots__ = ("loaded", "rows")

    def __init__(self, rows: list[Any]) -> None:
        self.rows = rows
        self.loaded: dict[Hashable, Mapping[Any, Any]] = {}


def together[T](rows: Iterable[T]) -> list[T]:
    """`rows` as a list whose members know each other."""
    listed = list(rows)
    peers = Peers(listed)
    for row in listed:
        row.peers = peers  # type: ignore[attr-defined]  # any object that is a row
    return listed


def alone[T](row: T | None) -> T | None:
    """A row that came by itself."""
    if row is not None:
        together([row])
    return row


def scope_of(row: Any) -> Any:
    """The id of the hub that the lists of a person or topic are of; None: of all that the actor may read."""
    return getattr(row, "scope", None)


def scoped(row: Any) -> Any:
    """What the lists of a person or topic are kept by."""
    scope = scope_of(row)
    return row.pk if scope is None else (row.pk, scope)


def in_scope(rows: Sequence[Any], field: str, hub: str = "hub") -> dict[str, Any]:
    """The `by` of `first_of_each` for rows that have a scope (all or none): `field` for their keys, `hub` for that of their
    scope; fits `scoped`."""
    by: dict[str, Any] = {field: {row.pk for row in rows}}
    return by if scope_of(rows[0]) is None else by | {hub: {scope_of(row) for row in rows}}


class Edge(graphene.Field):
    """A field that costs `reads` statements for a whole list of its rows, and `also` so many with an argument; of those that
    name the same read in `shares`, the dearest is charged."""

    def __init__(
        self, of: Any, *, reads: int = 0, also: Mapping[str, int] | None = None, shares: str = "", **options: Any
    ) -> None:
        super().__init__(of, **options)
        self.charges = {"reads": reads, "also": also or {}, "shares": shares}


def one(of: Any, load: Load, by: str | Callable[[Any], Any] = "pk", *, reads: int = 1, **options: Any) -> Edge:
    """An edge to one row or value: `load(actor, rows, **arguments)` gives them by what `by`
    names of the rows."""
    return Edge(of, reads=reads, resolver=_resolver(load, by, _single), **options)


def many(
    of: Any,
    load: Load,
    by: str | Callable[[Any], Any] = "pk",
    *,
    reads: int = 1,
    may_be_unseen: bool = False,
    **options: Any,
) -> Edge:
    """An edge to the `first` rows of a list; `load(actor, rows, first=…, **arguments)` gives lists.

    may_be_unseen: where it gives none, the list is null, as one that may not be seen; else it is empty.
    """
    first = graphene.Int(default_value=FIRST, required=True, description="How many: 1 to 100.")
    args = {"first": first, **options.pop("args", {})}
    listed = graphene.List(graphene.NonNull(of))
    absent: list[Any] | None = None if may_be_unseen else []
    resolver = _resolver(load, by, _listed, absent)
    return Edge(
        listed if may_be_unseen else graphene.NonNull(listed), reads=reads, resolver=resolver, args=args, **options
    )


def parent(of: Any, name: str, **options: Any) -> Edge:
    """An edge along the foreign key `name` of a model's rows: who may see a row may see what it is of."""

    def load(_actor: Actor, rows: Sequence[Model]) -> Mapping[Any, Any]:
        prefetch_related_objects(rows, name)
        return {getattr(row, f"{name}_id"): getattr(row, name) for row in rows}

    return one(of, load, f"{name}_id", **options)


def _single(found: Mapping[Any, Any]) -> Iterable[Any]:
    return {id(row): row for row in found.values() if hasattr(row, "__dict__")}.values()


def _listed(found: Mapping[Any, Any]) -> Iterable[Any]:
    return [row for rows in found.values() for row in rows]


def _resolver(load: Load, by: str | Callable[[Any], Any], flat: _Flat, absent: Any = None) -> Callable[..., Any]:
    key_of = attrgetter(by) if isinstance(by, str) else by

    def resolve(row: Any, info: Any, **asked: Any) -> Any:
        return _read(info.context.actor, row.peers, load, asked, flat).get(key_of(row), absent)

    return resolve


def _read(actor: Actor, peers: Peers, load: Load, asked: Mapping[str, Any], flat: _Flat) -> Mapping[Any, Any]:
    name = (load, *sorted(asked.items())) if asked else load
    found = peers.loaded.get(name)
    if found is None:
        found = peers.loaded[name] = load(actor, peers.rows, **asked)
        together(flat(found))
    return found


def shared(actor: Actor, rows: Sequence[Any], load: Load) -> Mapping[Any, Any]:
    """What another edge to one row reads of these peers, read at most once (name it in `shares`)."""
    return _read(actor, rows[0].peers, load, {}, _single)


def first_of_each[M: Model](
    rows: QuerySet[M], by: Mapping[str, Collection[Any]], order: Sequence[str], first: int
) -> Mapping[Any, list[M]]:
    """Of `rows`, for each value of the field(s) in `by`, the first in `order`; one statement.

    by: fields and the values wanted of each. The keys are values of the one field, tuples of several.
    """
    for name, values in by.items():
        rows = rows.filter(**{f"{name}__in": values})
    columns = {field.name: field.attname for field in rows.model._meta.concrete_fields}
    kept = {f"key_{n}": F(name) for n, name in enumerate(by) if name not in columns}
    names = [columns.get(name, f"key_{n}") for n, name in enumerate(by)]
    keys = attrgetter(*names)
    rows = rows.annotate(**kept).order_by(*order)
    if all(len(values) == 1 for values in by.values()):
        # One parent: its index gives the first of them without a look at the rest.
        found = list(rows[:first])
        return {keys(found[0]): found} if found else {}
    place = Window(RowNumber(), partition_by=[F(name) for name in names], order_by=list(order))
    grouped: dict[Any, list[M]] = {}
    for row in rows.annotate(place=place).filter(place__lte=first):
        grouped.setdefault(keys(row), []).append(row)
    return grouped
