"""D1, D4: hostile texts in a real browser (shared/research/security.md). Twice: with our content security policy, which must
have nothing to forbid, and without it, since it is the third lock and must not be what holds.

Images that a text asks for are fetched from anywhere, as on GitHub; nothing else leaves, and nothing runs."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.ops.chromium import CHROMIUM, FLAGS
from tests.ops.serving import Served, command
from tests.security.payloads import ASKED, EVIL, PAYLOADS, POSITIONS

playwright_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

pytestmark = [
    pytest.mark.security,
    pytest.mark.services,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (Debian: apt-get install chromium)"),
]

#: Payloads on one page: few enough that one left open does not hide the others, many enough to be quick.
PER_PAGE = 60
#: Records instead of showing, so that a page with a hundred alerts is left at once; then clicks and touches everything.
SPY = """
  window.ran = []; window.refused = [];
  for (const name of ['alert', 'confirm', 'prompt', 'print']) window[name] = value => window.ran.push(String(value));
  addEventListener('securitypolicyviolation', e => window.refused.push([e.violatedDirective, e.blockedURI]));
  addEventListener('click', e => { if (e.target.closest('a')) window.followed(e); }, true);
  window.followed = e => { const a = e.target.closest('a'); if (!a.href.startsWith('javascript:')) e.preventDefault(); };
"""
PROVOKE = """() => {
  for (const node of document.querySelectorAll('main *, aside *, header *')) {
    if (node.closest('form') || node.matches('[data-print]')) continue;  // the page's own: it prints
    for (const kind of ['mouseover', 'focus', 'pointerenter', 'animationend', 'toggle', 'load', 'error', 'beforetoggle'])
      node.dispatchEvent(new Event(kind));
    if (node.matches('a, summary, button, input, label')) node.click();
  }
}"""
#: What must not be in a page whatever runs: handlers, running schemes, elements that load, names that shadow the page's own.
LOCKS = """() => [...document.querySelectorAll('*')].flatMap(node => {
  const found = [...node.attributes].filter(a =>
    /^on/i.test(a.name) || a.name === 'style' || a.name === 'srcdoc' || a.name === 'srcset' || a.name === 'ping'
    || (/^(href|src|action|formaction|data|poster|background|cite)$/i.test(a.name)
        && /^(javascript|data|vbscript|file|blob):/i.test(a.value.replace(/[\\u0000-\\u0020]/g, '')))
  ).map(a => `${node.tagName} ${a.name}=${a.value.slice(0, 60)}`);
  if (node.closest('main') && /^(script|style|svg|math|iframe|object|embed|link|meta|base|form|template|video|audio|frame)$/i
      .test(node.tagName)) found.push(node.tagName);
  if (node.closest('article') && node.id && !/^(user-content-|found:\\d+-\\d+$)/.test(node.id)
      && !/^H[1-6]$/.test(node.tagName))
    found.push(`${node.tagName} id=${node.id}`);
  return found;
})"""


@dataclass
class Seen:
    """What happened while pages were looked at."""

    pages: int = 0
    ran: list[Any] = field(default_factory=list)
    refused: list[Any] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    unlocked: list[Any] = field(default_factory=list)


def write_texts(folder: Path) -> list[str]:
    """The payloads as pages: in texts, alone in each position of a text, and as file names. The paths."""
    texts = {
        f"body/{n // PER_PAGE}.md": "\n\n".join(PAYLOADS[n : n + PER_PAGE]) for n in range(0, len(PAYLOADS), PER_PAGE)
    }
    for number, position in enumerate(POSITIONS):
        texts[f"position/{number}.md"] = position
    for number, payload in enumerate(PAYLOADS[::50]):
        name = payload.replace("/", "\N{FRACTION SLASH}").replace("\0", "").replace("\n", " ")[:60].strip() or "x"
        texts[f"name/{number}{name}.md"] = f"[[{payload}]]\n"
        texts[f"title/{number}.md"] = f"---\ntitle: {json.dumps(payload)}\ntags: [{json.dumps(payload)}]\n---\n\ntext\n"
    for path, text in texts.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(text.encode("utf-8", "replace"))
    (folder / "body/pixel.svg").write_text(f"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'>{EVIL}</svg>")
    return [*texts, "", "body", "name", "title", "position"]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, list[str]]]:
    """A server with the texts in a public hub that has a hostile title, written by a person with a hostile name."""
    data, source = tmp_path_factory.mktemp("served"), tmp_path_factory.mktemp("source")
    paths = write_texts(source)
    (data / "password").write_text("correct horse battery staple")
    command(
        data, "user", "create", "mallory", "--email", "m@example.org", "--password-file", str(data / "password"),
        "--full-name", "</span><img src=x onerror=alert('name')>",
    )  # fmt: skip
    command(data, "hub", "create", "open", "--visibility", "public", "--title", "</title><script>alert('hub')</script>")
    command(data, "hub", "member", "open", "mallory", "--role", "owner")
    command(data, "import", str(source), "--hub", "open", "--as", "mallory")
    served = Served(data, DJANGO_SETTINGS_MODULE="nexus.settings")
    yield served, paths
    assert served.stop() == 0, served.output
    assert served.process.stderr
    served.process.stderr.close()


def look(server: Served, paths: list[str], *, without_policy: bool) -> Seen:
    """Opens every path in Chromium, touches everything in it, and says what came of it."""
    from nexus.search.addresses import page_address

    seen = Seen()
    origin = f"http://127.0.0.1:{server.port}"
    pixel = base64.b64decode("R0lGODlhAQABAAAAACwAAAAAAQABAAA=")

    def route(handled: Any) -> None:
        request = handled.request
        if request.url.startswith((origin, "data:")):
            handled.continue_()
            return
        if not (request.resource_type == "image" and ASKED in request.url.replace("http:", "https:")):
            seen.left.append(f"{request.resource_type} {request.url}")
        handled.fulfill(body=pixel, content_type="image/gif")

    with playwright_api.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        context = browser.new_context(bypass_csp=without_policy)
        context.add_init_script(SPY)
        context.route("**/*", route)
        page = context.new_page()
        page.on("dialog", lambda dialog: (seen.ran.append(dialog.message), dialog.dismiss()))
        for path in paths:
            answer = page.goto(origin + page_address("open", path))
            assert answer is not None
            assert answer.status == 200, path
            page.evaluate(PROVOKE)
            seen.unlocked += [(path, found) for found in page.evaluate(LOCKS)]
            seen.ran += [(path, value) for value in page.evaluate("window.ran")]
            seen.refused += [(path, value) for value in page.evaluate("window.refused")]
            seen.pages += 1
        browser.close()
    return seen


@pytest.mark.parametrize("without_policy", [False, True], ids=["with policy", "without policy"])
def test_nothing_runs_nothing_leaves_nothing_is_refused(
    hostile: tuple[Served, list[str]], without_policy: bool
) -> None:
    server, paths = hostile
    assert len(PAYLOADS) >= 300
    seen = look(server, paths, without_policy=without_policy)
    assert seen.pages == len(paths)
    assert not seen.ran
    assert not seen.left
    # Images over plain http that a text asks for are refused, and that is all the policy has to do.
    assert not [one for one in seen.refused if not (one[1][0] == "img-src" and one[1][1].startswith("http:"))]
    assert not seen.unlocked


def test_the_spy_sees_what_runs_leaves_and_is_refused(tmp_path: Path) -> None:
    """The same eyes on a page that does everything: without this, the test above could not fail."""
    import http.server
    import threading

    class Bad(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Security-Policy", "script-src 'unsafe-inline'")
            self.end_headers()
            self.wfile.write(
                f"<main><img src=x onerror=alert(1)><a href='javascript:alert(2)'>x</a><link rel=stylesheet href={EVIL}/x>"
                "<script src=/y></script></main>".encode()
            )

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Bad) as bad:
        threading.Thread(target=bad.serve_forever, daemon=True).start()
        stand_in: Any = type("Stand", (), {"port": bad.server_port})
        seen = look(stand_in, [""], without_policy=False)
        bad.shutdown()
    assert ("", "1") in seen.ran
    assert seen.left == [f"stylesheet {EVIL}/x"]
    assert any("script-src" in directive for _path, (directive, _uri) in seen.refused)
    assert {found.split("=")[0] for _path, found in seen.unlocked} == {"IMG onerror", "A href", "LINK", "SCRIPT"}
