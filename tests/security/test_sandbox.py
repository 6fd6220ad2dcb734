"""S13, D2: hostile diagrams and formulas in a real browser (shared/research/security.md). Nothing of them runs in the page,
nothing leaves for another origin, the room where they are drawn can reach neither page, cookies nor network, and a room
that was taken over can answer nothing that runs."""

import base64
from collections.abc import Iterator
from typing import Any

import pytest
from tests.ops.chromium import CHROMIUM, FLAGS
from tests.ops.serving import Served, command
from tests.security.drawings import DIAGRAMS, FORMULAS
from tests.security.payloads import EVIL
from tests.security.test_browser import SPY

playwright_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = [
    pytest.mark.security,
    pytest.mark.services,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (Debian: apt-get install chromium)"),
]

PIXEL = base64.b64decode("R0lGODlhAQABAAAAACwAAAAAAQABAAA=")
PAGES = {f"d{n}.md": DIAGRAMS[n : n + 8] for n in range(0, len(DIAGRAMS), 8)}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with the diagrams, and with the formulas, in a public hub."""
    data, source = tmp_path_factory.mktemp("served"), tmp_path_factory.mktemp("source")
    for name, diagrams in PAGES.items():
        (source / name).write_text("\n\n".join(f"~~~~~mermaid\n{diagram}\n~~~~~" for diagram in diagrams))
    (source / "math.md").write_text("\n\n".join(f"~~~~~math\n{formula}\n~~~~~" for formula in FORMULAS))
    (source / "both.md").write_text("$x^2$\n\n```mermaid\nflowchart LR\n  A --> B\n```\n")
    command(data, "hub", "create", "open", "--visibility", "public")
    command(data, "import", str(source), "--hub", "open")
    served = Served(data, DJANGO_SETTINGS_MODULE="nexus.settings")
    yield served
    assert served.stop() == 0, served.output
    assert served.process.stderr
    served.process.stderr.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright_api.sync_playwright() as started:
        launched = started.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield launched
        launched.close()


class Look:
    """A tab that notes what runs in any of its frames and what leaves for another origin."""

    def __init__(self, browser: Any, server: Served) -> None:
        self.origin = f"http://127.0.0.1:{server.port}"
        self.left: list[str] = []
        self.context = browser.new_context()
        self.context.add_init_script(SPY)
        self.context.route(lambda url: not url.startswith((self.origin, "data:")), self._leave)
        self.page = self.context.new_page()
        self.page.on("dialog", lambda dialog: (self.left.append(f"dialog {dialog.message}"), dialog.dismiss()))

    def _leave(self, handled: Any) -> None:
        self.left.append(handled.request.url)
        handled.fulfill(body=PIXEL, content_type="image/gif")

    def open(self, path: str) -> Any:
        self.page.goto(self.origin + path)
        return self.page

    def settled(self) -> None:
        """Until each diagram and formula is drawn or said not to be."""
        self.page.wait_for_function(
            """() => [...document.querySelectorAll('article pre.mermaid')].every(
                 e => e.closest('figure')?.querySelector('img').complete || e.nextElementSibling?.matches('.undrawn'))
               && [...document.querySelectorAll('article .math')].every(e => e.matches('.drawn, .undrawn'))""",
            timeout=60_000,
        )

    def ran(self) -> list[Any]:
        return [value for frame in self.page.frames for value in frame.evaluate("() => window.ran")]


@pytest.fixture
def look(browser: Any, hostile: Served) -> Iterator[Look]:
    looking = Look(browser, hostile)
    yield looking
    looking.context.close()


@pytest.mark.parametrize("path", [*PAGES, "math.md"])
def test_nothing_runs_and_nothing_leaves(look: Look, path: str) -> None:
    page = look.open(f"/open/pages/{path}")
    look.settled()
    for picture in page.locator("figure.drawing img").all():
        picture.click()
    assert look.ran() == []
    assert look.left == []
    inert = page.evaluate(
        """() => [...document.querySelectorAll('article *')].filter(e =>
             /^(svg|script|style|iframe|foreignobject|object|embed|link|form)$/i.test(e.localName)
             || [...e.attributes].some(a => /^(on|style$|srcdoc)/i.test(a.name) || /^\\s*javascript:/i.test(a.value)))
           .map(e => e.outerHTML.slice(0, 100))"""
    )
    assert inert == []


def test_most_of_it_is_drawn(look: Look) -> None:
    """A room that draws nothing would be safe, too."""
    look.open("/open/pages/d0.md")
    look.settled()
    assert look.page.locator("figure.drawing img").count() >= 5


def room(look: Look) -> Any:
    """The frame where things are drawn, of a page that has drawn."""
    look.open("/open/pages/both.md")
    look.settled()
    return next(frame for frame in look.page.frames if frame.url.endswith("/-/sandbox"))


REACHES = {
    "the page's document": "() => { parent.document.title; return 'reached'; }",
    "cookies": "() => { document.cookie; return 'reached'; }",
    "storage": "() => { localStorage.length; return 'reached'; }",
    "the hub": "url => fetch(url, {credentials: 'include'}).then(() => 'reached')",
    "another origin": f"() => fetch('{EVIL}/', {{mode: 'no-cors'}}).then(() => 'reached')",
    "a picture elsewhere": f"() => new Promise((yes, no) => {{ const i = new Image(); i.onload = () => yes('reached');"
    f" i.onerror = no; i.src = '{EVIL}/x.png'; }})",
    "eval": "() => new Promise((yes, no) => { setTimeout(() => no('not run'), 50); window.yes = () => yes('reached');"
    " setTimeout('yes()'); })",
    "an inline script": "() => new Promise((yes, no) => { window.yes = () => yes('reached'); const s ="
    " document.createElement('script'); s.textContent = 'yes()'; document.body.append(s); no('not run'); })",
    "the top window": f"() => {{ top.location = '{EVIL}/'; return 'reached'; }}",
}


@pytest.mark.parametrize("what", REACHES)
def test_the_room_reaches_nothing(look: Look, what: str) -> None:
    inside = room(look)
    assert inside.evaluate("() => self.origin") == "null"
    assert attempt(inside, what, look).startswith("refused")
    assert look.left == []


def attempt(frame: Any, what: str, look: Look) -> str:
    """What came of trying it in a frame."""
    script = f"argument => Promise.resolve().then(() => ({REACHES[what]})(argument)).catch(e => `refused: ${{e}}`)"
    return str(frame.evaluate(script, f"{look.origin}/open/"))


@pytest.mark.parametrize("what", ["the page's document", "cookies", "storage", "the hub"])
def test_the_page_itself_reaches_them(look: Look, what: str) -> None:
    """Or being refused would say nothing about the room."""
    assert attempt(look.open("/open/"), what, look) == "reached"


@pytest.mark.parametrize("what", ["another origin", "a picture elsewhere", "an inline script", "eval"])
def test_a_page_without_a_policy_reaches_them(look: Look, what: str) -> None:
    look.context.route("**/bare", lambda handled: handled.fulfill(body="<p>x", content_type="text/html"))
    look.page.goto(f"{look.origin}/bare")
    assert attempt(look.page, what, look) == "reached"


def test_the_room_cannot_go_elsewhere(look: Look) -> None:
    inside = room(look)
    inside.evaluate(f"() => {{ location = '{EVIL}/gone'; }}")
    look.page.wait_for_function("() => window.refused.some(([directive]) => directive === 'frame-src')")
    assert look.left == []


def test_opened_by_itself_it_has_no_origin(look: Look) -> None:
    page = look.open("/-/sandbox")
    assert page.evaluate("() => self.origin") == "null"


TAKEN_OVER = """
  addEventListener('message', event => {
    const port = event.ports[0];
    let asked = 0;
    port.onmessage = ({data}) => port.postMessage({id: data.id, ...ANSWERS[asked++ % ANSWERS.length]});
    port.postMessage('ready');
  });
  const deep = n => n ? ['mrow', {}, [deep(n - 1)]] : 'x';
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(2)</script>
    <image href="EVIL/image.png"/><style>@import url(EVIL/x.css)</style><foreignObject><body xmlns=
    "http://www.w3.org/1999/xhtml"><img src="EVIL/i.png" onerror="alert(3)"/></body></foreignObject></svg>`;
  const ANSWERS = [
    {tree: ['script', {src: 'EVIL/a.js'}, ['alert(4)']]},
    {tree: ['math', {onclick: 'alert(5)', style: 'background:url(EVIL/m.png)', href: 'javascript:alert(6)', id: 'Palette'},
      [['mtext', {}, ['<img src=x onerror=alert(7)>']]]]},
    {tree: ['math', {}, [['annotation-xml', {encoding: 'text/html'}, [['img', {src: 'EVIL/n.png'}, []]]]]]},
    {tree: deep(1000)}, {tree: ['math', {}, Array(100000).fill('x')]}, {tree: null}, {tree: 'x'}, {},
    {svg, width: 100, height: 100, title: '<img src=x onerror=alert(8)>'},
    {svg: {toString: null}, width: 1, height: 1}, {svg, width: Infinity, height: 1}, {error: '<img src=x onerror=alert(9)>'},
  ];
""".replace("EVIL", EVIL)


def test_a_room_that_was_taken_over_can_answer_nothing_that_runs(look: Look) -> None:
    def replaced(handled: Any) -> None:
        headers = {"Access-Control-Allow-Origin": "*"}
        handled.fulfill(body=TAKEN_OVER, content_type="text/javascript", headers=headers)

    look.context.route("**/static/built/assets/sandbox-*.js", replaced)
    for path, said in (
        ("math.md", ".undrawn[title='not drawn: script']"),
        ("d0.md", "p.undrawn"),
        ("both.md", ".undrawn"),
    ):
        page = look.open(f"/open/pages/{path}")
        look.settled()
        assert page.locator(said).count(), "the room did not answer"
        assert not page.get_by_text("timeout").count()
        page.evaluate("() => document.querySelectorAll('article *').forEach(e => e.dispatchEvent(new Event('click')))")
        assert page.evaluate("() => window.ran") == []
        assert page.locator("article :is(script, img:not(figure > img), svg, [onclick], [style], [href])").count() == 0
        assert page.locator("#Palette").count() == 1
    assert look.left == []
