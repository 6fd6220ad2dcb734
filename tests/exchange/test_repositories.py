"""Local repositories: what HEAD holds, read from the objects."""

import shutil

import pytest
from dulwich import porcelain
from dulwich.repo import Repo

from nexus.base.errors import Invalid


@pytest.fixture
def repository(tree):
    """A work tree with a commit, and changes that are not committed."""
    root = tree(
        {"README.md": "# Committed\n", "notes/a.md": "A", "notes/b.bin": b"\0\xff", ".gitignore": "ignored.md\n"}
    )
    porcelain.init(str(root))
    porcelain.add(str(root), paths=[str(root / p) for p in ("README.md", "notes/a.md", "notes/b.bin", ".gitignore")])
    porcelain.commit(str(root), message=b"First", author=b"Lea <lea@example.org>", committer=b"Lea <lea@example.org>")
    (root / "README.md").write_text("# Not committed\n")
    (root / "new.md").write_text("new")
    return root


COMMITTED = {
    "README.md": b"# Committed\n", "notes/a.md": b"A", "notes/b.bin": b"\0\xff", ".gitignore": b"ignored.md\n",
}  # fmt: skip


def test_a_folder_with_a_repository_is_what_lies_in_it(bring, repository, content):
    bring(repository)
    assert content() == COMMITTED | {"README.md": b"# Not committed\n", "new.md": b"new"}


def test_its_git_folder_is_what_was_committed(bring, repository, content):
    report = bring(repository / ".git")
    assert content() == COMMITTED
    assert report.files.added == 4
    assert bring(repository / ".git").files.unchanged == 4


def test_a_bare_repository_is_its_head(bring, repository, content, tmp_path):
    shutil.move(repository / ".git", tmp_path / "notes.git")
    bring(tmp_path / "notes.git")
    assert content() == COMMITTED


def test_packed_objects_and_packed_refs(bring, repository, content, tmp_path):
    with Repo(str(repository)) as repo:
        repo.object_store.pack_loose_objects()
        repo.refs.pack_refs(all=True)
    bring(repository / ".git")
    assert content() == COMMITTED


def test_a_later_commit_is_a_change(bring, repository, content):
    bring(repository / ".git")
    porcelain.remove(str(repository), paths=[str(repository / "notes" / "a.md")])
    porcelain.add(str(repository), paths=[str(repository / "README.md")])
    porcelain.commit(str(repository), message=b"Second", author=b"L <l@example.org>", committer=b"L <l@example.org>")
    report = bring(repository / ".git")
    assert (report.files.changed, report.files.removed, report.files.unchanged) == (1, 1, 2)
    assert content() == {p: d for p, d in COMMITTED.items() if p != "notes/a.md"} | {"README.md": b"# Not committed\n"}


def test_a_repository_without_a_commit(bring, tmp_path):
    Repo.init_bare(str(tmp_path / "empty.git"), mkdir=True).close()
    with pytest.raises(Invalid) as refused:
        bring(tmp_path / "empty.git")
    assert refused.value.code == "no_commit"


def test_many_files_of_a_repository_in_order(bring, tree, content):
    files = {f"{n % 7}/{n}.md": f"# {n}\n".encode() * n for n in range(120)}
    root = tree(files)
    porcelain.init(str(root))
    porcelain.add(str(root), paths=[str(root / path) for path in files])
    porcelain.commit(str(root), message=b"All", author=b"L <l@example.org>", committer=b"L <l@example.org>")
    bring(root / ".git")
    assert content() == files
