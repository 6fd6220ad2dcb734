"""Databases of tests' own processes: migrated once for each process of a test run, then copied. Migrating takes longer than
most of what is tested."""

import atexit
import functools
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

#: What `nexus` calls its database in a data folder.
FILE = "nexus.sqlite3"


def migrate(environment: dict[str, str]) -> None:
    """Brings a database up to date, or makes it, by a process in `environment`."""
    done = subprocess.run(
        [sys.executable, "-m", "django", "migrate", "--verbosity", "0"],
        env={"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "nexus.settings"} | environment,
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]


@functools.cache
def _template() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="nexus-fresh-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    migrate({"NEXUS_DATA_DIR": str(folder), "SECRET_KEY": secrets.token_urlsafe(48)})
    return folder / FILE


def database_in(data: Path) -> None:
    """A data folder's empty database, as its first command would make it; one that is there stays."""
    if not (data / FILE).exists():
        data.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(_template(), data / FILE)
