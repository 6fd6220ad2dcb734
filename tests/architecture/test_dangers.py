"""What is not done anywhere (research S6): each pattern, and the only place where it may stand, with the reason."""

import ast
import re
from collections.abc import Callable

import pytest
from tests.architecture.source import PACKAGE, modules, name_of, tracked, tree

type Finds = Callable[[ast.AST], bool]


def calls(*names: str) -> Finds:
    def finds(node: ast.AST) -> bool:
        if not isinstance(node, ast.Call):
            return False
        function = node.func
        return (function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")) in names

    return finds


def imports(*names: str) -> Finds:
    def finds(node: ast.AST) -> bool:
        if isinstance(node, ast.Import):
            return any(alias.name.partition(".")[0] in names for alias in node.names)
        return isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in names

    return finds


def in_a_shell(node: ast.AST) -> bool:
    return isinstance(node, ast.keyword) and node.arg == "shell" and not (
        isinstance(node.value, ast.Constant) and node.value.value is False
    )  # fmt: skip


def formatted_sql(node: ast.AST) -> bool:
    """A statement put together from strings, where it is executed."""
    if not (
        isinstance(node, ast.Call) and calls("execute", "executemany", "raw", "RawSQL", "extra")(node) and node.args
    ):
        return False
    first = node.args[0]
    pasted = isinstance(first, ast.BinOp) and isinstance(first.op, ast.Mod | ast.Add)
    formatted = isinstance(first, ast.Call) and isinstance(first.func, ast.Attribute) and first.func.attr == "format"
    return isinstance(first, ast.JoinedStr) or pasted or formatted


def time_set(node: ast.AST) -> bool:
    """Something recorded at another time than now."""
    return calls("at")(node) and ast.unparse(node).startswith("clock.at(")


#: what → (how it is seen, files where it may stand).
DANGERS: dict[str, tuple[Finds, frozenset[str]]] = {
    "pickle": (imports("pickle", "dill", "shelve", "marshal"), frozenset()),
    "eval": (calls("eval", "exec"), frozenset()),
    "a shell": (in_a_shell, frozenset()),
    "os.system": (calls("system", "popen"), frozenset()),
    "extractall": (calls("extractall", "unpack_archive"), frozenset()),
    "Django's page cache": (calls("cache_page"), frozenset()),
    "another time": (time_set, frozenset({"src/nexus/ops/sample/loading.py"})),  # plays what happened earlier
    "mark_safe": (
        calls("mark_safe", "SafeString"),
        frozenset({"src/nexus/web/views/pages.py"}),
    ),  # rendered by markdown, sanitised
    "SQL made of strings": (
        formatted_sql,
        frozenset({"src/nexus/ops/backup/reading.py"}),  # deletes all rows of our own tables, by their quoted names
    ),
    "yaml.load": (
        lambda node: calls("load", "unsafe_load")(node) and "yaml" in ast.unparse(node),
        frozenset(
            {"src/nexus/markdown/front_matter.py"}
        ),  # with the C form of the safe loader, after its events were looked at
    ),
}


@pytest.mark.parametrize("what", DANGERS)
@pytest.mark.security
def test_it_is_not_done(what: str) -> None:
    finds, allowed = DANGERS[what]
    found = [
        f"{name_of(path)}:{getattr(node, 'lineno', 0)}"
        for path in modules()
        if name_of(path) not in allowed
        for node in ast.walk(tree(path))
        if finds(node)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ("pickle", "from pickle import loads"),
        ("a shell", "run('x', shell=True)"),
        ("SQL made of strings", "cursor.execute(f'SELECT {x}')"),
        ("SQL made of strings", "cursor.execute('SELECT %s' % x)"),
        ("another time", "with clock.at(x): pass"),
        ("mark_safe", "mark_safe(x)"),
        ("extractall", "archive.extractall()"),
        ("yaml.load", "yaml.load(text)"),
    ],
)
def test_the_test_sees_it(what: str, code: str) -> None:
    assert any(DANGERS[what][0](node) for node in ast.walk(ast.parse(code)))


#: Inline code needs a hole in the content security policy; |safe switches escaping off.
IN_TEMPLATES = re.compile(
    r"<script(?![^>]*\bsrc=)[^>]*>|<style|\sstyle=[\"']|\son[a-z]+=[\"']|javascript:|\|\s*safe\b|autoescape\s+off",
    re.IGNORECASE,
)
#: Data blocks are no scripts (HTML §4.12.1).
DATA_BLOCK = re.compile(r"<script[^>]*type=[\"']application/(ld\+)?json[\"']")


@pytest.mark.security
def test_templates_hold_no_inline_code_and_escape_everything() -> None:
    found = [
        f"{name_of(path)}: {match.group()}"
        for path in PACKAGE.rglob("templates/**/*.html")
        for match in IN_TEMPLATES.finditer(DATA_BLOCK.sub("", path.read_text("utf-8")))
    ]
    assert found == []


#: Addresses of registries and places on somebody's machine. The locks name packages and hashes only.
ELSEWHERE = re.compile(
    r"(?<![\w/])/(?:home|Users|root|work|workspace|mnt)/\w|file://(?!\S*\$)|"
    r"(?:files\.python" + r"hosted|pypi\.(?:org|python)|registry\.npm" + r"js|artifact" + r"ory|nex" + r"us\.repo)"
)
#: Files that speak about such paths on purpose: attacks that must be refused, and errors as tools print them.
SPEAKS_OF_IT = ("tests/", "src/nexus/exchange/", "src/nexus/ops/sample/prodev-7/")


def test_no_file_names_a_machine_or_a_registry() -> None:
    text = {".py", ".md", ".txt", ".toml", ".yml", ".yaml", ".sh", ".html", ".css", ".js", ".json", ".cfg", ""}
    found = [
        f"{name_of(path)}: {match.group()}"
        for path in tracked()
        if path.suffix in text and not name_of(path).startswith(SPEAKS_OF_IT)
        for match in ELSEWHERE.finditer(path.read_text("utf-8", errors="replace"))
    ]
    assert found == []
