"""What a client sent: one JSON object, read strictly. It came from outside, so nothing of it is believed."""

import json
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from nexus.api.texts import check_text
from nexus.base.errors import Invalid, Limited
from nexus.base.sentences import Sentence

#: A text of 2 MB, each character of which JSON may write as six bytes of ASCII for two or three of UTF-8.
MAX_BODY = 6_500_000
#: How deep variables may be nested.
MAX_NESTING = 20
_MEMBERS = ("query", "variables", "operationName", "extensions")


@dataclass(frozen=True, slots=True)
class Asked:
    """A query, its variables, and which of its operations is to run."""

    query: str
    variables: dict[str, Any]
    operation: str | None


def asked(request: HttpRequest) -> Asked:
    """What a request asks. Raises Invalid ("unsupported_media_type", "invalid_json", "batch_refused", "invalid_text",
    "invalid"), Limited ("too_large")."""
    if request.content_type != "application/json":
        # A form can be sent by any site, JSON only by one that was allowed to.
        raise Invalid(
            Sentence("That media type is not read here."), code="unsupported_media_type", field="Content-Type",
            value=request.content_type, remedy=Sentence("Send application/json."),
        )  # fmt: skip
    return asked_in(_decoded(_body(request)))


def asked_in(body: Any) -> Asked:
    """What a request's JSON asks. Raises Invalid as `asked`."""
    if isinstance(body, list):
        raise Invalid(
            Sentence("Batches are not answered."), code="batch_refused", remedy=Sentence("Send one query in a request.")
        )
    if not isinstance(body, dict):
        raise _no_json("It is no object.")
    _check(body)
    for name in body:
        if name not in _MEMBERS:
            raise Invalid(
                Sentence("There is no such member."),
                field=name,
                remedy=Sentence("One of %(names)s.", names=", ".join(_MEMBERS)),
            )
    query, variables, operation = body.get("query"), body.get("variables"), body.get("operationName")
    if not isinstance(query, str) or not query.strip():
        raise Invalid(Sentence("There is no query."), field="query", remedy=Sentence('Send {"query": "…"}.'))
    if variables is not None and not isinstance(variables, dict):
        raise Invalid(Sentence("Variables are an object."), field="variables", remedy=Sentence('Send {"name": value}.'))
    if operation is not None and not isinstance(operation, str):
        raise Invalid(Sentence("That is no name."), field="operationName", remedy=Sentence("Send a string, or null."))
    return Asked(query, variables or {}, operation or None)


def _body(request: HttpRequest) -> bytes:
    announced = request.headers.get("Content-Length", "")
    if announced.isdigit() and int(announced) > MAX_BODY:
        raise _too_large()
    body = request.read(MAX_BODY + 1)
    if len(body) > MAX_BODY:
        raise _too_large()
    return body


def _too_large() -> Limited:
    return Limited(
        Sentence("A request may have %(max_body)s bytes here.", max_body=f"{MAX_BODY:,}"),
        remedy=Sentence("Send a text as it is by REST: PUT …/text."),
    )


def _decoded(body: bytes) -> Any:
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_refuse)
    except RecursionError as error:
        raise _no_json("It is nested too deep.") from error
    except ValueError as error:
        raise _no_json("") from error


def _refuse(name: str) -> None:
    raise ValueError(name)


def _no_json(why: str) -> Invalid:
    return Invalid(
        Sentence("That cannot be read as JSON. %(why)s", why=why) if why else Sentence("That cannot be read as JSON."),
        code="invalid_json",
        remedy=Sentence("Send one JSON object in UTF-8."),
    )


def _check(value: Any) -> None:
    """Raises Invalid for what is nested too deep, and for texts that no database takes (NUL, lone surrogates)."""
    todo: list[tuple[Any, int]] = [(value, 0)]
    while todo:
        each, depth = todo.pop()
        if depth > MAX_NESTING:
            raise _no_json("It is nested too deep.")
        if isinstance(each, dict):
            todo += [(part, depth + 1) for pair in each.items() for part in pair]
        elif isinstance(each, list):
            todo += [(part, depth + 1) for part in each]
        elif isinstance(each, str):
            check_text(each)
