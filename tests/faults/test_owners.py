"""Owners of one hub who stop being that at once."""

import pytest

pytestmark = [pytest.mark.faults, pytest.mark.security]


def test_of_two_owners_who_leave_at_once_one_stays(instance):
    """B2: of nine, by three ways of leaving: a hub keeps an owner, and whoever is refused is told why."""
    *got, left = instance.run("-m", "tests.faults.leaver").splitlines()
    assert len(got) == 9
    assert set(got) <= {"done", "last_owner", "denied", "not_found"}
    assert "done" in got
    assert int(left.removeprefix("owners ")) >= 1
