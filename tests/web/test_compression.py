"""Pages are sent small; what people stored is sent as it is."""

import gzip

import pytest
from django.test import Client
from tests.conftest import make_hub
from tests.ops.serving import Served, command

from nexus.pages import actions

TEXT = b"# A page\n\n" + b"The same words again and again, as people write. " * 200
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 10


@pytest.fixture
def packed(cast) -> Client:
    make_hub(cast, "open", "public")
    actions.create_page(cast.lea, "open", "page.md", TEXT)
    actions.create_page(cast.lea, "open", "plot.png", PNG)
    return Client(headers={"accept-encoding": "gzip, br"})


def test_a_page_comes_compressed_to_whoever_takes_it_so(packed):
    small, plain = packed.get("/open/people"), Client().get("/open/people")
    assert small["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain
    assert gzip.decompress(small.content) == plain.content
    assert int(small["Content-Length"]) == len(small.content) < len(plain.content) / 2
    for response in (small, plain):
        assert "Accept-Encoding" in response["Vary"]
        assert response["Cache-Control"] == "public, no-cache"


def test_its_length_says_nothing(packed):
    lengths = {len(packed.get("/open/people").content) for _ in range(30)}
    assert len(lengths) > 5  # the same page each time, with up to 100 bytes more


@pytest.mark.parametrize(("path", "content"), [("page.md", TEXT), ("plot.png", PNG)])
def test_what_people_stored_comes_as_it_is(packed, path, content):
    response = packed.get(f"/open/raw/{path}")
    assert response.getvalue() == content
    assert "Content-Encoding" not in response
    assert response["ETag"].startswith('"')
    assert packed.get(f"/open/raw/{path}", headers={"if-none-match": f"W/{response['ETag']}"}).status_code == 304


def test_what_is_hidden_and_what_is_not_there_are_the_same_page_compressed_too(cast, packed):
    make_hub(cast, "secret", "private")
    hidden, absent = packed.get("/secret/"), packed.get("/absent/")
    assert hidden.status_code == absent.status_code == 404
    assert hidden["Content-Encoding"] == absent["Content-Encoding"] == "gzip"
    assert gzip.decompress(hidden.content) == gzip.decompress(absent.content)


def test_over_the_wire(tmp_path):
    (tmp_path / "page.md").write_bytes(TEXT)
    command(tmp_path, "hub", "create", "open", "--visibility", "public")
    command(tmp_path, "import", str(tmp_path / "page.md"), "--hub", "open")
    server = Served(tmp_path, DJANGO_SETTINGS_MODULE="nexus.settings")
    try:
        _status, plain_headers, plain = server.ask("/open/pages/page.md")
        status, headers, small = server.ask("/open/pages/page.md", Accept_Encoding="gzip")
        assert (status, headers["content-encoding"]) == (200, "gzip")
        assert gzip.decompress(small) == plain
        assert int(headers["content-length"]) == len(small) < len(plain) / 4
        assert int(plain_headers["content-length"]) == len(plain)
        _status, headers, raw = server.ask("/open/raw/page.md", Accept_Encoding="gzip")
        assert raw == TEXT
        assert "content-encoding" not in headers
        _status, headers, script = server.ask("/static/nexus/nexus.css", Accept_Encoding="gzip")
        assert "content-encoding" not in headers
        assert int(headers["content-length"]) == len(script)
    finally:
        server.stop()
        server.process.stderr.close()
