"""A plugin of pytest (`-p tests.security.mutant`): one check of a module is taken out while it is imported, as
NEXUS_TEST_MUTANT says: `MODULE:NUMBER`. The file stays as it is."""

import ast
import importlib.util
import os
import sys
from collections.abc import Iterator
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType
from typing import Any

#: A check, and what stands there without it.
type Mutation = tuple[ast.AST, str, Any]


def mutations(tree: ast.Module) -> Iterator[Mutation]:
    """Each place where a check can be taken out: (node, field, what the field becomes)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            continue  # what it is called in words
        for field, value in ast.iter_fields(node):
            if field in ("returns", "annotation"):
                continue
            for index, each in enumerate(value) if isinstance(value, list) else [(-1, value)]:
                for instead in without(each):
                    yield node, field, instead if index < 0 else [*value[:index], instead, *value[index + 1 :]]


#: What is easily confused with an operator.
_CONFUSED: dict[type, type] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt,
    ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip


def without(node: Any) -> Iterator[ast.AST]:
    """What may stand instead of a node: a condition that never or always holds, one side of a conjunction alone, another
    operator, the number next to it."""
    match node:
        case ast.BinOp(op=ast.Add() | ast.Sub()):
            yield ast.copy_location(ast.BinOp(node.left, _CONFUSED[type(node.op)](), node.right), node)
        case ast.Compare(ops=[op]) if type(op) in _CONFUSED:
            yield ast.copy_location(ast.Compare(node.left, [_CONFUSED[type(op)]()], node.comparators), node)
        case ast.UnaryOp(op=ast.Not()):
            yield node.operand
        case ast.Constant() if type(node.value) is int:
            yield ast.copy_location(ast.Constant(node.value + 1), node)
        case ast.If():
            for always in (False, True):
                yield ast.copy_location(ast.If(ast.Constant(always), node.body, node.orelse), node)
        case ast.IfExp():
            yield node.body
            yield node.orelse
        case ast.BinOp(op=ast.BitAnd() | ast.BitOr()):
            yield node.left
            yield node.right
        case ast.BoolOp():
            for index in range(len(node.values)):
                left = node.values[:index] + node.values[index + 1 :]
                yield left[0] if len(left) == 1 else ast.copy_location(ast.BoolOp(node.op, left), node)
        case ast.AugAssign():
            yield ast.copy_location(ast.Pass(), node)
        case ast.Raise():
            yield ast.copy_location(ast.Pass(), node)


def in_functions(tree: ast.Module) -> list[Mutation]:
    """Those inside functions: a table of what is allowed is data, and told apart elsewhere."""
    found: list[Mutation] = []
    for function in tree.body:
        if isinstance(function, ast.FunctionDef):
            found += mutations(ast.Module([function], []))
    return found


def applied(tree: ast.Module, number: int) -> str:
    """Takes the check out, and says which it was."""
    node, field, value = in_functions(tree)[number]
    before = getattr(node, field)
    setattr(node, field, value)
    ast.fix_missing_locations(tree)
    pairs = zip(before, value, strict=True) if isinstance(value, list) else [(before, value)]
    return "; ".join(f"{first_line(a)} → {first_line(b)}" for a, b in pairs if a is not b)


def first_line(node: ast.AST) -> str:
    return ast.unparse(node).splitlines()[0]


class Loader(SourceFileLoader):
    """Compiles a module without the check."""

    number = 0

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002  the loader's
        tree = ast.parse(Path(self.path).read_text("utf-8"))
        applied(tree, self.number)
        return compile(tree, self.path, "exec")


class Finder:
    """Finds the one module."""

    def __init__(self, module: str, number: int) -> None:
        self.module, self.number = module, number

    def find_spec(self, name: str, _path: Any = None, _target: Any = None) -> ModuleSpec | None:
        if name != self.module:
            return None
        path = Path(__file__).parents[2] / "src" / Path(*name.split(".")).with_suffix(".py")
        loader = Loader(name, str(path))
        loader.number = self.number
        return importlib.util.spec_from_file_location(name, path, loader=loader)


if wanted := os.environ.get("NEXUS_TEST_MUTANT"):
    module, _, number = wanted.partition(":")
    assert module not in sys.modules, "it was imported already"
    sys.meta_path.insert(0, Finder(module, int(number)))  # type: ignore[arg-type]
