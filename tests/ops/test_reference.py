"""`nexus manage write_reference`: the generated documents say what the code says."""

import io
import shutil
from pathlib import Path

from django.core.management import call_command

DOCS = Path(__file__).parents[2] / "docs"
MADE = ("configuration.md", "cli.md", "errors.md", "data-model.md", "schema.graphql")


def write(docs: Path) -> list[str]:
    said = io.StringIO()
    call_command("write_reference", str(docs), stdout=said)
    return said.getvalue().split()


def test_what_is_written_is_what_is_committed(tmp_path: Path) -> None:
    shutil.copy(DOCS / "data-model.md", tmp_path)
    assert [Path(path).name for path in write(tmp_path)] == [
        "configuration.md",
        "cli.md",
        "errors.md",
        "schema.graphql",
    ]
    for name in MADE:
        assert (tmp_path / name).read_text() == (DOCS / name).read_text(), name
    assert write(tmp_path) == []


def test_only_what_is_generated_is_made_anew(tmp_path: Path) -> None:
    text = (DOCS / "data-model.md").read_text()
    for name in MADE:
        shutil.copy(DOCS / name, tmp_path)
    (tmp_path / "data-model.md").write_text(text.replace("erDiagram", "erDiagram\n  Nothing {\n  }"))
    assert [Path(path).name for path in write(tmp_path)] == ["data-model.md"]
    assert (tmp_path / "data-model.md").read_text() == text
