"""What the exchange tests share: a hub, its reader, and trees of files."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from nexus.accounts.actor import Actor
from nexus.exchange.actions import import_source
from nexus.exchange.report import ImportReport
from nexus.hubs.actions import create_hub
from nexus.hubs.models import Hub
from nexus.pages import blobs
from nexus.pages.queries import all_paths

OPERATOR = Actor.operator()


@pytest.fixture(autouse=True)
def _own_data(settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path / "data"


@pytest.fixture
def operator() -> Actor:
    return OPERATOR


@pytest.fixture
def hub(db) -> Hub:
    return create_hub(OPERATOR, "guide", title="Guide")


@pytest.fixture
def content() -> Callable[[str], dict[str, bytes]]:
    """Everything live in a hub, by path."""

    def read(slug: str = "guide") -> dict[str, bytes]:
        return {page.path: blobs.read(page.blob) for page in all_paths(OPERATOR, slug)}

    return read


@pytest.fixture
def tree(tmp_path: Path) -> Callable[..., Path]:
    """Makes a folder hold exactly these files, and returns it."""

    def write(files: Mapping[str, bytes | str], name: str = "source") -> Path:
        root = tmp_path / name
        for old in sorted(root.rglob("*"), reverse=True) if root.exists() else []:
            old.rmdir() if old.is_dir() and not old.is_symlink() else old.unlink()
        root.mkdir(exist_ok=True)
        for path, data in files.items():
            target = root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data.encode() if isinstance(data, str) else data)
        return root

    return write


@pytest.fixture
def bring(hub: Hub) -> Callable[..., ImportReport]:
    """Imports a source into the hub."""

    def run(source: Path | str, **options) -> ImportReport:
        return import_source(OPERATOR, "guide", source, **options)

    return run
