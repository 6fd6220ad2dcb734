"""Every door is on the list that the security tests walk: a way in that nobody listed fails here."""

from collections.abc import Iterator
from typing import Any

import typer
from django.urls import URLPattern, URLResolver, get_resolver
from tests.security.inventory import ADDRESSES, COMMANDS, GRAPHQL, WEBSOCKETS

from nexus import urls
from nexus.api.graphql.schema import schema
from nexus.ops import health
from nexus.ops.cli.commands import tree


def addresses(resolver: URLResolver, before: str = "") -> Iterator[str]:
    """Every URL pattern, as it is written."""
    for each in resolver.url_patterns:
        if isinstance(each, URLPattern):
            yield before + str(each.pattern)
        else:
            yield from addresses(each, before + str(each.pattern))


def commands(command: Any, name: str = "") -> Iterator[str]:
    """Every command by its words."""
    inner = getattr(command, "commands", None)
    if not inner:
        yield name.strip()
    for word, each in (inner or {}).items():
        yield from commands(each, f"{name} {word}")


def test_every_address_is_listed() -> None:
    found = {*addresses(get_resolver()), health.LIVE.lstrip("/"), health.READY.lstrip("/")}
    assert sorted(found - ADDRESSES) == []


def test_every_command_is_listed() -> None:
    assert sorted(set(commands(typer.main.get_command(tree([])))) - COMMANDS) == []


def test_every_websocket_is_listed() -> None:
    assert sorted({str(route.pattern) for route in urls.websocket_urlpatterns} - WEBSOCKETS) == []


def test_every_field_of_the_graph_is_listed() -> None:
    roots = (schema.query_type, schema.mutation_type, schema.subscription_type)
    assert {name for root in roots if root for name in root.fields} == GRAPHQL
