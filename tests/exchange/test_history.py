"""Importing a Git history: each commit a change, as Git made it; again and again; with what was edited here kept."""

import os
import random
import subprocess
from pathlib import Path

import pytest
from dulwich import porcelain

from nexus.accounts.models import Person
from nexus.base.errors import Conflict, Denied, Invalid
from nexus.exchange.actions import import_source
from nexus.exchange.models import HistoryMark
from nexus.hubs.models import Activity
from nexus.knowledge.models import Entry
from nexus.pages import actions, history
from nexus.pages.diff import lines_of
from nexus.pages.models import Change, Page, Version

LEA, LEO = "Lea Learner <lea@git.example>", "Leo <leo@git.example>"


class Git:
    """A work tree that commits as told, a day apart."""

    def __init__(self, root: Path) -> None:
        self.root, self.day = root, 0
        root.mkdir()
        self("init", "-q", "-b", "main")

    def __call__(self, *words: str, author: str = LEA) -> str:
        name, _, email = author.rstrip(">").partition(" <")
        date = f"{1_700_000_000 + 86_400 * self.day} +0100"
        env = {**os.environ, "HOME": str(self.root), "GIT_CONFIG_NOSYSTEM": "1"} | {
            f"GIT_{who}_{what}": value
            for who in ("AUTHOR", "COMMITTER")
            for what, value in (("NAME", name), ("EMAIL", email), ("DATE", date))
        }
        done = subprocess.run(
            ["git", *words], cwd=self.root, env=env, capture_output=True, timeout=30, check=False, text=True
        )
        assert done.returncode == 0 or words[0] == "merge", (words, done.stdout, done.stderr)
        return done.stdout.strip()

    def commit(self, message: str, author: str = LEA, **files: str | bytes | None) -> str:
        """files: content by path ("__" for "/", "_md" for ".md"); None takes it away."""
        self.day += 1
        for name, data in files.items():
            path = self.root / named(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            if data is None:
                path.unlink()
            else:
                path.write_bytes(data.encode() if isinstance(data, str) else data)
        self("add", "-A")
        self("commit", "-q", "--allow-empty", "-m", message, author=author)
        return self("rev-parse", "HEAD")

    def merge(self, branch: str, message: str, author: str = LEA, **files: str) -> None:
        self.day += 1
        self("merge", "-q", "--no-ff", "--no-commit", branch, author=author)
        for name, data in files.items():
            (self.root / named(name)).write_text(data)
        self("add", "-A")
        self("commit", "-q", "--allow-empty", "-m", message, author=author)

    def files(self, commit: str = "HEAD") -> dict[str, bytes]:
        names = self("ls-tree", "-r", "--name-only", "-z", commit).split("\0")
        return {n: subprocess.run(["git", "show", f"{commit}:{n}"], cwd=self.root, capture_output=True, check=True).stdout
                for n in names if n}  # fmt: skip


def named(name: str) -> str:
    return name.replace("__", "/").replace("_md", ".md")


@pytest.fixture
def git(tmp_path) -> Git:
    return Git(tmp_path / "repository")


@pytest.fixture
def brought(bring, git):
    def run(**options):
        return bring(git.root / ".git", history=True, **options)

    return run


def told() -> list[tuple[str, str]]:
    """(who, what they said) of all changes, the first first."""
    return list(Change.objects.order_by("seq").values_list("author__name", "message"))


def test_each_commit_is_a_change_of_its_author_with_its_date(git, brought, content):
    git.commit("First words\n\nAnd a body", README_md="# One\n")
    git.commit("Second", LEO, README_md="# One\n\nTwo\n", notes__a_md="# A\n")
    report = brought()
    assert (report.commits, report.files.added, report.files.changed) == (2, 2, 1)
    assert content() == git.files()
    assert told() == [("Lea Learner", "First words\n\nAnd a body"), ("Leo", "Second")]
    first, second = Change.objects.order_by("seq")
    assert (second.authored_at - first.authored_at).days == 1
    assert first.authored_at.year == 2023
    assert first.created_at.year > 2023
    assert (first.kind, first.brought_by.handle) == ("import", "operator")
    assert first.made_at == first.authored_at
    assert not Person.objects.filter(handle="lea-learner", user__isnull=False).exists()


def test_growth_has_the_dates_of_the_commits(git, brought):
    git.commit("First", README_md="# One\n\n## Technologies\n\n- **Docker**: boxes\n")
    brought()
    entry = Entry.objects.get(title="Docker")
    assert (entry.since, entry.day) == (Change.objects.get().authored_at, Change.objects.get().authored_at.date())


def test_both_dates_and_both_people_are_told(cast, git, client):
    from tests.conftest import make_hub

    make_hub(cast, "open", "public")
    git.commit("First", LEO, README_md="# One\n")
    import_source(cast.mona, "open", git.root / ".git", history=True)
    change = Change.objects.get()
    told = client.get(f"/api/v1/hubs/open/changes/{change.seq}").json()
    assert (told["author"]["name"], told["brought_by"]["handle"], told["authored_at"][:4]) == ("Leo", "mona", "2023")
    shown = client.get(f"/open/changes/{change.seq}").content.decode()
    assert "Brought here by" in shown
    assert "Mona" in shown
    assert 'datetime="2023-' in shown
    actions.revert_change(cast.mona, "open", change.seq)


def test_again_it_brings_only_what_is_new(git, brought, content):
    git.commit("First", README_md="# One\n")
    brought()
    again = brought()
    assert (again.commits, again.change, Change.objects.count()) == (0, None, 1)
    git.commit("Second", README_md="# Two\n")
    git.commit("Third", README_md="# Three\n")
    assert brought().commits == 2
    assert [message for _, message in told()] == ["First", "Second", "Third"]
    assert Activity.objects.filter(verb="change.import").count() == 3
    assert content() == git.files()


def test_moved_files_are_the_same_pages(git, brought, content):
    text = "".join(f"line {n}\n" for n in range(40))
    git.commit("First", a_md=text)
    brought()
    page = Page.objects.get(path="a.md").pk
    git.commit("Move", a_md=None, b_md=text)
    git.commit("Move and edit", LEO, b_md=None, notes__c_md=text + "more\n")
    brought()
    moved = Page.objects.get(pk=page)
    assert (moved.path, moved.is_live) == ("notes/c.md", True)
    assert content() == git.files()
    assert list(Version.objects.filter(page=page).order_by("number").values_list("path", flat=True)) == [
        "a.md", "b.md", "notes/c.md"
    ]  # fmt: skip
    git.commit("Edit", notes__c_md=text)
    assert brought().files.changed == 1
    assert content() == git.files()


def test_a_side_branch_comes_before_its_merge_as_its_authors(git, brought, content):
    base = "".join(f"line {n}\n" for n in range(10))
    git.commit("Base", a_md=base)
    git("checkout", "-q", "-b", "side")
    git.commit("Side 1", LEO, a_md=base.replace("line 8", "side 8"))
    git.commit("Side 2", LEO, a_md=base.replace("line 8", "side 8").replace("line 9", "side 9"), s_md="s\n")
    git("checkout", "-q", "main")
    git.commit("Main", a_md=base.replace("line 1", "main 1"))
    git.merge("side", "Merge side")
    git.commit("After", a_md=(git.root / "a.md").read_text() + "end\n")
    brought()
    assert content() == git.files()
    assert told() == [
        ("Lea Learner", "Base"), ("Lea Learner", "Main"), ("Leo", "Side 1"), ("Leo", "Side 2"), ("Lea Learner", "After")
    ]  # the merge itself did nothing  # fmt: skip
    page = Page.objects.get(path="a.md")
    (third,) = history.texts_of([Version.objects.get(page=page, number=3)])
    assert "main 1" in third
    assert "side 8" in third  # the side's step kept what the trunk had by then


def test_a_conflict_in_the_source_is_what_its_merge_says(git, brought, content):
    git.commit("Base", a_md="one\n", gone_md="x\n")
    git("checkout", "-q", "-b", "side")
    git.commit("Side", LEO, a_md="side\n", gone_md=None)
    git("checkout", "-q", "main")
    git.commit("Main", a_md="main\n", gone_md="y\n")
    git.merge("side", "Merge", a_md="both\n", gone_md="z\n")
    report = brought()
    assert content() == git.files()
    assert report.files.conflicts == []
    assert told()[-1] == ("Lea Learner", "Merge")


def test_what_was_edited_here_is_merged_or_told_and_the_rest_flows(git, brought, content, operator):
    base = "".join(f"line {n}\n" for n in range(10))
    git.commit("First", a_md=base, b_md=base, c_md="c\n", d_md="d\n")
    brought()

    def edit(path: str, text: str) -> None:
        actions.edit_page(operator, "guide", path, text.encode(), base=Page.objects.get(path=path).head_id)

    edit("a.md", base.replace("line 1", "here 1"))
    edit("b.md", base.replace("line 5", "here 5"))
    actions.move_page(operator, "guide", "c.md", "moved/c.md")
    actions.delete_page(operator, "guide", "d.md")
    git.commit("Both", a_md=base.replace("line 8", "there 8"), b_md=base.replace("line 5", "there 5"), c_md="c2\n",
               d_md="d2\n", e_md="e\n")  # fmt: skip
    report = brought()
    assert [noted.path for noted in report.files.conflicts] == ["b.md", "d.md"]
    found = content()
    assert found["a.md"] == base.replace("line 1", "here 1").replace("line 8", "there 8").encode()
    assert found["b.md"] == base.replace("line 5", "here 5").encode()
    assert found["moved/c.md"] == b"c2\n"
    assert (found["e.md"], "d.md" in found) == (b"e\n", False)
    git.commit("Later", e_md="e2\n")
    assert brought().files.conflicts == []
    assert content()["e.md"] == b"e2\n"


def test_an_import_that_ended_anywhere_goes_on(git, brought, content):
    for n in range(6):
        git.commit(f"Commit {n}", a_md=f"{n}\n")
    git("checkout", "-q", "-b", "side", "HEAD~3")
    git.commit("Side 1", LEO, s_md="1\n")
    git.commit("Side 2", LEO, s_md="2\n")
    git("checkout", "-q", "main")
    git.merge("side", "Merge")
    calls = []

    def stop(*_given) -> None:
        calls.append(1)
        if len(calls) in (3, 6):
            raise KeyboardInterrupt

    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            brought(progress=stop)
    brought(progress=stop)
    assert [message for _, message in told()] == [*(f"Commit {n}" for n in range(6)), "Side 1", "Side 2"]
    assert content() == git.files()
    assert HistoryMark.objects.get().commit == git("rev-parse", "HEAD")


def test_a_history_that_was_rewritten_comes_as_one_change(git, brought, content):
    git.commit("First", a_md="1\n")
    git.commit("Second", a_md="2\n", b_md="b\n")
    brought()
    git("reset", "-q", "--hard", "HEAD~1")
    git.commit("Other second", a_md="3\n")
    report = brought()
    assert report.commits is None
    assert content() == git.files()
    git.commit("Third", a_md="4\n")
    assert brought().commits == 1
    assert content() == git.files()


def test_what_came_without_its_history_gets_none(git, bring, brought, content):
    git.commit("First", a_md="1\n")
    bring(git.root / ".git")
    with pytest.raises(Conflict) as refused:
        brought()
    assert refused.value.code == "imported_already"
    assert brought(prefix="again").commits == 1
    git.commit("Second", a_md="2\n")
    bring(git.root / ".git", prefix="again")
    assert brought(prefix="again").commits == 0
    assert content()["again/a.md"] == b"2\n"


def test_only_a_repository_has_a_history(bring, tree):
    with pytest.raises(Invalid) as refused:
        bring(tree({"a.md": "a"}), history=True)
    assert refused.value.code == "no_history"
    with pytest.raises(Invalid):
        bring(tree({"a.md": "a"}), authors="git")
    with pytest.raises(Invalid):
        bring(tree({"a.md": "a"}), history=True, authors="path")


def test_links_and_what_no_path_can_be_are_left_out(git, brought, content):
    (git.root / "link.md").symlink_to("/etc/passwd")
    git.commit("First", README_md="# One\n", bin=b"\0\xff")
    report = brought()
    assert [noted.path for noted in report.files.refused] == ["link.md"]
    assert content() == {"README.md": b"# One\n", "bin": b"\0\xff"}


@pytest.mark.parametrize("at", [10**14, 10**11, 0])
def test_commits_that_lie_are_believed_in_bounds(git, brought, at):
    (git.root / "README.md").write_text("# One\n")
    porcelain.add(str(git.root), paths=[str(git.root / "README.md")])
    who = "\u202e <x@y>".encode()
    porcelain.commit(
        str(git.root), message=b"\xff", author=who, committer=who, author_timestamp=at, commit_timestamp=at
    )
    brought()
    change = Change.objects.get()
    assert (change.authored_at, change.author.handle, change.message) == (None, "person", "\ufffd")


@pytest.mark.parametrize("seed", range(3))
def test_any_history_ends_as_git_has_it(git, brought, content, seed):
    """Made-up histories of branches, merges, moves and deletions, imported in two parts: trunk and end are exact."""
    chance = random.Random(seed)
    names = ["a_md", "b_md", "n__c_md"]
    git.commit("Base", **{name: "".join(f"{name} {n}\n" for n in range(8)) for name in names})
    for part in range(2):
        for number in range(7):
            branches = git("branch", "--format=%(refname:short)").split()
            if chance.random() < 0.3:
                git("checkout", "-q", "-b", f"b{part}{number}")
            elif chance.random() < 0.4 and len(branches) > 1:
                other = chance.choice(branches)
                if other != git("branch", "--show-current"):
                    git.merge(other, f"Merge {other}")
                    if "<<<<<<<" in "".join(p.read_text() for p in git.root.rglob("*.md")):
                        git.commit("Resolved", **{
                            p.relative_to(git.root).as_posix().replace("/", "__").replace(".md", "_md"): "resolved\n"
                            for p in git.root.rglob("*.md") if "<<<<<<<" in p.read_text()
                        })  # fmt: skip
                    continue
            elif branches:
                git("checkout", "-q", chance.choice(branches))
            there = list(git.root.rglob("*.md"))
            if not there or chance.random() < 0.2:
                git.commit(f"New {number}", **{f"new{part}{number}_md": f"{number}\n" * 4})
                continue
            path = chance.choice(sorted(there))
            key = path.relative_to(git.root).as_posix().replace("/", "__").replace(".md", "_md")
            lines = lines_of(path.read_text())
            match chance.choice(["edit", "edit", "edit", "move", "delete"]):
                case "edit":
                    lines[chance.randrange(len(lines)) :] = [f"edit {part}{number}\n"]
                    git.commit(f"Edit {number}", LEO, **{key: "".join(lines)})
                case "move":
                    git.commit(f"Move {number}", **{key: None, f"m{part}{number}_md": "".join(lines)})
                case "delete":
                    git.commit(f"Delete {number}", **{key: None})
        git("checkout", "-q", "main")
        for branch in git("branch", "--format=%(refname:short)").split():
            git("merge", "-q", "-X", "ours", "--no-ff", "-m", f"Take {branch}", branch)
            if git("status", "--porcelain"):
                git("add", "-A")
                git("commit", "-q", "--allow-empty", "-m", "settled")
        report = brought()
        assert not report.files.conflicts, report.files.conflicts
        assert content() == git.files()
    assert brought().commits == 0


def test_folders_name_their_authors_to_mentors(cast, tree):
    from tests.conftest import make_hub

    make_hub(cast)
    source = tree({"lea/a.md": "# A\n", "Zoe Z/z.md": "# Z\n", "README.md": "# All\n"})
    with pytest.raises(Denied):
        import_source(cast.lea, "cohort", source, authors="path")
    import_source(cast.mona, "cohort", source, authors="path")
    whose = dict(Version.objects.values_list("path", "change__author__handle"))
    assert whose == {"lea/a.md": "lea", "Zoe Z/z.md": "zoe-z", "README.md": "mona"}
    assert set(Change.objects.exclude(author__handle="mona").values_list("brought_by__handle", flat=True)) == {"mona"}
    assert import_source(cast.mona, "cohort", source, authors="path").change is None
    assert {person.email for person in Person.objects.filter(handle="zoe-z")} == {""}
