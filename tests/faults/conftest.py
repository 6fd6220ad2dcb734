import pytest
from tests.faults.instance import Instance


@pytest.fixture
def instance(tmp_path):
    """An instance that only this test uses."""
    made = Instance.create(tmp_path)
    yield made
    made.drop()
