"""One server, as people start it, with what a client needs to begin: an account, a token, a hub."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from tests.ops.serving import Served, command

from nexus_client import Nexus

PASSWORD = "correct horse battery staple"


@dataclass(frozen=True)
class World:
    """A served Nexus in which Ada owns the hub `cohort`."""

    server: Served
    token: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    data = tmp_path_factory.mktemp("served")
    (data / "password").write_text(PASSWORD)
    for name in ("ada", "bob"):
        command(
            data, "user", "create", name, "--email", f"{name}@example.org", "--password-file", str(data / "password")
        )
    command(data, "hub", "create", "cohort", "--visibility", "private")
    command(data, "hub", "member", "cohort", "ada", "--role", "owner")
    token = command(data, "token", "create", "ada", "--name", "test", "--scope", "write").strip()
    server = Served(data, DJANGO_SETTINGS_MODULE="nexus.settings")
    yield World(server, token)
    assert server.stop() == 0, server.output
    assert server.process.stderr
    server.process.stderr.close()


@pytest.fixture
def nexus(world: World) -> Iterator[Nexus]:
    with Nexus(world.url, token=world.token) as client:
        yield client
