"""The time that everything is recorded with."""

import datetime

import pytest

from nexus.base import clock

PAST = datetime.datetime(2020, 1, 1, 12, tzinfo=datetime.timezone(datetime.timedelta(hours=3)))


def test_inside_it_is_the_given_moment_and_after_it_is_now_again():
    with clock.at(PAST):
        assert clock.now() == PAST
        assert clock.now().tzinfo is datetime.UTC
        with clock.at(PAST - datetime.timedelta(days=1)):
            assert clock.now() == PAST - datetime.timedelta(days=1)
        assert clock.now() == PAST
    assert clock.now() > PAST + datetime.timedelta(days=365)


def test_an_error_inside_ends_it_too():
    with pytest.raises(ValueError, match="x"), clock.at(PAST):
        raise ValueError("x")
    assert clock.now() > PAST + datetime.timedelta(days=365)
