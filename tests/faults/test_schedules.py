"""R10: generated schedules of create, edit, move, delete, restore and revert against a model of what must be there."""

import os
import random

import pytest

from nexus.accounts.actor import Actor
from nexus.base.errors import Conflict, Invalid, NotFound
from nexus.hubs import actions as hubs
from nexus.hubs.activity import nudge
from nexus.hubs.models import Hub
from nexus.knowledge.invariants import invariants as knowledge_invariants
from nexus.pages import actions, blobs, queries
from nexus.pages.invariants import invariants as page_invariants
from nexus.pages.models import Version

pytestmark = [pytest.mark.faults, pytest.mark.django_db]

#: The figure of the issue is 5,000; `make test-faults` asks for it, every other run for fewer of the same.
SCHEDULES = int(os.environ.get("NEXUS_TEST_SCHEDULES", "60"))
STEPS = 10
#: Schedules of one test: few enough that checking all of them together stays cheap.
BATCH = 20
PATHS = ["a.md", "x/a.md", "x/b.txt", "x/y/c.md", "y/a.md", "x", "Y/a.md"]
FOLDERS = ["x", "y", "x/y", "z", "z/x"]


class Model:
    """What the hub must hold: the live paths with their bytes, and every text that was ever acknowledged."""

    def __init__(self, hub: str, seed: int) -> None:
        self.hub, self.random, self.actor = hub, random.Random(seed), Actor.operator()
        self.live: dict[str, bytes] = {}
        self.texts: set[bytes] = set()
        self.changes: list[int] = []

    def blocked(self, path: str, besides: set[str] = frozenset()) -> bool:
        """Whether something stands at `path`, above it, or below it."""
        return any(
            p == path or p.startswith(path + "/") or path.startswith(p + "/") for p in self.live if p not in besides
        )

    def step(self) -> None:
        verb = self.random.choice(
            ["create", "create", "edit", "stale", "move", "folder", "delete", "restore", "revert"]
        )
        before = dict(self.live)
        try:
            getattr(self, verb)()
        except (Conflict, Invalid, NotFound):
            self.live = before
        self.compare(verb)

    def text(self) -> bytes:
        return self.random.choice([b"", b"\n", b"a\r\nb\n"]) + str(self.random.random()).encode() + b"\n"

    def done(self, change) -> None:
        if change is not None:
            self.changes.append(change.seq)

    def create(self) -> None:
        path, text = self.random.choice(PATHS), self.text()
        blocked = self.blocked(path)
        self.done(actions.create_page(self.actor, self.hub, path, text))
        assert not blocked, path
        self.live[path] = text
        self.texts.add(text)

    def edit(self) -> None:
        path, text = self.random.choice(PATHS), self.text()
        base = queries.path_for(self.actor, self.hub, path).head_id
        self.done(actions.edit_page(self.actor, self.hub, path, text, base=base))
        self.live[path] = text
        self.texts.add(text)

    def stale(self) -> None:
        path = self.random.choice(PATHS)
        page = queries.path_for(self.actor, self.hub, path)
        base = page.versions.order_by("number").first().pk
        expected_refusal = base != page.head_id
        text = self.text()
        self.done(actions.edit_page(self.actor, self.hub, path, text, base=base))
        assert not expected_refusal
        self.live[path] = text
        self.texts.add(text)

    def move(self) -> None:
        source, target = self.random.sample(PATHS, 2)
        if source not in self.live and any(p.startswith(source + "/") for p in self.live):
            return  # a folder of that name: the next verb
        blocked = self.blocked(target, {source})
        self.done(actions.move_page(self.actor, self.hub, source, target))
        assert not blocked
        self.live[target] = self.live.pop(source)

    def folder(self) -> None:
        source, target = self.random.sample(FOLDERS, 2)
        if source in self.live:
            return
        moved = {p for p in self.live if p.startswith(source + "/")}
        blocked = any(self.blocked(target + p[len(source) :], moved) for p in moved)
        self.done(actions.move_page(self.actor, self.hub, source, target))
        assert moved
        assert not blocked
        assert not target.startswith(source + "/")
        for path in moved:
            self.live[target + path[len(source) :]] = self.live.pop(path)

    def delete(self) -> None:
        path = self.random.choice([*PATHS, *FOLDERS])
        gone = {p for p in self.live if p == path} or {p for p in self.live if p.startswith(path + "/")}
        self.done(actions.delete_page(self.actor, self.hub, path))
        assert gone
        for each in gone:
            del self.live[each]

    def restore(self) -> None:
        path = self.random.choice(PATHS)
        was_live = path in self.live
        self.done(actions.restore_page(self.actor, self.hub, path))
        if not was_live:
            self.live[path] = blobs.read(queries.path_for(self.actor, self.hub, path).blob)
            assert self.live[path] in self.texts

    def revert(self) -> None:
        if not self.changes:
            return
        self.done(actions.revert_change(self.actor, self.hub, self.random.choice(self.changes)))
        # What a revert makes is checked against the texts ever written; merges of distinct lines do not arise here.
        self.live = self.stored()
        assert set(self.live.values()) <= self.texts

    def stored(self) -> dict[str, bytes]:
        return {page.path: blobs.read(page.blob) for page in queries.all_paths(self.actor, self.hub)}

    def compare(self, verb: str) -> None:
        assert self.stored() == self.live, verb


@pytest.mark.parametrize("first", range(0, SCHEDULES, BATCH))
def test_schedules_keep_every_invariant(db, first):
    for seed in range(first, min(first + BATCH, SCHEDULES)):
        slug = f"schedule-{seed}"
        hubs.create_hub(Actor.operator(), slug)
        model = Model(slug, seed)
        for _ in range(STEPS):
            model.step()
        written = {blobs.read(v.blob) for v in Version.objects.filter(page__hub__slug=slug).select_related("blob")}
        assert model.texts <= written, seed  # every text that was acknowledged is in some version
        nudge(Hub.objects.get(slug=slug).pk)
    assert [*page_invariants(), *knowledge_invariants()] == []
