"""When something happened, said without knowing where the reader is."""

import datetime

import pytest

from nexus.base import clock
from nexus.web.templatetags.moments import moment

NOW = datetime.datetime(2026, 11, 25, 0, 30, tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        ({"seconds": -5}, "just now"),
        ({"seconds": 59}, "just now"),
        ({"minutes": 1}, "1 minute ago"),
        ({"minutes": 59}, "59 minutes ago"),
        ({"hours": 1}, "1 hour ago"),  # in UTC that was yesterday, for the reader perhaps not
        ({"hours": 23, "minutes": 59}, "23 hours ago"),
        ({"days": 1}, "1 day ago"),
        ({"days": 13, "hours": 23}, "13 days ago"),
        ({"days": 14}, "11 November 2026"),
    ],
)
def test_a_moment_is_so_long_ago_and_then_its_date(passed, words):
    when = NOW - datetime.timedelta(**passed)
    with clock.at(NOW):
        said = str(moment(when))
    assert said.endswith(f">{words}</time>")


def test_it_carries_date_and_time_in_utc_whatever_zone_it_came_in():
    when = datetime.datetime(2026, 11, 9, 1, 5, 7, tzinfo=datetime.timezone(datetime.timedelta(hours=3)))
    with clock.at(NOW):
        said = str(moment(when))
    assert 'datetime="2026-11-08T22:05:07Z" title="8 November 2026, 22:05 UTC">8 November 2026<' in said
