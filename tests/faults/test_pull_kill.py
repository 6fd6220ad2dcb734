"""T2: a pull with its history killed at any statement: each commit was brought as a whole or not at all, the next pull goes
on behind it, none comes twice, and at the end the hub is as the repository."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.exchange.test_history import LEO, Git
from tests.faults.instance import Instance
from tests.faults.test_import_kill import exported

pytestmark = pytest.mark.faults
KILLS = int(os.environ.get("NEXUS_TEST_KILLS", "6"))
#: Of the same few commits.
AT_ONCE = min(KILLS, 40)
CHANGES = """
import django; django.setup()
from nexus.pages.models import Change
for change in Change.objects.filter(hub__slug="guide").order_by("seq"): print(change.message, change.author.name, sep=" | ")
"""


@pytest.fixture
def git(tmp_path: Path) -> Git:
    return Git(tmp_path / "repository")


def some_commits(git: Git, part: int) -> list[str]:
    """Pages that come, change, move and go, a file, and a side branch that is merged; what the changes are to be."""
    expected = []

    def commit(message: str, author: str = "Lea Learner <lea@git.example>", **files: str | bytes | None) -> None:
        git.commit(f"{message} {part}", author, **files)
        expected.append(f"{message} {part} | {author.partition(' <')[0]}")

    commit("Add", **{f"p{part}__{n}_md": f"# {n}\n\n## Technologies\n\n- **Docker**: it\n" for n in range(5)})
    commit("Change", LEO, **{f"p{part}__{n}_md": f"# {n}\n\nchanged\n" for n in range(3)}, data_bin=b"\0%d" % part)
    commit("Move", **{f"p{part}__4_md": None, f"moved{part}__4_md": "# 4\n\n## Technologies\n\n- **Docker**: it\n"})
    git("checkout", "-q", "-b", f"side{part}", "HEAD~1")
    commit("Beside", LEO, **{f"side{part}_md": "# Side\n"})
    git("checkout", "-q", "main")
    git.merge(f"side{part}", f"Merge {part}")
    commit("Remove", **{f"p{part}__0_md": None})
    return expected


@pytest.fixture
def undisturbed(tmp_path: Path) -> Iterator[Instance]:
    """Another instance, which says how many moments there are: what one has stored before takes fewer."""
    (tmp_path / "undisturbed").mkdir()
    made = Instance.create(tmp_path / "undisturbed")
    yield made
    made.drop()


def pulled(instance: Instance, git: Git, kill_at: int = 0) -> list[str] | None:
    """What a pull says at its end; None when it was killed before."""
    process = instance.start("-m", "tests.faults.puller", "guide", str(git.root), str(kill_at))
    said = process.communicate(timeout=300)[0].split()
    assert process.returncode in (0, -9), said
    return said if process.returncode == 0 else None


def test_killed_at_any_statement_the_next_pull_goes_on(instance: Instance, undisturbed: Instance, git: Git) -> None:
    for each in (instance, undisturbed):
        each.run("-m", "nexus.ops", "hub", "create", "guide")
    expected: list[str] = []
    kills = part = 0
    while part < 2 or kills < KILLS:
        part += 1
        expected += some_commits(git, part)
        said = pulled(undisturbed, git)
        assert said
        moments, seen, killed = int(said[1]), 0, 0
        for n in range(AT_ONCE):
            # Spread over all there are; each goes on where the one before was, so that less is left.
            if pulled(instance, git, 1 + n * moments // (2 * AT_ONCE)) is not None:
                break
            killed += 1
            told = instance.run("-c", CHANGES).splitlines()
            assert told == expected[: len(told)]
            assert len(told) >= seen
            seen = len(told)
        assert killed > AT_ONCE // 3
        kills += killed
        print(f"{killed} of {AT_ONCE} kills over {moments} moments, {len(told)} of {len(expected)} commits by then")
        assert pulled(instance, git)
        assert instance.run("-c", CHANGES).splitlines() == expected
        assert exported(instance, part) == git.files()
        assert pulled(instance, git)[2:] == ["done", "0"]
    instance.check()
