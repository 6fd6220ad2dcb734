"""T2: an import killed at any step leaves the hub as it was or as it was to be, never between; nothing of it goes on
running, and the next run completes it."""

import json
import os
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.faults
KILLS = int(os.environ.get("NEXUS_TEST_KILLS", "6"))


def write(folder: Path, version: int) -> dict[str, bytes]:
    """A tree that differs between versions in everything an import can do: added, changed, removed, unchanged."""
    files = {f"same/{n}.md": f"# Same {n}\n".encode() for n in range(120)}
    files |= {f"changed/{n}.md": f"# Changed {n}\n\nin version {version}\n".encode() for n in range(60)}
    files |= {f"v{version}/{n}.md": f"# Only in {version}, {n}\n".encode() for n in range(60)}
    files |= {f"files/{n}.bin": b"\0" + bytes([version, n]) * 500 for n in range(20)}
    for path, data in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    return files


def exported(instance, number: int) -> dict[str, bytes]:
    folder = instance.folder / f"out{number}"
    instance.run("-m", "nexus.ops", "export", "guide", str(folder))
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def started(instance, source: Path, kill_at: int = 0) -> "subprocess.Popen[str]":
    return instance.start("-m", "tests.faults.importer", "guide", str(source), str(kill_at))


def completed(instance, source: Path) -> tuple[int, dict]:
    """Runs an import to its end: how many moments there are to kill it, and what it did."""
    process = started(instance, source)
    last = process.communicate(timeout=300)[0].splitlines()[-1]
    assert process.returncode == 0
    _, moments, summary = last.split(" ", 2)
    return int(moments), json.loads(summary)


def helpers(pid: int) -> list[int]:
    listed = subprocess.run(["ps", "--ppid", str(pid), "-o", "pid="], capture_output=True, text=True, check=False)
    return [int(line) for line in listed.stdout.split()]


def gone(pid: int) -> bool:
    """Whether a process has ended (or only waits for init to take note)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_killed_at_any_statement(instance, tmp_path):
    instance.run("-m", "nexus.ops", "hub", "create", "guide")
    instance.run("-m", "nexus.ops", "hub", "create", "trial")
    before: dict[str, bytes] = {}
    for version in (1, 2):
        source = tmp_path / "source"
        subprocess.run(["rm", "-rf", source], check=True)
        after = write(source, version)
        if version == 1:
            process = instance.start("-m", "tests.faults.importer", "trial", str(source))
            moments = int(process.communicate(timeout=300)[0].splitlines()[-1].split()[1])
        # Spread over all there are; the last ones lie in the transaction that makes everything appear.
        for n in range(KILLS):
            kill_at = max(
                1, moments - n * max(1, moments // (2 * KILLS)) if n % 2 else (n + 1) * moments // (KILLS + 1)
            )
            process = started(instance, source, kill_at)
            process.communicate(timeout=300)
            if process.returncode == 0:  # fewer steps were left than the first run had
                break
            assert process.returncode == -9
            assert exported(instance, version * 1000 + n) in (before, after)
        _, summary = completed(instance, source)
        assert (summary["conflicts"], summary["refused"]) == ([], [])
        assert exported(instance, version * 1000 + 999) == after
        assert completed(instance, source)[1]["unchanged"] == len(after)
        before = after
    instance.check()


def test_killed_from_outside_it_ends_with_all_its_helpers(instance, tmp_path):
    instance.run("-m", "nexus.ops", "hub", "create", "guide")
    after = write(tmp_path / "source", 1)
    for n in range(KILLS):
        process = started(instance, tmp_path / "source")
        # The moment is chosen by what it has done, not by a clock.
        for line in process.stdout:
            if line.strip() == f"file {1 + n * len(after) // KILLS}":
                break
        left = helpers(process.pid)
        process.kill()
        process.communicate()
        while not all(gone(pid) for pid in left):
            os.sched_yield()
        assert exported(instance, n) in ({}, after)
    assert completed(instance, tmp_path / "source")[1]["added"] in {0, len(after)}
    assert exported(instance, KILLS) == after
    assert (
        len(list((instance.folder / "var").rglob("incoming-*"))) <= KILLS
    )  # what was being written when it was killed; swept after a day
    instance.check()
