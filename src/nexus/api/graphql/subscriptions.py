"""What a program follows over a WebSocket: found out from its document once, answered for each event."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from graphql.execution import execute_sync
from graphql.execution.collect_fields import collect_fields
from graphql.execution.values import get_argument_values
from graphql.language import FragmentDefinitionNode

from nexus.accounts.actor import Actor
from nexus.api.graphql.execution import Context, Prepared, prepared, response_of
from nexus.api.graphql.nouns.happenings import PagePresence, happened
from nexus.api.graphql.requests import asked_in
from nexus.api.graphql.schema import schema
from nexus.base.errors import Invalid, NotFound
from nexus.base.ids import uuid7
from nexus.base.sentences import Sentence
from nexus.pages.events import Event


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription that may run: which field with what arguments, and how many statements each of its answers may take
    beside those of finding out who asks (as `limits` reckons: at most ten)."""

    field: str
    arguments: dict[str, Any]
    reads: int
    _prepared: Prepared

    def event(self, actor: Actor, hub: UUID, event: Event, previous: int) -> dict[str, Any]:
        """The response for an event of a hub that `actor` may be told of."""
        return self._answer(actor, happened(hub, event, previous))

    def present(self, actor: Actor, people: Sequence[dict[str, str]], others: int) -> dict[str, Any]:
        """The response for who else has the page open."""
        return self._answer(actor, PagePresence(people=people, others=others))

    def _answer(self, actor: Actor, root: Any) -> dict[str, Any]:
        ready = self._prepared
        result = execute_sync(
            schema, ready.document, root_value=root, context_value=Context(actor), variable_values=ready.variables,
            operation_name=ready.operation.name.value if ready.operation.name else None,
        )  # fmt: skip
        return response_of(result, uuid7().hex)


def subscription(payload: Any) -> Subscription:
    """The subscription in the payload of a `subscribe`. Raises Invalid as a request by POST, and "wrong_transport" for a
    query or mutation; NotFound for a page that has no id."""
    ready = prepared(asked_in(payload), subscribes=True)
    root = schema.subscription_type
    assert root is not None  # noqa: S101  ours
    fragments = {
        each.name.value: each for each in ready.document.definitions if isinstance(each, FragmentDefinitionNode)
    }
    chosen = collect_fields(schema, fragments, ready.values, root, ready.operation.selection_set)
    nodes = [node for nodes in chosen.values() for node in nodes]
    if not nodes or nodes[0].name.value not in root.fields:
        raise Invalid(
            Sentence("Nothing is followed by that."), code="invalid_query", field="query",
            remedy=Sentence("Select one of %(names)s.", names=", ".join(root.fields)),
        )  # fmt: skip
    field = nodes[0].name.value
    arguments = get_argument_values(root.fields[field], nodes[0], ready.values)
    return Subscription(field, _checked(arguments), ready.charge.reads, ready)


def _checked(arguments: dict[str, Any]) -> dict[str, Any]:
    """Raises Invalid for a number that none has, NotFound for an id that none has."""
    after = arguments.get("after")
    if after is not None and after < 0:
        raise Invalid(
            Sentence("That is no number of an event."),
            field="after",
            value=after,
            remedy=Sentence("Send 0 for all of them."),
        )
    if "page" in arguments:
        try:
            return arguments | {"page": UUID(arguments["page"])}
        except ValueError:
            raise NotFound from None
    return arguments
