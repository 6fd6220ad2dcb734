"""`nexus --remote URL`: what it prints, and how it ends, is what the same command does here."""

import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.clients.conftest import World
from tests.ops.serving import PATIENCE, command
from tests.pages.keys import KEYS, Maker
from typer.testing import CliRunner, Result

from nexus.ops.cli.commands import tree

type Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def here(world: World) -> Run:
    """nexus(*words): on the data folder of the server, as its operator."""
    return _runner(NEXUS_DATA_DIR=str(world.server.data))


@pytest.fixture
def there(world: World, settings: Any) -> Callable[..., Result]:
    """nexus(*words): with the server on another machine, as it were. In this process, which may not touch a database."""

    def run(*words: object, code: int = 0, token: str = world.token, remote: str = world.url) -> Result:
        settings.TOKEN, settings.REMOTE = token, remote
        arguments = [str(word) for word in words]
        result = CliRunner().invoke(tree(arguments), arguments)
        assert result.exit_code == code, (result.output, result.exception)
        return result

    return run


def _runner(**environment: str) -> Run:
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
    nexus = Path(sys.executable).with_name("nexus")

    def run(*words: object, code: int = 0, **more: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [nexus, *map(str, words)], env=kept | environment | more, stdin=subprocess.DEVNULL, capture_output=True,
            text=True, timeout=PATIENCE, check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        return done

    return run


def written(root: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    return root


def same(report: str) -> Any:
    """A report without its seconds and its change's number."""
    told = json.loads(report)
    return told | {"seconds": 0, "change": told["change"] is not None}


def test_a_folder_is_imported_there_as_it_is_here(here: Run, there: Callable[..., Result], tmp_path: Path) -> None:
    folder = written(
        tmp_path / "notes",
        {"README.md": b"# Notes\n", "a/b\\c.md": b"# C\n", "old.md": b"x\0", ".git/config": b"no", "pic.bin": b"\0\1"},
    )
    (folder / "link.md").symlink_to("README.md")
    os.mkfifo(folder / "pipe.md")
    (folder / "way-out").symlink_to("/etc")
    mine = here("import", folder, "--hub", "cohort", "--prefix", "here", "--json").stdout
    theirs = there("import", folder, "--hub", "cohort", "--prefix", "there", "--json").stdout
    assert same(theirs) == json.loads(json.dumps(same(mine)).replace('"here/', '"there/'))
    assert json.loads(theirs)["files"]["added"] == 4
    again = there("import", folder, "--hub", "cohort", "--prefix", "there")
    assert "Nothing to change in cohort: 4 unchanged" in again.stderr
    assert "there/link.md: it is a link, and links are not followed" in again.stderr
    (folder / "README.md").unlink()
    assert "1 removed" in there("import", folder, "--hub", "cohort", "--prefix", "there").stderr


def test_what_waits_there_comes_when_somebody_looked(
    there: Callable[..., Result], tmp_path: Path, world: World
) -> None:
    command(world.server.data, "hub", "create", "shown", "--visibility", "public")
    command(world.server.data, "hub", "member", "shown", "ada", "--role", "owner")
    key = KEYS["GitHub"](Maker(9)).encode()
    folder = written(tmp_path / "with-key", {"a.md": b"# A\n", "b.md": b"TOKEN=" + key + b"\n"})
    first = json.loads(there("import", folder, "--hub", "shown", "--json").stdout)
    assert ([each["path"] for each in first["files"]["held"]], first["files"]["added"]) == (["b.md"], 1)
    (suspect,) = first["files"]["suspects"]
    again = json.loads(there("import", folder, "--hub", "shown", "--json", "--reviewed", suspect["id"]).stdout)
    assert (again["files"]["held"], again["files"]["added"]) == ([], 1)


def test_what_cannot_be_read_now_is_not_taken_for_gone(there: Callable[..., Result], tmp_path: Path) -> None:
    folder = written(tmp_path / "kept", {"a.md": b"# A\n", "deep/b.md": b"# B\n"})
    there("import", folder, "--hub", "cohort", "--prefix", "kept")
    (folder / "deep" / "b.md").unlink()
    (folder / "deep").rmdir()
    (folder / "deep").symlink_to(tmp_path)
    report = json.loads(there("import", folder, "--hub", "cohort", "--prefix", "kept", "--json").stdout)
    assert (report["files"]["removed"], [each["path"] for each in report["files"]["refused"]]) == (0, ["kept/deep"])


@pytest.mark.parametrize("form", ["folder", "zip", "json", "git"])
def test_an_export_from_there_is_the_one_from_here(
    here: Run, there: Callable[..., Result], tmp_path: Path, form: str
) -> None:
    there("import", written(tmp_path / "in", {"x/y.md": b"# Y\r\n"}), "--hub", "cohort", "--prefix", "out")
    mine, theirs = tmp_path / "mine", tmp_path / "theirs"
    local = json.loads(here("export", "cohort", mine, "--format", form, "--json").stdout)
    remote = json.loads(there("export", "cohort", theirs, "--format", form, "--json").stdout)
    assert remote | {"seconds": 0, "destination": ""} == local | {"seconds": 0, "destination": ""}
    assert contents(mine) == contents(theirs)
    assert not [each for each in tmp_path.iterdir() if each.name.startswith(".nexus")]
    taken = there("export", "cohort", theirs, "--format", form, "--json", code=1)
    assert json.loads(taken.stdout)["error"]["code"] == "destination_taken"


def contents(path: Path) -> Any:
    if path.is_dir():
        return {str(each.relative_to(path)): each.read_bytes() for each in path.rglob("*") if each.is_file()}
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return {name: archive.read(name) for name in archive.namelist()}
    return path.read_bytes()


def test_a_search_there_prints_what_one_here_does(here: Run, there: Callable[..., Result], tmp_path: Path) -> None:
    page = (
        b"# Ports\n\n## Challenges\n\n### Port taken\n\nProblem: `OSError: [Errno 98] Address already in use`\n\n"
        b"Solution: stop the other.\n"
    )
    there("import", written(tmp_path / "found", {"ports.md": page}), "--hub", "cohort", "--prefix", "found")
    for words in (["Address already in use"], ["ports", "--kind", "page", "--json"]):
        mine, theirs = here("search", *words), there("search", *words)
        assert (theirs.stdout, theirs.stderr) == (mine.stdout, mine.stderr)
    assert there("search", "nothing-of-this-kind").stderr == "Nothing was found.\n"
    assert there("search", "x", "--kind", "cake", code=1).stderr.startswith("nexus: ")


def test_refusals_are_told_as_here(here: Run, there: Callable[..., Result], tmp_path: Path, world: World) -> None:
    folder = written(tmp_path / "some", {"a.md": b"# A\n"})
    for words in (["import", folder, "--hub", "nowhere"], ["export", "nowhere", tmp_path / "x", "--json"],
                  ["import", tmp_path / "absent", "--hub", "cohort", "--json"]):  # fmt: skip
        mine, theirs = here(*words, code=1), there(*words, code=1)
        assert (theirs.stdout, theirs.stderr) == (mine.stdout, mine.stderr)
    words = ["import", folder, "--hub", "cohort"]
    assert "NEXUS_TOKEN" in there(*words, code=1, token="").stderr
    assert json.loads(there(*words, "--json", code=1, token="nxp_wrong").stdout)["error"]["code"] == "invalid_token"
    assert "looks like https://" in there(*words, code=1, remote="nexus.example.org").stderr
    assert "cannot be reached" in there(*words, code=1, remote="http://127.0.0.1:1").stderr
    assert "this machine only" in there(*words, "--as", "ada", code=1).stderr
    assert "this machine only" in there(*words, "--convert-utf16", code=1).stderr


def test_other_commands_say_that_they_work_here_only(
    there: Callable[..., Result], world: World, tmp_path: Path
) -> None:
    for words in (["hub", "list"], ["page", "cat", "cohort", "a.md"], ["doctor"], ["manage", "check"]):
        said = re.sub(r"[\s│]+", " ", there(*words, code=2).stderr)
        assert f"`nexus {words[0]}` works on this machine only" in said
    explicit = there("--remote", world.url, "user", "list", code=2, remote="")
    assert "--remote" in explicit.stderr
    page = written(tmp_path, {"p.md": b"# P\n"}) / "p.md"
    assert "P" in there("parse", page).stdout


def test_as_typed(world: World, tmp_path: Path) -> None:
    nexus = _runner(NEXUS_DATA_DIR=str(tmp_path / "elsewhere"), NEXUS_TOKEN=world.token)
    found = nexus(f"--remote={world.url}", "search", "ports", "--json")
    assert "results" in json.loads(found.stdout)
    assert not list((tmp_path / "elsewhere").glob("*.sqlite3"))
