"""S14 in a real browser: active files opened directly, and by every element and call that would run one, from a page of our
own origin without any policy and from a page elsewhere. The same eyes on a server that guesses types see them run."""

import functools
import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import batched
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from tests.ops.chromium import CHROMIUM, FLAGS
from tests.ops.serving import Served, command
from tests.security.uploads import FILES, OUTSIDE

playwright_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

pytestmark = [
    pytest.mark.security,
    pytest.mark.services,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (Debian: apt-get install chromium)"),
]

ELSEWHERE = "http://elsewhere.test"
#: Chromium keeps pages of the internet from asking this machine; a Nexus on the internet is not helped by that.
FROM_ANYWHERE = (
    "--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests,PrivateNetworkAccessChecks"
)
#: Files that one page shows at once.
AT_ONCE = 10
#: A page that somebody got onto an origin, or has: it shows a file by everything that could run it, and waits for each.
HARNESS = """<!doctype html><title>quiet</title><body><script>
window.registered = [];
window.tried = Promise.all(%s.map(async address => {
  const made = (tag, set) => new Promise(done => {
    const node = Object.assign(document.createElement(tag), set);
    node.onload = node.onerror = () => done();
    (tag === 'link' ? document.head : document.body).append(node);
    if (tag === 'object' || tag === 'embed' || tag === 'iframe') setTimeout(done, 1000);
  });
  await Promise.all([
    made('script', {src: address}), made('script', {src: address, type: 'module'}), made('img', {src: address}),
    made('iframe', {src: address}), made('object', {data: address}), made('embed', {src: address}),
    made('link', {rel: 'stylesheet', href: address}), import(address).catch(() => 0),
    navigator.serviceWorker ? navigator.serviceWorker.register(address)
      .then(found => registered.push(found.scope), () => 0) : 0,
    new Promise(done => { try { const w = new Worker(address); w.onerror = w.onmessage = done; setTimeout(done, 1000); }
                          catch (e) { done(); } }),
  ]);
}));
</script>"""


@dataclass
class Seen:
    """What ran."""

    looked: int = 0
    ran: list[str] = field(default_factory=list)


def look(origin: str, addresses: list[str]) -> Seen:
    """Opens each address, and has each shown by pages that want it to run."""
    seen = Seen()
    now = [""]

    def route(handled: Any) -> None:
        url = handled.request.url
        if url.endswith("/ran"):
            seen.ran.append(now[0])
            handled.abort()
        elif "/harness" in url:
            shown = [origin + address for address in now[0].split()[1:]]
            handled.fulfill(body=HARNESS % json.dumps(shown), content_type="text/html")
        else:
            handled.continue_()

    with playwright_api.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=str(CHROMIUM), args=[*FLAGS, FROM_ANYWHERE])
        context = browser.new_context()
        context.route("**/*", route)
        for address in addresses:
            page = context.new_page()
            now[0] = f"opened {address}"
            try:
                page.goto(origin + address, wait_until="load")
            except playwright_api.Error as error:
                assert "Download is starting" in str(error) or "ERR_ABORTED" in str(error), address  # noqa: PT017
            if page.title() == "ran":
                seen.ran.append(now[0])
            page.close()
            seen.looked += 1
        for some in batched(addresses, AT_ONCE, strict=False):
            for where in (origin, ELSEWHERE):
                now[0] = " ".join(["at-home" if where == origin else "elsewhere", *some])
                page = context.new_page()
                page.goto(f"{where}/harness")
                page.evaluate("() => window.tried")
                if page.title() == "ran" or page.evaluate("() => window.ran || window.registered.length > 0"):
                    seen.ran.append(now[0])
                page.close()
        browser.close()
    return seen


def write_files(folder: Path) -> list[str]:
    """The files whose names are like any other; their paths."""
    plain = [file for file in FILES if file.path[0] in "ab"]
    for file in plain:
        (folder / file.path).parent.mkdir(parents=True, exist_ok=True)
        (folder / file.path).write_bytes(file.data)
    return [file.path for file in plain]


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, list[str]]]:
    """A server that has the files in a public hub."""
    data, source = tmp_path_factory.mktemp("served"), tmp_path_factory.mktemp("source")
    paths = write_files(source)
    command(data, "hub", "create", "open", "--visibility", "public")
    command(data, "import", str(source), "--hub", "open")
    served = Served(data, DJANGO_SETTINGS_MODULE="nexus.settings")
    yield served, paths
    assert served.stop() == 0, served.output
    assert served.process.stderr
    served.process.stderr.close()


def test_nothing_that_others_brought_runs(stored: tuple[Served, list[str]]) -> None:
    server, paths = stored
    addresses = [f"/open/raw/{quote(path)}" for path in paths]
    there = [address for address in addresses if server.ask(address)[0] == 200]
    assert len(there) >= 45, sorted({*addresses} - {*there})
    seen = look(f"http://127.0.0.1:{server.port}", there)
    assert seen.looked == len(there)
    assert seen.ran == []


def test_no_spelling_leads_out_of_a_real_server(stored: tuple[Served, list[str]]) -> None:
    """D8, unchanged on the wire: no client of ours puts them in order first."""
    server, _paths = stored
    for spelling in OUTSIDE:
        for before in ("/open/raw/", "/open/pages/", "/static/", "/"):
            status, _headers, body = server.ask(quote(before + spelling, safe="/%:~;."))
            assert status in {301, 302, 308, 400, 404}, (before, spelling, status)
            assert b"root:" not in body
            assert b"SECRET_KEY" not in body


class Guessing(http.server.SimpleHTTPRequestHandler):
    """Gives files as their names say."""

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def guessing(folder: Path) -> Iterator[str]:
    handler = functools.partial(Guessing, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_the_same_eyes_see_them_run_elsewhere(tmp_path: Path) -> None:
    write_files(tmp_path)
    alone = ["/a/plain.svg", "/a/plain.html", "/a/plain.xhtml"]
    with guessing(tmp_path) as origin:
        assert {f"opened {address}" for address in alone} <= set(look(origin, alone).ran)
        for address in ("/a/script.js", "/a/worker.js", "/a/style.css"):
            ran = look(origin, [address]).ran
            assert f"at-home {address}" in ran
            assert f"elsewhere {address}" in ran or address != "/a/script.js"
