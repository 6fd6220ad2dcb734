"""What a query may ask for. All of it is found out from the document and the variables, before anything runs.

Depth alone is no limit: five levels of ten are a hundred thousand rows. So a query is charged for every value it may bring
(`cost`: the product of the `first` around a field) and for every statement (`reads`: what the edges say, however many rows).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any, NamedTuple

from django.conf import settings
from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLObjectType,
    InlineFragmentNode,
    IntValueNode,
    Node,
    OperationDefinitionNode,
    SelectionSetNode,
    StringValueNode,
    VariableNode,
    get_named_type,
    is_list_type,
)  # fmt: skip
from graphql.pyutils import Undefined

from nexus.api.graphql.schema import schema
from nexus.api.paging import MAX_LIMIT
from nexus.api.texts import check_text
from nexus.base.errors import Invalid
from nexus.base.sentences import Sentence

#: Characters and tokens of a document; fields below one another; values; statements beside those of signing in.
MAX_CHARACTERS, MAX_TOKENS, MAX_DEPTH, MAX_COST, MAX_READS = 50_000, 2_000, 15, 30_000, 10
#: Of one document: names given to fields, directives, fragments, fields asked for again, questions about the schema,
#: mutations; and steps of walking through it.
MAX_ALIASES, MAX_DIRECTIVES, MAX_FRAGMENTS, MAX_REPEATS, MAX_INTROSPECTION, MAX_MUTATIONS = 30, 20, 30, 10, 3, 10
MAX_STEPS = 3_000
#: What is reckoned for a list that has no `first` (marks of a text, facets).
UNBOUNDED = 10
#: Lists of the schema's own description, which may stand in one another so often.
_INTROSPECTIVE_LISTS = frozenset({"fields", "interfaces", "possibleTypes", "inputFields"})
_MAX_INTROSPECTIVE_LISTS = 3


def operation_of(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    """The operation that is to run. Raises Invalid ("unknown_operation")."""
    found = [
        each for each in document.definitions
        if isinstance(each, OperationDefinitionNode) and (name is None or (each.name and each.name.value == name))
    ]  # fmt: skip
    if len(found) != 1:
        raise Invalid(
            Sentence("There is no such operation.") if name else Sentence("It is not said which operation is to run."),
            code="unknown_operation", field="operationName", value=name,
            remedy=Sentence("Name one of the operations of the query as operationName."),
        )  # fmt: skip
    if schema.get_root_type(found[0].operation) is None:
        raise Invalid(
            Sentence("That is not answered here."), code="invalid_query", field="query", value=found[0].operation.value,
            remedy=Sentence("Send a query or a mutation."),
        )  # fmt: skip
    return found[0]


class Charge(NamedTuple):
    """What an operation may bring: values, and statements beside those of signing in; both are upper bounds."""

    cost: int
    reads: int


def check(document: DocumentNode, operation: OperationDefinitionNode, variables: Mapping[str, Any]) -> Charge:
    """What an operation asks for. Raises Invalid, with a code for each limit, when that is too much."""
    _check_whole(document)
    for each in document.definitions:  # those that will not run are validated all the same
        if isinstance(each, OperationDefinitionNode) and each is not operation:
            _Walk(document, {}).through(each)
    return _Walk(document, variables).through(operation)


def _check_whole(document: DocumentNode) -> None:
    fragments = sum(isinstance(each, FragmentDefinitionNode) for each in document.definitions)
    if fragments > MAX_FRAGMENTS or len(document.definitions) - fragments > MAX_FRAGMENTS:
        raise _refused("fragments", MAX_FRAGMENTS, code="too_many_fragments")
    aliases = directives = 0
    for node in _nodes(document):
        if isinstance(node, DirectiveNode):
            directives += 1
        elif isinstance(node, FieldNode):
            aliases += node.alias is not None
        elif isinstance(node, StringValueNode):
            check_text(node.value)
    if aliases > MAX_ALIASES:
        raise _refused("aliases", MAX_ALIASES, code="too_many_aliases")
    if directives > MAX_DIRECTIVES:
        raise _refused("directives", MAX_DIRECTIVES, code="too_many_directives")


def _nodes(document: DocumentNode) -> Iterator[Node]:
    """All nodes of a document; there are no more than tokens."""
    todo: list[Any] = [document]
    while todo:
        node = todo.pop()
        yield node
        for key in node.keys:
            inner = getattr(node, key, None)
            if isinstance(inner, Node):
                todo.append(inner)
            elif key != "loc" and isinstance(inner, tuple | list):
                todo += inner


@dataclass(slots=True)
class _Place:
    """Where in the answer a walk is: below what type, how many times it comes, how deep it is."""

    parent: Any
    times: int = 1
    depth: int = 1
    #: Lists of the schema's own description around it.
    lists: int = 0
    #: What was selected here.
    names: set[str] = dataclass_field(default_factory=set)
    #: Reads that several fields share, and what was charged for them.
    paid: dict[str, int] = dataclass_field(default_factory=dict)


class _Walk:
    """A walk through what an operation selects, fragments and all, that adds up what it asks for."""

    def __init__(self, document: DocumentNode, variables: Mapping[str, Any]) -> None:
        self.fragments = {
            each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
        }
        self.variables = variables
        self.defaults: dict[str, Any] = {}
        self.cost = self.reads = self.repeats = self.steps = self.introspection = self.mutations = 0

    def through(self, operation: OperationDefinitionNode) -> Charge:
        """What it asks for. Raises Invalid at the first limit."""
        self.defaults = {each.variable.name.value: each.default_value for each in operation.variable_definitions or ()}
        self.selected(operation.selection_set, _Place(schema.get_root_type(operation.operation)), ())
        return Charge(self.cost, self.reads)

    def selected(self, chosen: SelectionSetNode, here: _Place, within: tuple[str, ...]) -> None:
        """Adds up a selection set; within: the fragments it stands in."""
        if here.depth > MAX_DEPTH:
            raise _refused("levels", MAX_DEPTH, code="query_too_deep")
        for node in chosen.selections:
            self.steps += 1
            if self.steps > MAX_STEPS:
                raise _refused("selections", MAX_STEPS, code="query_too_costly")
            if isinstance(node, FieldNode):
                self.field(node, here, within)
            elif isinstance(node, InlineFragmentNode):
                self.selected(node.selection_set, here, within)
            elif isinstance(node, FragmentSpreadNode):
                self.spread(node.name.value, here, within)

    def spread(self, name: str, here: _Place, within: tuple[str, ...]) -> None:
        """Adds up what a fragment selects."""
        if name in within:
            raise Invalid(
                Sentence("A fragment contains itself."), code="fragment_cycle", field="query", value=name,
                remedy=Sentence("Write it out as deep as it is needed."),
            )  # fmt: skip
        if name in self.fragments:
            self.selected(self.fragments[name].selection_set, here, (*within, name))

    def field(self, node: FieldNode, here: _Place, within: tuple[str, ...]) -> None:
        """Adds up one field and what is selected of it."""
        name = node.name.value
        key = node.alias.value if node.alias else name
        self.repeats += key in here.names
        here.names.add(key)
        if self.repeats > MAX_REPEATS:
            raise _refused("fields that are asked for again", MAX_REPEATS, code="too_many_repeats")
        if name in ("__schema", "__type"):
            self.asked_about_the_schema()
        self.mutations += here.parent is schema.mutation_type
        if self.mutations > MAX_MUTATIONS:
            raise _refused("mutations", MAX_MUTATIONS, code="too_many_mutations")
        field = here.parent.fields.get(name) if isinstance(here.parent, GraphQLObjectType) else None
        below = _Place(get_named_type(field.type) if field else None, here.times, here.depth + 1)
        if field:
            below.times = self.charged(node, field, here)
        else:  # what is unknown is validation's; of the schema's description only the depth counts
            below.lists = here.lists + (name in _INTROSPECTIVE_LISTS)
            if below.lists > _MAX_INTROSPECTIVE_LISTS:
                raise _refused("lists of the schema in one another", _MAX_INTROSPECTIVE_LISTS, code="query_too_deep")
        if node.selection_set:
            self.selected(node.selection_set, below, within)

    def charged(self, node: FieldNode, field: GraphQLField, here: _Place) -> int:
        """Charges for a field; how many times what is selected of it comes."""
        times, reads, shares = here.times, field.extensions.get("reads", 0), field.extensions.get("shares")
        self.cost += times
        if also := field.extensions.get("also"):
            reads += sum(also.get(each.name.value, 0) for each in node.arguments)
        if shares:
            paid = here.paid.get(shares, 0)
            here.paid[shares] = max(paid, reads)
            reads = max(reads - paid, 0)
        self.reads += reads
        if "first" in field.args:
            times *= self.first(node, field)
        elif is_list_type(getattr(field.type, "of_type", field.type)) and "reads" not in field.extensions:
            times *= 1 if node.name.value in ("edges", "nodes") else UNBOUNDED
        if self.cost > MAX_COST or times > MAX_COST:
            raise _refused("values", MAX_COST, code="query_too_costly")
        if self.reads > MAX_READS:
            raise _refused("reads of the database", MAX_READS, code="query_too_wide")
        return times

    def first(self, node: FieldNode, field: GraphQLField) -> int:
        """How many of a list are asked for. Raises Invalid unless that is 1 to MAX_LIMIT."""
        given: Any = next((each.value for each in node.arguments if each.name.value == "first"), Undefined)
        if isinstance(given, VariableNode):
            name = given.name.value
            given = self.variables.get(name, self.defaults.get(name) or Undefined)
        if given is Undefined:
            return int(field.args["first"].default_value)
        if isinstance(given, IntValueNode):
            given = int(given.value) if len(given.value) < 10 else MAX_LIMIT + 1
        if not isinstance(given, int) or isinstance(given, bool):
            return MAX_LIMIT  # no number: refused where its type is checked
        if not 1 <= given <= MAX_LIMIT:
            raise Invalid(
                Sentence("That is no limit."),
                field="first",
                value=given,
                remedy=Sentence("A number from 1 to %(max_limit)s.", max_limit=MAX_LIMIT),
            )
        return given

    def asked_about_the_schema(self) -> None:
        """Counts a question about the schema. Raises Invalid where there may be none."""
        self.introspection += 1
        if not settings.GRAPHQL_INTROSPECTION:
            raise Invalid(
                Sentence("This instance does not describe its schema."), code="introspection_closed",
                remedy=Sentence("Read docs/schema.graphql, or set NEXUS_GRAPHQL_INTROSPECTION."),
            )  # fmt: skip
        if self.introspection > MAX_INTROSPECTION:
            raise _refused("questions about the schema", MAX_INTROSPECTION, code="query_too_costly")


def _refused(what: str, limit: int, *, code: str) -> Invalid:
    return Invalid(
        Sentence("That query asks for too much: it may have %(limit)s %(what)s.", limit=f"{limit:,}", what=what),
        code=code,
        field="query",
        limit=limit,
        remedy=Sentence("Ask for less at a time, in several queries (docs/graphql.md says how each is counted)."),
    )
