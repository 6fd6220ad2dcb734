"""A query from its text to its answer: parsed, measured, validated, run; and what went wrong, said as the domain would."""

from dataclasses import dataclass
from threading import Lock
from typing import Any, NamedTuple

import structlog
from cachetools import LRUCache
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    parse,
    validate,
)  # fmt: skip
from graphql.execution import execute_sync
from graphql.execution.values import get_variable_values

from nexus.accounts.actor import Actor
from nexus.api.graphql import limits
from nexus.api.graphql.refusals import refusal
from nexus.api.graphql.requests import Asked
from nexus.api.graphql.schema import schema
from nexus.base.errors import Invalid, NexusError, Unavailable
from nexus.base.sentences import Sentence
from nexus.hubs.outages import outage

log = structlog.get_logger("nexus.graphql")
#: Documents that were found valid, by their text: programs send the same few for ever.
_KEPT, _LONGEST_KEPT = 200, 10_000
_valid: LRUCache[str, DocumentNode] = LRUCache(_KEPT)
_lock = Lock()


@dataclass(frozen=True, slots=True)
class Context:
    """What resolvers know of the request: who asks, and the origin they came by."""

    actor: Actor
    site: str = ""
    #: Which suspects may be seen (api.reviewing).
    reviewed: frozenset[str] = frozenset()


def answer(
    asked: Asked, actor: Actor, request_id: str, *, site: str = "", reviewed: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """The response to a query. Raises Invalid for one that is refused before anything runs."""
    ready = prepared(asked)
    result = execute_sync(
        schema, ready.document, context_value=Context(actor, site, reviewed), variable_values=asked.variables,
        operation_name=asked.operation,
    )  # fmt: skip
    return response_of(result, request_id)


class Prepared(NamedTuple):
    """What may run: a document, which of its operations, its variables as they came in and as they are, what it may cost."""

    document: DocumentNode
    operation: OperationDefinitionNode
    variables: dict[str, Any]
    values: dict[str, Any]
    charge: limits.Charge


def prepared(asked: Asked, *, subscribes: bool = False) -> Prepared:
    """What is asked, if it may run: queries and mutations by POST, with `subscribes` a subscription. Raises Invalid."""
    with _lock:
        known = _valid.get(asked.query)
    document = known or _parsed(asked.query)
    operation = limits.operation_of(document, asked.operation)
    if (operation.operation is OperationType.SUBSCRIPTION) is not subscribes:
        raise _elsewhere(operation.operation)
    charge = limits.check(document, operation, asked.variables)
    if known is None:
        try:
            errors = validate(schema, document, max_errors=5)
        except GraphQLError as error:  # its rule of one field evaluates @include, of which it has no variables
            errors = [error]
        if errors:
            raise _invalid(errors[0])
        if len(asked.query) <= _LONGEST_KEPT:
            with _lock:
                _valid[asked.query] = document
    values = get_variable_values(schema, operation.variable_definitions or (), asked.variables, max_errors=1)
    if isinstance(values, list):
        raise _invalid(values[0], "variables")
    return Prepared(document, operation, asked.variables, values, charge)


def _elsewhere(kind: OperationType) -> Invalid:
    return Invalid(
        Sentence("A subscription is followed over a WebSocket; queries and mutations are sent by POST."),
        code="wrong_transport", field="query", value=kind.value,
        remedy=Sentence("Both are at /graphql: docs/graphql.md says how."),
    )  # fmt: skip


def _parsed(text: str) -> DocumentNode:
    if len(text) > limits.MAX_CHARACTERS:
        raise _too_long(limits.MAX_CHARACTERS, "characters")
    try:
        return parse(text, max_tokens=limits.MAX_TOKENS)
    except GraphQLSyntaxError as error:
        if "tokens. Parsing aborted" in error.message:
            raise _too_long(limits.MAX_TOKENS, "tokens") from error
        if "nested too deeply" in error.message:
            raise _too_deep() from error
        raise _invalid(error) from error
    except RecursionError as error:
        raise _too_deep() from error


def _too_long(limit: int, what: str) -> Invalid:
    return Invalid(
        Sentence("A query may have %(limit)s %(what)s.", limit=f"{limit:,}", what=what),
        code="query_too_long",
        field="query",
        limit=limit,
        remedy=Sentence("Ask in several queries, and send values as variables."),
    )


def _too_deep() -> Invalid:
    return Invalid(
        Sentence("That query is nested too deep."), code="query_too_deep", field="query", limit=limits.MAX_DEPTH,
        remedy=Sentence("Ask in several queries."),
    )  # fmt: skip


def _invalid(error: GraphQLError, field: str = "query") -> Invalid:
    places = [{"line": place.line, "column": place.column} for place in error.locations or ()]
    return Invalid(
        Sentence("%(said)s", said=error.message),
        code="invalid_query",
        field=field,
        remedy=Sentence("Compare it with docs/schema.graphql."),
        locations=places,
    )


def response_of(result: ExecutionResult, request_id: str) -> dict[str, Any]:
    """What is sent of an execution. Raises Unavailable when the database gave nothing of it."""
    said: dict[str, Any] = {}
    if result.errors:
        causes = [outage(error.original_error) or error.original_error for error in result.errors]
        if not any((result.data or {}).values()) and (away := [one for one in causes if isinstance(one, Unavailable)]):
            raise away[0]
        said["errors"] = [_told(error, cause, request_id) for error, cause in zip(result.errors, causes, strict=True)]
    return said | {"data": result.data}


def _told(error: GraphQLError, cause: Exception | None, request_id: str) -> dict[str, Any]:
    """An error of the execution as a client may see it; a defect of ours only by the request that found it."""
    if cause is None or isinstance(cause, GraphQLError):  # the execution's own
        cause = Invalid(Sentence("%(said)s", said=error.message), code="invalid_query", field="query")
    elif not isinstance(cause, NexusError):
        log.error("defect", path=error.path, exc_info=cause)
        cause = NexusError(
            Sentence("Something broke on our side."),
            remedy=Sentence("It is in the log; try again."),
            request=request_id,
        )
    return refusal(cause) | ({"path": error.path} if error.path else {})
