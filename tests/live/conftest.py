"""Servers whose streams are followed."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.live.stage import Redis, Stage, settings_of
from tests.ops.serving import PATIENCE


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One server for all tests of a module; each makes hubs of its own."""
    folder = tmp_path_factory.mktemp("stage")
    environment, instance = settings_of(folder)
    (folder / "var").mkdir(exist_ok=True)
    running = Stage(folder / "var", **environment)
    yield running
    assert running.stop() == 0, running.output
    assert running.process.stderr
    running.process.stderr.close()
    if instance:
        instance.drop()


@pytest.fixture
def start_stage(tmp_path: Path) -> Iterator[Callable[..., Stage]]:
    """start_stage(**environment): servers of one instance, stopped at the end of the test."""
    environment, instance = settings_of(tmp_path)
    (tmp_path / "var").mkdir(exist_ok=True)
    started: list[Stage] = []

    def start(**more: str) -> Stage:
        started.append(Stage(tmp_path / "var", **environment | more))
        return started[-1]

    yield start
    for each in started:
        if each.process.poll() is None:
            each.process.kill()
            each.process.wait(PATIENCE)
        if each.process.stderr:
            each.process.stderr.close()
    if instance:
        instance.drop()


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    running = Redis(tmp_path)
    yield running
    running.kill()
