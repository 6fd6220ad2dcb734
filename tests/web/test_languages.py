"""In another language a page and a refusal are said in it, by a catalogue made here: Esperanto, which Django speaks too."""

import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from django.test import Client
from tests.architecture.source import ROOT
from tests.conftest import make_hub

from nexus.pages import actions

WORDS = {
    "": "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=2; plural=(n != 1);\n",
    "Sign in": "Ensalutu",
    "Search": "Serĉu",
    "Not found": "Ne trovita",
    "Not found, or not visible to you.": "Ne trovita, aŭ ne videbla por vi.",
    "Raw": "Kruda",
    "%(n)d day ago\0%(n)d days ago": "antaŭ %(n)d tago\0antaŭ %(n)d tagoj",
    "That address is not fetched. %(why)s": "Tiu adreso ne estas legata. %(why)s",
    "Only https is fetched.": "Nur https estas legata.",
    "Give a public address such as https://example.org/notes.git.": "Donu publikan adreson.",
    "Technologies": "Teknologioj",
    "That was often in a short time.": "Tio estis ofte.",
    "Try again in %(seconds)s seconds.": "Provu denove post %(seconds)s sekundoj.",
}


def catalogue(words: dict[str, str]) -> bytes:
    """A compiled catalogue (GNU gettext, "The Format of GNU MO Files")."""
    pairs = [(key.encode(), value.encode()) for key, value in sorted(words.items())]
    start = 28 + 16 * len(pairs)
    tables, texts = [b"", b""], b""
    for side in (0, 1):
        for pair in pairs:
            tables[side] += struct.pack("<II", len(pair[side]), start + len(texts))
            texts += pair[side] + b"\0"
    head = struct.pack("<7I", 0x950412DE, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, 0)
    return head + tables[0] + tables[1] + texts


@pytest.fixture
def esperanto(settings, tmp_path: Path) -> Client:
    folder = tmp_path / "eo" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.mo").write_bytes(catalogue(WORDS))
    settings.LOCALE_PATHS = [tmp_path]
    settings.LANGUAGES = [("en", "English"), ("eo", "Esperanto")]
    return Client(headers={"accept-language": "eo"})


def body(response) -> str:
    return response.content.decode()


def test_a_page_is_said_in_the_readers_language(cast, esperanto):
    make_hub(cast, "open", "public")
    actions.create_page(cast.lea, "open", "README.md", b"# Words of mine\n\n## Technologies\n\n- Docker\n")
    response = esperanto.get("/open/pages/README.md")
    shown = body(response)
    assert '<html lang="eo">' in shown
    for words in ("Ensalutu", "Serĉu", "Kruda", "Teknologioj"):
        assert words in shown
    assert "Sign in" not in shown
    assert "Words of mine" in shown  # what people wrote stays
    assert "Accept-Language" in response["Vary"]
    assert "Sign in" in body(Client().get("/open/pages/README.md"))


def test_a_refusal_is_said_in_the_readers_language(db, esperanto):
    shown = body(esperanto.get("/nowhere"))
    assert "<h1>Ne trovita</h1>" in shown
    assert "Ne trovita, aŭ ne videbla por vi." in shown


def test_so_is_a_reason_inside_of_it(db, esperanto):
    shown = body(esperanto.post("/show-me", {"address": "http://example.org/notes.git"}))
    assert "Tiu adreso ne estas legata. Nur https estas legata. Donu publikan adreson." in shown


def test_so_is_a_number_inside_of_it(db, esperanto, settings):
    settings.SHOW_ME_ADDRESSES = 0
    shown = body(esperanto.post("/show-me", {"address": "https://example.org/notes.git"}))
    assert "Tio estis ofte." in shown
    assert "Provu denove post" in shown


def test_gettexts_tools_find_what_the_domain_says(tmp_path: Path):
    if not shutil.which("xgettext"):
        pytest.skip("gettext is not installed (Debian: apt-get install gettext)")
    from nexus.ops.management.commands.makemessages import Command

    found = subprocess.run(
        ["xgettext", *Command.xgettext_options, "--language=Python", "--output=-", "src/nexus/hubs/actions.py"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert 'msgid "That cannot be a title."' in found.stdout
    assert 'msgid "One of %(choices)s."' in found.stdout
