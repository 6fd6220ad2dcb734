"""Every kind of page of the sample: nothing for axe to find, nothing wider than the window, nothing on the console."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from tests.ops.serving import Served

from . import overfull
from .axe import violations
from .conftest import Tab
from .test_first_find import by_own_readme

pytestmark = pytest.mark.services

type Opens = Callable[..., Tab]

ADDRESSES = [
    *(
        "/",
        "/prodev-7/",
        "/nexus/",
        "/chapters/challenges?only=stuck",
        "/topics/docker",
        "/people/jean-paul",
        "/nowhere",
    ),
    *(
        f"/prodev-7/{chapter}"
        for chapter in ("technologies", "concepts", "challenges", "practices", "projects", "topics")
    ),
    *(f"/prodev-7/people{person}" for person in ("", "/amina", "/selam", "/amina/challenges", "/amina?week=6")),
    *(f"/search{query}" for query in ("", "?q=connection+refused", "?q=nobody+says+this")),
    *(
        "/show-me",
        "/account/login/",
        "/account/signup/",
        "/api/v1/docs",
        "/api/v1/errors",
        "/prodev-7/pages/amina",
        "/prodev-7/changes",
        "/prodev-7/changes/11",
        "/prodev-7/history/amina/README.md",
        "/prodev-7/history/amina/README.md?from=1&to=3",
        "/prodev-7/blame/amina/README.md",
        "/prodev-7/trash",
        "/prodev-7/topics/django-rest-framework",
    ),
]
#: Pages that are hard to show: other scripts, from right to left, tables, diagrams and formulas.
TEXTS = re.compile(r"ar|week-0?[1-9]|README|jenkins|errors", re.IGNORECASE)


@pytest.fixture(scope="module")
def overfilled(sampled: Served, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The sample with three hubs more."""
    overfull.fill(sampled.data, tmp_path_factory.mktemp("overfull"))


def pages_of(tab: Tab) -> list[str]:
    """The addresses of every page of the sample hub."""
    sitemap = tab.page.request.get(f"{tab.origin}/sitemap.xml").text()
    return sorted(set(re.findall(r"/prodev-7/pages/[^<\s]+", sitemap)))


def trouble(page: Any) -> list[str]:
    """What is wrong with a page as it stands: axe's findings, and what is wider than the window at any width."""
    found = violations(page)
    for width in (320, 768, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        wider = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
        if wider > 0:
            found.append(f"{wider} pixels wider than {width}")
    return found


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (360, "dark")])
def test_every_kind_of_page(visit: Opens, width: int, scheme: str) -> None:
    tab = visit(viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce")
    wrong = {}
    page = tab.open("/prodev-7/challenges")
    entries = [
        f"/{link.split('/', 3)[3]}"
        for link in page.locator(".challenge-title a").evaluate_all("all => all.map(a => a.href)")
    ]
    for address in [*ADDRESSES, entries[0], entries[-1]]:
        page.set_viewport_size({"width": width, "height": 900})
        page = tab.open(address)
        assert page.locator("h1").count() >= 1, address
        if found := trouble(page):
            wrong[address] = found
    by_own_readme(tab.open("/"))
    if found := trouble(page):
        wrong["what was found"] = found
    assert wrong == {}
    tab.troubles = [said for said in tab.troubles if "404" not in said]  # /nowhere is one
    tab.assert_clean()


def test_every_page_of_the_sample(visit: Opens) -> None:
    tab = visit(viewport={"width": 360, "height": 800})
    addresses = [address for address in pages_of(tab) if TEXTS.search(address)]
    assert len(addresses) > 20
    wrong = {}
    for address in addresses:
        page = tab.open(address)
        if found := trouble(page):
            wrong[address] = found
        page.set_viewport_size({"width": 360, "height": 800})
    assert wrong == {}
    tab.assert_clean()


@pytest.mark.usefixtures("overfilled")
def test_what_is_overfull_and_what_is_empty(visit: Opens) -> None:
    tab = visit(viewport={"width": 360, "height": 900})
    wrong = {}
    page = tab.open("/overfull/challenges")
    entries = page.locator(".challenge-title a").evaluate_all("all => all.map(a => a.pathname)")
    assert len(entries) == 2
    for address in [*overfull.ADDRESSES, *entries]:
        page.set_viewport_size({"width": 360, "height": 900})
        page = tab.open(address)
        assert page.locator("h1").count() >= 1, address
        if found := trouble(page):
            wrong[address] = found
    assert wrong == {}
    tab.assert_clean()


@pytest.mark.usefixtures("overfilled")
def test_in_a_folder_of_400_pages_the_reader_sees_where_they_are(visit: Opens) -> None:
    tab = visit()
    page = tab.open("/overfull/pages/many/note-250.md")
    page.locator(".tree [aria-current=page]", has_text="Note 250").wait_for()
    assert page.locator(".tree [aria-current=page]").bounding_box()["y"] < 900
    assert page.locator(".tree a").count() < 300
    page.locator(".neighbours [rel=next]").click()
    page.wait_for_url("**/note-251.md")
    assert page.locator(".neighbours [rel=prev]").inner_text().endswith("Note 250")
