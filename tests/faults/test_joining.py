"""An invitation for one, accepted by many at once."""

import pytest

pytestmark = [pytest.mark.faults, pytest.mark.security]


def test_of_many_at_once_one_comes_by_a_link_for_one(instance):
    *got, stored = instance.run("-m", "tests.faults.joiner").splitlines()
    assert len(got) == 16
    assert len(set(got) - {"not_found"}) == 1
    assert stored == "members 1 used 1"
