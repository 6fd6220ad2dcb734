"""Owners of one hub who stop being that at once."""

import pytest

pytestmark = [pytest.mark.faults, pytest.mark.security]


def test_of_two_owners_who_leave_at_once_one_stays(instance):
    """B2: whoever comes second is told that a hub keeps an owner."""
    got, left = (line.split() for line in instance.run("-m", "tests.faults.leaver").splitlines())
    assert left == ["1"] * 11
    assert sorted(got) == ["done"] * 11 + ["last_owner"] * 11
