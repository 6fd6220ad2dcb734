"""The files of clients/python that are made: the answers from the OpenAPI document, and the client that waits from the one
that is awaited (docs/adr/0080)."""

import re
import textwrap
from pathlib import Path
from typing import Any

from nexus.api.rest import reference

PACKAGE = Path("clients/python/src/nexus_client")
#: How the nouns are called there, where leaving out "Shown" is not enough.
NAMES = {"OneHubShown": "HubDetails", "OneChangeShown": "ChangeDetails", "OnePersonShown": "PersonDetails"}
#: What differs between the two clients, in this order.
SYNC = (
    ("The client that is awaited. `sync` is made from this file: `nexus manage write_client`.",
     "The client that waits for its answers, made from `aio` by `nexus manage write_client`."),
    ("import asyncio\nimport secrets\n", "import secrets\nimport threading\nimport time\n"),
    ("(KeyboardInterrupt, asyncio.CancelledError)", "KeyboardInterrupt"),
    ("asyncio.wait_for(socket.recv(), core.SILENCE)", "socket.recv(core.SILENCE)"),
    ("websockets.asyncio.client import connect", "websockets.sync.client import reconnect as connect"),
    ("asyncio.Lock", "threading.Lock"), ("asyncio.sleep", "time.sleep"),
    ("AsyncBaseTransport", "BaseTransport"), ("AsyncClient", "Client"), ("AsyncIterator", "Iterator"),
    ("__aenter__", "__enter__"), ("__aexit__", "__exit__"), ("aclose", "close"), ("aread", "read"),
    ("aiter_bytes", "iter_bytes"), ("async def", "def"), ("async with", "with"), ("async for", "for"),
)  # fmt: skip
_SCALARS = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}


def files() -> dict[str, str]:
    """What is made, by its name in the package."""
    awaited = (PACKAGE / "aio.py").read_text("utf-8")
    return {"models.py": models(reference.plain(reference.document())), "sync.py": waiting(awaited)}


def waiting(text: str) -> str:
    """The source of `aio` without its coroutines."""
    for old, new in SYNC:
        text = text.replace(old, new)
    return re.sub(r"\bAsync(?=[A-Z])", "", text.replace("await ", ""))


def models(document: dict[str, Any]) -> str:
    """A module with a dataclass for each object that the document's operations answer with."""
    schemas = {
        name: schema
        for name, schema in document["components"]["schemas"].items()
        if not name.endswith(("Request", "List")) and name != "ProblemShown"
    }
    lines = [
        '"""What the server answers, made from its OpenAPI document by `nexus manage write_client`."""', "",
        "from __future__ import annotations", "",
        "from dataclasses import dataclass", "from datetime import datetime", "from typing import Any, Literal",
    ]  # fmt: skip
    for name, schema in schemas.items():
        lines += ["", "", *_class(name, schema)]
    return "\n".join([*lines, ""])


def _class(name: str, schema: dict[str, Any]) -> list[str]:
    lines = ["@dataclass(frozen=True, slots=True, kw_only=True)", f"class {_called(name)}:"]
    lines += [f'    """{schema["description"]}"""', ""]
    for field, told in schema["properties"].items():
        said = told.get("description", "")
        if said and "enum" not in told:
            lines += textwrap.wrap(" ".join(said.split()), 112, initial_indent="    #: ", subsequent_indent="    #: ")
        kind = _type(told)
        is_optional = field not in schema.get("required", ())
        if is_optional and not kind.endswith("| None"):
            kind += " | None"
        lines.append(f"    {field}: {kind}{' = None' if is_optional else ''}")
    return lines


def _called(name: str) -> str:
    return NAMES.get(name, name.removesuffix("Shown"))


def _type(told: dict[str, Any]) -> str:
    if "$ref" in told:
        return _called(told["$ref"].rpartition("/")[2])
    if "allOf" in told:
        return _type(told["allOf"][0])
    if "oneOf" in told or "anyOf" in told:
        kinds = [_type(each) for each in told.get("oneOf") or told["anyOf"]]
        return " | ".join(sorted(set(kinds), key=lambda kind: kind == "None"))
    kind = told.get("type")
    if isinstance(kind, list):
        one = _type(told | {"type": next(each for each in kind if each != "null")})
        return f"{one} | None" if "null" in kind else one
    if "enum" in told:
        return f"Literal[{', '.join(repr(each) for each in told['enum'] if each is not None)}]".replace("'", '"')
    if kind == "null":
        return "None"
    if kind == "array":
        return f"list[{_type(told['items'])}]"
    if kind == "object":
        return f"dict[str, {_type(told.get('additionalProperties') or {})}]"
    if kind == "string" and told.get("format") == "date-time":
        return "datetime"
    return _SCALARS.get(str(kind), "Any")
