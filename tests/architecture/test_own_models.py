"""A domain package writes its own tables; another package's it changes by that package's actions."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.architecture.source import PACKAGE, modules, name_of, tree

#: Packages whose job is to use others' actions: here a manager of another's model is a write path of its own.
CAREFUL = ("exchange",)
WRITES = frozenset({"create", "get_or_create", "update_or_create", "bulk_create", "bulk_update", "update", "delete"})


def foreign_writes(module: ast.Module, package: str) -> Iterator[str]:
    """`Model.objects…write(…)` on models that were imported from another package."""
    foreign = {
        alias.asname or alias.name
        for node in ast.walk(module)
        if isinstance(node, ast.ImportFrom) and (node.module or "").endswith(".models")
        if node.module != f"nexus.{package}.models"
        for alias in node.names
    }
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WRITES:
            names = {inner.id for inner in ast.walk(node.func.value) if isinstance(inner, ast.Name)}
            if names & foreign and ".objects" in ast.unparse(node.func.value):
                yield f"{node.lineno}: {ast.unparse(node.func)[:80]}"


@pytest.mark.parametrize("path", [p for p in modules() if p.relative_to(PACKAGE).parts[0] in CAREFUL], ids=name_of)
def test_it_writes_its_own_tables_only(path: Path) -> None:
    assert list(foreign_writes(tree(path), path.relative_to(PACKAGE).parts[0])) == []


def test_the_test_sees_it() -> None:
    code = "from nexus.pages.models import Page\nPage.objects.filter(pk=1).update(title='x')"
    assert list(foreign_writes(ast.parse(code), "exchange"))
    assert list(foreign_writes(ast.parse(code), "pages")) == []
