"""R9: writers in processes of their own, on one page: every edit is stored, merged, or refused with both versions."""

import os
import signal
import subprocess

import pytest

pytestmark = pytest.mark.faults

WRITERS = 8
#: The figure of the issue is 200; `make test-faults` asks for it, every other run for less of the same.
EDITS = int(os.environ.get("NEXUS_TEST_EDITS", "12"))
#: The figure is 500, and 10,000 acknowledged writes.
KILLS = int(os.environ.get("NEXUS_TEST_WRITER_KILLS", "6"))
#: Deeds of four racers together: as many as there are schedules of one alone (test_schedules), 5,000 at the figure.
RACED = max(240, int(os.environ.get("NEXUS_TEST_SCHEDULES", "60")))
LISTED = """
import django; django.setup()
from nexus.pages import blobs
from nexus.pages.models import Page
for page in Page.objects.filter(live_key__isnull=False).select_related("blob").iterator(500):
    print(page.path, blobs.read(page.blob).decode().strip(), sep="\\t")
"""
CHECK = """
import django; django.setup()
from nexus.accounts.actor import Actor
from nexus.pages import blobs, queries
from nexus.pages.models import Change, Version
actor = Actor.operator()
page = queries.path_for(actor, "race", "page.md")
print(Version.objects.filter(page=page).count(), Change.objects.count())
print(blobs.read(page.blob).decode())
"""


@pytest.mark.parametrize("mode", ["merge", "refuse"])
def test_no_edit_is_lost(instance, mode):
    names = [f"writer{n}" for n in range(WRITERS)]
    start = "# Race\n\n" + "\n\n".join(f"## {name}\n\nwords of {name}" for name in names) + "\n"
    (instance.folder / "page.md").write_text(start)
    instance.run("-m", "nexus.ops", "hub", "create", "race")
    instance.run("-m", "nexus.ops", "page", "put", "race", "page.md", "page.md")
    running = [instance.start("-m", "tests.faults.writer", name, str(EDITS), mode) for name in names]
    said = [process.communicate(timeout=1200)[0].splitlines() for process in running]
    assert [process.returncode for process in running] == [0] * WRITERS
    acknowledged = [line for lines in said for line in lines if not line.startswith("refused")]
    assert len(acknowledged) == WRITERS * EDITS
    counts, _, text = instance.run("-c", CHECK).partition("\n")
    lines = text.splitlines()
    assert [line for line in acknowledged if lines.count(line) != 1] == []
    assert counts == f"{len(acknowledged) + 1} {len(acknowledged) + 1}"
    instance.check()


def test_what_was_acknowledged_survives_kill(instance):
    """R1: SIGKILL while writing; everything acknowledged is there, to the byte, and every invariant holds."""
    instance.run("-m", "nexus.ops", "hub", "create", "race")
    acknowledged: list[str] = []
    writers = instance.start("-m", "tests.faults.writer", stdin=subprocess.PIPE)
    for n in range(KILLS):
        writers.stdin.write(f"w{n}\n")
        writers.stdin.flush()
        # What was in the pipe when the one before died was acknowledged too: it comes before the number of this one.
        while not (line := writers.stdout.readline().strip()).isdecimal():
            acknowledged.append(line)
        # The moment is chosen by what it has done, not by a clock: after so many acknowledged writes it is amid the next.
        for said in writers.stdout:
            acknowledged.append(said.strip())
            if said.strip() == f"w{n} {10 + (n * 7) % 23}":
                break
        os.kill(int(line), signal.SIGKILL)
    acknowledged += writers.communicate()[0].splitlines()
    listed = dict(line.split("\t") for line in instance.run("-c", LISTED).splitlines())
    expected = {f"{name}/{int(k) % 7}/{k}.md": f"# {name} {k}" for name, k in (line.split() for line in acknowledged)}
    assert len(acknowledged) == len(expected) >= 10 * KILLS
    assert {path: text for path, text in expected.items() if listed.get(path) != text} == {}
    unheard = [path for path in listed if path not in expected]
    assert len(unheard) <= KILLS  # at most the write in flight at each kill
    print(f"{len(acknowledged)} acknowledged, {KILLS} kills, {len(unheard)} written and not acknowledged")
    instance.check()


def test_creating_one_path_has_one_winner(instance):
    """T12: many create the same page and folder at once."""
    instance.run("-m", "nexus.ops", "hub", "create", "race")
    running = [instance.start("-m", "tests.faults.racer", "paths", str(n)) for n in range(4)]
    won = [line for process in running for line in process.communicate(timeout=300)[0].split()]
    assert [process.returncode for process in running] == [0] * 4
    assert len(won) == len(set(won)) == 40  # each a/N.md once, and of each b/N and b/N/c.md exactly one
    instance.check()


def test_deletes_moves_and_edits_at_once_leave_no_damage(instance):
    """T12: whoever loses is told so; nothing is orphaned, no text is lost."""
    instance.run("-m", "nexus.ops", "hub", "create", "race")
    running = [instance.start("-m", "tests.faults.racer", "verbs", str(n), str(RACED // 4)) for n in range(4)]
    for process in running:
        process.communicate(timeout=1800)
    assert [process.returncode for process in running] == [0] * 4
    instance.check()
