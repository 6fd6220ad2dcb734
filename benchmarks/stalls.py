"""How long one hostile request keeps others waiting.

    python -m benchmarks.stalls [SECONDS]

One `nexus serve` with the notes in a public hub (benchmarks.serving). Fifty readers, those of the API signed in, ask for
another page, list or search twice a second, while one client sends one kind of hostile request after another for SECONDS
(default 10). Printed for each kind, and without any: the readers' median, 99th percentile and longest wait in ms.
"""

import contextlib
import io
import json
import os
import random
import sys
import tarfile
import tempfile
import threading
import time
import urllib.parse
import zipfile
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from benchmarks.importing import NOTES
from benchmarks.serving import HUB, Nexus, ask

READERS, EACH = 50, 2.0
#: Seconds before each kind, so that what the one before left to do is done.
SETTLE = 3.0
MEGABYTES = 2_000_000
JSON, FORM = "application/json", "multipart/form-data; boundary=b"
BOMB = "---\na: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n---\n# A\n"


class Readers:
    """Fifty who read; what they waited for each answer, in ms, and what was no answer."""

    def __init__(self, nexus: Nexus, addresses: list[str]) -> None:
        self.waited: list[float] = []
        self.failed: list[Any] = []
        self._nexus, self._addresses = nexus, addresses
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._read, args=(n,)) for n in range(READERS)]

    def __enter__(self) -> "Readers":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _read(self, seed: int) -> None:
        chance = random.Random(seed)
        parts = urllib.parse.urlsplit(self._nexus.address)
        connection = HTTPConnection(parts.hostname or "", parts.port, timeout=60)
        headers = {"Authorization": f"Bearer {self._nexus.token}"}
        while not self._stop.wait(chance.uniform(0, 2 / EACH)):
            address = chance.choice(self._addresses)
            began = time.perf_counter()
            try:
                connection.request("GET", address, headers=headers if address.startswith("/api") else {})
                answer = connection.getresponse()
                answer.read()
                if answer.status != 200:
                    self.failed.append((address, answer.status))
            except (OSError, HTTPException) as error:
                self.failed.append((address, repr(error)))
                connection.close()
            self.waited.append((time.perf_counter() - began) * 1000)


def hostile(nexus: Nexus) -> dict[str, Callable[[int], Any]]:
    """What one client sends, by its name; given how many times it did so before."""
    api, bearer = f"{nexus.address}/api/v1/hubs/{HUB}", {"Authorization": f"Bearer {nexus.token}"}
    as_json = bearer | {"Content-Type": "application/json"}

    def save(text: Callable[[int], str]) -> Callable[[int], Any]:
        def send(n: int) -> Any:
            body = json.dumps({"path": f"hostile/{os.urandom(6).hex()}.md", "text": text(n)}).encode()
            return ask(f"{api}/pages", body, as_json)

        return send

    def post(address: str, body: bytes, **headers: str) -> Callable[[int], Any]:
        told = bearer | {name.replace("_", "-"): value for name, value in headers.items()}
        return lambda _n: ask(address, body, told)

    def query(text: str) -> Callable[[int], Any]:
        return post(f"{nexus.address}/graphql", json.dumps({"query": text}).encode(), Content_Type=JSON)

    aliases = (
        "{" + " ".join(f'a{n}: search(query: "git") {{ nodes {{ title {{ text }} }} }}' for n in range(1_000)) + "}"
    )
    page = "path entries(first: 20) { title } topics(first: 20) { name }"
    wide = f'{{ hub(slug: "{HUB}") {{ pages(first: 50) {{ nodes {{ {page} }} }} }} }}'
    parts = b"--b\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n" * 100_000 + b"--b--\r\n"
    return {
        "2 MB of brackets saved": save(lambda n: "[" * (MEGABYTES - 20) + str(n)),
        "2 MB of prose saved": save(lambda n: f"{n} " + "some words of it. " * (MEGABYTES // 18 - 10)),
        "100,000 quotes saved": save(lambda n: "> " * 100_000 + str(n)),
        "200,000 elements saved": save(lambda n: "<div>" * 200_000 + str(n)),
        "aliases in front matter": save(lambda n: BOMB + str(n)),
        "a difference of 2 MB": _difference(nexus, api, as_json),
        "a search of 100,000 signs": lambda _n: ask(f"{nexus.address}/search?q=" + "%25(a:*b" * 6_000),
        "a search with twelve words": lambda n: ask(f"{nexus.address}/search?q=" + "+".join(f"a{n}{i}" for i in range(12))),
        "GraphQL, 1,000 aliases": query(aliases),
        "GraphQL, as much as one may": query(wide),
        "deep JSON": post(f"{api}/pages", b"[" * MEGABYTES, Content_Type=JSON),
        "a million keys": post(f"{api}/pages", json.dumps({f"k{n}": 1 for n in range(200_000)}).encode(), Content_Type=JSON),
        "100,000 parts": post(f"{api}/attachments", parts, Content_Type=FORM),
        "a bomb imported": post(f"{api}/imports", _upload("bomb.zip", _bomb()), Content_Type=FORM),
        "10,000 files imported": post(f"{api}/imports", _upload("many.zip", _many(10_000)), Content_Type=FORM),
        "frames by a socket": lambda _n: _flood(nexus),
    }  # fmt: skip


def _difference(nexus: Nexus, api: str, headers: dict[str, str]) -> Callable[[int], Any]:
    texts = ["\n".join(f"line {(i * k) % 99_991} of it" for i in range(90_000)) for k in (1, 7)]
    made = json.loads(ask(f"{api}/pages", json.dumps({"path": "two.md", "text": texts[0]}).encode(), headers)[1])
    address = f"{api}/pages/{made['id']}"
    match = headers | {"If-Match": f'"{made["version"]}"', "Content-Type": "text/markdown"}
    ask(f"{address}/text", texts[1].encode(), match, "PUT")
    return lambda _n: ask(f"{nexus.address}/{HUB}/versions/{_head(address, headers)}/difference")


def _head(address: str, headers: dict[str, str]) -> str:
    return str(json.loads(ask(address, headers=headers)[1])["version"])


def _upload(name: str, data: bytes) -> bytes:
    """A form with a file, as FORM says."""
    head = f'--b\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    return head.encode() + data + b"\r\n--b--\r\n"


def _bomb() -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        for n in range(20):
            archive.writestr(f"{n}.md", b"\0" * 100_000_000)
    return kept.getvalue()


def _many(number: int) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        for n in range(number):
            archive.writestr(f"many/{n}.md", f"# Note {n}\n\nWords of it.\n")
    return kept.getvalue()


def _flood(nexus: Nexus) -> None:
    address = f"{nexus.address.replace('http', 'ws', 1)}/ws/hubs/{HUB}?after=0"
    try:
        with connect(address, open_timeout=10) as socket:
            for _ in range(1_000):
                socket.send("x" * 60_000)
    except (OSError, WebSocketException):
        return


def measured(
    nexus: Nexus, addresses: list[str], send: Callable[[int], Any] | None, seconds: float
) -> tuple[Readers, int]:
    """The readers while it is sent again and again, and how often that was."""
    sent = 0
    until = time.monotonic() + seconds
    with Readers(nexus, addresses) as readers:
        while time.monotonic() < until:
            if send is None:
                time.sleep(0.1)
            else:
                with contextlib.suppress(OSError):  # cut off: that is one way to be refused
                    send(sent)
                sent += 1
    return readers, sent


def main(seconds: float) -> None:
    """Prints a line for each kind."""
    with tempfile.TemporaryDirectory() as root_, tarfile.open(NOTES) as archive:
        root = Path(root_)
        for name in ("notes", "nexus"):
            (root / name).mkdir()
        archive.extractall(root / "notes", filter="data")
        nexus = Nexus(root / "nexus", root / "notes")
        try:
            bearer = {"Authorization": f"Bearer {nexus.token}"}
            listed = json.loads(ask(f"{nexus.address}/api/v1/hubs/{HUB}/pages?limit=100", headers=bearer)[1])["results"]
            addresses = [f"/api/v1/hubs/{HUB}/pages/{one['id']}" for one in listed]
            addresses += [f"/{HUB}/pages/{urllib.parse.quote(one['path'])}" for one in listed[:30]]
            addresses += [f"/api/v1/search?q={word}" for word in ("git", "docker", "vim")] + [
                f"/{HUB}/",
                f"/{HUB}/changes",
            ]
            worst = 0.0
            for what, send in {"nothing": None, **hostile(nexus)}.items():
                time.sleep(SETTLE)
                readers, sent = measured(nexus, addresses, send, seconds)
                waited = sorted(readers.waited)
                p99 = waited[int(len(waited) * 0.99)]
                worst = max(worst, p99)
                print(
                    f"{what:30} sent {sent:5}   p50 {waited[len(waited) // 2]:7.1f}   p99 {p99:8.1f}   "
                    f"longest {waited[-1]:8.1f} ms   {len(waited)} reads, {len(readers.failed)} failed", flush=True,
                )  # fmt: skip
                assert not readers.failed, readers.failed[:5]
            print(f"worst p99 {worst:.0f} ms (goal 250)")
        finally:
            nexus.stop()


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 10.0)
