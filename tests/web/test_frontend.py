"""The scripts of the pages: named in the page when they were built, served small and for ever, and not needed."""

import gzip
import json
import re
import shutil
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.contrib.staticfiles.storage import StaticFilesStorage
from tests.conftest import make_hub
from tests.ops.serving import Served, command

from nexus.pages import actions
from nexus.web import built
from nexus.web.storage import CollectedFiles
from nexus.web.templatetags.modules import module

ROOT = Path(__file__).parents[2]


class Tags(HTMLParser):
    """The elements of a page with their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def scripts(html: str) -> list[dict[str, str | None]]:
    return [attributes for tag, attributes in Tags(html).found if tag == "script"]


@pytest.fixture
def folder(monkeypatch, tmp_path) -> Path:
    """A build of two modules of which one needs the other, and that needs it back."""
    manifest = {
        "src/base.ts": {"file": "assets/base-1.js", "isEntry": True},
        "src/reading.ts": {"file": "assets/reading-2.js", "imports": ["_dom.js"], "dynamicImports": ["src/far.ts"]},
        "_dom.js": {"file": "assets/dom-3.js", "imports": ["_deep.js"]},
        "_deep.js": {"file": "assets/deep-4.js", "imports": ["_dom.js"]},
        "src/far.ts": {"file": "assets/far-5.js"},
    }
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    monkeypatch.setattr(built, "FOLDER", tmp_path)
    return tmp_path


def test_a_module_is_named_with_all_it_needs_at_once(folder):
    assert module("reading") == (
        '<link rel="modulepreload" href="/static/built/assets/dom-3.js">'
        '<link rel="modulepreload" href="/static/built/assets/deep-4.js">'
        '<script type="module" src="/static/built/assets/reading-2.js"></script>'
    )
    assert module("base") == '<script type="module" src="/static/built/assets/base-1.js"></script>'


def test_a_name_that_is_no_module_is_a_defect(folder):
    with pytest.raises(KeyError, match=r"src/nowhere\.ts"):
        module("nowhere")


def test_without_a_build_a_page_has_no_script_and_all_its_text(monkeypatch, tmp_path, cast, client):
    make_hub(cast, "open", "public")
    actions.create_page(cast.lea, "open", "notes.md", b"# Notes\n\n- **Docker**: containers\n")
    with_scripts = client.get("/open/pages/notes.md").content.decode()
    monkeypatch.setattr(built, "FOLDER", tmp_path / "nothing")
    without = client.get("/open/pages/notes.md").content.decode()
    assert scripts(with_scripts)
    assert not scripts(without)
    assert "modulepreload" not in without
    assert "Docker" in without
    assert client.get("/-/sandbox").status_code == 200


def test_a_new_build_is_seen_at_once_by_developers_only(folder, settings):
    settings.DEBUG = False
    before = module("base")
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["src/base.ts"]["file"] = "assets/base-9.js"
    (folder / "manifest.json").write_text(json.dumps(manifest))
    assert module("base") == before
    settings.DEBUG = True
    assert "base-9.js" in module("base")


def test_the_build_holds_what_the_templates_name():
    named = {
        name
        for path in (ROOT / "src/nexus/web/templates").rglob("*.html")
        for name in re.findall(r'{% module "(\w+)" %}', path.read_text())
    }
    assert named == {"base", "editor", "explorer", "reading", "sandbox"}
    for name in named:
        found = built.module(name)
        assert found is not None
        for address in (found.script, *found.imports):
            assert (built.FOLDER / address.removeprefix("/static/built/")).is_file()


def test_nothing_built_maps_back_or_names_another_origin():
    files = list(built.FOLDER.rglob("*"))
    assert not [file.name for file in files if file.suffix == ".map"]
    for name in ("base", "reading", "drawings"):
        script = next(built.FOLDER.glob(f"assets/{name}-*.js")).read_text()
        assert "sourceMappingURL" not in script
        assert not re.findall(r"https?://(?!www\.w3\.org/)\w", script), name


def test_the_room_may_load_its_own_files_and_nothing_else(client):
    response = client.get("/-/sandbox")
    policy = response.headers["Content-Security-Policy"].split("; ")
    assert "sandbox allow-scripts" in policy
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'self'" in policy
    assert response.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert not response.cookies
    assert client.post("/-/sandbox").status_code == 405


def test_a_find_is_a_link_to_an_element_that_is_there(cast, client):
    make_hub(cast, "open", "public")
    text = b"# Notes\n\n## Technologies\n\n- **Docker**: containers\n- **Redis**: caching\n"
    actions.create_page(cast.lea, "open", "notes.md", text)
    tags = Tags(client.get("/open/pages/notes.md").content.decode()).found
    finds = [attributes for tag, attributes in tags if tag == "a" and "data-passage" in attributes]
    identifiers = [attributes["id"] for _tag, attributes in tags if "id" in attributes]
    assert len(finds) == 2
    for find in finds:
        assert identifiers.count(str(find["href"])[1:]) == 1


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Served]:
    """A server as developers start it: static files out of the package."""
    data = tmp_path_factory.mktemp("served")
    command(data, "hub", "create", "open", "--visibility", "public")
    running = Served(data, DJANGO_SETTINGS_MODULE="nexus.settings")
    yield running
    assert running.stop() == 0, running.output
    running.process.stderr.close()


@pytest.mark.parametrize("name", ["base", "reading", "sandbox"])
def test_scripts_are_kept_for_ever_and_come_compressed(served, name):
    found = built.module(name)
    for address in (found.script, *found.imports):
        plain = (built.FOLDER / address.removeprefix("/static/built/")).read_bytes()
        status, headers, body = served.ask(address)
        assert (status, body) == (200, plain)
        assert headers["cache-control"] == "max-age=315360000, public, immutable"
        assert headers["content-type"].startswith("text/javascript")
        assert headers["access-control-allow-origin"] == "*"  # the room has no origin
        if len(plain) < 500:
            continue
        _status, headers, body = served.ask(address, Accept_Encoding="gzip")
        assert headers["content-encoding"] == "gzip"
        assert gzip.decompress(body) == plain
        _status, headers, small = served.ask(address, Accept_Encoding="gzip, br")
        assert headers["content-encoding"] == "br"
        assert len(small) < len(body)
        assert "Accept-Encoding" in headers["vary"]


def test_what_is_not_named_by_its_content_is_not_kept(served):
    _status, headers, _body = served.ask("/static/nexus/nexus.css")
    assert headers["cache-control"] == "max-age=60, public"
    _status, headers, _body = served.ask("/static/built/manifest.json")
    assert headers["cache-control"] == "max-age=60, public"


def test_collecting_leaves_the_built_names_as_they_are(settings, tmp_path):
    source, root = tmp_path / "source", tmp_path / "collected"
    (source / "built/assets").mkdir(parents=True)
    (source / "nexus").mkdir()
    (source / "built/assets/base-1.js").write_text("import './dom-2.js'")
    (source / "nexus/nexus.css").write_text("a { color: red }" * 100)
    shutil.copytree(source, root)
    settings.STATIC_ROOT = str(root)
    storage, place = CollectedFiles(location=root), StaticFilesStorage(location=source)
    list(storage.post_process({name: (place, name) for name in ("built/assets/base-1.js", "nexus/nexus.css")}))
    names = sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())
    assert [name for name in names if name.startswith("built/")] == ["built/assets/base-1.js"]
    hashed = [name for name in names if re.fullmatch(r"nexus/nexus\.[0-9a-f]{12}\.css", name)]
    assert len(hashed) == 1
    assert f"{hashed[0]}.gz" in names
    forever = re.compile(django_settings.WHITENOISE_IMMUTABLE_FILE_TEST)
    assert forever.search(f"/static/{hashed[0]}")
    assert forever.search("/static/built/assets/base-1.js")
    assert not forever.search("/static/nexus/nexus.css")
