"""Serving beside a peer, in one run on one machine with the same pages: DokuWiki by nginx and php-fpm.

    python -m benchmarks.serving [SECONDS]

Needs wrk and Debian's dokuwiki, php-fpm, php-xml and nginx-light. Against the configured database (DATABASE_URL; SQLite in a
temporary folder without one) `nexus serve` runs with one process. Each row is measured in turn, peer and Nexus, 16
connections for SECONDS (default 6) after as long a warm-up of a third; nginx gives the same bytes of a page from a file.
"""

import contextlib
import http.cookiejar
import json
import os
import re
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.dokuwiki import PASSWORD, USER, DokuWiki, free_port, is_here, page_id
from benchmarks.importing import NOTES

HUB, SAVES, SEARCHES = "notes", 40, 30
#: What both save, below a line that differs each time: 1,000 words in 20 paragraphs.
SAVED = "\n\n".join(" ".join(f"plain{(i * 7 + j) % 311}" for j in range(50)) for i in range(20))
WORDS = ("docker", "git", "python", "vim", "postgres", "css", "bash", "ruby", "javascript", "regex")


class Nexus:
    """A running `nexus serve` with the notes in a public hub, on `address`; `token` is of the hub's owner."""

    def __init__(self, folder: Path, notes: Path) -> None:
        self.env = os.environ | {"NEXUS_DATA_DIR": str(folder), "NEXUS_RATE_ANONYMOUS": "100000000",
                                 "NEXUS_RATE_SIGNED_IN": "100000000", "NEXUS_LOG_LEVEL": "ERROR"}  # fmt: skip
        self.nexus = Path(sys.executable).with_name("nexus")
        if "DATABASE_URL" in os.environ:
            self.run("manage", "migrate", "-v0")
        (folder / "password").write_text(PASSWORD)
        self.run("hub", "create", HUB, "--visibility", "public")
        self.run("import", str(notes), "--hub", HUB)
        self.run("user", "create", USER, "--email", "ada@example.org", "--password-file", str(folder / "password"))
        self.run("hub", "member", HUB, USER, "--role", "owner")
        port = free_port()
        self.address = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen(
            [self.nexus, "serve", "--port", str(port)], env=self.env, stderr=subprocess.DEVNULL
        )
        for _ in range(600):
            with contextlib.suppress(OSError):
                ask(f"{self.address}/health/live")
                break
            time.sleep(0.1)
        body = json.dumps({"username": USER, "password": PASSWORD}).encode()
        answer = ask(f"{self.address}/api/v1/auth/token", body, {"Content-Type": "application/json"})
        self.token = json.loads(answer[1])["access"]

    def run(self, *words: str) -> None:
        subprocess.run([self.nexus, *words], env=self.env, check=True, capture_output=True)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: Any, **_kwargs: Any) -> None:
        return None


_opener = urllib.request.build_opener(_NoRedirect)


def ask(address: str, body: bytes | None = None, headers: dict[str, str] | None = None, method: str | None = None):
    """(status, body, headers) of one request; redirects are not followed."""
    request = urllib.request.Request(address, body, headers or {}, method=method)
    try:
        with _opener.open(request, timeout=30) as response:
            return response.status, response.read(), response.headers
    except urllib.error.HTTPError as error:
        return error.code, error.read(), error.headers


#: Has wrk ask for another address each time, with the same answer but for that.
ANEW = """
local thread = 0
function setup(one) one:set("id", thread); thread = thread + 1 end
function request() n = (n or 0) + 1; return wrk.format(nil, wrk.path .. "?%s" .. id .. "-" .. n) end
"""


def wrk(
    address: str, seconds: int, headers: dict[str, str] | None = None, body: str = "", *, anew: bool = False
) -> tuple[float, float]:
    """(requests a second, p99 in ms); every answer is a 2xx or 3xx, else it fails. anew: no two requests are the same."""
    told = [word for name, value in (headers or {}).items() for word in ("-H", f"{name}: {value}")]
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        if body:
            script.write(f"wrk.method = 'POST'\nwrk.body = [==[{body}]==]\n")
            script.flush()
        if body or anew:
            told += ["-s", script.name]
        for duration in (max(1, seconds // 3), seconds):
            if anew:
                script.truncate(0)
                script.seek(0)
                script.write(ANEW % f"{duration}-{time.monotonic_ns()}-")
                script.flush()
            out = subprocess.run(
                ["wrk", "-t2", "-c16", f"-d{duration}s", "--latency", *told, address],
                capture_output=True, text=True, check=True,
            ).stdout  # fmt: skip
    assert "Non-2xx" not in out, (address, out)
    amount, unit = re.findall(r"99%\s+([\d.]+)(us|ms|s)", out)[0]
    scale = {"us": 0.001, "ms": 1, "s": 1000}[unit]
    return float(re.findall(r"Requests/sec:\s+([\d.]+)", out)[0]), float(amount) * scale


def row(what: str, ours: tuple[float, float], theirs: tuple[float, float], goal: str) -> None:
    """Prints a row of rates."""
    print(f"{what:38} Nexus {ours[0]:9,.0f}/s p99 {ours[1]:7.1f} ms   beside {theirs[0]:9,.0f}/s p99 {theirs[1]:7.1f} ms   "
          f"{ours[0] / theirs[0]:7.2f}  (goal {goal})", flush=True)  # fmt: skip


def timed(calls: Iterator[Callable[[], Any]]) -> float:
    """The median of some calls in ms."""
    took = []
    for call in calls:
        began = time.perf_counter()
        call()
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took)


def signed_in_dokuwiki(wiki: DokuWiki) -> str:
    """The cookies of somebody who signed in."""
    body = urllib.parse.urlencode({"u": USER, "p": PASSWORD, "do": "login", "id": "start"}).encode()
    _, first, headers = ask(f"{wiki.address}/doku.php?do=login")
    cookies = {part.split(";")[0] for part in headers.get_all("Set-Cookie", [])}
    secret = re.findall(rb'name="sectok" value="([^"]*)"', first)
    body += b"&sectok=" + (secret[0] if secret else b"")
    _, _, headers = ask(f"{wiki.address}/doku.php", body, {"Cookie": "; ".join(cookies)})
    cookies |= {part.split(";")[0] for part in headers.get_all("Set-Cookie", [])}
    return "; ".join(sorted(cookies))


def signed_in_nexus(nexus: Nexus) -> str:
    """The cookies of somebody who signed in and read a first page, as their browser would have them."""
    jar = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    page = f"{nexus.address}/account/login/"
    secret = re.findall(rb'name="csrfmiddlewaretoken" value="([^"]*)"', browser.open(page, timeout=30).read())[
        0
    ].decode()
    body = urllib.parse.urlencode({"login": USER, "password": PASSWORD, "csrfmiddlewaretoken": secret}).encode()
    browser.open(urllib.request.Request(page, body, {"Referer": nexus.address, "Origin": nexus.address}), timeout=30)
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)


def xml_call(name: str, *words: str) -> str:
    """An XML-RPC request of DokuWiki."""
    given = "".join(f"<param><value><string>{word}</string></value></param>" for word in words)
    return f'<?xml version="1.0"?><methodCall><methodName>{name}</methodName><params>{given}</params></methodCall>'


def main(seconds: int) -> None:
    """Prints the rows."""
    if not is_here():
        raise SystemExit("apt-get install wrk nginx-light dokuwiki php-fpm php-xml")
    with tempfile.TemporaryDirectory() as root_, tarfile.open(NOTES) as archive:
        root = Path(root_)
        for name in ("notes", "nexus", "wiki"):
            (root / name).mkdir()
        archive.extractall(root / "notes", filter="data")
        paths = [path for path in (root / "notes").rglob("*.md") if path.stat().st_size]
        wiki = DokuWiki(root / "wiki", [(str(p.relative_to(root / "notes")), p.read_text()) for p in paths])
        wiki.index()
        nexus = Nexus(root / "nexus", root / "notes")
        try:
            measure(nexus, wiki, seconds, sorted(str(path.relative_to(root / "notes")) for path in paths))
        finally:
            nexus.stop()
            wiki.stop()


def measure(nexus: Nexus, wiki: DokuWiki, seconds: int, paths: list[str]) -> None:
    bearer = {"Authorization": f"Bearer {nexus.token}"}
    api = f"{nexus.address}/api/v1"
    listed = json.loads(ask(f"{api}/hubs/{HUB}/pages?limit=100", headers=bearer)[1])["results"]
    page = next(one for one in listed if one["path"] in paths)
    path, chosen = page["path"], f"{api}/hubs/{HUB}/pages/{page['id']}"
    read = f"{nexus.address}/{HUB}/pages/{urllib.parse.quote(path)}"
    print(f"{len(paths):,} pages; the page is {path}; {os.cpu_count()} cores")

    body = ask(read)[1]
    (wiki.static / "page.html").write_bytes(body)
    ours = wrk(read, seconds)
    row("page, anonymous : DokuWiki", ours, wrk(wiki.url(path), seconds), "10")
    row("page, anonymous : nginx, a file", ours, wrk(f"{wiki.address}/static/page.html", seconds), "0.4")
    row("page, anonymous, kept : made anew", ours, wrk(read, seconds, anew=True), "10")
    theirs = wrk(wiki.url(path), seconds, {"Cookie": signed_in_dokuwiki(wiki)})
    row("page, signed in : DokuWiki", wrk(read, seconds, {"Cookie": signed_in_nexus(nexus)}), theirs, "3")

    call = f"{wiki.address}/lib/exe/xmlrpc.php"
    wanted = xml_call("wiki.getPage", page_id(path))
    assert b"<fault>" not in ask(call, wanted.encode(), {"Content-Type": "text/xml"})[1]
    theirs = wrk(call, seconds, {"Content-Type": "text/xml"}, wanted)
    row("API read of a page : DokuWiki XML-RPC", wrk(chosen, seconds, bearer), theirs, "1")
    etag = ask(chosen, headers=bearer)[2]["ETag"]
    row("API read, 304 : DokuWiki XML-RPC", wrk(chosen, seconds, bearer | {"If-None-Match": etag}), theirs, "3")
    theirs = wrk(call, seconds, {"Content-Type": "text/xml"}, xml_call("dokuwiki.search", "docker"))
    row("search API : DokuWiki XML-RPC", wrk(f"{api}/search?q=docker&limit=20", seconds, bearer), theirs, "1")

    words = [WORDS[n % len(WORDS)] for n in range(SEARCHES)]
    mine = timed(iter([lambda w=w: ask(f"{nexus.address}/search?q={w}") for w in words]))
    peer = timed(iter([lambda w=w: ask(f"{wiki.address}/doku.php?do=search&q={w}") for w in words]))
    told("search page, one client, p50", mine, peer, "10 ms")
    etags = [ask(f"{chosen}/text", headers=bearer)[2]["ETag"]]
    mine = timed(iter([lambda n=n: save_nexus(chosen, bearer, etags, n) for n in range(SAVES)]))
    cookies = {"Content-Type": "text/xml", "Cookie": signed_in_dokuwiki(wiki)}
    peer = timed(iter([lambda n=n: save_dokuwiki(call, cookies, n) for n in range(SAVES)]))
    told("save a page, one client, p50", mine, peer, "2")


def told(what: str, ours: float, theirs: float, goal: str) -> None:
    """Prints a row of medians."""
    print(f"{what:38} Nexus {ours:9.1f} ms   beside {theirs:9.1f} ms   {theirs / ours:7.2f}  (goal {goal})", flush=True)


def save_nexus(address: str, bearer: dict[str, str], etags: list[str], n: int) -> None:
    """Saves a new text over the version that was saved last."""
    sent = bearer | {"If-Match": etags[-1], "Content-Type": "text/markdown"}
    status, answer, headers = ask(f"{address}/text", f"# Saved\n\nTime {n}.\n\n{SAVED}\n".encode(), sent, "PUT")
    assert status == 200, answer
    etags.append(headers["ETag"])


def save_dokuwiki(call: str, headers: dict[str, str], n: int) -> None:
    attributes = "<param><value><struct></struct></value></param>"
    sent = xml_call("wiki.putPage", "saved", f"====== Saved ======\n\nTime {n}.\n\n{SAVED}\n")
    _, answer, _ = ask(call, sent.replace("</params>", attributes + "</params>").encode(), headers)
    assert b"<fault>" not in answer, answer


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 6)
