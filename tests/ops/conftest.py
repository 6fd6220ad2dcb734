"""Server processes for the tests of a directory."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.ops.serving import OPENED, PATIENCE, Served


@pytest.fixture(autouse=True)
def close_connections() -> Iterator[None]:
    yield
    while OPENED:
        OPENED.pop().close()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """start(*arguments, **environment): a server of its own, stopped at the end of the test."""
    started: list[Served] = []

    def one(*arguments: str, **environment: str) -> Served:
        started.append(Served(tmp_path, *arguments, **environment))
        return started[-1]

    yield one
    for server in started:
        if server.process.poll() is None:
            server.process.kill()
            server.process.wait(PATIENCE)
        if server.process.stderr:
            server.process.stderr.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server for all tests of a module that leave it as it was."""
    served = Served(tmp_path_factory.mktemp("served"), NEXUS_MAX_REQUEST_MB="70")
    yield served
    assert served.stop() == 0, served.output
    assert served.process.stderr
    served.process.stderr.close()
