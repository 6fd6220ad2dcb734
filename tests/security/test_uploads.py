"""S14: files that others brought, by every address that gives bytes back: none is shown as what it would run as, each is
saved under one safe name, and no spelling of an address leads out of the hub."""

import re
import unicodedata
from urllib.parse import quote, unquote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.api.rest.conftest import api  # noqa: F401  a fixture
from tests.conftest import PASSWORD
from tests.security.inventory import ADDRESSES
from tests.security.uploads import BYTES, FILES, OUTSIDE, UNFIT, Upload

from nexus.exchange.jobs import run_next
from nexus.pages import shares
from nexus.pages.models import Page, Version
from nexus.search.addresses import raw_address

pytestmark = pytest.mark.security

SANDBOX = "sandbox; default-src 'none'"
SEEN_SANDBOX = f"{SANDBOX}; style-src 'unsafe-inline'; frame-ancestors 'none'"
#: Every address that answers with bytes as somebody brought them; `exports` and one's own data are looked at apart.
GIVES_BYTES = {
    "<hub:hub>/raw/<file:path>", "<hub:hub>/versions/<uuid:version>/raw", "shared/<str:token>/raw/<file:path>",
    "api/v1/hubs/<str:hub>/pages/<uuid:page_id>/text",
    "api/v1/hubs/<str:hub>/pages/<uuid:page_id>/versions/<int:number>/text",
    "api/v1/hubs/<str:hub>/attachments/<uuid:page_id>/content",
}  # fmt: skip
#: RFC 6266 §4.1 with RFC 5987: one parameter, quoted or extended.
DISPOSITION = re.compile(
    r"""(inline|attachment);\ filename
    (?:="((?:[\ !\x23-\x5b\x5d-\x7e]|\\["\\])*)"|\*=utf-8''([A-Za-z0-9!#$&+.^_`|~%/-]*))""",
    re.VERBOSE,
)


def put_there(cast, lea, files) -> dict[str, str]:
    """What Lea brings, and the tokens of shares of it, by folder."""
    for file in files:
        sent = SimpleUploadedFile("x", file.data, content_type=file.said)
        answer = lea.client.post(
            "/api/v1/hubs/cohort/attachments", {"path": file.path, "file": sent}, headers=lea.headers
        )
        assert answer.status_code == 201, (file.path, answer.content)
    return {folder: shares.create_share(cast.alice, "cohort", folder).token for folder in ("a", "b", "c")}


@pytest.fixture
def shared(cast, hub, api):  # noqa: F811
    return put_there(cast, api("lea"), FILES)


@pytest.fixture
def shared_few(cast, hub, api):  # noqa: F811
    """Where it is not for their bytes and names: one of each folder."""
    return put_there(cast, api("lea"), [next(file for file in FILES if file.path[0] == folder) for folder in "abc"])


def saved_as(answer) -> tuple[str, str]:
    """How an answer is to be shown, and the name under which it is saved."""
    told = DISPOSITION.fullmatch(answer["Content-Disposition"])
    assert told, answer["Content-Disposition"]
    how, quoted, extended = told.groups()
    return how, re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else unquote(extended)


def assert_one_safe_name(name: str, path: str) -> None:
    assert name, path
    assert not re.search(r"[/\\]", name), name
    hidden = [letter for letter in name if unicodedata.category(letter) in {"Cc", "Zl", "Zp", "Cs"}]
    turning = [letter for letter in name if unicodedata.bidirectional(letter) in {"RLO", "LRO", "RLE", "LRE", "PDF",
                                                                                 "RLI", "LRI", "FSI", "PDI"}]  # fmt: skip
    assert not hidden + turning, ascii(name)
    kept = path.rpartition("/")[2]
    assert len(name) == len(kept), "nothing is lost but what deceives"


def assert_runs_nowhere(answer, file: Upload, *, program: bool) -> None:
    """program: by REST, which shows nothing in place."""
    where = (ascii(file.path), answer.request["PATH_INFO"])
    assert answer.status_code == 200, where
    assert b"".join(answer) == file.data, where
    assert answer["X-Content-Type-Options"] == "nosniff", where
    assert answer["Content-Security-Policy"] == (SANDBOX if program else SEEN_SANDBOX), where
    assert not [name for name in answer.headers if "inject" in name.lower()], where
    assert answer["Content-Type"] == (BYTES if program else file.kind), where
    if program or file.kind == BYTES:
        how, name = saved_as(answer)
        assert how == "attachment", where
        assert_one_safe_name(name, file.path)
    elif file.kind.startswith("image/"):
        how, name = saved_as(answer)
        assert how == "inline", where
        assert_one_safe_name(name, file.path)
    answer.close()


def test_the_list_of_addresses_that_give_bytes_is_whole():
    assert len(FILES) >= 60
    assert len({file.path for file in FILES}) == len(FILES)
    said = re.compile(r"/(raw|text|content)\b")
    found = {address for address in ADDRESSES if said.search(address)}
    assert found - GIVES_BYTES == {"api/v1/hubs/<str:hub>/exports/<uuid:job_id>/content"}
    assert found >= GIVES_BYTES


def test_no_file_runs_by_any_address(shared, api, client, settings):  # noqa: F811
    settings.RATE_SIGNED_IN = settings.RATE_ANONYMOUS = 10**6
    assert client.login(username="mona", password=PASSWORD)
    mona, asked = api("mona"), 0
    for file in FILES:
        page = Page.objects.get(path=file.path)
        address = quote(file.path, safe="/")
        for shown in (
            client.get(raw_address("cohort", file.path)),
            client.get(f"/cohort/raw/{address}", headers={"Accept": file.said}),
            Client().get(f"/shared/{shared[file.path[0]]}/raw/{address}"),
            client.get(f"/cohort/versions/{page.head_id}/raw"),
        ):
            assert_runs_nowhere(shown, file, program=False)
            asked += 1
        for given in (
            mona("GET", f"hubs/cohort/pages/{page.pk}/text", headers={"Accept": file.said}),
            mona("GET", f"hubs/cohort/pages/{page.pk}/versions/1/text"),
            mona("GET", f"hubs/cohort/attachments/{page.pk}/content"),
        ):
            assert_runs_nowhere(given, file, program=True)
            asked += 1
    assert asked >= 60 * 7


def test_the_pages_about_them_show_no_byte_of_them(shared, client):
    """The card of a file, of a version, of a share: names are text, bytes are elsewhere."""
    assert client.login(username="mona", password=PASSWORD)
    for file in FILES:
        page = Page.objects.get(path=file.path)
        for answer in (
            client.get(f"/cohort/pages/{quote(file.path)}"),
            client.get(f"/cohort/versions/{page.head_id}"),
            client.get(f"/shared/{shared[file.path[0]]}/pages/{quote(file.path)}"),
        ):
            said = answer.content.decode()
            assert answer.status_code == 200, ascii(file.path)
            assert "<img src=x" not in said
            assert "top.ran" not in said
            assert "'unsafe-inline'" not in answer["Content-Security-Policy"]


def test_what_was_not_changed_keeps_its_headers(shared_few, client, api):  # noqa: F811
    """A 304 renews what the browser kept, headers too (RFC 9111 §4.3.4)."""
    assert client.login(username="mona", password=PASSWORD)
    mona = api("mona")
    page = Page.objects.get(path="a/plain.svg")
    for again in (
        client.get("/cohort/raw/a/plain.svg", headers={"If-None-Match": f'"{page.blob.hash}"'}),
        mona("GET", f"hubs/cohort/attachments/{page.pk}/content", headers={"If-None-Match": f'"{page.head_id}"'}),
    ):
        assert again.status_code == 304
        assert again["Content-Security-Policy"].startswith(SANDBOX)
        assert again["X-Content-Type-Options"] == "nosniff"


def test_a_packed_hub_is_saved_not_shown(shared_few, api, client):  # noqa: F811
    alice = api("alice")
    made = alice("POST", "hubs/cohort/exports", {"format": "zip"})
    assert made.status_code in {201, 202}, made.content
    run_next()
    packed = alice("GET", f"hubs/cohort/exports/{made.json()['id']}/content")
    assert client.login(username="lea", password=PASSWORD)
    own = client.post("/account/data")
    for answer, name in ((packed, r"cohort\.zip"), (own, r"nexus-\d{4}-\d\d-\d\d\.zip")):
        assert answer.status_code == 200
        how, told = saved_as(answer)
        assert how == "attachment"
        assert re.fullmatch(name, told)
        assert answer["Content-Type"] in {BYTES, "application/zip"}
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "private" in answer["Cache-Control"]
        assert b"".join(answer).startswith(b"PK")
        answer.close()


@pytest.mark.parametrize("name", UNFIT, ids=ascii)
def test_what_is_no_path_is_not_stored(cast, hub, api, name):  # noqa: F811
    lea = api("lea")
    sent = SimpleUploadedFile("x", b"\0x")
    answer = lea.client.post("/api/v1/hubs/cohort/attachments", {"path": name, "file": sent}, headers=lea.headers)
    assert answer.status_code in {400, 422}, answer.content
    assert not Version.objects.exists()


@pytest.mark.parametrize("name", ["../../x.html", "..\\..\\x.html", "/etc/x.html", "a/../x.html", "&#46;&#46;/x.html"])
def test_a_browsers_file_is_put_under_its_last_name(cast, hub, client, name):
    """By the form, a file brings its own name: only the last part of it counts."""
    assert client.login(username="lea", password=PASSWORD)
    body = (
        f'--b\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n'
        "Content-Type: text/html\r\n\r\n<b>x</b>\r\n--b--\r\n"
    )
    answer = client.generic("POST", "/cohort/upload/folder", body.encode(), "multipart/form-data; boundary=b")
    assert answer.status_code in {200, 302}, answer.content[-2000:]
    assert set(Page.objects.values_list("path", flat=True)) <= {"folder/x.html"}


def test_no_spelling_leads_out(shared_few, client):
    """D8: what is not, letter by letter, the path of something in the hub, is nothing."""
    assert client.login(username="mona", password=PASSWORD)
    for spelling in OUTSIDE:
        for before in (
            "/cohort/raw/",
            f"/shared/{shared_few['a']}/raw/",
            "/cohort/pages/",
            f"/shared/{shared_few['a']}/pages/",
            "/static/",
        ):
            answer = client.get(before + spelling)
            assert answer.status_code in {400, 404}, (before, spelling, answer)
            assert b"root:" not in answer.content
            assert b"SECRET_KEY" not in answer.content
