"""What `frontend/` was built to: which files a module of the pages consists of. Without a build there is none, and the
pages do what they do without scripts."""

import json
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings

#: Made by `make setup`; part of the wheel.
FOLDER = Path(__file__).parent / "static" / "built"


class Module(NamedTuple):
    """The addresses of a module's own file, of those it needs before it can run, and of its styles."""

    script: str
    imports: tuple[str, ...]
    styles: tuple[str, ...] = ()


def module(name: str) -> Module | None:
    """The module of `frontend/src/NAME.ts`; None when nothing was built. Raises KeyError for a name that is none."""
    manifest = _read(FOLDER) if settings.DEBUG else _read_once(FOLDER)
    if not manifest:
        return None
    needed: dict[str, None] = {}
    entry = manifest[f"src/{name}.ts"]
    _collect(manifest, entry, needed)
    styles = tuple(_address(file) for file in entry.get("css", ()))
    return Module(_address(entry["file"]), tuple(_address(file) for file in needed), styles)


def _collect(manifest: dict[str, Any], entry: dict[str, Any], needed: dict[str, None]) -> None:
    for key in entry.get("imports", ()):
        file = manifest[key]["file"]
        if file not in needed:
            needed[file] = None
            _collect(manifest, manifest[key], needed)


def _address(file: str) -> str:
    """Not by the storage: these names hold their content's hash already, and the files name each other."""
    return f"{settings.STATIC_URL}built/{file}"


def _read(folder: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text("utf-8"))
    except FileNotFoundError:
        return {}
    return manifest


#: The server lists the static files when it starts; a build that comes later is for the next start.
_read_once = cache(_read)
