import pytest
from tests.faults.instance import Instance
from tests.live.conftest import redis, start_stage

__all__ = ["redis", "start_stage"]


@pytest.fixture
def instance(tmp_path):
    """An instance that only this test uses."""
    made = Instance.create(tmp_path)
    yield made
    made.drop()
