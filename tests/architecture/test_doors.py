"""Doors hold no rules: they touch no manager and save nothing (docs/adr/0003)."""

import ast
from pathlib import Path

import pytest
from tests.architecture.source import PACKAGE, modules, name_of, tree

DOORS = ("api", "web", "live", "ops")
#: A manager, and the calls that write by one. `update` and `delete` are also what dictionaries and caches have.
WRITES = frozenset({
    "save", "create", "update", "delete", "bulk_create", "bulk_update", "get_or_create", "update_or_create",
    "asave", "acreate", "aupdate", "adelete", "abulk_create", "abulk_update",
})  # fmt: skip
MANAGERS = frozenset({"objects", "_default_manager", "_base_manager"})
#: (file, attribute) → why it is no write to a table.
EXCUSED: dict[tuple[str, str], str] = {
    ("src/nexus/ops/cli/door.py", "update"): "a progress bar",
    ("src/nexus/ops/cli/exchange.py", "update"): "a progress bar",
}


def offences(module: ast.Module) -> list[tuple[int, str]]:
    """Lines on which a manager is named, or a method that writes is called on something that is no import."""
    imported = {
        alias.asname or alias.name.partition(".")[0]
        for node in ast.walk(module)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    found = []
    for node in ast.walk(module):
        if isinstance(node, ast.Attribute) and node.attr in MANAGERS:
            found.append((node.lineno, node.attr))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WRITES:
            owner = node.func.value
            if not (isinstance(owner, ast.Name) and owner.id in imported):
                found.append((node.lineno, node.func.attr))
    return found


#: What stands beside the doors and is none: it copies whole tables, whoever may see what.
BESIDE = PACKAGE / "ops" / "backup"


@pytest.mark.parametrize(
    "path",
    [p for p in modules() if p.relative_to(PACKAGE).parts[0] in DOORS and BESIDE not in p.parents],
    ids=name_of,
)
def test_a_door_touches_no_manager(path: Path) -> None:
    broken = [(line, what) for line, what in offences(tree(path)) if (name_of(path), what) not in EXCUSED]
    assert broken == []


@pytest.mark.parametrize(
    "code",
    [
        "Page.objects.all()",
        "page.save()",
        "Page._default_manager",
        "hub.pages.create(path='x')",
        "rows.bulk_update([])",
    ],
)
def test_the_test_sees_a_door_that_does(code: str) -> None:
    assert offences(ast.parse(code))


def test_the_test_lets_an_action_be_called() -> None:
    assert offences(ast.parse("from nexus.pages import actions\nactions.create_page(actor)")) == []
