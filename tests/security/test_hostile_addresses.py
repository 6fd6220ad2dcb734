"""Addresses made to do harm to what reads them: each is answered as what does not exist, never by a trace."""

import pytest
from tests.conftest import make_hub

from nexus.pages import actions

pytestmark = pytest.mark.security

HUGE = "9" * 4_000


@pytest.fixture
def public(cast, client):
    make_hub(cast, "open", "public")
    actions.create_page(cast.lea, "open", "README.md", b"# Open\n")
    return client


@pytest.mark.parametrize(
    "address",
    [
        "/topics/%00", "/open/topics/a%00b", "/topics/" + "x" * 5_000, "/topics/%ED%A0%80", "/topics/%2e%2e%2fetc",
        "/people/" + "a" * 5_000, "/open/people/lea%00", "/open/challenges?after=%00",
        "/open/people/lea/practices?after=%00",
        "/open/found/practice/99999999999999999999999/README.md", f"/open/found/practice/{HUGE}/README.md",
        "/open/found/practice/0/%00", "/open/pages/%00", "/open/raw/%00",
    ],
)  # fmt: skip
def test_what_cannot_be_there_is_not_found(public, address):
    assert public.get(address).status_code == 404


@pytest.mark.parametrize(
    "address",
    [
        "/search?q=%00", "/search?q=%ED%A0%80", "/search?q=" + "%22" * 500, "/search?q=x&hub=%00", "/search?q=x&kind=%00",
        f"/search?q=x&cursor={HUGE}", "/search?q=hub:%00+person:%00+topic:%00+kind:%00", "/search?q=%25_%5C%25",
        "/open/people/lea?week=%00", f"/open/people/lea?week={HUGE}", "/open/people/lea?week=-1", "/open/people/lea?week=99",
        "/open/challenges?only=%00", "/chapters/challenges?only=solved%00",
    ],
)  # fmt: skip
def test_what_means_nothing_is_left_aside(public, address):
    assert public.get(address).status_code == 200
