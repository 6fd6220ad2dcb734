"""The OpenAPI document as people read it: nouns, what is done to them, with which fields, and how that is written in curl,
Python and JavaScript."""

import functools
import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from nexus.api.problems import TITLES
from nexus.api.rest.reference import document

#: In which order the nouns stand; those that are not named here follow.
ORDER = (
    "auth",
    "hubs",
    "pages",
    "attachments",
    "changes",
    "entries",
    "search",
    "activity",
    "jobs",
)
BASE = "/api/v1"
#: How deep the fields of what is sent are listed, and how deep an example goes.
DEPTH, EXAMPLE_DEPTH = 2, 4
#: What stands in an example for a text of that format.
_SAMPLES = {
    "uuid": "0197a3c2-7f00-7abc-8def-0123456789ab", "date-time": "2026-11-26T09:30:00Z", "date": "2026-11-26",
    "email": "ada@example.org", "uri": "https://example.org",
}  # fmt: skip
#: What stands there for a field of that name.
_NAMED = {
    "hub": "my-hub", "slug": "my-hub", "path": "ada/week-1.md", "text": "# Week 1\n", "title": "Week 1", "username": "ada",
    "handle": "ada", "name": "Ada", "password": "…", "message": "What I learned", "address": "https://example.org/notes.git",
    "access": "eyJ…", "refresh": "nxr_…", "token": "…", "next": None, "type": "change.edit", "email": "ada@example.org",
    "topic": "docker",
}  # fmt: skip
_CHOICES = re.compile(r"^\* `.*(?:\n|$)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Field:
    """Something that is sent or answered."""

    name: str
    kind: str
    about: str
    is_required: bool
    place: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """Something that is done to a noun."""

    id: str
    method: str
    path: str
    summary: str
    about: str
    scope: str
    parameters: list[Field]
    body_type: str
    body: list[Field]
    status: int
    answer: str
    answer_fields: list[Field]
    refusals: list[tuple[int, str]]
    examples: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Noun:
    """What the API is about, by its module."""

    name: str
    about: str
    operations: list[Operation]


@functools.cache
def nouns() -> list[Noun]:
    """Everything the document says, ready to be shown; the same for everybody."""
    found: dict[str, list[Operation]] = {name: [] for name in ORDER}
    for path, methods in document()["paths"].items():
        for method, told in methods.items():
            found.setdefault(told["tags"][0], []).append(_operation(path, method.upper(), told))
    return [Noun(name, _about(name), operations) for name, operations in found.items() if operations]


def _about(noun: str) -> str:
    module = sys.modules.get(f"nexus.api.rest.{noun}")
    first = ((module.__doc__ if module else "") or "").partition("\n")[0]
    return first.replace("`", "")


def _operation(path: str, method: str, told: Mapping[str, Any]) -> Operation:
    content = told.get("requestBody", {}).get("content", {})
    body_type = next(iter(content), "")
    schema = content.get(body_type, {}).get("schema", {})
    status, answer_type, answer = _answer(told["responses"])
    refusals = sorted(int(code) for code in told["responses"] if code >= "400")
    scopes = [scope for each in told.get("security", []) for scope in each.get("bearer", [])]
    parameters = [
        Field(
            each["name"], _kind(each["schema"]), _words(each.get("description", "")), each.get("required", False),
            each["in"],
        )
        for each in sorted(told.get("parameters", []), key=lambda each: each["in"] != "path")
    ]  # fmt: skip
    if 428 in refusals:
        parameters.append(
            Field("If-Match", "text", "The version you read: its ETag.", is_required=True, place="header")
        )
    return Operation(
        id=told["operationId"], method=method, path=path.removeprefix(BASE), summary=told["summary"],
        about=_words(told.get("description", "")), scope=next(iter(scopes), ""), parameters=parameters,
        body_type=body_type, body=list(_fields(schema)), status=status,
        answer=_json(_sample(answer)) if answer_type == "application/json" else answer_type,
        answer_fields=list(_fields(answer)), refusals=[(code, TITLES.get(code, "Error")) for code in refusals],
        examples=_examples(path.removeprefix(BASE), method, body_type, _sample(schema) if schema else None, scopes,
                           is_matched=428 in refusals),
    )  # fmt: skip


def _answer(responses: Mapping[str, Any]) -> tuple[int, str, dict[str, Any]]:
    """Status, type and schema of what is answered when it was done."""
    status = next(code for code in responses if code < "400")
    content = responses[status].get("content", {})
    kind = next(iter(content), "")
    return int(status), kind or HTTPStatus(int(status)).phrase, content.get(kind, {}).get("schema", {})


# --- Fields -----------------------------------------------------------------------------------------------------------


def _resolved(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema behind references, and of what may also be null."""
    while True:
        if name := schema.get("$ref", ""):
            schema = document()["components"]["schemas"][name.rpartition("/")[2]]
        elif options := schema.get("oneOf") or schema.get("allOf"):
            schema = next(option for option in options if option.get("type") != "null")
        else:
            return schema


def _fields(schema: Mapping[str, Any], before: str = "", depth: int = DEPTH) -> Iterator[Field]:
    shown = _resolved(schema)
    needed = set(shown.get("required", ()))
    for name, each in shown.get("properties", {}).items():
        yield Field(f"{before}{name}", _kind(each), _words(each.get("description", "")), name in needed)
        inner = _resolved(each)
        within, mark = (inner.get("items", {}), "[].") if inner.get("type") == "array" else (each, ".")
        if depth > 1:
            yield from _fields(within, f"{before}{name}{mark}", depth - 1)


def _kind(schema: Mapping[str, Any]) -> str:
    """What a value is, in a few words."""
    shown = _resolved(schema)
    kinds = shown.get("type", "any")
    names = [kind for kind in ([kinds] if isinstance(kinds, str) else kinds) if kind != "null"]
    kind = {"string": "text", "array": "list", "integer": "number"}.get(names[0], names[0]) if names else "any"
    if choices := [str(each) for each in shown.get("enum", ()) if each not in (None, "")]:
        kind = " | ".join(choices)
    elif kind == "list":
        kind = f"list of {_kind(shown.get('items', {}))}"
    elif kind == "text" and shown.get("format"):
        kind = {"date-time": "time", "uuid": "id"}.get(shown["format"], shown["format"])
    bounds = [
        f"{said} {shown[name]}" for name, said in _BOUNDS.items() if name in shown and abs(shown[name]) < 2**31 - 1
    ]
    return ", ".join([kind, *bounds])


_BOUNDS = {"minimum": "from", "maximum": "to", "maxLength": "at most"}


def _words(text: str) -> str:
    return _CHOICES.sub("", text).replace("`", "").strip()


# --- Examples ---------------------------------------------------------------------------------------------------------


def _sample(schema: Mapping[str, Any], name: str = "", depth: int = EXAMPLE_DEPTH) -> Any:
    """A value that fits; of what is sent, what must be."""
    shown = _resolved(schema)
    if "properties" in shown and depth:
        wanted = set(shown.get("required", ())) or set(shown["properties"])
        return {key: _sample(each, key, depth - 1) for key, each in shown["properties"].items() if key in wanted}
    kinds = shown.get("type", "object")
    kind = kinds if isinstance(kinds, str) else kinds[0]
    if kind == "array":
        return [_sample(shown.get("items", {}), name.removesuffix("s"), depth - 1)] if depth else []
    if "enum" in shown:
        return shown["enum"][0]
    if kind == "string":
        return _SAMPLES.get(shown.get("format", "")) or _NAMED.get(name, "…")
    return {"integer": 1, "number": 0.9, "boolean": False}.get(kind, {})


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _examples(
    path: str, method: str, body_type: str, body: Any, scopes: list[str], *, is_matched: bool
) -> list[tuple[str, str]]:
    headers = {"Authorization": "Bearer TOKEN"} if scopes else {}
    if is_matched:
        headers["If-Match"] = '"VERSION"'
    if body_type and body_type != "multipart/form-data":
        headers["Content-Type"] = body_type
    is_json = body_type == "application/json"
    raw = json.dumps(body, ensure_ascii=False) if is_json else "# Week 1\n"
    has_body = bool(body_type)
    return [
        ("curl", _curl(path, method, headers, raw if has_body else "")),
        ("Python", _python(path, method, headers, body if is_json else raw, has_body=has_body, is_json=is_json)),
        (
            "JavaScript",
            _javascript(path, method, headers, body if is_json else raw, has_body=has_body, is_json=is_json),
        ),
    ]


def _curl(path: str, method: str, headers: Mapping[str, str], body: str) -> str:
    lines = [f'curl{"" if method == "GET" else f" -X {method}"} "$NEXUS{path}"']
    lines += [f"-H '{name}: {value}'" for name, value in headers.items()]
    if body:
        quoted = body.replace("'", "'\\''")
        lines.append(f"-d '{quoted}'" if headers.get("Content-Type") == "application/json" else "--data-binary @FILE")
    return " \\\n  ".join(lines)


def _python(path: str, method: str, headers: Mapping[str, str], body: Any, *, has_body: bool, is_json: bool) -> str:
    sent = {name: value for name, value in headers.items() if not (is_json and name == "Content-Type")}
    lines = [f"answer = requests.{method.lower()}(", f'    NEXUS + "{path}",']
    if sent:
        lines.append(f"    headers={json.dumps(sent)},")
    if has_body:
        lines.append(f"    json={body!r}," if is_json else "    data=content,")
    return "\n".join([*lines, "    timeout=10,", ")", "answer.raise_for_status()"])


def _javascript(path: str, method: str, headers: Mapping[str, str], body: Any, *, has_body: bool, is_json: bool) -> str:
    options = [] if method == "GET" else [f'  method: "{method}",']
    if headers:
        options.append(f"  headers: {json.dumps(headers)},")
    if has_body:
        options.append(
            f"  body: JSON.stringify({json.dumps(body, ensure_ascii=False)})," if is_json else "  body: content,"
        )
    inside = "\n".join(["{", *options, "}"]) if options else ""
    return f'const answer = await fetch(NEXUS + "{path}"{f", {inside}" if inside else ""});'
