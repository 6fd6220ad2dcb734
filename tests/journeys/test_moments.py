"""Moments in the zone and the way of writing of whoever reads, by a browser that is told where it is and what time it is."""

import datetime
from collections.abc import Callable
from typing import Any

import pytest

from .conftest import Tab

pytestmark = pytest.mark.services

type Opens = Callable[..., Tab]

PAGE = "/open/pages/alpha.md"
#: Nobody's clock is further ahead: UTC+14 the whole year.
KIRITIMATI = datetime.timezone(datetime.timedelta(hours=14))


def when_of(page: Any) -> datetime.datetime:
    """When the page that is shown was changed."""
    return datetime.datetime.fromisoformat(page.locator(".about time").get_attribute("datetime"))


def at(tab: Tab, now: datetime.datetime) -> Any:
    """The page as it is read at a moment; its `<time>`."""
    tab.page.clock.set_fixed_time(now)
    return tab.open(PAGE).locator(".about time")


def test_without_scripts_it_is_utc(tab: Opens) -> None:
    page = tab(java_script_enabled=False, timezone_id="Pacific/Kiritimati").open(PAGE)
    when = when_of(page)
    assert page.locator(".about time").get_attribute("title") == f"{when:%-d %B %Y, %H:%M} UTC"
    assert page.locator(".about time").text_content().endswith(("ago", "now"))


def test_a_day_begins_where_the_reader_is(tab: Opens) -> None:
    opened = tab(timezone_id="Pacific/Kiritimati", locale="en-GB")
    when = when_of(opened.open(PAGE))
    day = when.astimezone(KIRITIMATI).replace(hour=23, minute=30)
    assert at(opened, when + datetime.timedelta(minutes=5)).text_content() == "5 minutes ago"
    assert at(opened, day + datetime.timedelta(days=1)).text_content() == "yesterday"
    assert at(opened, day + datetime.timedelta(days=13)).text_content() == "13 days ago"
    local = when.astimezone(KIRITIMATI)
    shown = at(opened, day + datetime.timedelta(days=14))
    assert shown.text_content() == f"{local:%-d %B %Y}"
    title = shown.get_attribute("title")
    assert f"{local:%-d %B %Y}" in title
    assert f"{local:%H:%M} GMT+14" in title
    assert shown.get_attribute("datetime") == f"{when:%Y-%m-%dT%H:%M:%SZ}"
    opened.assert_clean()


@pytest.mark.parametrize(
    ("locale", "written"), [("en-US", "%B %-d, %Y"), ("de-DE", "%B %-d, %Y"), ("en-GB", "%-d %B %Y")]
)
def test_a_date_is_written_as_the_reader_does_in_the_language_of_the_page(
    tab: Opens, locale: str, written: str
) -> None:
    opened = tab(timezone_id="UTC", locale=locale)
    when = when_of(opened.open(PAGE))
    assert at(opened, when + datetime.timedelta(days=30)).text_content() == when.strftime(written)


def test_every_page_that_says_when_says_it_so(tab: Opens) -> None:
    opened = tab(timezone_id="Pacific/Kiritimati", locale="en-GB")
    for address in ("/", "/open/", "/open/people/operator", PAGE):
        times = opened.open(address).locator("time")
        titles = times.evaluate_all("all => all.map(time => time.title)")
        assert all("GMT+14" in title for title in titles), address
        assert titles, address
