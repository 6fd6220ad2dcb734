"""R8: the disk under NEXUS_DATA_DIR is full, up to the reserve and to its last byte: what writes is refused with 507 and
leaves nothing, what reads goes on, `nexus doctor` says so, and with room again all is as before."""

import errno
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.live.stage import SETTINGS, Stage
from tests.ops.serving import PATIENCE, command
from tests.security.every_door import Door

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="only root may mount a small disk"),
    pytest.mark.skipif(bool(os.environ.get("DATABASE_URL")), reason="a server's database lies on another disk"),
]
TEXT = "# A\n\n## Technologies\n\n- **Docker**: it\n\n" + "word " * 4_000


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 48 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", place], capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip(f"no disk can be mounted here: {done.stderr}")
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


@pytest.fixture
def serve(disk: Path) -> Iterator[Callable[..., Stage]]:
    """A server whose data lies on that disk, and which keeps so many megabytes free."""
    started: list[Stage] = []

    def start(reserve: int) -> Stage:
        (disk / "var").mkdir(exist_ok=True)
        started.append(Stage(disk / "var", **SETTINGS, NEXUS_RESERVE_MB=str(reserve)))
        return started[-1]

    yield start
    for each in started:
        each.process.kill()
        each.process.wait(PATIENCE)
        if each.process.stderr:
            each.process.stderr.close()


class Filler:
    """A file that takes the room of a disk."""

    def __init__(self, disk: Path) -> None:
        self.file = disk / "filler"

    def fill(self, leave: int) -> None:
        """All but so many bytes of it."""
        with self.file.open("ab", buffering=0) as file:
            while self._takes_more(file):
                continue
            file.truncate(max(0, self.file.stat().st_size - leave))

    def _takes_more(self, file: io.FileIO) -> bool:
        try:
            file.write(b"x" * 4096)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            return False
        return True

    def empty(self) -> None:
        self.file.unlink()


def writes(door: Door, browser: Door) -> dict[str, int]:
    """What each door that stores something answers: a small text, a long one, a file, a file by upload, the form."""
    here = "/api/v1/hubs/cohort"
    file = b'--x\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n' + bytes(3_000_000) + b"\r\n"
    path = b'--x\r\nContent-Disposition: form-data; name="path"\r\n\r\nx.bin\r\n--x--\r\n'
    form = f"csrfmiddlewaretoken={browser.headers['X-CSRFToken']}&base=&message=&text="
    kinds = {"Content_Type": "application/json"}
    query = 'mutation { createPage(hub: "cohort", path: "g.md", text: "%s") { errors { code } } }' % ("word " * 4_000)
    asked = {
        "json": door.ask(f"{here}/pages", "POST", json.dumps({"path": "a.md", "text": TEXT}), **kinds),
        "graphql": door.ask("/graphql", "POST", json.dumps({"query": query}), **kinds),
        "attachment": door.ask(
            f"{here}/attachments", "POST", file + path, Content_Type="multipart/form-data; boundary=x"
        ),
        "form": browser.ask(
            "/cohort/edit/f.md", "POST", form + "word+" * 4_000, Content_Type="application/x-www-form-urlencoded"
        ),
    }
    statuses = {name: status for name, (status, _said) in asked.items()}
    if b'"errors":[{' in asked["graphql"][1]:
        assert b"storage_full" in asked["graphql"][1]
        statuses["graphql"] = 507
    for name in ("json", "attachment"):
        assert (statuses[name] == 507) == (b'"storage_full"' in asked[name][1]), asked[name]
    return statuses


def doctor(stage: Stage, reserve: int, *options: str) -> tuple[int, str]:
    """Its exit code, and what it said."""
    done = subprocess.run(
        [Path(sys.executable).with_name("nexus"), "doctor", *options], capture_output=True, text=True, timeout=PATIENCE,
        env={"PATH": os.environ["PATH"], "NEXUS_DATA_DIR": str(stage.data), "NEXUS_RESERVE_MB": str(reserve)}, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("reserve", [10, 0])
def test_a_full_disk_refuses_what_is_written_and_nothing_else(
    disk: Path, serve: Callable[..., Stage], reserve: int
) -> None:
    stage = serve(reserve)
    stage.do("hub", "cohort", "public", {"alice": "owner"})
    stage.do("page", "cohort", "README.md", "# Here\n")
    door, browser = (Door(stage, "alice", shows) for shows in ("access", "session"))
    assert browser.ask("/cohort/")[0] == 200
    before = stage.do("sequence", "cohort")
    filler = Filler(disk)
    filler.fill(leave=reserve * 500_000)
    assert writes(door, browser) == {"json": 507, "graphql": 507, "attachment": 507, "form": 507}
    for who in (door, browser, Door(stage, "", "nothing")):
        for address in (
            "/cohort/",
            "/cohort/pages/README.md",
            "/cohort/raw/README.md",
            "/api/v1/hubs/cohort/pages",
            "/search?q=here",
        ):
            assert who.ask(address)[0] == 200, address
    code, said = doctor(stage, reserve)
    assert code != 0
    assert ("is full: nothing can be written" if reserve == 0 else "texts and files are refused") in said
    assert stage.ask("/health/live")[0] == 200
    filler.empty()
    assert stage.do("sequence", "cohort") == before, "nothing of it was stored"
    assert set(writes(door, browser).values()) <= {200, 201, 302}
    assert stage.do("sequence", "cohort") == before + 4
    assert "Traceback" not in stage.output
    assert stage.stop() == 0
    command(stage.data, "reindex")
    assert "everything holds" in doctor(stage, 10, "--deep")[1], "no row without its file"
