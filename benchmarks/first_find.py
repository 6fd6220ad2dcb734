"""How long a stranger takes from the first screen to something that helps, and by how many decisions.

python -m benchmarks.first_find

Plays tests/journeys/test_first_find.py from a cold browser with a typist of twenty-four words a minute, who also takes five
seconds to look at each new screen. Prints seconds and decisions of each way. Needs Chromium."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright
from tests.journeys.test_first_find import by_error, by_own_readme, by_topic, by_typed_error
from tests.ops.chromium import CHROMIUM, FLAGS
from tests.ops.serving import Served, command

#: Between two keys: 24 words of five letters a minute.
BETWEEN_KEYS = 500
#: Seconds to look at a screen before doing something, and how many screens each way has.
LOOK, SCREENS = 5, 3
DECISIONS = 2
WAYS: dict[str, Callable[[Any], str]] = {
    "by the traceback that is offered": by_error,
    "by an error that is typed": lambda page: by_typed_error(page, BETWEEN_KEYS),
    "by topic": lambda page: by_topic(page, BETWEEN_KEYS),
    "by one's own README": by_own_readme,
}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        command(Path(folder), "manage", "load_sample")
        served = Served(Path(folder), DJANGO_SETTINGS_MODULE="nexus.settings")
        try:
            for name, play in WAYS.items():
                began = time.perf_counter()
                browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
                page = browser.new_page()
                page.goto(f"http://127.0.0.1:{served.port}/")
                said = play(page)
                assert said.strip()
                seconds = time.perf_counter() - began + LOOK * SCREENS
                browser.close()
                print(f"{name}: {seconds:.0f} s, {DECISIONS} decisions")
        finally:
            served.stop()


if __name__ == "__main__":
    main()
