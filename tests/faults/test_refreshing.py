"""S16: one refresh token, shown by many at once."""

import pytest

pytestmark = [pytest.mark.faults, pytest.mark.security]


def test_of_twenty_at_once_exactly_one_succeeds(instance):
    *got, again = instance.run("-m", "tests.faults.refresher").splitlines()
    assert len(got) == 20
    assert sum(each.startswith("nxr_") for each in got) == 1
    assert got.count("token_reused") == 19
    assert again == "again True", "a race costs nobody their session"
