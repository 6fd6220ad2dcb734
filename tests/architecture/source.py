"""The code base as data for the tests of its rules."""

import ast
import functools
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "nexus"


@functools.cache
def tracked() -> tuple[Path, ...]:
    """All files of the repository, as Git knows them; without Git, all that are no cache."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode == 0 and listed.stdout:
        return tuple(ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file())
    kept = (path for top in ("src", "tests", "docs", "deploy") for path in (ROOT / top).rglob("*"))
    return tuple(path for path in kept if path.is_file() and "__pycache__" not in path.parts)


@functools.cache
def modules() -> tuple[Path, ...]:
    """The Python files of src/nexus, without migrations (they are generated, and frozen once released)."""
    return tuple(sorted(path for path in PACKAGE.rglob("*.py") if "migrations" not in path.parts))


@functools.cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def name_of(path: Path) -> str:
    """How a file is called in a message: its path in the repository."""
    return str(path.relative_to(ROOT))
