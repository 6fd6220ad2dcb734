"""R19, T19: text that is odd is stored as it came, text that is none is refused, and a file is kept as it is: the same at
every door (docs/writing.md)."""

import io
import json
import unicodedata
import zipfile
from collections.abc import Callable
from itertools import count
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.api.doors import GraphQL
from tests.api.rest.conftest import Caller
from tests.conftest import PASSWORD, Cast, make_hub
from tests.exchange.test_history import Git
from typer.testing import CliRunner

from nexus.exchange import exporting
from nexus.exchange.actions import import_source
from nexus.hubs.activity import nudge
from nexus.hubs.models import Hub
from nexus.markdown import MAX_BYTES
from nexus.ops.cli.commands import tree
from nexus.pages import blobs, queries
from nexus.pages.models import Kind

_numbers = count()


class Doors:
    """Lea at every door to the hub `cohort` by which a content comes in. Each gives the code of its refusal, "" for none."""

    def __init__(self, cast: Cast, folder: Any) -> None:
        self.cast, self.folder = cast, folder
        self.graphql = GraphQL(cast)
        self.api = Caller(self.graphql.headers("lea"))
        self.browser = Client(raise_request_exception=False)
        self.browser.login(username=cast.user("lea").username, password=PASSWORD)

    def stored(self, path: str) -> tuple[str, bytes]:
        """Of which kind something is, and its bytes."""
        page = queries.path_for(self.cast.lea, "cohort", path)
        return page.kind, blobs.read(page.blob)

    def code(self, answer: Any) -> str:
        assert answer.status_code < 500, answer.content[:500]
        return "" if answer.status_code < 400 else str(answer.json()["code"])

    # Texts

    def form(self, path: str, text: str) -> str:
        """As a browser sends it: lines end in CR LF."""
        sent = {"text": text.replace("\n", "\r\n"), "base": "", "message": text[:50]}
        parts = (
            f'--=x=\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in sent.items()
        )
        body = "".join([*parts, "--=x=--\r\n"]).encode("utf-8", "surrogatepass")
        answer = self.browser.generic("POST", f"/cohort/edit/{quote(path)}", body, "multipart/form-data; boundary==x=")
        if answer.status_code == 302:
            return ""
        assert (answer.status_code, "A page is a text in UTF-8 without NUL." in answer.content.decode()) == (400, True)
        return "invalid_text"

    def json(self, path: str, text: str) -> str:
        # Escaped, so that whatever JSON can write is sent; what is long, as most programs would.
        sent = json.dumps({"path": path, "text": text, "message": text[:50]}, ensure_ascii=len(text) < 1000).encode()
        return self.code(
            self.browser.post("/api/v1/hubs/cohort/pages", sent, "application/json", headers=self.api.headers)
        )

    def raw(self, path: str, text: str) -> str:
        return self.raw_bytes(path, text.encode("utf-8", "surrogatepass"))

    def raw_bytes(self, path: str, data: bytes) -> str:
        page = self.api.post("hubs/cohort/pages", {"path": path, "text": "begun"})
        base = str(queries.path_for(self.cast.lea, "cohort", path).head_id)
        return self.code(
            self.api("PUT", f"hubs/cohort/pages/{page['id']}/text", data, headers={"If-Match": f'"{base}"'})
        )

    def graph(self, path: str, text: str) -> str:
        return self.graphql.code("lea", "createPage", hub="cohort", path=path, text=text, message=text[:50])

    # Files

    def upload(self, path: str, data: bytes) -> None:
        folder, _, name = path.rpartition("/")
        sent = {"files": SimpleUploadedFile(name, data), "message": ""}
        answer = self.browser.post(f"/cohort/upload/{folder}" if folder else "/cohort/upload", sent)
        assert answer.status_code == 302, answer.content[:2000]

    def attachment(self, path: str, data: bytes) -> None:
        sent = {"path": path, "file": SimpleUploadedFile("x", data)}
        answer = self.browser.post("/api/v1/hubs/cohort/attachments", sent, headers=self.api.headers)
        assert answer.status_code == 201, answer.content[:500]

    def archive(self, path: str, data: bytes) -> None:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr(path, data)
        file = self.folder / f"{next(_numbers)}.zip"
        file.write_bytes(packed.getvalue())
        assert not import_source(self.cast.lea, "cohort", file).files.refused

    def repository(self, path: str, data: bytes) -> None:
        git = Git(self.folder / f"git{next(_numbers)}")
        git.commit("x", **{path: data})
        assert not import_source(self.cast.lea, "cohort", git.root).files.refused

    def command(self, path: str, data: bytes) -> None:
        file = self.folder / "put"
        file.write_bytes(data)
        done = CliRunner().invoke(tree([]), ["page", "put", "cohort", path, str(file)])
        assert done.exit_code == 0, done.output


@pytest.fixture
def doors(cast: Cast, tmp_path: Any) -> Doors:
    make_hub(cast)
    return Doors(cast, tmp_path)


TEXTS = ("form", "json", "raw", "graph")
FILES = ("upload", "attachment", "archive", "repository", "command")
#: Texts that are odd, and texts all the same.
ODD = {
    "nothing": "",
    "a mark at the start": "\ufeff# Title\n",
    "a mark amid": "# Ti\ufefftle\n",
    "bidi": "# \u202eeltit\u202c \u2066x\u2069\n\n`\u202e code`\n",
    "composed": "# caf\u00e9\n",
    "decomposed": "# cafe\u0301\n",
    "no characters": "# \ufffe\uffff\U0001fffe\U0010ffff\n",
    "replaced before": "# \ufffd\n",
    "CR alone": "# One\r\rtwo\rthree",
    "many kinds of line ends": "a\u2028b\u2029c\x85d\x0be\x0cf\n",
    "controls": "# a\x01\x02\x08\x1b[31m\x7f\x9f\n",
    "widths": "a\u200bb\u200dc\u00add\u2060\n",
    "private": "# \ue000\U000f0000\n",
    "astral": "# \U0001f469\u200d\U0001f4bb\n",
    "tags": "# a\U000e0041\U000e007f\n",
    "stacked": "# a" + "\u0301" * 500 + "\n",
}
#: What is no text, as a string and as bytes.
NONE = {"NUL": "a\0b", "lone surrogate": "a\ud800b", "halves the wrong way": "\udc00\ud800"}
#: Bytes that are no text.
BYTES = {
    "NUL": b"a\0b",
    "Latin-1": b"caf\xe9",
    "cut": "\U0001f469".encode()[:3],
    "overlong": b"\xc0\xaf",
    "surrogate": b"\xed\xa0\x80",
    "beyond": b"\xf4\x90\x80\x80",
    "UTF-16": "# Title".encode("utf-16"),
    "UTF-32": "# T".encode("utf-32"),
    "alone": b"\x80",
}


@pytest.mark.parametrize("name", ODD)
def test_what_is_odd_is_stored_as_it_came(doors: Doors, name: str) -> None:
    for door in TEXTS:
        assert getattr(doors, door)(f"{door}.md", ODD[name]) == "", door
        assert doors.stored(f"{door}.md") == (Kind.PAGE, ODD[name].encode()), door
    for door in FILES:
        getattr(doors, door)(f"{door}.md", ODD[name].encode())
        assert doors.stored(f"{door}.md") == (Kind.PAGE, ODD[name].encode()), door


@pytest.mark.parametrize("name", NONE)
def test_what_is_no_text_is_refused_as_such(doors: Doors, name: str) -> None:
    said = {door: getattr(doors, door)(f"{door}.md", NONE[name]) for door in TEXTS}
    if "\0" in NONE[name]:
        assert set(said.values()) == {"invalid_text"}
        return
    # The bytes of a form are UTF-8 or are replaced, visibly: no browser sends others.
    assert said == {door: "" if door == "form" else "invalid_text" for door in TEXTS}
    assert "\N{REPLACEMENT CHARACTER}" in doors.stored("form.md")[1].decode()


@pytest.mark.parametrize("name", BYTES)
def test_a_file_that_is_no_text_is_kept_as_a_file(doors: Doors, name: str) -> None:
    for door in FILES:
        getattr(doors, door)(f"{door}.md", BYTES[name])
        assert doors.stored(f"{door}.md") == (Kind.FILE, BYTES[name]), door
    assert doors.raw_bytes("raw.md", BYTES[name]) == "invalid_text"
    assert doors.stored("raw.md") == (Kind.PAGE, b"begun")


def test_a_million_marks_on_one_letter(doors: Doors) -> None:
    """As many as fit, at each door; and one more is too many."""
    text = "a" + "\u0301" * ((MAX_BYTES - 1) // 2)
    for door in TEXTS:
        assert getattr(doors, door)(f"{door}.md", text) == "", door
    assert doors.json("more.md", text + "\u0301") == "text_too_large"
    assert doors.browser.get("/cohort/pages/json.md").status_code == 200


PATHS = {
    "composed": "caf\u00e9",
    "decomposed": "cafe\u0301",
    "bidi": "\u202etxet",
    "a mark": "\ufeffx",
    "no character": "x\ufffe",
    "controls": "x\x01\x1b",
    "line ends": "x\ny\rz\u2028",
    "stacked": "a" + "\u0301" * 100,
    "spaces": " x ",
    "dots": "...",
}


def test_names_are_told_apart_by_their_bytes_and_everything_shows_them(doors: Doors, tmp_path: Any) -> None:
    """NFC and NFD are two; and lists, feed, search, export, API and graph go on whatever a name or message holds."""
    for name, path in PATHS.items():
        assert doors.json(f"{path}/{path}.md", f"# {path}\n") == "", name
    assert unicodedata.normalize("NFC", PATHS["decomposed"]) == PATHS["composed"]
    for text in ODD.values():
        assert doors.json(f"said/{next(_numbers)}.md", text) == ""
    nudge(Hub.objects.get(slug="cohort").pk)
    shown = [
        "/cohort/",
        "/cohort/pages/said",
        "/cohort/changes",
        "/cohort/changes.atom",
        "/cohort/topics",
        "/search?q=caf%C3%A9",
        "/cohort/trash",
        "/cohort/since",
        "/cohort/names?q=caf",
        "/api/v1/hubs/cohort/pages",
        "/api/v1/hubs/cohort/activity",
        "/api/v1/search?q=x",
    ]
    shown += [
        f"/cohort/{what}/{quote(f'{path}/{path}.md')}"
        for path in PATHS.values()
        for what in ("pages", "raw", "history", "edit")
    ]
    for address in shown:
        answer = doors.browser.get(address)
        assert answer.status_code == 200, (address, answer.status_code)
        assert b"".join(answer) or "/raw/" in address
    ElementTree.fromstring(doors.browser.get("/cohort/changes.atom").content)
    for form in exporting.FORMATS:
        assert exporting.export_hub(doors.cast.lea, "cohort", tmp_path / f"out-{form}", format=form).files > len(ODD)


UNICODE = st.text(st.characters(exclude_categories=()), max_size=80)


def played(doors: Doors, play: Callable[[], None]) -> None:
    with transaction.atomic():
        play()
        transaction.set_rollback(True)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=UNICODE)
def test_any_text_is_taken_or_refused_alike(doors: Doors, text: str) -> None:
    is_text = "\0" not in text and not any(unicodedata.category(each) == "Cs" for each in text)

    def play() -> None:
        for door in ("json", "raw", "graph"):
            assert getattr(doors, door)(f"{door}.md", text) == ("" if is_text else "invalid_text")
            if is_text:
                assert doors.stored(f"{door}.md")[1] == text.encode()
        assert doors.form("form.md", text) == ("invalid_text" if "\0" in text else "")
        if is_text:
            assert (
                doors.stored("form.md")[1] == text.replace("\r\n", "\n").encode()
            )  # a browser has one kind of line end

    played(doors, play)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.one_of(st.binary(max_size=80), UNICODE.map(lambda text: text.encode("utf-8", "surrogatepass"))))
def test_any_bytes_are_kept_as_they_are(doors: Doors, data: bytes) -> None:
    def play() -> None:
        for door in ("upload", "attachment", "archive", "command"):
            getattr(doors, door)(f"{door}.md", data)
            assert doors.stored(f"{door}.md") == (Kind.PAGE if blobs.is_text(data) else Kind.FILE, data), door
        assert doors.raw_bytes("raw.md", data) == ("" if blobs.is_text(data) else "invalid_text")

    played(doors, play)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=UNICODE.filter(bool))
def test_any_path_is_taken_or_refused_alike(doors: Doors, path: str) -> None:
    """JSON says what it cannot hold before it is looked at as a path."""

    def play() -> None:
        with transaction.atomic():
            one = doors.json(path, "x")
            transaction.set_rollback(True)
        assert one in {"", "invalid_path", "invalid_text"}
        assert doors.graph(path, "x") == one

    played(doors, play)
