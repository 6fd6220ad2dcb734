"""Whatever the code says to people can be translated (docs/adr/0032): its words are literals where gettext looks."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.architecture.source import modules, name_of, tree

from nexus.base import errors

#: What gettext's tools look for, and how many of the first arguments are words.
MARKS = {"Sentence": 1, "_": 1, "gettext": 1, "gettext_lazy": 1, "ngettext": 2, "ngettext_lazy": 2}
ERRORS = {name for name, it in vars(errors).items() if isinstance(it, type) and issubclass(it, errors.NexusError)}
#: Django's own, shown beside a field.
TOLD = ERRORS | {"ValidationError"}
PLACEHOLDER = re.compile(r"%\((\w+)\)s")


def called(node: ast.AST) -> str:
    if not isinstance(node, ast.Call):
        return ""
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def untranslatable(module: ast.Module) -> Iterator[str]:
    """What gettext does not find, or what it would find and not fill."""
    for node in ast.walk(module):
        if not isinstance(node, ast.Call):
            continue
        name = called(node)
        where = f"line {node.lineno}: {ast.unparse(node)[:80]}"
        if name in MARKS and isinstance(node.func, ast.Name):
            words = node.args[: MARKS[name]]
            is_passed_on = any(isinstance(one, ast.Starred) for one in node.args) or any(
                not k.arg for k in node.keywords
            )
            if is_passed_on or not all(isinstance(one, ast.Constant) and isinstance(one.value, str) for one in words):
                yield f"its words are no literal, {where}"
            elif (
                name == "Sentence"
                and words
                and set(PLACEHOLDER.findall(words[0].value)) != {k.arg for k in node.keywords}
            ):
                yield f"its values are not those of its words, {where}"
        if name in TOLD:
            told = [*node.args[:1], *(k.value for k in node.keywords if k.arg in ("message", "remedy"))]
            if any(isinstance(one, ast.Constant | ast.JoinedStr | ast.BinOp) for one in told):
                yield f"its words are not marked, {where}"


#: `unpacked` makes Sentences that were written elsewhere.
KNOWN = {"src/nexus/exchange/frames.py"}


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_what_is_said_can_be_translated(path: Path) -> None:
    found = list(untranslatable(tree(path)))
    assert bool(found) == (name_of(path) in KNOWN), found


@pytest.mark.parametrize(
    "source",
    [
        'raise Invalid("Words.")',
        'raise Invalid(f"Words {x}.")',
        'raise Invalid("Words %s." % x)',
        'raise Invalid(Sentence("Words."), remedy="More.")',
        'Sentence(f"Words {x}.")',
        "Sentence(words)",
        "Sentence(*words)",
        'Sentence("Words %(a)s.", b=1)',
        'Sentence("Words %(a)s.")',
        "gettext(words)",
        'ngettext("one", many, n)',
        'raise ValidationError("Words.")',
    ],
)
def test_the_test_sees_what_cannot(source: str) -> None:
    assert list(untranslatable(ast.parse(source)))


@pytest.mark.parametrize(
    "source",
    [
        "raise NotFound",
        'raise Invalid(Sentence("Words."), field="x", value="y", remedy=Sentence("One of %(a)s.", a=1))',
        'gettext("Words %(a)s.") % {"a": 1}',
        "raise Conflict(message, remedy=remedy)",  # a Sentence: mypy sees to it
    ],
)
def test_the_test_lets_what_can_pass(source: str) -> None:
    assert not list(untranslatable(ast.parse(source)))
