"""T13, R11: imports at the same time, into one hub and beside people who edit: some order of them explains the result,
and nobody waits for somebody who waits for them."""

import json
import os
import random
from pathlib import Path

import pytest

pytestmark = pytest.mark.faults
ROUNDS = int(os.environ.get("NEXUS_TEST_ROUNDS", "3"))


def write(folder: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


def exported(instance, name: str) -> dict[str, str]:
    folder = instance.folder / name
    instance.run("-m", "nexus.ops", "export", "race", str(folder))
    return {str(p.relative_to(folder)): p.read_text() for p in folder.rglob("*") if p.is_file()}


def finished(processes) -> list[dict]:
    said = [process.communicate(timeout=600)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * len(processes)
    return [json.loads(text.splitlines()[-1].split(" ", 2)[2]) for text in said]


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_two_imports_of_the_same_paths(instance, tmp_path, round_):
    """Whoever comes first adds; the other finds its own texts, takes over what an import brought, or is told."""
    instance.run("-m", "nexus.ops", "hub", "create", "race")
    chance = random.Random(round_)
    paths = [f"{n % 5}/{n}.md" for n in range(60)]
    sides = [{path: f"# {path}\n\nby {side if chance.random() < 0.5 else 'both'}\n" for path in paths} for side in "ab"]
    sources = [write(tmp_path / f"source{n}", side) for n, side in enumerate(sides)]
    reports = finished([instance.start("-m", "tests.faults.importer", "race", str(source)) for source in sources])
    result = exported(instance, "out")
    assert sorted(report["added"] for report in reports) == [0, 60]
    late = next(n for n, report in enumerate(reports) if report["added"] == 0)
    assert result == sides[late]
    differing = sum(sides[0][path] != sides[1][path] for path in paths)
    assert (reports[late]["changed"], reports[late]["unchanged"]) == (differing, 60 - differing)
    instance.check()


def test_the_same_import_twice_at_once(instance, tmp_path):
    instance.run("-m", "nexus.ops", "hub", "create", "race")
    files = {f"{n}.md": f"# {n}\n" for n in range(80)}
    source = write(tmp_path / "source", files)
    reports = finished([instance.start("-m", "tests.faults.importer", "race", str(source)) for _ in range(3)])
    assert sorted(report["added"] for report in reports) == [0, 0, 80]
    assert sorted(report["unchanged"] for report in reports) == [0, 80, 80]
    assert exported(instance, "out") == files
    assert len(json.loads(instance.run("-c", _CHANGES))) == 1
    instance.check()


_CHANGES = """
import django, json; django.setup()
from nexus.pages.models import Change
print(json.dumps(list(Change.objects.values_list("kind", flat=True))))
"""


def test_importing_while_others_edit(instance, tmp_path):
    """Every acknowledged line of the writers is there in the end, and every line of the source."""
    instance.run("-m", "nexus.ops", "hub", "create", "race")
    names = ["writer0", "writer1"]
    body = "# Race\n\nsource 0\n\nmiddle\n\n" + "\n\n".join(f"## {name}\n\nwords" for name in names) + "\n"
    source = write(tmp_path / "source", {"page.md": body, "other.md": "# Other\n"})
    finished([instance.start("-m", "tests.faults.importer", "race", str(source))])
    writers = [instance.start("-m", "tests.faults.writer", name, "15", "merge") for name in names]
    merged = 0
    for n in range(1, 5):
        write(source, {"page.md": body.replace("source 0", f"source {n}"), "other.md": f"# Other {n}\n"})
        (report,) = finished([instance.start("-m", "tests.faults.importer", "race", str(source))])
        assert report["conflicts"] == []
        merged += report["merged"]
    lines = [line for process in writers for line in process.communicate(timeout=600)[0].splitlines()]
    result = exported(instance, "out")
    acknowledged = [line for line in lines if not line.startswith("refused")]
    assert len(acknowledged) == 30
    assert [line for line in acknowledged if result["page.md"].splitlines().count(line) != 1] == []
    assert result["page.md"].startswith("# Race\n\nsource 4\n\nmiddle\n")
    assert result["other.md"] == "# Other 4\n"
    assert merged > 0
    instance.check()
