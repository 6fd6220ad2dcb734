"""How many requests the matrix made, a figure of docs/reliability.md and a test of its own that it is large; and how many
sets were compared."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.signals import request_started

#: Where somebody looks for what is not theirs.
MATRIX = {"test_canary", "test_rest_canary", "test_graphql_canary", "test_oracles", "test_shares", "test_rights_end"}
_COUNTED = pytest.StashKey[int]()


@pytest.fixture(autouse=True)
def _probes(request: pytest.FixtureRequest) -> Iterator[None]:
    if request.module.__name__.rpartition(".")[2] not in MATRIX:
        yield
        return
    counted = 0

    def count(**_sent: Any) -> None:
        nonlocal counted
        counted += 1

    request_started.connect(count)
    yield
    request_started.disconnect(count)
    request.config.stash[_COUNTED] = request.config.stash.get(_COUNTED, 0) + counted


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker tells what it counted."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["probes"] = session.config.stash.get(_COUNTED, 0)


def pytest_testnodedown(node: Any) -> None:
    """What a worker counted is added up."""
    stash = node.config.stash
    stash[_COUNTED] = stash.get(_COUNTED, 0) + getattr(node, "workeroutput", {}).get("probes", 0)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Says it."""
    if found := config.stash.get(_COUNTED, 0):
        terminalreporter.write_line(f"probes of the matrix: {found}")
    told = [dict(report.user_properties) for report in terminalreporter.stats.get("passed", [])]
    if sets := [each for each in told if "readable sets" in each]:
        listings = max(each["listings of readable sets"] for each in sets)
        cases = sum(each["readable sets"] for each in sets)
        terminalreporter.write_line(f"readable sets: {cases} cases of {listings} listings, all equal")
