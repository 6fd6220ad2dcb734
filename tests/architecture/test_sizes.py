"""Files and functions that a person can hold in mind. What is larger is listed with its reason, or split."""

import ast

from tests.architecture.source import PACKAGE, modules, name_of, tree

MAX_FILE, MAX_FUNCTION, MAX_BASE = 800, 80, 400
#: name → why it may be larger.
EXCUSED: dict[str, str] = {}


def test_no_file_is_too_long() -> None:
    sizes = {name_of(path): len(path.read_text("utf-8").splitlines()) for path in modules()}
    assert {name: size for name, size in sizes.items() if size > MAX_FILE and name not in EXCUSED} == {}


def test_no_function_is_too_long() -> None:
    long = {
        f"{name_of(path)}:{node.name}": node.end_lineno - node.lineno + 1
        for path in modules()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno + 1 > MAX_FUNCTION
    }
    assert {name: size for name, size in long.items() if name not in EXCUSED} == {}


def test_base_stays_small() -> None:
    total = sum(len(path.read_text("utf-8").splitlines()) for path in (PACKAGE / "base").glob("*.py"))
    assert total <= MAX_BASE


def test_no_drawer_for_everything() -> None:
    drawers = {"utils", "util", "helpers", "helper", "common", "misc", "services", "managers", "signals"}
    assert [name_of(path) for path in modules() if drawers & {path.stem, path.parent.name}] == []
