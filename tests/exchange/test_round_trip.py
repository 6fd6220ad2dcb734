"""Export equals import, byte for byte, and exporting what was exported changes nothing: for files people wrote, and for
trees of any names and contents."""

import contextlib
import os
import tarfile
import tempfile
import unicodedata
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nexus.accounts.actor import Actor
from nexus.base.ids import uuid7
from nexus.exchange.actions import import_source
from nexus.exchange.exporting import FORMATS, export_hub
from nexus.hubs.actions import create_hub

OPERATOR = Actor.operator()
#: The figure is 10,000; `make test-faults` asks for it, every other run for fewer of the same.
TREES = int(os.environ.get("NEXUS_TEST_TREES", "800"))
SHARED = Path(__file__).parents[3] / "shared" / "data"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="no shared data beside the checkout")
SUFFIX = {"folder": "", "zip": ".zip", "json": ".json", "git": ".git"}


def files_in(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def write(folder: Path, files: dict[str, bytes]) -> Path:
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder


def new_hub() -> str:
    return create_hub(OPERATOR, f"h-{uuid7().hex}").slug


def check_round_trip(files: dict[str, bytes], kind: str, scratch: Path) -> None:
    """Folder → hub → export → another hub → export: all the same; and neither import changes anything twice."""
    (scratch / "source").mkdir()
    source = write(scratch / "source", files)
    first, second = new_hub(), new_hub()
    report = import_source(OPERATOR, first, source)
    assert (report.files.added, report.files.refused) == (len(files), [])
    assert import_source(OPERATOR, first, source).change is None
    one, two = scratch / f"one{SUFFIX[kind]}", scratch / f"two{SUFFIX[kind]}"
    export_hub(OPERATOR, first, one, format=kind)
    report = import_source(OPERATOR, second, one)
    assert (report.files.added, report.files.refused) == (len(files), [])
    assert import_source(OPERATOR, second, one).change is None
    export_hub(OPERATOR, second, two, format=kind)
    export_hub(OPERATOR, second, scratch / "plain")
    assert files_in(scratch / "plain") == files
    if kind == "folder":
        assert files_in(one) == files_in(two) == files
    elif kind == "zip":
        assert one.read_bytes() == two.read_bytes()
    elif kind == "json":
        assert one.read_text("utf-8").splitlines()[1:] == two.read_text("utf-8").splitlines()[1:]


@needs_shared
@pytest.mark.parametrize("kind", FORMATS)
def test_readmes_people_wrote(db, tmp_path, settings, kind):
    settings.DATA_DIR = tmp_path / "data"
    check_round_trip(files_in(SHARED / "readmes"), kind, tmp_path)


@needs_shared
@pytest.mark.slow
@pytest.mark.parametrize("kind", FORMATS)
def test_a_repository_of_notes(db, tmp_path, settings, kind):
    settings.DATA_DIR = tmp_path / "data"
    with tarfile.open(SHARED / "notes" / "til.tar.gz") as archive:
        archive.extractall(tmp_path / "til", filter="data")
    files = files_in(tmp_path / "til")
    assert len(files) > 1800
    check_round_trip(files, kind, tmp_path)
    archive_hub = new_hub()
    assert import_source(OPERATOR, archive_hub, SHARED / "notes" / "til.tar.gz").files.added == len(files)


def is_name(segment: str) -> bool:
    return segment not in {".", ".."} and segment.casefold() != ".git" and len(segment.encode()) <= 200


characters = st.characters(exclude_categories=["Cs"], exclude_characters="\0/")
names = st.one_of(
    st.text(characters, min_size=1, max_size=12),
    st.sampled_from(
        [
            "README.md",
            "readme.md",
            "a b",
            "C:x.md",
            "a\\b.md",
            "-x",
            ".hidden",
            "x.MARKDOWN",
            "a\nb.md",
            " ",
            "…",
            "CON",
        ]
    ),
    st.text("ae\u0301\u00e9\u202e\u200b😀", min_size=1, max_size=4).map(lambda name: name + ".md"),
).filter(is_name)
texts = st.lists(
    st.sampled_from(
        ["# H", "text", "\r\n", "\n", "\r", "\ufeff", "\u2028", "\0", "é", "```", "- [ ] x", "[a](b.md)", "😀"]
    )
).map("".join)
contents = st.one_of(texts.map(str.encode), st.binary(max_size=40), texts.map(lambda text: text.encode("utf-16")))


@st.composite
def trees(draw) -> dict[str, bytes]:
    paths = draw(st.lists(st.lists(names, min_size=1, max_size=3).map("/".join), min_size=1, max_size=8, unique=True))
    kept: dict[str, bytes] = {}
    for path in paths:
        below = [f"{other}/" for other in kept]
        if not any(path.startswith(folder) or folder.startswith(f"{path}/") for folder in below):
            kept[path] = draw(contents)
    return kept


def _check_any_tree(files: dict[str, bytes], kind: str, django_settings) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        django_settings.DATA_DIR = Path(scratch) / "data"
        check_round_trip(files, kind, Path(scratch))


RELAXED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]


@settings(max_examples=12, deadline=None, suppress_health_check=RELAXED)
@given(files=trees(), kind=st.sampled_from(FORMATS))
def test_any_tree(db, django_settings, files, kind):
    _check_any_tree(files, kind, django_settings)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))  # so that several workers share them
@settings(max_examples=TREES // 4, deadline=None, database=None, suppress_health_check=RELAXED)
@given(files=trees())
def test_ten_thousand_trees(db, django_settings, files, part):
    with tempfile.TemporaryDirectory() as scratch:
        django_settings.DATA_DIR = Path(scratch) / "data"
        source = write(Path(scratch, "source"), files)
        hub = new_hub()
        import_source(OPERATOR, hub, source)
        assert import_source(OPERATOR, hub, source).change is None
        export_hub(OPERATOR, hub, Path(scratch, "out"))
        assert files_in(Path(scratch, "out")) == files


@pytest.fixture
def django_settings():
    """The settings under another name, since hypothesis has one too."""
    from django.conf import settings as real

    before = real.DATA_DIR
    yield real
    real.DATA_DIR = before


def test_the_trees_are_hard_enough():
    """What the generator makes covers the traps it is there for."""
    seen: set[str] = set()

    @settings(max_examples=300, database=None, suppress_health_check=RELAXED)
    @given(trees())
    def collect(files):
        for path, data in files.items():
            if path != unicodedata.normalize("NFC", path):
                seen.add("not NFC")
            seen.update(mark for mark in ("\\", "\n", " ", "/", ":") if mark in path)
            for mark in (b"\r\n", b"\0", b"\xef\xbb\xbf", b"\xff\xfe"):
                if mark in data:
                    seen.add(repr(mark))
            with contextlib.suppress(UnicodeDecodeError):
                data.decode()
                continue
            seen.add("invalid")

    collect()
    assert seen >= {"not NFC", "\\", "\n", " ", "/", ":", repr(b"\r\n"), repr(b"\0"), repr(b"\xff\xfe"), "invalid"}
