"""S8: whatever names things names the same: for everybody, in every state of the hubs, each list names exactly what they may
read, and what is asked for one by one is answered for exactly that.

A case is one listing, asked by one actor in one state. The truth is written out by hand (readable_truth.may_read). Some show
a part by design and are compared with it: the sitemap with public hubs; what is new, for those who wrote nothing there.
Nexus has no backlinks and no `totalCount`: the links of texts, facets and `entryCount` are compared in their place.

Left out, since they name the newest or most told, not all: the news of the start page and of overviews, "Where you wrote
last". Since they are for managers or one's own: invitations, webhooks, audit, suspects, jobs (test_doors_agree.py,
test_canary.py). Since who asks is somebody else: share links (test_shares.py), the operator's command. Streams are in
test_rights_end.py, answers that a server keeps in tests/ops/test_personal.py.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from tests.conftest import Cast
from tests.security import readable_web  # noqa: F401  declares its listings
from tests.security.readable_api import LISTINGS
from tests.security.readable_truth import Asker, everybody, may_read, programs
from tests.security.readable_world import World

from nexus.base import shared
from nexus.exchange import jobs

pytestmark = [pytest.mark.security, pytest.mark.django_db]

#: Cases in all: 5,000 by `make test-security`.
CASES = int(os.environ.get("NEXUS_TEST_SETS", "250"))
#: Several workers share them.
PARTS = range(max(1, CASES // 1000))
#: States of a world, and steps before each. Two ask in each.
STATES, STEPS = 3, 12


@pytest.mark.parametrize("part", PARTS)
def test_every_list_names_what_may_be_read(
    cast: Cast,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, object], None],
    part: int,
) -> None:
    """NEXUS_TEST_SETS cases; the same ones each time."""
    monkeypatch.setattr(jobs, "wake", lambda: None)
    settings.RATE_ANONYMOUS = settings.RATE_SIGNED_IN = 10**9
    askers, tally = everybody(cast), Tally()
    for seed in count(part, len(PARTS)):
        with transaction.atomic():
            for world, asker in turns(World(cast, seed), askers):
                compare(world, asker, tally, f"seed {seed}")
                if is_over := tally.cases.total() * len(PARTS) >= CASES:
                    break
            transaction.set_rollback(True)
        cache.clear()
        shared.clear()
        if is_over:
            break
    record_property("readable sets", tally.cases.total())
    record_property("listings of readable sets", len(tally.cases))
    tally.check()


class Tally:
    """How often each listing was compared, named something, and kept something back that it names to an owner of all."""

    def __init__(self) -> None:
        self.cases, self.named, self.hid = Counter[str](), Counter[str](), Counter[str]()

    def check(self) -> None:
        """A listing that named nothing, or hid nothing, was not tried."""
        for counted in (self.cases, self.named, self.hid):
            assert {each.name for each in LISTINGS} - (+counted).keys() == set()


def turns(world: World, askers: list[Asker]) -> Iterator[tuple[World, Asker]]:
    """The world in one state after the other, and who asks then."""
    tokens = programs(world)
    for state in range(STATES):
        world.go_on(STEPS)
        browsers = world.random.sample(askers, 2)
        for asker in [browsers[0], world.random.choice(tokens)] if state == 1 else browsers:
            world.choose()
            yield world, asker


def compare(world: World, asker: Asker, tally: Tally, seed: str) -> None:
    there = [place for place in world.places if not place.is_deleted]
    opened = [replace(place, visibility="public", roles={**place.roles, asker.user: "owner"}) for place in there]
    readable = [place for place in there if may_read(asker, place)]
    for each in LISTINGS:
        must = each.truth(readable, asker)
        named = None if must is None else each.named(asker, world)
        if named is None:
            continue
        assert named == must, f"{seed}, turn {world.turn}: {each.name} for {asker.name}: {sorted(named ^ must)}"
        tally.cases[each.name] += 1
        tally.named[each.name] += bool(must)
        tally.hid[each.name] += must != each.truth(opened, asker)
