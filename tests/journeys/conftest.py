"""A server with a hub to read, and a browser that notes whatever goes wrong in it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.ops.chromium import CHROMIUM, FLAGS
from tests.ops.serving import Served, command

NOTES = """# Ada's notes

Words before anything else.

## Key Technologies

- **Docker**: containers
- **Redis**: caching

```python
# A comment that is longer than any line should be, so that the block has to scroll: and more, and more, and more of it
@decorated
def main() -> None:
    print("hello\\n")
```

## Challenges & Solutions

| Challenge | Solution |
| --- | --- |
| Slow list pages | Added an index |
| CORS refused the preflight | Allowed the origin |
"""
DRAWINGS = r"""# Drawings

Inline $e^{i\pi} + 1 = 0$, and one that is broken: $\frac{1$.

$$
\begin{aligned} a &= b \\ c &= \sqrt{d} \end{aligned}
$$

```mermaid
flowchart LR
  accTitle: How a page is asked for
  A[Browser] --> B{Rights}
```

```mermaid
this is no diagram
```
"""
LOREM = "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt. " * 6
#: What the policy refused, noted before the page's own scripts run; and copies and prints, instead of doing them.
NOTICE = """
  window.refused = []; window.printed = 0; window.scrolled = [];
  addEventListener('securitypolicyviolation', e => window.refused.push(`${e.violatedDirective} ${e.blockedURI}`));
  window.print = () => { window.printed += 1; };
  const scrollBy = Element.prototype.scrollBy;
  Element.prototype.scrollBy = function (how) { window.scrolled.push(how.behavior); return scrollBy.call(this, how); };
"""


@dataclass
class Tab:
    """A page of the browser and what went wrong in it."""

    page: Any
    origin: str
    troubles: list[str] = field(default_factory=list)

    def open(self, path: str) -> Any:
        """Goes to a path and waits until its scripts ran; the page."""
        self.page.goto(self.origin + path, wait_until="load")
        return self.page

    def assert_clean(self) -> None:
        """Nothing was written to the console as an error, nothing was thrown, and the policy had nothing to refuse."""
        refused = self.page.evaluate("() => window.refused")
        assert [*self.troubles, *refused] == []


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with the public hub `open`."""
    data, source = tmp_path_factory.mktemp("served"), tmp_path_factory.mktemp("source")
    sections = "".join(f"\n## Section {n}\n\n{LOREM}\n" for n in range(1, 41))
    (source / "folder").mkdir()
    for name, text in {
        "alpha.md": NOTES, "beta.md": DRAWINGS, "long.md": NOTES + sections, "folder/one.md": "# One\n", "notes.txt": "x",
    }.items():  # fmt: skip
        (source / name).write_text(text)
    command(data, "hub", "create", "open", "--visibility", "public", "--title", "Open hub")
    command(data, "import", str(source), "--hub", "open")
    served = Served(data, DJANGO_SETTINGS_MODULE="tests.journeys.served_settings")
    yield served
    assert served.stop() == 0, served.output
    assert served.process.stderr
    served.process.stderr.close()


# For a module, not longer: while Playwright runs, its thread has an event loop, which Django and a second Playwright refuse.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A browser for the tests of a module; each gets a context of its own."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium)")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


def tabs(browser: Any, served: Served) -> Iterator[Callable[..., Tab]]:
    """tab(**options of the context): an empty tab of a browser that has seen nothing yet."""
    contexts = []

    def one(**options: Any) -> Tab:
        origin = f"http://127.0.0.1:{served.port}"
        context = browser.new_context(**({"viewport": {"width": 1440, "height": 900}} | options))
        context.grant_permissions(["clipboard-read", "clipboard-write"], origin=origin)
        context.add_init_script(NOTICE)
        contexts.append(context)
        opened = Tab(context.new_page(), origin)
        opened.page.on("pageerror", lambda error: opened.troubles.append(f"thrown: {error}"))
        opened.page.on(
            "console", lambda said: opened.troubles.append(f"console: {said.text}") if said.type == "error" else None
        )
        return opened

    yield one
    for context in contexts:
        context.close()


@pytest.fixture
def tab(library: Served, chromium: Any) -> Iterator[Callable[..., Tab]]:
    """Tabs at the server with the hub `open`."""
    yield from tabs(chromium, library)


@pytest.fixture(scope="module")
def sampled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server as `make run` starts it: with the sample."""
    data = tmp_path_factory.mktemp("sampled")
    command(data, "manage", "load_sample")
    served = Served(data, DJANGO_SETTINGS_MODULE="nexus.settings")
    yield served
    assert served.stop() == 0, served.output
    assert served.process.stderr
    served.process.stderr.close()


@pytest.fixture
def visit(sampled: Served, chromium: Any) -> Iterator[Callable[..., Tab]]:
    """Tabs at the server with the sample."""
    yield from tabs(chromium, sampled)
