"""R2: whatever is done to pages, killed before and after each of its statements, is done or not done, never between."""

import os
from collections import defaultdict

import pytest
from tests.faults.instance import Instance
from tests.faults.stepper import DEEDS

pytestmark = pytest.mark.faults
#: Every moment with the full number; else some: an odd step, so that both kinds are among them.
STRIDE = 1 if int(os.environ.get("NEXUS_TEST_KILLS", "6")) >= 100 else 9


def test_killed_at_every_statement_it_is_done_or_not(instance: Instance) -> None:
    instance.run("-m", "nexus.ops", "hub", "create", "guide")
    said = instance.run("-m", "tests.faults.stepper", "guide", str(STRIDE), timeout=1800)
    found: dict[str, list[str]] = defaultdict(list)
    for name, _moment, state in (line.split("\t") for line in said.splitlines()):
        found[name].append(state)
    assert set(found) == set(DEEDS)
    for name, states in found.items():
        assert states[-1] == "done", name
        assert set(states[:-1]) <= {"before", "after"}, (name, states)
        assert states[0] == "before", name
        assert len(states) * STRIDE > 60, (name, states)
        # Once it is done it stays done.
        assert "before" not in states[states.index("after") :] if "after" in states else True, (name, states)
    print({name: f"{states.count('before')} before, {states.count('after')} after" for name, states in found.items()})
    instance.check()
