"""The examples of docs/clients.md, as they stand there."""

import re
import zipfile
from pathlib import Path

import pytest
from tests.clients.conftest import World
from tests.ops.serving import ROOT

EXAMPLES = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "clients.md").read_text("utf-8"), re.DOTALL)


def test_the_examples_run(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    with zipfile.ZipFile("notes.zip", "w") as archive:
        archive.writestr(
            "notes/ports.md", "# Ports\n\n## Challenges\n\n### Connection refused\n\nSolution: start it.\n"
        )
    assert len(EXAMPLES) == 2
    for example in EXAMPLES:
        exec(compile(example, "docs/clients.md", "exec"), {"url": world.url, "token": world.token})
    said = capsys.readouterr().out
    assert "1 1.0" in said
    assert "ada/week-1.md" in said
    assert "notes/ports.md" in zipfile.ZipFile("cohort.zip").namelist()
