"""How fast an import is, beside what it cannot do without: parsing the same texts.

    python -m benchmarks.importing [FILES]

Imports the notes of ../shared/data/notes into a new hub of the configured database (DATABASE_URL, NEXUS_DATA_DIR),
then parses the same files in one process, and prints files per second of both and their ratio; then the peak memory of
importing a tenth of them and of all, each in a process of its own. FILES takes only so many.
"""

import os
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

NOTES = Path(__file__).parents[2] / "shared" / "data" / "notes" / "til.tar.gz"


def main(limit: int) -> None:
    """Prints the measurements."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nexus.settings")
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    with tempfile.TemporaryDirectory() as folder:
        paths = unpacked(Path(folder), limit)
        imported = timed_import(Path(folder))
        parsed = timed_parse(paths)
        again = timed_import(Path(folder), again=True)
        print(f"database        {connection.vendor}, {len(paths):,} files of {sum(map(size, paths)):,} bytes")
        print(f"import          {len(paths) / imported:8,.0f} files/s  {imported:6.2f} s")
        print(f"parse alone     {len(paths) / parsed:8,.0f} files/s  {parsed:6.2f} s  (one process, nothing stored)")
        print(f"import again    {len(paths) / again:8,.0f} files/s  {again:6.2f} s  (nothing changes)")
        print(f"ratio           {imported / parsed:8.2f}  import : parse")
        few, all_ = peak_memory(len(paths) // 10), peak_memory(len(paths))
        print(f"peak memory     {few:8.1f} MB for {len(paths) // 10:,} files, {all_:.1f} MB for {len(paths):,}")


def unpacked(folder: Path, limit: int) -> list[Path]:
    """The first notes, in a folder."""
    with tarfile.open(NOTES) as archive:
        members = [member for member in archive.getmembers() if member.isfile()][:limit]
        archive.extractall(folder, members, filter="data")
    return [folder / member.name for member in members]


def size(path: Path) -> int:
    return path.stat().st_size


_hubs: list[str] = []


def timed_import(folder: Path, *, again: bool = False) -> float:
    """Seconds of an import into a new hub, of texts that are not stored yet (`again`: into the same)."""
    from nexus.accounts.actor import Actor
    from nexus.base.ids import uuid7
    from nexus.exchange.actions import import_source
    from nexus.hubs.actions import create_hub
    from nexus.pages.models import StoredDocument

    if not again:
        _hubs.append(create_hub(Actor.operator(), f"bench-{uuid7().hex}").slug)
        StoredDocument.objects.all().delete()  # as if no other hub had these texts
    began = time.perf_counter()
    import_source(Actor.operator(), _hubs[-1], folder)
    return time.perf_counter() - began


def timed_parse(paths: list[Path]) -> float:
    """Seconds of reading and parsing the pages among `paths`, in this process."""
    from nexus.markdown import parse
    from nexus.pages.paths import is_page_name

    began = time.perf_counter()
    for path in paths:
        if is_page_name(path.name):
            parse(path.read_text("utf-8")).to_json()
    return time.perf_counter() - began


def peak_memory(number: int) -> float:
    """Megabytes of a process that imports so many files, at its peak."""
    done = subprocess.run(
        [sys.executable, __file__, "--memory", str(number)], capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def measure_memory(number: int) -> None:
    """Prints the peak memory of this process after an import."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nexus.settings")
    import django

    django.setup()
    with tempfile.TemporaryDirectory() as folder:
        unpacked(Path(folder), number)
        timed_import(Path(folder))
    status = Path(
        "/proc/self/status"
    ).read_text()  # getrusage also counts what the process was before it became this one
    print(int(status.partition("VmHWM:")[2].split()[0]) / 1024)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--memory"]:
        measure_memory(int(sys.argv[2]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
